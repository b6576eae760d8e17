"""Compute the studies of lesson 09 that are no single training: ``python -m tools.studies [STUDY ...]``.

A study is a function that calls ``keep(facts, compute)`` for every record it wants; ``compute`` runs only where no
record with these facts is there yet. The records land beside those of ``tools.experiments``, and each is also kept
under ``build/runs``, so that a study that was interrupted goes on. Everything is scored on validation images.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from tools import environment

if __name__ == "__main__":
    # Before the imports below, which need what this installs.
    environment.enter()

import numpy as np
from sklearn.linear_model import RidgeClassifier
from sklearn.preprocessing import StandardScaler

from helpers import start

with start.quiet():
    import keras

    start.no_pauses()

from helpers import data, models, training
from helpers.teaching import sparse
from tools import experiments

Keep = Callable[[dict, Callable[[], dict]], dict]


# Sparse coding: how much of an accuracy needs no label but those of the last, linear layer?

DICTIONARIES = ("learnt", "random patches")
ATOMS, PATCHES, THRESHOLD = 400, 50_000, 0.5
LINEAR_AMOUNTS = (5_000, 15_000, 45_000)


def sparse_coding(dataset: data.Dataset, keep: Keep, dry: bool = False) -> None:
    """A linear classifier on sparse codes, from dictionaries that are learnt or consist of patches drawn at random.

    The dictionary sees all training images and no label, the classifier the first 5,000, 15,000 or all of them.
    """
    atoms, patches, amounts = (8, 300, (50, 100)) if dry else (ATOMS, PATCHES, LINEAR_AMOUNTS)
    for seed in (0, 1):
        for label in DICTIONARIES:
            facts = {"label": label, "seed": seed, "atoms": atoms, "patches": patches, "threshold": THRESHOLD}
            keep(facts, functools.partial(_coded, dataset, label, seed, atoms, patches, amounts))


def _coded(
    dataset: data.Dataset, label: str, seed: int, atoms: int, patches: int, amounts: tuple[int, ...]
) -> dict[str, dict]:
    flat = sparse.patches(dataset.x_train, patches, seed)
    whitening = sparse.whitening(flat)
    white = whitening.transform(flat)
    if label == "learnt":
        chosen = sparse.dictionary(white, atoms, seed=seed)
    else:
        # The patches come from random places already.
        chosen = white[:atoms] / np.linalg.norm(white[:atoms], axis=1, keepdims=True)
    x, x_val = (sparse.features(images, whitening, chosen, THRESHOLD) for images in (dataset.x_train, dataset.x_val))
    scores = {}
    for amount in amounts:
        scaler = StandardScaler().fit(x[:amount])
        classifier = RidgeClassifier(alpha=amount / 2).fit(scaler.transform(x[:amount]), dataset.y_train[:amount])
        scores[str(amount)] = round(float(classifier.score(scaler.transform(x_val), dataset.y_val)), 4)
    return {"validation_by_images": scores}


# Transfer: what are features worth that were learnt on other classes?

KNOWN_CLASSES = 5
LABELS = (10, 50, 250)
FROZEN, TUNED, SCRATCH = WAYS = ("frozen features", "fine-tuned", "from scratch")
TRANSFER_WIDTHS = (16, 32, 64)
TRANSFER_RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
# The rates are searched with a seed, and so with images, that no reported figure uses.
SEARCH_SEED, SEARCH_LABELS = 3, 50
TRANSFER_EPOCHS = 20


def transfer(dataset: data.Dataset, keep: Keep, dry: bool = False) -> None:
    """Five classes with few labels, by a network that has learnt the other five, three seeds.

    The recipe is that of the top of ``ladder``. Every way gets the same number of steps and its own learning rate,
    searched in the same way. The range ended at 0.01 at first and was widened twice, for all ways, when frozen features
    chose its end; the figures for the old rates were known by then. They still choose the end, 0.3, by 0.0004 against
    0.1. A record has ``labels`` (a class), ``search`` and ``validation_accuracy``.
    """
    top = experiments.ladder_trials(0)[len(experiments.LADDER) - 1].recipe
    rates, labels = (TRANSFER_RATES[1:3], (4,)) if dry else (TRANSFER_RATES, LABELS)
    first = dataclasses.replace(top, epochs=1) if dry else top
    long = 1 if dry else TRANSFER_EPOCHS

    @functools.cache
    def learnt(seed: int) -> list[list[np.ndarray]]:
        """The weights of each layer of a network that has learnt the first five classes."""
        known = some_classes(dataset, 0, KNOWN_CLASSES)
        build = functools.partial(_network, known)
        model, _ = training.train("improved_cnn", known, seed, first, build, backups=_backups("known"))
        return [layer.get_weights() for layer in model.layers]

    def trial(way: str, few: int, rate: float, seed: int, search: bool) -> dict:
        def compute() -> dict:
            new = some_classes(dataset, KNOWN_CLASSES, len(dataset.class_names), few, seed, max(labels))
            recipe = dataclasses.replace(top, learning_rate=rate, batch_size=50, epochs=long)
            weights = None if way == SCRATCH else learnt(seed)
            build = functools.partial(_network, new, weights, frozen=way == FROZEN)
            model, history = training.train("improved_cnn", new, seed, recipe, build, backups=_backups(way))
            counts = {"parameters": model.count_params(), "trainable": _count(model.trainable_weights)}
            keras.backend.clear_session()
            return counts | {"validation_accuracy": round(history["val_accuracy"][-1], 4)}

        return keep({"label": way, "labels": few, "seed": seed, "rate": rate, "search": search}, compute)

    chosen = {}
    for way in WAYS:
        searched = [trial(way, min(SEARCH_LABELS, max(labels)), rate, SEARCH_SEED, True) for rate in rates]
        chosen[way] = max(searched, key=lambda record: record["validation_accuracy"])["rate"]
    for seed in (0, 1, 2):
        for few in labels:
            for way in WAYS:
                trial(way, few, chosen[way], seed, False)


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
    model = models.improved_cnn(dataset.x_train.shape[1:], len(dataset.class_names), widths=TRANSFER_WIDTHS)
    if weights is not None:
        for layer, learnt in zip(model.layers[:-1], weights):
            layer.set_weights(learnt)
            layer.trainable = not frozen
    return model


def _count(weights: list) -> int:
    return int(sum(np.prod(weight.shape) for weight in weights))


def _backups(way: str) -> Path:
    # Fine-tuned and from scratch look alike from outside: a backup of one must never go on as the other.
    return training.BACKUPS / f"transfer-{way.replace(' ', '-')}"


STUDIES: dict[str, Callable[..., None]] = {"sparse_coding": sparse_coding, "transfer": transfer}


def conduct(
    study: str,
    dataset: data.Dataset,
    runs: Path = experiments.RUNS,
    file: Path = experiments.FILE,
    dry: bool = False,
) -> list[dict]:
    """Compute the missing records of one study, storing after each; returns all of them."""
    records: list[dict] = []

    def keep(facts: dict, compute: Callable[[], dict]) -> dict:
        images = len(dataset.x_train)
        mark = json.dumps([study, facts, dataset.name, images, dry], sort_keys=True)
        stored = runs / f"{study}-{hashlib.sha256(mark.encode()).hexdigest()[:12]}.json"
        if not stored.is_file():
            print(f"{study}: {facts}", flush=True)
            began = time.perf_counter()
            computed = compute()
            seconds = {"seconds": round(time.perf_counter() - began, 1)}
            training.write_json(stored, facts | computed | seconds | _provenance(dataset))
        records.append(json.loads(stored.read_text(encoding="utf-8")))
        training.store_entry(file, study, records)
        return records[-1]

    STUDIES[study](dataset, keep, dry)
    return records


def _provenance(dataset: data.Dataset) -> dict:
    facts = {"dataset": dataset.name, "training_images": len(dataset.x_train)}
    return facts | experiments.provenance("tensorflow", "keras", "numpy", "scikit-learn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="*", default=list(STUDIES), help="studies; all when left out")
    parser.add_argument(
        "--dry-run", action="store_true", help="a few drawn images, one epoch each; stores under build/ only"
    )
    arguments = parser.parse_args()
    for study in arguments.studies:
        if study not in STUDIES:
            parser.error(f"there is no study {study!r}. The names are: {', '.join(STUDIES)}.")
    dataset, runs, file = experiments.prepared(arguments.dry_run)
    for study in arguments.studies:
        records = conduct(study, dataset, runs, file, arguments.dry_run)
        print(f"{study}: {len(records)} records in {file.relative_to(training.ROOT)}", flush=True)


if __name__ == "__main__":
    main()
