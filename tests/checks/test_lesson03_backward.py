"""The check of exercise 3.2: a gradient on its way back through max pooling and ReLU."""

import numpy as np
import pytest
import tensorflow as tf
from mistake_tables import sentence

from checks import lesson03 as check
from checks.lesson03_backward import _cases


def by_tape(convolved, pooled_gradient):
    responses = tf.Variable(convolved[None, :, :, None])
    with tf.GradientTape() as tape:
        pooled = tf.nn.max_pool2d(tf.nn.relu(responses), 2, 2, "VALID")
    return tape.gradient(pooled, responses, pooled_gradient[None, :, :, None]).numpy()[0, :, :, 0]


def test_the_reference_is_what_tensorflow_computes():
    for case in _cases():
        assert np.allclose(check.reference_relu_pool_gradient(*case), by_tape(*case))


def test_every_case_has_windows_that_relu_closes_and_windows_that_it_passes():
    for convolved, pooled_gradient in _cases():
        passed = (check.reference_relu_pool_gradient(convolved, pooled_gradient) != 0).sum()
        assert 0 < passed < pooled_gradient.size
    closed = [pooled_gradient[0, 0] for _, pooled_gradient in _cases()]
    assert min(closed) < 0 < max(closed)


@pytest.mark.parametrize(
    "answer",
    [by_tape, lambda c, g: by_tape(c, g).tolist(), lambda c, g: by_tape(c, g).astype("float32")],
)
def test_right(answer):
    check.exercise_3_2(answer)


def largest(convolved):
    return by_tape(convolved - convolved.min() + 1, np.ones((convolved.shape[0] // 2, convolved.shape[1] // 2)))


def enlarged(pooled_gradient):
    return np.kron(pooled_gradient, np.ones((2, 2)))


def shared(convolved, pooled_gradient):
    passed = convolved > 0
    rows, columns = pooled_gradient.shape
    count = passed.reshape(rows, 2, columns, 2).sum(axis=(1, 3))
    return passed * enlarged(pooled_gradient / np.maximum(count, 1))


def at_the_corner(convolved, pooled_gradient, passed=1):
    gradient = np.zeros(convolved.shape)
    gradient[::2, ::2] = pooled_gradient * passed
    return gradient


def highest(convolved):
    rows, columns = convolved.shape
    return convolved.reshape(rows // 2, 2, columns // 2, 2).max(axis=(1, 3))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda c, g: enlarged(g), "all four responses"),
        (lambda c, g: enlarged(g) / 4, "as mean pooling does"),
        (lambda c, g: enlarged(g) * (c > 0), "ReLU passes your gradient, but"),
        (shared, "share a window's gradient"),
        (lambda c, g: largest(c) * enlarged(g), "ReLU is missing"),
        (lambda c, g: largest(c) * enlarged(np.maximum(g, 0)), "sign of the gradient"),
        (lambda c, g: np.maximum(by_tape(c, g), 0), "A negative gradient passes"),
        (lambda c, g: largest(c) * enlarged(g) * (c < 0), "ReLU is turned round"),
        (lambda c, g: largest(-c) * enlarged(g), "smallest response of a window. Max"),
        (lambda c, g: largest(-c) * enlarged(g) * (c > 0), "smallest response of a window, where"),
        (lambda c, g: largest(np.abs(c)) * enlarged(g), "without its sign. Max"),
        (lambda c, g: largest(np.abs(c)) * enlarged(g) * (c > 0), "without its sign, and pass"),
        (lambda c, g: by_tape(c, g) * c, "multiply the gradient by the response"),
        (lambda c, g: (by_tape(c, g) != 0) * 1.0, "1 where the gradient passes"),
        (lambda c, g: largest(c) * np.maximum(c, 0), "the way forward"),
        (at_the_corner, "at the upper left of each window. It"),
        (lambda c, g: at_the_corner(c, g, highest(c) > 0), "at the upper left of each window where"),
        (lambda c, g: g + 1, "one number for each window"),
        (lambda c, g: by_tape(c, g).ravel(), "one row"),
        (lambda c, g: 0.5, "you return 0.5: one number"),
        (lambda c, g: by_tape(c, g) + 0.25, "Take one window on paper"),
        (lambda c, g: by_tape(c, g) + 1e-3 * (c.shape == (8, 8)), "responses of shape (8, 8)"),
        (lambda c, g: by_tape(c, g)[:, :2], "should have the shape (2, 6)"),
    ],
)
def test_slips(answer, told):
    assert told in sentence(check.exercise_3_2, answer)


def test_a_changed_input_is_noticed():
    def changes(convolved, pooled_gradient):
        convolved[convolved < 0] = 0
        return by_tape(convolved, pooled_gradient)

    assert "changed its input" in sentence(check.exercise_3_2, changes)
