"""Checks of lesson 08: right answers in several ways, planted wrong ones named, hostile ones survived."""

import itertools

import numpy as np
import pytest

from checks import grading
from checks import lesson08 as check
from helpers import anatomy, models


def fails(exercise, answer, match):
    with pytest.raises(grading.NotRight, match=match) as caught:
        exercise(answer)
    assert str(caught.value).startswith(f"Exercise {exercise.number}")


# 8.1


def dead(maps):
    return [channel for channel in range(maps.shape[-1]) if maps[..., channel].max() == 0]


def silent_somewhere(maps):
    return np.flatnonzero((maps.max(axis=(1, 2)) == 0).any(axis=0))


def erases(maps):
    maps[maps < 1] = 0
    return dead(maps)


@pytest.mark.parametrize(
    "answer",
    [
        dead,
        lambda maps: np.flatnonzero(maps.max(axis=(0, 1, 2)) == 0),
        lambda maps: tuple(reversed(dead(maps))),
        lambda maps: set(dead(maps)),
        lambda maps: np.array(dead(maps), dtype=float),
        lambda maps: np.where(~maps.any(axis=(0, 1, 2)))[0],
    ],
)
def test_8_1_accepts(answer):
    check.exercise_8_1(answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (silent_somewhere, r"at least one image.*\*every\*"),
        (lambda maps: dead(maps[:1]), "first image only"),
        (lambda maps: np.flatnonzero((maps == 0).any(axis=(0, 1, 2))), "zero at some position"),
        (lambda maps: sorted(set(range(maps.shape[-1])) - set(dead(maps))), r"\*alive\*"),
        (lambda maps: np.flatnonzero(maps.mean(axis=(0, 1, 2)) < 1e-3), "weak, not dead"),
        (lambda maps: maps.max(axis=(0, 1, 2)) == 0, "np.flatnonzero"),
        (lambda maps: np.where(maps.max(axis=(0, 1, 2)) == 0), r"np.where\(\.\.\.\)\[0\]"),
        (lambda maps: dead(maps) * 2, "twice"),
        (lambda maps: [channel + 1 for channel in dead(maps)], "you list channel|indices go from 0"),
        (lambda maps: dead(maps)[:-1], "you miss channel 4"),
        (lambda maps: maps.max(axis=(0, 1, 2)), "whole number"),
        (lambda maps: len(dead(maps)), "a list of indices is wanted"),
        (lambda maps: [-1], "indices go from 0"),
        (erases, "changed its input"),
    ],
)
def test_8_1_names_the_mistake(answer, sentence):
    fails(check.exercise_8_1, answer, sentence)


# 8.2


def field(stack):
    size, step = 1, 1
    for kernel, stride in stack:
        size += (kernel - 1) * step
        step *= stride
    return size


def field_backwards(stack):
    size = 1
    for kernel, stride in reversed(stack):
        size = (size - 1) * stride + kernel
    return np.float64(size)


@pytest.mark.parametrize("answer", [field, field_backwards, lambda stack: np.int32(field(stack))])
def test_8_2_accepts(answer):
    check.exercise_8_2(answer)


def test_8_2_asks_for_what_the_table_of_layers_says():
    rows = [row for row in anatomy.layers(models.guide_cnn()) if row.layer.startswith(("Conv2D", "MaxPooling2D"))]
    stack = [(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2)]
    assert [row.receptive_field[0] for row in rows] == [check._pixels_seen(stack[: end + 1]) for end in range(6)]


def own_stride_first(stack):
    size, step = 1, 1
    for kernel, stride in stack:
        step *= stride
        size += (kernel - 1) * step
    return size


def adds_strides(less):
    def answer(stack):
        size, step = 1, 1
        for kernel, stride in stack:
            size += (kernel - 1) * step
            step += stride - less
        return size

    return answer


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda stack: 1 + sum(kernel - 1 for kernel, _ in stack), "all strides were 1"),
        (own_stride_first, r"\*after\* it"),
        (adds_strides(1), r"add up the strides.*\*multiplied\*"),
        (adds_strides(0), r"\*multiplied\*.*as it is"),
        (lambda stack: np.prod([kernel for kernel, _ in stack]), "product of the kernel|one too few|all strides"),
        (lambda stack: sum(kernel for kernel, _ in stack), "sum of the kernel"),
        (lambda stack: field(stack) - 1, "start from 1"),
        (lambda stack: np.prod([stride for _, stride in stack]), "the step between neighbours"),
        (lambda stack: field(stack[::-1]), "backwards"),
        (lambda stack: (field(stack), 1), "not the step"),
        (lambda stack: field(stack) + 0.5, "whole number"),
        (lambda stack: field(stack) + 7, "Draw it"),
        (lambda stack: field([stack.pop()]), "changed its input"),
    ],
)
def test_8_2_names_the_mistake(answer, sentence):
    fails(check.exercise_8_2, answer, sentence)


# 8.3


def uphill(image, gradient, step_size):
    steepest = np.abs(gradient).max()
    return image.copy() if steepest == 0 else np.clip(image + step_size * gradient / steepest, 0, 255)


def uphill_by_tensorflow(image, gradient, step_size):
    import tensorflow as tf

    share = tf.math.divide_no_nan(gradient, tf.reduce_max(tf.abs(gradient)))
    return tf.clip_by_value(image + step_size * share, 0.0, 255.0)


def with_tiny(image, gradient, step_size):
    return np.clip(image + step_size * gradient / (np.abs(gradient).max() + 1e-12), 0, 255)


@pytest.mark.parametrize("answer", [uphill, uphill_by_tensorflow, with_tiny, lambda *a: uphill(*a).tolist()])
def test_8_3_accepts(answer):
    check.exercise_8_3(answer)


