"""Training by recipe: what a kill may not lose, what stored weights must prove, what is said in a sentence."""

import dataclasses
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys

import h5py
import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from nbclient import NotebookClient

from helpers import models, training
from helpers.data import Dataset

RECIPE = models.Recipe("Adam", 0.01, batch_size=34, epochs=4, schedule="cosine")
FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")


def drawn(images=100, classes=4, side=8, seed=0) -> Dataset:
    """Noise on a brightness that depends on the class: learnt in a few steps, not perfectly."""
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(images + 80) % classes)
    x = generator.normal(60 + 40 * labels[:, None, None, None], 60, (len(labels), side, side, 3))
    x = x.clip(0, 255).astype(np.uint8)
    kept, held, test = slice(0, images), slice(images, images + 40), slice(images + 40, None)
    names = tuple("abcdefgh"[:classes])
    return Dataset("drawn", names, x[kept], labels[kept], x[held], labels[held], x[test], labels[test])


def small_cnn(input_shape=(8, 8, 3), classes=4, activation="relu"):
    """Everything that has a state of its own: weights, batch normalisation, dropout, an optimizer with momenta."""
    return keras.Sequential(
        [
            layers.Input(input_shape),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, activation=activation),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(classes),
        ]
    )


def train(backups, seed=3, dataset=None, **options):
    options = {"recipe": RECIPE, "build": small_cnn, "progress": False} | options
    return training.train("small", dataset or drawn(), seed, backups=backups, **options)


def figures(history):
    return {key: history[key] for key in FIGURES}


@pytest.fixture(autouse=True, scope="module")
def eagerly():
    """Tracing takes most of the time of so small a training; only the real kill goes without this."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, eagerly):
    model, history = train(tmp_path_factory.mktemp("undisturbed"))
    return model.get_weights(), figures(history)


def assert_same_end(model, history, undisturbed):
    weights, expected = undisturbed
    assert figures(history) == expected
    assert len(history["seconds"]) == RECIPE.epochs
    for got, wanted in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(got, wanted)


class Stop(BaseException):
    """Gets past every ``except Exception``, as a kill does."""


class StopInEpoch3(training.Progress):
    """Ends the training in the middle of its third epoch."""

    def end(self):
        raise Stop

    def on_train_batch_end(self, batch, logs=None):
        if len(self.lines) == 2 and batch == 1:
            self.end()


@pytest.fixture(scope="module")
def interrupted_once(tmp_path_factory, eagerly):
    folder = tmp_path_factory.mktemp("interrupted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "Progress", StopInEpoch3)
        with pytest.raises(Stop):
            train(folder, progress=True)
    return folder


@pytest.fixture
def interrupted(tmp_path, interrupted_once):
    """A folder with the backup of a training that was stopped in its third epoch; and the backup's own folder."""
    shutil.copytree(interrupted_once, tmp_path, dirs_exist_ok=True)
    (backup,) = tmp_path.iterdir()
    return tmp_path, backup


# A kill


KILLED = """
import os, signal, sys
from pathlib import Path
from helpers import start, training
start.lesson()
import test_training

class Kill(test_training.StopInEpoch3):
    def end(self):
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

training.Progress = Kill
test_training.train(Path(sys.argv[1]), progress=True)
print("not killed")
"""


@pytest.fixture
def compiled():
    tf.config.run_functions_eagerly(False)
    yield
    tf.config.run_functions_eagerly(True)


