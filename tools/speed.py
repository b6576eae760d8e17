"""Seconds per epoch of the named models and the fast recipes: ``python -m tools.speed NAME`` measures one of them.

``python -m tools.bench training`` calls this for all, each in a process of its own: whether products are computed in
bfloat16 is settled when TensorFlow is imported. ``python -m tools.bench fast_parts`` does the same for the recipe
"fast90" with one thing changed.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
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
    import numpy as np
    import tensorflow as tf

    start.no_pauses()

from helpers import anatomy, data, fast, models, training
from tools import experiments, train

EPOCH = 50_000  # pictures: all that CIFAR-10 has for training
PICTURES = 3_000  # that are trained on in fact
CEILING = "matrix product"
PYTORCH = "fast90 in PyTorch"
MODE = "ONEDNN_DEFAULT_FPMATH_MODE"
UNIT = "deeper_cnn"
MARKS = (0.7, 0.8, 0.85, 0.9, 0.92, 0.94)  # accuracies that a training is to reach


def names() -> dict[str, bool]:
    """What is measured, in this order -> whether in bfloat16: our recipes where the processor has it."""
    bfloat16 = start.bfloat16_products()
    sources = {name: False for name in models.BUILDERS if name != "improved_cnn"}
    ours = dict.fromkeys(("improved_cnn", *fast.FAST_RECIPES), bfloat16)
    return sources | ours | ({PYTORCH: bfloat16} if importlib.util.find_spec("torch") else {})


def measured(rounds: int = 2, pictures: int = PICTURES) -> dict:
    """The record of all names, which take turns over some rounds; prints a line for each.

    ``ceiling`` is what a product of large matrices reaches, in GFLOP/s. ``units`` are epochs of ``deeper_cnn`` by its
    recipe in float32. A training step counts three passes forward: one forward, and two as long for the slopes.
    ``seconds_to`` are those of a stored training, had every epoch of it taken as long as here.
    """
    wanted = names()
    # Before every name, as the ceiling of a shared machine moves too.
    seconds, ceilings = _in_turns(wanted, rounds, pictures, beside=CEILING)
    ceiling = {bfloat16: max(values) for bfloat16, values in ceilings.items()}
    unit = statistics.median(seconds[UNIT])
    rows = {}
    print(
        f"{'an epoch of 50,000 pictures':27} {'seconds':>8} {'units':>6} {'GFLOP/s':>8} {'of ceiling':>10}", flush=True
    )
    for name, bfloat16 in wanted.items():
        middle = statistics.median(seconds[name])
        rate = 6 * macs("fast90" if name == PYTORCH else name) * EPOCH / middle / 1e9
        rows[name] = {
            "precision": "bfloat16" if bfloat16 else "float32",
            "seconds": [round(value, 2) for value in seconds[name]],
            "units": round(middle / unit, 3),
            "gflops": round(rate, 1),
            "share_of_ceiling": round(rate / ceiling[bfloat16], 3),
            "seconds_to": seconds_to(name, middle),
        }
        print(f"{name:27} {middle:8.1f} {middle / unit:6.2f} {rate:8.0f} {rate / ceiling[bfloat16]:10.0%}", flush=True)
    print(f"{'seconds to':27}", *(f"{mark:7.0%}" for mark in MARKS))
    for name, row in rows.items():
        print(f"{name:27}", *(f"{row['seconds_to'].get(f'{mark:.0%}', '–'):>7}" for mark in MARKS), flush=True)
    return {
        "epochs": rows,
        "ceiling_gflops": {("bfloat16" if key else "float32"): round(value, 1) for key, value in ceiling.items()},
        "pictures": pictures,
    }


def seconds_to(name: str, epoch: float, stored: Path = training.TRAINED) -> dict[str, int]:
    """Accuracies of ``MARKS`` -> seconds until the stored trainings of that name reached them, as a mean over seeds.

    ``epoch`` is seconds for 50,000 pictures. By validation accuracy after each epoch where there is one; a recipe that
    was trained on all pictures is looked at once, at its end, on the test set and with its views. Marks that were not
    reached are left out.
    """
    record = training.stored_result(name, stored)
    if not record:
        return {}
    histories = training.stored_histories(name, stored).values()
    epoch *= record["training_pictures"] / EPOCH
    if record["validation_accuracy"]:
        reached = np.mean([history["val_accuracy"] for history in histories], axis=0)
        when = epoch * np.arange(1, len(reached) + 1)
    else:
        reached = np.mean(record["test_accuracy"], keepdims=True)
        views = np.mean(np.divide(record["views_seconds"], record["seconds_per_epoch"]))
        when = [epoch * (record["epochs"] + views)]
    first = {mark: next((second for second, one in zip(when, reached) if one >= mark), None) for mark in MARKS}
    return {f"{mark:.0%}": round(second) for mark, second in first.items() if second}


def parts(rounds: int = 2, pictures: int = PICTURES) -> dict:
    """The record of "fast90" with one thing changed, all in turns: label -> seconds for 50,000 pictures."""
    labels = dict.fromkeys(experiments.FAST_PARTS | experiments.FAST_IDEAS, start.bfloat16_products())
    seconds, _ = _in_turns(labels, rounds, pictures)
    for label, values in seconds.items():
        print(f"{label:32}", *(f"{value:7.1f} s" for value in values), flush=True)
    return {
        "epochs": {label: [round(value, 2) for value in values] for label, values in seconds.items()},
        "pictures": pictures,
    }


def _in_turns(wanted: dict[str, bool], rounds: int, pictures: int, beside: str = "") -> tuple[dict, dict]:
    """What each of the wanted takes in each round; and, before each of them, what ``beside`` does in its precision."""
    seconds: dict[str, list[float]] = {name: [] for name in wanted}
    others: dict[bool, list[float]] = {bfloat16: [] for bfloat16 in set(wanted.values())}
    for _ in range(rounds):
        for name, bfloat16 in wanted.items():
            if beside:
                others[bfloat16].append(_in_own_process(beside, bfloat16, pictures))
            seconds[name].append(_in_own_process(name, bfloat16, pictures))
    return seconds, others


def macs(name: str) -> int:
    """Multiply-accumulate operations of one picture on its way forward."""
    return sum(row.macs for row in anatomy.layers(train.fresh(name)))


def _in_own_process(what: str, bfloat16: bool, pictures: int) -> float:
    mode = {key: value for key, value in os.environ.items() if key != MODE} | ({MODE: "BF16"} if bfloat16 else {})
    call = ["tools.speed_pytorch"] if what == PYTORCH else ["tools.speed", what]
    command = [sys.executable, "-m", *call, str(pictures)]
    done = subprocess.run(command, cwd=training.ROOT, env=mode, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"Measuring {what} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


# In the process of its own.


def measure(what: str, pictures: int) -> float:
    """Seconds for an epoch of 50,000 pictures; for the matrix product GFLOP/s."""
    if what == CEILING:
        return ceiling()
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (pictures, 32, 32, 3), np.uint8)
    y = generator.integers(0, 10, pictures)
    if what not in models.RECIPES:
        recipe = fast.FAST_RECIPES.get(what) or experiments.changed_fast90(what)
        recipe = dataclasses.replace(recipe, epochs=2)
        history = fast.train_fast(x, y, recipe, progress=False)[1]["seconds"]
    else:
        recipe = dataclasses.replace(models.RECIPES[what], epochs=2)
        dataset = data.Dataset("noise", data.CIFAR10_CLASSES, x, y, x[:0], y[:0], x[:0], y[:0])
        with tempfile.TemporaryDirectory() as folder:
            _, all_of_it = training.train(what, dataset, recipe=recipe, progress=False, backups=Path(folder))
        history = all_of_it["seconds"]
    # The first epoch builds the graph.
    return history[1] * EPOCH / pictures


def ceiling(side: int = 2048, repeats: int = 8) -> float:
    """The best of some products of two square matrices, in GFLOP/s."""
    a, b = (tf.random.normal((side, side)) for _ in range(2))
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        tf.matmul(a, b)[0, 0].numpy()
        seconds.append(time.perf_counter() - began)
    return 2 * side**3 / min(seconds) / 1e9


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else PICTURES)))