def scaled(scale):
    """A wrong step: ``scale`` says by what the gradient is divided."""
    return lambda image, gradient, step: np.clip(image + step * gradient / np.maximum(scale(gradient), 1e-12), 0, 255)


def in_place(image, gradient, step_size):
    image += step_size * gradient / max(np.abs(gradient).max(), 1e-12)
    return image


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda p, s, z: uphill(p, -s, z), "goes down"),
        (lambda p, s, z: p + z * s / max(np.abs(s).max(), 1e-12), "Clip it"),
        (lambda p, s, z: np.clip(p + z * s, 0, 255), "gradient as it is"),
        (scaled(lambda s: s.max()), r"steepest one is \*negative\*"),
        (scaled(lambda s: np.linalg.norm(s)), "norm of the gradient"),
        (scaled(lambda s: np.abs(s).mean()), "mean absolute gradient"),
        (scaled(lambda s: np.abs(s)), "whole step"),
        (scaled(lambda s: np.abs(s).max(axis=(0, 1))), "each colour"),
        (lambda p, s, z: z * s / max(np.abs(s).max(), 1e-12), "the step alone"),
        (lambda p, s, z: uphill(p, s, z).clip(0, 1), "0 to 1"),
        (lambda p, s, z: p.copy(), "old image"),
        (lambda p, s, z: uphill(p, s, z).astype("uint8"), "whole numbers.*Return floats"),
        (lambda p, s, z: uphill(p, s, z).round(), "whole numbers.*Return floats"),
        (lambda p, s, z: uphill(p, s, z)[None], r"should have the shape \(6, 5, 3\)"),
        (lambda p, s, z: np.clip(p + z * s / np.abs(s).max(), 0, 255), "NaN"),
        (lambda p, s, z: uphill(p, s, z) + (0 if s.any() else 8), "nothing changes"),
        (lambda p, s, z: uphill(p, s, z) + 1, "result is not right"),
        (in_place, "changed its input"),
    ],
)
def test_8_3_names_the_mistake(answer, sentence):
    with np.errstate(all="ignore"):
        fails(check.exercise_8_3, answer, sentence)


# 8.4


def loss(predict, image, row, column, side, fill):
    covered = image.astype("float32")
    covered[row : row + side, column : column + side] = fill
    before, after = predict(np.stack([image, covered]))
    return float(before - after)


def loss_by_two_calls(predict, image, row, column, side, fill):
    covered = np.array(image, dtype="float32")
    for y, x in itertools.product(range(row, row + side), range(column, column + side)):
        covered[y, x] = fill
    return predict(image[None])[0] - predict(covered[None])[0]


@pytest.mark.parametrize("answer", [loss, loss_by_two_calls])
def test_8_4_accepts(answer):
    check.exercise_8_4(answer)


def after(predict, image, row, column, side, fill):
    return predict(image[None])[0] - loss(predict, image, row, column, side, fill)


def covers_the_original(predict, image, row, column, side, fill):
    before = predict(image[None])[0]
    image[row : row + side, column : column + side] = fill
    return before - predict(image[None])[0]


def same_array(predict, image, row, column, side, fill):
    covered = np.array(image)
    original = covered
    covered[row : row + side, column : column + side] = fill
    return predict(original[None])[0] - predict(covered[None])[0]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda *a: -loss(*a), "sign is turned round"),
        (after, r"\*after\* covering"),
        (lambda f, p, *a: f(p[None])[0], "before covering"),
        (lambda f, p, *a: after(f, p, *a) / f(p[None])[0], "ratio"),
        (lambda f, p, *a: loss(f, p, *a) / f(p[None])[0], "share that was lost"),
        (lambda f, p, r, c, s, fill: loss(f, p, c, r, s, fill), "changed places"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s, 0), "black"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s + 1, fill), "too large"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s - 1, fill), "too small"),
        (lambda f, p, r, c, s, fill: loss(f, p, r - s // 2, c - s // 2, s, fill), "for the middle"),
        (lambda *a: abs(loss(*a)), "sign is lost"),
        (same_array, "same image"),
        (lambda *a: max(0, loss(*a)), r"cut it off.*\*against\*"),
        (lambda f, *a: np.array([loss(f, *a)]), r"take the first, \[0\]"),
        (lambda f, p, *a: f(p[None]) - after(f, p, *a), r"take the first, \[0\]"),
        (lambda *a: loss(*a) + 0.1, "the probability goes from"),
        (lambda f, p, *a: f(p)[0], "predict takes a batch"),
        (lambda f, p, *a: f(np.stack([p, p])), "one number"),
        (covers_the_original, "changed its input"),
    ],
)
def test_8_4_names_the_mistake(answer, sentence):
    fails(check.exercise_8_4, answer, sentence)


# Hostile answers, and stubs.


def raises(*arguments):
    raise KeyError("channel")


def returns_nan(*arguments):
    return float("nan")


EXERCISES = [check.exercise_8_1, check.exercise_8_2, check.exercise_8_3, check.exercise_8_4]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.number)
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (None, "is not filled in yet"),
        ("text", "a function was expected"),
        (12, "a function was expected"),
        (lambda *arguments: None, "returned None"),
        (lambda *arguments: "text", "numbers|list of indices|text"),
        (raises, "KeyError"),
        (returns_nan, "NaN|shape|list of indices|number"),
        (lambda: 1, "TypeError"),
    ],
)
def test_hostile_answers_get_a_sentence(exercise, answer, sentence):
    fails(exercise, answer, sentence)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.number)
def test_a_stub_is_not_filled_in(exercise):
    def stub(*arguments):
        raise NotImplementedError

    with pytest.raises(grading.NotFilledIn):
        exercise(stub)
