"""Whitening, frozen convolutions and identity initialisation, each against a second way to compute it."""

import math
import sys

import keras
import numpy as np
import pytest
from keras import layers

from helpers import models

GENERATOR = np.random.default_rng(7)


def drawn(*shape):
    """Noise that neighbours share: pixels of a photo are not independent of one another either."""
    noise = GENERATOR.normal(size=shape)
    return noise + np.roll(noise, 1, axis=1) + 0.5 * np.roll(noise, 1, axis=2) + noise.mean(axis=-1, keepdims=True)


@pytest.fixture
def epsilon(monkeypatch):
    def change(value):
        monkeypatch.setattr(sys.modules["helpers.models.whitening"], "EPSILON", value)

    return change


@pytest.mark.parametrize(("size", "channels", "rows"), [(1, 3, 6), (2, 3, 7), (2, 1, 9), (3, 2, 8)])
def test_whitened_patches_have_variance_1_and_are_uncorrelated(size, channels, rows, epsilon):
    epsilon(1e-9)
    images = drawn(60, rows, rows + 2, channels)
    kernel = models.whitening_kernel(images, size)
    numbers = size * size * channels
    assert kernel.shape == (size, size, channels, 2 * numbers)
    # One output at a time, position by position: no reshaping that could hide a wrong order of the patch's numbers.
    outputs = np.stack(
        [
            sum(
                kernel[i, j, c, k] * images[:, i : rows - size + 1 + i, j : rows + 3 - size + j, c]
                for i, j, c in np.ndindex(size, size, channels)
            ).ravel()
            for k in range(2 * numbers)
        ]
    )
    np.testing.assert_allclose(np.cov(outputs[:numbers]), np.eye(numbers), atol=2e-3)
    np.testing.assert_array_equal(kernel[..., numbers:], -kernel[..., :numbers])
    norms = np.linalg.norm(kernel.reshape(numbers, -1)[:, :numbers], axis=0)
    assert (np.diff(norms) >= 0).all(), "the direction in which patches differ most comes first"


@pytest.mark.parametrize("added", [1e-2, None])
def test_epsilon_holds_back_directions_in_which_patches_hardly_differ(added, epsilon):
    if added:
        epsilon(added)
    images = GENERATOR.normal(size=(50, 6, 6, 3)) * [1, 0.05, 0]
    kernel = models.whitening_kernel(images, 1)
    outputs = (images @ kernel[0, 0, :, :3]).reshape(-1, 3)
    centred = (images - images.mean(axis=(0, 1, 2))).reshape(-1, 3)
    variances = np.linalg.svd(centred, compute_uv=False) ** 2 / len(centred)
    expected = variances / (variances + (added or 5e-4))
    np.testing.assert_allclose(outputs.var(axis=0), expected, rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize(
    ("images", "size", "sentence"),
    [
        (np.zeros((4, 5, 5)), 2, r"shape \(n, rows, columns, channels\).*\(4, 5, 5\)"),
        (np.zeros((0, 5, 5, 3)), 2, r"these have \(0, 5, 5, 3\)"),
    ],
)
def test_images_that_cannot_be_whitened_are_named(images, size, sentence):
    with pytest.raises(ValueError, match=sentence):
        models.whitening_kernel(images, size)


def test_a_frozen_kernel_stays_frozen_when_the_model_is_thawed():
    model = keras.Sequential([layers.Input((9, 9, 3)), models.FrozenConv2D(4, 2, name="whitening"), layers.Flatten()])
    model.trainable = False
    model.trainable = True
    assert [weight.name for weight in model.trainable_weights] == ["bias"]
    assert [weight.name for weight in model.non_trainable_weights] == ["kernel"]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(("channels", "filters"), [(3, 3), (2, 5), (5, 2)])
def test_the_first_filters_copy_their_input(size, channels, filters):
    x = GENERATOR.normal(size=(2, 6, 7, channels)).astype(np.float32)
    layer = layers.Conv2D(filters, size, padding="same", use_bias=False, kernel_initializer=models.Dirac(seed=3))
    copied = min(channels, filters)
    np.testing.assert_array_equal(layer(x)[..., :copied], x[..., :copied])
    others = layer.kernel.numpy()[..., copied:]
    assert np.abs(others).max(initial=0) <= 1 / math.sqrt(size * size * channels)
    assert len(np.unique(others)) == others.size


def test_identity_initialisation_follows_its_seed():
    kernels = [models.Dirac(seed)((3, 3, 2, 4)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])
    again = keras.initializers.deserialize(keras.initializers.serialize(models.Dirac(1)))
    np.testing.assert_array_equal(again((3, 3, 2, 4)), kernels[0])
