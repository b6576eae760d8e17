"""The studies of lesson 06: what is compared differs in one thing alone."""

import dataclasses

from made_up import trials

from helpers import models
from tools.studies import lesson06
from tools.studies.engine import STUDIES


def without(recipe, *names):
    return {name: value for name, value in dataclasses.asdict(recipe).items() if name not in names}


def test_learning_rates_and_batch_sizes_are_all_that_differs():
    for study, name, values in (
        (lesson06.learning_rates, "learning_rate", [0.00001, 0.0001, 0.001, 0.01, 0.1]),
        (lesson06.batch_size, "batch_size", [10, 32, 128, 10, 32, 128]),
    ):
        found = trials(study)
        assert [getattr(trial.recipe, name) for trial in found] == values, "batch sizes take turns"
        for trial in found:
            assert without(trial.recipe, name, "epochs") == without(models.RECIPES["plain_cnn"], name, "epochs")
            assert trial.recipe.epochs == 3
            assert not trial.final
    assert [trial.seed for trial in trials(lesson06.batch_size)] == [1, 1, 1, 2, 2, 2]
    assert STUDIES["batch_size"].timed
    assert not STUDIES["learning_rates"].timed


def test_a_gentle_end_changes_the_schedule_of_the_stored_recipe_and_nothing_else():
    found = trials(lesson06.gentle_end)
    stored = models.RECIPES["strided_cnn"]
    for trial in found:
        assert without(trial.recipe, "schedule", "decay") == without(stored, "schedule", "decay")
        assert trial.recipe.schedule == "cosine"
    assert [(trial.seed, trial.final) for trial in found] == [(0, True), (1, True), (2, True)]
