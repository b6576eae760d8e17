"""Something to play with: sliders where a person can move them, a still figure that shows the point elsewhere."""

import os
import sys
from collections.abc import Callable, Sequence

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


def receptive_field(image: np.ndarray, rows: Sequence) -> Figure | None:
    """The window of an image (rows, columns, 3) that one number depends on, in a layer of the reader's choice.

    ``rows`` are those of ``anatomy.layers``; layers that see what the one before them sees are left out. The number is
    the one whose window lies nearest to a pixel. Raises ValueError where no layer has a window.
    """
    import ipywidgets

    layers = _seeing(rows)
    if not layers:
        raise ValueError("No layer of this network has windows: a convolution or a pooling is needed.")
    height, width = image.shape[:2]

    def draw(layer: str, row: int, column: int) -> None:
        figure, axes = plt.subplots(1, 2, figsize=(11, 5))
        position = _nearest(layers[layer], (row, column))
        _window(axes[0], image, layers[layer], position)
        seen = np.zeros(layers[layer].output[:2])
        seen[position] = 1
        plots.bare(axes[1]).imshow(seen, cmap="Oranges", vmin=0, vmax=1.5)
        axes[1].set_title("its output: {}×{}".format(*seen.shape))
        axes[1].spines[:].set(visible=True, color="0.6")
        plots.alt(_sees(layer, layers[layer], position), figure)
        plt.show(figure)

    def still() -> Figure:
        figure, grid = plt.subplots(1, len(layers), figsize=(4 * len(layers), 4.6), squeeze=False)
        words = []
        for axes, (layer, facts) in zip(grid[0], layers.items()):
            position = _nearest(facts, ((height - 1) / 2, (width - 1) / 2))
            _window(axes, image, facts, position, f"{layer}\n")
            words.append(_sees(layer, facts, position))
        plots.alt("One image several times, with a frame in each. " + " ".join(words), figure)
        return figure

    pixels = {
        name: ipywidgets.IntSlider(side // 2, 0, side - 1, continuous_update=False)
        for name, side in (("row", height), ("column", width))
    }
    return _play(draw, still, layer=list(layers), **pixels)


def _seeing(rows: Sequence) -> dict:
    """Name -> row of each layer whose windows differ from those before it."""
    found: dict = {}
    last = ((1, 1), (1, 1))
    for row in rows:
        now = (row.receptive_field, row.step)
        if row.receptive_field and now != last:
            found[f"{len(found) + 1}: {row.layer.split(',')[0]}"] = row
            last = now
    return found


def _nearest(layer, pixel: tuple[float, float]) -> tuple[int, int]:
    """The position of a layer's output whose window has its centre nearest to a pixel."""
    size, step, start = (np.array(pair) for pair in (layer.receptive_field, layer.step, layer.start))
    index = np.ceil((np.array(pixel) - start - (size - 1) / 2) / step - 0.5).astype(int)
    down, right = np.clip(index, 0, np.array(layer.output[:2]) - 1).tolist()
    return down, right


def _corner(layer, position: tuple[int, int]) -> tuple[int, int]:
    top, left = (first + index * step for first, index, step in zip(layer.start, position, layer.step))
    return top, left


def _window(axes: Axes, image: np.ndarray, layer, position: tuple[int, int], name: str = "") -> None:
    """An image with the window of one number of a layer's output, and the padding that it may lie on."""
    (top, left), (rows, columns) = _corner(layer, position), layer.receptive_field
    plots.bare(axes).imshow(image)
    axes.add_patch(plt.Rectangle((left - 0.5, top - 0.5), columns, rows, fill=False, color="C1", linewidth=4))
    height, width = image.shape[:2]
    axes.set_xlim(min(-0.5, left - 1.5), max(width - 0.5, left + columns + 0.5))
    axes.set_ylim(max(height - 0.5, top + rows + 0.5), min(-0.5, top - 1.5))
    axes.set_title(f"{name}sees {rows}×{columns} pixels")


def _sees(layer: str, facts, position: tuple[int, int]) -> str:
    (top, left), (rows, columns) = _corner(facts, position), facts.receptive_field
    return (
        f"{layer}: the number at {position} sees rows {top} to {top + rows - 1} "
        f"and columns {left} to {left + columns - 1}."
    )


TEMPERATURES = (0.25, 1.0, 4.0)


def softmax(logits: Sequence[float], names: Sequence[str]) -> Figure | None:
    """Bars of the probabilities that softmax gives to some logits, divided by a temperature of the reader's choice."""
    logits = np.asarray(logits, float)

    def shares(temperature: float) -> np.ndarray:
        exponentials = np.exp((logits - logits.max()) / temperature)
        return exponentials / exponentials.sum()

    def bars(temperature: float, axes: Axes) -> None:
        drawn = axes.bar(range(len(names)), shares(temperature), color="C0")
        axes.bar_label(drawn, [f"{share:.2f}" for share in shares(temperature)])
        labels = [f"{name}\nlogit {logit:g}" for name, logit in zip(names, logits)]
        axes.set(xticks=range(len(names)), xticklabels=labels, ylim=(0, 1.1), title=f"temperature {temperature:g}")
        axes.grid(axis="x", visible=False)

    def draw(temperature: float) -> None:
        figure, axes = plt.subplots(figsize=(6, 4))
        bars(temperature, axes)
        axes.set_ylabel("probability")
        plt.show(figure)

    def still() -> Figure:
        figure, row = plt.subplots(1, len(TEMPERATURES), figsize=(13, 4), sharey=True)
        for temperature, axes in zip(TEMPERATURES, row):
            bars(temperature, axes)
        row[0].set_ylabel("probability")
        told = [
            f"{', '.join(f'{share:.2f}' for share in shares(each))} at temperature {each:g}" for each in TEMPERATURES
        ]
        plots.alt(f"Probabilities of {', '.join(names)} as bars: {'; '.join(told)}.", figure)
        return figure

    import ipywidgets

    # Its name is longer than the place that names get.
    wide = {"description_width": "initial"}
    slider = ipywidgets.FloatLogSlider(value=1, base=10, min=-1, max=1, step=0.05, readout_format=".2f", style=wide)
    return _play(draw, still, temperature=slider)


def descent(
    loss: Callable[[float], float],
    derivative: Callable[[float], float],
    start: float,
    rates: Sequence[float],
    steps: int = 6,
) -> Figure | None:
    """Steps of gradient descent on a loss of one weight, at a learning rate of the reader's choice.

    The still figure has a panel for each of ``rates``, and they say how much of the loss is drawn in both.
    """

    def path(rate: float) -> np.ndarray:
        weights = [start]
        for _ in range(steps):
            weights.append(weights[-1] - rate * derivative(weights[-1]))
        return np.array(weights)

    visited = np.concatenate([path(rate) for rate in rates])
    margin = 0.15 * np.ptp(visited)
    low, high = visited.min() - margin, visited.max() + margin
    curve = np.linspace(low, high, 200)

    def walk(rate: float, axes: Axes) -> None:
        axes.plot(curve, [loss(weight) for weight in curve], color="0.6")
        # Steps of a rate that diverges leave the axes.
        axes.plot(path(rate), [loss(weight) for weight in path(rate)], "o-", color="C1", linewidth=1.5)
        axes.plot(start, loss(start), "s", color="C0", markersize=11, label="start")
        limits = {"xlim": (low, high), "ylim": (None, 1.05 * max(loss(low), loss(high)))}
        axes.set(title=f"learning rate {rate:g}", xlabel="weight", **limits)

    def draw(rate: float) -> None:
        figure, axes = plt.subplots(figsize=(6, 4.2))
        walk(rate, axes)
        axes.set_ylabel("loss")
        axes.legend()
        plt.show(figure)

    def still() -> Figure:
        figure, row = plt.subplots(1, len(rates), figsize=(3.6 * len(rates), 3.9), sharey=True, squeeze=False)
        for rate, axes in zip(rates, row[0]):
            walk(rate, axes)
        row[0, 0].set_ylabel("loss")
        row[0, 0].legend()
        ends = [f"at the learning rate {rate:g} the loss is {loss(path(rate)[-1]):.3g}" for rate in rates]
        plots.alt(
            f"The loss over one weight and {steps} steps of descent from {start:g}, where it is {loss(start):.3g}. "
            f"After them, {'; '.join(ends)}.",
            figure,
        )
        return figure

    import ipywidgets

    slider = ipywidgets.FloatSlider(value=rates[0], min=0.01, max=1.1 * max(rates), step=0.01, description="rate")
    return _play(draw, still, rate=slider)
