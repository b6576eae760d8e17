"""The checks of lesson 12 by cases: what they go on with equals Keras, every usual slip is named, none for another."""

import answers
import keras
import numpy as np
import pytest
from mistake_tables import distinguishable, sentence

from checks import lesson12 as check
from helpers.teaching.convolution import convolve

CHECKS = [check.exercise_12_3, check.exercise_12_2]


@pytest.mark.parametrize("exercise", CHECKS, ids=lambda each: each.number)
def test_no_two_mistakes_agree_on_all_cases(exercise, monkeypatch):
    distinguishable(exercise, monkeypatch)


@pytest.mark.parametrize("exercise", CHECKS, ids=lambda each: each.number)
@pytest.mark.parametrize(("answer", "told"), answers.HOSTILE + answers.HOSTILE_RESULTS)
def test_hostile_answers_get_a_sentence(exercise, answer, told):
    answers.fails(exercise, answer, match=told)


@pytest.mark.parametrize(("exercise", "name"), list(zip(CHECKS, ["he_deviation", "separable"])))
def test_what_the_lesson_goes_on_with_passes_its_check(exercise, name, capsys):
    exercise(getattr(check, f"reference_{name}"))
    assert "right. " in capsys.readouterr().out


def test_the_deviation_is_that_of_keras():
    shape = (5, 3, 7, 400)
    drawn = keras.initializers.HeNormal(seed=0)(shape).numpy()
    assert drawn.std() == pytest.approx(check.reference_he_deviation(shape), rel=0.01)


def test_separable_is_that_of_keras():
    generator = np.random.default_rng(0)
    image, kernels, weights = (generator.normal(size=shape) for shape in ((6, 8, 3), (4, 4, 3), (3, 5)))
    layer = keras.layers.SeparableConv2D(5, 4, use_bias=False)
    layer.build((None, 6, 8, 3))
    layer.set_weights([kernels[..., None], weights[None, None]])
    expected = layer(image[None]).numpy()[0]
    assert check.reference_separable(image, kernels, weights) == pytest.approx(expected, abs=1e-5)


# Each entry of the tables, made once more in the way that a student makes it --------------------------------------


def fans(shape):
    rows, columns, channels, filters = shape
    return rows * columns * channels, rows * columns * filters


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda s: (2 / s[2]) ** 0.5, "channels alone as fan-in"),
        (lambda s: (2 / s[0] / s[1]) ** 0.5, "rows × columns as fan-in"),
        (lambda s: (2 / s[0] / s[2]) ** 0.5, "take one side of the window"),
        (lambda s: (2 / s[1] / s[2]) ** 0.5, "take the other side of the window"),
        (lambda s: (2 / fans(s)[1]) ** 0.5, "this is the fan-out"),
        (lambda s: (2 / s[3]) ** 0.5, "number of filters as fan-in"),
        (lambda s: (2 / np.prod(s)) ** 0.5, "all numbers of the kernel"),
        (lambda s: (2 / sum(fans(s))) ** 0.5, "Glorot"),
        (lambda s: (2 / np.mean(fans(s))) ** 0.5, "the mean of fan-in and fan-out"),
        (lambda s: fans(s)[0] ** -0.5, "LeCun"),
        (lambda s: 2 / fans(s)[0], "this is the variance"),
        (lambda s: 2 / fans(s)[0] ** 0.5, "the root covers the fan-in alone"),
        (lambda s: 2**0.5 / fans(s)[0], "the root covers the 2 alone"),
        (lambda s: (fans(s)[0] / 2) ** 0.5, "upside down"),
        (lambda s: (2 * fans(s)[0]) ** 0.5, "multiply 2 by the fan-in"),
        (lambda s: fans(s)[0], "this is the fan-in itself"),
        (lambda s: (6 / fans(s)[0]) ** 0.5, "the uniform version"),
        (lambda s: 0.1, "for a kernel of shape (5, 3, 2, 7) you have 0.1"),
        (lambda s: round((2 / fans(s)[0]) ** 0.5, 3), "rounded to 3 decimals"),
    ],
)
def test_slips_in_the_deviation(answer, told):
    assert told in sentence(check.exercise_12_3, answer)


def maps_of(image, kernels, **padding):
    channels = range(image.shape[2])
    return np.stack([convolve(image[..., c], kernels[..., c], **padding) for c in channels], -1)


def usual(image, kernels):
    return convolve(image, kernels)[:, :, None]


def at_one_weight_each(image, kernels, weights):
    return maps_of(image, kernels) * [weights[c, c] for c in range(len(weights))]


def full(image, kernels, weights):
    k = len(kernels) - 1
    return maps_of(np.pad(image, ((k, k), (k, k), (0, 0))), kernels) @ weights


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x, k, w: maps_of(x, k[::-1, ::-1]) @ w, "kernels are flipped"),
        (lambda x, k, w: maps_of(x, k.transpose(1, 0, 2)) @ w, "rows and columns of your kernels"),
        (lambda x, k, w: maps_of(x, k[..., [0] * k.shape[2]]) @ w, "the first kernel works on all channels"),
        (lambda x, k, w: maps_of(x, k[..., ::-1]) @ w, "opposite order"),
        (lambda x, k, w: usual(x, k) @ w.sum(0, keepdims=True), "as a usual convolution does"),
        (lambda x, k, w: usual(x, k) @ w[:1], "by the first row"),
        (
            lambda x, k, w: np.stack([convolve(x.sum(2), k[..., c]) for c in range(k.shape[2])], -1) @ w,
            "works on the sum of all channels",
        ),
        (lambda x, k, w: maps_of(x, k), "the maps of the first step"),
        (lambda x, k, w: np.moveaxis(maps_of(x, k) @ w, -1, 0), "axis of the filters comes first"),
        (lambda x, k, w: (maps_of(x, k) @ w).transpose(1, 0, 2), "rows and columns of your result"),
        (lambda x, k, w: maps_of(x, k) @ w[:, 0], "first filter's map alone"),
        (lambda x, k, w: maps_of(x, k) @ w.sum(1), "maps of all filters"),
        (lambda x, k, w: maps_of(x, k) @ w / len(w), "number of channels"),
        (lambda x, k, w: maps_of(x, k) @ w / len(k) ** 2, "numbers in a window"),
        (lambda x, k, w: np.maximum(maps_of(x, k), 0) @ w, "between the two steps"),
        (lambda x, k, w: np.maximum(maps_of(x, k) @ w, 0), "ReLU at the end"),
        (lambda x, k, w: maps_of(x, k) @ w.T, "weights are transposed"),
        (lambda x, k, w: maps_of(x @ w, k), "the other way round"),
        (at_one_weight_each, "each channel's map by one weight"),
        (lambda x, k, w: maps_of(x, k, padding="same") @ w, "as large as the image"),
        (full, "larger than the image"),
        (lambda x, k, w: maps_of(x, k)[..., None] * w, "one for the filters. Sum over the channels"),
        (lambda x, k, w: usual(x, k)[..., 0], "your result is one map"),
        (lambda x, k, w: maps_of(x, k) @ w + 0.5, "Do the two steps one by one"),
        # Right where there are as many filters as channels.
        (
            lambda x, k, w: maps_of(x, k) @ w[:, : w.shape[0]] if w.shape[0] == w.shape[1] else maps_of(x, k),
            "first step",
        ),
    ],
)
def test_slips_in_the_separable_convolution(answer, told):
    assert told in sentence(check.exercise_12_2, answer)
