"""A trial of lesson 13: penalties are chosen on validation, features computed once, the test set is for the end."""

import keras
import made_up
import numpy as np
import pytest

from helpers import export, records
from tools.studies import pretrained_features
from tools.studies.engine import Trial


@pytest.fixture
def exported():
    """The networks that were exported."""
    return []


@pytest.fixture
def asked(build, loaded, exported, monkeypatch, tmp_path):
    """A function that gives the record of one trial, with a small network in place of the pretrained one."""

    def write(model, path):
        exported.append(model)
        path.parent.mkdir(parents=True)
        path.touch()

    def run(images):
        return exported[-1].predict(images, verbose=0)

    monkeypatch.setattr(records, "pretrained", lambda side: small_network(side))
    monkeypatch.setattr(export, "litert", write)
    monkeypatch.setattr(export, "litert_network", lambda path, threads: (run, None))
    loaded(made_up.dataset(400))

    def asked(function="frozen", final=True, dry=False, **facts):
        trial = Trial(None, 0, final=final, facts={"labels": 5, "side": 36, "search": not final} | facts)
        return getattr(pretrained_features, function)(trial.payload("made up", dry), tmp_path)

    return asked


def small_network(side):
    pooled = keras.layers.AveragePooling2D(side // 4)
    scaled = keras.layers.Rescaling(1 / 64)
    return keras.Sequential([keras.Input((side, side, 3)), scaled, pooled, keras.layers.Flatten()])


def test_the_penalty_is_chosen_on_validation_and_features_are_computed_once(asked, exported):
    searched = asked("sized", final=False, penalties=[0.0001, 1.0])
    assert "test_accuracy" not in searched
    by_penalty = searched["validation_by_penalty"]
    assert searched["validation_accuracy"] == by_penalty[f"{searched['penalty']:g}"] == max(by_penalty.values())
    assert searched["trainable"] == 4 * 4 * 3 * 10 + 10
    assert (searched["side"], searched["labels"], searched["search"]) == (36, 5, True)
    final = asked(penalties=[searched["penalty"]])
    assert final["validation_accuracy"] == searched["validation_accuracy"]
    assert 0.3 < final["test_accuracy"] <= 1
    assert len(exported) == 1


def test_all_images_are_taken_where_there_are_no_more_labels(asked):
    few, every = (asked(labels=labels, penalties=[0.1])["validation_accuracy"] for labels in (1, 40))
    assert every >= few


def test_a_dry_trial_looks_at_few_images(asked, monkeypatch):
    seen = []
    whole = pretrained_features.features
    monkeypatch.setattr(pretrained_features, "features", lambda x, side: seen.append(len(x)) or whole(x, side))
    asked(dry=True, labels=30, penalties=[0.1])
    assert sorted(seen) == [20, 20, 20]


def test_features_are_the_networks_own(asked, exported):
    x = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
    first, again = (pretrained_features.features(x, 36) for _ in range(2))
    enlarged = keras.ops.image.resize(x.astype(np.float32), (36, 36))
    np.testing.assert_allclose(first, small_network(36)(enlarged), atol=2e-3)
    np.testing.assert_array_equal(first, again)
    assert len(exported) == 1
