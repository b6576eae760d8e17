"""Attacks: the small change of an image that raises a network's loss most, as far as a gradient can find it.

Images are (n, rows, columns, channels) with values from 0 to 255 and the bound is in grey values. The accuracy on
attacked images is an upper bound on that under the worst change within the bound: another attack may find more.
"""

import keras
import numpy as np
import tensorflow as tf

from helpers.explain.layers import logits_of

BATCH = 250


def loss_gradient(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The derivative of each image's cross-entropy with respect to its pixels: float32, the shape of the images.

    Of the logits, for models that end in a softmax, too, and in float64: a probability rounded to 1 has no gradient.
    """
    logits, found = logits_of(model), []
    for first in range(0, len(images), BATCH):
        x = tf.convert_to_tensor(images[first : first + BATCH], tf.float32)
        y = tf.convert_to_tensor(labels[first : first + BATCH])
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(y, tf.cast(logits(x), tf.float64))
        found.append(tape.gradient(loss, x).numpy())
    return np.concatenate(found)


def within(changed: np.ndarray, images: np.ndarray, bound: float) -> np.ndarray:
    """The images nearest to ``changed`` that lie within the bound around ``images``, and between 0 and 255: float32."""
    images = images.astype(np.float32)
    return np.clip(changed, np.maximum(images - bound, 0), np.minimum(images + bound, 255)).astype(np.float32)


def fgsm(model: keras.Model, images: np.ndarray, labels: np.ndarray, bound: float) -> np.ndarray:
    """One step by the sign of the gradient; Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572. Float32."""
    _check(bound)
    return within(images + bound * np.sign(loss_gradient(model, images, labels)), images, bound)


def pgd(
    model: keras.Model, images: np.ndarray, labels: np.ndarray, bound: float, steps: int = 10, seed: int = 0
) -> np.ndarray:
    """Several small steps by the sign of the gradient, from a random start within the bound; float32.

    A step has 2.5 * bound / steps grey values, and is taken back into the bound; Madry et al. 2018, arXiv:1706.06083.
    """
    _check(bound)
    start = np.random.default_rng(seed).uniform(-bound, bound, images.shape)
    attacked = within(images + start, images, bound)
    for _ in range(steps):
        step = 2.5 * bound / steps * np.sign(loss_gradient(model, attacked, labels))
        attacked = within(attacked + step, images, bound)
    return attacked


def _check(bound: float) -> None:
    if not bound > 0:
        raise ValueError(f"bound is {bound}: a number of grey values above 0 is needed.")
