"""From a recipe to the optimizer with its schedule, and the loss: each against its formula."""

import dataclasses

import keras
import numpy as np
import pytest
import small_training
import tensorflow as tf
from keras import layers

from helpers import models, training
from helpers.recipe import Recipe
from helpers.training import optimizers


def recipe(**fields):
    return Recipe(**{"model": "m", "optimizer": "SGD", "learning_rate": 0.1, "batch_size": 10, "epochs": 3} | fields)


def rates(optimizer, steps):
    seen = []
    for step in steps:
        optimizer.iterations.assign(step)
        seen.append(float(optimizer.learning_rate))
    return seen


@pytest.mark.parametrize(
    ("images", "batch_size", "equal_batches", "steps"),
    [(450, 10, False, 45), (451, 10, False, 46), (451, 10, True, 45), (9, 10, False, 1), (10, 10, True, 1)],
)
def test_steps_of_an_epoch(images, batch_size, equal_batches, steps):
    asked = recipe(batch_size=batch_size, equal_batches=equal_batches)
    assert optimizers.steps_per_epoch(asked, images) == steps


def test_too_few_images_for_a_whole_batch_are_named():
    with pytest.raises(ValueError, match="9 images do not fill one batch of 10: choose a smaller batch_size"):
        optimizers.steps_per_epoch(recipe(equal_batches=True), 9)


def test_a_constant_rate_is_a_number():
    optimizer = training.optimizer(recipe(optimizer="Adam", learning_rate=0.003), 30)
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert rates(optimizer, [0, 29]) == pytest.approx([0.003, 0.003])
    assert optimizer.weight_decay is None


def test_inverse_time_follows_its_formula():
    asked = recipe(optimizer="RMSprop", learning_rate=0.5, schedule="inverse_time", decay=0.01)
    optimizer = training.optimizer(asked, 21_106)
    assert isinstance(optimizer, keras.optimizers.RMSprop)
    steps = np.array([0, 1, 1_000, 21_105])
    np.testing.assert_allclose(rates(optimizer, steps), 0.5 / (1 + 0.01 * steps), rtol=1e-5)


