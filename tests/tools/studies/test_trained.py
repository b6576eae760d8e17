"""The training behind a trial: what it trains on, what its record says, and how its weights are stored."""

import dataclasses
import json

import h5py
import keras
import made_up
import numpy as np
import pytest
from made_up import RECIPE, TINY

from helpers import models, training
from helpers.records import schema
from helpers.training import loop
from tools.studies import trained
from tools.studies.engine import Trial
from tools.studies.search import score


@pytest.fixture(autouse=True)
def _own_folders(build, eagerly):
    """Nothing of these trainings is left behind."""


@pytest.fixture
def ended(tmp_path):
    """A function that gives the record of a trial, once it has been written and read."""

    def ended(trial, dataset="made up"):
        record = trained.train(trial.payload(dataset, dry=False), tmp_path)
        path = tmp_path / "record.json"
        path.write_text(json.dumps(record))
        return schema.read(path)

    return ended


@pytest.fixture
def seen(monkeypatch):
    """In place of training: a network of random weights. The datasets that it would have seen are listed."""
    datasets = []

    def untrained(recipe, dataset, seed, keep_backup):
        datasets.append(dataset)
        keras.utils.set_random_seed(seed)
        model = models.from_recipe(recipe, images=dataset.x_train)
        return model, {key: [0.5] for key in training.HISTORY_KEYS}

    monkeypatch.setattr(training, "train", untrained)
    return datasets


