"""The trainings that come with the project: which seeds are trained, whose weights are stored, and what is refused."""

import argparse
import dataclasses
import hashlib
import json

import made_up
import numpy as np
import pytest
import tensorflow as tf
from made_up import RECIPE, TINY

from helpers import data, models, places, records, training
from helpers.records import schema
from helpers.training import loop
from tools import executor, train
from tools.studies import trained


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """Folders of its own, a small recipe under the name "fast90", and a short one for "plain_cnn"."""
    monkeypatch.setattr(places, "TRAINED", tmp_path / "trained")
    monkeypatch.setattr(places, "BUILD", tmp_path / "build")
    monkeypatch.setattr(loop, "BACKUPS", tmp_path / "build" / "training")
    monkeypatch.setitem(models.RECIPES, "fast90", TINY)
    monkeypatch.setitem(models.RECIPES, "plain_cnn", RECIPE)
    places.TRAINED.mkdir()
    return places.TRAINED


@pytest.fixture
def loaded(monkeypatch):
    """The datasets that are asked for; ten of forty images are held out."""
    asked, whole = [], made_up.dataset(name="cifar10", held_out=0)

    def load(name, validation=True):
        asked.append((name, validation))
        x, y = whole.x_train, whole.y_train
        held_out = dataclasses.replace(whole, x_train=x[10:], y_train=y[10:], x_val=x[:10], y_val=y[:10])
        return held_out if validation else whole

    monkeypatch.setattr(data, "load", load)
    return asked


@pytest.fixture
def payloads(monkeypatch):
    """In place of training: a record, and weights where they are wanted; the payloads are listed."""
    asked = []

    def made(payload, folder):
        asked.append(payload)
        if payload["weights"]:
            (folder / "model.weights.h5").write_bytes(f"weights {len(asked)}".encode())
        return made_up.record(payload, machine=f"machine {payload['seed']}", versions={"keras": f"3.{len(asked)}"})

    monkeypatch.setattr(trained, "train", made)
    return asked


def run(*names, seeds=(0,), **options):
    return train.run(list(names), list(seeds), executor.connect(None, 0), **options)


def stored(name):
    return {path.name: json.loads(path.read_text()) for path in sorted((places.TRAINED / "trainings" / name).iterdir())}


def owners(name):
    """The files whose record claims the stored weights, once it is known that the claim is right."""
    digest = hashlib.sha256((places.TRAINED / f"{name}.weights.h5").read_bytes()).hexdigest()
    claims = {file: record["weights_sha256"] for file, record in stored(name).items() if "weights_sha256" in record}
    assert set(claims.values()) <= {digest}
    return list(claims)


def test_seeds_may_be_trained_one_after_the_other(payloads):
    assert run("plain_cnn", seeds=[0, 1]) == 0
    before = stored("plain_cnn")
    assert list(before) == ["seed-0.json", "seed-1.json"]
    assert run("plain_cnn", seeds=[2]) == 0
    after = stored("plain_cnn")
    assert list(after) == ["seed-0.json", "seed-1.json", "seed-2.json"]
    assert before.items() <= after.items()
    assert [record["machine"] for record in after.values()] == ["machine 0", "machine 1", "machine 2"]
    assert [record["versions"] for record in after.values()] == [{"keras": f"3.{number}"} for number in (1, 2, 3)]
    assert owners("plain_cnn") == ["seed-0.json"]
    merged = records.result("plain_cnn")
    assert (merged["seeds"], merged["weights_seed"]) == ([0, 1, 2], 0)
    assert merged["machine"] == ["machine 0", "machine 1", "machine 2"]


def test_a_stored_seed_is_trained_again_only_to_be_replaced(payloads, capsys):
    run("plain_cnn", seeds=[0, 1])
    assert run("plain_cnn", seeds=[0, 1, 2]) == 0
    assert [payload["seed"] for payload in payloads] == [0, 1, 2]
    assert "plain_cnn, seed 1: stored, not trained again (--replace does it)" in capsys.readouterr().out
    run("plain_cnn", seeds=[1], replace=True)
    assert [payload["seed"] for payload in payloads] == [0, 1, 2, 1]
    assert [record["versions"]["keras"] for record in stored("plain_cnn").values()] == ["3.1", "3.4", "3.3"]
    assert owners("plain_cnn") == ["seed-0.json"], "the weights stay with the seed that has them"


