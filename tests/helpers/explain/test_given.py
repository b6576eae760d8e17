"""What holds for all explanations: models stay as they are, images pass in batches, bad input is refused."""

import gc
import random
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from small_models import images, sequential

from helpers import explain
from helpers.explain import layers as given

CALLS = {
    "feature_maps": lambda model, x, classes=0, **options: explain.feature_maps(model, x, **options),
    "logits": lambda model, x, classes=0, **options: explain.logits(model, x, **options),
    "top_patches": lambda model, x, classes=0, **options: explain.top_patches(model, "first", [0], x, **options),
    "occlusion": lambda model, x, classes=0, **options: explain.occlusion(model, x, classes, 0, 4, 4, **options),
    "saliency": lambda model, x, classes=0, **options: explain.saliency(model, x, classes, **options),
    "grad_cam": lambda model, x, classes=0, **options: explain.grad_cam(model, x, classes, **options),
}
EXPLAINS_A_CLASS = ["occlusion", "saliency", "grad_cam"]
SMALL = sequential()
X = images()
WITH_NAN = X.astype("float32")
WITH_NAN[1, 2, 3, 0] = np.nan


def test_nothing_changes_the_model(model):
    model.compile("adam", "sparse_categorical_crossentropy")
    model.layers[-1].trainable = False
    state = random.getstate()

    def look():
        facts = [(layer.name, layer.get_config(), layer.trainable) for layer in model.layers]
        nodes = [(len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in model.layers]
        return facts, nodes, model.compiled, id(model.optimizer), model.optimizer.iterations.numpy(), len(model.losses)

    before, weights = look(), [w.copy() for w in model.get_weights()]
    for call in CALLS.values():
        call(model, images(9))
    explain.maximise_activation(model, "first", [0], steps=1)
    explain.maximise_activation(model, "classes", [0], steps=1)
    assert random.getstate() == state
    explain.random_weights(model)
    explain.at_size(model, (12, 12))
    assert look() == before
    assert all(np.array_equal(now, then) for now, then in zip(model.get_weights(), weights))


class Recorder(layers.Layer):
    """Notes how many images pass at a time."""

    passed = ()

    def call(self, given):
        if not isinstance(given, keras.KerasTensor):
            # In a graph, this is called when it is traced, and the function when images pass.
            tf.py_function(self.note, [tf.shape(given)[0]], [])
        return given

    def note(self, count):
        self.passed = (*self.passed, int(count))

    def compute_output_shape(self, shape):
        return shape


def recorded():
    recorder = Recorder()
    parts = [layers.Conv2D(2, 3, name="first"), layers.GlobalAveragePooling2D(), layers.Dense(2)]
    return recorder, keras.Sequential([layers.Input((8, 8, 3)), recorder, *parts])


# Not top_patches: it asks for the receptive field, and the recorder has none that is known.
@pytest.mark.parametrize("name", [name for name in CALLS if name != "top_patches"])
def test_images_pass_in_batches_not_one_by_one(name, monkeypatch):
    recorder, model = recorded()
    whole = CALLS[name](model, images(20))
    passed = recorder.passed
    assert len(passed) <= 2
    monkeypatch.setattr(given, "PIXELS_AT_ONCE", 6 * 8 * 8)
    parts = CALLS[name](model, images(20))
    passed = recorder.passed[len(passed) :]
    assert max(passed) == 6
    assert len(passed) <= -(-sum(passed) // 6) + 1
    if name == "feature_maps":
        whole, parts = whole["first"], parts["first"]
    np.testing.assert_allclose(whole, parts, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", EXPLAINS_A_CLASS)
def test_a_graph_is_traced_once_and_sees_what_changes(name, monkeypatch):
    traced = []
    trace = tf.function
    monkeypatch.setattr(tf, "function", lambda *given, **more: traced.append(1) or trace(*given, **more))
    model, other = sequential(), sequential()
    # Small and above 0, so that no map of Grad-CAM is cut off at 0, and no probability is 0 or 1.
    generator = np.random.default_rng(0)
    model.set_weights([generator.uniform(0, 0.2, weight.shape) for weight in model.get_weights()])
    before, once = CALLS[name](model, X), len(traced)
    np.testing.assert_array_equal(CALLS[name](model, X), before)
    other.set_weights([weight + 0.01 for weight in model.get_weights()])
    model.set_weights(other.get_weights())
    changed = CALLS[name](model, X)
    assert len(traced) == once
    np.testing.assert_array_equal(changed, CALLS[name](other, X))
    assert np.abs(changed - before).max() > 1e-6
    model.get_layer("hidden").activation = keras.activations.tanh
    assert np.abs(CALLS[name](model, X) - changed).max() > 1e-6


@pytest.mark.parametrize("name", EXPLAINS_A_CLASS)
def test_a_graph_goes_with_its_model(name):
    model = sequential()
    CALLS[name](model, X)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_large_images_pass_one_at_a_time():
    assert len(given.batches(3, (3, 900, 900, 3))) == 3
    assert len(given.batches(1000, (1000, 32, 32, 3))) == 4


def test_floats_and_bytes_are_the_same_images(model):
    for name in ("logits", "saliency", "grad_cam"):
        np.testing.assert_allclose(CALLS[name](model, X), CALLS[name](model, X.astype("float64")), atol=1e-6)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (X[0], r"image\[None\]"),
        (X[:, :7], r"\(n, 8, 8, 3\); these have \(3, 7, 8, 3\).*at_size"),
        (X[..., :1], r"these have \(3, 8, 8, 1\)"),
        (X[:0], r"one image or more.*these have \(0, 8, 8, 3\)"),
        (X.astype("int64"), "type int64"),
        (X > 100, "type bool"),
        (np.full((1, 8, 8, 3), "a"), "type <U1"),
        (WITH_NAN, "hold NaN or infinity"),
        (np.full_like(WITH_NAN, np.inf), "hold NaN or infinity"),
    ],
)
def test_bad_images_are_refused_in_a_sentence(name, bad, sentence):
    with pytest.raises(ValueError, match=sentence):
        CALLS[name](SMALL, bad)


@pytest.mark.parametrize("name", EXPLAINS_A_CLASS)
@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (3, "no class with the number 3: they run from 0 to 2"),
        ([0, -1, 2], "number -1"),
        ([0, 1], "one an image"),
        ([[0], [1], [2]], r"\[\[0\], \[1\], \[2\]\] was given"),
        (1.5, "whole number"),
        ("cat", "whole number"),
        (None, "whole number"),
    ],
)
def test_bad_classes_are_refused_in_a_sentence(name, bad, sentence):
    with pytest.raises(ValueError, match=sentence):
        CALLS[name](SMALL, X, bad)


