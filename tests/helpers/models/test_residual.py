"""Residual networks: what a block computes, and that a shortcut costs nothing."""

import keras
import numpy as np
import pytest

from helpers import anatomy, graph, models
from helpers.models import residual

RANDOM = np.random.default_rng(12)


def block(side, channels, filters, **options):
    images = keras.Input((side, side, channels))
    return keras.Model(images, residual.residual_block(images, filters, **options))


def draw(model):
    """Random weights everywhere, statistics of normalizations too."""
    for layer in model.layers:
        layer.set_weights([RANDOM.uniform(0.5, 1.5, w.shape).astype("float32") for w in layer.get_weights()])
    return model


def by_hand(x, kernels, normalizations):
    """The block from its weights, with a convolution written as a sum over the offsets of a kernel."""

    def convolved(x, kernel):
        size, side = kernel.shape[0], x.shape[1]
        around = [(0, 0), (size // 2, size // 2), (size // 2, size // 2), (0, 0)]
        wide = np.pad(x, around)
        windows = ((row, column) for row in range(size) for column in range(size))
        return sum(wide[:, i : i + side, j : j + side] @ kernel[i, j] for i, j in windows)

    def normalized(x, weights):
        gamma, beta, mean, variance = weights
        return gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta

    f = np.maximum(normalized(convolved(x, kernels[0]), normalizations[0]), 0)
    f = normalized(convolved(f, kernels[1]), normalizations[1])
    if len(kernels) == 3:
        x = normalized(convolved(x, kernels[2]), normalizations[2])
    return np.maximum(x + f, 0)


@pytest.mark.parametrize(("side", "channels", "filters"), [(5, 4, 4), (6, 3, 5), (4, 5, 2)])
def test_a_block_adds_what_two_convolutions_make_of_its_input(side, channels, filters):
    model = draw(block(side, channels, filters))
    layers = [call.layer for call in graph.calls(model)]
    kernels = [layer.get_weights()[0] for layer in layers if isinstance(layer, keras.layers.Conv2D)]
    kernels.sort(key=lambda kernel: kernel.shape[0] == 1)
    order = sorted(
        (layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)),
        key=lambda layer: layer.input._keras_history.operation.kernel_size == (1, 1),
    )
    x = RANDOM.normal(size=(3, side, side, channels)).astype("float32")
    wanted = by_hand(x, kernels, [layer.get_weights() for layer in order])
    np.testing.assert_allclose(model.predict(x, verbose=0), wanted, rtol=1e-4, atol=1e-3)


def test_with_zeros_in_its_convolutions_a_block_passes_its_input_on_and_a_plain_one_nothing():
    x = RANDOM.normal(size=(2, 6, 6, 4)).astype("float32")
    for shortcut, wanted in ((True, np.maximum(x, 0)), (False, np.zeros_like(x))):
        model = block(6, 4, 4, shortcut=shortcut)
        for layer in model.layers:
            if isinstance(layer, keras.layers.Conv2D):
                layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
        np.testing.assert_allclose(model.predict(x, verbose=0), wanted, atol=1e-6)


@pytest.mark.parametrize("blocks", [1, 3, 9])
def test_a_shortcut_changes_neither_parameters_nor_macs(blocks):
    with_it, without = (models.BUILDERS["deep_cnn"](blocks=blocks, shortcut=shortcut) for shortcut in (True, False))
    assert with_it.count_params() == without.count_params()
    assert sum(row.macs for row in anatomy.layers(with_it)) == sum(row.macs for row in anatomy.layers(without))
    weighted = [layer for layer in with_it.layers if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense))]
    assert len(weighted) == 2 * blocks + 2


def test_residual_cnn_has_fewer_parameters_than_improved_cnn():
    # A stem, then f and, where channels change, a shortcut for each block; four numbers for each normalised map.
    wanted = 27 * 32 + 4 * 32
    for channels, filters in ((32, 48), (48, 96), (96, 64)):
        wanted += 9 * channels * filters + 9 * filters * filters + channels * filters + 3 * 4 * filters
    wanted += (64 + 1) * 10
    assert models.build("residual_cnn").count_params() == wanted <= models.build("improved_cnn").count_params()


def test_small_images_go_through_the_same_weights(monkeypatch):
    """The network for the first epochs is the recipe's network with another input."""
    from helpers.recipe import Recipe
    from helpers.training import loop

    options = {"stem": 4, "stages": [[6], [8]]}
    recipe = Recipe("residual_cnn", "Adam", 0.1, 8, 2, options, small_epochs=1, small_side=12)
    model = draw(models.from_recipe(recipe, (16, 16, 3)))
    model.compile(optimizer="sgd", loss="mse")
    small = loop.resized(model, recipe.small_side)
    again = models.from_recipe(recipe, (12, 12, 3))
    again.set_weights(model.get_weights())
    x = RANDOM.uniform(0, 255, (3, 12, 12, 3)).astype("float32")
    np.testing.assert_allclose(small.predict(x, verbose=0), again.predict(x, verbose=0), rtol=1e-5, atol=1e-5)
    assert small.optimizer is model.optimizer
    assert [id(w) for w in small.trainable_weights] == [id(w) for w in model.trainable_weights]


def test_a_policy_rounds_all_but_the_ends():
    model = models.BUILDERS["residual_cnn"](policy="mixed_bfloat16")
    rounded = {layer.name for layer in model.layers if layer.compute_dtype == "bfloat16"}
    assert {type(model.get_layer(name)).__name__ for name in rounded} >= {
        "QuickConv2D",
        "FusedBatchNormalization",
        "Add",
    }
    assert model.layers[-1].compute_dtype == "float32"
    assert {weight.dtype for weight in model.weights} == {"float32"}
