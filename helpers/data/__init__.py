"""Datasets: ``load(name)`` gives uint8 images and integer labels, split into training, validation and test.

``photo(path)`` reads an image file of your own. Another dataset is another module with a NAME and a function
``read(validation)``, and, where its files are fetched, an entry in ``data/manifest.json``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from helpers.data import cifar10, shapes10
from helpers.data.cifar10 import CLASSES as CIFAR10_CLASSES
from helpers.data.download import DatasetError
from helpers.data.photo import photo
from helpers.data.split import stratified_split

__all__ = ["CIFAR10_CLASSES", "DATASETS", "Dataset", "DatasetError", "load", "photo", "stratified_split"]

# The first is what "auto" means; the last is drawn, so it can be had everywhere.
DATASETS = {module.NAME: module.read for module in (cifar10, shapes10)}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images (n, 32, 32, 3) uint8 and labels (n,) int64 of one dataset.

    ``masks_*`` (n, 32, 32) bool say where the object is; they are None where nobody knows (CIFAR-10).
    """

    name: str
    class_names: tuple[str, ...]
    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    masks_train: np.ndarray | None = None
    masks_val: np.ndarray | None = None
    masks_test: np.ndarray | None = None


def load(name: str = "auto", validation: bool = True) -> Dataset:
    """The dataset "cifar10" or "shapes10"; "auto" is the one that the variable CNN_DATASET names.

    Where CNN_DATASET is not set, "auto" is CIFAR-10, or Shapes-10 with a message when CIFAR-10 cannot be had.
    ``validation=False`` keeps all training images together, in their original order, and ``x_val`` empty.

    Raises DatasetError when CIFAR-10 was asked for by name and cannot be had, ValueError for an unknown name.
    """
    named = os.environ.get("CNN_DATASET", "") if name == "auto" else name
    first, *_, last = DATASETS
    if named in DATASETS:
        return Dataset(named, **DATASETS[named](validation))
    known = ", ".join(map(repr, DATASETS))
    if name != "auto":
        raise ValueError(f"There is no dataset {name!r}: choose one of {known} or 'auto'.")
    if named:
        raise ValueError(f"CNN_DATASET is {named!r}: set it to one of {known}, or unset it.")
    try:
        return load(first, validation)
    except DatasetError as error:
        print(f"{error}\nUntil then this goes on with Shapes-10: drawn images of the same size, ten other classes.")
        return load(last, validation)
