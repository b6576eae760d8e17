"""Checks of lesson 09, Explanations on trial: what covering a patch costs here, maps of a class beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import by_rules, exercise, seeded, shape_of, wrong
from checks.lesson09_maps import exercise_9_2, exercise_9_3, reference_grad_cam, reference_mass_inside

__all__ = [
    "exercise_9_1",
    "exercise_9_2",
    "exercise_9_3",
    "reference_grad_cam",
    "reference_mass_inside",
    "reference_patch_importance",
]

# --- 9.1: the probability that a covered patch costs


@exercise("9.1")
def exercise_9_1(patch_importance: Callable) -> str:
    """``patch_importance(predict, image, row, column, side, fill)`` gives the loss of probability, one number."""
    generator = seeded("9.1")
    cases = []
    fill = np.array([120.5, 60.25, 200.75])  # fractions, which an array of whole numbers would cut
    for rows, columns, *patch in ((12, 15, 3, 8, 4), (10, 9, 1, 2, 3), (8, 11, 5, 8, 3), (9, 10, 2, 4, 1)):
        image = generator.integers(0, 256, (rows, columns, 3)).astype(np.uint8)
        weights = generator.normal(size=image.shape)
        # The class and its opposite: what one loses the other gains.
        cases += [(_predictor(sign * weights, image.shape), image, *patch, fill) for sign in (1, -1)]
    by_rules(
        patch_importance,
        cases,
        reference_patch_importance,
        _loss_mistakes,
        lambda _, image, row, column, side, __: f"a patch of {side} × {side} at row {row}, column {column}",
        lambda _, predict, image, *patch: (
            f"The probability goes from {float(predict(image[None])[0]):.4f} to {_covered(predict, image, *patch):.4f}."
        ),
        _array_of_one,
        1e-6,
    )
    return "Negative losses count as much as positive ones: such a patch spoke against the class."


def _predictor(weights: np.ndarray, shape: tuple[int, ...]) -> Callable:
    """A class's probability as a smooth function of every pixel, instead of a network."""

    def predict(batch: Any) -> np.ndarray:
        batch = np.asarray(batch, dtype=float)
        if batch.shape[1:] != shape:
            raise ValueError(f"predict takes a batch (n, {', '.join(map(str, shape))}), this has {batch.shape}")
        return 1 / (1 + np.exp(-((batch - 128) * weights).sum(axis=(1, 2, 3)) / 1200))

    return predict


def _covered(predict: Callable, image: np.ndarray, row: int, column: int, side: int, colour: Any) -> float:
    """The probability with the patch covered."""
    rows, columns = (np.arange(size) for size in image.shape[:2])
    inside = ((rows >= row) & (rows < row + side))[:, None] & (columns >= column) & (columns < column + side)
    return float(predict(np.where(inside[..., None], colour, image)[None])[0])


def reference_patch_importance(predict: Callable, image: np.ndarray, *patch: Any) -> float:
    return float(predict(image[None])[0]) - _covered(predict, image, *patch)


