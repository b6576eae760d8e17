"""A trial whose epochs cost less: fewer images, growing ones, a frozen block; what it notes of losses and FLOPs."""

import dataclasses

import keras
import made_up
import numpy as np
import pytest

from tools.studies import cheaper_epochs, engine, lesson15
from tools.studies.engine import Trial

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize("count", [1, 60, 100, 140, 200])
@pytest.mark.parametrize("which", ["easy", "any"])
def test_an_epoch_shows_so_many_images_once_and_leaves_out_easy_ones_first(which, count):
    losses = GENERATOR.permutation(200).astype(np.float32)
    order = cheaper_epochs.shown(losses, count, 3, 1, which)
    assert len(set(order)) == len(order) == count
    hard = np.flatnonzero(losses >= cheaper_epochs.EASY * 200)
    if which == "easy":
        # The 80 hard ones stay while there is room.
        assert len(np.intersect1d(order, hard)) == min(count, 80)
        again = cheaper_epochs.shown(losses, count, 3, 1, which)
        np.testing.assert_array_equal(again, order)
    elif count == 100:
        assert 25 < len(np.intersect1d(order, hard)) < 55
    if 60 <= count < 200:
        assert set(cheaper_epochs.shown(losses, count, 3, 2, which)) != set(order), "other ones in another epoch"
        positions = np.flatnonzero(np.isin(order, hard))
        assert abs(positions.mean() - (count - 1) / 2) < count / 6, "hard ones are not shown together"


def test_steps_are_multiples_of_lookaheads():
    recipe = dataclasses.replace(made_up.TINY, epochs=3)
    assert cheaper_epochs.steps_of_epochs(recipe, 819, 0.3) == [40, 30, 30]
    assert cheaper_epochs.steps_of_epochs(recipe, 819, 0.0) == [40, 40, 40]
    assert cheaper_epochs.steps_of_epochs(recipe, 60, 0.9) == [3, 3, 3]


def test_losses_are_noted_in_the_order_of_the_images():
    logits, labels = GENERATOR.normal(size=(9, 4)).astype(np.float32), np.eye(4, dtype=np.float32)[[0, 1, 2] * 3]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = -np.log((probabilities * labels).sum(axis=1))
    noted = cheaper_epochs.ImageLosses(20)
    for _ in range(2):
        noted.reset_state()
        for part in (slice(0, 4), slice(4, 9)):
            noted.update_state(labels[part], logits[part])
        np.testing.assert_allclose(noted.losses.numpy()[:9], expected, rtol=1e-5)
        assert float(noted.result()) == pytest.approx(expected.mean(), rel=1e-5)


@pytest.fixture
def fitted(loaded, monkeypatch):
    """The images' shape of each call of fit, and the numbers of trained weights."""
    loaded(made_up.dataset(400))
    calls, fit = [], keras.Model.fit

    def fitting(model, images, *rest, **settings):
        calls.append((images.shape, len(model.trainable_weights)))
        return fit(model, images, *rest, **settings)

    monkeypatch.setattr(keras.Model, "fit", fitting)
    return calls


def trained(tmp_path, facts, **change):
    # Not ReLU, with which many logits of so small a network are 0.
    options = made_up.TINY.options | {"activation": "silu"}
    recipe = dataclasses.replace(made_up.TINY, options=options, **change)
    return cheaper_epochs.trained(Trial(recipe, 4, facts=facts).payload("made up", dry=False), tmp_path)