@pytest.mark.parametrize("seeds", [[0], [0, 1], [1, 0]])
@pytest.mark.parametrize("failing", [None, 0, 1])
def test_weights_belong_to_one_seed_whatever_is_replaced(payloads, monkeypatch, seeds, failing):
    run("plain_cnn", seeds=[0, 1])
    made = trained.train

    def may_fail(payload, folder):
        if payload["seed"] == failing:
            raise ValueError("no memory")
        return made(payload, folder)

    monkeypatch.setattr(trained, "train", may_fail)
    assert run("plain_cnn", seeds=seeds, replace=True) == (failing in seeds)
    assert len(owners("plain_cnn")) == 1
    assert set(stored("plain_cnn")) == {"seed-0.json", "seed-1.json"}


def test_seeds_of_another_recipe_are_refused(payloads, monkeypatch):
    run("plain_cnn", seeds=[0, 1])
    before = stored("plain_cnn")
    monkeypatch.setitem(models.RECIPES, "plain_cnn", dataclasses.replace(RECIPE, batch_size=10))
    with pytest.raises(SystemExit, match=r"Seeds \[0, 1\] of plain_cnn are stored from another recipe.*--replace"):
        run("plain_cnn", seeds=[2])
    assert len(payloads) == 2
    assert stored("plain_cnn") == before


def test_seeds_of_another_recipe_go_once_the_first_new_one_is_there(payloads, monkeypatch):
    run("plain_cnn", seeds=[0, 1, 2])
    before, made = stored("plain_cnn"), trained.train
    monkeypatch.setitem(models.RECIPES, "plain_cnn", dataclasses.replace(RECIPE, batch_size=10))
    monkeypatch.setattr(trained, "train", None)
    assert run("plain_cnn", seeds=[3], replace=True) == 1
    assert stored("plain_cnn") == before
    monkeypatch.setattr(trained, "train", made)
    assert run("plain_cnn", seeds=[3, 4], replace=True) == 0
    after = stored("plain_cnn")
    assert list(after) == ["seed-3.json", "seed-4.json"]
    assert {record["recipe"]["batch_size"] for record in after.values()} == {10}
    assert owners("plain_cnn") == ["seed-3.json"]


def test_a_seed_that_fails_does_not_hold_up_the_others(payloads, monkeypatch, capsys):
    made = trained.train

    def first_fails(payload, folder):
        if payload["seed"] == 0:
            raise ValueError("no memory")
        return made(payload, folder)

    monkeypatch.setattr(trained, "train", first_fails)
    assert run("plain_cnn", seeds=[0, 1]) == 1
    assert list(stored("plain_cnn")) == ["seed-1.json"]
    assert "plain_cnn, seed 0: ValueError: no memory" in capsys.readouterr().out
    # The weights are stored with the next seed.
    monkeypatch.setattr(trained, "train", made)
    assert run("plain_cnn", seeds=[0, 1]) == 0
    assert list(stored("plain_cnn")) == ["seed-0.json", "seed-1.json"]
    assert owners("plain_cnn") == ["seed-0.json"]


def test_a_loss_that_is_no_number_is_a_failure_here(payloads, monkeypatch, capsys):
    def diverges(payload, folder):
        record = made_up.record(payload, [])
        return {name: value for name, value in record.items() if name != "test_accuracy"}

    monkeypatch.setattr(trained, "train", diverges)
    assert run("plain_cnn", seeds=[0]) == 1
    assert not (places.TRAINED / "trainings").exists()
    assert "plain_cnn, seed 0: its loss was no number" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "all_images", "validation", "folder", "weights"),
    [
        ("fast90", False, False, "fast90", True),
        ("fast90", True, False, "fast90", True),
        ("plain_cnn", False, True, "plain_cnn", True),
        ("plain_cnn", True, False, "plain_cnn_50000", False),
    ],
)
def test_fast_recipes_are_trained_on_all_images(payloads, name, all_images, validation, folder, weights):
    run(name, seeds=[4, 2], all_images=all_images)
    assert [(payload["seed"], payload["validation"], payload["weights"]) for payload in payloads] == [
        (4, validation, weights),
        (2, validation, False),
    ]
    assert all(payload["final"] and not payload["dry"] and payload["images"] is None for payload in payloads)
    assert list(stored(folder)) == ["seed-2.json", "seed-4.json"]
    assert [path.name for path in places.TRAINED.glob("*.h5")] == [f"{name}.weights.h5"] * weights


