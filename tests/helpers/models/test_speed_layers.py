"""Layers that exist for speed, each against Keras' own."""

import math
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from helpers import models

GENERATOR = np.random.default_rng(7)
SPEED_LAYERS = sys.modules["helpers.models.speed_layers"]


@pytest.mark.parametrize("kernel", [(3, 3), (2, 2), (1, 4), (5, 3)])
@pytest.mark.parametrize("maps", [(1, 7, 6, 4), (5, 4, 4, 3)])
def test_the_gradients_of_a_quick_convolution_are_those_of_the_usual_one(kernel, maps):
    x = tf.constant(GENERATOR.normal(size=maps), tf.float32)
    weights = tf.constant(GENERATOR.normal(size=(*kernel, maps[-1], 6)), tf.float32)
    upstream = tf.constant(GENERATOR.normal(size=(*maps[:-1], 6)), tf.float32)
    results = []
    for convolution in (SPEED_LAYERS._same_convolution, lambda x, kernel: tf.nn.conv2d(x, kernel, 1, "SAME")):
        with tf.GradientTape() as tape:
            tape.watch([x, weights])
            output = convolution(x, weights)
            loss = tf.reduce_sum(output * upstream)
        results.append([output, *tape.gradient(loss, [x, weights])])
    for ours, usual in zip(*results, strict=True):
        np.testing.assert_allclose(ours, usual, atol=1e-4)


@pytest.mark.parametrize("setting", [{"strides": 2}, {"dilation_rate": 2}, {"groups": 3}])
def test_a_quick_convolution_does_what_it_is_set_to(setting):
    maps = GENERATOR.normal(size=(2, 7, 7, 3)).astype("float32")
    usual = layers.Conv2D(6, 3, padding="same", **setting)
    quick = models.QuickConv2D(6, 3, padding="same", dtype="mixed_bfloat16", **setting)
    expected, _ = usual(maps), quick(maps)
    quick.set_weights(usual.get_weights())
    np.testing.assert_allclose(keras.ops.cast(quick(maps), "float32"), expected, atol=0.05)


@pytest.mark.parametrize(
    ("side", "padding", "policy", "quick"),
    [
        (7, "same", "mixed_bfloat16", True),
        (15, "same", "mixed_bfloat16", False),
        (7, "valid", "mixed_bfloat16", False),
        (7, "same", "float32", False),
    ],
)
def test_only_small_maps_in_bfloat16_take_the_quick_way(side, padding, policy, quick, monkeypatch):
    taken, ours = [], SPEED_LAYERS._same_convolution
    monkeypatch.setattr(SPEED_LAYERS, "_same_convolution", lambda *given: taken.append(1) or ours(*given))
    layer = models.QuickConv2D(4, 3, padding=padding, dtype=policy)
    usual = layers.Conv2D(4, 3, padding=padding)
    maps = GENERATOR.normal(size=(2, side, side, 3)).astype("float32")
    usual(maps)
    output = layer(maps)
    assert bool(taken) is quick
    layer.set_weights(usual.get_weights())
    np.testing.assert_allclose(keras.ops.cast(layer(maps), "float32"), usual(maps), atol=0.05)
    assert output.dtype.name == layer.compute_dtype


@pytest.mark.parametrize(("dtype", "rounding"), [("float32", 1e-6), ("bfloat16", 1 / 128)])
def test_silu_and_its_derivative_follow_the_formula(dtype, rounding):
    numbers = tf.cast(np.r_[5 * GENERATOR.normal(size=400), 0, 60, -60], dtype)
    with tf.GradientTape() as tape:
        tape.watch(numbers)
        outputs = models.silu(numbers)
    exact = numbers.numpy().astype(float)
    share = 1 / (1 + np.exp(-exact))
    derivative = share * (1 + exact * (1 - share))
    np.testing.assert_allclose(outputs.numpy().astype(float), exact * share, rounding, rounding / 10)
    np.testing.assert_allclose(
        tape.gradient(outputs, numbers).numpy().astype(float), derivative, rounding, rounding / 10
    )


@pytest.mark.parametrize("shape", [(1, 1, 1, 3), (2, 5, 3, 4), (7, 4, 6, 1), (16, 2, 2, 9)])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("compiled", [False, True])
def test_fused_normalisation_equals_that_of_keras(shape, scale, compiled):
    settings = {"momentum": 0.6, "epsilon": 0.01, "scale": scale}
    ours, keras_own = models.FusedBatchNormalization(**settings), layers.BatchNormalization(**settings)
    for layer in (ours, keras_own):
        layer.build((None, *shape[1:]))
    weights = [GENERATOR.uniform(0.5, 2, weight.shape) for weight in keras_own.get_weights()]
    upstream = tf.constant(GENERATOR.normal(size=shape), tf.float32)
    x = tf.constant(GENERATOR.normal(3, 2, shape), tf.float32)

    def results(layer, training):
        def compute(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs = layer(x, training=training)
                total = tf.reduce_sum(outputs * upstream)
            return outputs, tape.gradient(total, [x, *(weight.value for weight in layer.trainable_weights)])

        layer.set_weights(weights)
        outputs, gradients = (tf.function(compute) if compiled else compute)(x)
        return [outputs, *gradients, *layer.get_weights()]

    for learning in (True, False):
        for got, wanted in zip(results(ours, learning), results(keras_own, learning), strict=True):
            np.testing.assert_allclose(got, wanted, atol=1e-4, rtol=1e-4)


def test_a_gain_changes_how_fast_the_bias_is_learnt_and_nothing_else():
    x = tf.constant(GENERATOR.normal(size=(4, 3, 3, 2)), tf.float32)
    bias, moved = tf.constant([0.5, -2.0]), []
    for gain in (1.0, 3.0):
        layer = models.FusedBatchNormalization(gain)
        layer.build(x.shape)
        layer.beta.assign(bias / gain)
        with tf.GradientTape() as tape:
            outputs = layer(x, training=True)
            loss = tf.reduce_sum(outputs * [1.0, 5.0])
        np.testing.assert_allclose(tf.reduce_mean(outputs, axis=(0, 1, 2)), bias, atol=1e-5)
        keras.optimizers.SGD(0.01).apply(tape.gradient(loss, [layer.beta.value]), [layer.beta])
        moved.append(gain * layer.beta.numpy() - bias)
    np.testing.assert_allclose(moved[1], 9 * moved[0], rtol=1e-4)
    np.testing.assert_allclose(moved[0], [-0.01 * 36, -0.05 * 36], rtol=1e-4)


def test_a_frozen_normalisation_uses_and_keeps_its_moving_statistics():
    layer = models.FusedBatchNormalization(trainable=False, epsilon=1e-4)
    x = tf.constant(GENERATOR.normal(9, 1, (4, 3, 3, 2)), tf.float32)
    np.testing.assert_allclose(layer(x, training=True), x / math.sqrt(1 + 1e-4), rtol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean, [0, 0])
