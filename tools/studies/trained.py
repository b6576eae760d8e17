"""The training behind a trial, wherever it runs: from plain data to a record, and weights where they are wanted."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import h5py
import numpy as np

from helpers import start

with start.quiet():
    import keras

    start.no_pauses()

from helpers import data, models, records, training
from helpers.recipe import VIEWS, Recipe
from tools.provenance import provenance


def dataset_of(payload: dict) -> data.Dataset:
    """The dataset of a payload, with its first training images only where it names a number."""
    dataset = data.load(payload["dataset"], validation=payload["validation"])
    images = payload["images"]
    return dataclasses.replace(dataset, x_train=dataset.x_train[:images], y_train=dataset.y_train[:images])


def common(dataset: data.Dataset, *packages: str) -> dict:
    """What every record of a trial says of its circumstances."""
    facts = {"dataset": dataset.name, "training_images": len(dataset.x_train)}
    return facts | provenance("tensorflow", "keras", "numpy", *packages)


def train(payload: dict, folder: Path) -> dict:
    """Train by the payload's recipe; returns the record, and writes model.weights.h5 where weights are wanted.

    A loss that is no number is a result too: a search must be able to turn back from it. Its history is empty.
    """
    dataset, recipe = dataset_of(payload), Recipe(**payload["recipe"])
    shape, classes = dataset.x_train.shape[1:], len(dataset.class_names)
    try:
        # The views of a test set take minutes: a kill meanwhile must not cost the training.
        model, history = training.train(recipe, dataset, payload["seed"], keep_backup=True)
    except FloatingPointError as error:
        print(error, flush=True)
        model, history = models.from_recipe(recipe, shape, classes), {key: [] for key in training.HISTORY_KEYS}
    record = {
        "recipe": recipe.as_dict(),
        "seed": payload["seed"],
        "parameters": model.count_params(),
        "history": {key: [round(value, 4) for value in values] for key, values in history.items()},
        "seconds": round(sum(history["seconds"]), 1),
        **common(dataset),
        "precision": models.precision(recipe),
    }
    if history["loss"]:
        if recipe.views > 1 and len(dataset.x_val):
            record["validation_by_views"] = training.accuracy_by_views(model, dataset.x_val, dataset.y_val, VIEWS)
        if payload["final"]:
            record |= _test(recipe, model, dataset)
        if payload["weights"]:
            _save_weights(recipe, model, dataset, folder / "model.weights.h5")
        training.backup_of(recipe, model, dataset, payload["seed"]).remove()
    keras.backend.clear_session()
    return record


def _test(recipe: Recipe, model: keras.Model, dataset: data.Dataset) -> dict:
    """The test set, used once, and how long the views of the recipe take."""
    began = time.perf_counter()
    logits = training.predict(recipe, model, dataset.x_test)
    seconds = time.perf_counter() - began
    scores = {"test_accuracy": round(float(np.mean(logits.argmax(axis=1) == dataset.y_test)), 4)}
    if recipe.views > 1:
        by_views = training.accuracy_by_views(model, dataset.x_test, dataset.y_test, VIEWS)
        scores |= {"test_by_views": by_views, "views_seconds": round(seconds, 2)}
    return scores


def _save_weights(recipe: Recipe, model: keras.Model, dataset: data.Dataset, path: Path) -> None:
    """The weights as a file: in float16 where that changes the accuracy by one image in a thousand at most."""
    records.save_weights(model, path)
    halve(path)
    # As the model computes: rounded products alone move as many images.
    again = models.from_recipe(recipe, dataset.x_train.shape[1:], len(dataset.class_names), models.precision(recipe))
    again.load_weights(path)
    x, y = dataset.x_test, dataset.y_test
    if abs(training.accuracy(again, x, y) - training.accuracy(model, x, y)) > 0.001:
        records.save_weights(model, path)


def halve(path: Path, vectors: bool = True) -> None:
    """Rewrite a file of weights with float16 in place of float32; reading gives float32 again.

    Without ``vectors`` only kernels are rounded: biases, and what normalization has measured, stay float32.
    """
    whole = path.with_name(f"whole-{path.name}")
    os.replace(path, whole)
    with h5py.File(whole) as source, h5py.File(path, "w") as target:

        def copy(name: str, entry: h5py.Group | h5py.Dataset) -> None:
            if isinstance(entry, h5py.Group):
                made = target.require_group(name)
            else:
                values = entry[()]
                rounded = values.dtype == "f4" and (vectors or values.ndim > 1)
                made = target.create_dataset(name, data=values.astype(np.float16) if rounded else values)
            made.attrs.update(entry.attrs)

        source.visititems(copy)
        target.attrs.update(source.attrs)
    whole.unlink()
