"""Grad-CAM of a model whose gradients are its weights, and of every kind of model."""

import keras
import numpy as np
from keras import layers
from small_models import images, with_random_weights

from helpers import explain


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
