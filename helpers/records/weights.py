"""Stored weights: loaded once they are known to be those of their record, or trained here where there are none."""

import hashlib
import os
from pathlib import Path

import keras

from helpers import models, places, training
from helpers.data import Dataset
from helpers.models import efficientnet_lite
from helpers.records import read, schema


def stored_model(name: str) -> tuple[keras.Model, dict[str, list[float]]]:
    """The named model with its stored weights, and their history; ValueError where files are missing or do not fit."""
    recipe, record = models.RECIPES[models.known(name)], read.result(name)
    path = places.TRAINED / f"{name}.weights.h5"
    if not record or "weights_seed" not in record:
        if path.exists():
            raise ValueError(f"{path} belongs to none of the records of {name}: none has a SHA-256. {schema.AGAIN}")
        raise ValueError(f"{places.TRAINED} holds no weights of {name}. Train it: python -m tools train {name}")
    model = models.from_recipe(recipe, policy=models.precision(recipe))
    if not path.is_file():
        raise ValueError(f"{path.name} is missing from {path.parent}. {schema.AGAIN}")
    if _sha256(path) != record["weights_sha256"]:
        raise ValueError(f"{path} is damaged or not ours: its SHA-256 is not what its record says. {schema.AGAIN}")
    if record["recipe"] != recipe or record["parameters"] != model.count_params():
        raise ValueError(
            f"{path} was trained by another recipe or for another architecture than helpers/models now has "
            f"({record['recipe']}, {record['parameters']:,} parameters). {schema.AGAIN}"
        )
    model.load_weights(path)
    return model, read.histories(name)[record["weights_seed"]]


def pretrained(side: int = efficientnet_lite.SIDE, top: bool = False) -> keras.Model:
    """EfficientNet-Lite0 as it has learnt ImageNet; its record, ``pretrained.json``, says who trained it, and where.

    (n, side, side, 3) of 0 to 255 -> 1,280 features, or, with ``top``, 1,000 logits, in the order of
    ``imagenet_classes``. ValueError where a file is missing or not the stored one.
    """
    model = efficientnet_lite.efficientnet_lite0(side, top)
    digests = _pretrained()["sha256"]
    _load(keras.Model(model.inputs[0], model.get_layer("features").output), "efficientnet_lite0", digests)
    if top:
        last = keras.Sequential([keras.Input((efficientnet_lite.FEATURES,)), model.layers[-1]])
        _load(last, "efficientnet_lite0_top", digests)
    return model


def imagenet_classes() -> list[str]:
    """The names of the 1,000 classes that the network behind ``pretrained`` distinguishes."""
    return _pretrained()["classes"]


def _pretrained() -> dict:
    return schema.read_json(places.TRAINED / "pretrained.json")


def _load(model: keras.Model, name: str, digests: dict[str, str]) -> None:
    path = places.TRAINED / f"{name}.weights.h5"
    if not path.is_file():
        raise ValueError(f"{path.name} is missing from {path.parent}. {schema.AGAIN}")
    if _sha256(path) != digests[path.name]:
        raise ValueError(f"{path} is damaged or not ours: its SHA-256 is not what pretrained.json says. {schema.AGAIN}")
    model.load_weights(path)


def trained(name: str, dataset: Dataset, retrain: bool = False) -> tuple[keras.Model, dict[str, list[float]]]:
    """The named model, trained by its recipe, and its history.

    On CIFAR-10 with as many training images as the stored training had, both are ``stored_model``'s; elsewhere, or with
    ``retrain=True``, the model is trained here, and kept under ``build/`` for the next time.
    """
    recipe, record = models.RECIPES[models.known(name)], None if retrain else read.result(name)
    x, classes = dataset.x_train, len(dataset.class_names)
    if record and (dataset.name, len(x)) == (record["dataset"], record["training_images"]):
        return stored_model(name)
    model = models.from_recipe(recipe, x.shape[1:], classes, models.precision(recipe))
    mark = training.fingerprint(recipe, model, dataset)
    weights = places.BUILD / "trained" / f"{name}-{mark}.weights.h5"
    memory = weights.with_suffix(".json")
    if not retrain and (os.path.exists(weights) or os.path.exists(memory)):
        try:
            kept = schema.read_json(memory)
            schema.check_history(memory, kept["history"])
            if (kept["fingerprint"], kept["sha256"]) != (mark, _sha256(weights)):
                raise ValueError(f"{weights} does not have the SHA-256 that {memory.name} says.")
            model.load_weights(weights)
            return model, kept["history"]
        except Exception as error:  # whatever is wrong with the files, training gives them again
            print(f"{weights.name} under build/ cannot be used ({type(error).__name__}): trained anew.", flush=True)
    stored = f" (stored weights: {record['training_images']:,} images of {record['dataset']})" if record else ""
    print(f"{name}: training {recipe.epochs} epochs of {len(x):,} images of {dataset.name}{stored}.", flush=True)
    model, history = training.train(recipe, dataset)
    try:
        digest = save_weights(model, weights)
        schema.write_json(memory, {"fingerprint": mark, "sha256": digest, "history": history})
    except Exception as error:  # a full disk, a folder that may not be written: the training itself is not lost
        print(f"{name} is trained, but cannot be kept: {error}. The next time it is trained anew.", flush=True)
    return model, history


def save_weights(model: keras.Model, path: Path) -> str:
    """Write the weights, without the optimizer's state, whole or not at all; returns the SHA-256 of the file."""
    clean = keras.models.clone_model(model)
    clean.set_weights(model.get_weights())
    clean.optimizer = None  # Keras 3.15 clones it too, older versions don't
    with schema.replacing(path) as part:
        clean.save_weights(part)
        return _sha256(part)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