def test_a_killed_process_goes_on_to_the_same_end(tmp_path, compiled, capsys):
    path = os.pathsep.join([str(training.ROOT), str(training.ROOT / "tests")])
    child = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "killed")],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert child.returncode != 0, child.stdout
    assert [line[:8] for line in child.stdout.splitlines()] == ["epoch  1", "epoch  2"], child.stderr[-999:]
    model, history = train(tmp_path / "killed", progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "going on after epoch 2"
    assert [line[:8] for line in lines[1:]] == ["epoch  3", "epoch  4"]
    assert not any((tmp_path / "killed").iterdir()), "a finished training leaves no backup"
    undisturbed, expected = train(tmp_path / "undisturbed")
    assert_same_end(model, history, (undisturbed.get_weights(), figures(expected)))


def half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def half_of_the_next_weights(backup):
    (backup / "3.weights.h5").write_bytes((backup / "2.weights.h5").read_bytes())
    half(backup / "3.weights.h5")


def next_weights_but_not_their_history(backup):
    (backup / "3.weights.h5").write_bytes((backup / "2.weights.h5").read_bytes())
    (backup / "state.json.part").write_bytes((backup / "state.json").read_bytes())
    half(backup / "state.json.part")


def old_weights_not_yet_deleted(backup):
    (backup / "1.weights.h5").write_bytes(b"of the epoch before")


@pytest.mark.parametrize(
    "moment", [half_of_the_next_weights, next_weights_but_not_their_history, old_weights_not_yet_deleted]
)
def test_a_kill_while_the_backup_is_written_loses_nothing(interrupted, undisturbed, moment, capsys):
    folder, backup = interrupted
    moment(backup)
    model, history = train(folder, progress=True)
    assert_same_end(model, history, undisturbed)
    assert "going on after epoch 2" in capsys.readouterr().out
    assert not any(folder.iterdir())


@pytest.mark.parametrize("moment", ["save_weights", "write_json"])
def test_a_kill_at_the_first_or_at_the_last_byte(tmp_path, undisturbed, moment, monkeypatch):
    """Stopped before a backup is written, and after the history was renamed, in every epoch once."""
    saves = [keras.Model, "save_weights"] if moment == "save_weights" else [training, "write_json"]
    original = getattr(*saves)

    def stop(*arguments):
        if moment == "write_json":
            original(*arguments)
        raise Stop

    def once(*arguments):
        monkeypatch.setattr(*saves, original)
        stop(*arguments)

    for _ in range(2):
        monkeypatch.setattr(*saves, once)
        with pytest.raises(Stop):
            train(tmp_path)
        train_one_more_epoch(tmp_path, monkeypatch)
    model, history = train(tmp_path)
    assert_same_end(model, history, undisturbed)


def train_one_more_epoch(folder, monkeypatch):
    def save_and_stop(self, model, history):
        original(self, model, history)
        raise Stop

    original = training._Backup.save
    with monkeypatch.context() as patch:
        patch.setattr(training._Backup, "save", save_and_stop)
        try:
            train(folder)
        except Stop:
            return


def test_a_training_killed_after_its_last_epoch_is_not_repeated(tmp_path, undisturbed, monkeypatch):
    def stop(self):
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(training._Backup, "remove", stop)
        with pytest.raises(Stop):
            train(tmp_path)
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained again"))
    assert_same_end(*train(tmp_path), undisturbed)


@pytest.mark.parametrize(
    "damage",
    [
        lambda backup: half(backup / "2.weights.h5"),
        lambda backup: (backup / "2.weights.h5").write_bytes(b""),
        lambda backup: (backup / "2.weights.h5").unlink(),
        lambda backup: half(backup / "state.json"),
        lambda backup: (backup / "state.json").write_text('{"history": {"loss": [1.0, 0.9]}}'),
        lambda backup: (backup / "state.json").write_text("[]"),
    ],
    ids=["half weights", "empty weights", "no weights", "half state", "history without accuracy", "a list"],
)
def test_a_damaged_backup_is_put_aside_and_the_training_begins_anew(interrupted, undisturbed, damage, capsys):
    folder, backup = interrupted
    damage(backup)
    left = {path.name: path.read_bytes() for path in backup.iterdir()}
    model, history = train(folder)
    assert_same_end(model, history, undisturbed)
    said = capsys.readouterr().out
    assert "backup of this training cannot be read" in said
    assert "begins anew" in said
    (aside,) = folder.iterdir()
    assert aside.name in said
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == left


def test_a_second_damaged_backup_gets_a_place_of_its_own(interrupted):
    folder, backup = interrupted
    (folder / f"{backup.name}-damaged-1").mkdir()
    half(backup / "state.json")
    train(folder)
    assert sorted(path.name[-2:] for path in folder.iterdir()) == ["-1", "-2"]


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 4},
        {"recipe": dataclasses.replace(RECIPE, learning_rate=0.02)},
        {"build": lambda: small_cnn(activation="tanh")},
        {"dataset": drawn(seed=1)},
    ],
    ids=["seed", "recipe", "activation", "images"],
)
def test_nobody_goes_on_from_the_backup_of_another_training(interrupted, other, capsys):
    folder, backup = interrupted
    before = (backup / "state.json").read_bytes()
    train(folder, progress=True, **other)
    assert "going on" not in capsys.readouterr().out
    assert (backup / "state.json").read_bytes() == before


