"""Stored weights are loaded once they have proved whose they are; elsewhere the model is trained, once."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest
import small_training
from small_training import FAST, TUTORIAL, small_cnn

from helpers import models, places, records, training
from helpers.data import Dataset


def images_of(name, count, classes=10, side=32):
    """A dataset of that name whose images nobody looks at."""
    x = np.broadcast_to(np.uint8(0), (count, side, side, 3))
    empty, none = np.zeros((0, side, side, 3), np.uint8), np.zeros(0, int)
    return Dataset(name, tuple("abcdefghij"[:classes]), x, np.broadcast_to(0, count), empty, none, empty, none)


@pytest.fixture(autouse=True)
def named(monkeypatch):
    """The two small recipes under names of their own."""
    monkeypatch.setitem(models.BUILDERS, "small_cnn", small_cnn)
    monkeypatch.setitem(models.RECIPES, "small", TUTORIAL)
    monkeypatch.setitem(models.RECIPES, "quick", FAST)


@pytest.fixture
def stored(folder, store):
    """A function that stores weights of a named recipe as of seed 6, and a training without weights of seed 5."""

    def keep(name):
        recipe = models.RECIPES[name]
        model = models.from_recipe(recipe, images=small_training.drawn(side=32).x_train)
        weights = folder / f"{name}.weights.h5"
        records.save_weights(model, weights)
        common = {"recipe": recipe.as_dict(), "parameters": model.count_params()}
        store(f"trainings/{name}", seed=5, **common)
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        history = {key: [0.25] for key in training.HISTORY_KEYS}
        store(f"trainings/{name}", seed=6, weights_sha256=digest, history=history, **common)
        return model

    return keep


@pytest.fixture
def trainings(monkeypatch):
    """The models that were trained, in place of their training; each has another loss."""
    calls = []

    def train(recipe, dataset):
        calls.append(recipe.model)
        return models.from_recipe(recipe, dataset.x_train.shape[1:], len(dataset.class_names)), {"loss": [len(calls)]}

    monkeypatch.setattr(training, "train", train)
    return calls


def assert_same_weights(model, other):
    for got, wanted in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("name", ["small", "quick"])
def test_stored_weights_are_loaded_with_their_history(stored, trainings, name):
    model = stored(name)
    loaded, history = records.trained(name, images_of("drawn", 100))
    assert_same_weights(loaded, model)
    assert history["loss"] == [0.25], "the weights are those of seed 6"
    again, same = records.stored_model(name)
    assert_same_weights(again, model)
    assert same == history
    assert not trainings


def change_record(path, **changes):
    content = json.loads(path.read_text())
    path.write_text(json.dumps({name: value for name, value in (content | changes).items() if value is not None}))


def half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def weights_of(folder):
    return folder / "small.weights.h5"


def both(folder, **changes):
    for seed in (5, 6):
        change_record(folder / "trainings" / "small" / f"seed-{seed}.json", **changes)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: half(weights_of(folder)), r"small\.weights\.h5 is damaged or not ours.*SHA-256.*record says"),
        (lambda folder: weights_of(folder).unlink(), r"small\.weights\.h5 is missing from"),
        (
            lambda folder: both(folder, recipe=TUTORIAL.as_dict() | {"learning_rate": 0.5}),
            r"another recipe.*learning_rate=0\.5",
        ),
        (lambda folder: both(folder, parameters=1_234), "another architecture.*1,234 parameters"),
        (lambda folder: half(folder / "trainings" / "small" / "seed-5.json"), r"seed-5\.json is damaged"),
        (
            lambda folder: change_record(folder / "trainings" / "small" / "seed-6.json", history=None),
            r"seed-6\.json: its history lacks",
        ),
    ],
    ids=["wrong SHA-256", "missing", "recipe", "architecture", "record", "no history"],
)
def test_stored_weights_that_are_not_right_are_named_and_nothing_is_trained(
    stored, folder, damage, sentence, trainings
):
    stored("small")
    damage(folder)
    for ask in (lambda: records.trained("small", images_of("drawn", 100)), lambda: records.stored_model("small")):
        with pytest.raises(ValueError, match=f"(?s){sentence}.*git checkout"):
            ask()
    assert not trainings


@pytest.mark.parametrize("left", ["nothing", "a record without weights"])
def test_a_recipe_without_stored_weights_says_how_to_get_them(folder, store, left):
    if left != "nothing":
        store()
    with pytest.raises(ValueError, match=r"trained holds no weights of small\. Train it: python -m tools train small"):
        records.stored_model("small")


def test_an_unknown_name_lists_the_names(folder):
    for ask in (records.stored_model, lambda name: records.trained(name, images_of("drawn", 100))):
        with pytest.raises(ValueError, match=r"no model 'fast95'\. The names are: strided_cnn, .*fast94"):
            ask("fast95")


def test_retrain_trains_and_leaves_the_stored_weights_alone(stored, folder, trainings):
    stored("small")
    half(weights_of(folder))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    _, history = records.trained("small", images_of("drawn", 100), retrain=True)
    assert trainings == ["small_cnn"]
    assert history == {"loss": [1]}
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("other", [{"name": "others", "count": 100}, {"name": "drawn", "count": 60}])
def test_stored_weights_are_for_their_own_training_images_only(stored, trainings, other):
    stored("small")
    records.trained("small", images_of(**other))
    assert trainings == ["small_cnn"]


@pytest.mark.parametrize(("name", "side"), [("small", 8), ("quick", 12)])
def test_the_second_time_comes_from_the_cache(folder, trainings, name, side, capsys):
    dataset = small_training.drawn(side=side)
    first, history = records.trained(name, dataset)
    second, again = records.trained(name, dataset)
    assert len(trainings) == 1
    assert again == history == {"loss": [1]}
    assert_same_weights(second, first)
    assert records.trained(name, dataset, retrain=True)[1] == {"loss": [2]}
    assert records.trained(name, dataclasses.replace(dataset, name="others"))[1] == {"loss": [3]}
    for suffix in (".h5", ".json"):
        for file in (places.BUILD / "trained").glob(f"*{suffix}"):
            half(file)
        trained_before = len(trainings)
        _, history = records.trained(name, dataset)
        assert history == {"loss": [trained_before + 1]}
        assert "cannot be read" in capsys.readouterr().out
    assert not folder.exists(), "what is trained here is no record"


PROJECT = [*models.TUTORIALS, *models.FAST]


@pytest.mark.parametrize("name", PROJECT)
def test_what_the_project_stores_belongs_to_its_models(name, monkeypatch):
    """Weights, recipe, parameters and history of every recipe; the images are not looked at."""
    monkeypatch.setattr(training, "train", lambda *_: pytest.fail("trained"))
    record = records.result(name)
    assert record["recipe"] == models.RECIPES[name]
    assert record["dataset"] == "cifar10"
    model, history = records.trained(name, images_of("cifar10", record["training_images"]))
    assert model.count_params() == record["parameters"]
    assert len(history["loss"]) == record["epochs"] == record["recipe"].epochs
    histories = records.histories(name)
    assert list(histories) == record["seeds"]
    assert history == histories[record["weights_seed"]]
    assert [one["accuracy"][-1] for one in histories.values()] == record["train_accuracy"]
    held_out = record["training_images"] < 50_000
    assert len(record["validation_accuracy"]) == (len(record["seeds"]) if held_out else 0)
    assert len(record["test_accuracy"]) == len(record["seeds"])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    whole = records.result(f"{name}_50000")
    assert whole is None or (whole["recipe"], whole["training_images"]) == (models.RECIPES[name], 50_000)
