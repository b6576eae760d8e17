"""The studies of lesson 05: both models are tuned on equal terms, and the confirmation meets seeds of its own."""

import dataclasses

import keras
import numpy as np
import pytest
from made_up import scored, trials

from helpers import models, records
from tools.studies import lesson05
from tools.studies.engine import STUDIES


@pytest.mark.parametrize("winning_rate", [0.0003, 0.001, 0.003])
@pytest.mark.parametrize("winning_scale", [0.0, 0.5, 1.0])
def test_depth_tunes_both_models_on_equal_terms(winning_rate, winning_scale):
    def record(trial):
        scale = trial.recipe.options.get("dropout_scale", 1.0)
        good = (trial.recipe.learning_rate == winning_rate) + (scale == winning_scale)
        return scored(0.9, 0.1 * good)

    found = trials(lesson05.depth, record)
    by_model = {
        name: [trial for trial in found if trial.recipe.model == name] for name in ("strided_cnn", "deeper_cnn")
    }
    assert sum(map(len, by_model.values())) == len(found)
    strided, deeper = (
        [dataclasses.replace(t, recipe=dataclasses.replace(t.recipe, model="", epochs=1)) for t in group]
        for group in by_model.values()
    )
    assert strided == deeper
    # Equal seconds, in the search as in the end.
    epochs = [[trial.recipe.epochs for trial in group] for group in by_model.values()]
    assert epochs[0] == [4 * number for number in epochs[1]]
    for group in by_model.values():
        finals = [trial for trial in group if trial.final]
        assert len({trial.seed for trial in finals}) == len(finals) == 3
        assert {trial.recipe.learning_rate for trial in finals} == {winning_rate}
        assert {trial.recipe.options.get("dropout_scale", 1.0) for trial in finals} == {winning_scale}
        # Choices are made with another seed than the three that count.
        assert not {trial.seed for trial in finals} & {trial.seed for trial in group if not trial.final}


def test_the_first_round_did_not_try_to_do_without_dropout():
    found = trials(lesson05.depth_first_round)
    assert {trial.recipe.options.get("dropout_scale", 1.0) for trial in found} == {0.5, 1.0}
    assert {(trial.recipe.model, trial.recipe.epochs) for trial in found if trial.final} == {
        ("strided_cnn", 16),
        ("deeper_cnn", 5),
    }


def test_the_confirmation_uses_fresh_seeds_and_at_least_as_many_seconds_for_the_strided_model():
    found = trials(lesson05.depth_confirmed)
    assert all(trial.final for trial in found)
    epochs = {trial.recipe.model: trial.recipe.epochs for trial in found}
    timed = records.study("epoch_seconds")
    seconds = {
        name: min(trial["seconds"] for trial in timed if trial["recipe"].model == name) * count
        for name, count in epochs.items()
    }
    assert seconds["deeper_cnn"] < 1.1 * seconds["strided_cnn"]
    used = {trial["seed"] for study in ("depth", "depth_first_round") for trial in records.study(study)}
    assert len(used) > 1
    assert not used & {trial.seed for trial in found}


def test_epochs_are_timed_in_turns():
    found = trials(lesson05.epoch_seconds)
    assert [trial.recipe.model for trial in found] == 2 * ["strided_cnn", "deeper_cnn"]
    assert STUDIES["epoch_seconds"].timed


@pytest.mark.parametrize(("scale", "zeros"), [(1.0, 0.5), (0.5, 0.25), (0.0, 0.0)])
def test_the_scale_of_a_trial_reaches_the_dropout_layers(scale, zeros):
    model = models.from_recipe(lesson05._recipe("deeper_cnn", 0.001, 2, scale))
    model.compile("adam", "sparse_categorical_crossentropy")
    dropouts = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert [layer.rate for layer in dropouts] == [zeros] * 3
    dropped = np.asarray(dropouts[0](np.ones((200, 200)), training=True))
    assert abs(np.mean(dropped == 0) - zeros) < 0.02
