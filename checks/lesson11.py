"""Checks of lesson 11, A better model, and the functions that it goes on with; the gains of 11.3 stand beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from checks.grading import by_rules, exercise, seeded
from checks.lesson11_gains import exercise_11_3

__all__ = [
    "exercise_11_1",
    "exercise_11_2",
    "exercise_11_3",
    "reference_flip",
    "reference_pooled_deviation",
]


def reference_pooled_deviation(rows: Sequence[np.ndarray]) -> float:
    """The root of all squared distances to the row's own mean, divided by the sum of n - 1."""
    squares = sum(np.square(row - np.mean(row)).sum() for row in map(np.asarray, rows))
    return float(np.sqrt(squares / sum(len(row) - 1 for row in rows)))


def reference_flip(x: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The batch with the chosen images flipped left to right."""
    return np.where(np.asarray(chosen)[:, None, None, None], x[:, :, ::-1], x)


# --- 11.1: the noise of all rows together


@exercise("11.1")
def exercise_11_1(pooled_deviation: Callable) -> str:
    """``pooled_deviation(rows)``, a list of arrays, gives the standard deviation of a single training."""
    generator = seeded("11.1")
    cases = []
    for lengths in ((3, 3), (2, 5, 3), (4, 2), (3, 3, 3, 3)):
        means = np.linspace(0.5, 0.8, len(lengths))
        # Later rows vary more, so that it matters how they are weighted.
        scales = 0.004 * (1 + np.arange(len(lengths)))
        cases.append(([generator.normal(*pair) for pair in zip(means, scales, lengths)],))
    by_rules(
        pooled_deviation,
        cases,
        reference_pooled_deviation,
        _pooling_mistakes,
        lambda rows: f"rows of {', '.join(str(len(row)) for row in rows)} figures",
        "Take each figure's distance to the mean of its own row; square, add up over all rows, divide, take the root.",
        tolerance=1e-4,
    )
    return "The gaps between the rows do not enter: only what seeds do within a row."


def _pooling_mistakes(rows: list[np.ndarray]) -> dict[str, float]:
    together = np.concatenate(rows)
    right = reference_pooled_deviation(rows)
    squares, freedom = right**2 * sum(len(row) - 1 for row in rows), sum(len(row) - 1 for row in rows)
    deviations = [row.std(ddof=1) for row in rows]
    return {
        "you take all figures for one row, so the gaps between recipes count as noise. Subtract from each figure the "
        "mean of its own row.": together.std(ddof=1),
        "you take all figures for one row, and divide by their number. Subtract from each figure the mean of its own "
        "row.": together.std(),
        "you average the standard deviations. Add up the *squares*, and take the root at the end.": np.mean(deviations),
        "you take the median of the standard deviations. Add up the squares of all rows.": np.median(deviations),
        "all rows count the same in yours, long or short. Divide the sum of all squares by the sum of n − 1.": (
            np.sqrt(np.mean(np.square(deviations)))
        ),
        "you divide by the number of figures. Each row has used up one for its mean: divide by the sum of n − 1.": (
            np.sqrt(squares / len(together))
        ),
        "you divide by the number of all figures minus 1. Each *row* has used up one: divide by the sum of n − 1.": (
            np.sqrt(squares / (len(together) - 1))
        ),
        "you average standard deviations that were divided by n. Divide the squares by n − 1, and average squares.": (
            np.mean([row.std() for row in rows])
        ),
        "this is the variance. Take the root at the end.": squares / freedom,
        "this is the standard deviation of the *means* of the rows: how far recipes differ, not seeds.": (
            np.std([row.mean() for row in rows], ddof=1)
        ),
        "this is the standard deviation of the first row alone.": deviations[0],
        "this is the sum of squares under the root, not divided.": np.sqrt(squares),
        "this is the standard error of a mean. The standard deviation of a single training is asked for.": (
            right / np.sqrt(len(rows[0]))
        ),
    }


# --- 11.2: some images flipped


@exercise("11.2")
def exercise_11_2(flip: Callable) -> str:
    """``flip(x, chosen)``, (n, rows, columns, 3) and booleans (n,), gives the batch with the chosen images flipped."""
    generator = seeded("11.2")
    cases = []
    for n, rows, columns in ((6, 4, 5), (7, 6, 3), (5, 5, 5), (3, 4, 4), (3, 3, 6)):
        chosen = np.arange(n) % 4 >= 2
        if n == 3:
            chosen[:] = rows == columns  # all of them, then none
        cases.append((generator.integers(0, 256, (n, rows, columns, 3)).astype(np.uint8), chosen))
    by_rules(
        flip,
        cases,
        lambda x, chosen: _changed(x, chosen, _flipped),
        _flip_mistakes,
        lambda x, chosen: f"{len(x)} images, {chosen.sum()} of them chosen,",
        lambda _, x, chosen: (
            "In the chosen images the first column becomes the last, the second the last but one; nothing else changes."
            if chosen.any()
            else "None is chosen here, and yours changes images all the same."
        ),
    )
    return "Flipped twice, an image is itself again."


def _changed(x: np.ndarray, which: np.ndarray, form: Callable) -> np.ndarray:
    return np.stack([form(image) if one else image for image, one in zip(x, which)])


def _flipped(image: np.ndarray) -> np.ndarray:
    return np.stack([image[:, column] for column in reversed(range(image.shape[1]))], axis=1)


def _flip_mistakes(x: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
    every = np.ones_like(chosen)
    right = _changed(x, chosen, _flipped)
    numbered = np.isin(np.arange(len(x)), chosen.astype(int))
    order = x.copy()
    order[chosen] = right[chosen][::-1]
    return {
        "the chosen images are upside down. Columns are reversed in a flip left to right: axis 2 of the batch.": (
            _changed(x, chosen, np.flipud)
        ),
        "the chosen images are rotated by 180 degrees: rows and columns are reversed. Reverse the columns only.": (
            _changed(x, chosen, lambda image: np.flipud(_flipped(image)))
        ),
        "you reverse the colours, the last axis: red becomes blue. Columns are axis 2.": (
            _changed(x, chosen, lambda image: image[..., ::-1])
        ),
        "the chosen images are flipped, and their colours are in reversed order. Reverse axis 2 only.": (
            _changed(x, chosen, lambda image: _flipped(image)[..., ::-1])
        ),
        "the *order of the images* is reversed. Axis 0 counts images; columns are axis 2.": x[::-1],
        "all axes are reversed, the order of the images too. Name the axis: columns are axis 2.": (
            x[::-1, ::-1, ::-1, ::-1]
        ),
        "all images are flipped, not the chosen ones alone.": _changed(x, every, _flipped),
        "all images are upside down. Of the chosen ones the columns are to be reversed, axis 2 of the batch.": (
            _changed(x, every, np.flipud)
        ),
        "you flip the other images, those that were *not* chosen.": _changed(x, ~chosen, _flipped),
        "you take True and False for the numbers 1 and 0, and flip the images with these numbers.": (
            _changed(x, numbered, _flipped)
        ),
        "only the first of the chosen images is flipped.": (_changed(x, chosen & (np.cumsum(chosen) == 1), _flipped)),
        "the chosen images are flipped, and their order among each other is reversed. Each keeps its number.": order,
        "the images that are not chosen are lost. Begin with a copy of the batch.": (
            np.where(chosen[:, None, None, None], right, 0)
        ),
        "only the chosen images came back. Return all, the others as they are, in their order.": right[chosen],
        "only the chosen images came back, and not flipped. Return all, the others as they are.": x[chosen],
        "only the other images came back. Return all, in their order, the chosen ones flipped.": x[~chosen],
        "nothing is flipped.": x,
        "your images are divided by 255. Grey values stay as they are.": right / 255,
    }
