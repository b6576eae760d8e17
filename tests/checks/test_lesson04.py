"""The checks of lesson 04: every right way passes, every usual wrong one is named, nothing gets past or breaks them."""

import math
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from checks import lesson04 as check
from checks.grading import NotFilledIn, NotRight


def raises(message):
    return pytest.raises(NotRight, match=message)


def conv(kernel_size, channels, filters):
    return filters * (kernel_size * kernel_size * channels + 1)


def side(side, kernel_size, stride, padding):
    return -(-side // stride) if padding == "same" else (side - kernel_size) // stride + 1


def dense(input_shape, units):
    return units * (math.prod(input_shape) + 1)


def conv_by_keras(kernel_size, channels, filters):
    return keras.Sequential([keras.Input((9, 9, channels)), keras.layers.Conv2D(filters, kernel_size)]).count_params()


def side_by_keras(side, kernel_size, stride, padding):
    layer = keras.layers.Conv2D(1, kernel_size, stride, padding)
    return layer.compute_output_shape((None, side, side, 1))[1]


FUNCTIONS = {check.exercise_4_1: conv, check.exercise_4_2: side, check.exercise_4_3: dense}


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (check.exercise_4_1, conv),
        (check.exercise_4_1, conv_by_keras),
        (check.exercise_4_1, lambda k, c, f: np.float32(k**2 * c * f + f)),
        (check.exercise_4_1, lambda k, c, f: tf.constant(conv(k, c, f))),
        (check.exercise_4_2, side),
        (check.exercise_4_2, side_by_keras),
        (check.exercise_4_2, lambda s, k, t, p: np.ceil((s if p == "same" else s - k + 1) / t)),
        (
            check.exercise_4_2,
            lambda s, k, t, p: np.int64(math.floor((s - k) / t + 1)) if p == "valid" else side(s, k, t, p),
        ),
        (check.exercise_4_3, dense),
        (check.exercise_4_3, lambda s, u: np.prod(s) * u + u),
        (check.exercise_4_3, lambda s, u: np.array(dense(s, u), dtype="float32")),
    ],
)
def test_right_functions_pass(exercise, answer, capsys):
    exercise(answer)
    assert f"Exercise {exercise.number}: right." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda k, c, f: k * k * c * f, "kernel_size 3, 3 channels in, 4 filters .* 108 is the answer without biases"),
        (lambda k, c, f: k * k * c * f + 1, "single bias"),
        (lambda k, c, f: (k * k + 1) * c * f, "bias for every channel"),
        (lambda k, c, f: k * k * c * f + c, "one bias per input channel"),
        (lambda k, c, f: (k * k + 1) * f, "leaves the channels"),
        (lambda k, c, f: (k * c + 1) * f, "single row"),
        (lambda k, c, f: k * k * c + 1, "one filter's share"),
        (lambda k, c, f: 42, "kernel_size 3, 3 channels in, 4 filters.*on paper"),
        (lambda k, c, f: conv(k, f, c), "the channel or the filter"),
        (lambda k, c, f: conv(k, c, f) + 0.5, "whole number"),
    ],
)
def test_wrong_counts_of_a_convolution_are_named(answer, message):
    with raises(message):
        check.exercise_4_1(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda s, k, t, p: side(s, k, t, p) - (p == "valid"), "one window is missing"),
        (lambda s, k, t, p: s if p == "same" else side(s, k, t, p), "stays the same only for stride 1"),
        (lambda s, k, t, p: s // t if p == "same" else side(s, k, t, p), '"same" a rest of the division'),
        (
            lambda s, k, t, p: side(s, k, t, p) if p == "same" else math.ceil((s - k) / t) + 1,
            "would extend beyond the border",
        ),
        (lambda s, k, t, p: s if p == "same" else s - k + 1, "the stride is left out"),
        (lambda s, k, t, p: side(s, k, t, p) if p == "same" else (s - k + 1) // t, "stands inside the division"),
        (lambda s, k, t, p: side(s, k, t, p) if p == "same" else s - k + 1, '"valid" the stride is left out'),
        (
            lambda s, k, t, p: (s + 2 * (k // 2 if p == "same" else 0) - k) // t + 1,
            "one too many for a kernel of even size",
        ),
        (lambda s, k, t, p: side(s, k, t, "valid"), 'both paddings give the result of "valid"'),
        (lambda s, k, t, p: side(s, k, t, "same"), 'both paddings give the result of "same"'),
        (lambda s, k, t, p: side(s, k, t, "same" if p == "valid" else "valid"), "the other way round"),
        (lambda s, k, t, p: s / t if p == "same" else (s - k) / t + 1, "keeps its rest"),
        (lambda s, k, t, p: 6, "side 7, kernel 1, stride 1, 'same' you have 6"),
    ],
)
def test_wrong_output_sides_are_named(answer, message):
    with raises(message):
        check.exercise_4_2(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda s, u: math.prod(s) * u, r"input \(2, 3, 3\) and 1 units, 18 is the answer without biases"),
        (lambda s, u: math.prod(s) * (u + 1), "bias for every input"),
        (lambda s, u: math.prod(s) * u + 1, "single bias"),
        (lambda s, u: (sum(s) + 1) * u, "adds the sides"),
        (lambda s, u: (s[-1] + 1) * u, "channels only"),
        (lambda s, u: (math.prod(s[:2]) + 1) * u, "leaves the channels out"),
        (lambda s, u: (math.prod(s[1:]) + 1) * u, "first number of the shape"),
        (lambda s, u: dense(s, 512), "the count for 512 units"),
        (lambda s, u: dense(s, u) if len(s) == 3 else 1, r"input \(400,\) and 64 units you have 1,"),
        (lambda s, u: s[0] * s[1] * s[2] * u, "stopped with IndexError"),
    ],
)
def test_wrong_counts_of_a_dense_layer_are_named(answer, message):
    with raises(message):
        check.exercise_4_3(answer)


