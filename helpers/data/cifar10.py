"""CIFAR-10 as it is published: binary files of records, a label and the three colour planes of an image each.

Format: https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from helpers.data import download
from helpers.data.split import stratified_split

NAME = "cifar10"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
VALIDATION_IMAGES = 5_000
PLANE = 32 * 32
RECORD = 1 + 3 * PLANE


def read(validation: bool) -> dict[str, Any]:
    """The fields of a Dataset. Raises DatasetError where the files cannot be had."""
    files = download.files(NAME)
    records, test = _records(files["training"]), _records(files["test"])
    kept, held_out = stratified_split(_labels(records), VALIDATION_IMAGES if validation else 0)
    return {
        "class_names": CLASSES,
        "x_train": _images(records, kept),
        "y_train": _labels(records)[kept],
        "x_val": _images(records, held_out),
        "y_val": _labels(records)[held_out],
        "x_test": _images(test, np.arange(len(test))),
        "y_test": _labels(test),
    }


def _records(paths: list[Path]) -> np.ndarray:
    """All records of some files, (n, 3073) uint8, read straight into one array."""
    sizes = [path.stat().st_size for path in paths]
    for path, size in zip(paths, sizes):
        if size % RECORD:
            raise ValueError(f"{path} has {size:,} bytes, which is not a whole number of records of {RECORD:,} bytes.")
    records = np.empty((sum(sizes) // RECORD, RECORD), np.uint8)
    begin = 0
    for path, size in zip(paths, sizes):
        with open(path, "rb") as file:
            file.readinto(records[begin : begin + size // RECORD])
        begin += size // RECORD
    return records


def _labels(records: np.ndarray) -> np.ndarray:
    return records[:, 0].astype(np.int64)


def _images(records: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The images of some rows, (n, 32, 32, 3): three colour planes each become one plane of three colours.

    500 at a time, so that what is picked out and transposed stays in the processor's cache.
    """
    pixels = np.empty((len(rows), PLANE, 3), np.uint8)
    for begin in range(0, len(rows), 500):
        some = records[rows[begin : begin + 500], 1:]
        for colour in range(3):
            pixels[begin : begin + 500, :, colour] = some[:, colour * PLANE : (colour + 1) * PLANE]
    return pixels.reshape(-1, 32, 32, 3)
