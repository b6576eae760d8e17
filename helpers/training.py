"""Training by recipe: seeds, progress, resuming after a kill, stored weights and their records.

Everything that trains by itself (outside a lesson's visible ``fit``) goes through ``train``. Each epoch
draws its order of images from (seed, epoch) alone, so a training that was killed and goes on sees the
same batches as one that was not.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import shutil
import time
from pathlib import Path

import keras
import numpy as np

from helpers import models
from helpers.data import Dataset

ROOT = Path(__file__).resolve().parent.parent
TRAINED = ROOT / "data" / "trained"
BACKUPS = ROOT / "build" / "training"
CACHE = ROOT / "build" / "trained"
# Accuracies that a training is to reach.
MARKS = {"70%": 0.7, "80%": 0.8, "85%": 0.85, "90%": 0.9, "92%": 0.92, "94%": 0.94}
HISTORY_KEYS = ("loss", "accuracy", "val_loss", "val_accuracy", "seconds")
AGAIN = "Put the stored file back (git checkout -- data/trained), or train anew with retrain=True."


class Progress(keras.callbacks.Callback):
    """One line per epoch, with the time left while it runs.

    In a notebook the finished output keeps the figures and drops the times, so that two runs store the
    same text. Pass it to ``fit(..., verbose=0, callbacks=[Progress()])``.
    """

    def __init__(self, epochs: int | None = None, done: dict[str, list[float]] | None = None):
        super().__init__()
        self.epochs = epochs
        self.lines = [_line(epoch, done) for epoch in range(len(done["loss"]))] if done else []
        self.resumed_after = len(self.lines)
        self.handle = None
        self.began = None

    def on_train_begin(self, logs=None):
        if self.began is None:
            self.began = time.perf_counter()
            self.epochs = self.epochs or self.params["epochs"]
            if _in_notebook():
                from IPython.display import display

                running = f"epoch {len(self.lines) + 1} of {self.epochs} is running"
                self.handle = display(_Text("\n".join([*self.lines, running])), display_id=True)
            elif self.lines:
                print(f"going on after epoch {len(self.lines)}", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        # The epoch that Keras counts starts anew in each call of fit, so the lines are counted here.
        number = len(self.lines)
        self.lines.append(_line(number, {key: {number: value} for key, value in (logs or {}).items()}))
        done = len(self.lines) - self.resumed_after
        left = (time.perf_counter() - self.began) / done * (self.epochs - len(self.lines))
        if self.handle is None:
            print(f"{self.lines[-1]}   {_clock(left)} left", flush=True)
        elif len(self.lines) < self.epochs:
            self.handle.update(_Text("\n".join([*self.lines, f"about {_clock(left)} left"])))
        else:
            self.handle.update(_Text("\n".join(self.lines)))

    def on_train_end(self, logs=None):
        # A training that stops early (early stopping, an interrupt) must not keep its "time left".
        if self.handle is not None and self.lines:
            self.handle.update(_Text("\n".join(self.lines)))


class _Text:
    """Text that IPython shows as it is, without quotes."""

    def __init__(self, text: str):
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _line(epoch: int, history: dict) -> str:
    shown = {"loss": "loss", "accuracy": "accuracy", "val_loss": "val loss", "val_accuracy": "val accuracy"}
    figures = "   ".join(f"{label} {history[key][epoch]:.3f}" for key, label in shown.items() if key in history)
    return f"epoch {epoch + 1:2d}   {figures}"


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _in_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None


def compile_by(recipe: models.Recipe, model: keras.Model, images: int) -> None:
    """Compile the model with the recipe's optimizer and the cross-entropy that fits its last layer.

    With label smoothing, the labels are to be one-hot.
    """
    from_logits = models.outputs_logits(model)
    if recipe.label_smoothing:
        loss = keras.losses.CategoricalCrossentropy(from_logits, recipe.label_smoothing)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits)
    model.compile(optimizer=recipe.make_optimizer(images), loss=loss, metrics=["accuracy"])


def train(
    name: str,
    dataset: Dataset,
    seed: int = 0,
    recipe: models.Recipe | None = None,
    build=None,
    progress: bool = True,
    backups: Path = BACKUPS,
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Train the named model by its recipe; a killed training goes on after its last finished epoch.

    ``recipe`` and ``build`` (a function that returns the model) replace the stored ones in experiments.
    Returns the model and its history: one list per figure and for the seconds, one entry per epoch.
    Raises ValueError before training for a dataset that does not fit itself or the model, FloatingPointError
    when the loss is no longer a number. A damaged backup is put aside, and the training begins anew.
    """
    recipe = recipe or models.RECIPES[models.known(name)]
    x, y = _checked(dataset)

    def fresh() -> keras.Model:
        keras.utils.set_random_seed(seed)
        model = build() if build else models.build(name, x.shape[1:], len(dataset.class_names))
        if not model.built:
            model.build((None, *x.shape[1:]))
        _check_fit(model, dataset)
        compile_by(recipe, model, len(x))
        return model

    model = fresh()
    mark = fingerprint(recipe, model, dataset)
    if build:
        mark += f"-{_architecture(model)}"
    backup = _Backup(backups / f"{name}-{seed}-{mark}")
    history = backup.restore(model)
    if history is None:
        # Half of a damaged file may have reached the weights.
        model, history = fresh(), _empty_history()
    y_val = dataset.y_val
    if recipe.label_smoothing:
        y, y_val = (keras.utils.to_categorical(labels, len(dataset.class_names)) for labels in (y, y_val))
    validation = (dataset.x_val, y_val) if len(dataset.x_val) else None
    callbacks = [Progress(recipe.epochs, done=history)] if progress else []
    for epoch in range(len(history["loss"]), recipe.epochs):
        began = time.perf_counter()
        order = np.random.default_rng((seed, epoch)).permutation(len(x))
        loss_name = f"{name}: the loss of epoch {epoch + 1}"
        advice = f"a lower learning rate (it is {recipe.learning_rate})"
        images = recipe.augmented(x, epoch, seed)[order]
        epoch_history = fit_epoch(model, images, y[order], recipe.batch_size, validation, callbacks, loss_name, advice)
        epoch_history["seconds"] = [time.perf_counter() - began]
        for key in history:
            history[key] += epoch_history.get(key, [])
        backup.save(model, history)
    backup.remove()
    return model, history


