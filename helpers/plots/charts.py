"""Lines, bars and dots. Training is always drawn dashed, validation solid."""

from collections.abc import Iterable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis

LINE_STYLES = ("-", "--", "-.", ":")
HATCHES = ("", "//", "..")


def curves(
    history: dict[str, Sequence[float]], key: str = "accuracy", axes: Axes | None = None, title: str = ""
) -> Axes:
    """Training (dashed) and, where there is one, validation (solid) over the epochs of a Keras history."""
    values = {"training": history[key]}
    if history.get(f"val_{key}"):
        values["validation"] = history[f"val_{key}"]
    axes = lines(np.arange(1, len(history[key]) + 1), values, "epoch", key, axes)
    axes.lines[-1].set_marker("o" if "validation" in values else "")
    axes.set_title(title)
    return _over_epochs(axes, key)


def bands(runs: dict[str, np.ndarray], ylabel: str, axes: Axes | None = None) -> Axes:
    """For each name (runs, epochs): the mean of the runs as a line, in a band from the lowest to the highest run."""
    axes = axes or plt.subplots()[1]
    for (name, values), (colour, style) in zip(runs.items(), _looks(runs)):
        values = np.asarray(values)
        epochs = np.arange(1, values.shape[1] + 1)
        axes.fill_between(epochs, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.25, linewidth=0)
        axes.plot(epochs, values.mean(axis=0), style, color=colour, label=name)
    return _over_epochs(axes, ylabel)


def lines(
    x: Sequence[float], values: dict[str, np.ndarray], xlabel: str, ylabel: str, axes: Axes | None = None
) -> Axes:
    """One line for each name over ``x``, distinguished by colour and by line style."""
    axes = axes or plt.subplots()[1]
    for (name, line), (colour, style) in zip(values.items(), _looks(values)):
        axes.plot(x, line, style, color=colour, label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    _in_per_cent(axes.yaxis, ylabel)
    axes.legend()
    return axes


def histogram(values: np.ndarray, marks: dict[str, float], step: float, xlabel: str, ylabel: str) -> Axes:
    """How often each value occurs, in bins of width ``step`` around it, and a named vertical line at each mark."""
    _, axes = plt.subplots()
    edges = np.arange(values.min() - step / 2, values.max() + step, step)
    axes.hist(values, bins=edges, color="C5", edgecolor="white")
    for (name, value), (colour, style) in zip(marks.items(), _looks(marks)):
        axes.axvline(value, color=colour, linestyle=style, label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(marks))
    return axes


def share_bars(labels: Sequence[str], shares: dict[str, Sequence[float]], title: str, axes: Axes | None = None) -> Axes:
    """Horizontal bars side by side: for every label its share (0 to 1) of each of several wholes."""
    axes = axes or plt.subplots(figsize=(9, 0.5 + 1.0 * len(labels)))[1]
    thickness = 0.8 / len(shares)
    for index, (name, values) in enumerate(shares.items()):
        positions = np.arange(len(labels)) + (index - (len(shares) - 1) / 2) * thickness
        bars = axes.barh(positions, values, thickness, label=name, color=f"C{index}", hatch=HATCHES[index % 3])
        axes.bar_label(bars, [f"{value:.1%}" for value in values], padding=4)
    axes.set(yticks=range(len(labels)), yticklabels=labels, xlim=(0, 1), xlabel="share of the whole", title=title)
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.grid(axis="y", visible=False)
    axes.invert_yaxis()
    axes.legend()
    return axes


def dots(values: dict[str, Sequence[float]], xlabel: str, colours: dict[str, str] | None = None) -> Axes:
    """A row for each name: a dot for each of its shares (one per seed, say), a line and the number at their mean.

    All dots have one colour, unless ``colours`` has one for each name, which then means something the lesson says.
    """
    _, axes = plt.subplots(figsize=(9, 0.75 * len(values) + 1.2))
    for row, (name, group) in enumerate(values.items()):
        mean = np.mean(group)
        axes.plot([mean, mean], [row - 0.3, row + 0.3], color="0.4", linewidth=2)
        axes.plot(group, [row] * len(group), "o", color=colours[name] if colours else "C0", markersize=10, alpha=0.75)
        axes.annotate(f"{mean:.1%}", (mean, row - 0.3), (0, 3), textcoords="offset points", ha="center", color="0.25")
    axes.set(yticks=range(len(values)), yticklabels=list(values), ylim=(len(values) - 0.5, -0.75), xlabel=xlabel)
    axes.xaxis.set_major_formatter(_share)
    axes.margins(x=0.08)
    axes.grid(axis="y", visible=False)
    return axes


def _looks(names: Iterable[str]) -> list[tuple[str, str]]:
    """A colour and a line style for each name: fixed for training and validation, in turn for all others."""
    fixed = {"training": ("C1", "--"), "validation": ("C0", "-")}
    return [fixed.get(name, (f"C{index}", LINE_STYLES[index % 4])) for index, name in enumerate(names)]


def _over_epochs(axes: Axes, ylabel: str) -> Axes:
    axes.set(xlabel="epoch", ylabel=ylabel)
    axes.xaxis.get_major_locator().set_params(integer=True)
    _in_per_cent(axes.yaxis, ylabel)
    axes.legend()
    return axes


def _in_per_cent(axis: Axis, label: str) -> None:
    """Accuracies are shares, and stand on an axis in per cent, unless its label says that they are numbers of it."""
    if "accuracy" in label and "%" not in label:
        axis.set_major_formatter(_share)


def _share(value: float, _: int) -> str:
    # Ticks may lie at 62.5 %, too.
    return f"{100 * value:.6g}%"
