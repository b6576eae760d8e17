"""Lesson 03: each usual slip, made in the way that a student makes it, is called by its own name."""

import numpy as np
import pytest
from mistake_tables import sentence
from scipy.special import log_softmax, logsumexp, softmax

from checks import lesson03 as check

# 3.1


def shares(z):
    return softmax(z, axis=1)


def naive(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def off_in_one_row(z):
    result = shares(z)
    result[-1, 0] += 0.25
    return result


def equal_where_large(z):
    return np.full_like(z, 1 / z.shape[1]) if np.abs(z).max() > 500 else shares(z)


def off_for(large):
    """Right for usual logits; off by a bit for some of the large ones."""
    return lambda z: shares(z) + (0.001 if large(z) and np.abs(z).max() > 500 else 0)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda z: shares(-z), "a minus has got into the exponent"),
        (lambda z: np.exp(z) / np.exp(z).max(axis=1, keepdims=True), "by its largest exponential"),
        (lambda z: np.exp(z - z.max(axis=1, keepdims=True)), "by its largest exponential"),
        (lambda z: np.exp(z) / len(z[0]), "divide by the number of classes"),
        (lambda z: z, "logits as they came"),
        (lambda z: z - z.max(axis=1, keepdims=True), "minus the largest of their row"),
        (lambda z: shares(shares(z)), "softmax twice"),
        (lambda z: log_softmax(z, axis=1), "logarithms of the probabilities"),
        (lambda z: 1 / (1 + np.exp(-z)), "sigmoid"),
        (lambda z: shares(z)[0], "one row. Each image"),
        (lambda z: shares(z).max(axis=1), "one number for each row"),
        (lambda z: 0.3, "one number. Each logit"),
        (lambda z: shares(z).ravel(), "all numbers stand in one row"),
        (lambda z: naive(z - 1000), "already give NaN or infinity. If you subtract a fixed number"),
        (equal_where_large, "[1000., 998., 999.] come out equal"),
        (off_for(lambda z: len(z) == 1 and 998 in z), "for the logits [1000., 998., 999.] the shape is right"),
        (off_for(lambda z: len(z) == 1 and -1001 in z), "for the logits [-1000., -1001., -1003.] the shape"),
        (off_for(lambda z: len(z) == 1 and z[0, 0] == 0), "for the logits [ 0., 1000., -1000.] the shape"),
        (off_for(lambda z: len(z) == 1 and z[0, 2] == 0), "for the logits [-1000., 1000., 0.] the shape"),
        (off_for(lambda z: len(z) == 2), "Each row by itself is right."),
        (lambda z: shares(z) + (np.nan if len(z) == 2 and z[0, 0] == 1000 else 0), "one row at a time works."),
    ],
)
def test_slips_in_softmax(answer, told):
    assert told in sentence(check.exercise_3_1, answer)


def test_the_row_that_is_shown_is_the_one_that_is_off_most():
    seen = []

    def answer(z):
        seen.append(z)
        return off_in_one_row(z)

    said = sentence(check.exercise_3_1, answer)
    smallest = min(seen, key=lambda z: z.size)
    assert f"[{', '.join(f'{each:.4f}' for each in off_in_one_row(smallest)[-1])}], whose sum is 1.2500" in said
    assert f"Row {len(smallest) - 1} of yours" in said


# 3.3


def rows(labels):
    return np.arange(len(labels))


def losses(z, y):
    return -log_softmax(z, axis=1)[rows(y), y]


def of_large(change):
    """Right for usual logits; changed for the large ones."""
    return lambda z, y: change(z, y) if np.abs(z).max() > 500 else losses(z, y).mean()


