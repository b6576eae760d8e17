"""Check of lesson 07, exercise 7.4: the expected calibration error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import by_rules, exercise, seeded, values, wrong


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


def reference_calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int) -> float:
    """Confidences (n,) 0..1, right (n,) True or False -> expected calibration error over equal bins, 0..1."""
    bin_of = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, np.asarray(right, float) - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(bin_of))


def _no_empty_bins(answer: Any, *_: Any) -> None:
    read = values(answer)
    if read is not None and read.ndim == 0 and np.isnan(read):
        wrong("the result is NaN. Some bins hold no image, and the mean of nothing is NaN: leave them out.")


def _fullest_bin(_, confidence: np.ndarray, right: np.ndarray, bins: int) -> str:
    count, sure, accuracy, _ = max(_by_bin(confidence, right, bins))
    return (
        f"Work out the fullest bin by hand: {count} of the {len(right)} images, mean confidence {sure:.3f}, accuracy "
        f"{accuracy:.3f}. What does it add?"
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

    def with_bins(bin_of: np.ndarray) -> float:
        return sum(abs((right - confidence)[bin_of == k].sum()) for k in np.unique(bin_of)) / n

    lowest, highest = confidence.min(), confidence.max()
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
        "the gaps are squared, averaged, and their root is taken. Average the gaps themselves.": (
            (sum(count * (accuracy - sure) ** 2 for count, sure, accuracy, _ in parts) / n) ** 0.5
        ),
        "bins in which the network is not sure enough count as 0 in yours. Take the size of every gap, with `abs`.": (
            sum(count * max(sure - accuracy, 0) for count, sure, accuracy, _ in parts) / n
        ),
        "bins in which the network is too sure count as 0 in yours. Take the size of every gap, with `abs`.": (
            sum(count * max(accuracy - sure, 0) for count, sure, accuracy, _ in parts) / n
        ),
        "this is the mean gap of single images. One image is right or wrong, 1 or 0: only the accuracy of a bin can be "
        "compared with a confidence.": np.abs(right - confidence).mean(),
        "this is the Brier score, the mean squared gap of single images. Compare the means of each bin.": (
            ((right - confidence) ** 2).mean()
        ),
        "your bins go from the lowest to the highest confidence. They go from 0 to 1.": (
            with_bins(np.minimum((confidence - lowest) / (highest - lowest) * bins, bins - 1).astype(int))
        ),
        "you round `confidence * bins`, which makes one bin more than `bins`, half a bin further down. Cut the "
        "decimals off.": with_bins(np.round(confidence * bins)),
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
        "this is in per cent. A number between 0 and 1 is wanted.": 100 * _weighted(parts),
        "this is the sum over the images. Divide by how many there are.": n * _weighted(parts),
        "you always use ten bins. The third argument says how many.": _weighted(_by_bin(confidence, right, 10)),
    }
