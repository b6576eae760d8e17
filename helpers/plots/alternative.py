"""Words for readers who cannot see a figure: into the metadata of its output, and so into the HTML.

``alt`` sets it. A figure without one is described by what stands in it: titles, axes, where lines begin and end, bars.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

LONGEST = 600  # characters: a screen reader reads them all
SHOWN = 8  # of lines, bars or titles


def alt(text: str, figure: Figure | None = None) -> None:
    """Say in a sentence or two what a figure shows: the current one, unless another is given.

    Raises ValueError for a text without a word.
    """
    text = " ".join(str(text).split())
    if not any(letter.isalpha() for letter in text):
        raise ValueError(f"{text!r} describes no figure: say in a sentence what is drawn and what is to be seen.")
    figure = figure or plt.gcf()
    figure.alternative_text = text


def alternative_text(figure: Figure) -> str:
    """What ``alt`` said of this figure, else what stands in it."""
    return getattr(figure, "alternative_text", "") or described(figure)


def described(figure: Figure) -> str:
    """Titles, axes, the ends of each line, the length of each bar, panel by panel: at most ``LONGEST`` characters."""
    panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>" and axes.get_visible()]
    parts = [figure.get_suptitle()] if figure.get_suptitle() else []
    if panels and all(axes.images and not axes.lines for axes in panels):
        titles = [title for axes in panels if (title := _title(axes))]
        kind = "image" if len(panels) == 1 else "images"
        parts.append(f"{len(panels)} {kind}" + (f": {_some(titles)}" if titles else ""))
    else:
        parts += [sentence for axes in panels if (sentence := _panel(axes))]
    # Names of bars may have two lines.
    text = " ".join((". ".join(part.rstrip(". ") for part in parts) + ".").split())
    return text if len(text) <= LONGEST else text[: LONGEST - 2].rsplit(" ", 1)[0] + " …"


def show_with_text(shell) -> None:
    """Let a notebook's kernel write the text of each figure beside its image."""
    formatter = shell.display_formatter.formatters["image/png"]
    draw = formatter.lookup_by_type(Figure)
    if hasattr(draw, "with_text"):
        return

    def drawn(figure: Figure) -> tuple[str, dict[str, str]] | None:
        image = draw(figure)
        return image and (image, {"alt": alternative_text(figure)})

    drawn.with_text = True
    formatter.for_type(Figure, drawn)


def _panel(axes: Axes) -> str:
    head = _title(axes)
    names = [name for name in (axes.get_ylabel(), axes.get_xlabel()) if name]
    if names:
        head = f"{head} ({' against '.join(names)})" if head else " against ".join(names)
    content = [*_lines(axes), *_bars(axes)]
    if axes.images:
        content.insert(0, "an image")
    return f"{head}: {_some(content)}" if head and content else head or _some(content)


def _lines(axes: Axes) -> list[str]:
    named = [line for line in axes.lines if not line.get_label().startswith("_") and len(line.get_xdata())]
    texts = []
    for line in named:
        x, y = (np.asarray(values, float) for values in line.get_data())
        ends = f"{_number(y[0])} at {_number(x[0])} to {_number(y[-1])} at {_number(x[-1])}"
        texts.append(f"{line.get_label()} {ends}" if len(y) > 1 else f"{line.get_label()} {_number(y[0])}")
    return texts


def _bars(axes: Axes) -> list[str]:
    texts = []
    for bars in axes.containers:
        patches = getattr(bars, "patches", None)
        if not patches:
            continue
        lying = getattr(bars, "orientation", "vertical") == "horizontal"
        ticks = [tick.get_text() for tick in (axes.get_yticklabels() if lying else axes.get_xticklabels())]
        lengths = [_number(patch.get_width() if lying else patch.get_height()) for patch in patches]
        pairs = zip(ticks, lengths) if len(ticks) == len(lengths) and all(ticks) else (("", each) for each in lengths)
        name = bars.get_label()
        rows = _some([f"{tick} {length}".strip() for tick, length in pairs])
        texts.append(rows if name.startswith("_") else f"{name}: {rows}")
    return texts


def _title(axes: Axes) -> str:
    titles = [axes.get_title(loc) for loc in ("left", "center", "right")]
    return " ".join(" ".join(title.split()) for title in titles if title)


def _some(texts: list[str]) -> str:
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + more


def _number(value: float) -> str:
    return f"{value:.3g}"
