"""Saliency, Grad-CAM and occlusion, against weights and finite differences."""

import itertools

import keras
import numpy as np
import pytest
from keras import layers
from small_models import images, linear, softmax, with_random_weights

from helpers import explain
from helpers.explain import layers as given


def test_saliency_of_a_linear_model_is_its_weights():
    model, weights = linear(classes=3)
    x, classes = images(5, side=6), [2, 0, 1, 1, 0]
    expected = np.moveaxis(weights, -1, 0)[classes]
    np.testing.assert_allclose(explain.saliency(model, x, classes), expected, rtol=1e-5)


@pytest.mark.parametrize("fill", [np.nan, np.inf, [1, 2], [1, 2, np.nan], [[1, 2, 3]]])
def test_a_fill_that_covers_with_no_colour_is_named(fill):
    model, _ = linear(classes=3)
    with pytest.raises(ValueError, match=r"fill is .*: give one number, or one for each of 3 colours"):
        explain.occlusion(model, images(1, side=6), [0], fill)


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


@pytest.mark.parametrize(("patch", "stride", "fill"), [(2, 1, 128), (3, 2, [10, 200.5, 0]), (6, 1, 0)])
def test_occlusion_of_a_linear_model_by_hand(patch, stride, fill, monkeypatch):
    monkeypatch.setattr(given, "PIXELS_AT_ONCE", 7 * 6 * 6)
    model, weights = linear(classes=3)
    x, classes = images(4, side=6), np.array([2, 0, 1, 1])
    positions = range(0, 6 - patch + 1, stride)
    whole = np.einsum("nrcd,rcdk->nk", x.astype(float), weights) + np.arange(3)
    logit, probability = np.empty((2, 4, len(positions), len(positions)))
    for n, (i, top), (j, left) in itertools.product(range(4), enumerate(positions), enumerate(positions)):
        covered = x[n].astype(float)
        covered[top : top + patch, left : left + patch] = fill
        scores = np.einsum("rcd,rcdk->k", covered, weights) + np.arange(3)
        logit[n, i, j] = (whole[n] - scores)[classes[n]]
        probability[n, i, j] = (softmax(whole[n]) - softmax(scores))[classes[n]]
    got = explain.occlusion(model, x, classes, fill, patch, stride, output="logit")
    np.testing.assert_allclose(got, logit, atol=1e-4)
    assert (logit < 0).any()
    assert (logit > 0).any()
    np.testing.assert_allclose(explain.occlusion(model, x, classes, fill, patch, stride), probability, atol=1e-5)
