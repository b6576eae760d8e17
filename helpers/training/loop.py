"""The one training loop, for every recipe: seeds, augmentation, small images first, resuming after a kill."""

import hashlib
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from helpers import augmentation, graph, models, places, streams
from helpers.data import Dataset
from helpers.recipe import Recipe
from helpers.training.backup import HISTORY_KEYS, Backup
from helpers.training.lookahead import Lookahead
from helpers.training.optimizers import compile_by, steps_per_epoch
from helpers.training.progress import Progress

BACKUPS = places.BUILD / "training"
EVALUATION_BATCH = 500


def train(
    recipe: Recipe,
    dataset: Dataset,
    seed: int = 0,
    build: Callable[[], keras.Model] | None = None,
    progress: bool = True,
    backups: Path | None = None,
    keep_backup: bool = False,
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Train the recipe's model on a dataset; a killed training goes on after its last finished epoch.

    ``build`` returns another model than that of the recipe. With ``keep_backup`` the end can be had again until
    ``backup_of`` is removed: for a caller who has more to do before anything is stored. Returns the model and its
    history: one list per figure and for the seconds, one entry per epoch. Raises ValueError for a dataset that does not
    fit itself or the model, and FloatingPointError when a loss is no longer a number. A damaged backup is put aside,
    and the training begins anew.
    """
    _check(dataset)
    x, y = dataset.x_train, dataset.y_train
    steps = steps_per_epoch(recipe, len(x)) * recipe.epochs

    def fresh() -> keras.Model:
        keras.utils.set_random_seed(seed)
        network = recipe, x.shape[1:], len(dataset.class_names), models.precision(recipe), x
        model = build() if build else models.from_recipe(*network)
        if not model.built:
            model.build((None, *x.shape[1:]))
        _check_model(model, dataset)
        compile_by(recipe, model, len(x))
        return model

    model, lookahead = fresh(), Lookahead(steps) if recipe.lookahead else None
    backup = backup_of(recipe, model, dataset, seed, backups)
    history = backup.restore(model, lookahead)
    if history is None:
        # Half of a damaged file may have reached the weights.
        model, lookahead = fresh(), Lookahead(steps) if recipe.lookahead else None
        history = {key: [] for key in HISTORY_KEYS}
    small = resized(model, recipe.small_side) if recipe.small_epochs else None
    targets, y_val = y, dataset.y_val
    if recipe.label_smoothing:
        targets, y_val = (keras.utils.to_categorical(labels, len(dataset.class_names)) for labels in (y, y_val))
    validation = small_validation = (dataset.x_val, y_val) if len(dataset.x_val) else None
    if small and validation:
        small_validation = (augmentation.shrunk(dataset.x_val, recipe.small_side), y_val)
    callbacks = [lookahead] if lookahead else []
    callbacks += [Progress(recipe.epochs, done=history)] if progress else []
    for epoch in range(len(history["loss"]), recipe.epochs):
        began = time.perf_counter()
        order = streams.order(len(x), seed, epoch, recipe.batch_size if recipe.equal_batches else None)
        images = augmentation.augmented(x, epoch, seed, recipe.flip, recipe.crop_padding, recipe.zoom, recipe.noise)
        images, network, unseen = images[order], model, validation
        if epoch < recipe.small_epochs:
            images, network, unseen = augmentation.shrunk(images, recipe.small_side), small, small_validation
        figures = network.fit(
            images,
            targets[order],
            batch_size=recipe.batch_size,
            shuffle=False,
            validation_data=unseen,
            validation_batch_size=EVALUATION_BATCH,
            verbose=0,
            callbacks=callbacks,
        ).history
        del images  # while those of the next epoch are made
        if lost := [key for key in ("loss", "val_loss") if not math.isfinite(figures.get(key, [0])[0])]:
            advice = f"Try a lower learning rate (it is {recipe.learning_rate})."
            if "float16" in (model.compute_dtype, keras.config.floatx()):
                advice = "The model computes in float16, whose largest number is 65,504: call "
                advice += "keras.config.set_floatx('float32') and build it anew."
            problem = f"{recipe.model}: the {lost[0]} of epoch {epoch + 1} is {figures[lost[0]][0]}"
            raise FloatingPointError(f"{problem}. {advice}")
        figures["seconds"] = [time.perf_counter() - began]
        for key in history:
            history[key] += figures.get(key, [])
        backup.save(model, history, lookahead)
    if not keep_backup:
        backup.remove()
    return model, history


def backup_of(
    recipe: Recipe, model: keras.Model, dataset: Dataset, seed: int = 0, backups: Path | None = None
) -> Backup:
    """Where a training is kept after each epoch, from what ``train`` was given and the model that it trains."""
    return Backup((backups or BACKUPS) / f"{recipe.model}-{seed}-{fingerprint(recipe, model, dataset)}")


def accuracy(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float:
    """The share of images (n, rows, columns, channels) whose most probable class is their label."""
    return float(np.mean(model.predict(x, batch_size=EVALUATION_BATCH, verbose=0).argmax(axis=1) == y))


def fingerprint(recipe: Recipe, model: keras.Model, dataset: Dataset) -> str:
    """Twelve letters that change with the recipe, any setting of any layer, or the training images."""
    settings = [recipe.as_dict(), dataset.name, [_settings(layer) for layer in model.layers]]
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=repr).encode())
    digest.update(dataset.y_train.tobytes())
    # One image in fifty is enough to notice another dataset, and takes milliseconds.
    digest.update(np.ascontiguousarray(dataset.x_train[::50]).tobytes())
    return digest.hexdigest()[:12]


def resized(model: keras.Model, side: int) -> keras.Model:
    """The same layers and the same optimizer with another input: (side, side, channels); compiled as the model is."""
    images = keras.Input((side, side, model.input_shape[-1]))

    def called(name: str, layer: keras.Layer, arriving: list) -> list:
        return keras.tree.flatten(layer(arriving if len(arriving) > 1 else arriving[0]))

    network = keras.Model(images, graph.follow(model, [images], called))
    together = model.steps_per_execution
    network.compile(optimizer=model.optimizer, loss=model.loss, metrics=["accuracy"], steps_per_execution=together)
    return network


def _check(dataset: Dataset) -> None:
    """ValueError unless images, labels and class names agree."""
    x, classes = dataset.x_train, len(dataset.class_names)
    if x.ndim != 4 or x.shape[1] != x.shape[2] or not len(x):
        raise ValueError(f"Training needs square images (n, side, side, channels); {dataset.name} has {x.shape}.")
    for part, images, labels in (("training", x, dataset.y_train), ("validation", dataset.x_val, dataset.y_val)):
        if len(images) != len(labels) or (len(images) and images.shape[1:] != x.shape[1:]):
            raise ValueError(
                f"{dataset.name} has {len(labels)} labels for {part} images of shape {images.shape} and training "
                f"images of shape {x.shape}: one label an image, and one shape for all."
            )
        if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
            raise ValueError(
                f"{dataset.name} names {classes} classes, so {part} labels run from 0 to {classes - 1}; "
                f"they run from {labels.min()} to {labels.max()}."
            )
        if images.dtype.kind == "f" and not np.isfinite(images).all():
            raise ValueError(f"{dataset.name} has {part} images with NaN or infinite values: replace these.")


def _check_model(model: keras.Model, dataset: Dataset) -> None:
    """ValueError when a model, where it says its shapes, takes other images or gives another number of classes."""
    images, classes = dataset.x_train.shape[1:], len(dataset.class_names)
    taken, given = getattr(model, "input_shape", (None, *images)), getattr(model, "output_shape", (None, classes))
    if len(taken) != 4 or any(side not in (None, size) for side, size in zip(taken[1:], images)):
        raise ValueError(f"The model takes images of shape {taken[1:]}; those of {dataset.name} have {images}.")
    if given[1:] != (classes,):
        raise ValueError(f"The model's output has the shape {given[1:]}; {dataset.name} has {classes} classes.")


def _settings(layer: keras.Layer) -> tuple:
    config = {key: value for key, value in layer.get_config().items() if key != "name"}
    return type(layer).__name__, config, [tuple(weight.shape) for weight in layer.weights]
