"""The studies of lesson 13: every choice is made on images that no reported figure uses, and all ways get the same."""

import pytest
from made_up import trials

from helpers.recipe import Recipe
from tools.studies import lesson11, lesson13


def asked(study, best):
    """All trials of a study, where the trials of each label are best at ``best[label]``."""

    def record(trial):
        rate, penalties = trial.facts.get("rate", 0.0), trial.facts.get("penalties", [0.0])
        off = abs(rate - best.get(trial.label, 0))
        return trial.facts | {"penalty": penalties[-1], "validation_accuracy": 0.5 - off}

    return trials(study, record)


def test_each_side_of_an_image_gets_the_same_draws():
    found = asked(lesson13.input_sizes, {})
    for side in lesson13.SIDES:
        searched, *final = [trial for trial in found if trial.facts["side"] == side]
        assert (searched.seed, searched.facts["search"]) == (lesson13.SEARCH_SEED, True)
        assert [trial.seed for trial in final] == list(lesson13.SEEDS)
        assert {tuple(trial.facts["penalties"]) for trial in final} == {(lesson13.PENALTIES[-1],)}
    assert {trial.facts["labels"] for trial in found} == {50}
    assert not any(trial.final for trial in found), "the test set decides nothing"


def test_few_labels_chooses_each_penalty_with_other_images():
    found = asked(lesson13.few_labels, {})
    few = [trial for trial in found if not trial.images]
    for labels in lesson13.LABELS:
        searched, *final = [trial for trial in few if trial.facts["labels"] == labels]
        assert (searched.seed, searched.final) == (lesson13.SEARCH_SEED, False)
        assert [(trial.seed, trial.final) for trial in final] == [(seed, True) for seed in lesson13.SEEDS]
        assert {tuple(trial.facts["penalties"]) for trial in final} == {(lesson13.PENALTIES[-1],)}
    assert lesson13.SEARCH_SEED not in lesson13.SEEDS
    many = [trial for trial in found if trial.images]
    assert [trial.images for trial in many] == list(lesson13.IMAGES)
    trained = {trial.images for trial in trials(lesson11.data_amount)}
    assert trained == set(lesson13.IMAGES), "training from scratch has the same images"


def test_from_scratch_has_the_images_of_few_labels_and_the_recipe_of_data_amount():
    found = trials(lesson13.scratch_few_labels)
    assert [(trial.facts["labels"], trial.seed) for trial in found] == [
        (labels, seed) for labels in lesson13.LABELS for seed in lesson13.SEEDS
    ]
    with_flip = {trial.recipe.epochs: trial.recipe for trial in trials(lesson11.data_amount) if trial.images == 5_000}
    assert [trial.recipe for trial in found] == [with_flip[72]] * 9
    assert not any(trial.final for trial in found)


@pytest.mark.parametrize("way", lesson13.WAYS)
def test_transfer_gives_all_ways_the_same(way):
    found = [trial for trial in asked(lesson13.transfer, {way: 0.03}) if trial.label == way]
    searched, final = ([trial for trial in found if trial.facts["search"] is search] for search in (True, False))
    assert [trial.facts["rate"] for trial in searched] == list(lesson13.TRANSFER_RATES)
    assert {(trial.seed, trial.facts["labels"]) for trial in searched} == {(3, 50)}
    assert {(trial.seed, trial.facts["labels"]) for trial in final} == {
        (seed, labels) for seed in (0, 1, 2) for labels in lesson13.LABELS
    }
    assert {trial.facts["rate"] for trial in final} == {0.03}
    assert all(Recipe(**trial.facts["known"]) == lesson11.top_of_the_ladder() for trial in found)
    assert len(found) == 7 + 9
