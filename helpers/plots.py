"""Every figure of the lessons. Arrays in, Axes or Figure out; no training, no files.

Colours: diverging (``SIGNED``) for values with a sign, sequential (``UNSIGNED``) for those without, and the
colour cycle of ``lesson.mplstyle`` for lines. Training is always drawn dashed, validation solid.
"""

from collections.abc import Callable, Sequence

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


def gallery(
    images: np.ndarray, titles: Sequence[str] | None = None, columns: int = 5, size: float = 1.8, title: str = ""
) -> Figure:
    """A grid of images (n, rows, columns[, 3]) with a title over each."""
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
    _bare(axes)
    # A frame, so that white squares at the border don't run into the page.
    axes.spines[:].set(visible=True, color="0.6")
    return axes


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


def curves(
    history: dict[str, Sequence[float]], key: str = "accuracy", axes: Axes | None = None, title: str = ""
) -> Axes:
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


def probabilities(
    values: Sequence[float], class_names: Sequence[str], true: int | None = None, axes: Axes | None = None
) -> Axes:
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


def window_frames(size: int, kernel_size: int, settings: Sequence[tuple[int, int]]) -> Figure:
    """A row of frames for each (stride, padding): where the window lies along the top of a size × size image.

    Pixels are grey, padding is white, the window is orange. ``padding`` counts zeros on each end.
    """
    counts = [(size + 2 * padding - kernel_size) // stride + 1 for stride, padding in settings]
    largest = size + 2 * max(padding for _, padding in settings)
    figure, grid = plt.subplots(
        len(settings), max(counts), figsize=(1.9 * max(counts), 2.35 * len(settings)), squeeze=False
    )
    for (stride, padding), count, row in zip(settings, counts, grid):
        for position, axes in enumerate(row):
            _bare(axes).set(xlim=(-0.1, largest + 0.1), ylim=(largest + 0.1, -0.1), aspect="equal")
            if position >= count:
                axes.set_visible(False)
                continue
            for y, x in np.ndindex(size + 2 * padding, size + 2 * padding):
                inside = padding <= min(x, y) and max(x, y) < padding + size
                axes.add_patch(plt.Rectangle((x, y), 1, 1, facecolor="0.82" if inside else "white", edgecolor="0.55"))
            corner = (position * stride, 0)
            axes.add_patch(plt.Rectangle(corner, kernel_size, kernel_size, facecolor="C1", alpha=0.35))
            axes.add_patch(plt.Rectangle(corner, kernel_size, kernel_size, fill=False, edgecolor="C1", linewidth=3))
        row[0].set_title(f"stride {stride}, padding {padding}: {count} positions")
    return figure


def activations(
    x: np.ndarray, functions: dict[str, np.ndarray], slopes: dict[str, np.ndarray], columns: int = 3
) -> Figure:
    """A panel for each activation function: its values (solid) and its slope (dashed) over the inputs ``x``."""
    rows = -(-len(functions) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(4.1 * columns, 3.3 * rows), sharex=True, sharey=True)
    for axes, name in zip(grid.flat, functions):
        axes.axhline(0, color="0.6", linewidth=1)
        axes.axvline(0, color="0.6", linewidth=1)
        axes.plot(x, functions[name], "-", color="C0", label="value")
        axes.plot(x, slopes[name], "--", color="C1", label="slope")
        axes.set(title=name, ylim=(-1.6, 3.1))
    for axes in grid[-1]:
        axes.set_xlabel("input")
    grid[0, 0].legend(loc="upper left")
    return figure


def bars(values: dict[str, float], xlabel: str = "", form: str = ".1%", marked: str | None = None) -> Axes:
    """One horizontal bar for each name, with its value written behind it; ``marked`` is drawn in orange."""
    _, axes = plt.subplots(figsize=(9, 0.55 * len(values) + 1.2))
    drawn = axes.barh(list(values), list(values.values()), color=["C1" if name == marked else "C0" for name in values])
    axes.bar_label(drawn, [format(value, form) for value in values.values()], padding=5)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    if form.endswith("%"):
        axes.xaxis.set_major_formatter("{x:.0%}")
    axes.set_xlabel(xlabel)
    axes.grid(axis="y", visible=False)
    return axes


def histogram(values: np.ndarray, marks: dict[str, float], step: float, xlabel: str = "", ylabel: str = "") -> Axes:
    """How often each value occurs, in bins of width ``step`` around it, and a named vertical line at each mark."""
    _, axes = plt.subplots()
    edges = np.arange(values.min() - step / 2, values.max() + step, step)
    axes.hist(values, bins=edges, color="C5", edgecolor="white")
    for index, ((name, value), style) in enumerate(zip(marks.items(), ("-", "--", ":", "-."))):
        axes.axvline(value, color=f"C{index}", linestyle=style, label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(marks))
    return axes


def lines(
    x: np.ndarray, values: dict[str, np.ndarray], xlabel: str = "", ylabel: str = "", axes: Axes | None = None
) -> Axes:
    """One line for each name over ``x``, told apart by colour and by line style."""
    if axes is None:
        _, axes = plt.subplots()
    for index, ((name, line), style) in enumerate(zip(values.items(), ("-", "--", "-.", ":"))):
        axes.plot(x, line, style, color=f"C{index}", label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend()
    return axes


def descent_on_curve(loss: Callable, paths: dict[str, np.ndarray], reach: tuple[float, float]) -> Figure:
    """A panel for each path of one parameter: its steps, numbered, on the curve of the loss between two values."""
    figure, row = plt.subplots(1, len(paths), figsize=(3.6 * len(paths), 3.9), sharey=True, squeeze=False)
    parameter = np.linspace(*reach, 200)
    curve = np.array([loss(value) for value in parameter])
    for (name, path), axes in zip(paths.items(), row[0]):
        heights = np.array([loss(value) for value in path])
        axes.plot(parameter, curve, color="0.6")
        axes.plot(path, heights, "o-", color="C1", linewidth=1.5)
        axes.plot(path[:1], heights[:1], "s", color="C0", markersize=11, label="start")
        axes.set(title=name, xlabel="weight", xlim=reach, ylim=(-0.06 * curve.max(), 1.06 * curve.max()))
    row[0, 0].set_ylabel("loss")
    row[0, 0].legend()
    return figure


def descent_on_contours(
    loss: Callable, paths: dict[str, np.ndarray], minimum: Sequence[float], title: str = "", axes: Axes | None = None
) -> Axes:
    """Paths (steps, 2) of two parameters over the contours of their loss; the minimum is a star."""
    if axes is None:
        _, axes = plt.subplots(figsize=(9, 6.5))
    points = np.concatenate([*paths.values(), [minimum]])
    margin = 0.15 * np.ptp(points, axis=0).max()
    first, second = (np.linspace(low - margin, high + margin, 70) for low, high in zip(points.min(0), points.max(0)))
    heights = np.array([[loss(np.array([x, y])) for x in first] for y in second])
    levels = heights.min() + (heights.max() - heights.min()) * np.linspace(0, 1, 14) ** 3
    axes.contour(first, second, heights, levels=levels, colors="0.7", linewidths=1)
    for index, ((name, path), marker) in enumerate(zip(paths.items(), "o^sD")):
        axes.plot(*path.T, marker=marker, markersize=5, linewidth=1.5, color=f"C{index}", label=name)
    axes.plot(*minimum, "*", color="black", markersize=18, linestyle="none", label="minimum")
    axes.set(xlabel="first weight", ylabel="second weight", title=title, aspect="equal")
    axes.locator_params(nbins=6)
    axes.grid(False)
    axes.legend()
    return axes


def kernels_and_responses(kernels: dict[str, np.ndarray], responses: Sequence[np.ndarray]) -> Figure:
    """A column for each kernel: its numbers, and under them its response to an image, all in the same colours."""
    figure, (above, below) = plt.subplots(2, len(kernels), figsize=(3.6 * len(kernels), 6.4), height_ratios=(3, 2.2))
    limit = float(np.percentile(np.abs(responses), 99))
    for (name, kernel), response, top, bottom in zip(kernels.items(), responses, above, below):
        numbers(np.round(kernel, 2) + 0.0, name, top, signed=True, form=".2f")  # + 0.0: no "-0.00"
        image = _bare(bottom).imshow(response, cmap=SIGNED, vmin=-limit, vmax=limit)
    figure.colorbar(image, ax=list(below), shrink=0.85)
    return figure


def windows(image: np.ndarray, boxes: dict[str, tuple[int, int]], title: str = "", axes: Axes | None = None) -> Axes:
    """Square windows on an image: each label's (first row and column, side), in pixels."""
    if axes is None:
        _, axes = plt.subplots(figsize=(7, 4.5))
    axes.imshow(image)
    colours = {label: f"C{index}" for index, label in enumerate(boxes)}
    for rank, (label, (start, side)) in enumerate(sorted(boxes.items(), key=lambda box: -box[1][1])):
        # The largest first and solid, the others dashed: where frames lie on the same pixels, both colours show.
        corner, style = (start - 0.5, start - 0.5), ("-", (0, (3, 3)), (0, (1, 1)))[rank % 3]
        axes.add_patch(
            plt.Rectangle(
                corner, side, side, fill=False, edgecolor=colours[label], linewidth=4, linestyle=style, label=label
            )
        )
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    axes.set_title(title)
    return _bare(axes)


def share_bars(
    labels: Sequence[str], shares: dict[str, Sequence[float]], title: str = "", axes: Axes | None = None
) -> Axes:
    """Horizontal bars side by side: for every label its share (0 to 1) of each of several wholes."""
    if axes is None:
        _, axes = plt.subplots(figsize=(9, 0.5 + 1.0 * len(labels)))
    thickness = 0.8 / len(shares)
    for index, (name, values) in enumerate(shares.items()):
        places = np.arange(len(labels)) + (index - (len(shares) - 1) / 2) * thickness
        bars = axes.barh(places, values, thickness, label=name, color=f"C{index}", hatch=("", "//", "..")[index % 3])
        axes.bar_label(bars, [f"{value:.1%}" for value in values], padding=4)
    axes.set(yticks=range(len(labels)), yticklabels=labels, xlim=(0, 1), xlabel="share of the whole", title=title)
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.grid(axis="y", visible=False)
    axes.invert_yaxis()
    axes.legend()
    return axes


# The layers that change what flows through, and the colours in which ``architecture`` draws them.
ARCHITECTURE_COLOURS = {
    "Conv2D": "C0",
    "MaxPooling2D": "C1",
    "AveragePooling2D": "C1",
    "GlobalAveragePooling2D": "C1",
    "GlobalMaxPooling2D": "C1",
    "Flatten": "0.6",
    "Dense": "C2",
}
ARCHITECTURE_WORDS = {
    "Conv2D": "conv",
    "MaxPooling2D": "pool",
    "AveragePooling2D": "mean pool",
    "GlobalAveragePooling2D": "mean of map",
    "GlobalMaxPooling2D": "max of map",
    "Flatten": "flatten",
    "Dense": "dense",
    "Dropout": "dropout",
    "BatchNormalization": "batch norm.",
}


def architecture(rows: Sequence, title: str = "", axes: Axes | None = None) -> Axes:
    """A model as a row of boxes, from the rows of its table: ``layer`` (text), ``output`` (shape), ``parameters``.

    A box is as high as its feature map's side or its vector is long, and as wide as there are channels, both on a
    logarithmic scale. Over it stands the layer, under it the output and the parameters. Layers that change no
    shape (dropout, normalisation) are named in small print under the box before them.
    """
    boxes: list[tuple] = []
    for row in rows:
        kind = row.layer.split()[0].strip(",")
        if kind in ARCHITECTURE_COLOURS or not boxes:
            boxes.append((row, kind, []))
        else:
            boxes[-1][2].append(row.layer)
    if axes is None:
        _, axes = plt.subplots(figsize=(max(7, 1.27 * len(boxes)), 3.7))
    for place, (row, kind, extras) in enumerate(boxes):
        top = _cuboid(axes, place, row.output, ARCHITECTURE_COLOURS.get(kind, "0.85"))
        words = _short(row.layer) if kind in ARCHITECTURE_COLOURS else "input"
        small = "\n".join(_short(extra) for extra in extras if kind in ARCHITECTURE_COLOURS)
        axes.text(place, top + 0.1, words, ha="center", va="bottom", fontsize=11.5, linespacing=1.15)
        axes.text(place, -1.95, small, ha="center", va="top", fontsize=10, color="0.35", linespacing=1.15)
        axes.text(place, -1.25, "×".join(f"{size:,}" for size in row.output), ha="center", va="top", fontsize=11.5)
        if row.parameters:
            axes.text(place, -1.6, f"{row.parameters:,}", ha="center", va="top", fontsize=11.5, weight="bold")
    axes.set(xlim=(-0.6, len(boxes) - 0.3), ylim=(-2.65, 2.0))
    axes.set_title(title)
    return _bare(axes)


def _cuboid(axes: Axes, place: float, output: tuple[int, ...], colour: str) -> float:
    """Draw one feature map (side, side, channels) or vector (length,) at a place; returns how high it reaches."""
    *side, channels = output
    height = np.log2(1 + side[0]) / np.log2(33) * 2 if side else np.log2(1 + channels) / 13 * 2
    width = 0.075 * np.log2(1 + channels) if side else 0.1
    shift = np.array([0.07, 0.16]) * (height if side else 0.6)
    corner = np.array([place - (width + shift[0]) / 2, -(height + shift[1]) / 2])
    right, up = np.array([width, 0]), np.array([0, height])
    faces = [
        ([corner, corner + right, corner + right + up, corner + up], 0.75),
        ([corner + up, corner + up + right, corner + up + right + shift, corner + up + shift], 0.4),
        ([corner + right, corner + right + up, corner + right + up + shift, corner + right + shift], 0.95),
    ]
    for points, alpha in faces:
        axes.add_patch(plt.Polygon(points, facecolor=colour, alpha=alpha, edgecolor="none"))
        axes.add_patch(plt.Polygon(points, fill=False, edgecolor="0.25", linewidth=1))
    return corner[1] + height + shift[1]


def _short(layer: str) -> str:
    """A layer's description in few words, one under the other."""
    name, *words = layer.split(", ")
    kind, *size = name.split(" ")
    if kind == "Conv2D":
        # The number of filters stands in the output.
        size = ["×".join(size[0].split("×")[:2])]
    return "\n".join([" ".join([ARCHITECTURE_WORDS.get(kind, kind), *size]), *words])


def dots(values: dict[str, Sequence[float]], xlabel: str = "") -> Axes:
    """A row for each name: a dot for each of its values (a seed, say), a line and the number at their mean.

    Two colours alternate from row to row.
    """
    _, axes = plt.subplots(figsize=(9, 0.75 * len(values) + 1.2))
    for row, group in enumerate(values.values()):
        mean = np.mean(group)
        axes.plot([mean, mean], [row - 0.3, row + 0.3], color="0.4", linewidth=2)
        axes.plot(group, [row] * len(group), "o", color=f"C{row % 2}", markersize=10, alpha=0.75)
        axes.annotate(f"{mean:.1%}", (mean, row - 0.3), (0, 3), textcoords="offset points", ha="center", color="0.25")
    axes.set(yticks=range(len(values)), yticklabels=list(values), ylim=(len(values) - 0.5, -0.75), xlabel=xlabel)
    # Ticks may lie at 62.5 %, too.
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
    axes.margins(x=0.08)
    axes.grid(axis="y", visible=False)
    return axes


def bands(curves: dict[str, np.ndarray], ylabel: str = "", axes: Axes | None = None) -> Axes:
    """For each name (runs, epochs): the mean over runs as a line, lowest to highest run as a band behind it."""
    if axes is None:
        _, axes = plt.subplots()
    for index, ((name, runs), style) in enumerate(zip(curves.items(), ("-", "--", "-.", ":"))):
        runs = np.asarray(runs)
        epochs = np.arange(1, runs.shape[1] + 1)
        axes.fill_between(epochs, runs.min(axis=0), runs.max(axis=0), color=f"C{index}", alpha=0.25, linewidth=0)
        axes.plot(epochs, runs.mean(axis=0), style, color=f"C{index}", label=name)
    axes.set(xlabel="epoch", ylabel=ylabel)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    return axes


def predictions(
    images: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[int],
    class_names: Sequence[str],
    columns: int = 5,
    size: float = 2.6,
) -> Figure:
    """Images with the predicted class and its probability; wrong ones in orange, crossed, with their true class."""
    predicted = np.argmax(probabilities, axis=1)
    right = predicted == np.asarray(labels)
    titles = [
        f"{'✓' if hit else '✗'} {class_names[answer]} {_sure(probability[answer])}"
        + ("\n " if hit else f"\ntrue: {class_names[label]}")
        for hit, answer, probability, label in zip(right, predicted, probabilities, labels)
    ]
    figure = gallery(images, titles, columns, size)
    for axes, hit in zip(figure.axes, right):
        axes.title.set_color("black" if hit else "C1")
    return figure


def _sure(probability: float) -> str:
    """In per cent, with a decimal where the surest answers would all be 100%."""
    return ">99.9%" if probability >= 0.9995 else f"{probability:.{int(probability >= 0.995)}%}"


def reliability(bins: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Figure:
    """Accuracy over confidence, and under it how many images each point stands for.

    ``bins`` gives for each name three arrays (bins,): mean confidence, accuracy and share of the images.
    On the dashed diagonal a network is right as often as it says.
    """
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 8), sharex=True, height_ratios=(3, 1))
    above.plot([0, 1], [0, 1], "--", color="0.5", label="right as often as it says")
    width = 0.06 / len(bins)
    for index, ((name, (confidence, accuracy, share)), marker) in enumerate(zip(bins.items(), "osD^v")):
        above.plot(confidence, accuracy, color=f"C{index}", marker=marker, markersize=9, label=name)
        places = confidence + (index - (len(bins) - 1) / 2) * width
        below.bar(places, share, width, color=f"C{index}", hatch=("", "//", "..")[index % 3], edgecolor="white")
    above.set(ylabel="accuracy", ylim=(-0.02, 1.02))
    above.legend(loc="upper left")
    below.set(xlabel="confidence", ylabel="share of\nimages", xlim=(0, 1.02))
    for axis in (above.yaxis, below.yaxis, below.xaxis):
        axis.set_major_formatter(lambda value, _: f"{value:.0%}")
    return figure


def map_grid(
    maps: np.ndarray,
    labels: Sequence | None = None,
    columns: int = 8,
    title: str = "",
    axes: Axes | None = None,
) -> Axes:
    """Maps (n, rows, columns) side by side in one image, on one scale, each under its label (its index by default).

    The colours end at the 99th percentile of the absolute values: diverging when a value is below zero, else
    sequential. The maps of one image are ``np.moveaxis(maps[0], -1, 0)``.
    """
    maps = np.asarray(maps)
    columns = min(columns, len(maps))
    rows = -(-len(maps) // columns)
    grid = np.full((rows * columns, *maps.shape[1:]), np.nan, np.float32)
    grid[: len(maps)] = maps
    limit = float(np.percentile(np.abs(maps), 99)) or float(np.abs(maps).max()) or 1.0
    signed = maps.min() < 0
    colours = plt.get_cmap(SIGNED if signed else UNSIGNED).with_extremes(bad=(0, 0, 0, 0))
    if axes is None:
        _, axes = plt.subplots(figsize=(1.25 * columns + 1.2, 1.25 * rows * maps.shape[1] / maps.shape[2] + 0.6))
    tiled, corners = _tiled(grid.reshape(rows, columns, *maps.shape[1:]), np.nan, strip=0.2)
    image = axes.imshow(tiled, cmap=colours, vmin=-limit if signed else 0, vmax=limit)
    axes.figure.colorbar(image, ax=axes, shrink=0.85, pad=0.02)
    for (top, left), label in zip(corners, range(len(maps)) if labels is None else labels):
        axes.text(left - 0.5, top - 0.6, str(label), va="bottom", fontsize=10)
    axes.set_title(title)
    # Grey between the maps: white is the zero of a map with a sign.
    axes.set_facecolor("0.88")
    return _bare(axes)


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
    if axes is None:
        _, axes = plt.subplots(figsize=(1.25 * columns + 1.6, 1.25 * rows * height / width + 0.6))
    tiled, corners = _tiled(images, 255)
    axes.imshow(tiled)
    axes.set_title(title)
    _bare(axes)
    middles = corners.reshape(rows, columns, 2) + np.array([height - 1, width - 1]) / 2
    if row_labels is not None:
        axes.set_yticks(middles[:, 0, 0], row_labels)
    if column_labels is not None:
        axes.set_xticks(middles[0, :, 1], column_labels)
        axes.xaxis.tick_top()
    axes.tick_params(length=0)
    return axes


def _tiled(images: np.ndarray, fill: float, strip: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Images (rows, columns, height, width[, 3]) in one array, and the first row and column of each, (n, 2).

    The gaps between them hold ``fill``; over each there is room of ``strip`` times its height.
    """
    rows, columns, height, width, *colours = images.shape
    gap, above = max(1, round(0.06 * width)), round(strip * height + 0.4)
    pitch = (height + above + gap, width + gap)
    tiled = np.full((rows * pitch[0] + gap, columns * pitch[1] + gap, *colours), fill, images.dtype)
    corners = np.array([(gap + above + r * pitch[0], gap + c * pitch[1]) for r, c in np.ndindex(rows, columns)])
    for (top, left), image in zip(corners, images.reshape(-1, height, width, *colours)):
        tiled[top : top + height, left : left + width] = image
    return tiled, corners


def explanations(images: np.ndarray, maps: dict[str, np.ndarray], row_labels: Sequence[str] | None = None) -> Figure:
    """A row for each image: the image, and beside it one map of each name (n, rows, columns).

    A column has one scale and one colour bar, which ends at its 99th percentile: diverging when a value of the
    column is below zero, else sequential. Maps of different columns can be compared in form only.
    """
    rows, columns = len(images), 1 + len(maps)
    # The last row is for the colour bars.
    figure, grid = plt.subplots(
        rows + 1,
        columns,
        figsize=(1.75 * columns + 1, 1.75 * rows + 0.9),
        height_ratios=[1] * rows + [0.06],
        squeeze=False,
    )
    grid[-1, 0].set_visible(False)
    for index, (axes, image) in enumerate(zip(grid[:, 0], images)):
        _bare(axes).imshow(image)
        if row_labels is not None:
            axes.set_ylabel(row_labels[index], fontsize=12, rotation=0, ha="right", va="center")
    for column, (name, values) in zip(grid.T[1:], maps.items()):
        limit = float(np.percentile(np.abs(values), 99)) or float(np.abs(values).max()) or 1.0
        signed = np.min(values) < 0
        for axes, one in zip(column, values):
            colours = SIGNED if signed else UNSIGNED
            image = _bare(axes).imshow(one, cmap=colours, vmin=-limit if signed else 0, vmax=limit)
        column[0].set_title(name, loc="center", fontsize=13)
        bar = figure.colorbar(image, cax=column[-1], orientation="horizontal")
        bar.set_ticks([-limit, 0, limit] if signed else [0, limit])
        bar.ax.set_xticklabels([format(tick, ".1g") for tick in bar.get_ticks()], fontsize=11)
        # Inwards from both ends, so that long numbers of neighbouring columns never touch.
        ends = bar.ax.get_xticklabels()
        ends[0].set_horizontalalignment("left")
        ends[-1].set_horizontalalignment("right")
    return figure


def scatter(
    points: np.ndarray,
    labels: Sequence[int],
    class_names: Sequence[str],
    title: str = "",
    axes: Axes | None = None,
) -> Axes:
    """Points (n, 2), a colour and a marker for each class, grey for a single one; no ticks: places mean nothing."""
    if axes is None:
        _, axes = plt.subplots(figsize=(7, 6))
    for label, name in enumerate(class_names):
        chosen = np.asarray(labels) == label
        # Seven colours for ten classes: the marker tells apart those that share one.
        marker = "osD^v<>PX*"[label % 10]
        colour = f"C{label % 7}" if len(class_names) > 1 else "0.5"
        axes.scatter(*points[chosen].T, s=18, color=colour, marker=marker, linewidths=0, alpha=0.8, label=name)
    axes.set_title(title)
    return _bare(axes)


def intervals(
    values: dict[str, dict[str, tuple[float, float, float]]],
    marks: dict[str, float] | None = None,
    xlabel: str = "",
    axes: Axes | None = None,
) -> Axes:
    """A row for each name, in it one dot and interval (value, lowest, highest), 0 to 1, for each kind.

    ``marks`` are named vertical lines. Kinds are told apart by colour and marker.
    """
    if axes is None:
        _, axes = plt.subplots(figsize=(9, 0.7 * len(values) + 1.5))
    kinds = list(dict.fromkeys(kind for row in values.values() for kind in row))
    for index, (kind, marker) in enumerate(zip(kinds, "os^D")):
        points = []
        for row, cells in enumerate(values.values()):
            if kind in cells:
                # A little above one another, so that intervals of one row never hide each other.
                points.append((row + 0.3 * (list(cells).index(kind) - (len(cells) - 1) / 2), *cells[kind]))
        places, middle, low, high = np.array(points).T
        axes.errorbar(
            middle, places, xerr=(middle - low, high - middle), fmt=marker, color=f"C{index}", capsize=4, label=kind
        )
    for (name, mark), style in zip((marks or {}).items(), (":", "--")):
        axes.axvline(mark, color="0.4", linestyle=style, linewidth=1.5, label=name)
    axes.set(yticks=range(len(values)), yticklabels=list(values), ylim=(len(values) - 0.5, -0.5), xlim=(0, 1.03))
    axes.set_xlabel(xlabel)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.grid(axis="y", visible=False)
    return axes
