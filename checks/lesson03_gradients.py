"""Checks of lesson 03, exercises 3.4 and 3.5: a step of gradient descent, and a gradient by central differences."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import NotRight, by_rules, call, exercise, seeded, wrong


@exercise("3.4")
def exercise_3_4(descent_step: Callable) -> str:
    """``descent_step(weights, inputs, targets, rate)``, (k,), (n, k), (n,) and a number, gives the new weights (k,)."""
    generator = seeded("3.4")
    cases = []
    for examples, count, rate in ((7, 3, 0.125), (20, 1, 0.3), (4, 5, 0.05), (5, 6, 0.2)):
        weights, inputs = generator.normal(size=count), generator.normal(1.0, 2.0, (examples, count))
        cases.append((weights, inputs, generator.normal(size=examples), rate))
    by_rules(
        descent_step,
        cases,
        lambda weights, inputs, targets, rate: weights - rate * _gradient(weights, inputs, targets),
        _step_mistakes,
        lambda weights, inputs, *_: f"{inputs.shape[0]} examples and {inputs.shape[1]} weights",
        "Compute the predictions, the errors and the gradient one by one, and look at their shapes.",
    )
    return "Downhill for any number of weights."


def reference_descent_step(weights: np.ndarray, inputs: np.ndarray, targets: np.ndarray, rate: float) -> np.ndarray:
    """New weights after one step of gradient descent on the mean squared error."""
    return weights - rate * 2 * np.mean((inputs @ weights - targets)[:, None] * inputs, axis=0)


def _gradient(weights: np.ndarray, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    return np.array(
        [
            math.fsum(2 * (row @ weights - target) * row[index] for row, target in zip(inputs, targets)) / len(inputs)
            for index in range(len(weights))
        ]
    )


def _step_mistakes(weights, inputs, targets, rate) -> dict[str, np.ndarray]:
    errors, examples = inputs @ weights - targets, len(inputs)
    gradient = _gradient(weights, inputs, targets)
    one_by_one = weights.copy()
    for index in range(len(weights)):
        one_by_one[index] -= rate * 2 * np.mean((inputs @ one_by_one - targets) * inputs[:, index])
    return {
        "these are the old weights. Return what is left after the step has been subtracted.": weights,
        "you change one weight after another, so the later derivatives already see the new values of the earlier "
        "weights. Compute the whole gradient first, then change all weights at once.": one_by_one,
        "this step goes uphill: the gradient points to where the loss grows. Check the sign (or the order "
        "in your errors).": weights + rate * gradient,
        "your step is half as long. The derivative of a square has a factor 2: which one is missing?": (
            weights - rate * gradient / 2
        ),
        "your step is twice as long. One factor 2 is enough.": weights - rate * gradient * 2,
        "you add up the examples instead of averaging them: the step grows with their number.": (
            weights - rate * gradient * examples
        ),
        "you add up the examples instead of averaging them, and the factor 2 of the square is missing.": (
            weights - rate * gradient * examples / 2
        ),
        "the learning rate is missing.": weights - gradient,
        "you take 0.01 as the learning rate every time. Use the argument.": weights - 0.01 * gradient,
        "you take 0.1 as the learning rate every time. Use the argument.": weights - 0.1 * gradient,
        "this is the gradient. The new weights are asked: the old ones minus a step.": gradient,
        "this is the step alone. Add it to the old weights.": -rate * gradient,
        "every weight gets the same step: each error must be multiplied by that weight's own input.": (
            weights - rate * 2 * errors.mean()
        ),
        "one mean for all weights: average over the examples only (axis 0), so each weight keeps its derivative.": (
            weights - rate * 2 * (errors[:, None] * inputs).mean()
        ),
        "you divide by examples × weights. Divide by the number of examples.": weights - rate * gradient / len(weights),
        "you divide by the learning rate. Multiply by it.": weights - gradient / rate,
    }


@exercise("3.5")
def exercise_3_5(numerical_gradient: Callable) -> str:
    """``numerical_gradient(function, point, step)``, a function of an array to a number, gives an array like point."""
    generator = seeded("3.5")
    cases = []
    for shape, step in (((3,), 1e-3), ((1,), 2e-3), ((3, 4), 5e-4), ((2, 2, 3), 1e-3)):
        point = generator.uniform(0.5, 1.0, shape)
        cases.append((_loss(point, *(generator.uniform(0.5, 1.0, shape) for _ in range(3))), point, step))

    @functools.wraps(numerical_gradient)
    def with_its_step(loss: Callable, point: np.ndarray, step: float) -> Any:
        loss.distances.clear()
        result = _call_gradient(numerical_gradient, loss, point, step)
        # Half a step to each side is a central difference too, and finer rules look two steps away.
        if max(loss.distances, default=0) and not step / 2.1 < max(loss.distances) < step * 2.1:
            wrong(
                f"you move by {max(loss.distances):.3g}, but the call asks for step={step:g}. Use the argument `step` "
                "wherever you move and divide: whoever calls the function chooses it."
            )
        return result

    by_rules(
        with_its_step,
        cases,
        lambda loss, point, step: loss.gradient,
        _gradient_mistakes,
        lambda loss, point, step: f"a point of shape {point.shape}",
        lambda got, loss, point, step: (
            f"You are off by up to {np.abs(got - loss.gradient).max():.2g}. Move one number by +{step:g} and by "
            f"-{step:g}, all others as they were, and compare with a function you can derive."
        ),
        tolerance=3e-6,
        shapes=lambda loss, point, step: {
            "you return one derivative, {value}. Every number of the point has its own: move one at a time, and return "
            "an array of the point's shape.": (),
            "you return all derivatives in one row. Give them the shape of the point.": (point.size,),
        },
    )
    return "It agrees with the exact gradient, for points of any shape."


def reference_numerical_gradient(function: Callable, point: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Gradient by central differences, of the point's shape."""
    units = step * np.eye(np.size(point)).reshape(-1, *np.shape(point))
    differences = [function(point + unit) - function(point - unit) for unit in units]
    return np.reshape(differences, np.shape(point)) / (2 * step)


