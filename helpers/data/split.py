"""Which training images are held out for validation."""

from __future__ import annotations

import numpy as np


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
