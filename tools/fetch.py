"""Fetch CIFAR-10 into data/ ahead of a class: ``python -m tools.fetch``."""

from __future__ import annotations

import sys

from tools import environment


def main() -> int:
    environment.enter()

    from helpers import data

    try:
        dataset = data.load("cifar10")
    except (OSError, ValueError) as error:
        print(error)
        return 1
    print(
        f"CIFAR-10 is there: {len(dataset.x_train):,} training, {len(dataset.x_val):,} validation and "
        f"{len(dataset.x_test):,} test images."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
