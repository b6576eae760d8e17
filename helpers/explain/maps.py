"""Maps and logits of a model, the pixels that a map's positions depend on, and the patches that excite a channel."""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from helpers import anatomy
from helpers.explain import layers as given
from helpers.explain.layers import before_activation, conv_layers, ends, layer_call, logits_of

COUNT = 9


def feature_maps(
    model: keras.Model,
    images: np.ndarray,
    layers: Sequence[str] | None = None,
    channels: Sequence[int] | None = None,
) -> dict[str, np.ndarray]:
    """The outputs of the named layers (by default the convolutions): name -> (n, rows, columns, channels) float32.

    ``channels`` keeps these of each layer only, so that a photo does not fill the memory with maps that nobody draws.
    """
    names = conv_layers(model) if layers is None else list(layers)
    outputs = [layer_call(model, name).outputs[0] for name in names]
    if not names:
        raise ValueError(f"There is no layer to look at: {model.name!r} has no convolution, or layers= is empty.")
    kept = None if channels is None else [given.channels(channels, model, name) for name in names]
    images = given.images(model, images)
    inside = keras.Model(ends(model)[0], outputs)
    maps: dict[str, np.ndarray] = {}
    for part in given.batches(len(images), images.shape):
        batch = tf.nest.flatten(inside(given.tensor(images[part]), training=False))
        for index, (name, values) in enumerate(zip(names, batch)):
            values = values if kept is None else tf.gather(values, kept[index], axis=-1)
            if name not in maps:
                # One array for all batches: joining them at the end would take twice the memory.
                maps[name] = np.empty((len(images), *values.shape[1:]), np.float32)
            maps[name][part] = values
    return maps


def logits(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """What the last layer computes before its softmax, (n, classes) float32; the output itself without a softmax."""
    return given.in_batches(logits_of(model), given.images(model, images))


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
        return Window((0, 0), given.image_size(model)[:2], (1, 1))
    return Window(row.start, row.receptive_field, row.step)


def middle(model: keras.Model, layer: str) -> tuple[slice, slice]:
    """Rows and columns of the receptive field of a map's middle position: ``images[:, rows, columns]``."""
    start, size, step = window(model, layer)
    shape = layer_call(model, layer).outputs[0].shape
    position = (shape[1] // 2, shape[2] // 2) if len(shape) == 4 else (0, 0)
    corner = [first + index * stride for first, index, stride in zip(start, position, step)]
    rows, columns = (slice(max(c, 0), min(c + s, side)) for c, s, side in zip(corner, size, given.image_size(model)))
    return rows, columns


def enlarge(maps: np.ndarray, size: tuple[int, int], window: Window) -> np.ndarray:
    """Maps (n, rows, columns) at the size of the images: each pixel gets the position of the nearest window's centre.

    ``window`` is that of the layer, or that of ``occlusion``. Nothing is interpolated: a 10 × 10 map stays one.
    """
    nearest = []
    for axis in (0, 1):
        centre = window.start[axis] + (window.size[axis] - 1) / 2
        index = np.ceil((np.arange(size[axis]) - centre) / window.step[axis] - 0.5).astype(int)
        nearest.append(np.clip(index, 0, maps.shape[1 + axis] - 1))
    return maps[:, nearest[0][:, None], nearest[1]]


class Patches(NamedTuple):
    """The patches of a set of images to which channels respond most, the strongest first."""

    patches: np.ndarray  # (channels, 9, rows, columns, 3), as large as the receptive field, in the type of the images
    responses: np.ndarray  # (channels, 9), before the activation
    images: np.ndarray  # (channels, 9), indices
    corners: np.ndarray  # (channels, 9, 2), the first row and column, negative where padding is seen


def top_patches(model: keras.Model, layer: str, channels: Sequence[int], images: np.ndarray) -> Patches:
    """The nine patches to which each channel of a layer responds most, at most one of each image.

    A patch is grey beyond the border of the image, and all of the image for a dense layer.
    """
    chosen = given.channels(channels, model, layer)
    images = given.images(model, images)
    if len(images) < COUNT:
        raise ValueError(f"The best {COUNT} patches come from as many images; {len(images)} were given.")
    respond = before_activation(model, layer_call(model, layer))
    best, positions = (np.empty((len(images), len(chosen)), kind) for kind in (np.float32, np.int64))
    for part in given.batches(len(images), images.shape):
        values = tf.gather(respond(given.tensor(images[part])), chosen, axis=-1)
        columns = values.shape[2] if len(values.shape) == 4 else 1
        values = tf.reshape(values, (len(values), -1, len(chosen)))
        best[part], positions[part] = tf.reduce_max(values, axis=1), tf.argmax(values, axis=1)
    order = np.argsort(-best, axis=0, kind="stable")[:COUNT].T
    channel = np.arange(len(chosen))[:, None]
    start, size, step = (np.array(pair) for pair in window(model, layer))
    corners = start + step * np.stack(np.divmod(positions[order, channel], columns), axis=-1)
    patches = np.full((*order.shape, *size, images.shape[-1]), given.GREY, images.dtype)
    for index in np.ndindex(order.shape):
        (top, left), (height, width) = corners[index], images.shape[1:3]
        rows = slice(max(top, 0), min(top + size[0], height))
        columns = slice(max(left, 0), min(left + size[1], width))
        cut = images[order[index]][rows, columns]
        patches[index][rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = cut
    return Patches(patches, best[order, channel], order, corners)
