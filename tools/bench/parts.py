"""The parts of the benchmark, and where their records go."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from helpers import start

with start.quiet():
    import matplotlib.pyplot as plt
    import tensorflow as tf

from helpers import places, records
from tools.bench import epochs, growth, jobs, peers, profile, trials, ways
from tools.provenance import provenance


def explain_part() -> dict:
    """The record of lesson 08's jobs: slow ways against ours, and captum against ours where it is installed."""
    record = jobs.jobs(jobs.explain_part())
    if peers.captum_is_there():
        theirs = peers.captum(*jobs.explained(images=12))
        record["captum"] = {"jobs": theirs, "versions": provenance("torch", "captum")["versions"]}
    return record


PARTS: dict[str, Callable[[], dict]] = {
    "explain": explain_part,
    "training": epochs.training_part,
    "fast_parts": epochs.fast_parts,
    "profile": profile.profile_part,
    "ways": ways.ways_part,
    "peer": epochs.peer_part,
    "airbench": epochs.airbench_part,
    "growth": growth.growth_part,
    "executor": trials.executor_part,
}


def measured(part: str) -> dict:
    """Measure one part and return its record."""
    print(part, flush=True)
    where = provenance("tensorflow", "keras", "numpy", "matplotlib")
    return PARTS[part]() | {"command": f"python -m tools bench {part}"} | where


def main(arguments: argparse.Namespace) -> int:
    """Measure the parts that are named, or all, and store each under its name."""
    parts = arguments.parts or [part for part in PARTS if part not in ("peer", "airbench") or epochs.pytorch_is_there()]
    for part in parts:
        if part not in PARTS:
            raise SystemExit(f"There is no part {part!r}. The names are: {', '.join(PARTS)}.")
    start.lesson()
    plt.switch_backend("agg")
    # It warns of slow ways, which is what they are here for.
    tf.get_logger().setLevel("ERROR")
    for part in parts:
        file = places.TRAINED / "benchmarks" / f"{part}.json"
        records.write_json(file, measured(part))
        print(f"stored in {file}", flush=True)
    return 0
