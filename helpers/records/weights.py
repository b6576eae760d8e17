"""Stored weights: loaded once they are known to be those of their record, or trained here where there are none."""

import hashlib
import os
from pathlib import Path

import keras

from helpers import models, places, training
from helpers.data import Dataset
from helpers.records import read, schema


def stored_model(name: str) -> tuple[keras.Model, dict[str, list[float]]]:
    """The named model with its stored weights, and their history; ValueError where files are missing or do not fit."""
    recipe, record = models.RECIPES[models.known(name)], read.result(name)
    if not record or "weights_seed" not in record:
        raise ValueError(f"{places.TRAINED} holds no weights of {name}. Train it: python -m tools train {name}")
    model, path = models.from_recipe(recipe, policy=models.precision(recipe)), places.TRAINED / f"{name}.weights.h5"
    if not path.is_file():
        raise ValueError(f"{path.name} is missing from {path.parent}. {schema.AGAIN}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != record["weights_sha256"]:
        raise ValueError(f"{path} is damaged or not ours: its SHA-256 is not what its record says. {schema.AGAIN}")
    if record["recipe"] != recipe or record["parameters"] != model.count_params():
        raise ValueError(
            f"{path} was trained by another recipe or for another architecture than helpers/models now has "
            f"({record['recipe']}, {record['parameters']:,} parameters). {schema.AGAIN}"
        )
    model.load_weights(path)
    return model, read.histories(name)[record["weights_seed"]]


def trained(name: str, dataset: Dataset, retrain: bool = False) -> tuple[keras.Model, dict[str, list[float]]]:
    """The named model, trained by its recipe, and its history.

    On CIFAR-10 with as many training images as the stored training had, both are ``stored_model``'s; elsewhere, or with
    ``retrain=True``, the model is trained here, and kept under ``build/`` for the next time.
    """
    recipe, record = models.RECIPES[models.known(name)], read.result(name)
    x, classes = dataset.x_train, len(dataset.class_names)
    if record and not retrain and (dataset.name, len(x)) == (record["dataset"], record["training_images"]):
        return stored_model(name)
    model = models.from_recipe(recipe, x.shape[1:], classes, models.precision(recipe))
    weights = places.BUILD / "trained" / f"{name}-{training.fingerprint(recipe, model, dataset)}.weights.h5"
    history_file = weights.with_suffix(".json")
    if not retrain and weights.is_file() and history_file.is_file():
        try:
            history = schema.read_json(history_file)
            model.load_weights(weights)
            return model, history
        except Exception as error:  # whatever is wrong with the file, training gives it again
            print(f"{weights.name} under build/ cannot be read ({type(error).__name__}): training it anew.", flush=True)
    model, history = training.train(recipe, dataset)
    save_weights(model, weights)
    schema.write_json(history_file, history)
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
