"""What a network that has learnt ImageNet is worth on our images: one trial of each study of lesson 13."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression

from helpers import data, export, places, records, training
from helpers.recipe import Recipe
from tools.studies.trained import common, dataset_of
from tools.studies.transfer import some_classes

# Strength of the penalty of the linear head: sklearn's C.
PENALTIES = (0.0001, 0.001, 0.01, 0.1, 1.0)
# Choices are made on the first validation images.
VALIDATED = 2_000
CHUNK = 2_500
BATCH = 50
# Fine-tuning moves the layers after this one: the last five blocks and the head.
FROM = "block5c_add"
DRY_LABELS, DRY_IMAGES = 2, 40


def sized(payload: dict, folder: Path) -> dict:
    """Validation accuracy of a linear head on frozen features of images that were enlarged to so many pixels."""
    return _record(payload, _linear)


def frozen(payload: dict, folder: Path) -> dict:
    """The same with the penalty that was chosen, and the test set."""
    return _record(payload, _linear)


def fine_tuned(payload: dict, folder: Path) -> dict:
    """The linear head first, then all weights with a small rate; the normalization keeps what it has measured."""
    return _record(payload, _tuned)


def from_scratch(payload: dict, folder: Path) -> dict:
    """A network of our own from random weights, with the same labels."""
    return _record(payload, _scratch)


def _record(payload: dict, way) -> dict:
    facts, seed = payload["facts"], payload["seed"]
    began = time.perf_counter()
    dataset = dataset_of(payload)
    labels = min(facts["labels"], DRY_LABELS) if payload["dry"] else facts["labels"]
    few = dataset if labels * 10 >= len(dataset.x_train) else some_classes(dataset, 0, 10, labels, seed)
    most = DRY_IMAGES if payload["dry"] else None
    validation = dataset.x_val[: most or VALIDATED], dataset.y_val[: most or VALIDATED]
    test = (dataset.x_test[:most], dataset.y_test[:most]) if payload["final"] else None
    found = way(facts, few, validation, test, seed, payload["dry"])
    keras.backend.clear_session()
    kept = {name: facts[name] for name in ("side", "labels", "search") if name in facts}
    return {
        "seed": seed,
        **kept,
        **found,
        "seconds": round(time.perf_counter() - began, 1),
        **common(dataset, "scikit-learn"),
    }


def features(x: np.ndarray, side: int, layer: str = "features") -> np.ndarray:
    """What a layer gives for each image, by LiteRT; computed once, and kept under build/ by what the images are."""
    run, parts = None, []
    for begin in range(0, len(x), CHUNK):
        chunk = x[begin : begin + CHUNK]
        digest = hashlib.sha256(chunk.tobytes()).hexdigest()[:16]
        path = places.BUILD / "features" / f"{layer}-{side}-{digest}.npy"
        if not path.is_file():
            run = run or _exported(side, layer)
            path.parent.mkdir(parents=True, exist_ok=True)
            batches = (chunk[first : first + 50].astype(np.float32) for first in range(0, len(chunk), 50))
            np.save(path, np.concatenate([run(batch) for batch in batches]).astype(np.float16))
        parts.append(np.load(path).astype(np.float32))
    return np.concatenate(parts)


def _exported(side: int, layer: str) -> Callable:
    path = places.BUILD / "features" / f"{layer}-{side}.tflite"
    if not path.is_file():
        body = records.pretrained(side)
        export.litert(enlarging(side, keras.Model(body.inputs[0], body.get_layer(layer).output)), path)
    return export.litert_network(path, threads=1)[0]


def enlarging(side: int, *layers: keras.Layer) -> keras.Sequential:
    """A network for images of 32 x 32 pixels that enlarges them first (bilinear)."""
    return keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Resizing(side, side), *layers])


def _head(few: data.Dataset, side: int, penalty: float) -> LogisticRegression:
    return LogisticRegression(C=penalty, max_iter=300).fit(features(few.x_train, side), few.y_train)


def _linear(facts: dict, few: data.Dataset, validation, test, seed: int, dry: bool) -> dict:
    side, tried = facts["side"], {}
    for penalty in facts["penalties"]:
        head = _head(few, side, penalty)
        tried[penalty] = head, float(head.score(features(validation[0], side), validation[1]))
    penalty = max(tried, key=lambda one: tried[one][1])
    head, accuracy = tried[penalty]
    scores = {"penalty": penalty, "trainable": head.coef_.size + head.intercept_.size}
    scores["validation_accuracy"] = round(accuracy, 4)
    if len(tried) > 1:
        scores["validation_by_penalty"] = {f"{one:g}": round(value, 4) for one, (_, value) in tried.items()}
    if test:
        scores["test_accuracy"] = round(float(head.score(features(test[0], side), test[1])), 4)
    return scores


def _tuned(facts: dict, few: data.Dataset, validation, test, seed: int, dry: bool) -> dict:
    """The linear head is the start; what the frozen blocks give is computed once."""
    side, head = facts["side"], _head(few, facts["side"], facts["penalty"])
    body = records.pretrained(side)
    tail = keras.Model(body.get_layer(FROM).output, body.output)
    for layer in tail.layers:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    model = keras.Sequential([keras.Input(tail.input_shape[1:]), tail, keras.layers.Dense(10)])
    model.layers[-1].set_weights([head.coef_.T, head.intercept_])
    epochs, x = 1 if dry else facts["epochs"], features(few.x_train, side, FROM)
    keras.utils.set_random_seed(seed)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(facts["rate"], epochs * -(-len(x) // BATCH))),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    # Keras draws a new order for each epoch of one call.
    model.fit(x, few.y_train, BATCH, epochs=epochs, verbose=0)
    scores = {"rate": facts["rate"], "trainable": _count(model.trainable_weights)}
    return scores | _accuracies(model, [(features(part[0], side, FROM), part[1]) for part in (validation, test) if part])


def _scratch(facts: dict, few: data.Dataset, validation, test, seed: int, dry: bool) -> dict:
    repeated = np.tile(np.arange(len(few.x_train)), max(1, facts["images"] // len(few.x_train)))
    recipe = Recipe(**facts["recipe"])
    recipe = dataclasses.replace(recipe, learning_rate=facts["rate"], epochs=1 if dry else recipe.epochs)
    parts = {"x_train": few.x_train[repeated], "y_train": few.y_train[repeated]}
    parts |= {"x_val": validation[0][:500], "y_val": validation[1][:500]}
    model, _ = training.train(recipe, dataclasses.replace(few, **parts), seed, progress=False)
    scores = {"rate": facts["rate"], "trainable": _count(model.trainable_weights)}
    return scores | _accuracies(model, [part for part in (validation, test) if part])


def _accuracies(model: keras.Model, parts: list) -> dict:
    found = [float(np.mean(model.predict(x, batch_size=250, verbose=0).argmax(axis=1) == y)) for x, y in parts]
    return {name: round(value, 4) for name, value in zip(("validation_accuracy", "test_accuracy"), found)}


def _count(weights: list) -> int:
    return sum(int(np.prod(weight.shape)) for weight in weights)
