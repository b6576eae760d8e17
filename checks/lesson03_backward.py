"""Check of lesson 03, exercise 3.2: a gradient on its way back through max pooling and ReLU."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from checks.grading import by_rules, exercise, seeded


@exercise("3.2")
def exercise_3_2(relu_pool_gradient: Callable) -> str:
    """``relu_pool_gradient(convolved, pooled_gradient)``, (2n, 2m) and (n, m), gives the gradient, (2n, 2m)."""
    by_rules(
        relu_pool_gradient,
        _cases(),
        reference_relu_pool_gradient,
        _mistakes,
        lambda convolved, pooled_gradient: f"responses of shape {convolved.shape}",
        "Take one window on paper: which of its four responses moves the pooled number, and is it positive?",
        shapes=lambda convolved, pooled_gradient: {
            "you return one number for each window. Each of its four responses has its own.": pooled_gradient.shape,
            "you return one row. Give the gradient the shape of `convolved`.": (convolved.size,),
            "you return {value}: one number. Each response has its own partial derivative.": (),
        },
    )
    return "The maximum of a window gets the gradient, if ReLU lets it pass."


def reference_relu_pool_gradient(convolved: np.ndarray, pooled_gradient: np.ndarray) -> np.ndarray:
    """Gradient before ReLU and 2×2 max pooling, (2n, 2m), from the one after them, (n, m)."""
    chosen = _is_maximum(np.asarray(convolved)) & (np.asarray(convolved) > 0)
    return chosen * _enlarged(np.asarray(pooled_gradient, float))


def _cases() -> list[tuple[np.ndarray, np.ndarray]]:
    """Responses of both signs, in each a window without a positive one, and no two of a window alike."""
    generator, cases = seeded("3.2"), []
    for rows, columns in ((4, 4), (2, 6), (6, 4), (8, 8)):
        convolved = generator.permutation(np.arange(1, rows * columns + 1)).reshape(rows, columns) / 4.0
        convolved *= np.where(generator.random((rows, columns)) < 0.4, -1, 1)
        convolved[:2, :2] = -np.abs(convolved[:2, :2])
        pooled_gradient = generator.normal(size=(rows // 2, columns // 2))
        # ReLU closes the first window, whatever the sign of its gradient.
        pooled_gradient[0, 0] = (-1) ** len(cases) * abs(pooled_gradient[0, 0])
        cases.append((convolved, pooled_gradient))
    return cases


def _windows(maps: np.ndarray) -> np.ndarray:
    """(n, m, 4): the responses of each window, row by row."""
    rows, columns = maps.shape
    return maps.reshape(rows // 2, 2, columns // 2, 2).swapaxes(1, 2).reshape(rows // 2, columns // 2, 4)


def _enlarged(pooled: np.ndarray) -> np.ndarray:
    return pooled.repeat(2, axis=0).repeat(2, axis=1)


def _is_maximum(maps: np.ndarray) -> np.ndarray:
    """True for the first largest response of each window."""
    first = np.eye(4, dtype=bool)[_windows(maps).argmax(axis=-1)]
    rows, columns = maps.shape
    return first.reshape(rows // 2, columns // 2, 2, 2).swapaxes(1, 2).reshape(rows, columns)


def _mistakes(convolved: np.ndarray, pooled_gradient: np.ndarray) -> dict[str, np.ndarray]:
    right, everywhere = reference_relu_pool_gradient(convolved, pooled_gradient), _enlarged(pooled_gradient)
    largest, positive = _is_maximum(convolved), convolved > 0
    first = np.zeros(convolved.shape)
    first[::2, ::2] = pooled_gradient
    return {
        "you hand the gradient to all four responses of a window. Only the largest one moves the maximum.": everywhere,
        "you hand a quarter of the gradient to each response of a window, as mean pooling does. Max pooling hands all "
        "of it to the maximum.": everywhere / 4,
        "ReLU passes your gradient, but max pooling does not: every positive response gets it. Only the largest of its "
        "window should.": everywhere * positive,
        "you share a window's gradient among its responses that ReLU passes. Only the largest one gets it.": (
            everywhere * positive / np.maximum(_enlarged(_windows(positive).sum(axis=-1)), 1)
        ),
        "ReLU is missing: where the largest response of a window is negative, moving it changes nothing after ReLU.": (
            largest * everywhere
        ),
        "you look at the sign of the gradient for ReLU. What counts is whether the response before ReLU is positive.": (
            largest * everywhere * (everywhere > 0)
        ),
        "you ask both for a positive response and for a positive gradient. A negative gradient passes too.": (
            right * (right > 0)
        ),
        "ReLU is turned round: you pass the gradient where the response is negative.": (
            largest * everywhere * (convolved < 0)
        ),
        "you hand the gradient to the smallest response of a window. Max pooling takes the largest.": (
            _is_maximum(-convolved) * everywhere
        ),
        "you hand the gradient to the smallest response of a window, where it is positive. Max pooling takes the "
        "largest.": _is_maximum(-convolved) * everywhere * positive,
        "you choose the response that is largest without its sign. Max pooling takes the largest number, and -5 is "
        "smaller than 1.": _is_maximum(np.abs(convolved)) * everywhere,
        "you choose the response that is largest without its sign, and pass the positive ones. Choose the largest "
        "number of the window.": _is_maximum(np.abs(convolved)) * everywhere * positive,
        "you multiply the gradient by the response. The maximum hands on the gradient as it is: its own rate is 1.": (
            right * convolved
        ),
        "these are 1 where the gradient passes and 0 elsewhere. Multiply by the gradient of the window.": (
            (right != 0).astype(float)
        ),
        "this is the way forward: the responses that are kept. The gradient is asked, which takes the same way back.": (
            largest * positive * convolved
        ),
        "you write the gradient at the upper left of each window. It belongs to the position of the maximum.": first,
        "you write the gradient at the upper left of each window where the maximum is positive. It belongs to the "
        "position of the maximum.": first * _enlarged(_windows(convolved).max(axis=-1) > 0),
    }
