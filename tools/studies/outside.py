"""One network outside the test set: one trial of ``outside`` or of ``noise_as_remedy``."""

from __future__ import annotations

import time
from pathlib import Path

import keras
import numpy as np

from checks.lesson07_calibration import reference_calibration_error
from helpers import attacks, corruptions, data, models, records
from helpers.recipe import Recipe
from helpers.records import bits
from tools.studies.trained import common, dataset_of, train

IMAGES, ATTACKED, BOUNDS, BINS = 1_000, 200, (1, 2, 4), 15
MIDDLE = 3  # of five strengths: the claim is tried there
DRY_IMAGES = 50


def corrupted(payload: dict, folder: Path) -> dict:
    """A stored network on clean images, and on each corruption at each strength."""
    began = time.perf_counter()
    dataset = dataset_of(payload)
    model = _network(payload, dataset)
    conditions = _on_corruptions(payload, model, dataset, range(1, 6))
    return _record(payload, dataset, began) | {"conditions": conditions}


def attacked(payload: dict, folder: Path) -> dict:
    """A stored network on clean images, and on those of each attack with each bound."""
    began = time.perf_counter()
    dataset = dataset_of(payload)
    exact = models.from_recipe(models.RECIPES[payload["facts"]["network"]], dataset.x_test.shape[1:])
    exact.set_weights(_network(payload, dataset).get_weights())
    count = DRY_IMAGES if payload["dry"] else ATTACKED
    x, y = dataset.x_test[:count], dataset.y_test[:count]
    conditions = {"clean": measured(exact, x, y)}
    for bound in BOUNDS:
        for name, attack in (("FGSM", attacks.fgsm), ("PGD", attacks.pgd)):
            conditions[f"{name} {bound}"] = measured(exact, attack(exact, x, y, bound), y)
    return _record(payload, dataset, began) | {"conditions": conditions}


def trained(payload: dict, folder: Path) -> dict:
    """Train by the recipe, then look at clean images and at each corruption in the middle of its strengths."""
    dataset, recipe = dataset_of(payload), Recipe(**payload["recipe"])
    record = train(payload | {"weights": True}, folder)
    model = models.from_recipe(recipe, dataset.x_train.shape[1:], len(dataset.class_names))
    model.load_weights(folder / "model.weights.h5")
    (folder / "model.weights.h5").unlink()
    return record | {"conditions": _on_corruptions(payload, model, dataset, [MIDDLE])}


def measured(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> dict:
    """What a record says of one condition."""
    outputs = np.asarray(model.predict(images, batch_size=500, verbose=0), np.float32)
    if models.outputs_logits(model):
        outputs = np.asarray(keras.ops.softmax(outputs))
    confidence, right = outputs.max(axis=1), outputs.argmax(axis=1) == labels
    return {
        "accuracy": round(float(right.mean()), 4),
        "confidence": round(float(confidence.mean()), 4),
        "calibration_error": round(reference_calibration_error(confidence, right, BINS), 4),
        "right": bits.pack(right),
    }


def _on_corruptions(payload: dict, model: keras.Model, dataset: data.Dataset, strengths: object) -> dict[str, dict]:
    count = DRY_IMAGES if payload["dry"] else IMAGES
    x, y = dataset.x_test[:count], dataset.y_test[:count]
    found = {"clean": measured(model, x, y)}
    for name in corruptions.STRENGTHS:
        for strength in strengths:
            found[f"{name} {strength}"] = measured(model, corruptions.corrupted(x, name, strength), y)
    return found


def _network(payload: dict, dataset: data.Dataset) -> keras.Model:
    """The stored network; in a dry run a fresh one, which is as quick and knows nothing."""
    name = payload["facts"]["network"]
    return models.build(name, dataset.x_test.shape[1:]) if payload["dry"] else records.stored_model(name)[0]


def _record(payload: dict, dataset: data.Dataset, began: float) -> dict:
    network = payload["facts"]["network"]
    seconds = round(time.perf_counter() - began, 1)
    keras.backend.clear_session()
    return {"network": network, "seed": payload["seed"], "seconds": seconds, **common(dataset)}
