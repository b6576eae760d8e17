"""Gradients of a logit with respect to the image or to its maps: saliency and Grad-CAM."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from helpers.explain import given
from helpers.explain.layers import conv_layers, layer_call, logits_of


def saliency(model: keras.Model, images: np.ndarray, classes: int | Sequence[int]) -> np.ndarray:
    """The gradient of each image's class logit, (n, rows, columns, 3), per grey value.

    Signed: positive where a brighter pixel speaks for the class. Simonyan et al. 2013, arXiv:1312.6034.
    """
    images, classes = given.prepared(model, images, classes)
    score = logits_of(model)

    def compute(images: tf.Tensor, classes: np.ndarray) -> tf.Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            # That of the sum: no image has a part in another's logit.
            total = tf.reduce_sum(tf.gather(score(images), classes, batch_dims=1))
        return gradient(tape, total, images)

    return given.in_batches(compute, images, classes)


def grad_cam(model: keras.Model, images: np.ndarray, classes: int | Sequence[int]) -> np.ndarray:
    """Where the last convolution speaks for each image's class, (n, rows, columns) of its maps, 0 or more.

    Its maps are added up, each with the mean gradient of the class's logit as its weight, and negative sums become
    0: Selvaraju et al. 2017, arXiv:1610.02391.
    """
    names = conv_layers(model)
    if not names:
        raise ValueError(f"{model.name!r} has no convolutional layer: Grad-CAM needs its maps.")
    images, classes = given.prepared(model, images, classes)
    score = logits_of(model, also=layer_call(model, names[-1]).outputs[0])

    def compute(images: tf.Tensor, classes: np.ndarray) -> tf.Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)  # so that all that is computed from them is recorded
            values, channels = score(images)
            total = tf.reduce_sum(tf.gather(values, classes, batch_dims=1))
        weights = tf.reduce_mean(gradient(tape, total, channels), axis=(1, 2))
        return tf.nn.relu(tf.einsum("nrck,nk->nrc", channels, weights))

    return given.in_batches(compute, images, classes)


def gradient(tape: tf.GradientTape, total: tf.Tensor, source: tf.Tensor) -> tf.Tensor:
    """What was recorded on the tape, float32; ValueError where there is no gradient."""
    found = tape.gradient(total, source)
    if found is None:
        raise ValueError(
            "No gradient reaches the images: something on the way has none, such as an input of whole numbers "
            "(keras.Input(..., dtype='uint8')), or rounding."
        )
    return tf.cast(found, tf.float32)
