"""The studies of lesson 06: what is compared differs in one thing alone."""

import dataclasses

from made_up import scored, trials

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


def test_every_batch_size_gets_a_rate_of_its_own_and_three_fresh_seeds_at_it():
    suits = {10: 0.0003, 32: 0.001, 128: 0.01}
    found = trials(
        lesson06.batch_rates,
        lambda trial: scored(0.5 - abs(trial.recipe.learning_rate - suits[trial.recipe.batch_size])),
    )
    for trial in found:
        names = ("learning_rate", "batch_size", "epochs")
        assert without(trial.recipe, *names) == without(models.RECIPES["plain_cnn"], *names)
        assert (trial.recipe.epochs, trial.images, trial.final) == (5, 10_000, False)
    final = [(trial.recipe.batch_size, trial.recipe.learning_rate, trial.seed) for trial in found if trial.seed]
    assert sorted(final) == [(size, rate, seed) for size, rate in suits.items() for seed in (1, 2, 3)]
