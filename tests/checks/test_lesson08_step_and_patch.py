"""Checks of exercises 8.3 and 8.4: right answers in several ways, planted wrong ones named, hostile ones survived."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from answers import HOSTILE, HOSTILE_RESULTS, fails
from mistake_tables import told_apart

from checks import lesson08_step_and_patch as check

# 8.3


def uphill(image, gradient, step_size):
    steepest = np.abs(gradient).max()
    return image.copy() if steepest == 0 else np.clip(image + step_size * gradient / steepest, 0, 255)


def uphill_by_tensorflow(image, gradient, step_size):
    share = tf.math.divide_no_nan(gradient, tf.reduce_max(tf.abs(gradient)))
    return tf.clip_by_value(image + step_size * share, 0.0, 255.0)


def in_halves(image, gradient, step_size):
    steepest = max(gradient.max(), -gradient.min())
    if not steepest:
        return image
    for _ in range(2):
        image = image + np.float32(step_size / 2 / steepest) * gradient
    return np.clip(image, 0, 255)


@tf.function(jit_compile=False)
def jitted(image, gradient, step_size):
    return tf.clip_by_value(image + step_size * tf.math.divide_no_nan(gradient, tf.norm(gradient, np.inf)), 0, 255)


def with_tiny(image, gradient, step_size):
    return np.clip(image + step_size * gradient / (np.abs(gradient).max() + 1e-12), 0, 255)


@pytest.mark.parametrize(
    "answer", [uphill, uphill_by_tensorflow, with_tiny, lambda *a: uphill(*a).tolist(), in_halves, jitted]
)
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
        (lambda p, s, z: uphill(p, -s, z), "goes downhill"),
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
        (lambda p, s, z: uphill(p, s, z).astype("uint8"), "lost its fractions"),
        (lambda p, s, z: uphill(p, s, z).round(), "rounded to whole numbers"),
        (lambda p, s, z: uphill(p, s, z).round(2), "rounded to 2 decimals"),
        (lambda p, s, z: uphill(p, s, z)[None], r"should have the shape \(4, 6, 3\)"),
        (lambda p, s, z: np.clip(p + z * s / np.abs(s).max(), 0, 255), "NaN"),
        (lambda p, s, z: uphill(p, s, z) + (0 if s.any() else 8), "nothing changes"),
        (lambda p, s, z: uphill(p, s, z) + 1, "always 1 too large"),
        (lambda p, s, z: uphill(p, s, 1.1 * z), "should change by step_size = 2.5"),
        (lambda p, s, z: np.clip(p + z * s / (np.abs(s).max() + 1e-5), 0, 255), "should change by step_size = 8"),
        (scaled(lambda s: np.sqrt(np.mean(s**2))), "root of the mean square"),
        (scaled(lambda s: s.std()), "standard deviation"),
        (scaled(lambda s: np.abs(s).sum()), "sum of the absolute"),
        (scaled(lambda s: s.max() - s.min()), "smallest to the largest"),
        (scaled(lambda s: np.abs(s).max(axis=2, keepdims=True)), "each pixel"),
        (lambda p, s, z: uphill(p, np.abs(s), z), "Its sign is lost"),
        (lambda p, s, z: uphill(p, s, 1), "`step_size` is missing"),
        (lambda p, s, z: uphill(p, s, 1 / z), "divide by step_size"),
        (lambda p, s, z: uphill(p, s, z / 2), "step is half"),
        (lambda p, s, z: uphill(p, s, 2 * z), "step is twice"),
        (lambda p, s, z: np.minimum(p + z * s / max(np.abs(s).max(), 1e-12), 255), "goes below 0"),
        (lambda p, s, z: np.maximum(p + z * s / max(np.abs(s).max(), 1e-12), 0), "goes above 255"),
        (lambda p, s, z: uphill(p, s, z) / 255, "divided by 255"),
        (lambda p, s, z: p - z * s / max(np.abs(s).max(), 1e-12), "goes downhill.*And clip"),
        (lambda p, s, z: s.copy(), "this is the gradient"),
        (lambda p, s, z: (p + z * s / max(np.abs(s).max(), 1e-12)).clip(-1, 1), "-1 to 1"),
        (lambda p, s, z: uphill(np.zeros_like(p), s, z), "the step alone, clipped"),
        (lambda p, s, z: p + z * s, "gradient as it is.*And clip"),
        (lambda p, s, z: p + z * s / max(np.linalg.norm(s), 1e-12), "norm of the gradient.*And clip"),
        (lambda p, s, z: p + z * np.sign(s), "only the signs.*And clip"),
        (lambda p, s, z: p + s / max(np.abs(s).max(), 1e-12), "`step_size` is missing.*And clip"),
        (
            lambda p, s, z: uphill(p, s, z).transpose(1, 0, 2),
            r"should have the shape \(4, 6, 3\), yours has \(6, 4, 3\)",
        ),
        (in_place, "changed its input"),
    ],
)
def test_8_3_names_the_mistake(answer, sentence):
    with np.errstate(all="ignore"):
        fails(check.exercise_8_3, answer, match=sentence)


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
def test_8_4_accepts(answer):
    check.exercise_8_4(answer)


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
def test_8_4_names_the_mistake(answer, sentence):
    fails(check.exercise_8_4, answer, match=sentence)


def test_8_3_and_8_4_tell_mistakes_apart(monkeypatch):
    told_apart(check.exercise_8_3, monkeypatch, uphill)
    told_apart(check.exercise_8_4, monkeypatch, loss)


@pytest.mark.parametrize("exercise", [check.exercise_8_3, check.exercise_8_4])
@pytest.mark.parametrize(("answer", "sentence"), HOSTILE + HOSTILE_RESULTS)
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)
