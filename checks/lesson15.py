"""Checks of lesson 15, Ninety-four per cent on two cores, and the functions that the lesson goes on with."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from checks.grading import by_rules, exercise, seeded, settled, values
from checks.lesson15_smoothing import exercise_15_5, reference_smoothed_loss, reference_smoothed_targets
from checks.lesson15_views_and_cost import (
    exercise_15_3,
    exercise_15_4,
    reference_six_views,
    reference_training_flops,
)

__all__ = [
    "exercise_15_1",
    "exercise_15_2",
    "exercise_15_3",
    "exercise_15_4",
    "exercise_15_5",
    "reference_orthogonalised",
    "reference_six_views",
    "reference_smoothed_loss",
    "reference_smoothed_targets",
    "reference_training_flops",
    "reference_whitening_filters",
]

# --- 15.1: whitening filters


def reference_whitening_filters(patches: np.ndarray) -> np.ndarray:
    """Eigenvectors of the covariance of ``patches`` (n, numbers), largest eigenvalue first, over its root, as columns.

    Page 2019, "How to train your ResNet", myrtle.ai.
    """
    variances, vectors = np.linalg.eigh(np.cov(patches, rowvar=False))
    return (vectors / np.sqrt(variances))[:, ::-1]


@exercise("15.1")
def exercise_15_1(whitening_filters: Callable) -> str:
    """``whitening_filters(patches)``, (n, numbers), gives (numbers, numbers): a filter in each column, of any sign."""
    generator, cases = seeded("15.1"), []
    for numbers in (2, 3, 5):
        rotation = np.linalg.qr(generator.normal(size=(numbers, numbers)))[0]
        spread = 2.0 ** -np.arange(numbers)
        # The mean is not 0, and far from it.
        cases.append((generator.normal(size=(400, numbers)) * spread @ rotation.T + generator.uniform(2, 4, numbers),))
    by_rules(
        _with_one_sign(whitening_filters) if callable(whitening_filters) else whitening_filters,
        cases,
        lambda patches: _one_sign(reference_whitening_filters(patches)),
        lambda patches: {sentence: _one_sign(each) for sentence, each in _whitening_mistakes(patches).items()},
        lambda patches: f"{len(patches)} patches of {patches.shape[1]} numbers",
        "`eigh` gives the variances from small to large and the eigenvectors as columns: turn the order round, and "
        "divide each column by the root of its variance. (The sign of a filter is free, and not looked at.)",
        # Covariances divide by n or by n - 1.
        tolerance=5e-3,
        shapes=lambda patches: {
            "these are the whitened patches. The filters are wanted: a row and a column for each number of a patch.": (
                patches.shape
            ),
            "you have a row and a column for each *patch*. The covariance is that of the numbers of a patch: "
            "`rowvar=False`.": (len(patches), len(patches)),
            "this is one number for each filter. Their weights are wanted, a filter in each column.": (
                patches.shape[1:]
            ),
        },
    )
    return "A frozen first layer needs no more: no label was needed."


def _one_sign(filters: np.ndarray) -> np.ndarray:
    """Each column with the sign that makes a fixed sum of its weights positive."""
    return filters * np.where(np.cos(np.arange(len(filters))) @ filters < 0, -1.0, 1.0)


def _with_one_sign(function: Callable) -> Callable:
    @functools.wraps(function)
    def filters(patches):
        answer = settled(function(patches), "the result of your function")
        array = values(answer)
        size = patches.shape[1]
        return _one_sign(array) if array is not None and array.shape == (size, size) else answer

    return filters


def _whitening_mistakes(patches: np.ndarray) -> dict[str, np.ndarray]:
    variances, vectors = (each[..., ::-1] for each in np.linalg.eigh(np.cov(patches, rowvar=False)))
    right = vectors / np.sqrt(variances)

    def of(matrix: np.ndarray) -> np.ndarray:
        values, vectors = (each[..., ::-1] for each in np.linalg.eigh(matrix))
        return vectors / np.sqrt(values)

    uncentred = patches.T @ patches
    return {
        "your filters come in the order of `eigh`, smallest variance first. The largest is to come first.": (
            right[:, ::-1]
        ),
        "only the eigenvectors are turned round, or only the variances: each has to be divided by the root of its own "
        "variance.": vectors / np.sqrt(variances[::-1]),
        "your eigenvectors are not divided: their outputs are uncorrelated, but their variances are not 1.": vectors,
        "you divide by the variance. Divide by its square root: a standard deviation.": vectors / variances,
        "you multiply by the root of the variance. Divide by it.": vectors * np.sqrt(variances),
        "your filters stand in the rows. A filter in each column is wanted.": right.T,
        "you divide the *rows* by the roots. Each column is an eigenvector: divide the columns.": (
            vectors / np.sqrt(variances)[:, None]
        ),
        "you turn round the rows. The filters are the columns: `[:, ::-1]`.": right[::-1],
        "the mean of the patches is not subtracted: a covariance is that of the distances from the mean.": (
            of(uncentred / len(patches))
        ),
        "your covariance is a sum over the patches. Divide it by their number.": right / np.sqrt(len(patches)),
        "your sum of products has neither the mean subtracted nor the number of patches divided: use `np.cov`.": (
            of(uncentred)
        ),
        "these are filters of the *correlations*. Take the covariances.": of(np.corrcoef(patches, rowvar=False)),
        "these filters whiten, too, but each is a mixture of eigenvectors. Leave out the last product: a filter is one "
        "eigenvector, divided.": right @ vectors.T,
        "this is the covariance itself. What are its eigenvectors?": np.cov(patches, rowvar=False),
    }


# --- 15.2: Muon's step

ROUND = (3.4445, -4.7750, 2.0315)


def reference_orthogonalised(matrix: np.ndarray, rounds: int) -> np.ndarray:
    """The matrix over its Frobenius norm, then so many rounds of M <- a M + b MM'M + c MM'MM'M.

    Jordan et al. 2024, kellerjordan.github.io/posts/muon.
    """
    return _in_rounds(matrix / np.linalg.norm(matrix), rounds)


@exercise("15.2")
def exercise_15_2(orthogonalised: Callable) -> str:
    """``orthogonalised(matrix, rounds)`` gives a matrix of the same shape, its singular values brought near 1."""
    generator = seeded("15.2")
    cases = [(generator.normal(size=shape), rounds) for shape, rounds in (((3, 2), 1), ((2, 4), 3), ((4, 4), 2))]
    by_rules(
        orthogonalised,
        cases,
        _by_singular_values,
        _muon_mistakes,
        lambda matrix, rounds: f"a matrix of shape {matrix.shape} and {rounds} round{'s' * (rounds > 1)}",
        "Divide by the root of the sum of all squares once; then each round replaces the matrix by the formula's.",
        tolerance=1e-4,
        shapes=lambda matrix, _: {
            "rows and columns of your result are swapped: a step has the shape of its matrix.": matrix.shape[::-1],
            "these are singular values. The matrix is wanted.": (min(matrix.shape),),
        },
    )
    return "Five rounds bring every singular value above 0.01 to between 0.68 and 1.13."


def _by_singular_values(matrix: np.ndarray, rounds: int) -> np.ndarray:
    """The same by another way: the polynomial of each singular value."""
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    values = values / np.sqrt((values**2).sum())
    for _ in range(rounds):
        values = sum(factor * values**power for factor, power in zip(ROUND, (1, 3, 5)))
    return (left * values) @ right


def _in_rounds(
    matrix: np.ndarray,
    rounds: int,
    factors: tuple[float, float, float] = ROUND,
    cube: Callable = lambda m: m @ m.T @ m,
    fifth: Callable = lambda m: m @ m.T @ m @ m.T @ m,
) -> np.ndarray:
    a, b, c = factors
    for _ in range(rounds):
        matrix = a * matrix + b * cube(matrix) + c * fifth(matrix)
    return matrix


def _muon_mistakes(matrix: np.ndarray, rounds: int) -> dict[str, np.ndarray]:
    a, b, c = ROUND
    unit = matrix / np.linalg.norm(matrix)
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    again = grown = unit
    for _ in range(rounds):
        again = _in_rounds(again / np.linalg.norm(again), 1)
        grown = grown + _in_rounds(grown, 1)
    return {
        "the matrix is not divided by its norm: singular values above 1.2 or so run away.": _in_rounds(matrix, rounds),
        "the matrix is divided by its norm, and then nothing happens.": unit,
        "you divide by the largest singular value. Divide by the Frobenius norm: `np.linalg.norm(m)`.": (
            _in_rounds(matrix / values[0], rounds)
        ),
        "you divide by the largest number. Divide by the root of the sum of all squares: `np.linalg.norm(m)`.": (
            _in_rounds(matrix / np.abs(matrix).max(), rounds)
        ),
        "you divide by the sum of squares. Its root is missing.": _in_rounds(matrix / (matrix**2).sum(), rounds),
        "you divide by the norm in every round. Once, at the beginning, is enough.": again,
        "your powers are those of the single numbers, `m ** 3`. Matrix products are wanted: `m @ m.T @ m`.": (
            _in_rounds(unit, rounds, cube=lambda m: m**3, fifth=lambda m: m**5)
        ),
        "this is the exact result of a singular value decomposition. Asked are the rounds of the formula.": left
        @ right,
        "the sign before 4.7750 is minus.": _in_rounds(unit, rounds, (a, -b, c)),
        "the sign before 2.0315 is plus.": _in_rounds(unit, rounds, (a, b, -c)),
        "the last term is missing, that with 2.0315.": _in_rounds(unit, rounds, (a, b, 0)),
        "the middle term is missing, that with 4.7750.": _in_rounds(unit, rounds, (a, 0, c)),
        "the first term is missing, that with 3.4445.": _in_rounds(unit, rounds, (0, b, c)),
        "4.7750 and 2.0315 are swapped.": _in_rounds(unit, rounds, (a, -c, -b)),
        "you add to the matrix in each round. The formula replaces it.": grown,
        "one round is made, whatever `rounds` says.": _in_rounds(unit, 1),
        "five rounds are made, whatever `rounds` says.": _in_rounds(unit, 5),
        "there is one round too many.": _in_rounds(unit, rounds + 1),
        "there is one round too few.": _in_rounds(unit, rounds - 1),
        "the last term has three factors: M Mᵀ M Mᵀ M are five.": (
            _in_rounds(unit, rounds, fifth=lambda m: m @ m.T @ m)
        ),
        "the last term has seven factors: M Mᵀ M Mᵀ M are five.": (
            _in_rounds(unit, rounds, fifth=lambda m: m @ m.T @ m @ m.T @ m @ m.T @ m)
        ),
        "your result is multiplied by the norm again. Its singular values are to be near 1.": (
            np.linalg.norm(matrix) * _in_rounds(unit, rounds)
        ),
    }
