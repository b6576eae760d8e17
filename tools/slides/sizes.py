"""Pixels of a slide, for the style sheet and for what is measured before there is a browser.

The fonts are those that Matplotlib carries: they travel with the slides, so every machine breaks lines alike.
"""

from __future__ import annotations

import functools
from pathlib import Path

WIDE, HIGH = 1280, 720
TEXT, LINE = 32, 42  # font size and line height: 4.4 % of the height, as 24 points are on a usual slide
# Code is as large as its longest line and its number of lines allow, and never smaller than the last size.
CODE = ((30, 39), (27, 35), (24, 31))
SMALL = 28  # the line above a slide
INLINE_CODE = 28
GAP, PAD = 14, 10  # below a block; inside a block of code, above and below
SIDE = 40  # left and right of everything
WIDTH = WIDE - 2 * SIDE
TOP, HEAD, BOTTOM = 18, 38, 12  # the line with the section's name and the number stands below TOP
ROOM = HIGH - TOP - HEAD - GAP - BOTTOM
HEADINGS = {"h1": (60, 72), "h2": (44, 54), "h3": (36, 44), "h4": (36, 44)}  # font size and line height
INDENT = 44  # of lists
SMALLEST = CODE[-1]
LARGEST = 1.6  # a figure is not blown up further than this

FONTS = {"text": "DejaVuSans", "bold": "DejaVuSans-Bold", "italic": "DejaVuSans-Oblique", "code": "DejaVuSansMono"}
# What a browser may need more than the font says: hinting, rounding.
SAFETY = 1.02


def columns(size: int) -> int:
    """Characters in a line of code of this font size."""
    return int((WIDTH - 2 * PAD) / (0.6021 * size))


COLUMNS = columns(SMALLEST[0])


def font_folder() -> Path:
    """Where Matplotlib has its fonts."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@functools.cache
def _font(kind: str, size: int):
    from PIL import ImageFont

    return ImageFont.truetype(str(font_folder() / f"{FONTS[kind]}.ttf"), size)


@functools.lru_cache(maxsize=20_000)
def width(text: str, kind: str = "text", size: int = TEXT) -> float:
    """Pixels that a text takes in one line."""
    return SAFETY * _font(kind, size).getlength(text)


def variables() -> str:
    """The sizes as variables of a style sheet."""
    names = {
        "text": TEXT,
        "line": LINE,
        "small": SMALL,
        "inline-code": INLINE_CODE,
        "gap": GAP,
        "pad": PAD,
        "side": SIDE,
        "top": TOP,
        "head": HEAD,
        "indent": INDENT,
    }
    for name, (size, line) in HEADINGS.items():
        names |= {name: size, f"{name}-line": line}
    return ":root {" + " ".join(f"--{name}: {value}px;" for name, value in names.items()) + "}"
