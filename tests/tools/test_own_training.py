"""A training into a folder of its own: what it writes, when it goes on, and what it is never put over."""

import argparse
import json

import keras
import numpy as np
import pytest
from made_up import dataset

from helpers import data, models, places, records, training
from helpers.recipe import Recipe
from tools import own_training, train

RECIPE = Recipe("strided_cnn", "Adam", 0.001, batch_size=20, epochs=1)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """Stored records elsewhere, a recipe of one epoch, forty images whatever is loaded."""
    monkeypatch.setattr(places, "TRAINED", tmp_path / "trained")
    monkeypatch.setitem(models.RECIPES, "strided_cnn", RECIPE)
    monkeypatch.setattr(data, "load", lambda name="auto", validation=True: dataset(name=name))
    return tmp_path


@pytest.fixture
def no_training(monkeypatch):
    monkeypatch.setattr(training, "train", None)


def arguments(out, names=("strided_cnn",), **more):
    usual = {"seeds": None, "all_images": False, "replace": False, "epochs": None, "dataset": None}
    return argparse.Namespace(names=list(names), out=str(out), **(usual | more))


def begun(folder, **more):
    """A folder whose training was begun and not finished."""
    about = {"name": "strided_cnn", "recipe": RECIPE.as_dict(), "dataset": "cifar10", "seed": 0, "all_images": False}
    records.write_json(folder / own_training.RECORD, about | more)
    return folder


def test_it_writes_weights_and_history_that_can_be_loaded(home, capsys, monkeypatch):
    folder = home / "mine"
    assert train.main(arguments(folder, epochs=2)) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["model.weights.h5", "training.json"]
    model, loaded, record = own_training.load(folder)
    assert (record["recipe"]["epochs"], len(record["history"]["val_loss"]), record["dataset"]) == (2, 2, "cifar10")
    accuracy = training.accuracy(model, loaded.x_test, loaded.y_test)
    assert accuracy == pytest.approx(record["test_accuracy"], abs=1e-4)
    told = capsys.readouterr().out
    assert f"python -m tools show results --from {folder}" in told
    assert not places.TRAINED.exists()
    # Once finished, it is not trained again.
    monkeypatch.setattr(training, "train", None)
    own_training.main(arguments(folder, epochs=2))
    assert "holds this training already" in capsys.readouterr().out


def test_a_kill_after_the_last_epoch_does_not_cost_the_training(home, monkeypatch):
    folder = home / "mine"
    with monkeypatch.context() as patch:
        patch.setattr(training, "accuracy", None)
        with pytest.raises(TypeError):
            train.main(arguments(folder))
    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained again"))
        assert train.main(arguments(folder)) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["model.weights.h5", "training.json"]


def test_an_unfinished_one_goes_on_from_its_own_backups(home, monkeypatch):
    folder, asked = begun(home / "mine"), []

    def train(recipe, dataset, seed, backups, keep_backup):
        asked.append((recipe, seed, backups))
        model = models.from_recipe(recipe)
        return model, {key: [0.5] for key in training.HISTORY_KEYS}

    monkeypatch.setattr(training, "train", train)
    own_training.main(arguments(folder))
    assert asked == [(RECIPE, 0, folder / "unfinished")]
    assert "weights_sha256" in json.loads((folder / "training.json").read_text())


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"epochs": 3}, "its epochs is 1, you asked for 3"),
        ({"seeds": [1]}, "its seed is 0, you asked for 1"),
        ({"dataset": "shapes10"}, "its dataset is cifar10, you asked for shapes10"),
        ({"all_images": True}, "its all_images is False, you asked for True"),
        ({"names": ["plain_cnn"]}, "its name is strided_cnn, you asked for plain_cnn"),
    ],
)
def test_another_training_is_never_put_over_it(home, more, sentence):
    folder = begun(home / "mine")
    before = (folder / "training.json").read_bytes()
    with pytest.raises(SystemExit, match=sentence):
        own_training.main(arguments(folder, **more))
    assert (folder / "training.json").read_bytes() == before


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"names": []}, "takes one model"),
        ({"names": ["strided_cnn", "plain_cnn"]}, "takes one model"),
        ({"seeds": [0, 1]}, "with one seed"),
        ({"replace": True}, "stored records"),
        ({"names": ["strided"]}, "There is no model 'strided'"),
        ({"epochs": 0}, "epochs is 0"),
    ],
)
def test_what_cannot_be_trained_is_told(home, more, sentence):
    with pytest.raises(SystemExit, match=sentence):
        own_training.main(arguments(home / "mine", **more))
    assert not (home / "mine").exists()


@pytest.mark.usefixtures("no_training")
def test_folders_that_hold_something_else_are_refused(home):
    places.TRAINED.mkdir()
    (home / "letters").mkdir()
    (home / "letters" / "letter.txt").write_text("Dear")
    for folder, sentence in (
        (places.TRAINED / "mine", "belongs to the stored records"),
        (home / "letters", "holds other files"),
        (home / "letters" / "letter.txt", "is a file"),
    ):
        with pytest.raises(SystemExit, match=sentence):
            own_training.main(arguments(folder))
    assert [path.name for path in (home / "letters").iterdir()] == ["letter.txt"]


def test_epochs_without_a_folder_are_refused():
    for more in ({"epochs": 3}, {"dataset": "shapes10"}):
        with pytest.raises(SystemExit, match="need --out"):
            train.main(arguments("", **more))


def test_what_cannot_be_loaded_is_told(home):
    def told(folder):
        with pytest.raises(ValueError, match=r"\w\.$|first\.$") as caught:
            own_training.load(folder)
        return str(caught.value)

    assert "holds no training" in told(home / "nowhere")
    assert "is not finished" in told(begun(home / "unfinished"))
    assert "missing" in told(begun(home / "bare", weights_sha256="0"))
    folder = home / "damaged"
    folder.mkdir()
    (folder / "training.json").write_text("{")
    assert "is damaged" in told(folder)
    (folder / "training.json").write_text('{"name": "strided_cnn"}')
    assert "has no 'recipe'" in told(folder)
    assert "git checkout" not in told(folder)


def test_all_images_are_those_that_were_held_out_too(home, monkeypatch):
    asked = []

    def load(name, validation=True):
        asked.append(validation)
        return dataset(name=name, held_out=20 * validation)

    monkeypatch.setattr(data, "load", load)
    own_training.main(arguments(home / "mine", all_images=True))
    model, _, record = own_training.load(home / "mine")
    assert asked == [False, False]
    assert record["history"]["val_loss"] == []
    assert np.isfinite(model.get_weights()[0]).all()
