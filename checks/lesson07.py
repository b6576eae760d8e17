"""Checks of lesson 07, Confusion matrices, and a reference of each function that the lesson calls afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import by_rules, call, describe, exercise, numbers, seeded, wrong
from checks.lesson07_calibration import exercise_7_4, reference_calibration_error

__all__ = [
    "exercise_7_1",
    "exercise_7_2",
    "exercise_7_3",
    "exercise_7_4",
    "reference_calibration_error",
    "reference_matrix",
    "reference_pair",
    "reference_recall",
]


@exercise("7.1")
def exercise_7_1(count_confusions: Callable) -> str:
    """``count_confusions(true, predicted, classes)``, labels (n,), gives the matrix: rows true, columns predicted."""

    def words(true, predicted, classes):
        labels = (
            f"true labels {true.tolist()}, predicted {predicted.tolist()}" if len(true) < 10 else f"{len(true)} images"
        )
        return f"{labels} and {classes} classes"

    by_rules(count_confusions, _matrix_cases(), _counted, _matrix_mistakes, words, _advise_on_matrix)
    return "Entry for entry what `sklearn.metrics.confusion_matrix` gives."


def reference_matrix(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Labels and predictions (n,), both 0..classes-1 -> counts (classes, classes), rows are true classes."""
    return _counted(true, predicted, classes).astype(int)


def _matrix_cases() -> list[tuple[np.ndarray, np.ndarray, int]]:
    """A class that never occurs, at the end and before it; entries that are too large for int8 and for uint8."""
    generator = seeded("7.1")
    cases = []
    for classes, used, images in (
        (3, [0, 1, 2], 12),
        (10, range(10), 400),
        (5, [0, 1, 2, 4], 30),
        (4, [0, 1, 2], 25),
        (2, [0, 1], 9),
        (2, [0, 1], 1200),
    ):
        true = generator.choice(used, images)
        predicted = np.where(generator.random(images) < 0.5, true, generator.choice(used, images))
        cases.append((true, predicted, classes))
    return cases


