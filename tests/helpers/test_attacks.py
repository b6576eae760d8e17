"""Attacks: inside their bound, and the best one there where it is known by formula: a linear network."""

import keras
import numpy as np
import pytest
import small_models

from helpers import attacks

GENERATOR = np.random.default_rng(1)
LINEAR = GENERATOR.normal(scale=0.01, size=(4 * 4 * 3, 2)).astype(np.float32)


def linear(ends_in_softmax):
    """Two classes; the logits are a product of pixels and ``LINEAR``."""
    given = keras.Input((4, 4, 3))
    activation = "softmax" if ends_in_softmax else None
    classes = keras.layers.Dense(2, use_bias=False, activation=activation)
    model = keras.Model(given, classes(keras.layers.Flatten()(given)))
    classes.set_weights([LINEAR])
    return model


def loss(images, labels):
    logits = images.reshape(len(images), -1).astype(np.float64) @ LINEAR
    return np.log1p(np.exp(logits[np.arange(len(labels)), 1 - labels] - logits[np.arange(len(labels)), labels]))


@pytest.mark.parametrize("ends_in_softmax", [True, False])
@pytest.mark.parametrize("attack", [attacks.fgsm, attacks.pgd])
@pytest.mark.parametrize("bound", [1, 4])
def test_the_worst_change_of_a_linear_network_is_found(attack, bound, ends_in_softmax):
    images = GENERATOR.integers(20, 236, (5, 4, 4, 3), np.uint8)
    labels = np.array([0, 1, 1, 0, 1])
    attacked = attack(linear(ends_in_softmax), images, labels, bound)
    # The margin falls by the bound times the sum of the sizes of the differences of the two columns of weights.
    logits = images.reshape(5, -1) @ LINEAR
    margin = logits[np.arange(5), labels] - logits[np.arange(5), 1 - labels]
    worst = np.log1p(np.exp(bound * np.abs(LINEAR[:, 0] - LINEAR[:, 1]).sum() - margin))
    np.testing.assert_allclose(loss(attacked, labels), worst, rtol=1e-3)


@pytest.mark.parametrize(("build", "bound"), [(small_models.sequential, 0.5), (small_models.functional, 2)])
def test_no_attack_leaves_its_bound_or_the_range_of_an_image(build, bound):
    keras.utils.set_random_seed(0)
    images = small_models.images(6)
    images[0, :4], images[1, :4] = 0, 255
    labels = np.array([0, 1, 2, 0, 1, 2])
    before = images.copy()
    model = build()
    for attack in (attacks.fgsm, attacks.pgd):
        attacked = attack(model, images, labels, bound)
        assert (attacked.shape, attacked.dtype) == (images.shape, np.float32)
        assert np.abs(attacked - images.astype(np.float64)).max() <= bound
        assert 0 <= attacked.min() <= attacked.max() <= 255
        assert np.abs(attacked - images).max() > 0
    assert np.array_equal(images, before)


def test_the_gradient_is_that_of_differences_and_of_all_batches(monkeypatch):
    images = GENERATOR.uniform(50, 200, (3, 4, 4, 3))
    labels = np.array([1, 0, 1])
    monkeypatch.setattr(attacks, "BATCH", 2)
    gradient = attacks.loss_gradient(linear(True), images, labels)
    for index in ((0, 1, 2, 0), (1, 3, 3, 2), (2, 0, 0, 1)):
        above, below = images.copy(), images.copy()
        above[index] += 0.5
        below[index] -= 0.5
        assert np.isclose(gradient[index], (loss(above, labels) - loss(below, labels))[index[0]], rtol=1e-3, atol=1e-6)


def test_a_sure_softmax_still_has_a_gradient():
    images = np.full((1, 4, 4, 3), 255, np.uint8)
    model = linear(True)
    model.layers[-1].set_weights([200 * LINEAR])
    label = model.predict(images, verbose=0).argmax(axis=1)
    model.layers[-1].set_weights([3 * LINEAR])
    assert np.abs(attacks.loss_gradient(model, images, 1 - label)).max() > 0


@pytest.mark.parametrize("attack", [attacks.fgsm, attacks.pgd])
@pytest.mark.parametrize("bound", [0, -1, float("nan")])
def test_a_bound_is_above_0(attack, bound):
    with pytest.raises(ValueError, match="above 0"):
        attack(linear(True), small_models.images(1, 4), np.array([0]), bound)
