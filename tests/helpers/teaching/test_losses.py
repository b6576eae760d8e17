"""Softmax and cross-entropy against Keras, and where the textbook formulas overflow."""

import keras
import numpy as np
import pytest

from helpers.teaching import losses

GENERATOR = np.random.default_rng(3)


@pytest.mark.parametrize("images", [1, 2, 17])
@pytest.mark.parametrize("classes", [2, 3, 10, 100])
def test_equal_to_keras(images, classes):
    logits = GENERATOR.normal(scale=5, size=(images, classes))
    labels = GENERATOR.integers(classes, size=images)
    np.testing.assert_allclose(losses.softmax(logits), keras.ops.softmax(logits), atol=1e-6)
    np.testing.assert_allclose(losses.log_softmax(logits), keras.ops.log_softmax(logits), rtol=1e-5, atol=1e-5)
    ours = losses.cross_entropy(logits, labels)
    assert ours == pytest.approx(
        float(keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits)), rel=1e-5, abs=1e-6
    )


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_equal_logits_cost_the_logarithm_of_the_classes(classes):
    assert losses.cross_entropy(np.full((3, classes), 7.0), np.zeros(3, dtype=int)) == pytest.approx(np.log(classes))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1e3, 1e6, -1e6])
def test_large_logits_do_not_overflow(size):
    logits = np.array([[size, 0.0], [size, size]])
    np.testing.assert_allclose(losses.softmax(logits), [[size > 0, size < 0], [0.5, 0.5]])
    assert losses.cross_entropy(logits[:1], [0]) == pytest.approx(max(0.0, -size))


def test_rows_do_not_disturb_one_another():
    logits = GENERATOR.normal(size=(4, 5)) + np.array([[0.0], [1e4], [-1e4], [50.0]])
    np.testing.assert_allclose(losses.softmax(logits), np.concatenate([losses.softmax(row[None]) for row in logits]))


def test_whole_numbers_and_single_rows_are_accepted():
    np.testing.assert_allclose(losses.softmax([0, 0]), [0.5, 0.5])
