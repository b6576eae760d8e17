"""The studies of lesson 15: each trial changes one part of a fast recipe, and nothing is chosen on the test set."""

import dataclasses

import pytest
from made_up import trials

from helpers import models
from tools.studies import lesson15
from tools.studies.lesson15 import BEFORE, FAST_IDEAS, FAST_PARTS


@pytest.mark.parametrize("label", [*FAST_PARTS, *FAST_IDEAS])
def test_every_part_of_the_fast_recipe_is_changed_alone(label):
    change = (FAST_PARTS | FAST_IDEAS)[label]
    standard, changed = BEFORE["fast90"], lesson15.changed_fast90(label)
    fields = [field.name for field in dataclasses.fields(standard)]
    assert {name for name in fields if getattr(changed, name) != getattr(standard, name)} == set(change)
    # Without Muon there is no rate for kernels either.
    assert len(change) == (0 if label == "all parts" else 2 if label == "without Muon" else 1)
    options = change.get("options", {})
    assert changed.options == standard.options | options
    assert not set(options) & set(standard.options)
    assert len(options) <= 1


@pytest.mark.parametrize(("study", "rows"), [(lesson15.fast_parts, 13), (lesson15.fast_ideas, 4)])
def test_parts_and_ideas_meet_the_same_seeds(study, rows):
    found = trials(study)
    seeds = {}
    for trial in found:
        seeds.setdefault(trial.label, []).append(trial.seed)
    assert len(seeds) == rows
    assert next(iter(seeds)) == "all parts"
    assert set(map(tuple, seeds.values())) == {(0, 1)}
    assert not any(trial.final for trial in found), "nothing is chosen on the test set"
    assert all(trial.recipe == BEFORE["fast90"] for trial in found if trial.label == "all parts")


def test_curves_are_those_of_the_two_recipes():
    found = trials(lesson15.fast_curves)
    assert {trial.label: trial.recipe for trial in found} == {n: models.RECIPES[n] for n in ("fast90", "fast94")}
    assert not any(trial.final for trial in found)
    assert all(trial.validation for trial in found)


def test_candidates_differ_from_the_recipes_that_they_might_replace():
    found = trials(lesson15.fast_candidates)
    assert len({trial.label for trial in found}) == len(found) == 12
    recipes = [trial.recipe for trial in found]
    assert all(before in recipes for before in BEFORE.values())
    for trial in found:
        standard = models.RECIPES[trial.label.split(":")[0]]
        assert trial.recipe != standard
        assert trial.recipe.options["widths"] == standard.options["widths"]
        assert not trial.final, "nothing is chosen on the test set"


def test_what_is_tried_in_four_epochs_differs_from_these_in_one_thing():
    (first, *others) = trials(lesson15.faster90)
    assert first.recipe == dataclasses.replace(models.RECIPES["fast90"], epochs=4)
    fields = [field.name for field in dataclasses.fields(first.recipe)]
    scaled = {"batch_size", "learning_rate", "kernel_rate"}  # a batch of another size wants other rates
    for trial in others:
        changes = {name for name in fields if getattr(trial.recipe, name) != getattr(first.recipe, name)}
        assert changes == scaled if "batches" in trial.label else len(changes) == 1
        assert not trial.final, "nothing is chosen on the test set"


def test_earlier_forms_of_fast95_met_the_test_set_after_all_images():
    found, today = trials(lesson15.fast95_forms), models.RECIPES["fast95"]
    assert [(trial.label, trial.seed) for trial in found] == [
        ("first form", 0),
        *(("second form", seed) for seed in range(3)),
    ]
    for trial in found:
        assert trial.final
        assert not trial.validation
        assert trial.recipe != today
        assert trial.recipe.options == today.options, "as large"