def _loss_mistakes(
    predict: Callable, image: np.ndarray, row: int, column: int, side: int, fill: np.ndarray
) -> dict[str, Any]:
    def probability(given: np.ndarray) -> float:
        return float(predict(given[None])[0])

    def lost(rows: slice, columns: slice, colour: Any = fill, channels: Any = slice(None)) -> float:
        """As slices do it, which end at an edge of the image and start from the other end below 0."""
        covered = image.astype(float)
        covered[rows, columns, channels] = colour
        return before - probability(covered)

    def patch(top: int, left: int, side: int = side, colour: Any = fill) -> float:
        return lost(slice(top, top + side), slice(left, left + side), colour)

    before, after = probability(image), _covered(predict, image, row, column, side, fill)
    half, here = side // 2, (slice(row, row + side), slice(column, column + side))
    whole_numbers = image.copy()
    whole_numbers[here] = fill.astype(np.uint8)
    outside = np.broadcast_to(fill, image.shape).copy()
    outside[here] = image[here]
    return {
        "the sign is reversed. A loss is positive when the probability falls: before minus after.": after - before,
        "this is the probability *after* covering. How much was lost?": after,
        "this is the probability before covering. How much of it is lost with the patch covered?": before,
        "this is the ratio of the two probabilities. Their difference is wanted.": after / before,
        "this is the probability before divided by the one after. Their difference is wanted.": before / after,
        "this is the share that was lost. The difference itself is wanted.": (before - after) / before,
        "this is the difference of the logarithms. The difference of the probabilities is wanted.": (
            np.log(before) - np.log(after)
        ),
        "you take `row` for `column` and the other way round. Rows are the first axis of an image.": patch(column, row),
        "you cover with black. Cover with `fill`.": patch(row, column, colour=0),
        "you cover with white. Cover with `fill`.": patch(row, column, colour=255),
        "you cover with medium grey. Cover with `fill`.": patch(row, column, colour=128),
        "you cover with the mean colour of the image. Cover with `fill`.": (
            patch(row, column, colour=image.mean(axis=(0, 1)))
        ),
        "you cover with the mean of `fill`. Each colour has its own number.": patch(row, column, colour=fill.mean()),
        "you cover with the first number of `fill`. Each colour has its own number.": patch(
            row, column, colour=fill[0]
        ),
        "you cover with the colours of `fill` in reversed order.": patch(row, column, colour=fill[::-1]),
        "the fractions of `fill` are cut off, because your copy of the image holds whole numbers. Copy it as floats: "
        'image.astype("float32").': before - probability(whole_numbers),
        "you cover one of the three colours only.": lost(*here, fill[0], 0),
        "your patch is one pixel too large in each direction: `row : row + side` is `side` rows.": (
            patch(row, column, side + 1)
        ),
        "your patch is one pixel too small: `row : row + side` already ends before row + side.": (
            patch(row, column, side - 1)
        ),
        "your patch is twice as large: it begins at row, column and has `side` rows and columns.": (
            lost(slice(max(row - side, 0), row + side), slice(max(column - side, 0), column + side))
        ),
        "(row, column) is the upper left corner of the patch; you take it for the middle.": (
            patch(max(row - half, 0), max(column - half, 0))
        ),
        "(row, column) is the upper left corner of the patch; you take it for the lower right one.": (
            lost(slice(max(row - side, 0), row), slice(max(column - side, 0), column))
        ),
        "your patch begins one pixel too far down and to the right. Rows and columns are counted from 0.": (
            patch(row + 1, column + 1)
        ),
        "your patch begins one pixel too far up and to the left. Rows and columns are counted from 0.": (
            patch(row - 1, column - 1)
        ),
        "your slices end at `side`: after `row :` comes row + side.": lost(slice(row, side), slice(column, side)),
        "you cover whole rows. Take a slice of the columns as well.": lost(here[0], slice(None)),
        "you cover whole columns. Take a slice of the rows as well.": lost(slice(None), here[1]),
        "you cover everything else, and leave the patch as it is.": before - probability(outside),
        "you cover the whole image.": lost(slice(None), slice(None)),
        "the sign is lost. A patch that speaks *against* the class has a negative loss.": abs(before - after),
        "a loss below 0 is cut off in your answer. A patch that speaks *against* the class has one.": (
            max(before - after, 0.0)
        ),
        "nothing was lost, although the patch was covered. Did both calls get the same image?": 0.0,
        "this is the sum of the two probabilities. Their difference is wanted.": before + after,
        "the images are divided by 255 before `predict` gets them. It takes grey values from 0 to 255.": (
            probability(image / 255) - _covered(predict, image / 255, row, column, side, fill / 255)
        ),
    }


def _array_of_one(answer: Any, *_) -> None:
    if shape_of(answer) == (1,):
        wrong("an array with one number in it came back. `predict` returns n of them: take the first, [0].")
    if shape_of(answer) == (2,):
        wrong("two numbers came back; one number is wanted: before minus after.")
