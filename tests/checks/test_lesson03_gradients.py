"""The checks of exercises 3.4 and 3.5: a step of gradient descent, and a gradient by central differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from checks import lesson03_gradients as check
from checks.grading import NotRight


def says(exercise, answer, message):
    with np.errstate(all="ignore"), pytest.raises(NotRight, match=message):
        exercise(answer)


# 3.4 -------------------------------------------------------------------------------------------------------------


def loop_step(weights, inputs, targets, rate):
    new = []
    for index, weight in enumerate(weights):
        derivatives = [2 * (row @ weights - target) * row[index] for row, target in zip(inputs, targets)]
        new.append(weight - rate * sum(derivatives) / len(derivatives))
    return new


def keras_step(weights, inputs, targets, rate):
    variable = tf.Variable(weights)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((tf.linalg.matvec(inputs, variable) - targets) ** 2)
    keras.optimizers.SGD(rate).apply([tape.gradient(loss, variable)], [variable])
    return variable.numpy()


def step(factor=lambda x, t: 2 / len(t), sign=-1):
    return lambda w, x, t, r: w + sign * r * factor(x, t) * x.T @ (x @ w - t)


def gradient(w, x, t):
    return 2 / len(t) * x.T @ (x @ w - t)


@pytest.mark.parametrize("answer", [step(), loop_step, keras_step, lambda *given: step()(*given).astype("f4")])
def test_descent_step_right(answer):
    check.exercise_3_4(answer)


def in_place(w, x, t, r):
    w -= r * gradient(w, x, t)
    return w


def weight_by_weight(w, x, t, r):
    new = w.copy()
    for index in range(len(new)):
        new[index] -= r * gradient(new, x, t)[index]
    return new


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (step(sign=+1), "uphill"),
        (lambda w, x, t, r: w - r * 2 / len(t) * x.T @ (t - x @ w), "uphill"),
        (step(lambda x, t: 1 / len(t)), "half as long"),
        (step(lambda x, t: 4 / len(t)), "twice as long"),
        (step(lambda x, t: 2), "instead of averaging"),
        (step(lambda x, t: 1), "factor 2 of the square is missing"),
        (lambda w, x, t, r: w - gradient(w, x, t), "learning rate is missing"),
        (lambda w, x, t, r: gradient(w, x, t), "this is the gradient"),
        (lambda w, x, t, r: -r * gradient(w, x, t), "step alone"),
        (lambda w, x, t, r: w - r * 2 * np.mean(x @ w - t), "own input"),
        (lambda w, x, t, r: w - r * 2 * np.mean((x @ w - t)[:, None] * x), "axis 0"),
        (step(lambda x, t: 2 / x.size), "examples × weights"),
        (lambda w, x, t, r: w - gradient(w, x, t) / r, "divide by the learning rate"),
        (in_place, "changed its input"),
        (lambda w, x, t, r: (x @ w - t).mean(), "shape"),
        (lambda w, x, t, r: w, "old weights"),
        (weight_by_weight, "one weight after another"),
    ],
)
def test_descent_step_wrong(answer, message):
    says(check.exercise_3_4, answer, message)


# 3.5 -------------------------------------------------------------------------------------------------------------


def differences(forward=1, back=1, distance=2, factor=1.0):
    def numerical_gradient(function, point, step=1e-4):
        result = np.zeros(point.shape)
        for index in np.ndindex(point.shape):
            change = np.zeros(point.shape)
            change[index] = step
            difference = function(point + forward * change) - function(point - back * change)
            result[index] = factor * difference / (distance * step)
        return result

    return numerical_gradient


def with_flat_copy(function, point, step=1e-4):
    derivatives = []
    for index in range(point.size):
        ahead, behind = point.copy(), point.copy()
        ahead.flat[index] += step
        behind.flat[index] -= step
        derivatives.append((function(ahead) - function(behind)) / (2 * step))
    return np.reshape(derivatives, point.shape).tolist()


def five_points(function, point, step=1e-4):
    near, far = differences()(function, point, step), differences()(function, point, 2 * step)
    return (4 * near - far) / 3


def rows_only(function, point, step):
    result = np.zeros(point.shape)
    for row in range(len(point)):
        change = np.zeros(point.shape)
        change[row] = step
        result[row] = (function(point + change) - function(point - change)) / (2 * step)
    return result


def never_put_back(function, point, step):
    result, moved = np.zeros(point.shape), point.copy()
    for index in np.ndindex(point.shape):
        moved[index] += step
        ahead = function(moved)
        moved[index] -= 2 * step
        result[index] = (ahead - function(moved)) / (2 * step)
    return result


def moved_by_a_fixed_step(function, point, step):
    return differences()(function, point, 1e-4) * 1e-4 / step


def zeros_outside_the_loop(function, point, step):
    result, change = np.zeros(point.shape), np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        change[index] = step
        result[index] = (function(point + change) - function(point - change)) / (2 * step)
    return result


def without_a_copy(function, point, step):
    result = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        ahead, behind = point, point
        ahead[index] += step
        behind[index] -= step
        result[index] = (function(ahead) - function(behind)) / (2 * step)
    return result


def without_a_copy_one_by_one(function, point, step):
    result = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        ahead = point
        ahead[index] += step
        higher = function(ahead)
        behind = point
        behind[index] -= step
        result[index] = (higher - function(behind)) / (2 * step)
    return result


def without_a_copy_nor_back(function, point, step):
    result = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        ahead = point
        ahead[index] += step
        result[index] = (function(ahead) - function(point - step)) / (2 * step)
    return result


def moves_the_point_itself(function, point, step):
    for index in np.ndindex(point.shape):
        point[index] += step
    return differences()(function, point, step)


def all_at_once(function, point, step):
    return (function(point + step) - function(point - step)) / (2 * step)


@pytest.mark.parametrize(
    "answer",
    [
        differences(),
        with_flat_copy,
        five_points,
        differences(0.5, 0.5, 1),
    ],
)
def test_numerical_gradient_right(answer):
    check.exercise_3_5(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (differences(1, 0, 1), "one step forward and the point"),
        (differences(0, 1, 1), "one step back"),
        (differences(distance=1), "twice as large"),
        (differences(distance=4), "half as large: how far"),
        (differences(1, 0, 2), "half as large: from the point"),
        (differences(factor=-1), "sign"),
        (lambda f, p, h: differences()(f, p, h) * 2 * h, "Divide by the distance"),
        (lambda f, p, h: differences()(f, p, h) * h**2, "brackets"),
        (lambda f, p, h: differences()(f, p, h) * 2 * h**2, "brackets"),
        (lambda f, p, h=None: differences()(f, p, 1e-4), "asks for step=0.001"),
        (lambda f, p, h=None: differences(1, 0, 1)(f, p, 1e-8), "asks for step=0.001"),
        (moved_by_a_fixed_step, "asks for step=0.001"),
        (zeros_outside_the_loop, "inside the loop"),
        (without_a_copy, "all your derivatives are 0.*point.copy"),
        (without_a_copy_one_by_one, "point.copy"),
        (without_a_copy_nor_back, r"changed its input.*point\.copy"),
        (never_put_back, "must go back"),
        (rows_only, "whole row"),
        (all_at_once, "one derivative"),
        (lambda f, p, h: np.full(p.shape, all_at_once(f, p, h)), "all numbers at once|whole row"),
        (moves_the_point_itself, "changed its input"),
        (lambda f, p, h: differences()(f, p, h).ravel(), "shape"),
        (lambda f, p, h: np.ones(p.shape), "off by up to"),
    ],
)
def test_numerical_gradient_wrong(answer, message):
    says(check.exercise_3_5, answer, message)
