"""The studies of lesson 11: each step changes what its label says, and all ways get the same."""

import dataclasses

import keras
import made_up
import numpy as np
import pytest
from made_up import trials

from helpers import anatomy, models
from helpers.recipe import Recipe
from tools.studies import lesson11

CHANGES = {
    "a falling learning rate": {"schedule"},
    "batch normalisation": {"batch_normalization"},
    "a learning rate three times as high": {"learning_rate"},
    "pairs pooled inside, padded": {"padding", "pooled"},
    "a third pair": {"widths"},
    "the mean instead of a dense layer": {"dense"},
    "less dropout": {"dropout"},
    "label smoothing": {"label_smoothing"},
    "flip": {"flip"},
    "shift": {"crop_padding"},
    "zoom": {"zoom"},
    "noise": {"noise"},
    "twice the filters": {"widths"},
}


def settings(trial):
    fields = dataclasses.asdict(trial.recipe)
    return fields | fields.pop("options")


def differing(one, other):
    one, other = settings(one), settings(other)
    assert one.keys() == other.keys()
    return {name for name in one if one[name] != other[name]}


@pytest.mark.parametrize("seed", [0, 2])
def test_each_step_changes_what_its_label_says_and_nothing_else(seed):
    found = lesson11.ladder_trials(seed)
    steps = found[: len(lesson11.LADDER)]
    assert [trial.label for trial in found] == ["source W's model", *CHANGES]
    before = steps[:-1] + [steps[-1]] * len(lesson11.BESIDE)
    for old, new in zip(before, found[1:], strict=True):
        assert differing(old, new) == CHANGES[new.label]
    assert {(trial.recipe.model, trial.seed, trial.final, trial.images) for trial in found} == {
        ("improved_cnn", seed, False, None)
    }
    assert {trial.recipe.epochs for trial in found} == {lesson11.LADDER_EPOCHS}


def test_the_ladder_has_three_seeds():
    found = trials(lesson11.ladder)
    assert found == [trial for seed in (0, 1, 2) for trial in lesson11.ladder_trials(seed)]


def test_the_first_step_is_the_network_of_source_w_with_half_its_filters_trained_by_adam():
    first = lesson11.ladder_trials(0)[0].recipe
    assert dataclasses.replace(first, options={}) == Recipe("improved_cnn", "Adam", 0.001, 128, lesson11.LADDER_EPOCHS)
    whole = dataclasses.replace(first, options=first.options | {"widths": [32, 64], "dense": 256})
    ours, guide = models.from_recipe(whole), models.build("guide_cnn")
    assert ours.count_params() == guide.count_params() == 477_994
    ours.set_weights(guide.get_weights())
    x = made_up.dataset().x_test
    np.testing.assert_allclose(ours.predict(x, verbose=0), guide.predict(x, verbose=0), atol=1e-6)
    for model in (ours, guide, models.from_recipe(first)):
        assert [one.rate for one in model.layers if isinstance(one, keras.layers.Dropout)] == [0.25, 0.25, 0.5]


def test_the_top_of_the_ladder_with_twice_the_filters_is_the_improved_model():
    top = next(trial for trial in lesson11.ladder_trials(0) if trial.label == "twice the filters").recipe
    stored = models.RECIPES["improved_cnn"]
    ours, improved = (anatomy.layers(models.from_recipe(recipe)) for recipe in (top, stored))
    assert [row[1:] for row in ours] == [row[1:] for row in improved], "all but the names of the layers"
    for name in ("label_smoothing", "flip", "crop_padding", "schedule", "learning_rate", "batch_size"):
        assert getattr(top, name) == getattr(stored, name)


def test_fewer_images_get_equally_many_steps():
    found = trials(lesson11.data_amount)
    assert {trial.images * trial.recipe.epochs for trial in found} == {45_000 * lesson11.LADDER_EPOCHS}
    groups = {(trial.seed, trial.images) for trial in found}
    assert len(groups) == 9
    for group in groups:
        plain, augmented = (trial for trial in found if (trial.seed, trial.images) == group)
        assert (augmented.label, plain.label) == ("with flip and shift", "without")
        assert differing(plain, augmented) == {"flip", "crop_padding"}


def test_augmentation_meets_a_short_and_a_long_training():
    found = trials(lesson11.augmentation_and_time)
    assert {trial.images for trial in found} == {15_000}
    assert {(trial.label, trial.recipe.epochs, trial.seed) for trial in found} == {
        (label, epochs, seed)
        for label in ("without", "with flip and shift")
        for epochs in (5, 50)
        for seed in (0, 1, 2)
    }
    assert not any(trial.final for trial in found)


def test_both_dictionaries_get_the_same():
    found = trials(lesson11.sparse_coding)
    assert [(trial.seed, trial.label) for trial in found] == [
        (seed, label) for seed in (0, 1) for label in ("learnt", "random patches")
    ]
    assert {trial.facts["dictionary"] == trial.label for trial in found} == {True}
    assert len({str(trial.facts | {"dictionary": ""}) for trial in found}) == 1
