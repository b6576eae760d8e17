"""Check of exercise 15.5: right answers in several ways, planted wrong ones named, hostile ones survived."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from answers import HOSTILE, HOSTILE_RESULTS, fails, passes
from mistake_tables import distinguishable

from checks import lesson15_smoothing as check


def targets(y, classes, smoothing):
    return (1 - smoothing) * np.eye(classes)[y] + smoothing / classes


def targets_by_loops(y, classes, smoothing):
    rows = [[smoothing / classes] * classes for _ in y]
    for row, label in zip(rows, y):
        row[label] += 1 - smoothing
    return rows


def targets_by_keras(y, classes, smoothing):
    one_hot = keras.utils.to_categorical(y, classes)
    return one_hot * (1 - smoothing) + smoothing / classes


def loss(logits, targets):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return -(targets * (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))).sum(axis=1).mean()


def loss_by_tensorflow(logits, targets):
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, logits))


def loss_by_logaddexp(logits, targets):
    return np.mean(np.logaddexp.reduce(logits, axis=1) - np.sum(targets * logits, axis=1))


@pytest.mark.parametrize("first", [targets, targets_by_loops, targets_by_keras])
@pytest.mark.parametrize("second", [loss, loss_by_tensorflow, loss_by_logaddexp])
def test_accepts(first, second):
    passes(check.exercise_15_5, first, second)


def of_integers(y, classes, smoothing):
    rows = np.eye(classes, dtype=int)[y]
    rows[:] = rows * (1 - smoothing) + smoothing / classes
    return rows


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda y, k, s: np.where(np.eye(k)[y], 1 - s, s / (k - 1)), r"the \*other\* classes only"),
        (lambda y, k, s: np.where(np.eye(k)[y], 1 - s, s / k), "the true class has 1 − smoothing. It gets its part"),
        (lambda y, k, s: np.where(np.eye(k)[y], 1, s / k), "still has 1"),
        (lambda y, k, s: np.eye(k)[y] + s / k, "more than 1. Take the share away"),
        (lambda y, k, s: np.eye(k)[y] * (1 - s), "given to nobody"),
        (lambda y, k, s: np.eye(k)[y] * (1 - s) + s, "divided by the number of classes"),
        (lambda y, k, s: np.eye(k)[y], "Where does `smoothing` come in"),
        (lambda y, k, s: np.eye(k)[y] * s + (1 - s) / k, "swapped"),
        (of_integers, "whole numbers"),
        (lambda y, k, s: np.where(np.eye(k)[y], s, (1 - s) / (k - 1)), "is to have more than the others"),
        (lambda y, k, s: np.eye(k)[y] * (1 - s) + s / len(y), r"number of \*images\*"),
        (lambda y, k, s: np.eye(k)[y] * (1 - s) + s / (k - 1), "divided by classes − 1"),
        (lambda y, k, s: np.full((len(y), k), 1 / k), "every class gets the same"),
        (lambda y, k, s: targets(y, k, 0.2), "always 0.2"),
        (lambda y, k, s: targets(y, 10, s), "always ten classes"),
        (lambda y, k, s: targets(y, k, s) * 0.9, "adds up to 0.900"),
        (lambda y, k, s: targets(y, k, s) * np.r_[0.9, np.ones(len(y) - 1)][:, None], "first row adds up to 0.900"),
        (lambda y, k, s: targets(y, k, s) * np.r_[1, np.full(len(y) - 1, 0.9)][:, None], r"first row is \[0.05, 0.05,"),
        (lambda y, k, s: targets(y, k, s / 2), "How much should the true class have"),
        (lambda y, k, s: targets(y, k, s) + 0.05, "adds up to 1.2"),
        (lambda y, k, s: targets(y, k, s).T, "rows and columns of your result are swapped"),
        (lambda y, k, s: targets(y, k, s) if s else targets(y, k, 0.1), "one-hot labels are wanted"),
    ],
)
def test_names_the_mistake_in_the_targets(answer, sentence):
    fails(check.exercise_15_5, answer, loss, match=sentence)


def log_of_softmax(logits, targets):
    powers = np.exp(logits)
    return -(targets * np.log(powers / powers.sum(axis=1, keepdims=True))).sum(axis=1).mean()


def log_of_stable_softmax(logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return -(targets * np.log(powers / powers.sum(axis=1, keepdims=True))).sum(axis=1).mean()


def cut_off(logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return -(targets * np.log((powers / powers.sum(axis=1, keepdims=True)).clip(1e-7))).sum(axis=1).mean()


def over_images(logits, targets):
    return -(targets * (logits - np.log(np.exp(logits).sum(axis=0)))).sum(axis=1).mean()


def by_probabilities(rule):
    """The mean over the images of what a rule makes of probabilities and targets."""

    def answer(logits, targets):
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return rule(powers / powers.sum(axis=1, keepdims=True), targets).sum(axis=1).mean()

    return answer


def by_log_sum(log_sum, subtracted=False):
    """The mean loss with something else than the logarithm of the sum of exponentials."""

    def answer(logits, targets):
        kept = logits - logits.max(axis=1, keepdims=True) if subtracted else logits
        return -(targets * (kept - log_sum(logits))).sum(axis=1).mean()

    return answer


def log_sum_of_rest(logits):
    return np.log(np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True))


def true_class_alone(logits, targets):
    return loss(logits, np.eye(targets.shape[1])[targets.argmax(axis=1)])


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda z, t: loss(z, t) * len(z), "sum over the images"),
        (lambda z, t: loss(z, t) / z.shape[1], r"images \*and\* classes"),
        (lambda z, t: -loss(z, t), "sign is reversed"),
        (lambda z, t: -(t * z).sum(axis=1).mean(), "no softmax"),
        (over_images, "runs over the images"),
        (true_class_alone, "only the true class counts"),
        (lambda z, t: loss(z, t) + (t * np.log(t)).sum() / len(t), "above the lowest possible"),
        (lambda z, t: loss(z, t) / np.log(2), "base 2"),
        (lambda z, t: loss(z, t) / np.log(10), "base 10"),
        (lambda z, t: [loss(z[i : i + 1], t[i : i + 1]) for i in range(len(z))], "one number for each image"),
        (log_of_softmax, r"your loss is (NaN|infinity): an exponential is too large"),
        (log_of_stable_softmax, "your loss is (NaN|infinity)"),
        (cut_off, "do not clip it"),
        (lambda z, t: loss(z, t) * len(z) / z.shape[1], "sum over the images, divided by the number of classes"),
        (by_probabilities(lambda p, t: -t * p), "no logarithm was taken"),
        (by_probabilities(lambda p, t: loss(p, t) / p.shape[1] * np.ones_like(p)), "softmax was taken twice"),
        (by_probabilities(lambda p, t: -p * np.log(t)), "targets and probabilities are swapped"),
        (by_probabilities(lambda p, t: -t * np.log(p) - (1 - t) * np.log(1 - p)), "binary cross-entropy"),
        (by_probabilities(lambda p, t: (p - t) ** 2 / p.shape[1]), "mean squared difference"),
        (lambda z, t: (t * np.log1p(np.exp(-z))).sum(axis=1).mean(), "a sigmoid for each class"),
        (by_log_sum(lambda z: np.exp(z).sum(axis=1, keepdims=True)), "has lost its logarithm"),
        (by_log_sum(lambda z: np.log(np.exp(z).sum())), "one sum of exponentials for the whole batch"),
        (
            by_log_sum(lambda z: np.log(np.exp(z).sum(1, keepdims=True)), subtracted=True),
            "and not from those in the sum",
        ),
        (by_log_sum(log_sum_of_rest), "and not from the logits themselves"),
        (lambda z, t: loss(z, t) * (1 + 1e-3), "In the first image the largest logit"),
        (lambda z, t: loss(z, t) if abs(z).max() < 100 else 1.0, "logits up to"),
        (lambda z, t: loss(z, t) + 0.3, "In the first image the largest logit"),
        (lambda z, t: z * t, "one number"),
    ],
)
def test_names_the_mistake_in_the_loss(answer, sentence):
    fails(check.exercise_15_5, targets, answer, match=sentence)


def test_no_two_mistakes_agree(monkeypatch):
    distinguishable(check.exercise_15_5, monkeypatch, targets, loss)


def test_agrees_with_keras():
    logits, y = np.random.default_rng(0).normal(size=(9, 10)), np.arange(9)
    keras_loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)
    one_hot = keras.utils.to_categorical(y, 10)
    parts = check._loss_parts(logits, check._targets(y, 10, 0.2))
    assert np.mean(parts) == pytest.approx(float(keras_loss(one_hot, logits)), rel=1e-5)


@pytest.mark.parametrize(("answer", "sentence"), HOSTILE + HOSTILE_RESULTS)
def test_hostile_answers(answer, sentence):
    fails(check.exercise_15_5, answer, loss, match=sentence)
    fails(check.exercise_15_5, targets, answer, match=sentence)


def changes_logits(logits, targets):
    result = loss(logits, targets)
    logits -= 1
    return result


def test_an_input_that_was_changed():
    fails(check.exercise_15_5, targets, changes_logits, match="changed its input")
