"""Every figure of the lessons. Arrays in, Axes or Figure out; no training, no files.

Colours: diverging (``SIGNED``) for values with a sign, sequential (``UNSIGNED``) for those without, and the
colour cycle of ``lesson.mplstyle`` for lines. Training is always drawn dashed, validation solid.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

SIGNED = "RdBu_r"
UNSIGNED = "cividis"


def _bare(axes: Axes) -> Axes:
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return axes


def pictures(
    images: np.ndarray, titles: Sequence[str] | None = None, columns: int = 5, size: float = 1.8, title: str = ""
) -> Figure:
    """A grid of pictures (n, rows, columns[, 3]) with a title over each."""
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height = size * (1.25 if titles is not None else 1.0)
    figure, grid = plt.subplots(rows, columns, figsize=(columns * size, rows * height), squeeze=False)
    for axes in grid.flat:
        _bare(axes).set_visible(False)
    for index, (axes, image) in enumerate(zip(grid.flat, images)):
        axes.set_visible(True)
        axes.imshow(image, cmap="gray" if np.ndim(image) == 2 else None)
        if titles is not None:
            axes.set_title(titles[index], loc="center")
    if title:
        figure.suptitle(title)
    return figure


def numbers(grid: np.ndarray, title: str = "", axes: Axes | None = None, signed: bool = False, form: str = "g") -> Axes:
    """A small matrix as coloured squares with its numbers written in them."""
    grid = np.asarray(grid)
    rows, columns = grid.shape
    if axes is None:
        _, axes = plt.subplots(figsize=(0.75 * columns + 0.5, 0.75 * rows + 0.8))
    limit = np.abs(grid).max() or 1
    low = -limit if signed else grid.min()
    mesh = axes.imshow(grid, cmap=SIGNED if signed else "gray", vmin=low, vmax=limit)
    for (row, column), value in np.ndenumerate(grid):
        red, green, blue, _ = mesh.cmap(mesh.norm(value))
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        axes.text(column, row, format(value, form), ha="center", va="center", color="white" if dark else "black")
    axes.set_title(title)
    return _bare(axes)


def signed_map(values: np.ndarray, title: str = "", axes: Axes | None = None, limit: float | None = None) -> Axes:
    """A map with a sign: blue below zero, white at zero, red above, with a colour bar.

    The colours end at the 99th percentile of the absolute values unless ``limit`` says otherwise.
    """
    if axes is None:
        _, axes = plt.subplots(figsize=(6, 4.5))
    limit = limit or float(np.percentile(np.abs(values), 99)) or 1.0
    image = axes.imshow(values, cmap=SIGNED, vmin=-limit, vmax=limit)
    axes.figure.colorbar(image, ax=axes, shrink=0.85)
    axes.set_title(title)
    return _bare(axes)


def curves(history: dict[str, Sequence[float]], key: str = "accuracy", axes: Axes | None = None, title: str = "") -> Axes:
    """Training (dashed) and validation (solid) of one figure over the epochs of a Keras history."""
    if axes is None:
        _, axes = plt.subplots()
    epochs = np.arange(1, len(history[key]) + 1)
    axes.plot(epochs, history[key], "--", color="C1", label="training")
    if history.get(f"val_{key}"):
        axes.plot(epochs, history[f"val_{key}"], "-", color="C0", marker="o", label="validation")
    axes.set(xlabel="epoch", ylabel=key, title=title)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    return axes


def probabilities(values: Sequence[float], class_names: Sequence[str], true: int | None = None, axes: Axes | None = None) -> Axes:
    """One prediction as bars; the true class is drawn in orange and marked in its name."""
    if axes is None:
        _, axes = plt.subplots(figsize=(6, 4.5))
    colours = ["C1" if index == true else "C0" for index in range(len(values))]
    names = [f"{name} (true)" if index == true else name for index, name in enumerate(class_names)]
    axes.barh(names, values, color=colours)
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), xlabel="probability")
    axes.grid(axis="y", visible=False)
    return axes
