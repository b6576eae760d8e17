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
    """Convolve a grey image (rows, columns) with a kernel, stride and padding of the reader's choice.

    The response has the colours of a map with a sign, or is a grey image where the kernel's numbers add up to 1.
    """
    import ipywidgets

    def numbers(kernel: str, axes: Axes) -> None:
        plots.numbers(np.round(kernels[kernel], 2), kernel, axes, signed=True)

    def response(kernel: str, stride: int, padding: str, axes: Axes) -> str:
        values = convolve(image, kernels[kernel], stride=stride, padding=padding)
        keeps_brightness = np.isclose(np.sum(kernels[kernel]), 1)
        # What leaves the image's own range is cut off to black or white, as in a photo editor.
        grey = {"cmap": "gray", "vmin": image.min(), "vmax": image.max()}
        plots.bare(axes).imshow(values, **(grey if keeps_brightness else plots.scale(values)))
        return "{}×{}".format(*values.shape)

    def draw(kernel: str, stride: int, padding: str) -> None:
        figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4.6), width_ratios=(4, 2.2, 4))
        plots.bare(left).imshow(image, cmap="gray")
        left.set_title("image {}×{}".format(*image.shape))
        numbers(kernel, middle)
        size = response(kernel, stride, padding, right)
        right.set_title(f"stride {stride}, {padding}: {size}")
        plots.alt(
            f"An image, the kernel {kernel}, and its response with stride {stride} and padding {padding}.", figure
        )
        plt.show(figure)

    def still() -> Figure:
        figure, grid = plt.subplots(3, len(kernels), figsize=(2.5 * len(kernels), 7.6), squeeze=False)
        for kernel, (top, middle, bottom) in zip(kernels, grid.T):
            numbers(kernel, top)
            middle.set_title("stride 1: " + response(kernel, 1, "valid", middle))
            bottom.set_title("stride 4: " + response(kernel, 4, "same", bottom))
        names = ", ".join(kernels)
        plots.alt(f"A column for each kernel ({names}): its numbers, its response at stride 1 and at stride 4.", figure)
        return figure

    stride = ipywidgets.IntSlider(1, 1, 8, continuous_update=False)
    return _play(draw, still, kernel=list(kernels), stride=stride, padding=["valid", "same"])


def window(image: np.ndarray, kernel: np.ndarray) -> Figure | None:
    """Let a kernel (k, k) slide over a small image (rows, columns) of whole numbers, sum by sum.

    With controls for the position, which can run by itself, the stride and the padding with zeros.
    """
    import ipywidgets

    image, kernel = np.asarray(image), np.asarray(kernel)

    def at(position: int, stride: int = 1, padding: int = 0) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
        """The padded image, the responses up to a position (NaN after it), and row and column of that one."""
        padded = np.pad(image, padding)
        responses = convolve(padded, kernel, stride=stride).astype(float)
        position = min(position, responses.size - 1)
        responses.flat[position + 1 :] = np.nan
        row, column = np.unravel_index(position, responses.shape)
        return padded, responses, (int(row), int(column))

    def outline(axes: Axes, row: int, column: int, size: int) -> None:
        axes.add_patch(plt.Rectangle((column - 0.5, row - 0.5), size, size, fill=False, ec="C1", lw=4, clip_on=False))

    def found(axes: Axes, responses: np.ndarray, row: int, column: int) -> None:
        limit = np.abs(convolve(image, kernel)).max() or 1
        _numbers_so_far(axes, responses, float(limit))
        outline(axes, row, column, 1)

    def draw(position: int, stride: int, padding: int) -> None:
        padded, responses, (row, column) = at(position, stride, padding)
        top, left, size = row * stride, column * stride, len(kernel)
        products = padded[top : top + size, left : left + size] * kernel
        figure, panels = plt.subplots(1, 3, figsize=(13, 4.6), width_ratios=(len(padded), size, len(responses)))
        plots.numbers(padded, "image", panels[0])
        outline(panels[0], top, left, size)
        plots.numbers(products, f"products, sum {products.sum():g}", panels[1], signed=True)
        found(panels[2], responses, row, column)
        panels[2].set_title("responses {}×{}".format(*responses.shape))
        plots.alt(
            f"The window at row {top}, column {left} of the image: its products add up to {products.sum():g}.", figure
        )
        plt.show(figure)

    def still() -> Figure:
        rows, columns = convolve(image, kernel).shape
        moments = sorted({0, min(1, rows * columns - 1), min(columns, rows * columns - 1), rows * columns - 1})
        figure, grid = plt.subplots(2, len(moments), figsize=(3.3 * len(moments), 5.6), squeeze=False)
        said = []
        for position, (above, below) in zip(moments, grid.T):
            padded, responses, (row, column) = at(position)
            plots.numbers(padded, f"window {position + 1} of {rows * columns}", above)
            outline(above, row, column, len(kernel))
            found(below, responses, row, column)
            below.set_title(f"its sum is {responses[row, column]:g}")
            said.append(f"window {position + 1} gives {responses[row, column]:g}")
        plots.alt(f"Moments of a window that slides over an image, row by row: {', '.join(said)}.", figure)
        return figure

    stride, padding = ipywidgets.IntSlider(1, 1, 3), ipywidgets.IntSlider(0, 0, 2)
    last = convolve(image, kernel).size - 1
    position = ipywidgets.IntSlider(0, 0, last)
    if front_end():
        _runs_by_itself(position, lambda: at(0, stride.value, padding.value)[1].size, stride, padding)
    return _play(draw, still, position=position, stride=stride, padding=padding)


def _numbers_so_far(axes: Axes, values: np.ndarray, limit: float) -> None:
    """Numbers in the colours of a map with a sign; what is NaN stays empty."""
    mesh = axes.imshow(values, cmap=plots.SIGNED, vmin=-limit, vmax=limit)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            strong = abs(mesh.norm(value) - 0.5) > 0.3
            axes.text(column, row, f"{value:g}", ha="center", va="center", color="white" if strong else "black")
    plots.bare(axes).spines[:].set(visible=True, color="0.6")


def _runs_by_itself(position, count: Callable[[], int], *settings) -> None:
    """Show a button that moves the slider ``position`` on; ``count`` says how many positions the settings leave."""
    import ipywidgets
    from IPython.display import display

    button = ipywidgets.Play(min=position.min, max=position.max, interval=900)
    ipywidgets.jslink((button, "value"), (position, "value"))

    def fit(_) -> None:
        position.max = button.max = count() - 1

    for setting in settings:
        setting.observe(fit, "value")
    display(button)


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
