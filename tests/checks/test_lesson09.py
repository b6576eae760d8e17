"""Checks of exercise 9.1: right answers in several ways, planted wrong ones named, hostile ones survived."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from answers import HOSTILE, HOSTILE_RESULTS, fails
from mistake_tables import distinguishable

from checks import lesson09 as check


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


def loss_by_mask(predict, image, row, column, side, fill):
    mask = np.zeros(image.shape[:2], bool)
    mask[row : row + side, column : column + side] = True
    before, after = (np.squeeze(predict(one[np.newaxis])) for one in (image, np.where(mask[..., None], fill, image)))
    return before - after


class Loss:
    """A callable object, with tensors."""

    def __call__(self, predict, image, row, column, side, fill):
        covered = tf.Variable(tf.cast(image, tf.float64))
        covered[row : row + side, column : column + side].assign(np.broadcast_to(fill, (side, side, 3)))
        return tf.convert_to_tensor(predict(image[None]) - predict(covered[None]))[0]


@pytest.mark.parametrize("answer", [loss, loss_by_two_calls, loss_by_mask, Loss(), lambda *a: np.float32(loss(*a))])
def test_9_1_accepts(answer):
    check.exercise_9_1(answer)


def after(predict, image, row, column, side, fill):
    return predict(image[None])[0] - loss(predict, image, row, column, side, fill)


def copy_of_whole_numbers(predict, image, row, column, side, fill):
    covered = image.copy()
    covered[row : row + side, column : column + side] = fill
    return predict(image[None])[0] - predict(covered[None])[0]


def covering(predict, image, where, fill):
    covered = image.astype(float)
    covered[where] = fill
    return predict(image[None])[0] - predict(covered[None])[0]


def around(row, column, before, behind):
    return np.s_[max(row - before, 0) : row + behind, max(column - before, 0) : column + behind]


def everything_else(predict, image, row, column, side, fill):
    covered, patch = np.zeros(image.shape) + fill, np.s_[row : row + side, column : column + side]
    covered[patch] = image[patch]
    return predict(image[None])[0] - predict(covered[None])[0]


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
        (lambda *a: -loss(*a), "sign is reversed"),
        (after, r"\*after\* covering"),
        (lambda f, p, *a: f(p[None])[0], "before covering"),
        (lambda f, p, *a: after(f, p, *a) / f(p[None])[0], "ratio"),
        (lambda f, p, *a: loss(f, p, *a) / f(p[None])[0], "share that was lost"),
        (lambda f, p, r, c, s, fill: loss(f, p, c, r, s, fill), "`row` for `column`"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s, 0), "black"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s + 1, fill), "too large"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s - 1, fill), "too small"),
        (lambda f, p, r, c, s, fill: loss(f, p, r - s // 2, c - s // 2, s, fill), "for the middle"),
        (lambda *a: abs(loss(*a)), "sign is lost"),
        (same_array, "same image"),
        (lambda *a: max(0, loss(*a)), r"cut off in your answer.*\*against\*"),
        (lambda f, *a: np.array([loss(f, *a)]), r"take the first, \[0\]"),
        (lambda f, p, *a: f(p[None]) - after(f, p, *a), r"take the first, \[0\]"),
        (lambda *a: loss(*a) + 0.1, "The probability goes from"),
        (lambda *a: round(loss(*a), 2), "rounded to 2 decimals"),
        (lambda *a: 100 * loss(*a), "per cent"),
        (lambda *a: loss(*a) * (1 + 1e-4), "that is not it"),
        (lambda *a: loss(*a) / 2, "half"),
        (lambda f, p, *a: after(f, p, *a) + f(p[None])[0], "sum of the two"),
        (lambda f, p, *a: f(p[None])[0] / after(f, p, *a), "before divided by the one after"),
        (lambda f, p, *a: np.log(f(p[None])[0] / after(f, p, *a)), "logarithms"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s, 255), "white"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s, 128), "medium grey"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s, p.mean(axis=(0, 1))), "mean colour"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s, fill.mean()), "mean of `fill`"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s, fill[0]), "first number of `fill`"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s, fill[::-1]), "reversed order"),
        (lambda f, p, r, c, s, fill: loss(f, p, r, c, s, fill.astype(int)), "fractions of `fill`"),
        (copy_of_whole_numbers, "fractions of `fill`"),
        (lambda f, p, r, c, s, fill: loss(f, p, r + 1, c + 1, s, fill), "too far down"),
        (lambda f, p, r, c, s, fill: loss(f, p, r - 1, c - 1, s, fill), "too far up"),
        (lambda f, p, r, c, s, fill: covering(f, p, np.s_[r:s, c:s], fill), "slices end at `side`"),
        (lambda f, p, r, c, s, fill: covering(f, p, np.s_[r : r + s], fill), "whole rows"),
        (lambda f, p, r, c, s, fill: covering(f, p, np.s_[:, c : c + s], fill), "whole columns"),
        (lambda f, p, r, c, s, fill: covering(f, p, np.s_[:], fill), "the whole image"),
        (lambda f, p, r, c, s, fill: loss(lambda x: f(x / 255), p, r, c, s, fill), "divided by 255"),
        (
            lambda f, p, r, c, s, fill: covering(f, p, np.s_[r : r + s, c : c + s, 0], fill[0]),
            "one of the three colours",
        ),
        (lambda f, p, r, c, s, fill: covering(f, p, around(r, c, s, s), fill), "twice as large"),
        (lambda f, p, r, c, s, fill: covering(f, p, around(r, c, s, 0), fill), "for the lower right one"),
        (everything_else, "everything else"),
        (lambda f, p, *a: f(p)[0], "predict takes a batch"),
        (lambda f, p, *a: f(np.stack([p, p])), "two numbers"),
        (covers_the_original, "changed its input"),
    ],
)
def test_9_1_names_the_mistake(answer, sentence):
    fails(check.exercise_9_1, answer, match=sentence)


def test_9_1_distinguishes_mistakes(monkeypatch):
    distinguishable(check.exercise_9_1, monkeypatch, loss)


@pytest.mark.parametrize(("answer", "sentence"), HOSTILE + HOSTILE_RESULTS)
def test_hostile_answers(answer, sentence):
    fails(check.exercise_9_1, answer, match=sentence)
