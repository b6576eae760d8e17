"""Checks of lesson 15: right answers in several ways, planted wrong ones named, hostile ones survived."""

import numpy as np
import pytest
import tensorflow as tf
from answers import HOSTILE, HOSTILE_RESULTS, fails, passes
from mistake_tables import distinguishable

from checks import lesson15 as check
from helpers import models, training

# 15.1


def filters(patches):
    variances, vectors = np.linalg.eigh(np.cov(patches, rowvar=False))
    return (vectors / np.sqrt(variances))[:, ::-1]


def filters_by_svd(patches):
    centred = patches - patches.mean(axis=0)
    _, sizes, rows = np.linalg.svd(centred, full_matrices=False)
    return rows.T / sizes * np.sqrt(len(patches))


def filters_by_tensors(patches):
    centred = tf.constant(patches) - patches.mean(axis=0)
    variances, vectors = tf.linalg.eigh(tf.transpose(centred) @ centred / (len(patches) - 1))
    return -tf.reverse(vectors / tf.sqrt(variances), [1])


def filters_by_loops(patches):
    values, vectors = np.linalg.eig(np.cov(patches.T))
    order = sorted(range(len(values)), key=lambda index: -values[index])
    return np.array([vectors[:, index] / values[index] ** 0.5 for index in order]).T.tolist()


@pytest.mark.parametrize("answer", [filters, filters_by_svd, filters_by_tensors, filters_by_loops])
def test_15_1_accepts(answer):
    passes(check.exercise_15_1, answer)


def test_15_1_agrees_with_the_network_s_kernel():
    images = np.random.default_rng(0).normal(size=(40, 9, 9, 3)).cumsum(axis=1)
    corners = [images[:, row : row + 8, column : column + 8] for row in (0, 1) for column in (0, 1)]
    ours = check.reference_whitening_filters(np.concatenate(corners, axis=-1).reshape(-1, 12))
    kernel = models.whitening_kernel(images).reshape(12, 24)[:, :12]
    # Filter for filter the sign is free; the sum over filters is not.
    np.testing.assert_allclose(kernel @ kernel.T, ours @ ours.T, rtol=0.02, atol=0.02)


def eigen(patches, matrix=None):
    values, vectors = np.linalg.eigh(np.cov(patches, rowvar=False) if matrix is None else matrix(patches))
    return values[::-1], vectors[:, ::-1]


def by_eigen(rule, matrix=None):
    return lambda patches: rule(*eigen(patches, matrix))


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda p: filters(p)[:, ::-1], "smallest variance first"),
        (by_eigen(lambda v, e: e / np.sqrt(v[::-1])), "the root of its own variance"),
        (by_eigen(lambda v, e: e), "not divided"),
        (by_eigen(lambda v, e: e / v), "divide by the variance"),
        (by_eigen(lambda v, e: e * np.sqrt(v)), "multiply by the root"),
        (lambda p: filters(p).T, "stand in the rows"),
        (by_eigen(lambda v, e: e / np.sqrt(v)[:, None]), r"divide the \*rows\*"),
        (lambda p: filters(p)[::-1], "turn round the rows"),
        (by_eigen(lambda v, e: e / np.sqrt(v), lambda p: p.T @ p / len(p)), "mean of the patches is not subtracted"),
        (lambda p: filters(p) / np.sqrt(len(p)), "a sum over the patches"),
        (by_eigen(lambda v, e: e / np.sqrt(v), lambda p: p.T @ p), "neither the mean"),
        (by_eigen(lambda v, e: e / np.sqrt(v), lambda p: np.corrcoef(p.T)), r"of the \*correlations\*"),
        (by_eigen(lambda v, e: e / np.sqrt(v) @ e.T), "mixture of eigenvectors"),
        (lambda p: np.cov(p, rowvar=False), "the covariance itself"),
        (lambda p: p @ filters(p), "whitened patches"),
        (lambda p: np.cov(p), r"a row and a column for each \*patch\*"),
        (lambda p: eigen(p)[0], "one number for each filter"),
        (lambda p: filters(p) + 0.1, "always 0.1 too large|turn the order round"),
        (lambda p: filters(p) * np.array([1.5] + [1] * (p.shape[1] - 1)), "turn the order round"),
    ],
)
def test_15_1_names_the_mistake(answer, sentence):
    fails(check.exercise_15_1, answer, match=sentence)


# 15.2


def muon(matrix, rounds, norm=np.linalg.norm, factors=(3.4445, -4.7750, 2.0315)):
    a, b, c = factors
    matrix = matrix / norm(matrix)
    for _ in range(rounds):
        square = matrix @ matrix.T
        matrix = a * matrix + (b * square + c * square @ square) @ matrix
    return matrix


def muon_from_the_other_side(matrix, rounds):
    matrix = matrix / np.sqrt((matrix**2).sum())
    for _ in range(rounds):
        square = matrix.T @ matrix
        matrix = matrix @ (3.4445 * np.eye(len(square)) - 4.7750 * square + 2.0315 * square @ square)
    return matrix


def muon_by_recursion(matrix, rounds, first=True):
    if first:
        matrix = matrix / np.linalg.norm(matrix)
    if not rounds:
        return matrix
    cube = matrix @ matrix.T @ matrix
    return muon_by_recursion(3.4445 * matrix - 4.7750 * cube + 2.0315 * cube @ matrix.T @ matrix, rounds - 1, False)