# Seeds


def test_one_seed_gives_one_result_another_seed_another(tmp_path, undisturbed):
    keras.utils.set_random_seed(99)  # what was drawn before must not matter
    assert_same_end(*train(tmp_path), undisturbed)
    _, other = train(tmp_path, seed=4)
    assert figures(other) != undisturbed[1]


def test_every_epoch_sees_every_image_once_in_another_order(tmp_path, monkeypatch):
    dataset = drawn()
    orders = []
    fit = keras.Model.fit

    def watch(self, x, y, **options):
        assert options["shuffle"] is False
        orders.append(x)
        return fit(self, x, y, **options)

    monkeypatch.setattr(keras.Model, "fit", watch)
    train(tmp_path, dataset=dataset)
    assert len(orders) == RECIPE.epochs
    for order in orders:
        np.testing.assert_array_equal(np.sort(order, axis=0), np.sort(dataset.x_train, axis=0))
    assert not np.array_equal(orders[0], orders[1])


def test_images_are_changed_and_labels_smoothed_as_the_recipe_says(tmp_path, monkeypatch):
    dataset = drawn()
    seen = []
    fit = keras.Model.fit

    def watch(self, x, y, **options):
        seen.append((x, y, options["validation_data"]))
        return fit(self, x, y, **options)

    monkeypatch.setattr(keras.Model, "fit", watch)
    recipe = dataclasses.replace(RECIPE, epochs=2, flip="alternating", label_smoothing=0.3)
    model, history = train(tmp_path, dataset=dataset, recipe=recipe)
    for epoch, (x, y, (x_val, _)) in enumerate(seen):
        order = np.random.default_rng((3, epoch)).permutation(len(x))
        np.testing.assert_array_equal(x, recipe.augmented(dataset.x_train, epoch, 3)[order])
        np.testing.assert_array_equal(y.argmax(axis=1), dataset.y_train[order])
        assert x_val is dataset.x_val
    answers = keras.ops.convert_to_numpy(keras.ops.log_softmax(model(dataset.x_val, training=False)))
    wanted = 0.7 * np.eye(4)[dataset.y_val] + 0.3 / 4
    assert history["val_loss"][-1] == pytest.approx(-(wanted * answers).sum(axis=1).mean(), rel=1e-4)
    share = training.accuracy(model, dataset.x_val, dataset.y_val)
    assert share == pytest.approx(history["val_accuracy"][-1])
    assert share == pytest.approx((answers.argmax(axis=1) == dataset.y_val).mean())


def test_without_validation_images_the_history_has_no_validation(tmp_path):
    dataset = drawn()
    empty = dataclasses.replace(dataset, x_val=dataset.x_val[:0], y_val=dataset.y_val[:0])
    _, history = train(tmp_path, dataset=empty)
    assert [len(history[key]) for key in training.HISTORY_KEYS] == [4, 4, 0, 0, 4]


# What is said before and during training


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"x_train": np.zeros((100, 8, 6, 3), np.uint8)}, r"square images .*\(100, 8, 6, 3\)"),
        ({"x_train": np.zeros((100, 8, 8), np.uint8)}, r"square images .*\(100, 8, 8\)"),
        ({"x_train": np.zeros((0, 8, 8, 3), np.uint8), "y_train": np.zeros(0, int)}, r"\(0, 8, 8, 3\)"),
        ({"y_train": np.zeros(99, int)}, "100 training images and 99 labels"),
        ({"y_val": np.zeros(41, int)}, "40 validation images and 41 labels"),
        ({"y_train": np.full(100, 4)}, "names 4 classes, so training labels run from 0 to 3; they run from 4 to 4"),
        ({"y_val": np.full(40, -1)}, "validation labels run from 0 to 3; they run from -1 to -1"),
        ({"x_val": np.zeros((40, 9, 9, 3), np.uint8)}, r"validation images of shape \(9, 9, 3\)"),
        ({"class_names": tuple("abcde")}, "tells 4 classes apart; drawn has 5"),
        (
            {"x_train": np.zeros((100, 9, 9, 3), np.uint8), "x_val": np.zeros((40, 9, 9, 3), np.uint8)},
            r"takes images of shape \(8, 8, 3\); those of drawn have \(9, 9, 3\)",
        ),
    ],
)
def test_a_dataset_that_does_not_fit_is_named_before_training(tmp_path, changes, sentence, monkeypatch):
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(ValueError, match=sentence):
        train(tmp_path, dataset=dataclasses.replace(drawn(), **changes))


