"""Feature maps and logits against truncated models, windows and best patches against what the gradient reaches."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from small_models import before_activation, functional, images, linear, sequential, softmax, with_random_weights

from helpers import explain, models
from helpers.explain import layers as given


def test_feature_maps_are_those_of_truncated_models(model, monkeypatch):
    x = images(5)
    monkeypatch.setattr(given, "PIXELS_AT_ONCE", 2 * 8 * 8)
    maps = explain.feature_maps(model, x)
    assert list(maps) == explain.conv_layers(model)
    for name, values in maps.items():
        if isinstance(model, keras.Sequential):
            names = [layer.name for layer in model.layers]
            truncated = keras.Sequential([layers.Input((8, 8, 3)), *model.layers[: names.index(name) + 1]])
        else:
            truncated = keras.Model(model.inputs[0], model.get_layer(name).output)
        np.testing.assert_allclose(values, truncated.predict(x, verbose=0), atol=1e-5)


def test_feature_maps_of_named_layers_and_channels():
    model, x = with_random_weights(sequential()), images()
    whole = explain.feature_maps(model, x, ["hidden", "first"])
    some = explain.feature_maps(model, x, ["hidden", "first"], channels=[3, 0])
    assert list(some) == ["hidden", "first"]
    assert whole["hidden"].shape == (3, 6)
    for name in whole:
        np.testing.assert_array_equal(some[name], whole[name][..., [3, 0]])


def test_logits_are_what_the_softmax_takes(model):
    x = images()
    values = explain.logits(model, x)
    expected = model(x.astype("float32"), training=False).numpy()
    np.testing.assert_allclose(values if models.outputs_logits(model) else softmax(values), expected, atol=1e-5)
    assert values.std() > 0.01


def test_logits_of_a_model_inside_a_model():
    inner = with_random_weights(sequential())
    outer = keras.Sequential([layers.Input((8, 8, 3)), layers.RandomFlip(), inner])
    np.testing.assert_allclose(explain.logits(outer, images()), explain.logits(inner, images()), atol=1e-6)


def test_logits_of_a_softmax_that_is_an_operation():
    inner = with_random_weights(sequential())
    inner.layers[-1].activation = keras.activations.linear
    outer = keras.Model(inner.inputs, keras.ops.softmax(inner.outputs[0]))
    np.testing.assert_allclose(explain.logits(outer, images()), explain.logits(inner, images()), atol=1e-6)


def test_a_shared_layer_is_looked_at_where_it_is_used_last():
    image = keras.Input((8, 8, 3))
    shared = layers.Conv2D(3, 3, padding="same", activation="relu", name="shared")
    model = keras.Model(image, layers.Dense(2)(layers.Flatten()(shared(shared(image)))))
    with_random_weights(model)
    x = images().astype("float32")
    np.testing.assert_allclose(explain.feature_maps(model, x)["shared"], shared(shared(x)), rtol=1e-5)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("seed", range(2))
def test_top_patches_are_the_windows_that_the_gradient_reaches(padding, seed, monkeypatch):
    stack = keras.Sequential(
        [
            layers.Input((15, 17, 3)),
            layers.Conv2D(3, 3, strides=2 if padding == "same" else 1, padding=padding, activation="softplus"),
            layers.AveragePooling2D(2, 1),
            layers.Conv2D(4, (3, 2), padding=padding, activation="relu", name="last"),
        ]
    )
    with_random_weights(stack, seed)
    x = np.random.default_rng(seed).integers(0, 256, (12, 15, 17, 3), np.uint8)
    channels = [2, 0]
    monkeypatch.setattr(given, "PIXELS_AT_ONCE", 5 * 15 * 17)
    top = explain.top_patches(stack, "last", channels, x)
    respond = before_activation(stack, "last")
    watched = tf.Variable(x.astype("float32"))
    with tf.GradientTape(persistent=True) as tape:
        values = respond(watched)
        numbers = [[None] * 9 for _ in channels]
        for row, channel in enumerate(channels):
            best = tf.reduce_max(values[..., channel], axis=(1, 2))
            strongest = np.argsort(-best.numpy())[:9]
            np.testing.assert_array_equal(top.images[row], strongest)
            np.testing.assert_allclose(top.responses[row], best.numpy()[strongest], rtol=1e-5)
            for rank, image in enumerate(strongest):
                numbers[row][rank] = best[image]
    size = explain.window(stack, "last").size
    assert top.patches.shape == (2, 9, *size, 3)
    assert top.patches.dtype == np.uint8
    for row, rank in np.ndindex(2, 9):
        touched = np.abs(tape.gradient(numbers[row][rank], watched)[top.images[row, rank]]).sum(axis=-1) > 0
        sides = [np.flatnonzero(touched.any(axis=axis)) for axis in (1, 0)]
        for axis, side in enumerate(sides):
            corner = top.corners[row, rank, axis]
            assert side[0] == max(corner, 0)
            assert side[-1] == min(corner + size[axis], x.shape[1 + axis]) - 1
        # The patch holds those pixels, and grey where the window hangs over the border.
        padded = np.full((60, 60, 3), given.GREY, np.uint8)
        padded[20:35, 20:37] = x[top.images[row, rank]]
        first = top.corners[row, rank] + 20
        cut = padded[first[0] : first[0] + size[0], first[1] : first[1] + size[1]]
        np.testing.assert_array_equal(top.patches[row, rank], cut)


def test_top_patches_of_a_dense_layer_are_whole_images():
    model, weights = linear(classes=3)
    x = images(12, side=6)
    top = explain.top_patches(model, model.layers[-1].name, [1], x)
    scores = np.einsum("nrcd,rcdk->nk", x.astype(float), weights)[:, 1] + 1
    order = np.argsort(-scores)[:9]
    np.testing.assert_array_equal(top.images[0], order)
    np.testing.assert_array_equal(top.patches[0], x[order])
    np.testing.assert_allclose(top.responses[0], scores[order], rtol=1e-4)


def test_the_middle_position_sees_what_the_gradient_reaches():
    for build, name in ((sequential, "second"), (functional, "second"), (sequential, "hidden")):
        model = with_random_weights(build(16))
        model.get_layer("first").set_weights([np.abs(w) for w in model.get_layer("first").get_weights()])
        respond = before_activation(model, name)
        watched = tf.Variable(np.random.default_rng(0).uniform(1, 255, (40, 16, 16, 3)), dtype=tf.float32)
        with tf.GradientTape() as tape:
            values = respond(watched)
            if values.ndim == 4:
                values = values[:, values.shape[1] // 2, values.shape[2] // 2]
            total = tf.reduce_sum(values)
        # Over forty images, so that max-pooling lets every pixel of the window through at least once.
        touched = np.abs(tape.gradient(total, watched)).sum(axis=(0, 3)) > 0
        rows, columns = (np.flatnonzero(touched.any(axis=axis)) for axis in (1, 0))
        assert explain.middle(model, name) == (
            slice(rows[0], rows[-1] + 1),
            slice(columns[0], columns[-1] + 1),
        )


def test_pixels_get_the_position_whose_window_lies_nearest():
    maps = np.arange(30, dtype=float).reshape(1, 5, 6)
    window = explain.Window(start=(1, -2), size=(4, 3), step=(2, 3))
    got = explain.enlarge(maps, (12, 17), window)
    for row, column in np.ndindex(12, 17):
        down = np.abs(1 + 1.5 + 2 * np.arange(5) - row)
        across = np.abs(-2 + 1 + 3 * np.arange(6) - column)
        nearest = maps[0][np.ix_(down == down.min(), across == across.min())]
        assert got[0, row, column] in nearest
