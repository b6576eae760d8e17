"""Checks of lesson 07, What a network gets wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from checks.grading import by_rules, call, describe, exercise, numbers, seeded, wrong


@exercise("7.1")
def exercise_7_1(count_confusions: Callable) -> str:
    """``count_confusions(true, predicted, classes)``, labels (n,), gives the matrix: rows true, columns predicted."""
    generator = seeded("7.1")
    cases = []
    # More than 255 images in one entry at the end: too many for a matrix of type uint8.
    for classes, used, images in ((3, 3, 12), (10, 10, 400), (5, 4, 30), (2, 2, 9), (2, 2, 1200)):
        true = generator.integers(0, used, images)
        predicted = np.where(generator.random(images) < 0.5, true, generator.integers(0, used, images))
        cases.append((true, predicted, classes))
    words = "{2} classes"
    by_rules(count_confusions, cases, _counted, _matrix_mistakes, words, _advise_on_matrix, _one_never_occurs)
    return "Entry for entry what `sklearn.metrics.confusion_matrix` gives."


def _counted(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    counts = Counter(zip(true.tolist(), predicted.tolist()))
    return np.array([[counts[row, column] for column in range(classes)] for row in range(classes)], dtype=float)


def _one_never_occurs(answer, _, true: np.ndarray, predicted: np.ndarray, classes: int) -> None:
    used = len(np.union1d(true, predicted))
    if numbers(answer, "the matrix").shape == (used, used) != (classes, classes):
        wrong(
            f"with {classes} classes, of which one never occurs, your matrix has the shape {(used, used)}. Make it "
            f"({classes}, {classes}): the third argument says how many classes there are."
        )


def _matrix_mistakes(true: np.ndarray, predicted: np.ndarray, classes: int) -> dict[str, np.ndarray]:
    right = _counted(true, predicted, classes)
    correct = np.diag(right.diagonal())
    return {
        "rows and columns have changed places. Rows are the true classes, columns the predicted ones.": right.T,
        "every entry is 0 or 1. `matrix[true, predicted] += 1` on whole arrays counts each entry once, however often "
        "it occurs. Go image by image, or use `np.add.at`.": right > 0,
        "these are shares of each row. Counts are wanted.": right / np.maximum(right.sum(axis=1, keepdims=True), 1),
        "these are shares of all images. Counts are wanted.": right / len(true),
        "only the correct predictions are counted. The mistakes belong into the matrix too.": correct,
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
    row, column = np.argwhere(got != right)[0]
    return (
        f"Row {row}, column {column} is {got[row, column]:g} and should be {right[row, column]:g}: so many images of "
        f"class {row} were taken for class {column}."
    )


@exercise("7.2")
def exercise_7_2(recall_of: Callable) -> str:
    """``recall_of(matrix, label)`` gives the recall of one class, 0 to 1; rows are the true classes."""
    generator = seeded("7.2")
    matrices = [generator.integers(1, 60, (n, n)) + 30 * np.eye(n, dtype=int) for n in (3, 10, 4)]
    by_rules(
        recall_of,
        [(matrix, label) for matrix in matrices for label in range(len(matrix))],
        lambda matrix, label: matrix[label, label] / sum(matrix[label].tolist()),
        _recall_mistakes,
        lambda matrix, label: f"the row {matrix[label].tolist()} and label {label}",
        lambda _, matrix, label: f"Of {matrix[label].sum()} images of this class, {matrix[label, label]} were found.",
        tolerance=1e-4,
    )
    return "Recall reads a row, precision reads a column."


def _recall_mistakes(matrix: np.ndarray, label: int) -> dict[str, float]:
    found, of_class = matrix[label, label], matrix[label].sum()
    recall, precision = found / of_class, found / matrix[:, label].sum()
    return {
        "this divides by the column: of the images that were *called* this class, how many are. That is the precision. "
        "Recall starts from the images that *are* of this class.": precision,
        "this is the recall in per cent. A share between 0 and 1 is wanted.": 100 * recall,
        "this is the share that was *missed*. Recall is the share that was found.": 1 - recall,
        "this is F1, which mixes precision and recall.": 2 * precision * recall / (precision + recall),
        "this is the number of correct predictions. By what do you divide it?": found,
        "this divides by all images. Only those of this class count.": found / matrix.sum(),
        "this is the accuracy over all classes.": np.trace(matrix) / matrix.sum(),
        "this divides by the mistakes alone. The correct predictions belong to the class too.": (
            found / (of_class - found)
        ),
    }


@exercise("7.3")
def exercise_7_3(most_confused: Callable) -> str:
    """``most_confused(matrix)`` gives the two classes, in any order, with most confusions, both directions added."""
    for matrix in _pair_cases():
        got = call(most_confused, matrix)
        got = list(got) if isinstance(got, (set, frozenset)) else got
        pair = numbers(got, "the pair")
        if pair.shape != (2,):
            wrong(f"two class numbers are wanted, this is {describe(got)}.")
        if (pair != pair.astype(int)).any() or (pair < 0).any() or (pair >= len(matrix)).any():
            wrong(f"class numbers run from 0 to {len(matrix) - 1}; you have {pair[0]:g} and {pair[1]:g}.")
        _compare_pair({int(entry) for entry in pair}, matrix.tolist())
    return "Both directions together: who is taken for whom is another question."


def _pair_cases() -> list[np.ndarray]:
    """A plain one, two where a single direction misleads, one where the product does, random ones without a tie."""
    fixed = [
        [[90, 4, 6], [3, 80, 17], [2, 21, 77]],
        [[60, 30, 2, 8], [3, 70, 25, 2], [1, 22, 75, 2], [9, 1, 0, 90]],
        [[50, 1, 2, 9], [26, 60, 3, 1], [4, 13, 70, 5], [7, 2, 24, 40]],
        [[50, 30, 35, 1], [10, 60, 2, 3], [1, 4, 70, 19], [34, 2, 19, 80]],
    ]
    generator = seeded("7.3")
    random = [generator.integers(0, 300, (10, 10)) + 500 * np.eye(10, dtype=int) for _ in range(12)]
    return [np.array(case) for case in fixed] + [case for case in random if len(set(_both(case.tolist())[:2])) == 2]


def _both(matrix: list[list[int]]) -> list[int]:
    """Confusions of every pair, both directions added, the most frequent first."""
    return sorted((matrix[a][b] + matrix[b][a] for a in range(len(matrix)) for b in range(a)), reverse=True)


def _compare_pair(pair: set[int], matrix: list[list[int]]) -> None:
    if len(pair) == 1:
        (label,) = pair
        wrong(f"class {label} with itself: those are no confusions. Leave the diagonal out, and name two classes.")
    a, b = sorted(pair)
    if matrix[a][b] + matrix[b][a] == _both(matrix)[0]:
        return
    rows, columns = np.triu_indices(len(matrix), 1)
    above = [matrix[r][c] for r, c in zip(rows, columns)]
    below = [matrix[c][r] for r, c in zip(rows, columns)]
    counts = f"for {matrix} you have {a} and {b}, with" if len(matrix) < 5 else f"you have {a} and {b}, with"
    counts = f"{counts} {matrix[a][b]} + {matrix[b][a]} = {matrix[a][b] + matrix[b][a]} confusions"
    if max(matrix[a][b], matrix[b][a]) == max(above + below):
        wrong(
            f"{counts}. Its one direction is the largest entry beside the diagonal; with both directions added, "
            "another pair has more."
        )
    if matrix[a][b] == max(above) or matrix[b][a] == max(below):
        wrong(f"{counts}. It looks as if only one half of the matrix was searched. Add the two directions.")
    if matrix[a][b] * matrix[b][a] == max(x * y for x, y in zip(above, below)):
        wrong(f"{counts}. It is the pair with the largest *product* of the two directions. Add them.")
    if matrix[a][b] + matrix[b][a] == _both(matrix)[-1]:
        wrong(f"{counts}. That is the pair that is confused *least*.")
    wrong(f"{counts}. There is a pair with {_both(matrix)[0]}.")


@exercise("7.4")
def exercise_7_4(calibration_error: Callable) -> str:
    """``calibration_error(confidence, right, bins)``, 0 to 1 and booleans (n,), gives the weighted mean gap, 0 to 1."""
    by_rules(
        calibration_error,
        _calibration_cases(),
        lambda confidence, right, bins: _weighted(_by_bin(confidence, right, bins)),
        _calibration_mistakes,
        lambda confidence, _, bins: f"{len(confidence)} images and {bins} bins",
        _fullest_bin,
        _no_empty_bins,
        1e-4,
    )
    return (
        "0.05 means: confidence and accuracy are 5 points apart on average over the images; single bins may be "
        "further off."
    )


def _no_empty_bins(answer, *_) -> None:
    if isinstance(answer, (float, np.floating)) and np.isnan(answer):
        wrong("the answer is NaN. Some bins hold no image, and the mean of nothing is NaN: leave them out.")


def _fullest_bin(_, confidence: np.ndarray, right: np.ndarray, bins: int) -> str:
    parts = _by_bin(confidence, right, bins)
    count, sure, accuracy, _ = max(parts)
    return (
        f"It should be {_weighted(parts):.4f}. Work out the fullest bin: {count} images, mean confidence {sure:.3f}, "
        f"accuracy {accuracy:.3f}."
    )


def _calibration_cases() -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Too sure, too unsure and mixed; with empty bins; with confidences of exactly 1. None lies on another edge."""
    generator = seeded("7.4")
    cases = []
    for images, low, bins, shift in (
        (40, 0.31, 5, -0.2),
        (200, 0.12, 10, 0.15),
        (500, 0.22, 15, -0.1),
        (60, 0.52, 10, 0),
    ):
        confidence = generator.uniform(low, 0.999, images)
        edges = np.arange(1, bins) / bins
        confidence += np.where(np.abs(confidence[:, None] - edges).min(axis=1) < 1e-4, 3e-4, 0)
        right = generator.random(images) < np.clip(confidence + shift * np.sin(9 * confidence), 0, 1)
        confidence[:: max(4, images // 20)] = 1.0
        cases.append((confidence, right, bins))
    return cases


def _by_bin(confidence: np.ndarray, right: np.ndarray, bins: int) -> list[tuple[int, float, float, int]]:
    """(images, mean confidence, accuracy, bin) of every bin that is not empty, image by image."""
    members: dict[int, list[tuple[float, bool]]] = {}
    for sure, hit in zip(confidence.tolist(), right.tolist()):
        index = bins - 1
        while index and sure < index / bins:
            index -= 1
        members.setdefault(index, []).append((sure, hit))
    return [
        (len(group), sum(sure for sure, _ in group) / len(group), sum(hit for _, hit in group) / len(group), index)
        for index, group in sorted(members.items())
    ]


def _weighted(parts: list[tuple[int, float, float, int]]) -> float:
    return sum(n * abs(accuracy - sure) for n, sure, accuracy, _ in parts) / sum(part[0] for part in parts)


def _calibration_mistakes(confidence: np.ndarray, right: np.ndarray, bins: int) -> dict[str, float]:
    n, inside = len(confidence), confidence < 1
    parts, without_ones = _by_bin(confidence, right, bins), _by_bin(confidence[inside], right[inside], bins)
    gaps = [abs(accuracy - sure) for _, sure, accuracy, _ in parts]
    difference = right.mean() - confidence.mean()
    cancels = (
        "over all images. Too sure in one bin and not sure enough in another must not cancel: take the size of the gap "
        "in each bin first, with `abs`."
    )
    return {
        f"this is accuracy - mean confidence {cancels}": difference,
        f"this is mean confidence - accuracy {cancels}": -difference,
        f"this is the gap between accuracy and mean confidence {cancels}": abs(difference),
        "every bin weighs the same in yours. A bin with three images should not count like one with three hundred: "
        "weigh each by its share of the images.": sum(gaps) / len(gaps),
        "you divide by the number of bins, empty ones included. Weigh each bin by its share of the images.": (
            sum(gaps) / bins
        ),
        "this is the largest gap of any bin. The mean is wanted, weighted by the images in each bin.": max(gaps),
        "the gaps are not weighted yet. Each bin counts by its share of the images.": sum(gaps),
        "the gaps are squared. Their size is wanted.": (
            sum(count * (accuracy - sure) ** 2 for count, sure, accuracy, _ in parts) / n
        ),
        "you compare with the middle of each bin. Compare with the mean confidence of the images in it.": (
            sum(count * abs(accuracy - (index + 0.5) / bins) for count, _, accuracy, index in parts) / n
        ),
        "images with a confidence of exactly 1 have fallen out. They belong to the last bin.": (
            inside.sum() * _weighted(without_ones) / n
        ),
        "the images with a confidence of exactly 1 are missing. They belong to the last bin.": _weighted(without_ones),
        "images with a confidence of exactly 1 have got a bin of their own. They belong to the last bin.": (
            (inside.sum() * _weighted(without_ones) + (~inside).sum() * (1 - right[~inside].mean())) / n
        ),
        "these are per cent. A number between 0 and 1 is wanted.": 100 * _weighted(parts),
        "this is the sum over the images. Divide by how many there are.": n * _weighted(parts),
        "you always use ten bins. The third argument says how many.": _weighted(_by_bin(confidence, right, 10)),
    }
