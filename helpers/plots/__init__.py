"""The figures that several lessons share: arrays in, Axes or Figure out. One lesson's figure stands in that lesson."""

from helpers.plots.alternative import alt, alternative_text
from helpers.plots.architecture import architecture, costs
from helpers.plots.charts import bands, curves, dots, histogram, lines, share_bars
from helpers.plots.descent import valley
from helpers.plots.images import (
    SIGNED,
    UNSIGNED,
    bare,
    explanations,
    gallery,
    image_grid,
    map_grid,
    numbers,
    scale,
    signed_map,
    windows,
)
