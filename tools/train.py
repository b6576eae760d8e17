"""Train named recipes on CIFAR-10 and store them: ``python -m tools train NAME ...``.

A recipe of a tutorial holds 5,000 of the 50,000 training images out; the fast ones were chosen on held-out images and
are then trained on all of them. Every finished seed is stored at once, with its machine and versions, so seeds may be
trained one after the other, or on many machines; every finished epoch is kept under ``build/training``, so that a
training that was interrupted goes on where it stopped. The weights are those of one seed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path

from helpers import start

with start.quiet():
    import keras  # noqa: F401  once without TensorFlow's first lines

from helpers import models, places
from helpers.recipe import Recipe
from helpers.records import schema
from helpers.records.schema import write_json
from tools import executor
from tools.studies.command import available
from tools.studies.engine import Trial


def main(arguments: argparse.Namespace) -> int:
    """Train what is missing of the named recipes and seeds, or one into a folder of its own."""
    if arguments.out:
        from tools import own_training

        return own_training.main(arguments)
    if arguments.epochs is not None or arguments.dataset:
        raise SystemExit("--epochs and --dataset need --out FOLDER: stored records keep to their recipe and CIFAR-10.")
    names = arguments.names or [name for name in models.RECIPES if name not in models.FAST]
    for name in names:
        if name not in models.RECIPES:
            raise SystemExit(f"There is no model {name!r}. The names are: {', '.join(models.RECIPES)}.")
    available("cifar10")
    with executor.connect(arguments.scheduler, arguments.workers) as engine:
        return run(names, arguments.seeds or [0, 1, 2], engine, arguments.all_images, arguments.replace)


def run(
    names: list[str],
    seeds: list[int],
    engine: executor.Executor,
    all_images: bool = False,
    replace: bool = False,
    dataset: str = "cifar10",
) -> int:
    """Train the seeds that are not stored, or all with ``replace``; returns 1 when one of them failed.

    Raises SystemExit for stored seeds of another recipe, unless these are to be replaced.
    """
    jobs, homes = [], {}
    for name in names:
        recipe, folder = models.RECIPES[name], folder_of(name, all_images)
        stored = stored_seeds(folder)
        others = [seed for seed, record in stored.items() if record["recipe"] != recipe]
        if others and not replace:
            raise SystemExit(
                f"Seeds {others} of {name} are stored from another recipe than helpers/models now has. Call this with "
                "--replace: once the first new seed is there, theirs are removed."
            )
        missing = [seed for seed in seeds if replace or seed not in stored]
        for seed in sorted(set(seeds) - set(missing)):
            print(f"{name}, seed {seed}: stored, not trained again (--replace does it)", flush=True)
        # The weights stay with the seed that has them.
        owners = [seed for seed, record in stored.items() if "weights_sha256" in record and seed not in others]
        owner = next(iter(owners + missing), None)
        for seed in missing:
            # The sources' protocol with all images stands beside ours; that of a fast recipe is its own.
            weights = folder.name == name and seed == owner
            held_out = not (all_images or name in models.FAST)
            trial = Trial(recipe, seed, name, final=True, validation=held_out, weights=weights)
            job = executor.Job(f"{folder.name}, seed {seed}", trial.function, trial.payload(dataset, dry=False))
            jobs.append(job)
            homes[job.key] = (folder, recipe, seed)
    failed = False
    for outcome in engine.run(jobs, "trainings", dataset):
        folder, recipe, seed = homes[outcome.job.key]
        if outcome.problem:
            failed = True
            print(outcome.problem, flush=True)
            continue
        if not outcome.record["history"]["loss"]:
            failed = True
            print(f"{outcome.job.key}: its loss was no number, so it is not stored.", flush=True)
            continue
        keep(folder, recipe, seed, outcome.record, outcome.files.get("model.weights.h5"))
        print(f"{outcome.job.key}: test accuracy {outcome.record['test_accuracy']:.2%}", flush=True)
    return int(failed)


def folder_of(name: str, all_images: bool) -> Path:
    """Where the records of a recipe are; those of a tutorial's model on all images have a folder of their own."""
    beside = all_images and name not in models.FAST
    return places.TRAINED / "trainings" / (f"{name}_50000" if beside else name)


def stored_seeds(folder: Path) -> dict[int, dict]:
    """The records of a folder by their seed."""
    records = [schema.read(path) for path in folder.glob("*.json")]
    return {record["seed"]: record for record in records}


def keep(folder: Path, recipe: Recipe, seed: int, record: dict, weights: bytes | None) -> None:
    """Store one seed, and its weights where it has any; seeds of another recipe cannot stay beside it."""
    for path in folder.glob("*.json"):
        if schema.read(path)["recipe"] != recipe:
            path.unlink()
    if weights:
        record = record | {"weights_sha256": hashlib.sha256(weights).hexdigest()}
        part = places.TRAINED / f"{folder.name}.weights.h5.part"
        part.write_bytes(weights)
        os.replace(part, places.TRAINED / f"{folder.name}.weights.h5")
    write_json(folder / f"seed-{seed}.json", record)