def fit_epoch(
    model: keras.Model, x, y, batch_size: int, validation, callbacks: list, loss_name: str, advice: str
) -> dict[str, list[float]]:
    """One epoch in the order of x and y; its figures, a list of one number each.

    Raises FloatingPointError when the loss is no longer a number, beginning with ``loss_name``.
    """
    history = model.fit(
        x,
        y,
        batch_size=batch_size,
        shuffle=False,
        validation_data=validation,
        validation_batch_size=500,
        verbose=0,
        callbacks=callbacks,
    ).history
    if not math.isfinite(history["loss"][0]):
        raise FloatingPointError(
            f"{loss_name} is {history['loss'][0]}. Try {advice}, and look whether images or "
            "labels hold values that do not belong there."
        )
    return history


def accuracy(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float:
    """The share of images (n, rows, columns, channels) whose highest answer is their label, one number each."""
    return float(np.mean(model.predict(x, batch_size=500, verbose=0).argmax(axis=1) == y))


def _checked(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """The training images and labels, once images, labels and class names agree; ValueError when not."""
    x, y = dataset.x_train, dataset.y_train
    if x.ndim != 4 or x.shape[1] != x.shape[2] or not len(x):
        raise ValueError(f"Training needs square images (n, side, side, channels); {dataset.name} has {x.shape}.")
    classes = len(dataset.class_names)
    for part, images, labels in (("training", x, y), ("validation", dataset.x_val, dataset.y_val)):
        if len(images) != len(labels):
            raise ValueError(
                f"{dataset.name} has {len(images)} {part} images and {len(labels)} labels: one label an image."
            )
        if len(labels) and not (labels.min() >= 0 and labels.max() < classes):
            raise ValueError(
                f"{dataset.name} names {classes} classes, so {part} labels run from 0 to {classes - 1}; "
                f"they run from {labels.min()} to {labels.max()}."
            )
        if len(images) and images.shape[1:] != x.shape[1:]:
            raise ValueError(
                f"{dataset.name} has {part} images of shape {images.shape[1:]} and training images of shape "
                f"{x.shape[1:]}: one shape for all."
            )
    return x, y


def _check_fit(model: keras.Model, dataset: Dataset) -> None:
    """ValueError when the model takes other images or gives another number of answers than the dataset has."""
    images, classes = dataset.x_train.shape[1:], len(dataset.class_names)
    taken, given = model.input_shape[1:], model.output_shape[-1]
    if len(taken) != len(images) or any(side not in (None, size) for side, size in zip(taken, images)):
        raise ValueError(f"The model takes images of shape {taken}; those of {dataset.name} have {images}.")
    if given != classes:
        raise ValueError(f"The model tells {given} classes apart; {dataset.name} has {classes}.")


def fingerprint(recipe: models.Recipe, model: keras.Model, dataset: Dataset) -> str:
    """Twelve letters that change with the recipe, the shapes of the weights or the training images."""
    facts = {"recipe": recipe.as_dict(), "weights": [list(w.shape) for w in model.weights], "dataset": dataset.name}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    digest.update(dataset.y_train.tobytes())
    # One image in fifty is enough to tell two datasets apart, and takes milliseconds.
    digest.update(np.ascontiguousarray(dataset.x_train[::50]).tobytes())
    return digest.hexdigest()[:12]


def _architecture(model: keras.Model) -> str:
    """Eight letters that change with any setting of any layer, for models that have no name of their own."""
    settings = []
    for layer in model.layers:
        try:
            config = layer.get_config()
        except NotImplementedError:  # a layer of one's own that cannot describe itself
            config = {}
        settings.append((type(layer).__name__, {key: value for key, value in config.items() if key != "name"}))
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=repr).encode()).hexdigest()[:8]