@pytest.fixture
def eagerly():
    """Tracing takes most of the time of so small a training."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def test_what_is_trained_is_stored_and_loaded_again(loaded, eagerly, capsys):
    assert run("fast90", "plain_cnn") == 0
    assert run("plain_cnn", all_images=True) == 0
    assert loaded == [("cifar10", False), ("cifar10", True), ("cifar10", False)]
    assert sorted(path.name for path in (places.TRAINED / "trainings").iterdir()) == [
        "fast90",
        "plain_cnn",
        "plain_cnn_50000",
    ]
    found = {name: records.result(name) for name in ("fast90", "plain_cnn", "plain_cnn_50000")}
    assert [record["training_images"] for record in found.values()] == [40, 30, 40]
    assert [len(record["validation_accuracy"]) for record in found.values()] == [0, 1, 0]
    assert ["weights_sha256" in record for record in found.values()] == [True, True, False]
    assert ["test_by_views" in record for record in found.values()] == [True, False, False]
    assert sorted(path.name for path in places.TRAINED.glob("*.h5*")) == ["fast90.weights.h5", "plain_cnn.weights.h5"]
    said = capsys.readouterr().out
    for job, name in (("fast90", "fast90"), ("plain_cnn_50000", "plain_cnn_50000")):
        assert f"{job}, seed 0: test accuracy {found[name]['test_accuracy'][0]:.2%}" in said

    dataset = made_up.dataset(held_out=0)
    x, y = dataset.x_test, dataset.y_test
    model, history = records.stored_model("fast90")
    assert history == records.histories("fast90")[0]
    assert found["fast90"]["recipe"] == TINY
    assert training.accuracy_by_views(model, x, y, (1, 2)) == {
        views: found["fast90"]["test_by_views"][0][views] for views in ("1", "2")
    }
    model, _ = records.stored_model("plain_cnn")
    assert np.mean(model.predict(x, verbose=0).argmax(axis=1) == y) == found["plain_cnn"]["test_accuracy"][0]
    assert schema.read(places.TRAINED / "trainings" / "plain_cnn" / "seed-0.json")["recipe"] == RECIPE


# The command


def arguments(*names, **options):
    usual = {"seeds": [0], "all_images": False, "replace": False, "workers": 1, "scheduler": None}
    own = dict.fromkeys(("out", "epochs", "dataset"))
    return argparse.Namespace(names=list(names), **usual | own | options)


def test_an_unknown_name_is_refused_before_anything_is_loaded(monkeypatch):
    monkeypatch.setattr(data, "load", None)
    with pytest.raises(SystemExit, match=r"no model 'fast99'\. The names are: strided_cnn.*fast95\.$"):
        train.main(arguments("fast90", "fast99"))


def test_the_command_trains_the_names_and_seeds_that_it_is_given(loaded, payloads, monkeypatch):
    connected = []

    def connect(*address):
        connected.append(address)
        return executor.Inline()

    monkeypatch.setattr(executor, "connect", connect)
    assert train.main(arguments("plain_cnn", seeds=[1, 2], all_images=True, scheduler="tcp://there:8786")) == 0
    assert connected == [("tcp://there:8786", 1)]
    assert list(stored("plain_cnn_50000")) == ["seed-1.json", "seed-2.json"]
    assert train.main(arguments()) == 0
    assert len(payloads) == 3 + len(models.TUTORIALS), "without a name all but the fast recipes"
    assert {payload["dataset"] for payload in payloads} == {"cifar10"}
    train.main(arguments("plain_cnn", seeds=[1], all_images=True, replace=True))
    assert len(payloads) == 4 + len(models.TUTORIALS)


def test_three_seeds_are_trained_when_none_is_named(loaded, payloads, monkeypatch):
    monkeypatch.setattr(executor, "connect", lambda *address: executor.Inline())
    assert train.main(arguments("plain_cnn", seeds=None)) == 0
    assert list(stored("plain_cnn")) == ["seed-0.json", "seed-1.json", "seed-2.json"]
