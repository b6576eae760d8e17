"""Stored weights are loaded once they have proved whose they are; elsewhere the model is trained, once."""

import dataclasses
import hashlib
import json
import os

import keras
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
        store(f"trainings/{name}", seed=5, history={key: [0.75] for key in training.HISTORY_KEYS}, **common)
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        history = {key: [0.25] for key in training.HISTORY_KEYS}
        store(f"trainings/{name}", seed=6, weights_sha256=digest, history=history, **common)
        return model

    return keep


def history_of(number):
    """The history that the stand-in for a training gives, the number of the training as its loss."""
    return {key: [number if key == "loss" else 0.5] for key in training.HISTORY_KEYS}


@pytest.fixture
def trainings(monkeypatch):
    """The models that were trained, in place of their training; each has another loss."""
    calls = []

    def train(recipe, dataset):
        calls.append(recipe.model)
        return models.from_recipe(recipe, dataset.x_train.shape[1:], len(dataset.class_names)), history_of(len(calls))

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
        with pytest.raises(ValueError, match=r"no model 'fast99'\. The names are: strided_cnn, .*fast95"):
            ask("fast99")


def test_retrain_trains_and_leaves_the_stored_weights_alone(stored, folder, trainings):
    stored("small")
    half(weights_of(folder))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    _, history = records.trained("small", images_of("drawn", 100), retrain=True)
    assert trainings == ["small_cnn"]
    assert history == history_of(1)
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
    assert again == history == history_of(1)
    assert_same_weights(second, first)
    assert records.trained(name, dataset, retrain=True)[1] == history_of(2)
    assert records.trained(name, dataclasses.replace(dataset, name="others"))[1] == history_of(3)
    for suffix in (".h5", ".json"):
        for file in (places.BUILD / "trained").glob(f"*{suffix}"):
            half(file)
        trained_before = len(trainings)
        _, history = records.trained(name, dataset)
        assert history == history_of(trained_before + 1)
        assert "under build/ cannot be used (ValueError): trained anew" in capsys.readouterr().out
    assert not list(folder.iterdir()), "what is trained here is no record"
    assert not list((places.BUILD / "trained").glob("part-*"))


def cache():
    """The two files of the one training that is kept under build/."""
    (weights,) = (places.BUILD / "trained").glob("*.h5")
    return weights, weights.with_suffix(".json")


def turn_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-200] ^= 4
    path.write_bytes(content)


def another_recipes_files():
    """Both files under another's name: somebody copied them, or a recipe changed."""
    for file in cache():
        file.rename(file.with_name(file.name.replace("small-", "small-older-")))
    records.trained("small", dataclasses.replace(small_training.drawn(), name="others"))
    for file in sorted((places.BUILD / "trained").glob("small-[!o]*")):
        older = next((places.BUILD / "trained").glob(f"small-older-*{file.suffix}"))
        file.rename(older.with_name(older.name.replace("older-", "")))
        older.unlink()


CACHE_DAMAGES = {
    "a bit of the weights": lambda weights, memory: turn_a_bit(weights),
    "no weights": lambda weights, memory: weights.unlink(),
    "no memory": lambda weights, memory: memory.unlink(),
    "a folder": lambda weights, memory: (memory.unlink(), memory.mkdir()),
    "a list": lambda weights, memory: memory.write_text("[]"),
    "null": lambda weights, memory: memory.write_text("null"),
    "as it was kept before": lambda weights, memory: memory.write_text(json.dumps(history_of(1))),
    "another digest": lambda weights, memory: change_record(memory, sha256="0" * 64),
    "no history": lambda weights, memory: change_record(memory, history=None),
    "renamed keys": lambda weights, memory: change_record(memory, history={"Loss": [1]}),
    "no number": lambda weights, memory: change_record(memory, history=history_of(float("nan"))),
    "another's": lambda weights, memory: another_recipes_files(),
}


@pytest.mark.parametrize("damage", CACHE_DAMAGES)
def test_a_damaged_cache_is_told_and_trained_anew(folder, trainings, damage, capsys):
    dataset = small_training.drawn()
    records.trained("small", dataset)
    CACHE_DAMAGES[damage](*cache())
    before = len(trainings)
    capsys.readouterr()
    model, history = records.trained("small", dataset)
    said = capsys.readouterr().out.splitlines()
    assert history == history_of(before + 1)
    assert [line.split(":")[0].partition(" under")[0] for line in said[:1]] == [cache_name(dataset)]
    assert said[1:2] == ["small: training 4 epochs of 100 images of drawn."]
    if damage == "a folder":
        assert said[2].startswith("small is trained, but cannot be kept:")
        return
    assert len(said) == 2
    again, same = records.trained("small", dataset)
    assert_same_weights(again, model)
    assert same == history
    assert not capsys.readouterr().out


def cache_name(dataset):
    return f"small-{training.fingerprint(TUTORIAL, small_cnn(), dataset)}.weights.h5"


@pytest.mark.parametrize("what", ["no room", "a file where the folder should be"])
def test_a_training_that_cannot_be_kept_is_not_lost(folder, trainings, monkeypatch, capsys, what):
    if what == "no room":

        def full(*_, **__):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(keras.Model, "save_weights", full)
    else:
        places.BUILD.write_text("")
    model, history = records.trained("small", small_training.drawn())
    assert model.count_params()
    assert history == history_of(1)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("small is trained, but cannot be kept: [Errno ")
    assert last.endswith("The next time it is trained anew.")
    if what == "no room":
        assert not list((places.BUILD / "trained").iterdir())


def test_two_processes_that_keep_the_same_training_do_not_meet(folder, trainings, monkeypatch):
    """The second one keeps its weights while the first is about to rename its own."""
    dataset, replace = small_training.drawn(), os.replace

    def second(*paths):
        monkeypatch.setattr(os, "replace", replace)
        records.trained("small", dataset, retrain=True)
        replace(*paths)

    monkeypatch.setattr(os, "replace", second)
    model, history = records.trained("small", dataset)
    assert history == history_of(1)
    assert len(trainings) == 2
    again, same = records.trained("small", dataset)
    assert_same_weights(again, model)
    assert same == history
    assert len(trainings) == 2


def test_what_is_trained_and_why_is_said_in_a_line(stored, folder, trainings, capsys):
    records.trained("small", small_training.drawn())
    assert capsys.readouterr().out == "small: training 4 epochs of 100 images of drawn.\n"
    stored("quick")
    records.trained("quick", small_training.drawn(images=60, side=12))
    assert "of 60 images of drawn (stored weights: 100 images of drawn)." in capsys.readouterr().out


def test_weights_without_a_record_are_named_and_nothing_is_trained(stored, folder, trainings):
    stored("small")
    for seed in (5, 6):
        (folder / "trainings" / "small" / f"seed-{seed}.json").unlink()
    for ask in (lambda: records.trained("small", images_of("drawn", 100)), lambda: records.stored_model("small")):
        with pytest.raises(ValueError, match=r"has weights of small, and no trainings/small to go with.*git checkout"):
            ask()
    assert not trainings
    records.trained("small", images_of("drawn", 100), retrain=True)
    assert trainings


def test_weights_that_no_record_knows_are_named(stored, folder, trainings):
    stored("small")
    change_record(folder / "trainings" / "small" / "seed-6.json", weights_sha256=None)
    for ask in (lambda: records.trained("small", images_of("drawn", 100)), lambda: records.stored_model("small")):
        with pytest.raises(ValueError, match=r"small\.weights\.h5 belongs to none of the records.*git checkout"):
            ask()
    assert not trainings


PROJECT = list(models.RECIPES)


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
