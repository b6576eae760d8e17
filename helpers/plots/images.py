"""Arrays as colours: images, maps of numbers with and without a sign, many of them side by side."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Colours of numbers with a sign, and without.
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

    Diverging around 0 when a value is below zero, else sequential from 0, to the 99th percentile of absolute values.
    """
    size = np.abs(values)
    limit = float(np.percentile(size, 99)) or float(size.max()) or 1.0
    signed = np.min(values) < 0
    return {"cmap": SIGNED if signed else UNSIGNED, "vmin": -limit if signed else 0.0, "vmax": limit}


def gallery(images: Sequence[np.ndarray], titles: Sequence[str], columns: int = 5, size: float = 1.8) -> Figure:
    """A grid of images (rows, columns[, 3]) with a title over each; ``size`` is the width of one in inches."""
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(columns * size, rows * 1.25 * size), squeeze=False)
    for axes, image, title in zip(grid.flat, images, titles):
        bare(axes).imshow(image, cmap="gray" if np.ndim(image) == 2 else None)
        axes.set_title(title, loc="center")
    for axes in grid.flat[len(images) :]:
        axes.remove()
    return figure


def numbers(
    grid: np.ndarray,
    title: str,
    axes: Axes | None = None,
    signed: bool = False,
    form: str = "g",
    limit: float | None = None,
) -> Axes:
    """A small matrix as coloured squares with its numbers, written as ``form`` says, in them.

    The colours end at the largest absolute value unless ``limit`` says otherwise, for several matrices on one scale.
    """
    grid = np.asarray(grid)
    rows, columns = grid.shape
    axes = axes or plt.subplots(figsize=(0.75 * columns + 0.5, 0.75 * rows + 0.8))[1]
    limit = limit or np.abs(grid).max() or 1
    mesh = axes.imshow(grid, cmap=SIGNED if signed else "gray", vmin=-limit if signed else grid.min(), vmax=limit)
    for (row, column), value in np.ndenumerate(grid):
        red, green, blue, _ = mesh.cmap(mesh.norm(value))
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        axes.text(column, row, format(value, form), ha="center", va="center", color="white" if dark else "black")
    bare(axes).set_title(title)
    # A frame, so that white squares at the border don't run into the page.
    axes.spines[:].set(visible=True, color="0.6")
    return axes


def signed_map(values: np.ndarray, title: str, axes: Axes | None = None, limit: float | None = None) -> Axes:
    """A map with a sign: blue below zero, white at zero, red above, with a colour bar.

    The colours end at the 99th percentile of the absolute values unless ``limit`` says otherwise.
    """
    axes = axes or plt.subplots(figsize=(6, 4.5))[1]
    limit = limit or scale(values)["vmax"]
    image = axes.imshow(values, cmap=SIGNED, vmin=-limit, vmax=limit)
    axes.figure.colorbar(image, ax=axes, shrink=0.85)
    axes.set_title(title)
    return bare(axes)


