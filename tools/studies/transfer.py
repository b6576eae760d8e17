"""What are features worth that were learnt elsewhere? One trial of ``transfer``, or of ``scratch_few_labels``."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import time
from pathlib import Path

import keras
import numpy as np

from helpers import data, models, places, records, training
from helpers.recipe import Recipe
from tools.studies.trained import common, dataset_of

KNOWN_CLASSES = 5
WIDTHS = [16, 32, 64]
EPOCHS = 20
# An epoch has about as many steps for any number of labels: those of so many labels a class.
MOST_LABELS = 250
DRY_LABELS = 4


def transferred(payload: dict, folder: Path) -> dict:
    """Validation accuracy on the last five classes, from so many labels a class, in one of three ways."""
    dataset, facts, seed = dataset_of(payload), payload["facts"], payload["seed"]
    began = time.perf_counter()
    labels, most = (DRY_LABELS, DRY_LABELS) if payload["dry"] else (facts["labels"], MOST_LABELS)
    known = Recipe(**facts["known"])
    if payload["dry"]:
        known = dataclasses.replace(known, epochs=1)
    new = some_classes(dataset, KNOWN_CLASSES, len(dataset.class_names), labels, seed, most)
    epochs = 1 if payload["dry"] else EPOCHS
    recipe = dataclasses.replace(known, learning_rate=facts["rate"], batch_size=50, epochs=epochs)
    weights = None if facts["way"] == "from scratch" else learnt(dataset, known, seed)
    build = functools.partial(_network, new, weights, frozen=facts["way"] == "frozen features")
    # Fine-tuned and from scratch look alike from outside: a backup of one must never go on as the other.
    backups = places.BUILD / "training" / f"transfer-{facts['way'].replace(' ', '-')}"
    model, history = training.train(recipe, new, seed, build, backups=backups)
    counts = {"parameters": model.count_params(), "trainable": _count(model.trainable_weights)}
    keras.backend.clear_session()
    return {
        "labels": facts["labels"],
        "seed": seed,
        "rate": facts["rate"],
        "search": facts["search"],
        **counts,
        "validation_accuracy": round(history["val_accuracy"][-1], 4),
        "seconds": round(time.perf_counter() - began, 1),
        **common(dataset),
    }


def from_scratch(payload: dict, folder: Path) -> dict:
    """Validation accuracy on all classes after training by the recipe, from so many labels a class and none else."""
    dataset, facts, seed = dataset_of(payload), payload["facts"], payload["seed"]
    labels, most = (DRY_LABELS, DRY_LABELS) if payload["dry"] else (facts["labels"], facts["most"])
    few = some_classes(dataset, 0, len(dataset.class_names), labels, seed, most)
    recipe = Recipe(**payload["recipe"])
    model, history = training.train(recipe, few, seed)
    parameters = model.count_params()
    keras.backend.clear_session()
    return {
        # Not "recipe": a record that has one has a history, too.
        "trained_by": recipe.as_dict(),
        "seed": seed,
        "labels": facts["labels"],
        "parameters": parameters,
        "validation_accuracy": round(history["val_accuracy"][-1], 4),
        "seconds": round(sum(history["seconds"]), 1),
        **common(dataset),
    }


def learnt(dataset: data.Dataset, recipe: Recipe, seed: int) -> list[list[np.ndarray]]:
    """The weights of each layer of a network that has learnt the first five classes; kept for the other trials."""
    facts = json.dumps([recipe.as_dict(), dataset.name, len(dataset.x_train), seed], sort_keys=True)
    digest = hashlib.sha256(facts.encode()).hexdigest()[:12]
    path = places.BUILD / "trained" / f"known-{seed}-{digest}.weights.h5"
    known = some_classes(dataset, 0, KNOWN_CLASSES)
    model = _network(known)
    if path.is_file():
        model.load_weights(path)
    else:
        model, _ = training.train(recipe, known, seed, functools.partial(_network, known))
        records.save_weights(model, path)
    return [layer.get_weights() for layer in model.layers]


def some_classes(
    dataset: data.Dataset, first: int, end: int, few: int | None = None, seed: int = 0, most: int | None = None
) -> data.Dataset:
    """The images of the classes from ``first`` to before ``end``, which are then numbered from 0.

    With ``few``, so many training images of each class, drawn by the seed and repeated until there are at least
    ``most`` of them: an epoch of any number of labels then has about as many steps. Raises ValueError when a class
    has fewer images.
    """
    parts = {}
    for part in ("train", "val", "test"):
        x, y = getattr(dataset, f"x_{part}"), getattr(dataset, f"y_{part}")
        chosen = np.flatnonzero((y >= first) & (y < end))
        if part == "train" and few:
            chosen = _drawn(y, range(first, end), few, seed)
            chosen = np.tile(chosen, -(-(most or few) // few))
        parts |= {f"x_{part}": x[chosen], f"y_{part}": y[chosen] - first, f"masks_{part}": None}
    return dataclasses.replace(dataset, class_names=dataset.class_names[first:end], **parts)


def _drawn(y: np.ndarray, classes: range, few: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng((seed, few))
    members = {label: np.flatnonzero(y == label) for label in classes}
    scarce = {label: len(found) for label, found in members.items() if len(found) < few}
    if scarce:
        raise ValueError(f"{few} images of each class are wanted; classes with fewer, and how many: {scarce}.")
    return np.concatenate([generator.choice(found, few, replace=False) for found in members.values()])


def _network(
    dataset: data.Dataset, weights: list[list[np.ndarray]] | None = None, frozen: bool = False
) -> keras.Sequential:
    """A small improved_cnn; with ``weights``, those of another network in all layers but the last."""
    model = models.improved_cnn(dataset.x_train.shape[1:], len(dataset.class_names), widths=WIDTHS)
    if weights is not None:
        for layer, learnt in zip(model.layers[:-1], weights):
            layer.set_weights(learnt)
            layer.trainable = not frozen
    return model


def _count(weights: list) -> int:
    return int(sum(np.prod(weight.shape) for weight in weights))