def test_later_epochs_see_fewer_images_and_by_the_losses_of_the_one_before(fitted, monkeypatch, tmp_path):
    given, noted = [], []
    shown, losses = cheaper_epochs.shown, cheaper_epochs.ImageLosses

    def noting(seen, *facts):
        given.append(seen.copy())
        assert int(noted[0].count) == (400 if len(fitted) == 1 else 200), "of the epoch before alone"
        return shown(seen, *facts)

    monkeypatch.setattr(cheaper_epochs, "ImageLosses", lambda most: noted.append(losses(most)) or noted[-1])
    monkeypatch.setattr(cheaper_epochs, "shown", noting)
    facts = {"left_out": 0.5, "which": "easy"}
    record = trained(tmp_path, facts, epochs=3, small_epochs=2, small_side=16)
    assert [shape for shape, _ in fitted] == [(400, 16, 16, 3), (200, 16, 16, 3), (200, 32, 32, 3)]
    assert record["steps"] == 40
    assert (record["left_out"], record["which"], record["seed"]) == (0.5, "easy", 4)
    assert set(record["validation_by_views"]) == {"1", "2", "6", "18"}
    first, second = given
    assert (first > 0).all()
    assert (first != second).sum() == 200, "of those that were left out, the old loss stays"


def test_the_first_block_keeps_its_weights_once_it_is_frozen(fitted, monkeypatch, tmp_path):
    weights, models, flops = [], [], []
    step_flops = cheaper_epochs.anatomy.step_flops
    freeze = cheaper_epochs.freeze_first_block

    def freezing(model):
        freeze(model)
        models.append(model)
        weights.extend(weight.numpy().copy() for weight in model.weights)

    monkeypatch.setattr(cheaper_epochs, "freeze_first_block", freezing)
    monkeypatch.setattr(keras.backend, "clear_session", lambda: None)
    monkeypatch.setattr(
        cheaper_epochs.anatomy, "step_flops", lambda model: flops.append(step_flops(model)) or flops[-1]
    )
    trained(tmp_path, {}, epochs=3, small_epochs=1, small_side=16)
    assert not models
    assert [shape for shape, _ in fitted] == [(400, side, side, 3) for side in (16, 32, 32)], "all images"
    trained(tmp_path, {"frozen_epochs": 2}, epochs=3, small_epochs=1, small_side=16)
    # Six kernels and six biases of the normalisation, and the dense layer; a block has two of each.
    assert [count for _, count in fitted] == [13] * 3 + [13, 9, 9]
    (model,) = models
    kept = [np.array_equal(old, new) for old, new in zip(weights, model.weights, strict=True)]
    before = len([weight for layer in model.layers[:10] for weight in layer.weights])
    assert all(kept[:before])
    assert not any(kept[before:])
    assert flops[3] == flops[0] < flops[4] == flops[5] < flops[1] == flops[2], "nor are its gradients counted"


def test_each_epoch_has_images_of_its_size_and_their_flops_are_counted(fitted, monkeypatch, tmp_path):
    monkeypatch.setattr(cheaper_epochs.anatomy, "step_flops", lambda model: 1e9 * model.input_shape[1])
    record = trained(tmp_path, {"sides": [12, 20, 12], "left_out": 0.5, "which": "any"}, epochs=3)
    assert [shape for shape, _ in fitted] == [(400, 12, 12, 3), (200, 20, 20, 3), (200, 12, 12, 3)]
    assert (record["steps"], record["sides"]) == (40, [12, 20, 12])
    assert record["tera_flops"] == pytest.approx(400 * 0.012 + 200 * 0.020 + 200 * 0.012)


def test_a_dry_trial_has_two_epochs(fitted, tmp_path):
    trial = Trial(made_up.TINY, facts={"sides": [12, 16, 20, 32], "frozen_epochs": 1})
    record = cheaper_epochs.trained(trial.payload("made up", dry=True), tmp_path)
    assert (record["steps"], [shape[1] for shape, _ in fitted]) == (40, [20, 32])


def test_the_study_asks_for_each_way_with_two_seeds():
    (trials,) = engine.STUDIES["cheaper_epochs"].ask()
    assert [(one.label, one.seed) for one in trials] == [(name, k) for k in (0, 1) for name in lesson15.CHEAPER_EPOCHS]
    assert len({one.key("cifar10") for one in trials}) == len(trials)
    assert not any(one.final for one in trials)
    for trial in trials:
        assert len(trial.facts.get("sides", [None] * trial.recipe.epochs)) == trial.recipe.epochs, trial.label