def test_a_named_model_takes_the_dataset_as_it_is(tmp_path):
    """Three classes and one channel: the named models are built for the dataset at hand."""
    dataset = drawn(classes=3, side=32)
    grey = dataclasses.replace(dataset, x_train=dataset.x_train[..., :1], x_val=dataset.x_val[..., :1])
    recipe = models.Recipe("SGD", 0.01, batch_size=100, epochs=1)
    model, _ = training.train("strided_cnn", grey, recipe=recipe, progress=False, backups=tmp_path)
    assert model.input_shape == (None, 32, 32, 1)
    assert model.output_shape == (None, 3)


def test_a_model_that_was_not_built_is_built_for_the_images(tmp_path):
    def unbuilt():
        return keras.Sequential([layers.Rescaling(1 / 255), layers.Flatten(), layers.Dropout(0.1), layers.Dense(4)])

    model, history = train(tmp_path, build=unbuilt)
    assert model.count_params() == (8 * 8 * 3 + 1) * 4
    assert len(history["loss"]) == RECIPE.epochs


def test_an_unknown_name_lists_the_names():
    for ask in (training.train, training.trained):
        with pytest.raises(ValueError, match=r"no model 'strided'.*strided_cnn.*guide_cnn"):
            ask("strided", drawn())


def test_a_loss_that_is_no_number_stops_with_what_to_try(tmp_path):
    dataset = drawn()
    spoilt = dataset.x_train.astype("float32")
    spoilt[7, 0, 0, 0] = np.nan
    with pytest.raises(FloatingPointError, match=r"small: the loss of epoch 1 is nan\. Try a lower.*0\.01.*labels"):
        train(tmp_path, dataset=dataclasses.replace(dataset, x_train=spoilt))
    assert not any(tmp_path.iterdir()), "a state without numbers is not worth a backup"


def test_the_loss_fits_the_last_layer():
    images, labels = drawn().x_train, drawn().y_train
    logits = small_cnn()
    with_softmax = keras.Sequential([logits, layers.Activation("softmax")])
    losses = []
    for model in (logits, with_softmax):
        training.compile_by(RECIPE, model, len(images))
        losses.append(model.evaluate(images, labels, verbose=0)[0])
    answers = np.asarray(with_softmax(images, training=False), dtype=float)
    expected = -np.log(answers[np.arange(len(labels)), labels]).mean()
    assert losses == pytest.approx([expected, expected], rel=1e-4)


