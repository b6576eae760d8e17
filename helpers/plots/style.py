"""What all figures share: the colours of numbers, and axes that show an image.

Diverging colours (``SIGNED``) for values with a sign, sequential ones (``UNSIGNED``) for those without. Lines take
their colours from ``helpers/lesson.mplstyle``.
"""

import numpy as np
from matplotlib.axes import Axes

SIGNED = "RdBu_r"
UNSIGNED = "cividis"


def bare(axes: Axes) -> Axes:
    """The same axes without ticks, grid and frame, for an image."""
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return axes


def scale(values: np.ndarray) -> dict[str, str | float]:
    """Arguments of ``imshow`` for numbers of any shape: colours, and where they end.

    Diverging and symmetric around 0 when a value is below zero, else sequential from 0. The end is the 99th percentile
    of the absolute values, so that a single large one does not bleach the rest.
    """
    size = np.abs(values)
    limit = float(np.percentile(size, 99)) or float(size.max()) or 1.0
    signed = np.min(values) < 0
    return {"cmap": SIGNED if signed else UNSIGNED, "vmin": -limit if signed else 0.0, "vmax": limit}
