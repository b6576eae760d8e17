"""Checks of lesson 02: one-hot, standardising, memory of a copy; the stratified split stands beside it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import by_rules, call, exercise, number, numbers, seeded, wrong
from checks.lesson02_split import exercise_2_4

__all__ = ["exercise_2_1", "exercise_2_2", "exercise_2_3", "exercise_2_4", "reference_standardise"]


@exercise("2.1")
def exercise_2_1(one_hot: Callable) -> str:
    """``one_hot(labels, classes)``, integers (n,), gives (n, classes) with a single 1 in each row."""

    @functools.wraps(one_hot)
    def with_integers(*given: Any) -> Any:
        result = call(one_hot, *given)
        try:
            array = np.asarray(result)
        except Exception:  # rows of different lengths and the like: by_rules says so
            return result
        return array.astype(int) if array.dtype == bool else result

    generator = seeded("2.1")
    # The last class never occurs, as happens in a small batch; class 0 does.
    cases = [
        (np.append(generator.integers(1, classes - 1, images - 1), 0), classes)
        for images, classes in ((7, 4), (3, 8), (16, 6))
    ]
    cases.append((np.array([2]), 5))
    by_rules(with_integers, cases, _ones, _one_hot_mistakes, _with_labels, look=_look_at_ones)
    return "Classes that a batch lacks get their column, too."


def _ones(labels: np.ndarray, classes: int) -> np.ndarray:
    result = np.zeros((len(labels), classes))
    for row, label in enumerate(labels):
        result[row, label] = 1
    return result


def _with_labels(labels: np.ndarray, classes: int) -> str:
    return f"the labels {', '.join(map(str, labels[:7]))}{', ...' if len(labels) > 7 else ''} and {classes} classes"


def _one_hot_mistakes(labels: np.ndarray, classes: int) -> dict[str, np.ndarray]:
    right, one_column_more = _ones(labels, classes), _ones(labels, classes + 1)
    column = np.arange(classes)
    present, anew = np.unique(labels, return_inverse=True)
    first, last = np.zeros_like(right), np.zeros_like(right)
    first[0], last[-1] = right[0], right[-1]
    return {
        "the result has as many columns as the largest label of the batch asks for. A batch need not hold every "
        "class: use the argument.": _ones(labels, labels.max() + 1),
        "the classes of the batch are numbered anew. A batch need not hold every class: use the argument, and the "
        "label as the column.": _ones(anew, len(present)),
        "rows and columns are swapped: one row an image, one column a class.": right.T,
        "ones and zeros are swapped: a single 1 in each row, and it marks the image's class.": 1 - right,
        "the 1 stands one column too far to the left. Class 0 is the first column.": np.roll(right, -1, axis=1),
        "the 1 stands one column too far to the right. Class 0 is the first column.": np.roll(right, 1, axis=1),
        "the columns run from the last class to the first. Class 0 is the first column.": right[:, ::-1],
        "there is one column too many. Classes are counted from 0: the last one is classes - 1.": one_column_more,
        "there is one column too many, and the first one is empty. Class 0 is the first column.": (
            one_column_more[:, [-1, *column]]
        ),
        "the label itself stands where a 1 belongs.": right * labels[:, None],
        "every row marks all labels of the batch. Pair each row with its own label.": (
            np.tile(right.max(axis=0), (len(labels), 1))
        ),
        "every column up to the label is marked. Only the label's own column gets a 1.": (
            (column <= labels[:, None]).astype(float)
        ),
        "only the first row is filled. Does the return stand inside the loop?": first,
        "only the last row is filled. Does every image get a new array of zeros?": last,
        "nothing is marked yet: all numbers are 0.": np.zeros_like(right),
        "these are the labels as they came. Give each of them a row of zeros with a single 1.": labels,
    }


def _look_at_ones(answer: Any, said: str, labels: np.ndarray, classes: int) -> None:
    right = _ones(labels, classes)
    got = numbers(answer, f"the result for {said}", right.shape)
    strange = got[~np.isin(got, (0, 1))]
    if strange.size:
        wrong(f"only 0 and 1 belong into a one-hot array; for {said}, yours also holds {strange[0]:g}.")
    counts = got.sum(axis=1)
    if (counts != 1).any():
        row = int(np.flatnonzero(counts != 1)[0])
        wrong(f"for {said}, row {row} holds {counts[row]:g} ones. Every row has exactly one.")
    row = int(np.flatnonzero((got != right).any(axis=1))[0])
    wrong(f"for {said}, row {row} has its 1 in column {got[row].argmax()}, but the label is {labels[row]}.")


@exercise("2.2")
def exercise_2_2(standardise: Callable) -> str:
    """``standardise(images, mean, std)``, (n, 32, 32, 3) uint8 and two (3,) for images of 0 to 1, gives float32."""
    results = []

    @functools.wraps(standardise)
    def of_float(*given: Any) -> Any:
        result = call(standardise, *given)
        numbers(result, "the result", given[0].shape)
        results.append(np.asarray(result))
        kind = results[-1].dtype
        if kind.kind in "iu":
            wrong(f"the result has the type {kind}, which drops fractions. Return float32.")
        if kind.itemsize < 4:
            wrong(f"the result has the type {kind}, which keeps about three digits. Return float32.")
        return result

    generator = seeded("2.2")
    cases = []
    for images in (3, 1):
        # Images and channels of unequal brightness, and other statistics than theirs: only those that are given lead
        # to the right answer.
        brightness = generator.uniform(0.4, 1.0, (images, 1, 1, 3))
        batch = (generator.uniform(0, 256, (images, 32, 32, 3)) * brightness).astype(np.uint8)
        mean = np.array([0.3, 0.5, 0.7]) + generator.uniform(-0.05, 0.05, 3)
        std = np.array([0.15, 0.25, 0.35]) + generator.uniform(-0.02, 0.02, 3)
        cases.append((batch, mean, std))

    def look(answer: Any, said: str, batch: np.ndarray, mean: np.ndarray, std: np.ndarray) -> None:
        if all(_wraps_around(*pair) for pair in zip(results, cases)):
            wrong(
                "what is darker than the mean came out very bright: you subtracted as uint8, which wraps around "
                "below 0. Convert to float first, then subtract."
            )
        got, right = np.asarray(answer, dtype=float), _standardised(batch, mean, std)
        at = tuple(np.argwhere(np.abs(got - right) > 1e-4 * np.abs(right).max())[0][:3].tolist())
        wrong(
            f"for {said}, the pixel [{', '.join(map(str, at))}] is {_three(got[at])}, it should be "
            f"{_three(right[at])}: it was {batch[at].tolist()}, mean {_three(mean)}, std {_three(std)}."
        )

    by_rules(
        of_float,
        cases,
        _standardised,
        _standardise_mistakes,
        lambda batch, mean, std: f"a batch of {len(batch)} image{'s' * (len(batch) > 1)}",
        look=look,
        tolerance=1e-4,
    )
    for result in results:
        if result.dtype != np.float32:
            wrong(
                f"the numbers are right, their type is {result.dtype}; return float32. Mean and std are float64 "
                "arrays, and NumPy computes in the wider type."
            )
    return "The same three means and deviations serve training, validation and test images."


def reference_standardise(batch: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """What later cells use until the student's function passes: uint8 (n, 32, 32, 3) to float32 of the same shape."""
    return ((batch / 255 - mean) / std).astype("float32")