def muon_by_the_helper(matrix, rounds):
    return training.muon.orthogonalised(tf.constant(matrix), rounds)


@pytest.mark.parametrize("answer", [muon, muon_from_the_other_side, muon_by_recursion, muon_by_the_helper])
def test_15_2_accepts(answer):
    passes(check.exercise_15_2, answer)


def test_what_15_2_praises_is_true():
    sizes = np.geomspace(0.01, 1, 10_001)
    for _ in range(5):
        sizes = 3.4445 * sizes - 4.7750 * sizes**3 + 2.0315 * sizes**5
    assert (round(sizes.min(), 2), round(sizes.max(), 2)) == (0.68, 1.13)


def in_every_round(matrix, rounds):
    for _ in range(rounds):
        matrix = muon(matrix, 1)
    return matrix


def elementwise(matrix, rounds):
    matrix = matrix / np.linalg.norm(matrix)
    for _ in range(rounds):
        matrix = 3.4445 * matrix - 4.7750 * matrix**3 + 2.0315 * matrix**5
    return matrix


def exact(matrix, rounds):
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return left @ right


def added(matrix, rounds):
    matrix = matrix / np.linalg.norm(matrix)
    for _ in range(rounds):
        square = matrix @ matrix.T
        matrix = matrix + 3.4445 * matrix - 4.7750 * square @ matrix + 2.0315 * square @ square @ matrix
    return matrix


def with_powers(factors):
    def step(matrix, rounds):
        matrix = matrix / np.linalg.norm(matrix)
        for _ in range(rounds):
            square = matrix @ matrix.T
            matrix = sum(factor * np.linalg.matrix_power(square, power) for power, factor in factors.items()) @ matrix
        return matrix

    return step


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda m, r: muon(m, r, lambda m: 1), "not divided by its norm"),
        (lambda m, r: m / np.linalg.norm(m), "nothing happens"),
        (lambda m, r: muon(m, r, lambda m: np.linalg.norm(m, 2)), "largest singular value"),
        (lambda m, r: muon(m, r, lambda m: np.abs(m).max()), "largest number"),
        (lambda m, r: muon(m, r, lambda m: (m**2).sum()), "Its root is missing"),
        (in_every_round, "in every round"),
        (elementwise, "single numbers"),
        (exact, "exact result"),
        (lambda m, r: muon(m, r, factors=(3.4445, 4.7750, 2.0315)), "before 4.7750 is minus"),
        (lambda m, r: muon(m, r, factors=(3.4445, -4.7750, -2.0315)), "before 2.0315 is plus"),
        (lambda m, r: muon(m, r, factors=(3.4445, -4.7750, 0)), "last term is missing"),
        (lambda m, r: muon(m, r, factors=(3.4445, 0, 2.0315)), "middle term is missing"),
        (lambda m, r: muon(m, r, factors=(0, -4.7750, 2.0315)), "first term is missing"),
        (lambda m, r: muon(m, r, factors=(3.4445, -2.0315, 4.7750)), "swapped"),
        (added, "add to the matrix"),
        (lambda m, r: muon(m, 1), "one round is made"),
        (lambda m, r: muon(m, 5), "five rounds are made"),
        (lambda m, r: muon(m, r + 1), "one round too many"),
        (lambda m, r: muon(m, r - 1), "one round too few"),
        (with_powers({0: 3.4445, 1: -4.7750 + 2.0315}), "has three factors"),
        (with_powers({0: 3.4445, 1: -4.7750, 3: 2.0315}), "has seven factors"),
        (lambda m, r: np.linalg.norm(m) * muon(m, r), "multiplied by the norm again"),
        (lambda m, r: muon(m, r).T, "rows and columns of your result are swapped"),
        (lambda m, r: np.linalg.svd(m)[1], "these are singular values"),
        (lambda m, r: muon(m, r) + m, "then each round replaces"),
    ],
)
def test_15_2_names_the_mistake(answer, sentence):
    fails(check.exercise_15_2, answer, match=sentence)


# Both functions


@pytest.mark.parametrize("exercise", [check.exercise_15_1, check.exercise_15_2])
def test_no_two_mistakes_agree(exercise, monkeypatch):
    distinguishable(exercise, monkeypatch)


@pytest.mark.parametrize("exercise", [check.exercise_15_1, check.exercise_15_2])
@pytest.mark.parametrize(("answer", "sentence"), HOSTILE + HOSTILE_RESULTS)
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)


def test_an_input_that_was_changed():
    fails(check.exercise_15_1, lambda p: filters(p.__isub__(p.mean(axis=0))), match="changed its input")
    fails(check.exercise_15_2, lambda m, r: muon(m.__imul__(2), r), match="changed its input")


@pytest.mark.parametrize(
    ("exercise", "name"),
    [
        (check.exercise_15_1, ["whitening_filters"]),
        (check.exercise_15_2, ["orthogonalised"]),
        (check.exercise_15_3, ["six_views"]),
        (check.exercise_15_4, ["training_flops"]),
        (check.exercise_15_5, ["smoothed_targets", "smoothed_loss"]),
    ],
)
def test_what_the_lesson_goes_on_with_passes_its_check(exercise, name):
    exercise(*(getattr(check, f"reference_{each}") for each in name))