# Stored weights


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A model that has been trained and stored the way of tools/train.py, in a folder of its own."""
    monkeypatch.setitem(models.BUILDERS, "small", small_cnn)
    monkeypatch.setitem(models.RECIPES, "small", RECIPE)
    dataset = drawn()
    model = small_cnn()
    folder = tmp_path / "stored"
    weights = folder / "small.weights.h5"
    training.save_weights(model, weights)
    record = {
        "dataset": "drawn",
        "training_images": len(dataset.x_train),
        "parameters": model.count_params(),
        "recipe": RECIPE.as_dict(),
        "seeds": [5, 6],
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
    }
    training.write_json(folder / "results.json", {"small": record})
    histories = {"5": {"loss": [1.5]}, "6": {"loss": [1.6]}}
    training.write_json(folder / "histories.json", {"small": histories})
    return folder, model


def counting_train(monkeypatch):
    calls = []

    def counted(name, dataset):
        calls.append(name)
        model = small_cnn()
        return model, {"loss": [float(len(calls))]}

    monkeypatch.setattr(training, "train", counted)
    return calls


def test_stored_weights_are_loaded_with_their_history(stored, tmp_path, monkeypatch):
    folder, model = stored
    calls = counting_train(monkeypatch)
    loaded, history = training.trained("small", drawn(), stored=folder, cache=tmp_path / "cache")
    assert not calls
    assert history == {"loss": [1.5]}
    for got, wanted in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)


def change_record(folder, **changes):
    results = json.loads((folder / "results.json").read_text())
    results["small"].update(changes)
    (folder / "results.json").write_text(json.dumps(results))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: half(folder / "small.weights.h5"), r"small\.weights\.h5 is damaged or not ours.*SHA-256"),
        (lambda folder: (folder / "small.weights.h5").unlink(), r"small\.weights\.h5 is missing"),
        (
            lambda folder: change_record(folder, recipe=RECIPE.as_dict() | {"learning_rate": 0.5}),
            r"another recipe.*'learning_rate': 0\.5",
        ),
        (lambda folder: change_record(folder, parameters=1_234), "another architecture.*1,234 parameters"),
        (lambda folder: half(folder / "results.json"), r"results\.json is damaged"),
        (lambda folder: half(folder / "histories.json"), r"histories\.json is damaged"),
        (lambda folder: (folder / "histories.json").unlink(), r"histories\.json has no history of small, seed 5"),
    ],
    ids=["wrong SHA-256", "missing", "recipe", "architecture", "results", "histories", "no histories"],
)
def test_stored_weights_that_are_not_right_are_named_and_nothing_is_trained(
    stored, tmp_path, damage, sentence, monkeypatch
):
    folder, _ = stored
    damage(folder)
    calls = counting_train(monkeypatch)
    with pytest.raises(ValueError, match=f"(?s){sentence}.*git checkout"):
        training.trained("small", drawn(), stored=folder, cache=tmp_path / "cache")
    assert not calls


def test_retrain_trains_and_leaves_the_stored_weights_alone(stored, tmp_path, monkeypatch):
    folder, _ = stored
    half(folder / "small.weights.h5")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    calls = counting_train(monkeypatch)
    _, history = training.trained("small", drawn(), retrain=True, stored=folder, cache=tmp_path / "cache")
    assert calls == ["small"]
    assert history == {"loss": [1.0]}
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("other", [{"name": "others"}, {"x_train": drawn(60).x_train, "y_train": drawn(60).y_train}])
def test_stored_weights_are_for_their_own_training_images_only(stored, tmp_path, other, monkeypatch):
    folder, _ = stored
    calls = counting_train(monkeypatch)
    training.trained("small", dataclasses.replace(drawn(), **other), stored=folder, cache=tmp_path / "cache")
    assert calls == ["small"]


def test_the_second_time_comes_from_the_cache(stored, tmp_path, monkeypatch, capsys):
    folder, _ = stored
    dataset = dataclasses.replace(drawn(), name="others")
    calls = counting_train(monkeypatch)
    first, history = training.trained("small", dataset, stored=folder, cache=tmp_path / "cache")
    second, again = training.trained("small", dataset, stored=folder, cache=tmp_path / "cache")
    assert calls == ["small"]
    assert again == history
    for got, wanted in zip(second.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)
    training.trained("small", dataset, retrain=True, stored=folder, cache=tmp_path / "cache")
    assert len(calls) == 2
    for file in (tmp_path / "cache").iterdir():
        half(file)
    training.trained("small", dataset, stored=folder, cache=tmp_path / "cache")
    assert len(calls) == 3
    assert "cannot be read" in capsys.readouterr().out


def test_saved_weights_hold_the_weights_alone_and_nothing_half_written(tmp_path):
    model, _ = train(tmp_path / "backups")
    path = tmp_path / "kept" / "small.weights.h5"
    training.save_weights(model, path)
    again = small_cnn()
    again.load_weights(path)
    images = drawn().x_test
    np.testing.assert_array_equal(again(images), model(images))
    model.save_weights(tmp_path / "with_optimizer.weights.h5")
    groups = [set(h5py.File(file)) for file in (path, tmp_path / "with_optimizer.weights.h5")]
    assert groups[1] - groups[0] == {"optimizer"}
    assert model.optimizer is not None
    assert [file.name for file in path.parent.iterdir()] == [path.name]


RESULTS = json.loads((training.TRAINED / "results.json").read_text())


@pytest.mark.parametrize("name", [name for name in RESULTS if name in models.BUILDERS])
def test_what_the_project_stores_belongs_to_its_models(name, monkeypatch):
    """Weights, recipe, parameters and history of every stored model; the images are not looked at."""
    monkeypatch.setattr(training, "train", lambda *_: pytest.fail("trained"))
    record = RESULTS[name]
    images = np.broadcast_to(np.uint8(0), (record["training_images"], 32, 32, 3))
    labels = np.broadcast_to(0, len(images))
    empty, none = np.zeros((0, 32, 32, 3), np.uint8), np.zeros(0, int)
    fake = Dataset(record["dataset"], tuple("abcdefghij"), images, labels, empty, none, empty, none)
    model, history = training.trained(name, fake)
    assert model.count_params() == record["parameters"]
    assert len(history["loss"]) == record["epochs"] == record["recipe"]["epochs"]
    histories = training.stored_histories(name)
    assert list(histories) == record["seeds"]
    for key, stored_key in (("accuracy", "train_accuracy"), ("val_accuracy", "validation_accuracy")):
        assert [history[key][-1] for history in histories.values()] == pytest.approx(record[stored_key], abs=1e-4)
    assert all(math.isfinite(value) for history in histories.values() for value in history["val_loss"])


def test_what_was_never_stored_is_empty(tmp_path):
    assert training.stored_result("small", tmp_path) is None
    assert training.stored_histories("small", tmp_path) == {}
    assert training.stored_experiment("small", tmp_path) == []


def test_the_machine_says_where_the_seconds_come_from():
    assert "cores" in training.machine()


# Progress


def test_a_terminal_gets_one_line_per_epoch(tmp_path, capsys):
    train(tmp_path, progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:8] for line in lines] == ["epoch  1", "epoch  2", "epoch  3", "epoch  4"]
    assert all("val accuracy" in line and line.endswith("s left") for line in lines)


NOTEBOOK = (
    "from helpers import start\nstart.lesson()",
    """import numpy as np