def _loss(point: np.ndarray, cubic: np.ndarray, linear: np.ndarray, mixed: np.ndarray) -> Callable:
    """A function of an array; it keeps its gradient at ``point`` and how far from there it was asked."""

    def loss(p):
        loss.distances.append(float(np.abs(p - point).max()))
        return float((cubic * p**3 + linear * p).sum() + (mixed * p).sum() ** 2)

    loss.distances = []
    loss.gradient = 3 * cubic * point**2 + linear + 2 * (mixed * point).sum() * mixed
    return loss


_SECOND_NAME = "Is there a line like `ahead = point`? It is a second name for the same array, not a copy: point.copy()."


def _call_gradient(numerical_gradient: Callable, loss: Callable, point: np.ndarray, step: float) -> Any:
    try:
        return call(numerical_gradient, loss, point, step)
    except NotRight as error:
        if "changed its input" in str(error):
            wrong(f"{error} {_SECOND_NAME}")
        raise


def _gradient_mistakes(loss: Callable, point: np.ndarray, step: float) -> dict[str, np.ndarray]:
    def differences(forward: float, back: float) -> np.ndarray:
        """(loss at +forward steps - loss at -back steps) / distance, for each number by itself."""
        result = np.empty(point.shape)
        for index in np.ndindex(point.shape):
            change = np.zeros(point.shape)
            change[index] = step
            result[index] = (loss(point + forward * change) - loss(point - back * change)) / ((forward + back) * step)
        return result

    central, ahead, behind = differences(1, 1), differences(1, 0), differences(0, 1)
    together = (loss(point + step) - loss(point - step)) / (2 * step)
    by_row = np.empty(point.shape)
    for row in range(len(point)):
        change = np.zeros(point.shape)
        change[row] = step
        by_row[row] = (loss(point + change) - loss(point - change)) / (2 * step)
    not_put_back, moved = np.empty(point.shape), point.copy()
    together_so_far, change = np.empty(point.shape), np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        change[index] = step
        together_so_far[index] = (loss(point + change) - loss(point - change)) / (2 * step)
        moved[index] += step
        higher = loss(moved)
        moved[index] -= 2 * step
        not_put_back[index] = (higher - loss(moved)) / (2 * step)
    return {
        f"all your derivatives are 0. {_SECOND_NAME}": np.zeros(point.shape),
        "`/ 2 * step` divides by 2 and then multiplies by the step. Put the distance in brackets.": central * step**2,
        "you multiply by the step instead of dividing by it. Put the distance in brackets.": (2 * central * step**2),
        "this is the difference between one step forward and the point itself. Step to both sides: the error then "
        "shrinks with the square of the step.": ahead,
        "this is the difference between the point and one step back. Step to both sides.": behind,
        "your derivatives are twice as large: between +step and -step lie two steps.": 2 * central,
        "your derivatives are half as large: how far apart are the two points that you evaluate?": central / 2,
        "your derivatives are half as large: from the point to one step forward is one step, not two. (If you also "
        "step back: is the array you move back the one that you moved ahead? A copy needs point.copy().)": ahead / 2,
        "the sign is reversed: the value one step back is to be taken from the value one step ahead.": -central,
        "these are differences. Divide by the distance between the two points to get derivatives.": central * 2 * step,
        "a number that was moved must go back before the next one moves.": not_put_back,
        "the steps of the numbers before are still in your array of zeros when the next number's turn comes. Make a "
        "new one inside the loop.": together_so_far,
        "you move a whole row of the array at a time. Go through every number: np.ndindex(point.shape).": by_row,
        "you move all numbers at once. A gradient needs them one at a time.": np.full(point.shape, together),
    }
