"""A training of your own: a named recipe with other epochs or on another dataset, in a folder of its own.

``python -m tools train NAME --epochs N --out FOLDER`` writes ``model.weights.h5`` and ``training.json`` there, never
over a stored record. Every finished epoch is kept below the folder, so that the same command goes on after a stop.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
from pathlib import Path

import keras

from helpers import data, models, places, records, training
from helpers.recipe import Recipe
from helpers.records import schema
from tools.provenance import provenance

WEIGHTS, RECORD, UNFINISHED = "model.weights.h5", "training.json", "unfinished"
# What a folder and a command must have in common to be the same training.
SAME = ("name", "recipe", "dataset", "seed", "all_images")


def main(arguments: argparse.Namespace) -> int:
    """Train one recipe with one seed into a folder; ends with a sentence where that cannot be."""
    names, seeds = arguments.names, arguments.seeds or [0]
    if len(names) != 1 or len(seeds) != 1:
        raise SystemExit("--out takes one model with one seed: python -m tools train guide_cnn --epochs 3 --out mine")
    if arguments.replace:
        raise SystemExit("--replace is about stored records; for another training of your own, name another folder.")
    try:
        recipe = models.RECIPES[models.known(names[0])]
        if arguments.epochs is not None:
            recipe = dataclasses.replace(recipe, epochs=arguments.epochs)
        _check(Path(arguments.out))  # before the images are fetched
        dataset = data.load(arguments.dataset or "cifar10", validation=not arguments.all_images)
        run(names[0], recipe, dataset, seeds[0], Path(arguments.out), arguments.all_images)
    except (ValueError, FloatingPointError, data.DatasetError) as error:
        raise SystemExit(str(error)) from None
    return 0


def run(name: str, recipe: Recipe, dataset: data.Dataset, seed: int, folder: Path, all_images: bool = False) -> dict:
    """Train, unless the folder holds this very training; returns its record.

    Raises ValueError for a folder that holds another training or other files, or belongs to the stored records.
    """
    about = {"name": name, "recipe": recipe.as_dict(), "dataset": dataset.name, "seed": seed, "all_images": all_images}
    begun = _begun(folder, about)
    if begun.get("weights_sha256"):
        print(f"{folder} holds this training already: test accuracy {begun['test_accuracy']:.2%}.")
        return begun
    schema.write_json(folder / RECORD, about)
    print(f"{name}: {recipe.epochs} epochs of {len(dataset.x_train):,} images of {dataset.name}", flush=True)
    model, history = training.train(recipe, dataset, seed, backups=folder / UNFINISHED, keep_backup=True)
    record = about | {
        "parameters": model.count_params(),
        "training_images": len(dataset.x_train),
        "history": {key: [round(value, 4) for value in values] for key, values in history.items()},
        "test_accuracy": round(training.accuracy(model, dataset.x_test, dataset.y_test), 4),
        **provenance("tensorflow", "keras", "numpy"),
        "weights_sha256": records.save_weights(model, folder / WEIGHTS),
    }
    schema.write_json(folder / RECORD, record)
    training.backup_of(recipe, model, dataset, seed, folder / UNFINISHED).remove()
    with contextlib.suppress(OSError):
        (folder / UNFINISHED).rmdir()
    print(f"Test accuracy {record['test_accuracy']:.2%}. Weights and history are in {folder}.")
    print(f"Look at it: python -m tools show results --from {folder}")
    return record


def load(folder: Path) -> tuple[keras.Model, data.Dataset, dict]:
    """The trained model of a folder, its dataset and its record; ValueError where the folder does not hold them."""
    path = folder / RECORD
    if not path.is_file():
        raise ValueError(f"{folder} holds no training: there is no {RECORD} in it. {_how(folder)}")
    record = _read(path)
    if "weights_sha256" not in record:
        raise ValueError(f"The training in {folder} is not finished: call its command again, and it goes on.")
    weights = folder / WEIGHTS
    if not weights.is_file() or hashlib.sha256(weights.read_bytes()).hexdigest() != record["weights_sha256"]:
        raise ValueError(f"{weights} is missing, or not what {RECORD} says. {_how(folder)}")
    recipe = Recipe(**record["recipe"])
    dataset = data.load(record["dataset"], validation=not record["all_images"])
    classes = len(dataset.class_names)
    model = models.from_recipe(recipe, dataset.x_train.shape[1:], classes, models.precision(recipe))
    model.load_weights(weights)
    return model, dataset, record


def _check(folder: Path) -> None:
    """ValueError where a training cannot go: stored records, a file, a folder with other files in it."""
    if folder.resolve().is_relative_to(places.TRAINED.resolve()):
        raise ValueError(f"{folder} belongs to the stored records of the project: choose a folder elsewhere.")
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: name a folder.")
    if folder.exists() and any(folder.iterdir()) and not (folder / RECORD).is_file():
        raise ValueError(f"{folder} holds other files and no training: name a new folder, or an empty one.")


def _begun(folder: Path, about: dict) -> dict:
    """The record of the same training in the folder, empty where the folder is; ValueError for anything else."""
    _check(folder)
    if not folder.exists() or not any(folder.iterdir()):
        return {}
    record = _read(folder / RECORD)
    if others := [field for field in SAME if record[field] != about[field]]:
        asked, there = about[others[0]], record[others[0]]
        what = others[0]
        if what == "recipe":
            what = next(key for key in asked | there if asked.get(key) != there.get(key))
            asked, there = asked.get(what), there.get(what)
        raise ValueError(
            f"{folder} holds another training: its {what} is {there}, you asked for {asked}. Name another folder, or "
            "call the command that began it."
        )
    return record


def _read(path: Path) -> dict:
    try:
        record = dict(schema.read_json(path))
    except ValueError as error:
        # What the project's own records are advised does not help here.
        raise ValueError(f"{str(error).removesuffix(schema.AGAIN).strip()} {_how(path.parent)}") from None
    if missing := [field for field in SAME if field not in record]:
        raise ValueError(f"{path} is no record of a training: it has no {missing[0]!r}. {_how(path.parent)}")
    return record


def _how(folder: Path) -> str:
    return f"python -m tools train NAME --epochs N --out FOLDER trains one; remove what is in {folder.name} first."
