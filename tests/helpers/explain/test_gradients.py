"""Saliency and SmoothGrad, against weights, finite differences and a derivative that is known."""

import keras
import numpy as np
from keras import layers
from small_models import images, linear

from helpers import explain
from helpers.explain import gradients


def test_saliency_of_a_linear_model_is_its_weights():
    model, weights = linear(classes=3)
    x, classes = images(5, side=6), [2, 0, 1, 1, 0]
    expected = np.moveaxis(weights, -1, 0)[classes]
    np.testing.assert_allclose(explain.saliency(model, x, classes), expected, rtol=1e-5)
    np.testing.assert_allclose(explain.smooth_grad(model, x, classes, samples=3), expected, rtol=1e-4)


def test_saliency_by_finite_differences(model):
    x = images(2).astype(np.float32)
    gradients = explain.saliency(model, x, [1, 2])
    generator = np.random.default_rng(0)
    direction = gradients / np.linalg.norm(gradients.reshape(2, -1), axis=1)[:, None, None, None]
    for along in (direction, generator.normal(size=x.shape).astype(np.float32) / 20):
        step = 0.5 * along
        change = (explain.logits(model, x + step) - explain.logits(model, x - step))[[0, 1], [1, 2]]
        np.testing.assert_allclose((gradients * along).sum(axis=(1, 2, 3)), change, rtol=0.05, atol=2e-3)


def test_smooth_grad_averages_over_noise(monkeypatch):
    # The logit is the square of a pixel, its derivative twice the pixel: noise must average out.
    given = keras.Input((2, 2, 3))
    squared = layers.Multiply()([given, given])
    kernel = np.zeros((12, 2), np.float32)
    kernel[0, 1] = 1.0
    model = keras.Model(given, layers.Dense(2)(layers.Flatten()(squared)))
    model.layers[-1].set_weights([kernel, np.zeros(2, np.float32)])
    x = images(2, side=2)
    got = explain.smooth_grad(model, x, 1, samples=400)
    error = np.abs(got[:, 0, 0, 0] - 2.0 * x[:, 0, 0, 0]).max()
    assert 0 < error < 5 * 2 * gradients.NOISE / 20
    assert (got.reshape(2, -1)[:, 1:] == 0).all()
    np.testing.assert_array_equal(got, explain.smooth_grad(model, x, 1, samples=400))
    monkeypatch.setattr(gradients, "NOISE", 0)
    np.testing.assert_allclose(explain.smooth_grad(model, x, 1, samples=2), explain.saliency(model, x, 1))