def map_grid(
    maps: np.ndarray, labels: Sequence | None = None, columns: int = 8, title: str = "", axes: Axes | None = None
) -> Axes:
    """Maps (n, rows, columns) side by side in one image, on one scale, each under its label (its index by default)."""
    maps = np.asarray(maps)
    columns = min(columns, len(maps))
    rows = -(-len(maps) // columns)
    grid = np.full((rows * columns, *maps.shape[1:]), np.nan, np.float32)
    grid[: len(maps)] = maps
    tiled, corners = _tiled(grid.reshape(rows, columns, *maps.shape[1:]), np.nan, strip=0.2)
    height = 1.25 * rows * maps.shape[1] / maps.shape[2] + 0.6
    axes = axes or plt.subplots(figsize=(1.25 * columns + 1.2, height))[1]
    colours = scale(maps)
    colours["cmap"] = plt.get_cmap(colours["cmap"]).with_extremes(bad=(0, 0, 0, 0))
    image = axes.imshow(tiled, **colours)
    axes.figure.colorbar(image, ax=axes, shrink=0.85, pad=0.02)
    for (top, left), label in zip(corners, range(len(maps)) if labels is None else labels):
        axes.text(left - 0.5, top - 0.6, str(label), va="bottom", fontsize=10)
    axes.set_title(title)
    # Grey between the maps: white is the zero of a map with a sign.
    axes.set_facecolor("0.88")
    return bare(axes)


def image_grid(
    images: np.ndarray,
    row_labels: Sequence[str] | None = None,
    column_labels: Sequence[str] | None = None,
    title: str = "",
    axes: Axes | None = None,
) -> Axes:
    """Images (rows, columns, height, width, 3) from 0 to 255 in one image, with names at its left and over it."""
    images = np.clip(np.asarray(images), 0, 255).astype(np.uint8)
    rows, columns, height, width = images.shape[:4]
    axes = axes or plt.subplots(figsize=(1.25 * columns + 1.6, 1.25 * rows * height / width + 0.6))[1]
    tiled, corners = _tiled(images, 255)
    axes.imshow(tiled)
    axes.set_title(title)
    bare(axes)
    middles = corners.reshape(rows, columns, 2) + np.array([height - 1, width - 1]) / 2
    if row_labels is not None:
        axes.set_yticks(middles[:, 0, 0], row_labels)
    if column_labels is not None:
        axes.set_xticks(middles[0, :, 1], column_labels)
        axes.xaxis.tick_top()
    axes.tick_params(length=0)
    return axes


def explanations(images: np.ndarray, maps: dict[str, np.ndarray], row_labels: Sequence[str]) -> Figure:
    """A row for each image: the image, and beside it one map of each name (n, rows, columns); a scale for each name."""
    rows, columns = len(images), 1 + len(maps)
    size = (1.75 * columns + 1, 1.75 * rows + 0.9)
    # The last row is for the colour bars.
    ratios = [1] * rows + [0.06]
    figure, grid = plt.subplots(rows + 1, columns, figsize=size, height_ratios=ratios, squeeze=False)
    grid[-1, 0].set_visible(False)
    for axes, image, label in zip(grid[:, 0], images, row_labels):
        bare(axes).imshow(image)
        axes.set_ylabel(label, fontsize=12, rotation=0, ha="right", va="center")
    for column, (name, values) in zip(grid.T[1:], maps.items()):
        for axes, one in zip(column, values):
            image = bare(axes).imshow(one, **scale(values))
        column[0].set_title(name, loc="center", fontsize=13)
        bar = figure.colorbar(image, cax=column[-1], orientation="horizontal")
        bar.set_ticks(sorted({image.norm.vmin, 0.0, image.norm.vmax}))
        bar.ax.set_xticklabels([format(tick, ".1g") for tick in bar.get_ticks()], fontsize=11)
        # Inwards from both ends: numbers that stick out would touch, or push the columns apart.
        ends = bar.ax.get_xticklabels()
        ends[0].set_horizontalalignment("left")
        ends[-1].set_horizontalalignment("right")
    return figure


def windows(image: np.ndarray, boxes: dict[str, tuple[int, int]], title: str) -> Axes:
    """Square windows on an image: each label's (first row and column, side), in pixels."""
    _, axes = plt.subplots(figsize=(7, 4.5))
    axes.imshow(image)
    colours = {label: f"C{index}" for index, label in enumerate(boxes)}
    for rank, (label, (start, side)) in enumerate(sorted(boxes.items(), key=lambda box: -box[1][1])):
        # The largest first and solid, the others dashed: where frames lie on the same pixels, both colours show.
        look = {"edgecolor": colours[label], "linewidth": 4, "linestyle": ("-", (0, (3, 3)), (0, (1, 1)))[rank % 3]}
        axes.add_patch(plt.Rectangle((start - 0.5, start - 0.5), side, side, fill=False, label=label, **look))
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    axes.set_title(title)
    return bare(axes)


def _tiled(images: np.ndarray, fill: float, strip: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Images (rows, columns, height, width[, 3]) in one array, and the first row and column of each, (n, 2).

    The gaps between them hold ``fill``; over each there is a strip of ``strip`` times its height.
    """
    rows, columns, height, width, *colours = images.shape
    gap, above = max(1, round(0.06 * width)), round(strip * height + 0.4)
    pitch = (height + above + gap, width + gap)
    tiled = np.full((rows * pitch[0] + gap, columns * pitch[1] + gap, *colours), fill, images.dtype)
    corners = np.array([(gap + above + r * pitch[0], gap + c * pitch[1]) for r, c in np.ndindex(rows, columns)])
    for (top, left), image in zip(corners, images.reshape(-1, height, width, *colours)):
        tiled[top : top + height, left : left + width] = image
    return tiled, corners
