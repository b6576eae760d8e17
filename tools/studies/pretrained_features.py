"""What a network that has learnt ImageNet is worth on our images: one trial of ``input_sizes`` or ``few_labels``."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression

from helpers import export, places, records
from tools.studies.trained import common, dataset_of
from tools.studies.transfer import some_classes

# Choices are made on the first validation images.
VALIDATED = 2_000
CHUNK = 2_500
DRY_LABELS, DRY_IMAGES = 2, 40


def sized(payload: dict, folder: Path) -> dict:
    """Validation accuracy of a linear head on the frozen features of images that were enlarged to so many pixels."""
    return frozen(payload, folder)


def frozen(payload: dict, folder: Path) -> dict:
    """The same; of several penalties the one that is best on validation images, and the test set in a final trial."""
    facts, seed, dry = payload["facts"], payload["seed"], payload["dry"]
    began = time.perf_counter()
    dataset = dataset_of(payload)
    side, labels = facts["side"], DRY_LABELS if dry else facts["labels"]
    classes = len(dataset.class_names)
    few = dataset if labels * classes >= len(dataset.x_train) else some_classes(dataset, 0, classes, labels, seed)
    most = DRY_IMAGES if dry else None
    x_val, y_val = features(dataset.x_val[: most or VALIDATED], side), dataset.y_val[: most or VALIDATED]
    tried = {}
    for penalty in facts["penalties"]:
        head = LogisticRegression(C=penalty, max_iter=300).fit(features(few.x_train, side), few.y_train)
        tried[penalty] = round(float(head.score(x_val, y_val)), 4), head
    penalty = max(tried, key=lambda one: tried[one][0])
    accuracy, head = tried[penalty]
    record = {"seed": seed, **{name: facts[name] for name in ("side", "labels", "search")}, "penalty": penalty}
    record |= {"trainable": head.coef_.size + head.intercept_.size, "validation_accuracy": accuracy}
    if len(tried) > 1:
        record["validation_by_penalty"] = {f"{one:g}": value for one, (value, _) in tried.items()}
    if payload["final"]:
        right = head.score(features(dataset.x_test[:most], side), dataset.y_test[:most])
        record["test_accuracy"] = round(float(right), 4)
    keras.backend.clear_session()
    return record | {"seconds": round(time.perf_counter() - began, 1), **common(dataset, "scikit-learn")}


def features(x: np.ndarray, side: int) -> np.ndarray:
    """The 1,280 features of each image, by LiteRT; computed once, and kept under build/ by what the images are."""
    run, parts = None, []
    for begin in range(0, len(x), CHUNK):
        chunk = x[begin : begin + CHUNK]
        digest = hashlib.sha256(chunk.tobytes()).hexdigest()[:16]
        path = places.BUILD / "features" / f"features-{side}-{digest}.npy"
        if not path.is_file():
            run = run or _exported(side)
            batches = (chunk[first : first + 50].astype(np.float32) for first in range(0, len(chunk), 50))
            found = np.concatenate([run(batch) for batch in batches])
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, found.astype(np.float16))
        parts.append(np.load(path).astype(np.float32))
    return np.concatenate(parts)


def _exported(side: int) -> Callable:
    """The network in LiteRT, which takes a fourth of the processor time of Keras; images are enlarged first."""
    path = places.BUILD / "features" / f"features-{side}.tflite"
    if not path.is_file():
        enlarge = keras.layers.Resizing(side, side)
        model = keras.Sequential([keras.Input((32, 32, 3)), enlarge, records.pretrained(side)])
        export.litert(model, path)
    return export.litert_network(path, threads=1)[0]