@pytest.mark.parametrize(("images", "steps"), [(450, 3 * 45), (451, 3 * 46)])
def test_cosine_ends_at_zero_with_the_last_step(images, steps):
    model = small_training.small_cnn()
    optimizers.compile_by(recipe(schedule="cosine"), model, images)
    asked = np.array([0, 1, steps // 2, steps - 1, steps])
    expected = 0.1 * (1 + np.cos(np.pi * asked / steps)) / 2
    np.testing.assert_allclose(rates(model.optimizer, asked), expected, rtol=1e-4, atol=1e-8)


def test_triangle_has_its_peak_at_the_learning_rate():
    seen = rates(training.optimizer(recipe(schedule="triangle"), 100), range(101))
    assert max(seen) == seen[23] == pytest.approx(0.1)
    assert (seen[0], seen[-1]) == pytest.approx((0.02, 0.007))


def test_momentum_and_weight_decay_reach_the_optimizer():
    asked = recipe(momentum=0.9, nesterov=True, weight_decay=0.02)
    optimizer = training.optimizer(asked, 80)
    assert type(optimizer) is keras.optimizers.SGD
    assert (optimizer.momentum, optimizer.nesterov, optimizer.weight_decay) == (0.9, True, 0.02)
    plain = training.optimizer(recipe(), 80)
    assert (plain.momentum, plain.nesterov, plain.weight_decay) == (0.0, False, None)


def test_muon_moves_kernels_at_a_rate_of_their_own():
    muon = training.optimizer(recipe(optimizer="Muon", kernel_rate=0.2, momentum=0.85, nesterov=True), 100)
    assert isinstance(muon, training.Muon)
    assert muon.kernel_gain * 0.1 == pytest.approx(0.2)
    assert (muon.momentum, muon.nesterov) == (0.85, True)


@pytest.mark.parametrize("name", models.RECIPES)
def test_every_recipe_of_the_project_makes_a_fresh_optimizer(name):
    asked = models.RECIPES[name]
    first, second = training.optimizer(asked, 1_000), training.optimizer(asked, 1_000)
    assert first is not second
    assert type(first).__name__ == asked.optimizer
    began = {"triangle": 0.2}.get(asked.schedule, 1.0) * asked.learning_rate
    assert float(first.learning_rate) == pytest.approx(began)


def test_weight_decay_follows_the_learning_rate_and_spares_what_is_frozen():
    """What Keras promises and the recipes rest on: each step takes rate * weight_decay of every trained weight."""
    asked, steps = recipe(momentum=0.5, weight_decay=0.05, schedule="triangle"), 6
    model = models.from_recipe(small_training.FAST, (12, 12, 3), 4, images=small_training.drawn(side=12).x_train)
    optimizer = training.optimizer(asked, steps)
    optimizer.build(model.trainable_variables)
    before = [weight.numpy() for weight in model.trainable_variables]
    frozen = [weight.numpy() for weight in model.non_trainable_variables]
    for _ in range(steps):
        optimizer.apply([tf.zeros(weight.shape) for weight in model.trainable_variables])
    taken = 0.1 * np.interp(np.arange(steps), [0, 0.23 * steps, steps], [0.2, 1, 0.07])
    for weight, old in zip(model.trainable_variables, before, strict=True):
        np.testing.assert_allclose(weight, old * np.prod(1 - 0.05 * taken), rtol=1e-5, atol=1e-9)
    for weight, old in zip(model.non_trainable_variables, frozen, strict=True):
        np.testing.assert_array_equal(weight, old)
    names = {path.split("/")[-2].rstrip("_0123456789") for path in (v.path for v in model.trainable_variables)}
    assert names == {"quick_conv2d", "fused_batch_normalization", "dense"}


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_loss_fits_the_last_layer(smoothing):
    dataset = small_training.drawn()
    images, labels = dataset.x_train, dataset.y_train
    logits = small_training.small_cnn()
    with_softmax = keras.Sequential([logits, layers.Activation("softmax")])
    targets = np.eye(4)[labels] if smoothing else labels
    asked, losses = dataclasses.replace(small_training.TUTORIAL, label_smoothing=smoothing), []
    for model in (logits, with_softmax):
        optimizers.compile_by(asked, model, len(images))
        losses.append(model.evaluate(images, targets, verbose=0)[0])
    probabilities = np.asarray(with_softmax(images, training=False), dtype=float)
    smooth = (1 - smoothing) * np.eye(4)[labels] + smoothing / 4
    expected = -(smooth * np.log(probabilities)).sum(axis=1).mean()
    assert losses == pytest.approx([expected, expected], rel=1e-4)


@pytest.mark.parametrize(
    ("lookahead", "images", "together"), [(False, 450, 5), (False, 451, 5), (True, 450, 5), (True, 460, 1)]
)
def test_lookahead_meets_each_of_its_steps_between_two_calls(lookahead, images, together):
    model = small_training.small_cnn()
    optimizers.compile_by(recipe(lookahead=lookahead), model, images)
    assert model.steps_per_execution == together


def test_steps_in_one_call_are_those_of_single_calls():
    dataset, ends = small_training.drawn(images=230), []
    for together in (1, 5):
        keras.utils.set_random_seed(0)
        model = small_training.small_cnn()
        optimizers.compile_by(small_training.TUTORIAL, model, 230)
        model.steps_per_execution = together
        # Seven steps, the last one with fewer images: 5 and 2.
        figures = model.fit(dataset.x_train, dataset.y_train, 34, shuffle=False, verbose=0).history
        ends.append([*model.get_weights(), *figures.values()])
        assert int(model.optimizer.iterations) == 7
    for one, other in zip(*ends, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
