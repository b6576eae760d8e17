"""Feature maps and logits, against truncated models and the softmax."""

import keras
import numpy as np
from keras import layers
from small_models import images, sequential, softmax, with_random_weights

from helpers import explain, models


def test_feature_maps_are_those_of_truncated_models(model):
    x = images(5)
    maps = explain.feature_maps(model, x, batch_size=2)
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
    given = keras.Input((8, 8, 3))
    shared = layers.Conv2D(3, 3, padding="same", activation="relu", name="shared")
    model = keras.Model(given, layers.Dense(2)(layers.Flatten()(shared(shared(given)))))
    with_random_weights(model)
    x = images().astype("float32")
    np.testing.assert_allclose(explain.feature_maps(model, x)["shared"], shared(shared(x)), rtol=1e-5)
