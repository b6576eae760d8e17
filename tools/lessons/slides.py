"""Slide types of a lesson's cells, from what the cells hold: the core, one screen a slide, no solution before its turn.

A section begins a slide; what does not fit on the screen any more begins the next one below it. Notes for the teacher
are speaker notes. Stubs' solutions, checks, folded cells and everything from *Going further* on are left out.
"""

from __future__ import annotations

import base64
import re
import struct

SCREEN = 680  # of 720 pixels, at 1280 across
LINE, GAP, WIDTH = 30, 14, 95  # pixels a line of text, pixels between blocks, characters a line
FIGURE = 480  # pixels: a larger one is shown smaller
FOLDED = re.compile(r"<details>\s*<summary>(.*?)</summary>.*?</details>", re.S)


def set_types(notebook: dict) -> None:
    """Write ``slideshow.slide_type`` into every cell of a complete lesson, as plain data."""
    used, further = 0, False
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        further = further or bool(re.match(r"## Going further", text))
        kind = fixed(cell, further)
        if kind is None:
            high = height(cell)
            begins = cell["cell_type"] == "markdown" and re.match(r"#{1,2} ", text)
            card = cell["cell_type"] == "markdown" and re.match(r"#{3,4} ", text)
            kind = "slide" if begins else "subslide" if card or used + high > SCREEN else "-"
            used = high if kind != "-" else used + high
        cell["metadata"]["slideshow"] = {"slide_type": kind}


def fixed(cell: dict, further: bool) -> str | None:
    """The type of a cell that takes no room on a slide."""
    tags = cell["metadata"].get("tags", [])
    facts = cell["metadata"].get("nbgrader", {})
    if further:
        return "skip"
    if "instructor" in tags:
        return "notes"
    if "setup" in tags or "fold" in tags or facts.get("solution") or facts.get("grade"):
        return "skip"
    return None


def height(cell: dict) -> int:
    """About how many pixels a cell takes on a slide."""
    text = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return sum(map(_block, re.split(r"\n\s*\n|\n(?=[*|\d-])", FOLDED.sub(r"\1", text))))
    pixels = GAP + LINE * len(text.splitlines())
    for output in cell["outputs"]:
        data = output.get("data", {})
        if "image/png" in data:
            pixels += GAP + min(FIGURE, _rows("".join(data["image/png"])))
        else:
            shown = "".join(output.get("text", "") or data.get("text/plain", ""))
            pixels += GAP + LINE * len(shown.splitlines())
    return pixels


def _block(text: str) -> int:
    if not text.strip():
        return 0
    if text.lstrip().startswith("$$"):
        return 3 * LINE
    if text.startswith("#"):
        return 2 * LINE
    return GAP * (not text.startswith("|")) + LINE * -(-len(text) // WIDTH)


def _rows(png: str) -> int:
    """The height of a PNG in pixels, from its first chunk."""
    return struct.unpack(">I", base64.b64decode(png[:40])[20:24])[0]
