"""A trial that leaves images out: which ones, how many, and what it notes of the others."""

import dataclasses

import keras
import made_up
import numpy as np
import pytest

from tools.studies import easy_images, engine, lesson15
from tools.studies.engine import Trial

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize("count", [1, 60, 100, 140, 200])
@pytest.mark.parametrize("which", ["easy", "any"])
def test_an_epoch_shows_so_many_images_once_and_leaves_out_easy_ones_first(which, count):
    losses = GENERATOR.permutation(200).astype(np.float32)
    order = easy_images.shown(losses, count, 3, 1, which)
    assert len(set(order)) == len(order) == count
    hard = np.flatnonzero(losses >= easy_images.EASY * 200)
    if which == "easy":
        # The 80 hard ones stay while there is room.
        assert len(np.intersect1d(order, hard)) == min(count, 80)
        again = easy_images.shown(losses, count, 3, 1, which)
        np.testing.assert_array_equal(again, order)
    elif count == 100:
        assert 25 < len(np.intersect1d(order, hard)) < 55
    if 60 <= count < 200:
        assert set(easy_images.shown(losses, count, 3, 2, which)) != set(order), "other ones in another epoch"
        positions = np.flatnonzero(np.isin(order, hard))
        assert abs(positions.mean() - (count - 1) / 2) < count / 6, "hard ones are not shown together"


def test_steps_are_multiples_of_lookaheads():
    recipe = dataclasses.replace(made_up.TINY, epochs=3)
    assert easy_images.steps_of_epochs(recipe, 819, 0.3) == [40, 30, 30]
    assert easy_images.steps_of_epochs(recipe, 819, 0.0) == [40, 40, 40]
    assert easy_images.steps_of_epochs(recipe, 60, 0.9) == [3, 3, 3]


def test_losses_are_noted_in_the_order_of_the_images():
    logits, labels = GENERATOR.normal(size=(9, 4)).astype(np.float32), np.eye(4, dtype=np.float32)[[0, 1, 2] * 3]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = -np.log((probabilities * labels).sum(axis=1))
    noted = easy_images.ImageLosses(20)
    for _ in range(2):
        noted.reset_state()
        for part in (slice(0, 4), slice(4, 9)):
            noted.update_state(labels[part], logits[part])
        np.testing.assert_allclose(noted.losses.numpy()[:9], expected, rtol=1e-5)
        assert float(noted.result()) == pytest.approx(expected.mean(), rel=1e-5)


def test_later_epochs_see_fewer_images_and_by_the_losses_of_the_one_before(loaded, monkeypatch, tmp_path):
    loaded(made_up.dataset(400))
    given, fitted, noted = [], [], []
    shown, fit, losses = easy_images.shown, keras.Model.fit, easy_images.ImageLosses

    def noting(seen, *facts):
        given.append(seen.copy())
        return shown(seen, *facts)

    def fitting(model, images, *rest, **settings):
        fitted.append(images.shape)
        history = fit(model, images, *rest, **settings)
        assert [int(each.count) for each in noted] == [len(images)]
        return history

    monkeypatch.setattr(easy_images, "ImageLosses", lambda most: noted.append(losses(most)) or noted[-1])
    monkeypatch.setattr(easy_images, "shown", noting)
    monkeypatch.setattr(keras.Model, "fit", fitting)
    # Not ReLU, with which many logits of so small a network are 0.
    options = made_up.TINY.options | {"activation": "silu"}
    recipe = dataclasses.replace(made_up.TINY, epochs=3, options=options, small_epochs=2, small_side=16)
    trial = Trial(recipe, 4, facts={"left_out": 0.5, "which": "easy"})
    record = easy_images.trained(trial.payload("made up", dry=False), tmp_path)
    assert fitted == [(400, 16, 16, 3), (200, 16, 16, 3), (200, 32, 32, 3)]
    assert record["steps"] == 40
    assert record["megapixels"] == round((600 * 16**2 + 200 * 32**2) / 1e6, 1)
    assert (record["left_out"], record["which"], record["seed"]) == (0.5, "easy", 4)
    assert set(record["validation_by_views"]) == {"1", "2", "6", "18"}
    first, second = given
    assert (first > 0).all()
    assert (first != second).sum() == 200, "of those that were left out, the old loss stays"


def test_the_study_asks_for_trials_that_differ_in_what_is_left_out():
    (trials,) = engine.STUDIES["easy_images"].ask()
    assert [(one.facts["which"], one.facts["left_out"]) for one in trials] == list(lesson15.EASY_IMAGES)
    assert len({one.label for one in trials}) == len(trials)
    assert not any(one.final for one in trials)
