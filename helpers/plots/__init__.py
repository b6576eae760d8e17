"""The figures that several lessons share. Arrays in, Axes or Figure out; no training, no files.

``images`` draws arrays as colours, ``charts`` draws lines, bars and dots, ``architecture`` draws a network, and
``style`` holds what they share. A figure that one lesson alone needs stands in that lesson.
"""

from helpers.plots.architecture import architecture
from helpers.plots.charts import bands, curves, dots, histogram, lines, share_bars
from helpers.plots.images import explanations, gallery, image_grid, map_grid, numbers, signed_map, windows
from helpers.plots.style import SIGNED, UNSIGNED, bare, scale

__all__ = [
    "SIGNED",
    "UNSIGNED",
    "architecture",
    "bands",
    "bare",
    "curves",
    "dots",
    "explanations",
    "gallery",
    "histogram",
    "image_grid",
    "lines",
    "map_grid",
    "numbers",
    "scale",
    "share_bars",
    "signed_map",
    "windows",
]
