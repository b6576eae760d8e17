"""Datasets: ``load(name)`` gives uint8 pictures and integer labels, split into training, validation and test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent.parent / "data"
PICTURE_SHAPE = (32, 32, 3)
VALIDATION_PICTURES = 5_000
SPLIT_SEED = 0


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures (n, 32, 32, 3) uint8 and labels (n,) int64 of one dataset.

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


CIFAR10_CLASSES = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())


def stratified_split(labels: np.ndarray, held_out: int, seed: int = SPLIT_SEED) -> tuple[np.ndarray, np.ndarray]:
    """Indices (kept, held_out), both in ascending order, with the same share of every class held out.

    Raises ValueError when ``held_out`` does not divide evenly over the classes.
    """
    classes = np.unique(labels)
    per_class, rest = divmod(held_out, len(classes))
    if rest:
        raise ValueError(f"{held_out} pictures do not divide evenly over {len(classes)} classes.")
    generator = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), dtype=bool)
    for label in classes:
        members = np.flatnonzero(labels == label)
        chosen[generator.choice(members, per_class, replace=False)] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def read_batch(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """One file of CIFAR-10's binary format: pictures (n, 32, 32, 3) uint8 and labels (n,) int64.

    A record is one label byte, then 1,024 red, 1,024 green and 1,024 blue bytes, rows first.
    """
    records = np.fromfile(path, dtype=np.uint8).reshape(-1, 1 + 3 * 32 * 32)
    pictures = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pictures), records[:, 0].astype(np.int64)


def load(name: str = "auto", validation: bool = True) -> Dataset:
    folder = DATA / "cifar-10-batches-bin"
    parts = [read_batch(folder / f"data_batch_{i}.bin") for i in range(1, 6)]
    x, y = (np.concatenate(column) for column in zip(*parts))
    x_test, y_test = read_batch(folder / "test_batch.bin")
    kept, held = stratified_split(y, VALIDATION_PICTURES if validation else 0)
    return Dataset("cifar10", CIFAR10_CLASSES, x[kept], y[kept], x[held], y[held], x_test, y_test)