import keras
from helpers.training import Progress
keras.utils.set_random_seed(0)
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2)])
model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
x, y = np.eye(4, dtype="float32"), np.array([0, 1, 0, 1])
history = model.fit(x, y, epochs=3, verbose=0, validation_data=(x, y), callbacks=[Progress()])""",
    """stopped = model.fit(x, y, epochs=5, verbose=0, callbacks=[Progress(),
    keras.callbacks.EarlyStopping("loss", mode="max", patience=1)])""",
)


def test_a_notebook_keeps_the_lines_and_drops_the_times(tmp_path):
    """Executed as `make regenerate` does, then run again as `make test` does."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in NOTEBOOK])
    client = NotebookClient(
        notebook, timeout=300, coalesce_streams=True, record_timing=False, resources={"metadata": {"path": tmp_path}}
    )
    path = os.pathsep.join([str(training.ROOT), *sys.path])
    client.execute(env=os.environ | {"PYTHONPATH": path})
    for cell, epochs in ((notebook.cells[1], 3), (notebook.cells[2], 2)):
        (output,) = cell.outputs
        assert output.output_type == "display_data"
        lines = output.data["text/plain"].splitlines()
        assert [line[:8] for line in lines] == [f"epoch {number:2d}" for number in range(1, epochs + 1)]
        assert "left" not in output.data["text/plain"]
        assert "loss" in lines[0]
    nbformat.write(notebook, tmp_path / "small.ipynb")
    again = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env", "."],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert again.returncode == 0, again.stdout


def test_seconds_to_an_accuracy_are_epochs_times_seconds(tmp_path):
    common = {"training_images": 45_000, "epochs": 3, "seconds_per_epoch": [20.0, 40.0]}
    results = {
        "plain_cnn": common | {"validation_accuracy": [0.81, 0.83], "test_accuracy": [0.99, 0.99]},
        "fast90": common
        | {
            "training_images": 50_000,
            "validation_accuracy": [],
            "test_accuracy": [0.90, 0.91],
            "views_seconds": [10.0, 30.0],
        },
    }
    histories = {
        "plain_cnn": {"0": {"val_accuracy": [0.5, 0.79, 0.81]}, "1": {"val_accuracy": [0.6, 0.61, 0.83]}},
        "fast90": {"0": {"val_accuracy": []}, "1": {"val_accuracy": []}},
    }
    (tmp_path / "results.json").write_text(json.dumps(results))
    (tmp_path / "histories.json").write_text(json.dumps(histories))
    # Mean over seeds: 0.55, 0.70, 0.82; an epoch has nine tenths of all images.
    assert training.seconds_to("plain_cnn", 100, tmp_path) == {"70%": 180, "80%": 270}
    # Three epochs, and views that took 10 / 20 and 30 / 40 of one.
    assert training.seconds_to("fast90", 100, tmp_path) == dict.fromkeys(("70%", "80%", "85%", "90%"), 362)
    assert training.seconds_to("fast94", 100, tmp_path) == {}
