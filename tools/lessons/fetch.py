"""Fetch CIFAR-10, or find it, and check it."""

from __future__ import annotations

import argparse


def main(arguments: argparse.Namespace) -> int:
    """Say how many images there are; 1 when they could not be had."""
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