def test_a_kill_while_the_test_set_is_met_does_not_cost_the_training(ended, loaded, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    loaded(made_up.dataset())
    trial = Trial(RECIPE, seed=5, final=True)
    with monkeypatch.context() as patch:
        patch.setattr(training, "predict", stop)
        with pytest.raises(KeyboardInterrupt):
            ended(trial)
    assert any(loop.BACKUPS.iterdir())
    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained again"))
        assert "test_accuracy" in ended(trial)
    assert not any(loop.BACKUPS.iterdir()), "its record is there"


@pytest.mark.parametrize("final", [False, True])
def test_only_a_final_trial_is_scored_on_the_test_set(ended, loaded, tmp_path, final):
    dataset = made_up.dataset()
    loaded(dataset if final else dataclasses.replace(dataset, x_test=None, y_test=None))
    record = ended(Trial(RECIPE, seed=3, label="not the training's affair", final=final))
    assert record["recipe"] == RECIPE
    assert (record["seed"], record["dataset"], record["training_images"]) == (3, "made up", 40)
    assert record["parameters"] == 122_570
    assert record["precision"] == "float32"
    assert {"tensorflow", "keras", "numpy"} == set(record["versions"])
    assert set(record["history"]) == set(training.HISTORY_KEYS)
    assert all(len(values) == RECIPE.epochs for values in record["history"].values())
    assert record["seconds"] == pytest.approx(sum(record["history"]["seconds"]), abs=0.06)
    assert ("test_accuracy" in record) is final
    assert not {"test_by_views", "validation_by_views", "views_seconds"} & set(record), "the recipe has one view"
    assert not list(tmp_path.glob("*.h5")), "no weights were asked for"


def test_a_fast_recipe_is_looked_at_with_all_numbers_of_views(ended, loaded):
    loaded(made_up.dataset())
    record = ended(Trial(TINY, seed=2))
    assert record["recipe"] == TINY
    views = record["validation_by_views"]
    assert list(views) == ["1", "2", "6", "18"]
    # One view is what the history has at its end.
    assert views["1"] == record["history"]["val_accuracy"][-1]
    assert not {"test_accuracy", "test_by_views"} & set(record)


def test_the_test_set_is_scored_by_the_views_of_the_recipe(ended, loaded):
    calls = loaded(made_up.dataset(held_out=0))
    record = ended(Trial(TINY, final=True, validation=False))
    assert calls == [("made up", False)]
    assert record["history"]["val_accuracy"] == [], "no image is held out"
    assert "validation_by_views" not in record
    assert list(record["test_by_views"]) == ["1", "2", "6", "18"]
    assert record["test_accuracy"] == record["test_by_views"]["2"]
    assert record["views_seconds"] >= 0


@pytest.mark.parametrize("recipe", [dataclasses.replace(RECIPE, optimizer="SGD"), TINY])
def test_a_loss_that_is_no_number_is_a_result(ended, loaded, tmp_path, recipe):
    loaded(made_up.dataset())
    record = ended(Trial(dataclasses.replace(recipe, learning_rate=1e30), final=True, weights=True))
    assert set(map(tuple, record["history"].values())) == {()}
    assert record["seconds"] == 0
    assert score(record) == 0
    assert not {"test_accuracy", "test_by_views", "validation_by_views"} & set(record)
    assert not list(tmp_path.glob("*.h5"))


def test_fewer_images_are_the_first_ones(ended, loaded, seen):
    dataset = made_up.dataset()
    calls = loaded(dataset)
    assert ended(Trial(RECIPE, images=20))["training_images"] == 20
    assert ended(Trial(RECIPE))["training_images"] == 40
    assert calls == [("made up", True)] * 2
    assert [len(each.y_train) for each in seen] == [20, 40]
    np.testing.assert_array_equal(seen[0].x_train, dataset.x_train[:20])
    np.testing.assert_array_equal(seen[0].y_train, dataset.y_train[:20])
    for part in ("x_val", "y_val", "x_test", "y_test"):
        np.testing.assert_array_equal(getattr(seen[0], part), getattr(dataset, part))


@pytest.mark.parametrize(
    ("accuracy_of_half", "dtype"), [(0.6, "float16"), (0.5991, "float16"), (0.598, "float32"), (0.602, "float32")]
)
def test_weights_are_float16_where_the_accuracy_allows_it(
    ended, loaded, seen, tmp_path, monkeypatch, accuracy_of_half, dtype
):
    loaded(made_up.dataset())
    keras.utils.set_random_seed(4)
    original = models.from_recipe(RECIPE).get_weights()
    scored = []

    def accuracy(model, x, y):
        scored.append(model)
        rounded = [values.astype("float16").astype("float32") for values in original]
        half = all(map(np.array_equal, model.get_weights(), rounded))
        return accuracy_of_half if half else 0.6

    monkeypatch.setattr(training, "accuracy", accuracy)
    ended(Trial(RECIPE, seed=4, weights=True))
    assert len(scored) == 2, "those of the training, and those of the file"
    path = tmp_path / "model.weights.h5"
    kinds = set()
    with h5py.File(path) as file:
        file.visititems(lambda _, entry: kinds.add(str(entry.dtype)) if isinstance(entry, h5py.Dataset) else None)
    assert kinds == {dtype}
    again = models.from_recipe(RECIPE)
    again.load_weights(path)
    for stored, trained_ones in zip(again.get_weights(), original):
        np.testing.assert_array_equal(stored, trained_ones.astype(dtype).astype("float32"))


def test_halved_weights_are_judged_in_the_precision_of_the_training(ended, loaded, monkeypatch):
    monkeypatch.setattr(models, "precision", lambda recipe: "mixed_bfloat16")
    loaded(made_up.dataset(held_out=0))
    judged = []

    def accuracy(model, x, y):
        judged.append([layer.compute_dtype for layer in model.layers])
        return 0.6

    monkeypatch.setattr(training, "accuracy", accuracy)
    ended(Trial(TINY, validation=False, weights=True))
    assert len(judged) == 2
    assert judged[0] == judged[1]
    assert "bfloat16" in judged[0]


def test_the_weights_of_a_fast_recipe_come_home(ended, loaded, tmp_path):
    dataset = made_up.dataset(held_out=0)
    loaded(dataset)
    record = ended(Trial(TINY, final=True, validation=False, weights=True))
    model = models.from_recipe(TINY)
    model.load_weights(tmp_path / "model.weights.h5")
    by_views = training.accuracy_by_views(model, dataset.x_test, dataset.y_test, (1, 2))
    assert by_views == {views: record["test_by_views"][views] for views in ("1", "2")}
