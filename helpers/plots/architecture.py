"""The drawing of a network: a box for each layer that changes the shape of what flows through."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.plots.images import bare

# Keras' name -> the word in the drawing and, for a layer that is a box of its own, its colour.
LAYERS = {
    "Conv2D": ("conv", "C0"),
    "MaxPooling2D": ("pool", "C1"),
    "AveragePooling2D": ("mean pool", "C1"),
    "GlobalAveragePooling2D": ("global\nmean", "C1"),
    "GlobalMaxPooling2D": ("global\nmax", "C1"),
    "Flatten": ("flatten", "0.6"),
    "Dense": ("dense", "C2"),
    "Dropout": ("dropout", None),
    "BatchNormalization": ("batch norm.", None),
}
# What is drawn of each layer as a square: its colour, its hatching, and the side of the line.
SQUARES = {"parameters": ("C0", "", 1), "macs": ("C1", "//", -1)}


def architecture(rows: Sequence, title: str) -> Axes:
    """Draw the rows of ``anatomy.layers``; each has ``layer`` (a description), ``output`` (shape), ``parameters``.

    A box is as high as its map's side or its vector is long, and as wide as there are channels, on a logarithmic scale.
    Layers that change no shape (dropout, normalisation) are named in small print under the box before them.
    """
    boxes: list[tuple] = []
    for row in rows:
        colour = LAYERS.get(row.layer.split()[0].strip(","), ("", None))[1]
        if colour or not boxes:
            boxes.append((row, colour, []))
        elif boxes[-1][1]:
            boxes[-1][2].append(_short(row.layer))
    _, axes = plt.subplots(figsize=(max(7, 1.27 * len(boxes)), 3.7))
    centred = {"ha": "center", "linespacing": 1.15}
    for position, (row, colour, extras) in enumerate(boxes):
        top = _cuboid(axes, position, row.output, colour or "0.85")
        words = _short(row.layer) if colour else "input"
        shape = "×".join(f"{size:,}" for size in row.output)
        axes.text(position, top + 0.1, words, va="bottom", fontsize=11.5, **centred)
        axes.text(position, -1.25, shape, va="top", fontsize=11.5, **centred)
        if row.parameters:
            axes.text(position, -1.6, f"{row.parameters:,}", va="top", fontsize=11.5, weight="bold", **centred)
        axes.text(position, -1.95, "\n".join(extras), va="top", fontsize=10, color="0.35", **centred)
    axes.set(xlim=(-0.6, len(boxes) - 0.3), ylim=(-2.65, 2.0))
    axes.set_title(title)
    return bare(axes)


def _cuboid(axes: Axes, position: float, output: tuple[int, ...], colour: str) -> float:
    """Draw one feature map (side, side, channels) or vector (length,) at a position; returns its upper end."""
    *side, channels = output
    height = np.log2(1 + side[0]) / np.log2(33) * 2 if side else np.log2(1 + channels) / 13 * 2
    width = 0.075 * np.log2(1 + channels) if side else 0.1
    depth = np.array([0.07, 0.16]) * (height if side else 0.6)
    corner = np.array([position - (width + depth[0]) / 2, -(height + depth[1]) / 2])
    right, up = np.array([width, 0]), np.array([0, height])
    faces = [
        ([corner, corner + right, corner + right + up, corner + up], 0.75),
        ([corner + up, corner + up + right, corner + up + right + depth, corner + up + depth], 0.4),
        ([corner + right, corner + right + up, corner + right + up + depth, corner + right + depth], 0.95),
    ]
    for points, alpha in faces:
        axes.add_patch(plt.Polygon(points, facecolor=colour, alpha=alpha, edgecolor="none"))
        axes.add_patch(plt.Polygon(points, fill=False, edgecolor="0.25", linewidth=1))
    return corner[1] + height + depth[1]


def _short(layer: str) -> str:
    """A layer's description in few words, one under the other."""
    name, *words = layer.split(", ")
    kind, *size = name.split(" ")
    if kind == "Conv2D":
        # The number of filters stands in the output.
        size = ["×".join(size[0].split("×")[:2])]
    word = LAYERS.get(kind, (kind, None))[0]
    return "\n".join([" ".join([word, *size]), *words])


def costs(networks: dict[str, Sequence], title: str = "") -> Figure:
    """A panel for each network (name -> rows of ``anatomy.layers``): a square of parameters over one of MACs per layer.

    Areas are in proportion, on one scale for all networks: the largest number of parameters and the largest number of
    MACs have squares of the same size. From a tenth on, a layer's share of its network stands beside its square.
    """
    learning = {name: [row for row in rows if row.parameters and row.macs] for name, rows in networks.items()}
    totals = {
        name: {kind: sum(getattr(row, kind) for row in rows) for kind in SQUARES} for name, rows in networks.items()
    }
    largest = {kind: max(getattr(row, kind) for rows in learning.values() for row in rows) for kind in SQUARES}
    sides = {
        name: {kind: [np.sqrt(getattr(row, kind) / largest[kind]) for row in rows] for kind in SQUARES}
        for name, rows in learning.items()
    }
    # Above and below the line: the largest square, a share, and below a layer's two lines of words.
    heights = [[max(own["parameters"]) + 0.4, max(own["macs"]) + 1.0] for own in sides.values()]
    longest, pitch = max(map(len, learning.values())), 1.55
    size = (1.35 * longest + 0.6, 0.6 + sum(1.35 / pitch * sum(pair) + 0.35 for pair in heights))
    figure, panels = plt.subplots(len(learning), figsize=size, height_ratios=[*map(sum, heights)], squeeze=False)
    for axes, (name, rows), (above, below) in zip(panels.flat, learning.items(), heights):
        for kind, (colour, hatch, sign) in SQUARES.items():
            for index, (row, side) in enumerate(zip(rows, sides[name][kind])):
                corner = (pitch * index - side / 2, min(0, sign * side))
                axes.add_patch(plt.Rectangle(corner, side, side, facecolor=colour, hatch=hatch, edgecolor="white"))
                if (share := getattr(row, kind) / totals[name][kind]) >= 0.1:
                    where = {"va": "bottom" if sign > 0 else "top", "ha": "center", "fontsize": 12}
                    axes.text(pitch * index, sign * (side + 0.04), f"{share:.0%}", **where)
        for index, row in enumerate(rows):
            words = f"{_short(row.layer).splitlines()[0]}\n{'×'.join(map(str, row.output))}"
            axes.text(pitch * index, -below + 0.62, words, ha="center", va="top", fontsize=12, linespacing=1.15)
        axes.axhline(0, color="0.4", linewidth=1)
        axes.set(xlim=(-0.8, pitch * (longest - 1) + 0.8), ylim=(-below, above), aspect="equal")
        parameters, macs = totals[name].values()
        axes.set_title(f"{name}: {parameters:,} parameters, {macs / 1e6:.1f} million MACs", fontsize=14)
        bare(axes)
    handles = [plt.Rectangle((0, 0), 1, 1, facecolor=colour, hatch=hatch) for colour, hatch, _ in SQUARES.values()]
    labels = ["parameters (above the line)", "MACs (below)"]
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=12)
    figure.suptitle(title, x=0.02, ha="left")
    return figure
