"""A trial of lesson 13: features computed once, the head as the start of fine-tuning, and who sees the test set."""

import keras
import made_up
import numpy as np
import pytest

from helpers import export, models, records
from tools.studies import pretrained_features
from tools.studies.engine import Trial
from tools.studies.lesson11 import top_of_the_ladder


@pytest.fixture
def asked(build, loaded, monkeypatch, tmp_path):
    """A function that gives the record of one trial with a small network in place of the pretrained one."""
    network, networks = small_network(), []

    def exported(model, path):
        networks.append(model)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    monkeypatch.setattr(records, "pretrained", lambda side: network)
    monkeypatch.setattr(export, "litert", exported)
    monkeypatch.setattr(export, "litert_network", lambda path, threads: (lambda x: np.asarray(networks[-1](x)), None))
    loaded(made_up.dataset(400))

    def asked(function, final=True, **facts):
        trial = Trial(None, 0, final=final, facts={"labels": 5, "side": 32, "search": not final} | facts)
        return getattr(pretrained_features, function)(trial.payload("made up", dry=False), tmp_path), len(networks)

    return asked


def small_network():
    inputs = keras.Input((32, 32, 3))
    x = keras.layers.AveragePooling2D(8, name=pretrained_features.FROM)(keras.layers.Rescaling(1 / 64)(inputs))
    x = keras.layers.BatchNormalization()(keras.layers.Conv2D(6, 2)(x))
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D(name="features")(x))


def test_the_penalty_is_chosen_on_validation_and_features_are_computed_once(asked):
    record, computed = asked("sized", final=False, penalties=[0.01, 1.0])
    assert "test_accuracy" not in record
    assert record["validation_accuracy"] == max(record["validation_by_penalty"].values())
    assert record["trainable"] == 6 * 10 + 10
    assert (record["side"], record["labels"], record["search"]) == (32, 5, True)
    again, computed_again = asked("frozen", penalties=[record["penalty"]])
    assert again["validation_accuracy"] == record["validation_accuracy"]
    assert 0 <= again["test_accuracy"] <= 1
    assert computed_again == computed == 1


def test_fine_tuning_starts_from_the_head_and_leaves_the_normalization(asked):
    frozen, _ = asked("frozen", penalties=[0.1])
    record, _ = asked("fine_tuned", penalty=0.1, rate=1e-12, epochs=1)
    assert record["test_accuracy"] == pytest.approx(frozen["test_accuracy"], abs=0.03)
    assert record["trainable"] == 2 * 2 * 3 * 6 + 6 + 6 * 10 + 10


def test_from_scratch_sees_as_many_images_whatever_the_labels(asked, monkeypatch):
    seen = []

    def train(recipe, dataset, seed, progress):
        seen.append((recipe, len(dataset.x_train), len(np.unique(dataset.x_train, axis=0))))
        return models.improved_cnn((32, 32, 3), 10, widths=(4,)), {}

    monkeypatch.setattr(pretrained_features.training, "train", train)
    recipe = top_of_the_ladder().as_dict()
    record, _ = asked("from_scratch", rate=0.01, recipe=recipe, images=200)
    ((trained, images, different),) = seen
    assert (trained.learning_rate, images, different) == (0.01, 200, 50)
    assert set(record) >= {"rate", "trainable", "validation_accuracy", "test_accuracy", "seconds"}
