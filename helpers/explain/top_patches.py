"""The patches of real images to which a channel responds most."""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from helpers.explain import given
from helpers.explain.layers import before_activation, layer_call
from helpers.explain.receptive_field import window

COUNT = 9


class Patches(NamedTuple):
    """The patches of a set of images to which channels respond most, the strongest first; ``count`` is 9.

    ``patches`` (channels, count, rows, columns, 3), as large as the receptive field, in the type of the images;
    ``responses`` (channels, count) before the activation; ``images`` (channels, count), the index of the
    image; ``corners`` (channels, count, 2), the first row and column in it, negative where padding is seen.
    """

    patches: np.ndarray
    responses: np.ndarray
    images: np.ndarray
    corners: np.ndarray


def top_patches(model: keras.Model, layer: str, channels: Sequence[int], images: np.ndarray) -> Patches:
    """The nine patches to which each channel of a layer responds most, at most one of each image.

    A patch shows the receptive field of a position, grey beyond the border of the image; for a dense layer, all of
    the image. Raises ValueError also for fewer than nine images.
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
