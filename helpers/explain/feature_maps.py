"""What a model computes on the way to its prediction: the maps of its layers, and the logits."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import layers as kinds

from helpers.explain import given
from helpers.explain.layers import ends, layer_call, layer_calls, logits_of

CONVOLUTIONS = (kinds.Conv2D, kinds.DepthwiseConv2D, kinds.SeparableConv2D)


def conv_layers(model: keras.Model) -> list[str]:
    """The names of the convolutional layers, in the order in which an image passes them."""
    return [name for name, call in layer_calls(model).items() if isinstance(call.layer, CONVOLUTIONS)]


def feature_maps(
    model: keras.Model,
    images: np.ndarray,
    layers: Sequence[str] | None = None,
    channels: Sequence[int] | None = None,
    batch_size: int | None = None,
) -> dict[str, np.ndarray]:
    """The outputs of the named layers, activation included: name -> (n, rows, columns, channels) float32.

    All layers in one pass; all convolutional ones when ``layers`` is left out. ``channels`` keeps these of each
    layer only, so that a large photo does not fill the memory with maps that nobody draws.
    """
    names = conv_layers(model) if layers is None else list(layers)
    outputs = [layer_call(model, name).outputs[0] for name in names]
    if not names:
        raise ValueError(f"There is no layer to look at: {model.name!r} has no convolution, or layers= is empty.")
    kept = None if channels is None else [given.channels(channels, model, name) for name in names]
    images = given.images(model, images)
    inside = keras.Model(ends(model)[0], outputs)
    maps: dict[str, np.ndarray] = {}
    for part in given.batches(len(images), images.shape, batch_size):
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
    images = given.images(model, images)
    return given.in_batches(logits_of(model), images)
