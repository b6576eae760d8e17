"""The checks of lesson 03 accept every right way, call usual mistakes by name, and survive the rest."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax

from checks import lesson03 as check
from checks.grading import NotFilledIn, NotRight

CHECKS = [getattr(check, f"exercise_3_{number}") for number in range(1, 6)]


def says(exercise, answer, message):
    with np.errstate(all="ignore"), pytest.raises(NotRight, match=message):
        exercise(answer)


# 3.1 -------------------------------------------------------------------------------------------------------------


def naive_softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def loop_softmax(z):
    rows = []
    for row in z.tolist():
        powers = [np.exp(value - max(row)) for value in row]
        rows.append([power / sum(powers) for power in powers])
    return rows


def whole_batch_shift(z):
    return naive_softmax(z - z.max())


@pytest.mark.parametrize(
    "answer",
    [
        lambda z: softmax(z, axis=1),
        loop_softmax,
        lambda z: tf.nn.softmax(z),
        lambda z: keras.ops.softmax(z.astype("float32")),
        lambda z: naive_softmax(z - z.max(axis=1)[:, None]),
        lambda z: np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True)),
    ],
)
def test_softmax_right(answer):
    check.exercise_3_1(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (naive_softmax, r"exp\(1000\)"),
        (whole_batch_shift, "whole batch: each row needs its own"),
        (lambda z: naive_softmax(np.clip(z, -500, 500)), "Clipping"),
        (lambda z: np.exp(z) / np.exp(z).sum(axis=0), "columns"),
        (lambda z: np.exp(z) / np.exp(z).sum(), "whole batch"),
        (np.exp, "exponentials"),
        (lambda z: z / z.sum(axis=1, keepdims=True), "the logits themselves"),
        (lambda z: log_softmax(z, axis=1), "logarithms"),
        (lambda z: 1 / (1 + np.exp(-z)), "sigmoid"),
        (lambda z: np.exp2(z) / np.exp2(z).sum(axis=1, keepdims=True), "raise 2"),
        (lambda z: np.eye(z.shape[1])[z.argmax(axis=1)], "all to the largest"),
        (lambda z: softmax(z, axis=1).T, "swapped"),
        (lambda z: softmax(z, axis=1)[0], "one row. Each image"),
        (lambda z: np.exp(z) / np.exp(z).sum(axis=1), "ValueError.*keepdims=True"),
        (lambda z: naive_softmax(z - z.max(axis=1)), "ValueError.*keepdims=True"),
        (lambda z: tf.exp(z) / tf.reduce_sum(tf.exp(z), axis=1), "keepdims=True"),
        (lambda z: naive_softmax(z - 1000), "a fixed number"),
        (lambda z: naive_softmax(z - z.min(axis=1, keepdims=True)), "both large and small"),
        (lambda z: naive_softmax(z - z.mean(axis=1, keepdims=True)), "both large and small"),
        (lambda z: naive_softmax(z - z[:, :1]), "both large and small"),
        (lambda z: naive_softmax(z - z[:, -1:]), "both large and small"),
    ],
)
def test_softmax_wrong(answer, message):
    says(check.exercise_3_1, answer, message)


@pytest.mark.filterwarnings("error")
def test_an_overflow_in_an_answer_writes_no_warning():
    says(check.exercise_3_1, naive_softmax, r"exp\(1000\)")


# 3.3 -------------------------------------------------------------------------------------------------------------


def rows(labels):
    return np.arange(len(labels))


def with_probabilities(cost):
    """A cross-entropy that is right apart from what ``cost`` does with the probabilities."""
    return lambda z, y: cost(softmax(z, axis=1), y)


def shifted(shift):
    """Log of the sum after a shift of the logits that is meant to avoid the overflow."""

    def cross_entropy(z, y):
        z = z - shift(z)
        return np.mean(np.log(np.exp(z).sum(axis=1)) - z[rows(y), y])

    return cross_entropy


@pytest.mark.parametrize(
    "answer",
    [
        lambda z, y: float(-log_softmax(z, axis=1)[rows(y), y].mean()),
        shifted(lambda z: z.max(axis=1, keepdims=True)),
        lambda z, y: keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y, z),
        lambda z, y: tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=z)),
        lambda z, y: np.mean(np.logaddexp.reduce(z, axis=1) - z[rows(y), y]),
        lambda z, y: sum(-log_softmax(z, axis=1)[i, label] for i, label in enumerate(y)) / len(y),
        lambda z, y: -(log_softmax(z, axis=1) * np.eye(z.shape[1])[y]).sum(axis=1).mean(),
    ],
)
def test_cross_entropy_right(answer):
    check.exercise_3_3(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (with_probabilities(lambda p, y: -np.log(p[rows(y), y]).mean()), "log 0"),
        (with_probabilities(lambda p, y: -np.log(p[rows(y), y] + 1e-12).mean()), "clipped"),
        (with_probabilities(lambda p, y: -np.log(np.clip(p[rows(y), y], 1e-7, 1)).mean()), "clipped"),
        (with_probabilities(lambda p, y: -np.log(p[rows(y), y]).sum()), "sum over the batch"),
        (with_probabilities(lambda p, y: -np.log2(p[rows(y), y]).mean()), "bits"),
        (with_probabilities(lambda p, y: -np.log10(p[rows(y), y]).mean()), "log10"),
        (with_probabilities(lambda p, y: np.log(p[rows(y), y]).mean()), "sign"),
        (with_probabilities(lambda p, y: -(np.log(p) * np.eye(p.shape[1])[y]).mean()), "images × classes"),
        (with_probabilities(lambda p, y: -np.log(p).mean()), "all classes"),
        (with_probabilities(lambda p, y: -np.log(p)[:, y].mean()), "Pair each row"),
        (with_probabilities(lambda p, y: -np.log(softmax(p, axis=1)[rows(y), y]).mean()), "twice"),
        (with_probabilities(lambda p, y: -np.log(p[rows(y), y].mean())), "average the probabilities"),
        (with_probabilities(lambda p, y: (1 - p[rows(y), y]).mean()), "1 - p"),
        (with_probabilities(lambda p, y: ((p - np.eye(p.shape[1])[y]) ** 2).mean()), "squared error"),
        (with_probabilities(lambda p, y: -np.log(p[rows(y), y])), "mean is the loss"),
        (lambda z, y: -np.log((np.exp(z) / np.exp(z).sum(axis=0))[rows(y), y]).mean(), "columns"),
        (lambda z, y: -np.log((np.exp(z) / np.exp(z).sum())[rows(y), y]).mean(), "whole batch"),
        (lambda z, y: -z[rows(y), y].mean(), "without softmax"),
        (lambda z, y: keras.losses.SparseCategoricalCrossentropy()(y, z), "from_logits=True"),
        (lambda z, y: 7.0, "log 10"),
        (shifted(lambda z: 0), r"exp\(1000\) in your sum overflow, as in exercise 3.1"),
        (lambda z, y: -np.log(naive_softmax(z)[rows(y), y]).mean(), r"exp\(1000\) in your sum overflow"),
        (shifted(lambda z: z.min(axis=1, keepdims=True)), r"exp\(1000\) in your sum"),
        (shifted(lambda z: z.mean(axis=1, keepdims=True)), "exp still too large"),
        (shifted(lambda z: z.max()), "whole batch: each row needs its own"),
        (
            with_probabilities(lambda p, y: np.nan_to_num(-np.log(p[rows(y), y]), posinf=1000).mean()),
            "-1000.*you have 1,000",
        ),
    ],
)
def test_cross_entropy_wrong(answer, message):
    says(check.exercise_3_3, answer, message)


# What may come, whatever the exercise ------------------------------------------------------------------------------


def stub(*_):
    raise NotImplementedError


def raises(*_):
    raise KeyError("colour")


@pytest.mark.parametrize("exercise", CHECKS)
@pytest.mark.parametrize("answer", [None, ..., stub])
def test_not_filled_in(exercise, answer):
    with pytest.raises(NotFilledIn, match=r"Exercise 3\.\d is not filled in yet"):
        exercise(answer)


@pytest.mark.parametrize("exercise", CHECKS)
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (2 / 3, "a function was expected"),
        (np.zeros(3), "a function was expected"),
        (raises, "KeyError"),
        (lambda: 1, "TypeError"),
        (lambda *_: None, "returned None"),
        (lambda *_: "0.5", "numbers"),
        (lambda *_: {"loss": 1}, "numbers"),
        (lambda *_: [[1, 2], [3]], "numbers|shape"),
        (lambda *_: float("nan"), "NaN|nan: one number|shape|one derivative"),
        (lambda *given: np.full(np.shape(given[0]), np.nan), "NaN|one number|shape|numbers|losses"),
        (lambda *_: np.inf, "infinity|inf: one number|shape|one derivative"),
    ],
)
def test_hostile(exercise, answer, message):
    says(exercise, answer, message)


@pytest.mark.parametrize("exercise", CHECKS[:4])
def test_a_changed_input_is_noticed(exercise):
    def changes(first, *rest):
        first *= 0
        return 1.0

    says(exercise, changes, "changed its input")


REFERENCES = ["softmax", "relu_pool_gradient", "cross_entropy", "descent_step", "numerical_gradient"]


@pytest.mark.parametrize(("exercise", "name"), zip(CHECKS, REFERENCES))
def test_what_a_lesson_goes_on_with_passes_its_check(exercise, name):
    exercise(getattr(check, f"reference_{name}"))
