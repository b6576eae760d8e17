"""Muon: orthogonal steps of kernels, against a decomposition and the formula in NumPy."""

import math

import keras
import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from helpers import training

GENERATOR = np.random.default_rng(7)


@given(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.floats(-6, 3), st.floats(1, 50), st.integers(0, 999))
def test_orthogonalised_steps_have_singular_values_near_1_in_the_same_directions(shape, exponent, ratio, seed):
    generator = np.random.default_rng(seed)
    left, _ = np.linalg.qr(generator.normal(size=(shape[0], min(shape))))
    right, _ = np.linalg.qr(generator.normal(size=(shape[1], min(shape))))
    # However large or small a gradient is: its norm does not matter, the ratio of its singular values does.
    values = 10**exponent * np.geomspace(1 / ratio, 1, min(shape))
    turned = left.T @ training.orthogonalised(tf.constant(left * values @ right.T, tf.float32)) @ right
    assert np.diag(turned).min() > 0.6
    assert np.diag(turned).max() < 1.25
    np.testing.assert_allclose(turned - np.diag(np.diag(turned)), 0, atol=1e-3)


def test_muon_moves_kernels_by_orthogonal_steps_and_the_rest_as_sgd_does():
    kernel, bias = (GENERATOR.normal(size=shape).astype(np.float32) for shape in ((3, 3, 4, 5), (5,)))
    gradients = [[tf.constant(GENERATOR.normal(size=v.shape), tf.float32) for v in (kernel, bias)] for _ in range(3)]
    ends = []
    for kind, settings in ((training.Muon, {"kernel_gain": 2.0}), (keras.optimizers.SGD, {})):
        optimizer = kind(0.1, momentum=0.5, nesterov=True, weight_decay=0.2, **settings)
        weights = [keras.Variable(kernel), keras.Variable(bias)]
        for gradient in gradients:
            optimizer.apply(gradient, weights)
        again = kind.from_config(optimizer.get_config())
        assert again.get_config() == optimizer.get_config()
        ends.append(weights)
    np.testing.assert_allclose(ends[0][1], ends[1][1], rtol=1e-5)
    matrix, velocity = kernel.reshape(-1, 5), 0.0
    for gradient, _ in gradients:
        gradient = gradient.numpy().reshape(-1, 5)
        velocity = 0.5 * velocity + gradient
        step = training.orthogonalised(tf.constant(gradient + 0.5 * velocity)).numpy()
        matrix = matrix * math.sqrt(5) / np.linalg.norm(matrix) - 2 * 0.1 * step
    np.testing.assert_allclose(ends[0][0].numpy().reshape(-1, 5), matrix, atol=1e-4)
