"""CIFAR-10 as it is published: binary files of records, a label and the three colour planes of an image each.

Format: https://www.cs.toronto.edu/~kriz/cifar.html
"""

from pathlib import Path
from typing import Any

import numpy as np

from helpers.data import download

NAME = "cifar10"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
VALIDATION_IMAGES = 5_000
RECORD = 1 + 3 * 32 * 32


def read(validation: bool) -> dict[str, Any]:
    """The fields of a Dataset. Raises DatasetError where the files cannot be had."""
    files = download.files(NAME)
    records, test = _records(files["training"]), _records(files["test"])
    kept, held_out = stratified_split(_labels(records), VALIDATION_IMAGES if validation else 0)
    return {
        "class_names": CLASSES,
        "x_train": _images(records[kept]),
        "y_train": _labels(records)[kept],
        "x_val": _images(records[held_out]),
        "y_val": _labels(records)[held_out],
        "x_test": _images(test),
        "y_test": _labels(test),
    }


def stratified_split(labels: np.ndarray, held_out: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Indices (kept, held_out), both in ascending order, with the same share of every class held out.

    Raises ValueError when ``held_out`` does not divide evenly over the classes.
    """
    classes = np.unique(labels)
    per_class, rest = divmod(held_out, len(classes))
    if rest:
        raise ValueError(f"{held_out} images do not divide evenly over {len(classes)} classes.")
    generator = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), dtype=bool)
    for label in classes:
        members = np.flatnonzero(labels == label)
        chosen[generator.choice(members, per_class, replace=False)] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _records(paths: list[Path]) -> np.ndarray:
    return np.concatenate([np.fromfile(path, np.uint8) for path in paths]).reshape(-1, RECORD)


def _labels(records: np.ndarray) -> np.ndarray:
    return records[:, 0].astype(np.int64)


def _images(records: np.ndarray) -> np.ndarray:
    """(n, 32, 32, 3): three colour planes each become one plane of three colours."""
    return np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
