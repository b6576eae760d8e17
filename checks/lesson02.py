"""Checks of lesson 02: memory of a copy, one-hot, standardising, stratified split."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import (
    NotFilledIn,
    NotRight,
    call,
    close,
    describe,
    exercise,
    name_mistake,
    number,
    numbers,
    seeded,
    wrong,
)


@exercise("2.1")
def exercise_2_1(predicted_bytes: Any) -> str:
    """Bytes of a float64 copy of all 50,000 training images, one number."""
    got = number(predicted_bytes, "the number of bytes")
    right = 50_000 * 32 * 32 * 3 * 8
    mistakes = {
        "this is the number of values. Each needs one byte as uint8, and how many as float64?": right / 8,
        "this is a float32 copy, 4 bytes a value. A float64 has twice as many bits.": right / 2,
        "these are bits. A byte has 8 of them.": right * 8,
        "this is one colour channel. A colour image has three numbers for each pixel.": right / 3,
        "this is one image. There are 50,000.": right / 50_000,
        "this is 60,000 images: the question is about the 50,000 of the training set.": right * 60 / 50,
        "this is 45,000 images: the question is about all 50,000.": right * 45 / 50,
        "these are megabytes. Give the answer in bytes.": right / 1e6,
        "these are gigabytes. Give the answer in bytes.": right / 1e9,
        "these are mebibytes (2 to the power of 20). Give the answer in bytes.": right / 2**20,
        "these are gibibytes (2 to the power of 30). Give the answer in bytes.": right / 2**30,
    }
    # Who writes 1.23e9 has understood it, hence a share and not a difference.
    for sentence, value in mistakes.items():
        if abs(got / value - 1) < 0.002:
            wrong(sentence)
    if abs(got / right - 1) > 0.002:
        wrong(f"{got:,.10g} bytes is not what the copy takes. Images × rows × columns × channels × bytes a value?")
    return f"{right:,} bytes, eight times the uint8 images."


@exercise("2.2")
def exercise_2_2(one_hot: Callable) -> str:
    """``one_hot(labels, classes)``, integers (n,), gives (n, classes) with a single 1 in each row."""
    generator = seeded("2.2")
    for images, classes in ((7, 4), (1, 5), (int(generator.integers(8, 30)), int(generator.integers(3, 7)))):
        # The last class never occurs, as happens in a small batch.
        labels = generator.integers(0, classes - 1, images)
        result = call(one_hot, labels, classes)
        if "bool" in str(getattr(result, "dtype", "")):
            result = np.asarray(result, dtype=int)
        got = numbers(result, "the result")
        if got.shape == (images, labels.max() + 1):
            wrong(
                f"{classes} classes need {classes} columns; yours has {got.shape[1]}, as many as the largest label "
                "of this batch asks for. A batch need not hold every class: use the argument."
            )
        if got.shape == (classes, images):
            wrong("rows and columns are swapped: one row an image, one column a class.")
        if got.shape != (images, classes):
            wrong(f"the result should have the shape {(images, classes)}, yours has {got.shape}.")
        expected = np.zeros((images, classes))
        for row, label in enumerate(labels):
            expected[row, label] = 1
        if np.array_equal(got, expected):
            continue
        where = "Labels were " + ", ".join(map(str, labels[:7])) + (" ..." if images > 7 else "") + "."
        if np.array_equal(got, 1 - expected):
            wrong("ones and zeros are swapped: a single 1 in each row, and it marks the image's class.")
        if np.array_equal(got, np.roll(expected, 1, axis=1)) or np.array_equal(got, np.roll(expected, -1, axis=1)):
            wrong("the 1 stands one column off. Class 0 is the first column.")
        if not np.isin(got, (0, 1)).all():
            wrong(
                f"only 0 and 1 belong into a one-hot array; yours also holds {got[~np.isin(got, (0, 1))][0]:g}. {where}"
            )
        if (got.sum(axis=1) != 1).any():
            row = int(np.flatnonzero(got.sum(axis=1) != 1)[0])
            wrong(f"row {row} holds {got[row].sum():g} ones; every row has exactly one. {where}")
        row = int(np.flatnonzero((got != expected).any(axis=1))[0])
        wrong(f"row {row} has its 1 in column {got[row].argmax()}, the label is {labels[row]}. {where}")
    return "Classes that a batch lacks get their column, too."


@exercise("2.3")
def exercise_2_3(standardise: Callable) -> str:
    """``standardise(images, mean, std)``, (n, 32, 32, 3) uint8 and two (3,) for images of 0 to 1, gives float32."""
    generator = seeded("2.3")
    for images in (int(generator.integers(2, 6)), 1):
        batch = generator.integers(0, 256, (images, 32, 32, 3)).astype(np.uint8)
        # Channels far apart, and not those of this batch: only the given statistics lead to the right answer.
        mean = np.array([0.3, 0.5, 0.7]) + generator.uniform(-0.05, 0.05, 3)
        std = np.array([0.15, 0.25, 0.35]) + generator.uniform(-0.02, 0.02, 3)
        result = call(standardise, batch, mean, std)
        got = numbers(result, "the result", batch.shape)
        dtype = np.asarray(result).dtype
        expected = np.empty(batch.shape)
        for channel in range(3):
            expected[..., channel] = (batch[..., channel].astype(float) / 255 - mean[channel]) / std[channel]
        if dtype.kind in "iu":
            wrong(f"the result has the type {dtype}, which drops fractions. Return float32.")
        if dtype.itemsize < 4:
            wrong(f"the result has the type {dtype}, which keeps about three digits. Return float32.")
        if not close(got, expected, 1e-4):
            # A mean that became uint8, too, may be off by one grey level.
            levels = (got - expected) * std * 255
            wrapped = np.abs(levels - 256) <= 1.01
            if wrapped.any() and (wrapped | (np.abs(levels) <= 1.01)).all():
                wrong(
                    "what is darker than the mean came out very bright: you subtracted as uint8, which wraps around "
                    "below 0. Convert to float first, then subtract."
                )
            name_mistake(got, _standardise_mistakes(batch, mean, std), 1e-3)
            wrong(
                f"the first pixel is {_three(got[0, 0, 0])}, it should be {_three(expected[0, 0, 0])}: "
                f"it was {batch[0, 0, 0].tolist()}, mean {_three(mean)}, std {_three(std)}."
            )
        if dtype != np.float32:
            wrong(
                f"the numbers are right, their type is {dtype}; return float32. Mean and std are float64 arrays, and "
                "NumPy computes in the wider type."
            )
    return "The same three means and deviations serve training, validation and test images."


def _standardise_mistakes(batch: np.ndarray, mean: np.ndarray, std: np.ndarray) -> dict[str, np.ndarray]:
    scaled = batch / 255.0
    with np.errstate(all="ignore"):
        return {
            "this is only divided by 255. Now subtract the mean, then divide by the standard deviation.": scaled,
            "divide by 255 at the beginning: mean and std belong to images of 0 to 1.": (batch - mean) / std / 255,
            "the division by 255 comes once, at the beginning. Standardised numbers are not divided again.": (
                (scaled - mean) / std / 255
            ),
            "this takes one mean and one std of the whole batch, over all colours. Use those that are given, one for "
            "each channel.": (scaled - scaled.mean()) / scaled.std(),
            "divide by 255 first: mean and std belong to images of 0 to 1, the batch runs from 0 to 255.": (
                batch - mean
            )
            / std,
            "the mean is gone, now divide by the standard deviation.": scaled - mean,
            "divide by std as it is: you divided by its square, the variance.": (scaled - mean) / std**2,
            "first subtract the mean, then divide: mind the brackets.": scaled - mean / std,
            "multiply or divide? A deviation of std must become a deviation of 1.": (scaled - mean) * std,
            "the sign is reversed: subtract the mean from the image.": (mean - scaled) / std,
            "these are the statistics of the batch itself. Use the mean and std that are given: an image's "
            "result must not depend on its neighbours in the batch.": (scaled - scaled.mean((0, 1, 2)))
            / scaled.std((0, 1, 2)),
            "this uses one mean and one std for all colours. Each channel has its own.": (scaled - mean.mean())
            / std.mean(),
            "the channels are mixed up: mean[0] and std[0] belong to red.": (scaled - mean[::-1]) / std[::-1],
        }


def _three(values: np.ndarray) -> str:
    return "(" + ", ".join(f"{value:.3f}" for value in values) + ")"


@exercise("2.4")
def exercise_2_4(stratified_split: Callable) -> str:
    """``stratified_split(labels, held_out, seed)`` gives two arrays of indices, (kept, held_out)."""
    generator = seeded("2.4")
    for classes, each, per_class in ((3, 20, 4), (int(generator.integers(4, 9)), int(generator.integers(30, 60)), 7)):
        labels = generator.permutation(np.repeat(np.arange(classes), each))
        held_out = classes * per_class
        kept, held = _parts(_call_split(stratified_split, labels, held_out), labels, held_out)
        both = np.concatenate([kept, held])
        if len(held) == classes * held_out:
            wrong(
                f"you hold out {held_out} images of each class, {len(held)} in all. {held_out} is the number for all "
                "classes together."
            )
        if len(held) == classes * (held_out // 10):
            wrong(f"you hold out {len(held)} images instead of {held_out}. {_not_ten(classes)}")
        uneven = (np.bincount(labels[held], minlength=classes) != per_class).any()
        if len(held) == held_out and held.max() < each and (uneven or len(np.unique(both)) < len(both)):
            wrong(
                f"the held-out indices run from 0 to {held.max()} only, and a class has {each} images: these look "
                "like positions within a class. Draw from the positions of its images among all labels."
            )
        if len(np.unique(both)) < len(both):
            overlap = np.intersect1d(kept, held)
            if len(overlap):
                wrong(f"{len(overlap)} images are in both parts, number {overlap[0]} for one. An image belongs to one.")
            wrong("some images come twice in one part: draw without replacement (replace=False).")
        if len(both) < len(labels):
            missing = np.setdiff1d(np.arange(len(labels)), both)[0]
            wrong(f"{len(labels) - len(both)} images are in neither part, number {missing} for one. Keep the rest.")
        if len(held) != held_out:
            wrong(f"{held_out} images are to be held out, you hold out {len(held)}.")
        counts = np.bincount(labels[held], minlength=classes)
        if (counts != per_class).any():
            wrong(
                f"the held-out images hold {counts.tolist()} of the classes; all should have {per_class}. "
                "Draw from each class by itself."
            )
        again = _parts(call(stratified_split, labels, held_out, 0), labels, held_out)
        if not np.array_equal(np.sort(again[1]), np.sort(held)):
            wrong(
                "seed 0 gave two different splits. Make the generator inside the function: np.random.default_rng(seed)."
            )
        other = _parts(call(stratified_split, labels, held_out, 1), labels, held_out)
        if np.array_equal(np.sort(other[1]), np.sort(held)):
            wrong("seed 0 and seed 1 hold out the same images. The seed must decide which ones are drawn.")
    return "No image in both parts, none lost, every class with the same share, and the seed brings it back."


def _call_split(stratified_split: Callable, labels: np.ndarray, held_out: int) -> Any:
    try:
        return call(stratified_split, labels, held_out, 0)
    except NotRight as error:
        # Does it stop because it is written for CIFAR-10's ten classes?
        if "stopped with" in str(error):
            try:
                call(stratified_split, np.arange(100) % 10, 50, 0)
            except (NotFilledIn, NotRight):
                raise error from None
            wrong(f"{str(error).partition(' It was called')[0]} {_not_ten(len(np.unique(labels)))}")
        raise


def _not_ten(classes: int) -> str:
    return f"This test has {classes} classes, not ten: find them with np.unique(labels)."


def _parts(result: Any, labels: np.ndarray, held_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of indices, whatever they came as."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        wrong(f"return two arrays, (kept, held_out); this is {describe(result)}.")
    parts = []
    for name, part in zip(("kept", "held_out"), result):
        if "bool" in str(getattr(part, "dtype", "")):
            wrong(f"{name} is a mask of True and False. Return indices: np.flatnonzero turns one into the other.")
        values = numbers(part, name)
        if values.ndim != 1:
            wrong(f"{name} should be one row of indices, yours has the shape {values.shape}.")
        if (values != np.floor(values)).any():
            wrong(f"{name} holds {values[values != np.floor(values)][0]:g}, which is no index.")
        if len(values) and (values.min() < 0 or values.max() >= len(labels)):
            wrong(
                f"{name} runs from {values.min():g} to {values.max():g}; "
                f"with {len(labels)} images, indices run from 0 to {len(labels) - 1}."
            )
        dtype = np.asarray(part).dtype
        if len(values) and dtype.kind not in "iu":
            wrong(f"{name} has the type {dtype}. Only integers can be indices: x[{name}] would stop with an error.")
        parts.append(values.astype(int))
    kept, held = parts
    if len(kept) == held_out and len(held) == len(labels) - held_out:
        wrong("the two parts are swapped: first what is kept for training, then what is held out.")
    if len(kept) + len(held) == len(labels) and len(np.unique(np.concatenate(parts))) <= len(np.unique(labels)):
        wrong("these look like labels. Return the positions of the images: indices into the array of labels.")
    return kept, held