def _counted(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    counts = Counter(zip(true.tolist(), predicted.tolist()))
    return np.array([[counts[row, column] for column in range(classes)] for row in range(classes)], dtype=float)


def _matrix_mistakes(true: np.ndarray, predicted: np.ndarray, classes: int) -> dict[str, np.ndarray]:
    right = _counted(true, predicted, classes)
    correct = np.diag(right.diagonal())
    used = np.union1d(true, predicted)
    of_rows = right / np.maximum(right.sum(axis=1, keepdims=True), 1)
    return {
        "rows and columns are swapped. Rows are the true classes, columns the predicted ones.": right.T,
        "every entry is 0 or 1. `matrix[true, predicted] += 1` on whole arrays counts each entry once, however often "
        "it occurs. Go image by image, or use `np.add.at`.": (right > 0).astype(int),
        "these are shares of each row. Counts are wanted.": of_rows,
        "these are per cent of each row. Counts are wanted.": 100 * of_rows,
        "these are shares of each column. Counts are wanted.": right / np.maximum(right.sum(axis=0), 1),
        "these are shares of all images. Counts are wanted.": right / len(true),
        "the row and the column of a class that never occurs are missing. They stay, with zeros in them: the third "
        "argument says how many classes there are.": right[np.ix_(used, used)],
        "your matrix ends with the largest label that occurs. A class that never occurs keeps its row and its column: "
        "the third argument says how many classes there are.": right[: used[-1] + 1, : used[-1] + 1],
        "you have one number for each class, how many of its images were predicted correctly. Where do the confusions "
        "go? A table of rows (true) and columns (predicted) is wanted.": right.diagonal(),
        "you have one number for each class, how many images it has. A table of rows (true) and columns (predicted) is "
        "wanted.": right.sum(axis=1),
        "only the diagonal is counted, the correct predictions. Confusions belong into the matrix, too.": correct,
        "the diagonal is missing. Correct predictions are counted as well.": right - correct,
        "counts above 255 have started again at 0: the matrix has the type uint8. Use `dtype=int`.": right % 256,
        "counts above 127 have become negative: the matrix has the type int8. Use `dtype=int`.": (
            (right + 128) % 256 - 128
        ),
    }


def _advise_on_matrix(got: np.ndarray, true: np.ndarray, predicted: np.ndarray, classes: int) -> str:
    right = _counted(true, predicted, classes)
    if got.sum() != len(true):
        return f"Your entries add up to {got.sum():g} for {len(true)} images. Each image is counted once."
    row, column = np.argwhere(np.abs(got - right) > 1e-5)[0]
    return (
        f"Row {row}, column {column} stands for images of class {row} that were predicted as class {column}: count "
        "them once more."
    )


@exercise("7.2")
def exercise_7_2(recall_of: Callable) -> str:
    """``recall_of(matrix, label)`` gives the recall of one class, 0 to 1; rows are the true classes."""
    by_rules(
        recall_of,
        _recall_cases(),
        reference_recall,
        _recall_mistakes,
        lambda matrix, label: f"the row {matrix[label].tolist()} and label {label}",
        lambda _, matrix, label: f"Of {matrix[label].sum()} images of this class, {matrix[label, label]} were found.",
        tolerance=1e-4,
    )
    return "Recall reads a row, precision reads a column."


def reference_recall(matrix: np.ndarray, label: int) -> float:
    """Confusion matrix with true classes in rows, a class -> its recall, 0..1; NaN for a class without images."""
    images = sum(matrix[label].tolist())
    return matrix[label, label] / images if images else float("nan")


def _recall_cases() -> list[tuple[np.ndarray, int]]:
    generator = seeded("7.2")
    matrices = [generator.integers(1, 60, (n, n)) + 30 * np.eye(n, dtype=int) for n in (3, 10, 4)]
    return [(matrix, label) for matrix in matrices for label in range(len(matrix))]


def _recall_mistakes(matrix: np.ndarray, label: int) -> dict[str, float | np.ndarray]:
    found, of_class, called = matrix[label, label], matrix[label].sum(), matrix[:, label].sum()
    recall, precision, images = found / of_class, found / called, matrix.sum()
    of_all = matrix.diagonal() / matrix.sum(axis=1)
    rejected = images - of_class - called + found
    return {
        "this divides by the column: of the images that were *called* this class, how many are. That is the precision. "
        "Recall starts from the images that *are* of this class.": precision,
        "this is the recall in per cent. A share between 0 and 1 is wanted.": 100 * recall,
        "this is the share that was *missed*. Recall is the share that was found.": 1 - recall,
        "this is F1, which mixes precision and recall.": 2 * precision * recall / (precision + recall),
        "this is the number of correct predictions. By what do you divide it?": found,
        "this divides by all images. Only those of this class count.": found / images,
        "this is the accuracy over all classes.": np.trace(matrix) / images,
        "this divides by the other entries of the row. The correct predictions are images of this class, too.": (
            found / (of_class - found)
        ),
        "this divides by all images that *are* of this class or were *called* so. Recall starts from those that are.": (
            found / (of_class + called - found)
        ),
        "this is the share of all images for which the network is right about this one class, those that it rightly "
        "calls something else included. Recall looks at the images of the class alone.": (found + rejected) / images,
        "this is the specificity, the share of the *other* images that were not called this class. Recall looks at "
        "the images of the class.": rejected / (images - of_class),
        "these are the recalls of every class. One number is wanted, that of the class `label`.": of_all,
        "this is the mean recall of all classes. Return the one of the class `label`.": of_all.mean(),
        "this is the recall of class 0, whatever `label` says.": of_all[0],
    }


@exercise("7.3")
def exercise_7_3(most_confused: Callable) -> str:
    """``most_confused(matrix)`` gives the two classes, in any order, with most confusions, both directions added."""
    cases = _pair_cases()
    pairs = [_pair(call(most_confused, matrix)) for matrix in cases]
    off = [index for index, matrix in enumerate(cases) if pairs[index] != reference_pair(matrix)]
    if off:
        # The first ones are the smallest.
        matrix, (a, b) = cases[off[0]], pairs[off[0]]
        case = matrix.tolist() if len(matrix) < 5 else f"a matrix of {len(matrix)} classes"
        yours = f"for {case} you have {a:g} and {b:g}"
        for sentence, mistake in PAIR_MISTAKES.items():
            if pairs == [mistake(each) for each in cases]:
                wrong(f"{yours}. {sentence}")
        _name_pair(matrix, a, b, yours)
    return "Both directions together: who is taken for whom is another question."


def reference_pair(matrix: np.ndarray) -> tuple[int, int]:
    """Confusion matrix -> the two classes that are confused most, both directions together, the smaller first."""
    return _most(matrix + matrix.T)


def _pair(answer: Any) -> tuple[int, int]:
    """The two class numbers of an answer, the smaller one first."""
    answer = list(answer) if isinstance(answer, (set, frozenset)) else answer
    pair = numbers(answer, "the pair")
    if pair.shape == (2, 2) and (pair == pair.T).all():
        wrong(
            "a table of 2 x 2 numbers came back: the sums are the same above and below the diagonal, so the search "
            "found the pair twice, as (a, b) and as (b, a). Return one of them."
        )
    if pair.shape != (2,):
        wrong(f"two class numbers are wanted, this is {describe(answer)}.")
    if np.mod(pair, 1).any():
        wrong(f"class numbers are whole numbers; you have {pair[0]:g} and {pair[1]:g}.")
    return tuple(sorted(map(int, pair)))


def _pair_cases() -> list[np.ndarray]:
    """A plain one, two where a single direction misleads, one where the product does, random ones without a tie."""
    fixed = [
        [[90, 4, 6], [3, 80, 17], [2, 21, 77]],
        [[60, 30, 2, 8], [3, 70, 25, 2], [1, 22, 75, 2], [9, 1, 0, 90]],
        [[50, 1, 2, 9], [26, 60, 3, 1], [4, 13, 70, 5], [7, 2, 24, 40]],
        [[50, 30, 35, 1], [10, 60, 2, 3], [1, 4, 70, 19], [34, 2, 19, 80]],
    ]
    generator = seeded("7.3")
    random = [generator.integers(0, 300, (10, 10)) + 500 * np.eye(10, dtype=int) for _ in range(8)]
    return [np.array(case) for case in fixed] + random


def _most(table: np.ndarray) -> tuple[int, int]:
    """Where a table is largest beside its diagonal, the smaller number first."""
    lowest = table.min() - 1
    position = np.where(np.eye(len(table), dtype=bool), lowest, table).argmax()
    return tuple(sorted(divmod(int(position), len(table))))


def _largest_two(totals: np.ndarray) -> tuple[int, int]:
    return tuple(sorted(np.argsort(totals)[-2:].tolist()))


def _confusions(matrix: np.ndarray) -> np.ndarray:
    return matrix - np.diag(matrix.diagonal())


def _shares(matrix: np.ndarray) -> np.ndarray:
    return matrix / matrix.sum(axis=1, keepdims=True)


PAIR_MISTAKES: dict[str, Callable[[np.ndarray], tuple[int, int]]] = {
    "You look for the largest entry beside the diagonal, one direction alone. With both directions added, another pair "
    "has more confusions.": _most,
    "It looks as if only the half above the diagonal was searched. Add the two directions.": (
        lambda matrix: _most(np.triu(matrix, 1))
    ),
    "It looks as if only the half below the diagonal was searched. Add the two directions.": (
        lambda matrix: _most(np.tril(matrix, -1))
    ),
    "It is the pair with the largest *product* of the two directions. Add them.": (
        lambda matrix: _most(matrix * matrix.T)
    ),
    "It is the pair whose two directions *differ* most. Add them.": lambda matrix: _most(abs(matrix - matrix.T)),
    "It is the pair whose *smaller* direction is largest. Add the two directions.": (
        lambda matrix: _most(np.minimum(matrix, matrix.T))
    ),
    "It is the pair that is confused *least*. Look for the largest sum.": lambda matrix: _most(-(matrix + matrix.T)),
    "You add shares of the rows. Add the counts as they stand in the matrix.": (
        lambda matrix: _most(_shares(matrix) + _shares(matrix).T)
    ),
    "These are the two classes with the most confusions each, with whatever class. Look for the two that are taken for "
    "*one another*.": lambda matrix: _largest_two(_confusions(matrix).sum(axis=1)),
    "These are the two classes that others are taken for most. Look for the two that are taken for *one another*.": (
        lambda matrix: _largest_two(_confusions(matrix).sum(axis=0))
    ),
    "Both numbers are one too high: classes are counted from 0.": (
        lambda matrix: tuple(label + 1 for label in _most(matrix + matrix.T))
    ),
}


def _name_pair(matrix: np.ndarray, a: int, b: int, yours: str) -> None:
    """Say what is off with one pair, where no mistake explains all of them."""
    if not 0 <= a <= b < len(matrix):
        wrong(f"{yours}. Class numbers run from 0 to {len(matrix) - 1}.")
    if a == b:
        wrong(f"{yours}, a class with itself: those are no confusions. Leave the diagonal out, and name two classes.")
    first, second = matrix[a, b], matrix[b, a]
    most = matrix[_most(matrix + matrix.T)] + matrix.T[_most(matrix + matrix.T)]
    wrong(f"{yours}, with {first} + {second} = {first + second} confusions. There is a pair with {most}.")
