"""The best patches: where the gradient reaches, and what is cut out there."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from small_models import before_activation, images, linear, with_random_weights

from helpers import explain
from helpers.explain import given


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("seed", range(2))
def test_top_patches_are_the_windows_that_the_gradient_reaches(padding, seed, monkeypatch):
    stack = keras.Sequential(
        [
            layers.Input((15, 17, 3)),
            layers.Conv2D(3, 3, strides=2 if padding == "same" else 1, padding=padding, activation="softplus"),
            layers.AveragePooling2D(2, 1),
            layers.Conv2D(4, (3, 2), padding=padding, activation="relu", name="last"),
        ]
    )
    with_random_weights(stack, seed)
    x = np.random.default_rng(seed).integers(0, 256, (12, 15, 17, 3), np.uint8)
    channels = [2, 0]
    monkeypatch.setattr(given, "PIXELS_AT_ONCE", 5 * 15 * 17)
    top = explain.top_patches(stack, "last", channels, x)
    respond = before_activation(stack, "last")
    watched = tf.Variable(x.astype("float32"))
    with tf.GradientTape(persistent=True) as tape:
        values = respond(watched)
        numbers = [[None] * 9 for _ in channels]
        for row, channel in enumerate(channels):
            best = tf.reduce_max(values[..., channel], axis=(1, 2))
            strongest = np.argsort(-best.numpy())[:9]
            np.testing.assert_array_equal(top.images[row], strongest)
            np.testing.assert_allclose(top.responses[row], best.numpy()[strongest], rtol=1e-5)
            for rank, image in enumerate(strongest):
                numbers[row][rank] = best[image]
    size = explain.window(stack, "last").size
    assert top.patches.shape == (2, 9, *size, 3)
    assert top.patches.dtype == np.uint8
    for row, rank in np.ndindex(2, 9):
        touched = np.abs(tape.gradient(numbers[row][rank], watched)[top.images[row, rank]]).sum(axis=-1) > 0
        sides = [np.flatnonzero(touched.any(axis=axis)) for axis in (1, 0)]
        for axis, side in enumerate(sides):
            corner = top.corners[row, rank, axis]
            assert side[0] == max(corner, 0)
            assert side[-1] == min(corner + size[axis], x.shape[1 + axis]) - 1
        # The patch holds those pixels, and grey where the window hangs over the border.
        padded = np.full((60, 60, 3), given.GREY, np.uint8)
        padded[20:35, 20:37] = x[top.images[row, rank]]
        first = top.corners[row, rank] + 20
        cut = padded[first[0] : first[0] + size[0], first[1] : first[1] + size[1]]
        np.testing.assert_array_equal(top.patches[row, rank], cut)


def test_top_patches_of_a_dense_layer_are_whole_images():
    model, weights = linear(classes=3)
    x = images(12, side=6)
    top = explain.top_patches(model, model.layers[-1].name, [1], x)
    scores = np.einsum("nrcd,rcdk->nk", x.astype(float), weights)[:, 1] + 1
    order = np.argsort(-scores)[:9]
    np.testing.assert_array_equal(top.images[0], order)
    np.testing.assert_array_equal(top.patches[0], x[order])
    np.testing.assert_allclose(top.responses[0], scores[order], rtol=1e-4)
