"""Checks of lesson 13: right answers in several ways, planted wrong ones named, hostile ones survived."""

import keras
import numpy as np
import pytest
from answers import HOSTILE, HOSTILE_RESULTS, fails, passes
from keras import layers
from mistake_tables import distinguishable

from checks import lesson13 as check
from helpers import models

# 13.1


def new_head(network, classes):
    features = keras.Model(network.inputs, network.layers[-2].output)
    features.trainable = False
    return keras.Sequential([features, layers.Dense(classes, activation="softmax")])


def layer_by_layer(network, classes):
    for layer in network.layers:
        layer.trainable = False
    return keras.Sequential([*network.layers[:-1], layers.Dense(classes)])


def functional(network, classes):
    for layer in network.layers[:-1]:
        layer.trainable = False
    outputs = layers.Dropout(0.5)(network.layers[-2].output)
    return keras.Model(network.inputs, layers.Softmax()(layers.Dense(classes)(outputs)))


def popped(network, classes):
    network.pop()
    network.trainable = False
    inputs = keras.Input((16, 16, 3))
    return keras.Model(inputs, layers.Dense(classes)(network(inputs, training=False)))


class Subclassed(keras.Model):
    def __init__(self, network, classes):
        super().__init__()
        self.body = network.layers[:-1]
        for layer in self.body:
            layer.trainable = False
        self.head = layers.Dense(classes)

    def call(self, x, training=False):
        for layer in self.body:
            x = layer(x, training=False)
        return keras.ops.softmax(self.head(x))


def subclassed(network, classes):
    return Subclassed(network, classes)


def rebuilt_with_weights(network, classes):
    clone = models.improved_cnn((16, 16, 3), classes, widths=(6,))
    for copied, learnt in zip(clone.layers[:-1], network.layers[:-1]):
        copied.set_weights(learnt.get_weights())
        copied.trainable = False
    return clone


@pytest.mark.parametrize("answer", [new_head, layer_by_layer, functional, popped, rebuilt_with_weights, subclassed])
def test_13_1_accepts(answer):
    passes(check.exercise_13_1, answer)


def on_top(network, classes):
    network.trainable = False
    return keras.Sequential([network, layers.Dense(classes)])


def with_(trainable=lambda layer: False, cut=-2, head=None, own=True):
    def answer(network, classes):
        for layer in network.layers:
            layer.trainable = trainable(layer)
        features = keras.Model(network.inputs, network.layers[cut].output)
        if not own:
            features = keras.models.clone_model(features)
            features.trainable = False
        return keras.Sequential([features, head(classes) if head else layers.Dense(classes)])

    return answer


def all_frozen(network, classes):
    model = new_head(network, classes)
    model.trainable = False
    return model


def two(*both):
    return keras.Sequential(both)


class FailsWhenCalled(keras.Model):
    def call(self, x):
        raise ValueError("no")


def fails_when_called(network, classes):
    return FailsWhenCalled()


def is_norm(layer):
    return isinstance(layer, layers.BatchNormalization)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (with_(lambda layer: True), "531 parameters are trainable; with all layers below the head frozen, 21 are"),
        (with_(is_norm), "Not frozen: batch_normalization"),
        (all_frozen, "no parameter is trainable"),
        (lambda n, c: n, "the old head is still"),
        (on_top, r"\*predictions\* of the old one"),
        (with_(own=False), "fresh weights"),
        (with_(lambda layer: isinstance(layer, layers.Conv2D)), "Not frozen: conv2d"),
        (with_(head=lambda c: layers.Dense(c, activation="sigmoid")), "activation 'sigmoid'"),
        (with_(head=lambda c: layers.Dense(c, activation="tanh")), "activation 'tanh'"),
        (with_(head=lambda c: two(layers.Dense(c, activation="softmax"), layers.Softmax())), "two softmax"),
        (with_(head=lambda c: two(layers.Rescaling(2.0), layers.Dense(c))), "a layer too many"),
        (with_(head=lambda c: two(layers.Rescaling(1.0007), layers.Dense(c))), "a layer too many"),
        (with_(head=lambda c: two(layers.BatchNormalization(), layers.Dense(c))), "What else did you add"),
        (with_(head=lambda c: layers.Dense(3)), r"asked for 7 classes, .* \(6, 3\)"),
        (with_(head=lambda c: layers.Dense(1)), r"asked for 3 classes, .* \(6, 1\)"),
        (with_(head=lambda c: layers.Reshape((-1, 1))), "returns the shape"),
        (fails_when_called, "the model stopped.*ValueError: .* no "),
        (lambda n, c: [new_head(n, c)], "a Keras model is wanted"),
        (lambda n, c: None, "returned None"),
        (lambda n, c: new_head(n, 3), r"asked for 7 classes, the model returns the shape \(6, 3\)"),
        (with_(head=lambda c: layers.Dense(c, use_bias=False)), "with a bias"),
        (with_(head=lambda c: layers.Dense(c, activation="relu")), "activation 'relu'"),
        (
            with_(head=lambda c: keras.Sequential([layers.Dense(9), layers.Dense(c)])),
            "your head takes 9|parameters are",
        ),
        (lambda n, c: layers.Dense(c), "a Keras model is wanted"),
        (lambda n, c: keras.Model(n.inputs, n.layers[-2].output), "the model returns the shape"),
        (
            lambda n, c: keras.Sequential([keras.Input((9,)), layers.Dense(c)]),
            "with a batch of images of shape .* the model stopped",
        ),
        (
            with_(cut=-3, head=lambda c: keras.Sequential([layers.Flatten(), layers.Dense(c)])),
            "Put it after the same layer",
        ),
    ],
)
def test_13_1_names_the_mistake(answer, sentence):
    fails(check.exercise_13_1, answer, match=sentence)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        *HOSTILE,
        (lambda *_: "text", "Keras model"),
        (lambda *_: np.nan, "Keras model"),
        (lambda *_: object(), "Keras model"),
        (lambda *_: keras.Model, "Keras model"),
    ],
)
def test_13_1_hostile_answers(answer, sentence):
    fails(check.exercise_13_1, answer, match=sentence)