@pytest.mark.parametrize(
    "call",
    [
        lambda name: explain.feature_maps(SMALL, X, ["first", name]),
        lambda name: explain.maximise_activation(SMALL, name, [0]),
        lambda name: explain.top_patches(SMALL, name, [0], X),
        lambda name: explain.window(SMALL, name),
        lambda name: explain.middle(SMALL, name),
    ],
)
def test_an_unknown_layer_is_answered_with_the_names(call):
    with pytest.raises(ValueError, match=r"no layer 'frist'.*first, .*second, .*hidden, classes"):
        call("frist")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: explain.feature_maps(SMALL, X, channels=[4]), "no channel of 'first' with the number 4.*0 to 3"),
        (lambda: explain.feature_maps(SMALL, X, channels=[]), "list"),
        (lambda: explain.feature_maps(SMALL, X, layers=[]), "no layer to look at"),
        (lambda: explain.maximise_activation(SMALL, "first", 0), "list"),
        (lambda: explain.maximise_activation(SMALL, "first", [-1]), "number -1"),
        (lambda: explain.top_patches(SMALL, "first", [0], X), "best 9 patches.*3 were given"),
        (lambda: explain.occlusion(SMALL, X, 0, [1, 2]), "give one number, or one for each of 3 colours"),
        (lambda: explain.occlusion(SMALL, X, 0, 0, patch=9), "patch is 9.*8 × 8"),
        (lambda: explain.occlusion(SMALL, X, 0, 0, stride=0), "stride 0"),
        (lambda: explain.occlusion(SMALL, X, 0, 0, output="loss"), "'probability' or 'logit'"),
        (lambda: explain.grad_cam(whole_numbers_in(), X, 0), "no convolutional layer"),
        (lambda: explain.logits(keras.Sequential([layers.Dense(2)]), X), "no graph of layers"),
        (lambda: explain.random_weights(keras.Sequential([layers.Dense(2)])), "no graph of layers"),
        (lambda: explain.logits(one_number(), X), "two classes or more"),
        (lambda: explain.logits(two_outputs(), X), "2 outputs"),
        (lambda: explain.saliency(whole_numbers_in(), X, 0), "No gradient"),
        (lambda: explain.at_size(keras.Sequential([layers.Input((3,)), layers.Dense(2)]), (9, 9)), "output is a map"),
        (lambda: explain.maximise_activation(explain.at_size(SMALL, (None, None)), "first", [0]), "any size"),
    ],
)
def test_other_bad_input_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def one_number():
    return keras.Sequential([layers.Input((8, 8, 3)), layers.Flatten(), layers.Dense(1, activation="sigmoid")])


def two_outputs():
    given = keras.Input((8, 8, 3))
    flat = layers.Flatten()(given)
    return keras.Model(given, [layers.Dense(2)(flat), layers.Dense(2)(flat)])


def whole_numbers_in():
    given = keras.Input((8, 8, 3), dtype="uint8")
    return keras.Model(given, layers.Dense(2)(layers.Flatten()(layers.Rescaling(1 / 255)(given))))
