"""The network of the fast recipes: its layers, its weights, and what it reads off the training images."""

import math
import sys

import keras
import numpy as np
import pytest
import small_training

from helpers import models

FAST_CNN = sys.modules["helpers.models.fast_cnn"]


def images(n=30, side=10):
    return small_training.drawn(n, side=side).x_train


def network(x, **options):
    """A small network for images and four classes that has looked at them."""
    options = {"widths": (2, 3, 4), "activation": "relu"} | options
    model = models.fast_cnn(x.shape[1:], **{"classes": 4} | options)
    models.adapt(model, x)
    return model


@pytest.mark.parametrize("activation", ["gelu", "silu"])
def test_the_network_has_the_layers_and_the_weights_of_its_description(activation, tmp_path):
    x = images(side=17)
    options = {"widths": (4, 6, 5), "activation": activation, "classes": 7}
    model = network(x, **options)
    kernels = 9 * (24 * 4 + 4 * 4 + 4 * 6 + 6 * 6 + 6 * 5 + 5 * 5) + 5 * 7
    assert sum(weight.numpy().size for weight in model.trainable_weights) == kernels + 2 * (4 + 6 + 5)
    assert model.count_params() == kernels + 3 * 2 * (4 + 6 + 5) + 6 + 12 * 24
    assert models.outputs_logits(model)
    assert [layer.output.shape[1:] for layer in model.layers][-3:] == [(5,), (7,), (7,)]
    inside = keras.Model(model.inputs, [model.layers[0].output, model.layers[1].output, model.layers[-2].output])
    normalised, whitened, last = inside.predict(x, verbose=0)
    np.testing.assert_allclose(normalised.mean(axis=(0, 1, 2)), 0, atol=1e-3)
    np.testing.assert_allclose(normalised.var(axis=(0, 1, 2)), 1, atol=1e-3)
    np.testing.assert_allclose(np.cov(whitened[..., :12].reshape(-1, 12).T), np.eye(12), atol=0.02)
    logits = model.predict(x, verbose=0)
    np.testing.assert_allclose(logits, last / 9, rtol=1e-5)
    # All that was read off the images is stored with the weights, and in the file of the whole model.
    model.save_weights(tmp_path / "fast.weights.h5")
    model.save(tmp_path / "fast.keras")
    bare = models.fast_cnn((17, 17, 3), **options)
    bare.load_weights(tmp_path / "fast.weights.h5")
    np.testing.assert_array_equal(bare.predict(x, verbose=0), logits)
    loaded, clone = keras.models.load_model(tmp_path / "fast.keras"), keras.models.clone_model(model)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), logits)
    clone.set_weights(model.get_weights())
    for again in (bare, loaded, clone):
        np.testing.assert_array_equal(again.predict(x, verbose=0), logits)
        gains = [layer.bias_gain for layer in again.layers if isinstance(layer, models.FusedBatchNormalization)]
        assert gains == [8.0] * 6
        assert [weight.name for weight in again.trainable_weights] == [w.name for w in model.trainable_weights]


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_each_option_changes_one_part():
    x = images()
    plain = network(x)
    assert kinds(plain)[1:3] == ["FrozenConv2D", "Activation"]
    assert np.array_equal(plain.layers[3].kernel[1, 1], np.eye(24, 2))
    without = network(x, whitening=False)
    assert kinds(without)[1:3] == ["QuickConv2D", "FusedBatchNormalization"]
    assert kinds(without)[3:] == kinds(plain)[2:]
    assert without.layers[1].kernel.shape == plain.layers[1].kernel.shape
    assert without.layers[1].trainable_weights
    biased = network(x, whitening_bias=True)
    assert [weight.name for weight in biased.layers[1].trainable_weights] == ["bias"]
    np.testing.assert_array_equal(biased.layers[1].kernel, plain.layers[1].kernel)
    drawn_filters = network(x, identity=False)
    kernel = drawn_filters.layers[3].kernel.numpy()
    assert np.abs(kernel).min() > 0
    assert np.abs(kernel).max() <= 1 / math.sqrt(9 * 24)
    early = network(x, early_pooling=True)
    assert kinds(early)[3:5] == ["MaxPooling2D", "QuickConv2D"]
    assert kinds(plain)[3:5] == ["QuickConv2D", "MaxPooling2D"]
    assert kinds(early)[5:] == kinds(plain)[5:], "only the first block pools earlier"
    assert early.count_params() == plain.count_params()
    slow = network(x, bias_gain=1.0)
    assert {layer.bias_gain for layer in slow.layers if isinstance(layer, models.FusedBatchNormalization)} == {1.0}


def test_only_the_first_layer_and_the_last_two_stay_in_float32():
    model = network(images(), policy="mixed_bfloat16")
    computed = [layer.compute_dtype for layer in model.layers]
    whitening = kinds(model).index("FrozenConv2D")
    exact = {0, whitening, len(computed) - 2, len(computed) - 1}
    assert {index for index, dtype in enumerate(computed) if dtype == "float32"} == exact
    assert {weight.dtype for weight in model.weights} == {"float32"}


def test_the_first_images_are_enough(monkeypatch):
    monkeypatch.setattr(FAST_CNN, "LOOKED_AT", 20)
    x = images(30)
    whole, first = network(x), network(x[:20])
    for layer, same in zip(whole.layers[:2], first.layers[:2]):
        for got, wanted in zip(layer.get_weights(), same.get_weights(), strict=True):
            np.testing.assert_array_equal(got, wanted)
    mean, variance = whole.layers[0].get_weights()
    np.testing.assert_allclose(mean, x[:20].mean(axis=(0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(variance, x[:20].var(axis=(0, 1, 2)), rtol=1e-4)
