"""Checks of lesson 03, Loss and gradient descent: the squared error here, the others beside it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from checks.grading import by_rules, exercise, seeded
from checks.lesson03_cross_entropy import exercise_3_3
from checks.lesson03_gradients import exercise_3_4, exercise_3_5
from checks.lesson03_softmax import exercise_3_2

__all__ = ["exercise_3_1", "exercise_3_2", "exercise_3_3", "exercise_3_4", "exercise_3_5"]


@exercise("3.1")
def exercise_3_1(mean_squared_error: Callable) -> str:
    """``mean_squared_error(predictions, targets)``, two arrays of one shape, any shape, gives one number."""
    generator = seeded("3.1")
    cases = [
        (generator.normal(2.0, 3.0, shape), generator.normal(size=shape)) for shape in ((7,), (1,), (4, 5), (2, 3, 4))
    ]
    by_rules(
        mean_squared_error,
        cases,
        lambda predictions, targets: _sum_of_squares(predictions - targets) / targets.size,
        _squared_error_mistakes,
        lambda predictions, targets: f"arrays of shape {targets.shape}",
        "Try errors 0, +1, -1 on paper: 2/3 should come out.",
    )
    return "It is the same for one number, a row of them, or a whole table."


def _sum_of_squares(errors: np.ndarray) -> float:
    return math.fsum(error * error for error in errors.ravel().tolist())


def _squared_error_mistakes(predictions: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    errors, count = predictions - targets, targets.size
    total = _sum_of_squares(errors)
    return {
        "these are the squares, one for each element. Their mean is one number.": errors**2,
        "this is a mean for each row. The mean over all elements is one number.": (errors**2).mean(axis=-1),
        "this is a mean for each column. The mean over all elements is one number.": (errors**2).mean(axis=0),
        "you square predictions and targets first and subtract then. Subtract first: the error is what is squared.": (
            (predictions**2 - targets**2).mean()
        ),
        "this is the largest square. Take the mean of all of them.": (errors**2).max(),
        "this is the median of the squares. Take their mean.": np.median(errors**2),
        "you add predictions and targets. An error is their difference.": ((predictions + targets) ** 2).mean(),
        "these are the errors themselves, averaged: -1 and +1 cancel. Square each error first.": errors.mean(),
        "these are the errors themselves, averaged, and with the opposite sign: -1 and +1 cancel. Square each error "
        "first.": -errors.mean(),
        "these are absolute errors, averaged. An error of 3 should cost 9, not 3.": np.abs(errors).mean(),
        "this is the sum of the squares. Divide by their number, or a larger batch looks worse.": total,
        "this is half of it. Some textbooks halve the square so that its derivative is tidier; Keras does not.": (
            total / count / 2
        ),
        "this is the square root of the mean squared error. Leave the last step away.": math.sqrt(total / count),
        "you average first and square the average. Square each error, then average.": errors.mean() ** 2,
        "you divide by the number of rows. A table has rows × columns elements.": total / len(predictions),
        "you divide by one less than the number of errors, as for a variance. This is a plain mean.": (
            total / max(count - 1, 1)
        ),
        "this is minus the mean squared error. A loss grows as the predictions get worse.": -total / count,
    }
