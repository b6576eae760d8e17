"""The checks of lesson 10: what they go on with equals Keras, every usual slip is named, no two are taken for one."""

import answers
import keras
import numpy as np
import pytest
from mistake_tables import distinguishable, sentence

from checks import lesson10 as check

CHECKS = [check.exercise_10_1, check.exercise_10_2, check.exercise_10_3]


@pytest.mark.parametrize("exercise", CHECKS, ids=lambda each: each.number)
def test_no_two_mistakes_agree_on_all_cases(exercise, monkeypatch):
    distinguishable(exercise, monkeypatch)


@pytest.mark.parametrize("exercise", CHECKS, ids=lambda each: each.number)
@pytest.mark.parametrize(("answer", "told"), answers.HOSTILE + answers.HOSTILE_RESULTS)
def test_hostile_answers_get_a_sentence(exercise, answer, told):
    answers.fails(exercise, answer, match=told)


def walk(optimizer, gradients):
    weights = keras.Variable(np.array([0.5, -1.0, 2.0]))
    path = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weights])
        path.append(weights.numpy())
    return path


GRADIENTS = np.random.default_rng(0).normal(size=(20, 3))


def test_momentum_is_that_of_keras():
    weights, velocity = np.array([0.5, -1.0, 2.0]), np.zeros(3)
    for gradient, expected in zip(GRADIENTS, walk(keras.optimizers.SGD(0.125, momentum=0.9), GRADIENTS)):
        weights, velocity = check.reference_momentum_step(weights, velocity, gradient, 0.125)
        assert weights == pytest.approx(expected, abs=1e-5)


def test_adam_is_that_of_keras():
    weights, mean, square = np.array([0.5, -1.0, 2.0]), np.zeros(3), np.zeros(3)
    for step, (gradient, expected) in enumerate(zip(GRADIENTS, walk(keras.optimizers.Adam(0.125), GRADIENTS)), 1):
        weights, mean, square = check.reference_adam_step(weights, mean, square, gradient, step, 0.125)
        assert weights == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("losses", "steps"), [([3, 2, 1], 3), ([3, 2, 0.5], 2), ([0.5, 0.5], 0), ([0.5, 2, 0.5], 2), ([1, 0.5], 1), ([], 0)]
)
def test_steps_needed(losses, steps):
    assert check.reference_steps_needed(np.array(losses), 1) == steps


# Each entry of the tables, made once more in the way that a student makes it --------------------------------------


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda w, v, g, r, k: (w + v - r * g, v - r * g), "keep all of the old velocity"),
        (lambda w, v, g, r, k: (w + k * v - g, k * v - g), "learning rate is missing"),
        (lambda w, v, g, r, k: (w + k * v - (1 - k) * r * g, k * v - (1 - k) * r * g), "as for a running mean"),
        (lambda w, v, g, r, k: (w + k * (v - r * g), k * (v - r * g)), "multiplies the gradient too"),
        (lambda w, v, g, r, k: (w - r * g, k * v - r * g), "by a plain step"),
        (lambda w, v, g, r, k: (w - k * v + r * g, k * v - r * g), "subtract the velocity"),
        (lambda w, v, g, r, k: (w + k * v - r * g, v), "return the old velocity"),
        (lambda w, v, g, r, k: (w + r * (k * v - r * g), k * v - r * g), "once more"),
        (lambda w, v, g, r, k: (w, v), "for weights of shape (3,)"),
        (lambda w, v, g, r, k: (w - r * g, -r * g), "velocity of before is missing"),
        (lambda w, v, g, r, k: (w + k * v + r * g, k * v + r * g), "goes uphill"),
        (lambda w, v, g, r, k: (w + 0.9 * v - r * g, 0.9 * v - r * g), "0.9 for the share"),
        (lambda w, v, g, r, k: (w + v, k * v - r * g), "move by the old velocity"),
        (lambda w, v, g, r, k: (w - r * (k * v + g), k * v + g), "as in PyTorch"),
        (lambda w, v, g, r, k: (w + k * (k * v - r * g) - r * g, k * v - r * g), "Nesterov"),
        (lambda w, v, g, r, k: (k * v - r * g, w + k * v - r * g), "in the wrong order"),
        (lambda w, v, g, r, k: (w, k * v - r * g), "return the old weights"),
        (lambda w, v, g, r, k: w + k * v - r * g + 1, "Two are asked"),
    ],
)
def test_slips_in_momentum(answer, told):
    assert told in sentence(check.exercise_10_1, answer)


def adam(w, m, s, g, t, r, corrected=True, epsilon=1e-7):
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    return w - r * m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + epsilon), m, s


def parts(m, s, g, t):
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    return m, s, m / (1 - 0.9**t), np.sqrt(s / (1 - 0.999**t))


def with_mean_alone(w, m, s, g, t, r):
    m, s, whole, _ = parts(m, s, g, t)
    return w - r * whole / np.sqrt(s), m, s


def with_squares_alone(w, m, s, g, t, r):
    m, s, _, root = parts(m, s, g, t)
    return w - r * m / root, m, s


def without_the_power(w, m, s, g, t, r):
    m, s, *_ = parts(m, s, g, t)
    return w - r * (m / 0.1) / np.sqrt(s / 0.001), m, s


def without_the_root_of_squares(w, m, s, g, t, r):
    m, s, whole, _ = parts(m, s, g, t)
    return w - r * whole, m, s