PARAMETERS, MACS = 3_244_970, 25_744_384


@pytest.mark.parametrize("kind", [int, float, np.int64, np.array, tf.constant])
def test_the_strides_exercise_accepts_every_kind_of_number(kind, capsys):
    check.exercise_4_4(kind(PARAMETERS), kind(MACS))
    assert "18 times the parameters and 15 times the work" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ((181_162, MACS), "the old count"),
        ((28_064, MACS), "two convolutions only"),
        ((PARAMETERS - 32 - 32 - 512 - 10, MACS), "without biases"),
        ((512 * (28 * 28 * 32 + 1) + 33_194, MACS), "pooling is still there"),
        ((512 * (16 * 16 * 32 + 1) + 33_194, MACS), "second one is valid"),
        ((512 * (7 * 7 * 32 + 1) + 33_194, MACS), "only one of the two strides"),
        ((PARAMETERS - 5_130, MACS), "Dense with ten units"),
        ((PARAMETERS - 32 * 25 * 29, MACS), "not the three colours"),
        ((512 * (12 * 12 * 32 + 1) + 33_194, MACS), "first convolution has padding same"),
        ((512 * (6 * 6 * 32 + 1) + 33_194, MACS), "only one of the two strides became 1 in this answer"),
        ((181_163, MACS), "parameters: 181,163 is not it"),
        ((28_065, MACS), "parameters: 28,065 is not it"),
        ((PARAMETERS, 22_528_001), "macs: 22,528,001 is not it"),
        ((PARAMETERS, MACS - 1), "macs: 25,744,383 is not it"),
        ((PARAMETERS, MACS - 32**3 * 50 - 28**2 * 32 * 775), "leaves the depth of the filters out"),
        ((PARAMETERS, MACS + (32**2 - 28**2) * 32 * 800), "fewer positions than 32 × 32"),
        ((PARAMETERS, MACS - 28 * 28 * 32 * 25 * 29), "not the three colours"),
        ((PARAMETERS, 18_991_616), "first convolution has padding same"),
        ((PARAMETERS, MACS - (14 * 14 * 32 - 288) * 512), "no longer 288 numbers"),
        ((PARAMETERS, 32**3 * 76 + 28**2 * 32 * 801 + 512 * 6_273 + 10 * 513), "a bias for every output number"),
        ((PARAMETERS, MACS + 586), "each bias once"),
        ((PARAMETERS, MACS + 522), "biases are among them"),
        ((PARAMETERS + 1, MACS), r"parameters: 3,244,971 is not it"),
        ((PARAMETERS, 2 * MACS), "FLOPs"),
        ((PARAMETERS, 1_688_576), "the old count"),
        ((PARAMETERS, 4 * 1_688_576), "four times the old count"),
        ((PARAMETERS, 22_528_000), "dense layers are missing"),
        ((PARAMETERS, 3_216_384), "dense layers only"),
        ((PARAMETERS, MACS - 5_120), "last layer is missing"),
        ((PARAMETERS, 7), "macs: 7 is not it"),
        ((MACS, PARAMETERS), "swapped"),
        ((PARAMETERS, [MACS]), "one number"),
        ((PARAMETERS, float("nan")), "NaN"),
        ((f"{PARAMETERS:,}", MACS), "made of numbers"),
    ],
)
def test_wrong_answers_to_the_strides_exercise_are_named(answers, message):
    with raises(message):
        check.exercise_4_4(*answers)


@pytest.mark.parametrize("answers", [(None, None), (PARAMETERS, None), (None, MACS), (..., MACS)])
def test_the_strides_exercise_met_by_a_stub(answers):
    with pytest.raises(NotFilledIn, match=r"Exercise 4\.4 is not filled in yet"):
        check.exercise_4_4(*answers)


def stub(*_):
    raise NotImplementedError


def broken(*_):
    raise ZeroDivisionError("by hand")


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda exercise: exercise.number)
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "is not filled in yet"),
        (stub, "is not filled in yet"),
        (lambda *_: None, "returned None"),
        (lambda *_: float("nan"), "NaN"),
        (lambda *_: "2432", "made of numbers"),
        (lambda *_: [1, 2], "one number"),
        (lambda *_: True, "made of numbers"),
        (lambda: 1, "stopped with TypeError"),
        (broken, r"stopped in line \d+ .* with ZeroDivisionError: by hand"),
        (2_432, "a function was expected"),
        ("text", "a function was expected"),
    ],
)
def test_hostile_answers_get_a_sentence(exercise, answer, message):
    with raises(rf"Exercise {exercise.number}.*{message}"):
        exercise(answer)


@pytest.mark.parametrize(("exercise", "right"), FUNCTIONS.items(), ids=lambda each: getattr(each, "number", ""))
def test_no_message_gives_the_solution_away(exercise, right):
    first = {"4.1": (3, 32, 100), "4.2": (16, 5, 2, "valid"), "4.3": ((6, 6, 32), 100)}[exercise.number]
    with pytest.raises(NotRight) as caught:
        exercise(lambda *case: right(*case) + 1)
    assert not re.search(rf"\b{right(*first):,}\b", str(caught.value).replace("side 16", ""))
