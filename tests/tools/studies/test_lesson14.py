"""The study of lesson 14: the same images and conditions for all networks."""

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