def along_the_old_mean(w, m, s, g, t, r):
    new, s, _, root = parts(m, s, g, t)
    return w - r * m / (1 - 0.9**t) / root, new, s


def without_shares(w, m, s, g, t, r):
    m, s, *_ = parts(m, s, g, t)
    return w - r * m / (np.sqrt(s) + 1e-7), m, s


def with_whole_means_returned(w, m, s, g, t, r):
    w, m, s = adam(w, m, s, g, t, r)
    return w, m / (1 - 0.9**t), s / (1 - 0.999**t)


def one_step_late(w, m, s, g, t, r):
    return adam(w, m, s, g, t + 1, r)


def without_the_root(w, m, s, g, t, r):
    m, s, whole, root = parts(m, s, g, t)
    return w - r * whole / (root**2 + 1e-7), m, s


def along_the_gradient(w, m, s, g, t, r):
    m, s, _, root = parts(m, s, g, t)
    return w - r * g / (root + 1e-7), m, s


def with_one_share_for_both(w, m, s, g, t, r):
    m, s = 0.9 * m + 0.1 * g, 0.9 * s + 0.1 * g**2
    return w - r * m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.9**t)) + 1e-7), m, s


def of_gradients_without_square(w, m, s, g, t, r):
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g
    with np.errstate(all="ignore"):
        return w - r * m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + 1e-7), m, s


def from_means(mean, square):
    def step(w, m, s, g, t, r):
        m = mean(m, g)
        s = square(m, s, g)
        return w - r * m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + 1e-7), m, s

    return step


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (with_mean_alone, "only the mean is divided"),
        (with_squares_alone, "only the mean of squares is divided"),
        (without_the_power, "do not use the power"),
        (without_the_root_of_squares, "do not divide by the root"),
        (along_the_old_mean, "along the old mean"),
        (lambda w, m, s, g, t, r: adam(w, m, s, g, t, 1), "learning rate is missing"),
        (from_means(lambda m, g: 0.1 * m + 0.9 * g, lambda m, s, g: 0.001 * s + 0.999 * g**2), "are exchanged"),
        (from_means(lambda m, g: 0.9 * m + g, lambda m, s, g: 0.999 * s + g**2), "of what is new are missing"),
        (
            from_means(lambda m, g: 0.9 * m + 0.1 * g, lambda m, s, g: 0.999 * s + 0.001 * m**2),
            "square of the mean",
        ),
        (lambda w, *given: (w, *adam(w, *given)[1:]), "return the old weights"),
        (lambda w, *given: (w - adam(w, *given)[0], *adam(w, *given)[1:]), "return the step"),
        (lambda *given: (*adam(*given)[1:], adam(*given)[0]), "in another order"),
        (lambda *given: np.array(adam(*given)) + 0.25, "at step 1"),
        (without_shares, "division by the share is missing"),
        (with_whole_means_returned, "as they are"),
        (one_step_late, "one too high"),
        (without_the_root, "the root is missing"),
        (along_the_gradient, "divide the gradient itself"),
        (lambda w, *given: (2 * w - adam(w, *given)[0], *adam(w, *given)[1:]), "goes uphill"),
        (with_one_share_for_both, "0.9 for both"),
        (from_means(lambda m, g: 0.9 * m + 0.1 * g, lambda m, s, g: 0.9 * s + 0.1 * g**2), "you keep 0.9 of the mean"),
        (of_gradients_without_square, "where their squares belong"),
        (lambda *given: (adam(*given)[0], adam(*given)[2], adam(*given)[1]), "before the mean"),
        (lambda *given: adam(*given)[0] + 1, "you return one array"),
        (lambda *given: (adam(*given)[0] + 1, adam(*given)[1]), "you return two arrays"),
    ],
)
def test_slips_in_adam(answer, told):
    assert told in sentence(check.exercise_10_2, answer)


def never(value):
    return lambda losses, goal: check.reference_steps_needed(losses, goal) if losses[-1] < goal else value(losses)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (never(lambda losses: 0), "you return 0"),
        (never(lambda losses: -1), "you return -1"),
        (never(lambda losses: len(losses) - 1), "len(losses) - 1"),
        (lambda losses, goal: np.flatnonzero(losses < goal)[-1], "last loss below"),
        (lambda losses, goal: 3, "Find the last loss"),
        (lambda losses, goal: next((k for k, loss in enumerate(losses) if loss < goal), len(losses)), "the first loss"),
        (lambda losses, goal: check.reference_steps_needed(losses, goal) - 1, "*not* below the goal. One step"),
        (lambda losses, goal: check.reference_steps_needed(losses, goal) + 1, "one step too many"),
        (lambda losses, goal: sum(losses < goal), "how many losses are below"),
        (lambda losses, goal: sum(losses >= goal), "how many losses are not below"),
        (lambda losses, goal: len(losses) - check.reference_steps_needed(losses, goal), "counts from the end"),
        (lambda losses, goal: max([0, *(1 + np.flatnonzero(losses > goal))]), "equal to the goal"),
        (lambda losses, goal: list(losses).index(min(losses)), "the lowest loss"),
    ],
)
def test_slips_in_the_steps(answer, told):
    assert told in sentence(check.exercise_10_3, answer)


@pytest.mark.parametrize(("exercise", "name"), list(zip(CHECKS, ["momentum_step", "adam_step", "steps_needed"])))
def test_what_the_lesson_goes_on_with_passes_its_check(exercise, name):
    exercise(getattr(check, f"reference_{name}"))
