"""Saliency and Grad-CAM, against weights and finite differences."""

import keras
import numpy as np
from keras import layers
from small_models import images, linear, with_random_weights

from helpers import explain


def test_saliency_of_a_linear_model_is_its_weights():
    model, weights = linear(classes=3)
    x, classes = images(5, side=6), [2, 0, 1, 1, 0]
    expected = np.moveaxis(weights, -1, 0)[classes]
    np.testing.assert_allclose(explain.saliency(model, x, classes), expected, rtol=1e-5)


def test_saliency_by_finite_differences(model):
    x = images(2).astype(np.float32)
    gradients = explain.saliency(model, x, [1, 2])
    generator = np.random.default_rng(0)
    direction = gradients / np.linalg.norm(gradients.reshape(2, -1), axis=1)[:, None, None, None]
    for along in (direction, generator.normal(size=x.shape).astype(np.float32) / 20):
        step = 0.5 * along
        change = (explain.logits(model, x + step) - explain.logits(model, x - step))[[0, 1], [1, 2]]
        np.testing.assert_allclose((gradients * along).sum(axis=(1, 2, 3)), change, rtol=0.05, atol=2e-3)


def test_grad_cam_by_hand():
    # Maps are products of colours, logits weighted means of maps: the mean gradient of map k is its weight / positions.
    model = keras.Sequential(
        [
            layers.Input((4, 5, 3)),
            layers.Conv2D(2, 1, activation="relu", name="maps"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    with_random_weights(model, seed=3)
    (kernel, bias), (weights, _) = (model.layers[index].get_weights() for index in (0, 2))
    x, classes = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 3), np.uint8), np.array([0, 1, 2, 2, 1, 0])
    maps = np.maximum(x @ kernel[0, 0] + bias, 0)
    expected = np.maximum(np.einsum("nrck,kn->nrc", maps, weights[:, classes]) / 20, 0)
    got = explain.grad_cam(model, x, classes)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
    assert (expected > 0).any()


def test_grad_cam_of_every_kind_of_model(model):
    name = explain.conv_layers(model)[-1]
    cams = explain.grad_cam(model, images(), 1)
    assert cams.shape == explain.feature_maps(model, images())[name].shape[:3]
    assert cams.min() >= 0
    assert cams.dtype == np.float32
