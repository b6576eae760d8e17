"""Seconds per epoch of the named recipes, in turns; each in a process of its own, which finds fresh memory.

Beside them, seconds of an epoch and of a whole training in PyTorch.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from helpers import start

with start.quiet():
    import numpy as np
    import tensorflow as tf

    start.no_pauses()

from helpers import anatomy, data, models, places, records, training
from helpers.recipe import Recipe
from tools.provenance import provenance
from tools.studies import lesson15

EPOCH = 50_000  # images: all that CIFAR-10 has for training
IMAGES = 10_000  # that are trained on in fact: the start of an epoch, some hundredths of a second, counts five times
PARTS_IMAGES = 3_000  # fewer where differences are looked at, to which the start adds nothing
CEILING = "matrix product"
PYTORCH = "fast90, whole, PyTorch"
COMPILED = "fast90, whole, PyTorch compiled"
AIRBENCH = "airbench94_muon, PyTorch"
WHOLE = "fast90, whole images"  # what PyTorch is to be compared with
UNIT = "deeper_cnn"


def names() -> dict[str, str]:
    """What is measured, in this order -> its precision: bfloat16 where a recipe allows it and the processor has it."""
    beside = [WHOLE, PYTORCH] if pytorch_is_there() else []
    named = {name: models.precision(recipe) for name, recipe in models.RECIPES.items()}
    return named | dict.fromkeys(beside, models.precision())


def training_part(rounds: int = 2, images: int = IMAGES) -> dict:
    """The record of all names, which take turns over some rounds; prints a line for each.

    ``ceiling`` is what a product of large matrices reaches, in GFLOP/s. ``units`` are epochs of ``deeper_cnn`` by its
    recipe in float32.
    """
    wanted = names()
    # Before every name, as the ceiling of a shared machine moves too.
    seconds, ceilings = _in_turns(wanted, rounds, images, beside=CEILING)
    ceiling = {precision: max(values) for precision, values in ceilings.items()}
    unit = statistics.median(seconds[UNIT])
    rows = {}
    print(f"{'an epoch of 50,000 images':27} {'seconds':>8} {'units':>6} {'GFLOP/s':>8} {'of ceiling':>10}", flush=True)
    for name, precision in wanted.items():
        middle = statistics.median(seconds[name])
        rate = flops(name) * EPOCH / middle / 1e9
        rows[name] = {
            "precision": precision,
            "seconds": [round(value, 2) for value in seconds[name]],
            "units": round(middle / unit, 3),
            "gflops": round(rate, 1),
            "share_of_ceiling": round(rate / ceiling[precision], 3),
        }
        print(f"{name:27} {middle:8.1f} {middle / unit:6.2f} {rate:8.0f} {rate / ceiling[precision]:10.0%}", flush=True)
    print(f"{'seconds to':27}", *(f"{mark:>7}" for mark in records.MARKS))
    for name in rows:
        when = records.seconds_to(name, statistics.median(seconds[name]))
        print(f"{name:27}", *(f"{when.get(mark, '–'):>7}" for mark in records.MARKS), flush=True)
    return {
        "epochs": rows,
        "ceiling_gflops": {precision: round(value, 1) for precision, value in ceiling.items()},
        "images": images,
    }


def fast_parts(rounds: int = 2, images: int = PARTS_IMAGES) -> dict:
    """The record of the earlier "fast90" with one thing changed, all in turns: label -> seconds for 50,000 images."""
    labels = dict.fromkeys(lesson15.FAST_PARTS | lesson15.FAST_IDEAS, models.precision())
    seconds, _ = _in_turns(labels, rounds, images)
    for label, values in seconds.items():
        print(f"{label:32}", *(f"{value:7.1f} s" for value in values), flush=True)
    return {
        "epochs": {label: [round(value, 2) for value in values] for label, values in seconds.items()},
        "images": images,
    }


def pytorch_is_there() -> bool:
    return bool(importlib.util.find_spec("torch"))


def peer_part(rounds: int = 3, images: int = IMAGES) -> dict:
    """The record of "fast90" on whole images here and with the same work in PyTorch, eager and compiled, in turns.

    ``ratio`` is our median by the lower of theirs. Raises SystemExit where PyTorch is missing.
    """
    seconds, facts = _beside_pytorch((WHOLE, PYTORCH, COMPILED), rounds, images)
    for name, values in seconds.items():
        print(f"{name:32}", *(f"{value:7.1f} s" for value in values), flush=True)
    ours, *theirs = map(statistics.median, seconds.values())
    print(f"ours takes {ours / min(theirs):.2f} of the quicker one's seconds", flush=True)
    return {
        "epochs": {name: [round(value, 2) for value in values] for name, values in seconds.items()},
        "ratio": round(ours / min(theirs), 3),
        **facts,
    }


def airbench_part(rounds: int = 3, images: int = IMAGES) -> dict:
    """The record of "fast94" and airbench94_muon in PyTorch, in turns: seconds of a whole training each.

    Both by the seconds of an epoch, views included. ``ratio`` is our median by theirs. Raises SystemExit where PyTorch
    is missing.
    """
    seconds, facts = _beside_pytorch(("fast94", AIRBENCH), rounds, images)
    seconds["fast94"] = [max(records.seconds_to("fast94", epoch).values()) for epoch in seconds["fast94"]]
    for name, values in seconds.items():
        print(f"{name:32}", *(f"{value:7.0f} s" for value in values), flush=True)
    ours, theirs = map(statistics.median, seconds.values())
    print(f"ours takes {ours / theirs:.2f} of its seconds", flush=True)
    return {
        "seconds": {name: [round(value, 1) for value in values] for name, values in seconds.items()},
        "ratio": round(ours / theirs, 3),
        **facts,
    }


def _beside_pytorch(names: tuple[str, ...], rounds: int, images: int) -> tuple[dict, dict]:
    """What each of the names takes in each round, and the facts that both records share."""
    if not pytorch_is_there():
        raise SystemExit("PyTorch is not installed here, so there is no peer to measure: pip install torch.")
    seconds, _ = _in_turns(dict.fromkeys(names, models.precision()), rounds, images)
    facts = {"images": images, "precision": models.precision(), "torch": provenance("torch")["versions"]["torch"]}
    return seconds, facts


def _in_turns(wanted: dict[str, str], rounds: int, images: int, beside: str = "") -> tuple[dict, dict]:
    """What each of the wanted takes in each round; and, before each of them, what ``beside`` does in its precision."""
    seconds: dict[str, list[float]] = {name: [] for name in wanted}
    others: dict[str, list[float]] = {precision: [] for precision in set(wanted.values())}
    for _ in range(rounds):
        for name, precision in wanted.items():
            if beside:
                others[precision].append(_in_own_process(beside, precision, images))
            seconds[name].append(_in_own_process(name, precision, images))
    return seconds, others


def recipe_of(name: str) -> Recipe:
    """The recipe behind a name or a label; that of whole images for the comparison with PyTorch."""
    if name in (WHOLE, PYTORCH, COMPILED):
        return dataclasses.replace(models.RECIPES["fast90"], small_epochs=0)
    return models.RECIPES.get(name) or lesson15.changed_fast90(name)


def flops(name: str) -> float:
    """Those of one image in a training step (``anatomy.step_flops``): a mean where some epochs have small images."""
    recipe = recipe_of(name)
    whole, share = anatomy.step_flops(models.from_recipe(recipe)), recipe.small_epochs / recipe.epochs
    if not share:
        return whole
    small = models.from_recipe(recipe, (recipe.small_side, recipe.small_side, 3))
    return (1 - share) * whole + share * anatomy.step_flops(small)


def _in_own_process(what: str, precision: str, images: int) -> float:
    module = ["tools.bench.epochs", what, precision, str(images)]
    in_pytorch = {PYTORCH: [], COMPILED: ["compiled"], AIRBENCH: ["airbench"]}
    if what in in_pytorch:
        module = ["tools.bench.pytorch", str(images), *in_pytorch[what]]
    command = [sys.executable, "-m", *module]
    done = subprocess.run(command, cwd=places.ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"Measuring {what} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


# In the process of its own.


def measure(what: str, precision: str, images: int) -> float:
    """Seconds for an epoch of 50,000 images; for the matrix product GFLOP/s in that precision."""
    if what == CEILING:
        return ceiling(precision)
    return epoch_seconds(recipe_of(what), images)


def epoch_seconds(recipe: Recipe, images: int, side: int = 32) -> float:
    """Seconds for an epoch of 50,000 images by a recipe, a mean over its small and its whole ones."""
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (images, side, side, 3), np.uint8)
    y = generator.integers(0, 10, images)
    dataset = data.Dataset("noise", data.CIFAR10_CLASSES, x, y, x[:0], y[:0], x[:0], y[:0])
    # The first epoch of either size builds the graph.
    small = 2 if recipe.small_epochs else 0
    short = dataclasses.replace(recipe, epochs=small + 2, small_epochs=small)
    with tempfile.TemporaryDirectory() as folder:
        _, history = training.train(short, dataset, progress=False, backups=Path(folder))
    share = recipe.small_epochs / recipe.epochs
    epoch = share * history["seconds"][1] + (1 - share) * history["seconds"][-1]
    return epoch * EPOCH / images


def timed(payload: dict, folder: Path) -> dict:
    """The record of a study's trial: seconds for an epoch of 50,000 images by its recipe."""
    began, recipe = time.perf_counter(), Recipe(**payload["recipe"])
    epoch = epoch_seconds(recipe, payload["images"])
    return {
        # Not "recipe": what was trained is thrown away, and has no history.
        "timed_recipe": recipe.as_dict(),
        "seed": payload["seed"],
        "epoch_seconds": round(epoch, 2),
        "seconds": round(time.perf_counter() - began, 1),
        "dataset": "noise",
        "training_images": payload["images"],
        "precision": models.precision(recipe),
        **provenance("tensorflow", "keras", "numpy"),
    }


def ceiling(precision: str, side: int = 2048, repeats: int = 8) -> float:
    """The best of some products of two square matrices, in GFLOP/s."""
    dtype = tf.float32 if precision == "float32" else tf.bfloat16
    a, b = (tf.cast(tf.random.normal((side, side)), dtype) for _ in range(2))
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        tf.matmul(a, b)[0, 0].numpy()
        seconds.append(time.perf_counter() - began)
    return 2 * side**3 / min(seconds) / 1e9


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("precision", nargs="?", default="float32", help="of the matrix product")
    parser.add_argument("images", nargs="?", type=int, default=IMAGES)
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.name, arguments.precision, arguments.images)))
