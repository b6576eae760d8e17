"""The studies of lesson 16: every claim is tried with a learning rate of its own and three fresh seeds."""

import dataclasses

import pytest
from made_up import scored, trials

from helpers import models
from tools.studies import lesson16


@pytest.mark.parametrize("study", [lesson16.optimizers, lesson16.activations])
def test_claims_are_tried_with_three_fresh_seeds_each(study):
    found = trials(study, lambda trial: scored(0.5 - abs(trial.recipe.learning_rate - 0.003)))
    finals = [trial for trial in found if trial.final]
    assert {trial.recipe.learning_rate for trial in finals} == {0.003}
    groups = {(trial.recipe.optimizer, trial.recipe.momentum, str(trial.recipe.options)) for trial in found}
    assert len(groups) == 4
    assert len(finals) == 12
    assert {trial.seed for trial in finals} == {1, 2, 3}
    assert {trial.seed for trial in found if not trial.final} == {0}
    assert {(trial.recipe.epochs, trial.final) for trial in found} == {(2, False), (5, True)}
    for group in groups:
        of_group = [
            trial
            for trial in finals
            if (trial.recipe.optimizer, trial.recipe.momentum, str(trial.recipe.options)) == group
        ]
        assert [trial.seed for trial in of_group] == [1, 2, 3]


def test_an_activation_replaces_relu_in_hidden_layers_only():
    found = trials(lesson16.activations)
    recipe = next(trial.recipe for trial in found if trial.recipe.options == {"activation": "tanh"})
    for changed, name in ((recipe, "tanh"), (dataclasses.replace(recipe, options={}), "relu")):
        model = models.from_recipe(changed)
        used = [layer.activation.__name__ for layer in model.layers if hasattr(layer, "activation")]
        assert used == [name] * 4 + ["linear"]
