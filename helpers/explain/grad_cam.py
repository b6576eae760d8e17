"""Grad-CAM: where the last convolution speaks for a class."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from helpers.explain import layers as given
from helpers.explain.layers import conv_layers, gradient, layer_call, logits_of


def grad_cam(model: keras.Model, images: np.ndarray, classes: int | Sequence[int]) -> np.ndarray:
    """Where the last convolution speaks for each image's class, (n, rows, columns) of its maps, 0 or more.

    Its maps are added up, each with the mean gradient of the class's logit as its weight, and negative sums become
    0: Selvaraju et al. 2017, arXiv:1610.02391.
    """
    if not conv_layers(model):
        raise ValueError(f"{model.name!r} has no convolutional layer: Grad-CAM needs its maps.")
    images, classes = given.prepared(model, images, classes)
    return given.in_batches(_weighted_maps(model), images, classes)


@given.compiled
def _weighted_maps(model: keras.Model) -> Callable:
    last = layer_call(model, conv_layers(model)[-1])
    logits = logits_of(model, also=last.outputs[0])

    def compute(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)  # so that all that is computed from them is recorded
            values, channels = logits(images)
            total = tf.reduce_sum(tf.gather(values, classes, batch_dims=1))
        weights = tf.reduce_mean(gradient(tape, total, channels), axis=(1, 2))
        return tf.nn.relu(tf.einsum("nrck,nk->nrc", channels, weights))

    return compute
