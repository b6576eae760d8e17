"""Checks of lesson 07, What a network gets wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from checks.grading import call, close, describe, exercise, name_mistake, number, numbers, wrong


@exercise("7.1")
def exercise_7_1(count_confusions: Callable) -> str:
    generator = np.random.default_rng(71)
    # More than 255 images in one entry at the end: too many for a matrix of type uint8.
    for classes, used, images in ((3, 3, 12), (10, 10, 400), (5, 4, 30), (2, 2, 9), (2, 2, 1200)):
        true = generator.integers(0, used, images)
        predicted = np.where(generator.random(images) < 0.5, true, generator.integers(0, used, images))
        got = numbers(call(count_confusions, true, predicted, classes), "the matrix")
        expected = _counted(true, predicted, classes)
        if got.shape == (used, used) != expected.shape:
            wrong(
                f"with {classes} classes, of which one never occurs, your matrix has the shape {got.shape}. Make it "
                f"({classes}, {classes}): the third argument says how many classes there are."
            )
        got = numbers(got, f"the matrix for {classes} classes", expected.shape)
        if close(got, expected):
            continue
        _name_matrix(got, expected, images)
    return "Entry for entry what `sklearn.metrics.confusion_matrix` gives."


def _counted(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    counts = Counter(zip(true.tolist(), predicted.tolist()))
    return np.array([[counts[row, column] for column in range(classes)] for row in range(classes)], dtype=float)


def _name_matrix(got: np.ndarray, expected: np.ndarray, images: int) -> None:
    rows = np.maximum(expected.sum(axis=1, keepdims=True), 1)
    name_mistake(
        got,
        {
            "rows and columns have changed places. Rows are the true classes, columns the predicted ones.": expected.T,
            "every entry is 0 or 1. `matrix[true, predicted] += 1` on whole arrays counts each place once, however "
            "often it occurs. Go image by image, or use `np.add.at`.": (expected > 0).astype(float),
            "these are shares of each row. Counts are wanted.": expected / rows,
            "these are shares of all images. Counts are wanted.": expected / images,
            "only the right answers are counted. The mistakes belong into the matrix too.": np.diag(
                expected.diagonal()
            ),
            "the diagonal is missing. Right answers are counted as well.": expected - np.diag(expected.diagonal()),
            "counts above 255 have started again at 0: the matrix has the type uint8. Use `dtype=int`.": expected % 256,
            "counts above 127 have turned over: the matrix has the type int8. Use `dtype=int`.": (expected + 128) % 256
            - 128,
        },
    )
    if got.sum() != images:
        wrong(f"your entries add up to {got.sum():g} for {images} images. Each image is counted once.")
    row, column = np.argwhere(got != expected)[0]
    wrong(
        f"row {row}, column {column} is {got[row, column]:g} and should be {expected[row, column]:g}: so many images "
        f"of class {row} were taken for class {column}."
    )


@exercise("7.2")
def exercise_7_2(recall_of: Callable) -> str:
    generator = np.random.default_rng(72)
    for classes in (3, 10, 4):
        matrix = generator.integers(1, 60, (classes, classes)) + 30 * np.eye(classes, dtype=int)
        for label in range(classes):
            got = number(call(recall_of, matrix, label), f"the recall of class {label}")
            row, column = matrix[label].tolist(), matrix[:, label].tolist()
            recall, precision = row[label] / sum(row), column[label] / sum(column)
            if close(got, recall, 1e-4):
                continue
            name_mistake(
                got,
                {
                    "this divides by the column: of the images that were *called* this class, how many are. That is "
                    "the precision. Recall starts from the images that *are* of this class.": precision,
                    "this is the recall in per cent. A share between 0 and 1 is wanted.": 100 * recall,
                    "this is the share that was *missed*. Recall is the share that was found.": 1 - recall,
                    "this is F1, which mixes precision and recall.": 2 * precision * recall / (precision + recall),
                    "this is the number of right answers. By what do you divide it?": row[label],
                    "this divides by all images. Only those of this class count.": row[label] / matrix.sum(),
                    "this is the accuracy over all classes.": np.trace(matrix) / matrix.sum(),
                    "this divides by the mistakes alone. The right answers belong to the class too.": (
                        row[label] / (sum(row) - row[label])
                    ),
                },
                1e-4,
            )
            wrong(
                f"for the row {row} and label {label} you have {got:.4f}. Of {sum(row)} images of this class, "
                f"{row[label]} were found."
            )
    return "Recall reads a row, precision reads a column."


@exercise("7.3")
def exercise_7_3(most_confused: Callable) -> str:
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
    generator = np.random.default_rng(73)
    random = [generator.integers(0, 300, (10, 10)) + 500 * np.eye(10, dtype=int) for _ in range(12)]
    return [np.array(case) for case in fixed] + [case for case in random if len(set(_both(case.tolist())[:2])) == 2]


def _both(matrix: list[list[int]]) -> list[int]:
    """Confusions of every pair, both directions added, the most frequent first."""
    return sorted((matrix[a][b] + matrix[b][a] for a in range(len(matrix)) for b in range(a)), reverse=True)


def _compare_pair(pair: set[int], matrix: list[list[int]]) -> None:
    if len(pair) == 1:
        (label,) = pair
        wrong(f"class {label} with itself: those are the right answers. Leave the diagonal out, and name two classes.")
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
    for confidence, right, bins in _calibration_cases():
        got = call(calibration_error, confidence, right, bins)
        if isinstance(got, (float, np.floating)) and np.isnan(got):
            wrong("the answer is NaN. Some bins hold no image, and the mean of nothing is NaN: leave them out.")
        got = number(got, "the calibration error")
        parts = _by_bin(confidence, right, bins)
        expected = _weighted(parts)
        if close(got, expected, 1e-4):
            continue
        _name_error(got, expected, parts, confidence, right, bins)
    return (
        "0.05 means: confidence and accuracy are 5 points apart on average over the images; single bins may be "
        "further off."
    )


def _calibration_cases() -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Too sure, too unsure and mixed; with empty bins; with confidences of exactly 1. None lies on another edge."""
    generator = np.random.default_rng(74)
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
        place = bins - 1
        while place and sure < place / bins:
            place -= 1
        members.setdefault(place, []).append((sure, hit))
    return [
        (len(group), sum(sure for sure, _ in group) / len(group), sum(hit for _, hit in group) / len(group), place)
        for place, group in sorted(members.items())
    ]


