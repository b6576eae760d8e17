"""How the seconds of an epoch grow with images, filters, pixels and cores, on whole images by the recipe "fast90"."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import statistics
import subprocess
import sys

from helpers import start

with start.quiet():
    import numpy as np

    start.no_pauses()

from helpers import places
from tools.bench import epochs

ROUNDS = 2
USUAL = {"images": 10_000, "width": 1.0, "side": 32, "cores": 2}
# One of them changes at a time.
VALUES: dict[str, tuple[float, ...]] = {
    "images": (5_000, 10_000, 20_000, 50_000),
    "width": (0.5, 1.0, 2.0),
    "side": (16, 24, 32, 48),
    "cores": (1, 2),
}


def growth_part(rounds: int = ROUNDS, values: dict[str, tuple[float, ...]] | None = None) -> dict:
    """The record: what grows -> its value -> seconds of an epoch in each round; and the exponent of each.

    ``width`` multiplies all filters. The exponent is the slope of a line through the logarithms of the medians: 1 where
    seconds grow in proportion, 2 where they grow with the square.
    """
    values = values or {name: each for name, each in VALUES.items() if name != "cores" or _can_choose_cores()}
    seconds: dict[str, dict[str, list[float]]] = {
        name: {str(value): [] for value in each} for name, each in values.items()
    }
    for _ in range(rounds):
        for name, each in values.items():
            for value in each:
                seconds[name][str(value)].append(round(_in_own_process(USUAL | {name: value}), 2))
    exponents = {name: exponent(rows) for name, rows in seconds.items()}
    for name, rows in seconds.items():
        medians = ", ".join(f"{value}: {statistics.median(row):.1f} s" for value, row in rows.items())
        print(f"{name:7} {medians}; exponent {exponents[name]:.2f}", flush=True)
    return {"seconds": seconds, "exponents": exponents, "usual": USUAL}


def exponent(rows: dict[str, list[float]]) -> float:
    """The power of the value with which the median of its seconds grows."""
    medians = [statistics.median(row) for row in rows.values()]
    slope, _ = np.polyfit(np.log([float(value) for value in rows]), np.log(medians), 1)
    return round(float(slope), 2)


def _can_choose_cores() -> bool:
    return hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) >= max(VALUES["cores"])


def _in_own_process(case: dict) -> float:
    """Seconds of one epoch of the case; TensorFlow counts the cores that its process may use, once."""
    cores = sorted(os.sched_getaffinity(0))[: case["cores"]] if _can_choose_cores() else None
    choose = functools.partial(os.sched_setaffinity, 0, cores) if cores else None
    command = [sys.executable, "-m", "tools.bench.growth", json.dumps(case)]
    done = subprocess.run(command, cwd=places.ROOT, capture_output=True, text=True, preexec_fn=choose)
    if done.returncode:
        raise RuntimeError(f"Measuring {case} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


# In the process of its own.


def measure(case: dict) -> float:
    """Seconds for one epoch of as many images as the case has."""
    recipe = epochs.recipe_of(epochs.WHOLE)
    widths = [round(case["width"] * width) for width in recipe.options["widths"]]
    recipe = dataclasses.replace(recipe, options=recipe.options | {"widths": widths})
    return epochs.epoch_seconds(recipe, case["images"], case["side"]) * case["images"] / epochs.EPOCH


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
