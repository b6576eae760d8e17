"""Seconds per epoch of the named models and the fast recipes: ``python -m tools.speed NAME`` measures one of them.

``python -m tools.bench training`` calls this for all, each in a process of its own, so that none finds the memory as
another one left it. ``python -m tools.bench fast_parts`` does it for an earlier "fast90" with one thing changed.
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

from tools import environment

if __name__ == "__main__":
    # Before the imports below, which need what this installs.
    environment.enter()

from helpers import start

with start.quiet():
    import keras
    import numpy as np
    import tensorflow as tf

    start.no_pauses()

from helpers import anatomy, data, fast, models, training
from tools import experiments, train

EPOCH = 50_000  # images: all that CIFAR-10 has for training
IMAGES = 10_000  # that are trained on in fact: the start of an epoch, some hundredths of a second, counts five times
PARTS_IMAGES = 3_000  # fewer where differences are looked at, to which the start adds nothing
CEILING = "matrix product"
PYTORCH = "fast90, whole, PyTorch"
WHOLE = "fast90, whole images"  # what PyTorch is to be compared with
UNIT = "deeper_cnn"


def names() -> dict[str, str]:
    """What is measured, in this order -> its precision: the fast recipes in bfloat16 where the processor has it."""
    fast_ones = [*fast.FAST_RECIPES, *([WHOLE, PYTORCH] if importlib.util.find_spec("torch") else [])]
    return dict.fromkeys(models.BUILDERS, "float32") | dict.fromkeys(fast_ones, fast.precision())


def measured(rounds: int = 2, images: int = IMAGES) -> dict:
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
    print(f"{'seconds to':27}", *(f"{mark:>7}" for mark in training.MARKS))
    for name in rows:
        when = training.seconds_to(name, statistics.median(seconds[name]))
        print(f"{name:27}", *(f"{when.get(mark, '–'):>7}" for mark in training.MARKS), flush=True)
    return {
        "epochs": rows,
        "ceiling_gflops": {precision: round(value, 1) for precision, value in ceiling.items()},
        "images": images,
    }


def parts(rounds: int = 2, images: int = PARTS_IMAGES) -> dict:
    """The record of the earlier "fast90" with one thing changed, all in turns: label -> seconds for 50,000 images."""
    labels = dict.fromkeys(experiments.FAST_PARTS | experiments.FAST_IDEAS, fast.precision())
    seconds, _ = _in_turns(labels, rounds, images)
    for label, values in seconds.items():
        print(f"{label:32}", *(f"{value:7.1f} s" for value in values), flush=True)
    return {
        "epochs": {label: [round(value, 2) for value in values] for label, values in seconds.items()},
        "images": images,
    }


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


def flops(name: str) -> float:
    """Multiplications and additions of one image in a training step, as lesson 10 counts them.

    Each layer computes its outputs, the slopes of its weights if it is trained, and those of its inputs if a layer
    before it is: as many multiplications and additions each. A mean over epochs where some have small images.
    """
    if name in (WHOLE, PYTORCH):
        return _step_flops(train.fresh("fast90"))
    whole, recipe = _step_flops(train.fresh(name)), fast.FAST_RECIPES.get(name)
    if not recipe or not recipe.small_epochs:
        return whole
    share = recipe.small_epochs / recipe.epochs
    return (1 - share) * whole + share * _step_flops(recipe.build(None, (recipe.small_side,) * 2 + (3,)))


def _step_flops(model: keras.Model) -> int:
    total, trained_before = 0, False
    for layer, row in zip(model.layers, anatomy.layers(model), strict=True):
        trained = bool(layer.trainable_weights)
        total += 2 * row.macs * (1 + trained + trained_before)
        trained_before = trained_before or trained
    return total


def _in_own_process(what: str, precision: str, images: int) -> float:
    call = ["tools.speed_pytorch"] if what == PYTORCH else ["tools.speed", what, precision]
    command = [sys.executable, "-m", *call, str(images)]
    done = subprocess.run(command, cwd=training.ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"Measuring {what} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


# In the process of its own.


def measure(what: str, precision: str, images: int) -> float:
    """Seconds for an epoch of 50,000 images, in the precision that it chooses; for the matrix product GFLOP/s."""
    if what == CEILING:
        return ceiling(precision)
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (images, 32, 32, 3), np.uint8)
    y = generator.integers(0, 10, images)
    if what not in models.RECIPES:
        label = "without small images" if what == WHOLE else what
        recipe = fast.FAST_RECIPES.get(what) or experiments.changed_fast90(label)
        small = 2 if recipe.small_epochs else 0
        short = dataclasses.replace(recipe, epochs=small + 2, small_epochs=small)
        history = fast.train_fast(x, y, short, progress=False)[1]["seconds"]
        share = recipe.small_epochs / recipe.epochs
        # The first epoch of either size builds the graph.
        epoch = share * history[1] + (1 - share) * history[-1]
    else:
        recipe = dataclasses.replace(models.RECIPES[what], epochs=2)
        dataset = data.Dataset("noise", data.CIFAR10_CLASSES, x, y, x[:0], y[:0], x[:0], y[:0])
        with tempfile.TemporaryDirectory() as folder:
            _, all_of_it = training.train(what, dataset, recipe=recipe, progress=False, backups=Path(folder))
        epoch = all_of_it["seconds"][1]
    return epoch * EPOCH / images


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
