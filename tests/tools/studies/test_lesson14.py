"""The studies of lesson 14: the same images and conditions for all networks, and noise as the one difference."""

import dataclasses

import numpy as np
import pytest
from made_up import dataset as made_up_dataset
from made_up import trials

from helpers import corruptions, models
from helpers.records import bits
from tools.studies import lesson14, outside


def test_nine_networks_are_corrupted_and_attacked():
    found = trials(lesson14.outside)
    assert {trial.facts["network"] for trial in found} == set(lesson14.NETWORKS) <= set(models.RECIPES)
    assert len(found) == 18
    assert len({trial.key("cifar10") for trial in found}) == 18


def test_noise_is_all_that_differs():
    found = trials(lesson14.noise_as_remedy)
    assert [(trial.seed, trial.recipe.noise) for trial in found] == [(s, n) for s in (0, 1, 2) for n in (0, 20)]
    assert len({dataclasses.replace(trial.recipe, noise=0.0).as_dict().__repr__() for trial in found}) == 1


@pytest.mark.parametrize("part", ["corrupted", "attacked"])
def test_a_network_outside(part, loaded, tmp_path, monkeypatch):
    loaded(made_up_dataset(60))
    monkeypatch.setattr(outside, "DRY_IMAGES", 3)
    monkeypatch.setattr(outside, "BOUNDS", (1,))
    monkeypatch.setattr(corruptions, "STRENGTHS", {"JPEG": (80, 50, 30, 15, 8)})
    trial = next(one for one in trials(lesson14.outside) if one.label == f"plain_cnn, {part}")
    record = getattr(outside, part)(trial.payload("made up", dry=True), tmp_path)
    names = [f"{name} {strength}" for name in corruptions.STRENGTHS for strength in range(1, 6)]
    assert list(record["conditions"]) == ["clean", *(names if part == "corrupted" else ["FGSM 1", "PGD 1"])]
    for facts in record["conditions"].values():
        assert facts["accuracy"] == round(bits.unpack(facts["right"], 3).mean(), 4)
        assert 0 <= facts["calibration_error"] <= 1
        assert 0.1 <= facts["confidence"] <= 1
    assert (record["network"], record["dataset"]) == ("plain_cnn", "made up")


def test_what_was_trained_is_looked_at(loaded, build, tmp_path, monkeypatch):
    loaded(made_up_dataset(60))
    monkeypatch.setattr(outside, "DRY_IMAGES", 3)
    monkeypatch.setattr(corruptions, "STRENGTHS", {"JPEG": (80, 50, 30, 15, 8)})

    def train(payload, folder):
        assert payload["weights"]
        models.from_recipe(outside.Recipe(**payload["recipe"])).save_weights(folder / "model.weights.h5")
        return {"recipe": payload["recipe"], "seed": payload["seed"]}

    monkeypatch.setattr(outside, "train", train)
    trial = trials(lesson14.noise_as_remedy)[1]
    record = outside.trained(trial.payload("made up", dry=True), tmp_path)
    assert list(record["conditions"]) == ["clean", *(f"{name} 3" for name in corruptions.STRENGTHS)]
    assert not list(tmp_path.glob("*.h5")), "its weights are not kept"
    assert np.isfinite(record["conditions"]["clean"]["confidence"])