# 13.2


def by_choice(labels, count, generator):
    drawn = [generator.choice(np.flatnonzero(labels == label), count, replace=False) for label in np.unique(labels)]
    return np.concatenate(drawn)


def by_hand(labels, count, generator):
    drawn = []
    for label in range(max(labels) + 1):
        members = [index for index, one in enumerate(labels) if one == label]
        generator.shuffle(members)
        drawn += members[:count]
    return drawn


@pytest.mark.parametrize("answer", [by_choice, by_hand, check.reference_few_of_each])
def test_13_2_accepts(answer):
    passes(check.exercise_13_2, answer)


def first_half(labels, count, generator):
    return by_choice(labels[: 2 * len(labels) // 3], count, generator)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda y, n, g: np.concatenate([np.flatnonzero(y == c)[:n] for c in np.unique(y)]), "always take the first"),
        (lambda y, n, g: by_choice(y, n, np.random.default_rng(0)), "four generators"),
        (lambda y, n, g: by_choice(y, n, np.random.default_rng()), "twice the same seed"),
        (lambda y, n, g: by_choice(y, n, g).reshape(-1, n), "a list for each class"),
        (lambda y, n, g: np.isin(np.arange(len(y)), by_choice(y, n, g)), "a mark for every image|whole|True"),
        (lambda y, n, g: y[by_choice(y, n, g)], "you return labels"),
        (lambda y, n, g: g.choice(len(y), n, replace=False), "in all"),
        (lambda y, n, g: g.choice(len(y), n * (y.max() + 1), replace=False), "Draw from each class by itself"),
        (lambda y, n, g: by_choice(y, n - 1, g), "class 0 has 1 images"),
        (lambda y, n, g: np.r_[by_choice(y, n, g), 0, 0], "more than once"),
        (lambda y, n, g: np.concatenate([g.choice(np.flatnonzero(y == c), n) for c in np.unique(y)]), "more than once"),
        (lambda y, n, g: by_choice(y, n, g) + 1000, "no index"),
        (first_half, "last images"),
    ],
)
def test_13_2_names_the_mistake(answer, sentence):
    fails(check.exercise_13_2, answer, match=sentence)


# 13.3


def learning(kinds, first):
    return [place >= first and kind != "BatchNormalization" for place, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    "answer",
    [
        learning,
        lambda kinds, first: (np.arange(len(kinds)) >= first) & (np.array(kinds) != "BatchNormalization"),
        lambda kinds, first: [False] * first + ["Norm" not in kind for kind in kinds[first:]],
        lambda kinds, first: [int(one) for one in learning(kinds, first)],
    ],
)
def test_13_3_accepts(answer):
    passes(check.exercise_13_3, answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda kinds, first: [index >= first for index, _ in enumerate(kinds)], "normalization may learn"),
        (lambda kinds, first: learning(kinds, 0), "early layers may learn"),
        (lambda kinds, first: [not one for one in learning(kinds, first)], "other way round"),
        (lambda kinds, first: [a and not b for a, b in zip(learning(kinds, 0), learning(kinds, first))], "before"),
        (lambda kinds, first: learning(kinds, first + 1), "itself stays frozen"),
        (lambda kinds, first: learning(kinds, first - 1), "one layer too many"),
        (lambda kinds, first: learning(kinds, first)[first:], "One True or False for each layer"),
        (lambda kinds, first: [False for _ in kinds], "nothing learns"),
        (lambda kinds, first: [True for _ in kinds], "everything learns"),
        (lambda kinds, first: sum(learning(kinds, first)), "shape|list"),
    ],
)
def test_13_3_names_the_mistake(answer, sentence):
    fails(check.exercise_13_3, answer, match=sentence)


def test_mistakes_of_13_3_are_distinguishable(monkeypatch):
    distinguishable(check.exercise_13_3, monkeypatch, learning)


@pytest.mark.parametrize("exercise", [check.exercise_13_2, check.exercise_13_3])
@pytest.mark.parametrize(("answer", "sentence"), [*HOSTILE, *HOSTILE_RESULTS])
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)
