"""An image, a kernel, a stride and a padding to play with: sliders in a live notebook, a still figure elsewhere."""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from helpers import plots
from helpers.teaching.convolution import convolve

# What the still figure shows: the first kernels, each at these strides and paddings.
STILL_KERNELS = 3
STILL = ((1, "valid"), (4, "same"))


def explore(image: np.ndarray, kernels: dict[str, np.ndarray]) -> Figure | None:
    """Convolve a grey image (rows, columns) with a kernel, stride and padding of the reader's choice.

    Where somebody can move them, controls appear. Where nobody can (a page, a test, a run without a screen,
    no ipywidgets) the still figure is returned: the same responses at fixed settings.
    """
    if not front_end():
        return still(image, kernels)
    try:
        import ipywidgets
    except ImportError:
        return still(image, kernels)

    @ipywidgets.interact(
        kernel=list(kernels),
        stride=ipywidgets.IntSlider(1, 1, 8, continuous_update=False),
        padding=["valid", "same"],
    )
    def draw(kernel, stride, padding):
        figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4.6), width_ratios=(4, 2.2, 5))
        plots.bare(left).imshow(image, cmap="gray")
        left.set_title("image {}×{}".format(*image.shape))
        plots.numbers(np.round(kernels[kernel], 2), kernel, middle, signed=True)
        _response(image, kernels[kernel], stride, padding, right)
        plt.show(figure)

    return None


def still(image: np.ndarray, kernels: dict[str, np.ndarray]) -> Figure:
    """One row for each of the first kernels: its numbers, then its response at the settings of ``STILL``."""
    rows = min(len(kernels), STILL_KERNELS)
    figure, grid = plt.subplots(
        rows, 1 + len(STILL), figsize=(11, 3.2 * rows), width_ratios=(2.2, 4.5, 4.5), squeeze=False
    )
    for (name, kernel), (first, *rest) in zip(kernels.items(), grid):
        plots.numbers(np.round(kernel, 2), name, first, signed=True)
        for (stride, padding), axes in zip(STILL, rest):
            _response(image, kernel, stride, padding, axes)
    return figure


def front_end() -> bool:
    """True where a person's notebook application asked for this cell, rather than nbclient, nbval or a script.

    JupyterLab, Notebook and VS Code send the cell's id along; Jupyter's server names its kernels' sessions.
    """
    if "google.colab" in sys.modules or "JPY_SESSION_NAME" in os.environ:
        return True
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else None
    return bool(parent and "cellId" in parent.get("metadata", {}))


def _response(image: np.ndarray, kernel: np.ndarray, stride: int, padding: str, axes) -> None:
    response = convolve(image, kernel, stride=stride, padding=padding)
    title = "stride {}, {}: {}×{}".format(stride, padding, *response.shape)
    plots.signed_map(response, title, axes)
