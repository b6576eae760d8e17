"""``python -m tools study NAME ...``."""

from __future__ import annotations

import argparse
from pathlib import Path

from helpers import start

with start.quiet():
    import keras  # noqa: F401  once without TensorFlow's first lines

from helpers import data, places
from tools import executor
from tools.studies import (  # noqa: F401  each registers its studies
    exports,
    lesson05,
    lesson06,
    lesson11,
    lesson12,
    lesson13,
    lesson14,
    lesson15,
    lesson16,
)
from tools.studies.engine import STUDIES, conduct

DRY_FOLDER = places.BUILD / "dry_runs"


def main(arguments: argparse.Namespace) -> int:
    """Run the studies that are named, or list all of them."""
    if arguments.list:
        width = max(map(len, STUDIES)) + 2
        print("\n".join(f"{name:<{width}}{study.first_line}" for name, study in STUDIES.items()))
        return 0
    names = arguments.names or list(STUDIES)
    for name in names:
        if name not in STUDIES:
            raise SystemExit(f"There is no study {name!r}. The names are: {', '.join(STUDIES)}.")
    dataset = "shapes10" if arguments.dry_run else "cifar10"
    available(dataset)
    folder = DRY_FOLDER if arguments.dry_run else places.TRAINED / "studies"
    with executor.connect(arguments.scheduler, arguments.workers) as engine:
        try:
            found = conduct(names, engine, dataset, folder, arguments.dry_run, arguments.replace)
        except RuntimeError as error:
            raise SystemExit(str(error)) from None
    for name, records in found.items():
        print(f"{name}: {len(records)} records in {relative(folder / name)}", flush=True)
    return 0


def available(dataset: str) -> None:
    """End with a sentence when the dataset cannot be had, before anything is trained."""
    try:
        data.load(dataset)
    except data.DatasetError as error:
        raise SystemExit(str(error)) from None


def relative(path: Path) -> str:
    """A path below the project as it is named there."""
    return str(path.relative_to(places.ROOT)) if path.is_relative_to(places.ROOT) else str(path)
