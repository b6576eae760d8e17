"""Checks of lesson 03, Loss and gradient descent, and the functions that the lesson goes on with."""

from checks.lesson03_backward import exercise_3_2, reference_relu_pool_gradient
from checks.lesson03_cross_entropy import exercise_3_3, reference_cross_entropy
from checks.lesson03_gradients import (
    exercise_3_4,
    exercise_3_5,
    reference_descent_step,
    reference_numerical_gradient,
)
from checks.lesson03_softmax import exercise_3_1, reference_softmax

__all__ = [
    "exercise_3_1",
    "exercise_3_2",
    "exercise_3_3",
    "exercise_3_4",
    "exercise_3_5",
    "reference_cross_entropy",
    "reference_descent_step",
    "reference_numerical_gradient",
    "reference_relu_pool_gradient",
    "reference_softmax",
]