def of_both_rows(z, y):
    """The largest logit of the whole batch is taken away, and what overflows is caught."""
    z = z - z.max()
    with np.errstate(all="ignore"):
        sums = np.log(np.exp(z).sum(axis=1))
    return np.mean(sums - z[rows(y), y])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda z, y: losses(z, y)[0], "loss of the first image"),
        (lambda z, y: losses(z, y)[-1], "loss of the last image"),
        (lambda z, y: shares(z)[rows(y), y].mean(), "mean probability of the labels"),
        (lambda z, y: losses(z, y - 1).mean(), "the column before the label's"),
        (lambda z, y: losses(z, z.argmax(axis=1)).mean(), "cost of the largest logit"),
        (lambda z, y: logsumexp(z, axis=1).mean(), "logits of the labels are missing"),
        (lambda z, y: -(shares(z) * log_softmax(z, axis=1)).sum(axis=1).mean(), "as for the entropy"),
        (lambda z, y: -log_softmax(z, axis=1).mean(), "mean over all classes"),
        (lambda z, y: losses(z, y)[:, None], "a column with one number for each image"),
        (lambda z, y: losses(z, y) + 0.25, "you return one number for each image. Their mean"),
        (lambda z, y: -log_softmax(z, axis=1), "one number for each image and class"),
        (lambda z, y: losses(z, y).mean() + 0.25, "for 6 images and 4 classes you have"),
        (of_large(lambda z, y: 5.0), "[ 0., 1000., 0.] with label 1 you have 5, and that is not it. It should cost 0."),
        (of_large(lambda z, y: np.nan), "with label 1 gives NaN or infinity. Does exp(1000)"),
        (of_large(lambda z, y: min(losses(z, y).mean(), 27.6310211)), "is -log(1e-12): was a probability clipped"),
        (of_large(lambda z, y: min(losses(z, y).mean(), 699)), "was a probability clipped"),
        (of_large(lambda z, y: min(losses(z, y).mean(), 900)), "with label 2 you have 900, and that is not it. It"),
        (of_large(lambda z, y: losses(z, y).mean() if y[0] == 1 else 0.0), "with label 2 you have 0, and that is"),
        (of_large(lambda z, y: losses(z, y).mean() if y[0] == 1 else np.inf), "rounded to 0 there"),
        (of_large(lambda z, y: min(losses(z, y).mean(), 1000)), "It should cost 2000.0. No limit"),
        (of_large(lambda z, y: losses(z, y).mean() + (len(z) == 2)), "Each image by itself is right."),
        (of_large(lambda z, y: np.nan if len(z) == 2 else losses(z, y).mean()), "one image at a time works."),
        (
            of_large(lambda z, y: losses(z, y).mean() if z.shape[1] == 3 else 1.0),
            "[ 1000., -1000., 1000., 0.] with label 1 you have 1, and that is not it. It should cost 2000.7.",
        ),
        (
            of_large(lambda z, y: losses(z, y).mean() if z[0, 0] != -1000 else np.inf),
            "[-1000., 1000., 0.] with label 0 gives NaN or infinity. Is exp still too large",
        ),
        (of_both_rows, "You take the same number from the whole batch"),
    ],
)
def test_slips_in_the_cross_entropy(answer, told):
    assert told in sentence(check.exercise_3_3, answer)


# 3.4


def gradient(w, x, t):
    return 2 / len(t) * x.T @ (x @ w - t)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda w, x, t, r: w - 0.01 * gradient(w, x, t), "0.01 as the learning rate"),
        (lambda w, x, t, r: w - 0.1 * gradient(w, x, t), "0.1 as the learning rate"),
        (lambda w, x, t, r: w - r * gradient(w, x, t) + 0.25, "for 4 examples and 5 weights"),
        (lambda w, x, t, r: w - r * gradient(w, x, t) + 1e-3 * (len(w) == 3), "for 7 examples and 3 weights"),
        (lambda w, x, t, r: (w - r * gradient(w, x, t))[:, None], "should have the shape"),
    ],
)
def test_slips_in_a_step(answer, told):
    assert told in sentence(check.exercise_3_4, answer)


# 3.5


def central(f, p, h, reach=1.0):
    result = np.zeros(p.shape)
    for index in np.ndindex(p.shape):
        change = np.zeros(p.shape)
        change[index] = reach * h
        result[index] = (f(p + change) - f(p - change)) / (2 * reach * h)
    return result


def by_row_of_a_table(f, p, h):
    result = np.zeros(p.shape)
    for row in range(len(p)):
        change = np.zeros(p.shape)
        change[row] = h
        result[row] = (f(p + change) - f(p - change)) / (2 * h)
    return result


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda f, p, h: np.zeros(p.shape), "all your derivatives are 0"),
        (lambda f, p, h: np.full(p.shape, (f(p + h) - f(p - h)) / (2 * h)), "move all numbers at once"),
        (by_row_of_a_table, "move a whole row"),
        (lambda f, p, h: (f(p + h) - f(p - h)) / (2 * h), "you return one derivative,"),
        (lambda f, p, h: central(f, p, h).ravel() + 0.25, "all derivatives in one row"),
        (lambda f, p, h: central(f, p, h) + 0.25, "You are off by up to 0.25. Move one number by +0.001 and by -0.001"),
        (lambda f, p, h: central(f, p, h) + 2e-4, "You are off by up to 0.0002"),
        (lambda f, p, h: central(f, p, h, reach=2.2), "you move by 0.0022, but the call asks for step=0.001"),
        (lambda f, p, h: central(f, p, h, reach=0.4), "you move by 0.0004, but the call asks for step=0.001"),
        (
            lambda f, p, h: central(f, p, h if p.size > 1 else h / 8),
            "you move by 0.00025, but the call asks for step=0.002",
        ),
    ],
)
def test_slips_in_the_gradient(answer, told):
    assert told in sentence(check.exercise_3_5, answer)


@pytest.mark.parametrize("reach", [0.5, 1, 2])
def test_half_a_step_and_two_steps_pass(reach):
    def answer(f, p, h):
        near, far = central(f, p, h, reach / 2), central(f, p, h, reach)
        return (4 * near - far) / 3

    check.exercise_3_5(answer)
