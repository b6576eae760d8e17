"""What tools.train writes: runs, records, weights, and that a fast recipe comes back from them."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from helpers import data, fast, models, training
from tools import train

TINY = fast.FastRecipe(widths=(2, 2, 2), activation="relu", epochs=1, batch_size=20, views=2)
RECIPE = models.Recipe("Adam", 0.001, batch_size=20, epochs=1)


@pytest.fixture(autouse=True)
def folders(monkeypatch, tmp_path):
    """Folders of its own, a small recipe under the name "fast90", and a short one for "plain_cnn"; eager."""
    monkeypatch.setattr(training, "TRAINED", tmp_path / "trained")
    monkeypatch.setattr(training, "BACKUPS", tmp_path / "backups")
    for recipes, name, recipe in (
        (fast.FAST_RECIPES, "fast90", TINY),
        (train.RECIPES, "fast90", TINY),
        (models.RECIPES, "plain_cnn", RECIPE),
        (train.RECIPES, "plain_cnn", RECIPE),
    ):
        monkeypatch.setitem(recipes, name, recipe)
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def dataset():
    """All images together, as tools.train loads them for a fast recipe."""
    generator = np.random.default_rng(0)

    def part(count):
        labels = np.arange(count) % 10
        images = generator.normal(25 * labels[:, None, None, None], 20, (count, 32, 32, 3))
        return images.clip(0, 255).astype(np.uint8), labels

    (x, y), (x_test, y_test) = part(40), part(20)
    return data.Dataset("cifar10", data.CIFAR10_CLASSES, x, y, x[:0], y[:0], x_test, y_test)


def test_a_fast_recipe_is_trained_stored_and_loaded_again(dataset, tmp_path):
    runs = tmp_path / "runs"
    result = train.run("fast90", dataset, 3, runs)
    assert result == json.loads(json.dumps(result))
    assert set(result["history"]) == set(fast.HISTORY_KEYS)
    assert result["history"]["val_accuracy"] == [], "no image is held out"
    assert set(result["test_by_views"]) == {"1", "2", "6", "18"}
    assert result["test_accuracy"] == result["test_by_views"]["2"], "the recipe asks for two views"
    assert result["views_seconds"] > 0
    other = {"seed": 1, "test_accuracy": 0.25, "test_by_views": {"1": 0.2}, "views_seconds": 9.0, "weights": "none"}
    results = [result, result | other]

    record = train.store("fast90", dataset, results, runs)
    assert training.stored_result("fast90", training.TRAINED) == json.loads(json.dumps(record))
    assert record["recipe"] == json.loads(json.dumps(TINY.as_dict()))
    assert (record["dataset"], record["training_images"], record["epochs"]) == ("cifar10", 40, 1)
    assert record["seeds"] == [3, 1]
    assert record["validation_accuracy"] == []
    assert record["train_accuracy"] == [round(result["history"]["accuracy"][-1], 4) for result in results]
    for key in ("test_accuracy", "test_by_views", "views_seconds"):
        assert record[key] == [result[key] for result in results]

    model, history, again = fast.stored("fast90", training.TRAINED)
    assert again == json.loads(json.dumps(record))
    assert history["loss"] == [round(loss, 4) for loss in results[0]["history"]["loss"]]
    assert len(history["elapsed"]) == TINY.epochs
    assert fast.accuracy_by_views(model, dataset.x_test, dataset.y_test, fast.VIEWS) == results[0]["test_by_views"]


def test_a_finished_run_is_read_and_another_recipe_is_another_run(dataset, tmp_path, monkeypatch):
    first = train.run("fast90", dataset, 0, tmp_path)
    called = []

    def refused(*arguments):
        called.append(arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(fast, "train_fast", refused)
    assert train.run("fast90", dataset, 0, tmp_path) == first
    assert not called
    with pytest.raises(KeyboardInterrupt):
        train.run("fast90", dataset, 1, tmp_path)
    other = dataclasses.replace(TINY, reach=1)
    monkeypatch.setitem(train.RECIPES, "fast90", other)
    monkeypatch.setitem(fast.FAST_RECIPES, "fast90", other)
    with pytest.raises(KeyboardInterrupt):
        train.run("fast90", dataset, 0, tmp_path)
    assert [arguments[2:] for arguments in called] == [(TINY, 1), (other, 0)]


def test_all_images_stand_beside_the_record_of_a_model_and_leave_its_weights_alone(dataset, tmp_path):
    x, y = dataset.x_train, dataset.y_train
    held_out = dataclasses.replace(dataset, x_train=x[10:], y_train=y[10:], x_val=x[:10], y_val=y[:10])
    records = [
        train.store("plain_cnn", each, [train.run("plain_cnn", each, 0, tmp_path / "runs")], tmp_path / "runs")
        for each in (held_out, dataset)
    ]
    assert [len(record["validation_accuracy"]) for record in records] == [1, 0]
    assert ["weights_sha256" in record for record in records] == [True, False]
    assert not any("test_by_views" in record for record in records)
    stored = json.loads((training.TRAINED / "results.json").read_text())
    assert list(stored) == ["plain_cnn", "plain_cnn_40"]
    assert [file.name for file in training.TRAINED.glob("*.h5")] == ["plain_cnn.weights.h5"]
    assert list(training.stored_histories("plain_cnn_40", training.TRAINED)) == [0]


def test_an_unknown_name_is_refused_before_anything_is_loaded(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["train", "fast90", "fast99"])
    monkeypatch.setattr(data, "load", None)
    with pytest.raises(SystemExit):
        train.main()
    assert "no model 'fast99'. The names are: strided_cnn" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "validation"),
    [(["fast90"], False), (["plain_cnn"], True), (["plain_cnn", "--all-images"], False)],
)
def test_fast_recipes_are_trained_on_all_images(arguments, validation, dataset, monkeypatch, capsys):
    asked, seeds = [], []
    monkeypatch.setattr("sys.argv", ["train", *arguments, "--seeds", "4", "2"])
    monkeypatch.setattr(data, "load", lambda name, validation: asked.append((name, validation)) or dataset)
    monkeypatch.setattr(train, "run", lambda name, dataset, seed: seeds.append(seed) or {"seed": seed})
    monkeypatch.setattr(train, "store", lambda name, dataset, results: {"test_accuracy": [0.9] * len(results)})
    train.main()
    assert asked == [("cifar10", validation)]
    assert seeds == [4, 2]
    assert f"{arguments[0]}: test accuracy [0.9, 0.9]" in capsys.readouterr().out