def _standardised(batch: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    result = np.empty(batch.shape)
    for channel in range(3):
        result[..., channel] = (batch[..., channel].astype(float) / 255 - mean[channel]) / std[channel]
    return result


def _wraps_around(got: np.ndarray, case: tuple) -> bool:
    """Some numbers are 256 levels too large, all others right; a mean turned uint8 may be off by one level."""
    levels = (got.astype(float) - _standardised(*case)) * case[2] * 255
    wrapped = np.abs(levels - 256) <= 1.01
    return bool(wrapped.any() and (wrapped | (np.abs(levels) <= 1.01)).all())


def _standardise_mistakes(batch: np.ndarray, mean: np.ndarray, std: np.ndarray) -> dict[str, np.ndarray]:
    scaled, right = batch / 255.0, _standardised(batch, mean, std)
    by_image = {"axis": (1, 2), "keepdims": True}
    least, most = scaled.min(), scaled.max()
    return {
        "this is only divided by 255. Now subtract the mean, then divide by the standard deviation.": scaled,
        "divide by 255 at the beginning: mean and std belong to images of 0 to 1.": (batch - mean) / std / 255,
        "the division by 255 comes once, at the beginning. Standardised numbers are not divided again.": right / 255,
        "you divide by 256. The brightest value is 255, and it should become 1.": (batch / 256 - mean) / std,
        "this takes one mean and one std of the whole batch, over all colours. Use those that are given, one for "
        "each channel.": (scaled - scaled.mean()) / scaled.std(),
        "divide by 255 first: mean and std belong to images of 0 to 1, the batch runs from 0 to 255.": (
            (batch - mean) / std
        ),
        "the mean is multiplied by 255 and std is not. Divide the batch by 255, and use both as they are.": (
            (batch - 255 * mean) / std
        ),
        "the mean is gone, now divide by the standard deviation.": scaled - mean,
        "you divide by the standard deviation, but the mean is still there: subtract it first.": scaled / std,
        "divide by std as it is: you divided by its square, the variance.": (scaled - mean) / std**2,
        "you divide by the square root of std. It is the standard deviation already.": (scaled - mean) / np.sqrt(std),
        "first subtract the mean, then divide: mind the brackets.": scaled - mean / std,
        "multiply or divide? A deviation of std must become a deviation of 1.": (scaled - mean) * std,
        "the sign is reversed: subtract the mean from the image.": -right,
        "the mean is added. Subtract it, so that an average image comes out near 0.": (scaled + mean) / std,
        "these are the statistics of the batch itself. Use the mean and std that are given: an image's "
        "result must not depend on its neighbours in the batch.": (
            (scaled - scaled.mean((0, 1, 2))) / scaled.std((0, 1, 2))
        ),
        "these are the statistics of each image by itself. Use the mean and std that are given.": (
            (scaled - scaled.mean(**by_image)) / scaled.std(**by_image)
        ),
        "this stretches the batch from its darkest to its brightest value. Use the mean and std that are given.": (
            (scaled - least) / (most - least)
        ),
        "this maps the values to -1 to 1, whatever mean and std are. Use those that are given.": 2 * scaled - 1,
        "this uses one mean and one std for all colours. Each channel has its own.": (
            (scaled - mean.mean()) / std.mean()
        ),
        "the channels are mixed up: mean[0] and std[0] belong to red.": (scaled - mean[::-1]) / std[::-1],
        "your result holds no negative number. What is darker than the mean should come out below 0.": (
            np.maximum(right, 0)
        ),
        "your result is limited to 0 to 1. Standardised numbers may lie outside.": np.clip(right, 0, 1),
    }


def _three(values: np.ndarray) -> str:
    return "(" + ", ".join(f"{value:.3f}" for value in values) + ")"


BYTES = 50_000 * 32 * 32 * 3 * 8
OTHER_BYTES = {
    "this is the number of values. Each needs one byte as uint8, and how many as float64?": BYTES / 8,
    "this is a float32 copy, 4 bytes a value. A float64 has twice as many bits.": BYTES / 2,
    "this is a float16 copy, 2 bytes a value. A float64 has four times as many bits.": BYTES / 4,
    "these are bits. A byte has 8 of them.": BYTES * 8,
    "this is one colour channel. A colour image has three numbers for each pixel.": BYTES / 3,
    "this is the number of pixels. Each has three numbers, and how many bytes has each of these?": BYTES / 24,
    "this is one image. There are 50,000.": BYTES / 50_000,
    "these are the numbers of one image. There are 50,000 images, and a number has several bytes.": BYTES / 400_000,
    "this is 60,000 images: the question is about the 50,000 of the training set.": BYTES * 60 / 50,
    "this is 45,000 images: the question is about all 50,000.": BYTES * 45 / 50,
    "this is 10,000 images: the question is about the 50,000 of the training set.": BYTES * 10 / 50,
    "this counts the uint8 images as well. How large is the new array by itself?": BYTES * 9 / 8,
    "these are kilobytes. Give the answer in bytes.": BYTES / 1e3,
    "these are megabytes. Give the answer in bytes.": BYTES / 1e6,
    "these are gigabytes. Give the answer in bytes.": BYTES / 1e9,
    "these are kibibytes (2 to the power of 10). Give the answer in bytes.": BYTES / 2**10,
    "these are mebibytes (2 to the power of 20). Give the answer in bytes.": BYTES / 2**20,
    "these are gibibytes (2 to the power of 30). Give the answer in bytes.": BYTES / 2**30,
    "the sign is reversed: memory is positive.": -BYTES,
}
SHARE = 0.002  # Who writes 1.23e9 has understood it, hence a share and not a difference.


@exercise("2.3")
def exercise_2_3(predicted_bytes: Any) -> str:
    """Bytes of a float64 copy of all 50,000 training images, one number."""
    got = number(predicted_bytes, "the number of bytes")
    for sentence, value in OTHER_BYTES.items():
        if abs(got / value - 1) < SHARE:
            wrong(sentence)
    if abs(got / BYTES - 1) > SHARE:
        wrong(f"{got:,.10g} bytes is not what the copy takes. Images × rows × columns × channels × bytes a value?")
    return f"{BYTES:,} bytes, eight times the uint8 images."
