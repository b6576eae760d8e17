"""Something to play with: sliders where a person can move them, a still figure that shows the point elsewhere."""

import os
import sys
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers import plots
from helpers.teaching.convolution import convolve


def kernels(image: np.ndarray, kernels: dict[str, np.ndarray]) -> Figure | None:
    """Convolve a grey image (rows, columns) with a kernel, stride and padding of the reader's choice."""
    import ipywidgets

    def numbers(kernel: str, axes: Axes) -> None:
        plots.numbers(np.round(kernels[kernel], 2), kernel, axes, signed=True)

    def response(kernel: str, stride: int, padding: str, axes: Axes) -> None:
        values = convolve(image, kernels[kernel], stride=stride, padding=padding)
        plots.signed_map(values, "stride {}, {}: {}×{}".format(stride, padding, *values.shape), axes)

    def draw(kernel: str, stride: int, padding: str) -> None:
        figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4.6), width_ratios=(4, 2.2, 5))
        plots.bare(left).imshow(image, cmap="gray")
        left.set_title("image {}×{}".format(*image.shape))
        numbers(kernel, middle)
        response(kernel, stride, padding, right)
        plt.show(figure)

    def still() -> Figure:
        rows = min(len(kernels), 3)
        figure, grid = plt.subplots(rows, 3, figsize=(11, 3.2 * rows), width_ratios=(2.2, 4.5, 4.5), squeeze=False)
        for kernel, (left, middle, right) in zip(kernels, grid):
            numbers(kernel, left)
            response(kernel, 1, "valid", middle)
            response(kernel, 4, "same", right)
        return figure

    stride = ipywidgets.IntSlider(1, 1, 8, continuous_update=False)
    return _play(draw, still, kernel=list(kernels), stride=stride, padding=["valid", "same"])


def _play(draw: Callable[..., None], still: Callable[[], Figure], **controls) -> Figure | None:
    """Controls that call ``draw`` with their values, where somebody can move them; else the figure ``still``."""
    if not front_end():
        return still()
    import ipywidgets

    ipywidgets.interact(draw, **controls)
    return None


def front_end() -> bool:
    """True where a person's notebook application asked for this cell, rather than nbclient, nbval or a script."""
    if "google.colab" in sys.modules or "JPY_SESSION_NAME" in os.environ:
        return True
    # JupyterLab, Notebook and VS Code send the cell's id along.
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    parent = shell.get_parent() if hasattr(shell, "get_parent") else None
    return bool(parent and "cellId" in parent.get("metadata", {}))
