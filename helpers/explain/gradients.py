"""Gradients of a logit with respect to the image: saliency and SmoothGrad."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from helpers.explain import given
from helpers.explain.layers import logits_of

# Of SmoothGrad, in grey values: 10 % of the range. Its paper advises 10 to 20 %.
NOISE = 25.0


def saliency(model: keras.Model, images: np.ndarray, classes: int | Sequence[int]) -> np.ndarray:
    """The gradient of each image's class logit, (n, rows, columns, 3), per grey value.

    Signed: positive where a brighter pixel speaks for the class. Simonyan et al. 2013, arXiv:1312.6034.
    """
    images = given.images(model, images)
    classes = given.classes(classes, len(images), model)
    return given.in_batches(_class_gradients(model), images, classes)


def smooth_grad(model: keras.Model, images: np.ndarray, classes: int | Sequence[int], samples: int = 25) -> np.ndarray:
    """The mean of ``saliency`` over copies of each image with normal noise; Smilkov et al. 2017, arXiv:1706.03825."""
    images = given.images(model, images)
    classes = given.classes(classes, len(images), model)
    if samples < 1:
        raise ValueError(f"samples is {samples}: at least one is needed.")
    gradients = _class_gradients(model)
    generator = np.random.default_rng(0)
    mean = np.zeros(images.shape, np.float32)
    for part in given.batches(len(images) * samples, images.shape):
        which = np.arange(part.start, part.stop) // samples
        noisy = images[which] + NOISE * generator.standard_normal((len(which), *images.shape[1:]), np.float32)
        np.add.at(mean, which, gradients(given.tensor(noisy), classes[which]) / samples)
    return mean


def gradient(tape: tf.GradientTape, total: tf.Tensor, source: tf.Tensor) -> tf.Tensor:
    """What was recorded on the tape, float32; ValueError where there is no gradient."""
    found = tape.gradient(total, source)
    if found is None:
        raise ValueError(
            "No gradient reaches the images. Either the layer comes after the one that is asked for, or something on "
            "the way has none: an input of whole numbers (keras.Input(..., dtype='uint8')), or rounding."
        )
    return tf.cast(found, tf.float32)


def _class_gradients(model: keras.Model) -> Callable:
    """The gradient of each image's class logit: that of their sum, as no image has a part in another's logit."""
    score = logits_of(model)

    def compute(images: tf.Tensor, classes: np.ndarray) -> np.ndarray:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            total = tf.reduce_sum(tf.gather(score(images), classes, batch_dims=1))
        return gradient(tape, total, images).numpy()

    return compute
