"""One network outside the test set: one trial of ``outside``."""

from __future__ import annotations

import time
from pathlib import Path

import keras
import numpy as np

from checks.lesson07_calibration import reference_calibration_error
from helpers import attacks, corruptions, data, models, records
from helpers.records import bits
from tools.studies.trained import common, dataset_of

IMAGES, ATTACKED, BOUNDS, BINS = 1_000, 200, (1, 2, 4), 15
DRY_IMAGES = 50


def corrupted(payload: dict, folder: Path) -> dict:
    """A stored network on clean images, and on each corruption at each strength."""
    began = time.perf_counter()
    dataset = dataset_of(payload)
    model = _network(payload, dataset)
    conditions = _on_corruptions(payload, model, dataset)
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


def _on_corruptions(payload: dict, model: keras.Model, dataset: data.Dataset) -> dict[str, dict]:
    count = DRY_IMAGES if payload["dry"] else IMAGES
    x, y = dataset.x_test[:count], dataset.y_test[:count]
    found = {"clean": measured(model, x, y)}
    for name in corruptions.STRENGTHS:
        for strength in range(1, 6):
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
