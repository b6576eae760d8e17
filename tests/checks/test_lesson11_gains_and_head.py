"""Checks of exercises 11.3 and 9.4: right answers in several ways, planted wrong ones named, hostile ones survived."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from answers import HOSTILE, fails, passes
from keras import layers

from checks import lesson11_gains_and_head as check
from helpers import models

# 9.3


def trial(epochs, label, seed, last):
    history = {
        "accuracy": [0.1, last + 0.12 if label == check.WITHOUT else last],
        "val_accuracy": [0.2 if label == check.WITH else 0.25, last + (0.004 if label == check.WITH else 0.013), last],
        "val_loss": [1.0, 0.9 if label == check.WITH else 0.5],
    }
    return {"label": label, "seed": seed, "recipe": SimpleNamespace(epochs=epochs), "history": history}


ROWS = {
    (5, check.WITH): (0.701, 0.712, 0.698),
    (5, check.WITHOUT): (0.715, 0.724, 0.700),
    (50, check.WITH): (0.861, 0.858, 0.866),
    (50, check.WITHOUT): (0.831, 0.838, 0.829),
}
TRIALS = [trial(*key, seed, last) for key, row in ROWS.items() for seed, last in enumerate(row)]
GAINS = {n: 100 * (np.mean(ROWS[n, check.WITH]) - np.mean(ROWS[n, check.WITHOUT])) for n in (5, 50)}
VERDICTS = {5: "not distinguishable", 50: "helps"}


@pytest.mark.parametrize("gains", [GAINS, {n: round(gain, 1) for n, gain in GAINS.items()}, {**GAINS, 7: None}])
@pytest.mark.parametrize(
    "verdicts", [VERDICTS, {5: "Not distinguishable ", 50: "HELPS"}, {5: "not told apart", 50: "helps"}]
)
def test_9_3_accepts(gains, verdicts):
    passes(check.exercise_11_3, gains, verdicts, TRIALS)
    passes(check.exercise_11_3, gains, verdicts, TRIALS[::-1])


def test_9_3_names_a_gain_that_was_read_from_rounded_means():
    rows = {check.WITH: (0.6356, 0.6350, 0.6360), check.WITHOUT: (0.6290, 0.6274, 0.6256)}
    trials = [trial(5, label, seed, last) for label, row in rows.items() for seed, last in enumerate(row)]
    passes(check.exercise_11_3, {5: 0.8}, {5: "helps"}, trials)
    fails(check.exercise_11_3, {5: 0.9}, {5: "helps"}, trials, match="rounded means.*round only at the end")


def test_9_3_knows_all_three_verdicts():
    swapped = {check.WITH: check.WITHOUT, check.WITHOUT: check.WITH}
    hurt = [dict(one, label=swapped[one["label"]]) for one in TRIALS]
    gains = {n: -gain for n, gain in GAINS.items()}
    passes(check.exercise_11_3, gains, {5: "not distinguishable", 50: "hurts"}, hurt)
    fails(check.exercise_11_3, gains, VERDICTS, hurt, match="after 50 epochs the seeds reach 83.1%, 83.8% and 82.9%")


@pytest.mark.parametrize(("low", "verdict"), [(0.64, "not distinguishable"), (0.6399, "helps")])
def test_9_3_asks_for_the_worst_above_the_best(low, verdict):
    """Equal accuracies are not told apart, whichever row is the higher one."""
    rows = {check.WITH: (0.66, 0.64), check.WITHOUT: (0.62, low)}
    trials = [trial(5, label, seed, last) for label, row in rows.items() for seed, last in enumerate(row)]
    gain = 100 * (0.65 - (0.62 + low) / 2)
    passes(check.exercise_11_3, {5: gain}, {5: verdict}, trials)
    swapped = {check.WITH: check.WITHOUT, check.WITHOUT: check.WITH}
    trials = [dict(one, label=swapped[one["label"]]) for one in trials]
    passes(check.exercise_11_3, {5: -gain}, {5: verdict.replace("helps", "hurts")}, trials)
    other = "hurts" if verdict != "helps" else "not distinguishable"
    fails(check.exercise_11_3, {5: -gain}, {5: other}, trials, match="after 5 epochs the seeds reach")


@pytest.mark.parametrize(
    ("gains", "verdicts", "sentence"),
    [
        ({5: -GAINS[5], 50: -GAINS[50]}, VERDICTS, "sign of your gains is reversed"),
        ({5: GAINS[5] / 100, 50: GAINS[50] / 100}, VERDICTS, "Points are wanted"),
        ({5: GAINS[50], 50: GAINS[5]}, VERDICTS, "swapped"),
        ({5: GAINS[5], 50: GAINS[5]}, VERDICTS, "both gains are that for 5 epochs"),
        ({n: gain - 12 for n, gain in GAINS.items()}, VERDICTS, r"\*training\*"),
        ({n: gain - 0.9 for n, gain in GAINS.items()}, VERDICTS, r"\*best\* epochs"),
        ({5: -5, 50: -5.0}, VERDICTS, r"\*first\* epochs"),
        ({5: 40.0, 50: 40}, VERDICTS, "losses"),
        ({5: -1.2, 50: 2.0}, VERDICTS, "seed 1 alone"),
        ({5: -0.2, 50: np.float32(3.7)}, VERDICTS, "seed 2 alone"),
        ({5: GAINS[50], 50: GAINS[50]}, VERDICTS, "both gains are that for 50 epochs"),
        ({5: GAINS[5], 50: GAINS[50] - 0.08}, VERDICTS, "for 50 epochs you have a gain of 2.8"),
        ({5: GAINS[5] / 100, 50: GAINS[50] / 100 + 0.01}, VERDICTS, "for 5 epochs you have a gain of -0.0093"),
        ({5: ..., 50: GAINS[50]}, VERDICTS, "not filled in yet"),
        ({n: 3 * gain for n, gain in GAINS.items()}, VERDICTS, "sums over the seeds"),
        ({5: -1, 50: 3}, VERDICTS, "rounded to whole points"),
        ({5: -1.3, 50: 3.5}, VERDICTS, "in per cent of the accuracy"),
        ({5: -1.2, 50: 2.8}, VERDICTS, "best seeds"),
        ({5: -0.2, 50: 2.9}, VERDICTS, "worst seeds"),
        ({5: -1.4, 50: 3.0}, VERDICTS, "medians"),
        ({5: -2.6, 50: 2.0}, VERDICTS, "That is for the verdict"),
        # What explains one of them is no explanation.
        ({5: GAINS[5] - 12, 50: GAINS[50]}, VERDICTS, "for 5 epochs you have .* minus the mean without"),
        ({5: GAINS[5], 50: 40}, VERDICTS, "for 50 epochs you have a gain of 40"),
        ({5: GAINS[5] + 0.1, 50: GAINS[50]}, VERDICTS, "for 5 epochs you have"),
        ({5: GAINS[5], 50: 10**400}, VERDICTS, "too large"),
        ({"5": 1, "50": 2}, VERDICTS, "Its keys are the numbers 5 and 50"),
        ({5: GAINS[5], 50: np.nan}, VERDICTS, "NaN"),
        ({5: GAINS[5]}, VERDICTS, "`gains` has no entry for 50"),
        ({5: None, 50: None}, VERDICTS, "not filled in yet"),
        (GAINS, {5: "not distinguishable", 50: None}, "not filled in yet"),
        (None, None, "not filled in yet"),
        (2.0, VERDICTS, "a dictionary with the keys 5 and 50"),
        (GAINS, "helps", "`verdicts` should be a dictionary"),
        (GAINS, {5: "hurts", 50: "helps"}, "after 5 epochs the seeds reach"),
        (GAINS, {5: "not distinguishable", 50: "not distinguishable"}, "after 50 epochs the seeds reach"),
        (GAINS, {5: "no", 50: "yes"}, "the verdict is one of 'helps'"),
        (GAINS, {5: True, 50: False}, "the verdict is one of"),
    ],
)
def test_9_3_names_the_mistake(gains, verdicts, sentence):
    fails(check.exercise_11_3, gains, verdicts, TRIALS, match=sentence)


@pytest.mark.parametrize(
    "trials", [None, [], "text", 3, [{}], TRIALS[:3], [{**one, "label": "other"} for one in TRIALS], [*TRIALS, None]]
)
def test_9_3_says_where_the_trials_come_from(trials):
    fails(check.exercise_11_3, GAINS, VERDICTS, trials, match="`time_study`|not filled in")


# 9.4


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
def test_9_4_accepts(answer):
    passes(check.exercise_11_4, answer)


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
def test_9_4_names_the_mistake(answer, sentence):
    fails(check.exercise_11_4, answer, match=sentence)


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
def test_hostile_answers(answer, sentence):
    fails(check.exercise_11_4, answer, match=sentence)
