"""Which pixels the positions of a layer's map depend on."""

from typing import NamedTuple

import keras

from helpers import anatomy
from helpers.explain.given import image_size
from helpers.explain.layers import layer_call


class Window(NamedTuple):
    """Position (i, j) of a map depends on ``size`` pixels from ``start + (i, j) * step`` on; all (rows, columns)."""

    start: tuple[int, int]
    size: tuple[int, int]
    step: tuple[int, int]


def window(model: keras.Model, layer: str) -> Window:
    """The receptive fields of a layer's map; the whole image for a layer without positions."""
    layer_call(model, layer)
    row = next(row for row in anatomy.layers(model) if row.name == layer)
    if row.start is None:
        return Window((0, 0), image_size(model)[:2], (1, 1))
    return Window(row.start, row.receptive_field, row.step)


def middle(model: keras.Model, layer: str) -> tuple[slice, slice]:
    """Rows and columns of the receptive field of a map's middle position: ``images[:, rows, columns]``."""
    start, size, step = window(model, layer)
    shape = layer_call(model, layer).outputs[0].shape
    position = (shape[1] // 2, shape[2] // 2) if len(shape) == 4 else (0, 0)
    corner = [first + index * stride for first, index, stride in zip(start, position, step)]
    rows, columns = (slice(max(c, 0), min(c + s, side)) for c, s, side in zip(corner, size, image_size(model)))
    return rows, columns
