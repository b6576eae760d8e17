"""Stored weights in float16: half the size, every number rounded and none lost."""

import os

import keras
import numpy as np
import pytest
import small_training

from helpers import models, records
from tools.studies.trained import halve


def fast_network():
    x = small_training.drawn(60, side=12).x_train
    model = models.fast_cnn((12, 12, 3), 4, widths=(16, 32, 32))
    models.adapt(model, x)
    return model


def normalised_network():
    model = keras.Sequential([small_training.small_cnn(), keras.layers.Dense(4000), keras.layers.BatchNormalization()])
    model.build((None, 8, 8, 3))
    generator = np.random.default_rng(2)
    model.set_weights([generator.uniform(0.1, 3, weight.shape) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("build", [fast_network, normalised_network])
def test_half_a_file_holds_the_weights_in_float16(tmp_path, build):
    model = build()
    whole, half = tmp_path / "whole.weights.h5", tmp_path / "half.weights.h5"
    records.save_weights(model, whole)
    records.save_weights(model, half)
    halve(half)
    weights = 4 * model.count_params()
    assert whole.stat().st_size - half.stat().st_size == pytest.approx(weights / 2, rel=0.02)
    assert half.stat().st_size < 0.7 * whole.stat().st_size
    assert sorted(os.listdir(tmp_path)) == ["half.weights.h5", "whole.weights.h5"]
    again = build()
    again.set_weights([0 * weight for weight in again.get_weights()])
    again.load_weights(half)
    assert {weight.dtype for weight in again.weights} == {"float32"}
    for got, wanted in zip(again.get_weights(), model.get_weights(), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, wanted.astype(np.float16).astype(np.float32))
    for got, wanted in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-3, atol=1e-6)