def _random_states(model: keras.Model) -> list:
    """The random states of dropout and other layers that draw, which Keras does not write into a weights file."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _empty_history() -> dict[str, list[float]]:
    return {key: [] for key in HISTORY_KEYS}


class _Backup:
    """The state after the last finished epoch: weights and optimizer, the history, and what dropout draws next.

    The length of the history names the weights file it belongs to, and it is renamed into place last, so that
    a kill at any moment leaves either the old state or the new one.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.record = folder / "state.json"

    def restore(self, model: keras.Model) -> dict[str, list[float]] | None:
        """Load the state into the model and return the history; None, and put aside, when it cannot be read."""
        if not self.record.is_file():
            return _empty_history()
        try:
            record = json.loads(self.record.read_text(encoding="utf-8"))
            history = {key: list(record["history"][key]) for key in HISTORY_KEYS}
            model.optimizer.build(model.trainable_variables)
            model.load_weights(self.folder / f"{len(history['loss'])}.weights.h5")
            for state, value in zip(_random_states(model), record["random_states"], strict=True):
                state.assign(value)
            return history
        except Exception as error:  # h5py, Keras and json each have their own errors for a damaged file
            print(
                f"The backup of this training cannot be read ({type(error).__name__}). It is kept as "
                f"{self._put_aside()}; the training begins anew.",
                flush=True,
            )
            return None

    def _put_aside(self) -> str:
        number = 1
        while (aside := self.folder.with_name(f"{self.folder.name}-damaged-{number}")).exists():
            number += 1
        self.folder.rename(aside)
        return aside.name

    def save(self, model: keras.Model, history: dict[str, list[float]]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        epoch = len(history["loss"])
        model.save_weights(self.folder / f"{epoch}.weights.h5")
        states = [keras.ops.convert_to_numpy(state).tolist() for state in _random_states(model)]
        write_json(self.record, {"history": history, "random_states": states})
        (self.folder / f"{epoch - 1}.weights.h5").unlink(missing_ok=True)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def write_json(path: Path, content: dict) -> None:
    """Write to a file beside it, then rename: nobody ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


def store_entry(path: Path, key: str, content: dict | list) -> None:
    """Write one entry of a JSON file beside the others, in alphabetical order."""
    write_json(path, dict(sorted((_read_json(path) | {key: content}).items())))


def trained(
    name: str, dataset: Dataset, retrain: bool = False, stored: Path = TRAINED, cache: Path = CACHE
) -> tuple[keras.Model, dict[str, list[float]]]:
    """The named model, trained by its recipe, and its history.

    On CIFAR-10 with 45,000 training images both come from ``data/trained``; elsewhere, or with
    ``retrain=True``, the model is trained here, and kept under ``build/`` for the next time.
    Raises ValueError for stored weights that are damaged or belong to another recipe.
    """
    recipe = models.RECIPES[models.known(name)]
    x, _ = _checked(dataset)
    model = models.build(name, x.shape[1:], len(dataset.class_names))
    record = stored_result(name, stored)
    if record and not retrain and dataset.name == record["dataset"] and len(x) == record["training_images"]:
        load_checked(model, record, recipe, stored / f"{name}.weights.h5")
        histories = stored_histories(name, stored)
        if record["seeds"][0] not in histories:
            raise ValueError(f"histories.json has no history of {name}, seed {record['seeds'][0]}. {AGAIN}")
        return model, histories[record["seeds"][0]]
    weights = cache / f"{name}-{fingerprint(recipe, model, dataset)}.weights.h5"
    history_file = weights.with_suffix(".json")
    if not retrain and weights.is_file() and history_file.is_file():
        try:
            history = json.loads(history_file.read_text(encoding="utf-8"))
            model.load_weights(weights)
            return model, history
        except Exception as error:  # whatever is wrong with the file, training gives it again
            print(f"{weights.name} under build/ cannot be read ({type(error).__name__}): training it anew.", flush=True)
    model, history = train(name, dataset)
    save_weights(model, weights)
    write_json(history_file, history)
    return model, history


def save_weights(model: keras.Model, path: Path) -> None:
    """The weights alone, without the optimizer's state, which is up to twice as large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    clean = keras.models.clone_model(model)
    clean.set_weights(model.get_weights())
    clean.optimizer = None  # Keras 3.15 clones it too, older versions don't
    part = path.with_name(f"part-{path.name}")
    clean.save_weights(part)
    os.replace(part, path)


def stored_result(key: str, stored: Path = TRAINED) -> dict | None:
    """The record of one trained model in ``results.json``, or None when there is none."""
    return _read_json(stored / "results.json").get(key)


def stored_histories(key: str, stored: Path = TRAINED) -> dict[int, dict[str, list[float]]]:
    """The histories of one model's stored trainings: seed -> history. Empty when there is none."""
    return {int(seed): history for seed, history in _read_json(stored / "histories.json").get(key, {}).items()}


def stored_benchmark(part: str, stored: Path = TRAINED) -> dict:
    """What ``make bench`` measured in one part, on one machine in one run; empty when it was not run."""
    return _read_json(stored / "benchmarks.json").get(part, {})


def seconds_to(name: str, epoch: float, stored: Path = TRAINED) -> dict[str, int]:
    """Accuracies of ``MARKS`` -> seconds until the stored trainings of that name reached them, as a mean over seeds.

    ``epoch`` is seconds for 50,000 images. By validation accuracy after each epoch where there is one; a recipe that
    was trained on all images is looked at once, at its end, on the test set and with its views. Marks that were not
    reached are left out; empty for a name without stored trainings.
    """
    record = stored_result(name, stored)
    if not record:
        return {}
    epoch *= record["training_images"] / 50_000
    if record["validation_accuracy"]:
        histories = stored_histories(name, stored).values()
        reached = np.mean([history["val_accuracy"] for history in histories], axis=0)
        when = epoch * np.arange(1, len(reached) + 1)
    else:
        reached = np.mean(record["test_accuracy"], keepdims=True)
        views = np.mean(np.divide(record["views_seconds"], record["seconds_per_epoch"]))
        when = [epoch * (record["epochs"] + views)]
    first = {mark: next((second for second, one in zip(when, reached) if one >= MARKS[mark]), None) for mark in MARKS}
    return {mark: round(second) for mark, second in first.items() if second}


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}. Put it back: git checkout -- data/trained") from None


def load_checked(model: keras.Model, record: dict, recipe, path: Path) -> None:
    """Load weights once they are known to be those of the record, trained by this recipe; ValueError when not."""
    if not path.is_file():
        raise ValueError(f"{path.name} is missing from {path.parent}. {AGAIN}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != record["weights_sha256"]:
        raise ValueError(
            f"{path} is damaged or not ours: its SHA-256 is {digest[:12]}..., results.json says "
            f"{record['weights_sha256'][:12]}.... {AGAIN}"
        )
    if record["recipe"] != recipe.as_dict() or record["parameters"] != model.count_params():
        raise ValueError(
            f"{path} was trained by another recipe or for another architecture than helpers/models.py now has "
            f"({record['recipe']}, {record['parameters']:,} parameters). {AGAIN}"
        )
    model.load_weights(path)


def machine() -> str:
    """Processor and number of cores, as far as Python can tell."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores"


def stored_experiment(study: str, stored: Path = TRAINED) -> list[dict]:
    """The trials of one study of ``tools/experiments.py`` on CIFAR-10; empty when it was not run."""
    return _read_json(stored / "experiments.json").get(study, [])
