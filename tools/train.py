"""Train named models on CIFAR-10 and store weights, histories and results: ``python -m tools.train [NAME ...]``.

The names are those of ``helpers/models.py``, with 5,000 of the 50,000 training images held out, and of the recipes
in ``helpers/fast.py``, which were chosen on held-out images and are then trained on all of them.

Every finished seed is kept under ``build/runs`` and every finished epoch under ``build/training``, so that a
training that was interrupted goes on where it stopped. ``data/trained`` gets the weights of the first seed and
the figures of all of them.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import time
from pathlib import Path

from tools import environment

if __name__ == "__main__":
    # Before the imports below, which need what this installs.
    environment.enter()

from helpers import start

with start.quiet():
    import keras
    import numpy as np

    start.no_pauses()

from helpers import data, fast, models, training

RECIPES = models.RECIPES | fast.FAST_RECIPES
RUNS = training.ROOT / "build" / "runs"


def fresh(name: str) -> keras.Sequential:
    """The network of any name, freshly initialised."""
    return fast.FAST_RECIPES[name].build(None) if name in fast.FAST_RECIPES else models.build(name)


def run(name: str, dataset: data.Dataset, seed: int, runs: Path = RUNS) -> dict:
    """One training by the recipe, or its stored run when it is there. The test set is used once, here."""
    recipe = RECIPES[name]
    stem = f"{name}-{seed}-{training.fingerprint(recipe, fresh(name), dataset)}"
    record = runs / f"{stem}.json"
    if record.is_file():
        return json.loads(record.read_text())
    if name in fast.FAST_RECIPES:
        model, history = fast.train_fast(dataset.x_train, dataset.y_train, recipe, seed)
        began = time.perf_counter()
        answers = recipe.answer(model, dataset.x_test)
        scores = {
            "views_seconds": time.perf_counter() - began,
            "test_accuracy": float(np.mean(answers.argmax(axis=1) == dataset.y_test)),
            "test_by_views": fast.accuracy_by_views(model, dataset.x_test, dataset.y_test, fast.VIEWS),
        }
    else:
        model, history = training.train(name, dataset, seed)
        scores = {"test_accuracy": training.accuracy(model, dataset.x_test, dataset.y_test)}
    weights = runs / f"{stem}.weights.h5"
    training.save_weights(model, weights)
    result = {
        "seed": seed,
        "history": history,
        **scores,
        "weights": weights.name,
        "machine": training.machine(),
        "precision": fast.precision() if name in fast.FAST_RECIPES else "float32",
        "versions": {package: importlib.metadata.version(package) for package in ("tensorflow", "keras", "numpy")},
    }
    training.write_json(record, result)
    return result


def store(name: str, dataset: data.Dataset, results: list[dict], runs: Path = RUNS) -> dict:
    """Write the runs of one model into ``data/trained``; returns its record."""
    # The sources' protocol with all images stands beside ours; that of a fast recipe is its own.
    beside = name in models.BUILDERS and not len(dataset.x_val)
    key = f"{name}_{len(dataset.x_train)}" if beside else name
    histories = [result["history"] for result in results]
    record = {
        "dataset": dataset.name,
        "training_images": len(dataset.x_train),
        "parameters": fresh(name).count_params(),
        "recipe": RECIPES[name].as_dict(),
        "epochs": len(histories[0]["loss"]),
        "seeds": [result["seed"] for result in results],
        "train_accuracy": [round(history["accuracy"][-1], 4) for history in histories],
        "validation_accuracy": [round(h["val_accuracy"][-1], 4) for h in histories if h["val_accuracy"]],
        "test_accuracy": [round(result["test_accuracy"], 4) for result in results],
        **{key: [result[key] for result in results] for key in ("test_by_views", "views_seconds") if key in results[0]},
        "seconds_per_epoch": [round(sum(h["seconds"]) / len(h["seconds"]), 1) for h in histories],
        "machine": results[0]["machine"],
        "precision": results[0].get("precision", "float32"),
        "versions": results[0]["versions"],
    }
    if not beside:
        weights = (runs / results[0]["weights"]).read_bytes()
        training.TRAINED.mkdir(parents=True, exist_ok=True)
        (training.TRAINED / f"{name}.weights.h5").write_bytes(weights)
        record["weights_sha256"] = hashlib.sha256(weights).hexdigest()
    training.store_entry(training.TRAINED / "results.json", key, record)
    rounded = {
        str(result["seed"]): {k: [round(v, 4) for v in values] for k, values in result["history"].items()}
        for result in results
    }
    training.store_entry(training.TRAINED / "histories.json", key, rounded)
    return record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(models.BUILDERS), help="models; all when left out")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--all-images", action="store_true", help="the sources' protocol: 50,000, none held out")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in RECIPES:
            parser.error(f"there is no model {name!r}. The names are: {', '.join(RECIPES)}.")
    for name in arguments.names:
        dataset = data.load("cifar10", validation=not (arguments.all_images or name in fast.FAST_RECIPES))
        results = []
        for seed in arguments.seeds:
            print(f"{name}, seed {seed}", flush=True)
            results.append(run(name, dataset, seed))
            # Stored after every seed: what is finished is never lost.
            record = store(name, dataset, results)
            print(f"{name}: test accuracy {record['test_accuracy']}", flush=True)
            keras.backend.clear_session()


if __name__ == "__main__":
    main()
