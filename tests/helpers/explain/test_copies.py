"""Copies of a model: for another size with the same weights, and with random ones."""

import random

import keras
import numpy as np
from keras import layers
from small_models import images, sequential, with_random_weights

from helpers import explain


def test_a_larger_image_passes_through_the_same_weights():
    model = with_random_weights(sequential())
    x = images(2, side=20)
    larger = explain.at_size(model, (20, 20))
    maps = explain.feature_maps(larger, x)
    assert maps["second"].shape == (2, 9, 9, 5)
    # Away from the padding, a large image's maps hold those of its crops.
    crop = explain.feature_maps(model, x[:, 4:12, 4:12])
    np.testing.assert_allclose(maps["first"][:, 4:10, 4:10], crop["first"], atol=1e-5)
    np.testing.assert_allclose(maps["second"][:, 3:4, 3:4], crop["second"][:, 1:2, 1:2], atol=1e-5)
    larger.set_weights([0 * w for w in larger.get_weights()])
    assert all(np.abs(w).max() > 0 for w in model.get_weights())


def test_random_weights_are_fresh_reproducible_and_independent(model):
    before = model.get_weights()
    fresh, again, other = (explain.random_weights(model, seed) for seed in (1, 1, 2))
    assert [w.shape for w in fresh.get_weights()] == [w.shape for w in before]
    for name in ("first", "classes"):
        kernels = [m.get_layer(name).get_weights()[0] for m in (fresh, again, other, model)]
        np.testing.assert_array_equal(kernels[0], kernels[1])
        assert np.abs(kernels[0] - kernels[2]).max() > 0.01
        assert np.abs(kernels[0] - kernels[3]).max() > 0.01
    fresh.set_weights([w + 1 for w in fresh.get_weights()])
    assert all(np.array_equal(now, then) for now, then in zip(model.get_weights(), before))


def test_random_weights_differ_where_the_model_fixed_its_seeds_and_leave_global_ones_alone():
    kernel = keras.initializers.GlorotUniform(seed=7)
    model = keras.Sequential([layers.Input((4, 4, 3)), layers.Flatten(), layers.Dense(2, kernel_initializer=kernel)])
    keras.utils.set_random_seed(5)
    expected = random.random(), float(keras.random.uniform(()))
    keras.utils.set_random_seed(5)
    fresh = explain.random_weights(model)
    assert (random.random(), float(keras.random.uniform(()))) == expected
    assert np.abs(fresh.get_weights()[0] - model.get_weights()[0]).max() > 0.01
