"""Lesson 13: what does a trained network weigh, take and get right once it is exported? The study ``exported``."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from helpers import export, records
from tools.studies.engine import Asks, Trial, study
from tools.studies.trained import common, dataset_of

FORMS = ("Keras", "LiteRT float32", "LiteRT int8", "ONNX float32", "ONNX int8")
# Training images from which int8 gets its ranges.
CALIBRATION = 300
ROUNDS, ONE_BY_ONE, TOGETHER = 5, 200, 1_000
# Networks by name: each a function that gives it with its stored weights.
NETWORKS: dict[str, Callable[[], keras.Model]] = {"improved_cnn": lambda: records.stored_model("improved_cnn")[0]}


@study()
def exported() -> Asks:
    """Size, speed and test accuracy of stored networks as Keras, LiteRT and ONNX, in float32 and int8.

    Nothing is chosen: the first 300 training images calibrate int8, and the test set is used once for each form. Times
    are processor time of one thread, of all threads for Keras, so that whatever else the machine does hardly counts:
    five rounds each, 200 images one by one, and 1,000 in batches of 100. ONNX needs its packages (helpers/export.py).
    """
    run = "tools.studies.exports:measured"
    yield [
        Trial(None, 0, form, final=True, function=run, facts={"network": name, "form": form})
        for name in NETWORKS
        for form in FORMS
    ]


def measured(payload: dict, folder: Path) -> dict:
    """One network in one form: bytes, test accuracy, agreement with Keras, processor milliseconds an image."""
    dataset, facts = dataset_of(payload), payload["facts"]
    began = time.perf_counter()
    x, y = (dataset.x_test[:100], dataset.y_test[:100]) if payload["dry"] else (dataset.x_test, dataset.y_test)
    model = NETWORKS[facts["network"]]()
    wanted = model.predict(x, batch_size=export.BATCH, verbose=0)
    with tempfile.TemporaryDirectory() as place:
        run, path = _written(model, facts["form"], Path(place), dataset.x_train[:CALIBRATION])
        size = path.stat().st_size
    found = np.concatenate([run(batch) for batch in _batches(x, export.BATCH)])
    rounds = 1 if payload["dry"] else ROUNDS
    record = {
        "network": facts["network"],
        "form": facts["form"],
        "seed": payload["seed"],
        "parameters": model.count_params(),
        "bytes": size,
        "test_images": len(x),
        "test_accuracy": round(float((found.argmax(axis=1) == y).mean()), 4),
        "same_class_as_keras": round(float((found.argmax(axis=1) == wanted.argmax(axis=1)).mean()), 4),
        "largest_difference": float(f"{np.abs(found - wanted).max():.2e}"),
        "milliseconds_one_by_one": [_milliseconds(run, x[:ONE_BY_ONE], 1) for _ in range(rounds)],
        "milliseconds_in_batches": [_milliseconds(run, x[:TOGETHER], export.BATCH) for _ in range(rounds)],
        "seconds": round(time.perf_counter() - began, 1),
        **common(dataset, *(export.ONNX_PACKAGES if facts["form"].startswith("ONNX") else ())),
    }
    keras.backend.clear_session()
    return record


def _written(model: keras.Model, form: str, place: Path, images: np.ndarray) -> tuple[Callable, Path]:
    """The network in this form, as a function from a batch to predictions, and its file."""
    if form == "Keras":
        path = place / "network.keras"
        model.save(path)
        return model.predict_on_batch, path
    kind, numbers = form.split()
    write, load = (export.litert, export.litert_network) if kind == "LiteRT" else (export.onnx, export.onnx_network)
    path = place / ("network.tflite" if kind == "LiteRT" else "network.onnx")
    write(model, path, images if numbers == "int8" else None)
    return load(path, threads=1)[0], path


def _batches(images: np.ndarray, size: int) -> list[np.ndarray]:
    return [images[begin : begin + size].astype(np.float32) for begin in range(0, len(images), size)]


def _milliseconds(run: Callable, images: np.ndarray, size: int) -> float:
    """Processor time an image, after a first batch that does not count."""
    batches = _batches(images, size)
    run(batches[0])
    began = time.process_time()
    for batch in batches:
        run(batch)
    return round(1_000 * (time.process_time() - began) / len(images), 4)