def _weighted(parts: list[tuple[int, float, float, int]]) -> float:
    return sum(n * abs(accuracy - sure) for n, sure, accuracy, _ in parts) / sum(part[0] for part in parts)


def _name_error(got: float, expected: float, parts: list, confidence, right, bins: int) -> None:
    n = len(confidence)
    gaps = [abs(accuracy - sure) for _, sure, accuracy, _ in parts]
    inside = confidence < 1
    if close(abs(got), abs(right.mean() - confidence.mean()), 1e-4):
        wrong(
            "this is accuracy - mean confidence over all images. Too sure in one bin and not sure enough in another "
            "must not cancel: take the size of the gap in each bin first, with `abs`."
        )
    name_mistake(
        got,
        {
            "every bin weighs the same in yours. A bin with three images should not count like one with three "
            "hundred: weigh each by its share of the images.": sum(gaps) / len(gaps),
            "you divide by the number of bins, empty ones included. Weigh each bin by its share of the images.": sum(
                gaps
            )
            / bins,
            "this is the largest gap of any bin. The mean is wanted, weighted by the images in each bin.": max(gaps),
            "the gaps are not weighted yet. Each bin counts by its share of the images.": sum(gaps),
            "the gaps are squared. Their size is wanted.": (
                sum(count * (accuracy - sure) ** 2 for count, sure, accuracy, _ in parts) / n
            ),
            "you compare with the middle of each bin. Compare with the mean confidence of the images in it.": (
                sum(count * abs(accuracy - (place + 0.5) / bins) for count, _, accuracy, place in parts) / n
            ),
            "images with a confidence of exactly 1 have fallen out. They belong to the last bin.": (
                sum(
                    count * abs(accuracy - sure)
                    for count, sure, accuracy, _ in _by_bin(confidence[inside], right[inside], bins)
                )
                / n
            ),
            "the images with a confidence of exactly 1 are missing. They belong to the last bin.": (
                _weighted(_by_bin(confidence[inside], right[inside], bins))
            ),
            "images with a confidence of exactly 1 have got a bin of their own. They belong to the last bin.": (
                _one_apart(confidence, right, bins)
            ),
            "these are per cent. A number between 0 and 1 is wanted.": 100 * expected,
            "this is the sum over the images. Divide by how many there are.": n * expected,
            "you always use ten bins. The third argument says how many.": _weighted(_by_bin(confidence, right, 10)),
        },
        1e-4,
    )
    wrong(
        f"for {n} images and {bins} bins you have {got:.4f}; it should be {expected:.4f}. Work out the fullest bin: "
        f"{max(parts)[0]} images, mean confidence {max(parts)[1]:.3f}, accuracy {max(parts)[2]:.3f}."
    )


def _one_apart(confidence: np.ndarray, right: np.ndarray, bins: int) -> float:
    inside = confidence < 1
    rest = inside.sum() * _weighted(_by_bin(confidence[inside], right[inside], bins))
    return (rest + (~inside).sum() * (1 - right[~inside].mean())) / len(confidence)
