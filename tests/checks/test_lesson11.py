"""Checks of lesson 11: right answers in several ways, planted wrong ones named, hostile ones survived."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from answers import HOSTILE, HOSTILE_RESULTS, fails, passes
from mistake_tables import distinguishable

from checks import lesson11 as check
from helpers import augmentation
from helpers.teaching import noise

# 11.1


def by_degrees_of_freedom(rows):
    freedom = [len(row) - 1 for row in rows]
    return np.sqrt(np.average([row.var(ddof=1) for row in rows], weights=freedom))


def by_loops(rows):
    squares, freedom = 0.0, 0
    for row in rows:
        mean = sum(row) / len(row)
        squares += sum((value - mean) ** 2 for value in row)
        freedom += len(row) - 1
    return (squares / freedom) ** 0.5


def by_residuals(rows):
    left = np.concatenate([row - row.mean() for row in rows])
    return np.linalg.norm(left) / np.sqrt(len(left) - len(rows))


@pytest.mark.parametrize(
    "answer",
    [
        by_degrees_of_freedom,
        by_loops,
        by_residuals,
        check.reference_pooled_deviation,
        lambda rows: noise.pooled(rows)[0],
        lambda rows: tf.constant(by_loops(rows)),
    ],
)
def test_11_1_accepts(answer):
    passes(check.exercise_11_1, answer)


def deviations(rows, ddof=1):
    return np.array([np.std(row, ddof=ddof) for row in rows])


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda rows: np.concatenate(rows).std(ddof=1), "the gaps between recipes count as noise"),
        (lambda rows: np.concatenate(rows).std(), "and divide by their number"),
        (lambda rows: deviations(rows).mean(), "you average the standard deviations"),
        (lambda rows: np.median(deviations(rows)), "the median of the standard deviations"),
        (lambda rows: np.sqrt((deviations(rows) ** 2).mean()), "count the same in yours, long or short"),
        (
            lambda rows: np.sqrt(np.mean(np.concatenate([row - row.mean() for row in rows]) ** 2)),
            "divide by the number of figures",
        ),
        (
            lambda rows: np.concatenate([row - row.mean() for row in rows]).std(ddof=1),
            "the number of all figures minus 1",
        ),
        (lambda rows: deviations(rows, 0).mean(), "that were divided by n"),
        (lambda rows: by_loops(rows) ** 2, "this is the variance"),
        (lambda rows: np.std([row.mean() for row in rows], ddof=1), r"deviation of the \*means\*"),
        (lambda rows: rows[0].std(ddof=1), "the first row alone"),
        (lambda rows: np.sqrt(sum(((row - row.mean()) ** 2).sum() for row in rows)), "not divided"),
        (lambda rows: by_loops(rows) / np.sqrt(len(rows[0])), "standard error"),
        (lambda rows: 100 * by_loops(rows), "100"),
        (lambda rows: by_loops(rows) + 0.001, "mean of its own row"),
        (lambda rows: None, "returned None"),
    ],
)
def test_11_1_names_the_mistake(answer, sentence):
    fails(check.exercise_11_1, answer, match=sentence)


def test_mistakes_of_11_1_are_distinguishable(monkeypatch):
    distinguishable(check.exercise_11_1, monkeypatch, by_loops)


def test_the_lesson_goes_on_with_a_right_flip():
    passes(check.exercise_11_2, check.reference_flip)


# 11.2


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


def columns(x, chosen):
    forward = np.arange(x.shape[2])
    return np.where(chosen[:, None], forward[::-1], forward)[:, None, :, None]


@pytest.mark.parametrize(
    "answer",
    [
        flip,
        flip_with_where,
        flip_by_loops,
        flip_in_tensorflow,
        lambda x, c: flip(x, c).astype("float32"),
        lambda x, c: np.stack([np.fliplr(image) if one else image for image, one in zip(x, c)]),
        lambda x, chosen=None: tuple(tf.image.flip_left_right(i) if one else i for i, one in zip(x, chosen)),
        functools.partial(lambda x, chosen, axis: np.take_along_axis(x, columns(x, chosen), axis), axis=2),
    ],
)
def test_11_2_accepts(answer):
    passes(check.exercise_11_2, answer)


def flipped_along(*slices):
    def answer(x, chosen):
        flipped = x.copy()
        flipped[chosen] = x[chosen][(slice(None), *slices)]
        return flipped

    return answer


def in_place(x, chosen):
    x[chosen] = x[chosen, :, ::-1]
    return x


def reversed_order(x, chosen):
    flipped = x.copy()
    flipped[chosen] = x[chosen][::-1, :, ::-1]
    return flipped


BACK = slice(None, None, -1)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (flipped_along(BACK), "upside down"),
        (flipped_along(BACK, BACK), "180 degrees"),
        (flipped_along(..., BACK), "red becomes blue"),
        (lambda x, c: x[::-1], "order of the images"),
        (lambda x, c: x[:, :, ::-1], "all images are flipped"),
        (lambda x, c: flip(x, ~c), "were \\*not\\* chosen"),
        (lambda x, c: np.fliplr(x), "all images are upside down"),
        (lambda x, c: np.flip(x), "all axes are reversed"),
        (lambda x, c: flip(x, np.isin(np.arange(len(x)), c * 1)), "the numbers 1 and 0"),
        (lambda x, c: flip(x, np.arange(len(x)) == np.argmax(c)) if c.any() else x, "only the first of the chosen"),
        (flipped_along(slice(None), BACK, BACK), "colours are in reversed order"),
        (reversed_order, "order among each other"),
        (lambda x, c: x[c], "came back, and not flipped"),
        (lambda x, c: x[~c], "only the other images"),
        (lambda x, c: flip(x, c) * c[:, None, None, None], "not chosen are lost"),
        (lambda x, c: (x.astype(float) + flip(x, c)) / 2, "first column becomes the last"),
        (lambda x, c: flip(x, c).tobytes(), "made of numbers"),
        (lambda x, c: x.copy(), "nothing is flipped"),
        (lambda x, c: x[c, :, ::-1], "only the chosen images"),
        (lambda x, c: flip(x, c)[:1], "should have the shape"),
        (lambda x, c: flip(x, c) if c.any() else 255 - x, "None is chosen"),
        (lambda x, c: flip(x, c) / 255, "divided by 255"),
        (lambda x, c: np.swapaxes(x, 1, 2), "numbers are not"),
        (in_place, "changed its input"),
    ],
)
def test_11_2_names_the_mistake(answer, sentence):
    fails(check.exercise_11_2, answer, match=sentence)


def test_11_2_agrees_with_the_helper():
    x = np.random.default_rng(0).integers(0, 256, (8, 4, 5, 3)).astype(np.uint8)
    flipped = augmentation.alternating_flip(x, 0, np.random.default_rng(3))
    chosen = (flipped != x).any(axis=(1, 2, 3))
    np.testing.assert_array_equal(flip(x, chosen), flipped)


def test_mistakes_of_11_2_are_distinguishable(monkeypatch):
    distinguishable(check.exercise_11_2, monkeypatch, flip)


@pytest.mark.parametrize("exercise", [check.exercise_11_1, check.exercise_11_2])
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [*HOSTILE, *HOSTILE_RESULTS, (lambda x, *_: np.full(np.shape(x), np.nan), "NaN")],
)
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)
