"""Checks of lesson 09: right answers in several ways, planted wrong ones named, hostile ones survived."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from answers import HOSTILE, fails, passes
from keras import layers

from checks import lesson09 as check
from helpers import augmentation, models

# 9.1


def flip(x, chosen):
    flipped = x.copy()
    flipped[chosen] = x[chosen, :, ::-1]
    return flipped


def flip_with_where(x, chosen):
    return np.where(chosen[:, None, None, None], np.flip(x, axis=2), x)


def flip_by_loops(x, chosen):
    images = []
    for image, flipped in zip(x, chosen):
        images.append([row[::-1] if flipped else row for row in image.tolist()])
    return images


def flip_in_tensorflow(x, chosen):
    return keras.ops.where(chosen[:, None, None, None], keras.ops.flip(x, axis=2), x)


@pytest.mark.parametrize(
    "answer", [flip, flip_with_where, flip_by_loops, flip_in_tensorflow, lambda x, c: flip(x, c).astype("float32")]
)
def test_9_1_accepts(answer):
    passes(check.exercise_9_1, answer)


def flipped_along(*slices):
    def answer(x, chosen):
        flipped = x.copy()
        flipped[chosen] = x[chosen][(slice(None), *slices)]
        return flipped

    return answer


def in_place(x, chosen):
    x[chosen] = x[chosen, :, ::-1]
    return x


BACK = slice(None, None, -1)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (flipped_along(BACK), "upside down"),
        (flipped_along(BACK, BACK), "180 degrees"),
        (flipped_along(..., BACK), "red and blue"),
        (lambda x, c: x[::-1], "order of the images"),
        (lambda x, c: x[:, :, ::-1], "all images are flipped"),
        (lambda x, c: flip(x, ~c), "were \\*not\\* chosen"),
        (lambda x, c: x.copy(), "nothing is flipped"),
        (lambda x, c: x[c, :, ::-1], "only the chosen images"),
        (lambda x, c: flip(x, c)[:1], "should have the shape"),
        (lambda x, c: flip(x, c) if c.any() else 255 - x, "None is chosen"),
        (lambda x, c: flip(x, c) / 255, "first column becomes the last"),
        (lambda x, c: np.swapaxes(x, 1, 2), "should have the shape"),
        (in_place, "changed its input"),
    ],
)
def test_9_1_names_the_mistake(answer, sentence):
    fails(check.exercise_9_1, answer, match=sentence)


def test_9_1_agrees_with_the_helper():
    x = np.random.default_rng(0).integers(0, 256, (8, 4, 5, 3)).astype(np.uint8)
    flipped = augmentation.alternating_flip(x, 0, np.random.default_rng(3))
    chosen = (flipped != x).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(flip(x, chosen), flipped)


# 9.2


def padded_shift(mode):
    def answer(x, down, right):
        padding = max(abs(down), abs(right))
        padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)), mode=mode)
        rows, columns = x.shape[1:3]
        return padded[:, padding - down :, padding - right :][:, :rows, :columns]

    return answer


reflected, zeros = padded_shift("reflect"), padded_shift("constant")


def zeros_by_slices(x, down, right):
    rows, columns = x.shape[1:3]
    shifted = np.zeros_like(x)
    for row in range(rows):
        for column in range(columns):
            if 0 <= row - down < rows and 0 <= column - right < columns:
                shifted[:, row, column] = x[:, row - down, column - right]
    return shifted


@pytest.mark.parametrize(
    ("answer", "fill"),
    [
        (reflected, "a reflection"),
        (padded_shift("symmetric"), "outermost pixels twice"),
        (zeros, "zeros"),
        (zeros_by_slices, "zeros"),
        (lambda x, d, r: reflected(x, d, r).astype("float32"), "a reflection"),
        (lambda x, d, r: (reflected if d > 0 else zeros)(x, d, r), "2 ways"),
    ],
)
def test_9_2_accepts(answer, fill, capsys):
    passes(check.exercise_9_2, answer)
    assert fill in capsys.readouterr().out


def test_9_2_reflects_as_the_helper_does():
    x = np.random.default_rng(0).integers(0, 256, (2, 6, 7, 3)).astype(float)
    padded = augmentation.reflected(x, 3)
    for down, right in check.SHIFTS:
        window = padded[:, 3 - down : 9 - down, 3 - right : 10 - right]
        np.testing.assert_array_equal(check._shifted(x, down, right, "a reflection"), window)


def grey(x, down, right):
    known = zeros(np.ones_like(x), down, right)
    return np.where(known, zeros(x, down, right), 128)


def moves_input(x, down, right):
    x[:] = reflected(x, down, right)
    return x


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda x, d, r: np.roll(x, (d, r), axis=(1, 2)), "np.roll"),
        (padded_shift("edge"), "stripes"),
        (lambda x, d, r: reflected(x, -d, -r), "the other way"),
        (lambda x, d, r: zeros(x, -d, -r), "the other way"),
        (lambda x, d, r: reflected(x, r, d), "rows and columns have changed places"),
        (lambda x, d, r: zeros(x, -r, -d), "other way, and rows"),
        (lambda x, d, r: reflected(x, d, 0), "down or up only"),
        (lambda x, d, r: zeros(x, 0, r), "sideways only"),
        (lambda x, d, r: reflected(x, -d, r), "up and down have changed"),
        (lambda x, d, r: reflected(x, d, -r), "left and right have changed"),
        (lambda x, d, r: x.copy(), "not right|nothing moves"),
        (lambda x, d, r: reflected(x, d, r) if d or r else 255 - x, "nothing moves, and yours"),
        (grey, "the gap is not"),
        (lambda x, d, r: x[:, max(d, 0) :, max(r, 0) :], "should have the shape"),
        (lambda x, d, r: reflected(x, d, r) // 2, "row 3, column 3 should now be in row 5, column 4"),
        (moves_input, "changed its input"),
        (lambda x, d, r: reflected(x, d, r)[0], "should have the shape"),
    ],
)
def test_9_2_names_the_mistake(answer, sentence):
    fails(check.exercise_9_2, answer, match=sentence)


# 9.3


def trial(epochs, label, seed, last):
    history = {
        "accuracy": [0.1, last + 0.12 if label == check.WITHOUT else last],
        "val_accuracy": [last + (0.004 if label == check.WITH else 0.013), last],
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
    passes(check.exercise_9_3, gains, verdicts, TRIALS)
    passes(check.exercise_9_3, gains, verdicts, TRIALS[::-1])


def test_9_3_names_a_gain_that_was_read_from_rounded_means():
    rows = {check.WITH: (0.6356, 0.6350, 0.6360), check.WITHOUT: (0.6290, 0.6274, 0.6256)}
    trials = [trial(5, label, seed, last) for label, row in rows.items() for seed, last in enumerate(row)]
    passes(check.exercise_9_3, {5: 0.8}, {5: "helps"}, trials)
    fails(check.exercise_9_3, {5: 0.9}, {5: "helps"}, trials, match="rounded means.*round only at the end")


def test_9_3_knows_all_three_verdicts():
    swapped = {check.WITH: check.WITHOUT, check.WITHOUT: check.WITH}
    hurt = [dict(one, label=swapped[one["label"]]) for one in TRIALS]
    gains = {n: -gain for n, gain in GAINS.items()}
    passes(check.exercise_9_3, gains, {5: "not distinguishable", 50: "hurts"}, hurt)
    fails(check.exercise_9_3, gains, VERDICTS, hurt, match="after 50 epochs the seeds reach 83.1%, 83.8% and 82.9%")


@pytest.mark.parametrize(
    ("gains", "verdicts", "sentence"),
    [
        ({5: -GAINS[5], 50: -GAINS[50]}, VERDICTS, "sign is reversed"),
        ({5: GAINS[5] / 100, 50: GAINS[50] / 100}, VERDICTS, "Points are wanted"),
        ({5: GAINS[50], 50: GAINS[5]}, VERDICTS, "gain for 50 epochs"),
        ({5: GAINS[5], 50: GAINS[5]}, VERDICTS, "for 50 epochs you have .* gain for 5 epochs"),
        ({5: GAINS[5] - 12, 50: GAINS[50]}, VERDICTS, r"\*training\*"),
        ({5: GAINS[5] - 0.9, 50: GAINS[50]}, VERDICTS, r"\*best\* epochs"),
        ({5: 40.0, 50: GAINS[50]}, VERDICTS, "losses"),
        ({5: -0.2, 50: GAINS[50]}, VERDICTS, "seed 2 alone"),
        ({5: GAINS[5], 50: 99}, VERDICTS, "Mean accuracy of the last epoch"),
        ({5: GAINS[5], 50: np.nan}, VERDICTS, "NaN"),
        ({5: GAINS[5]}, VERDICTS, "`gains` has no entry for 50"),
        ({5: None, 50: None}, VERDICTS, "not filled in yet"),
        (GAINS, {5: "not distinguishable", 50: None}, "not filled in yet"),
        (None, None, "not filled in yet"),
        (2.0, VERDICTS, "a dictionary with the keys 5 and 50"),
        (GAINS, "helps", "`verdicts` should be a dictionary"),
        (GAINS, {5: "hurts", 50: "helps"}, "after 5 epochs the seeds reach"),
        (GAINS, {5: "not distinguishable", 50: "not distinguishable"}, "after 50 epochs the seeds reach"),
        (GAINS, {5: "no", 50: "yes"}, "a verdict is one of 'helps'"),
        (GAINS, {5: True, 50: False}, "a verdict is one of"),
    ],
)
def test_9_3_names_the_mistake(gains, verdicts, sentence):
    fails(check.exercise_9_3, gains, verdicts, TRIALS, match=sentence)


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


def rebuilt_with_weights(network, classes):
    clone = models.improved_cnn((16, 16, 3), classes, widths=(4, 6))
    for copied, learnt in zip(clone.layers[:-1], network.layers[:-1]):
        copied.set_weights(learnt.get_weights())
        copied.trainable = False
    return clone


@pytest.mark.parametrize("answer", [new_head, layer_by_layer, functional, popped, rebuilt_with_weights])
def test_9_4_accepts(answer):
    passes(check.exercise_9_4, answer)


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


def is_norm(layer):
    return isinstance(layer, layers.BatchNormalization)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (with_(lambda layer: True), r"parameters are trainable; with all layers below frozen"),
        (with_(is_norm), "Batch normalisation has two"),
        (all_frozen, "no parameter is trainable"),
        (lambda n, c: n, "the old head is still"),
        (on_top, r"\*predictions\* of the old one"),
        (with_(own=False), "fresh weights"),
        (lambda n, c: new_head(n, 3), r"asked for 7 classes, the model returns the shape \(6, 3\)"),
        (with_(head=lambda c: layers.Dense(c, use_bias=False)), "with a bias"),
        (with_(head=lambda c: layers.Dense(c, activation="relu")), "activation for hidden layers"),
        (
            with_(head=lambda c: keras.Sequential([layers.Dense(9), layers.Dense(c)])),
            "your head takes 9|parameters are",
        ),
        (lambda n, c: layers.Dense(c), "a Keras model is wanted"),
        (lambda n, c: keras.Model(n.inputs, n.layers[-2].output), "the model returns the shape"),
        (lambda n, c: keras.Sequential([keras.Input((9,)), layers.Dense(c)]), "the model stops with"),
        (
            with_(cut=-3, head=lambda c: keras.Sequential([layers.Flatten(), layers.Dense(c)])),
            "same place|parameters are",
        ),
    ],
)
def test_9_4_names_the_mistake(answer, sentence):
    fails(check.exercise_9_4, answer, match=sentence)


# All functions


@pytest.mark.parametrize("exercise", [check.exercise_9_1, check.exercise_9_2, check.exercise_9_4])
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        *HOSTILE,
        (lambda *_: "text", "text|Keras model"),
        (lambda *_: np.nan, "NaN|shape|Keras model"),
        (lambda x, *_: np.full(np.shape(x), np.nan), "NaN|Keras model"),
        (lambda *_: object(), "numbers|Keras model"),
    ],
)
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)
