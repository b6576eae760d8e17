"""How much of an accuracy needs no label but those of the last, linear layer? One trial of ``sparse_coding``."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import RidgeClassifier
from sklearn.preprocessing import StandardScaler

from helpers.teaching import sparse
from tools.studies.trained import common, dataset_of

AMOUNTS = (5_000, 15_000, 45_000)
DRY = {"atoms": 8, "patches": 300}


def coded(payload: dict, folder: Path) -> dict:
    """Validation accuracy of a linear classifier on sparse codes, by the number of labels that it has learnt from."""
    dataset, seed, facts = dataset_of(payload), payload["seed"], payload["facts"]
    began = time.perf_counter()
    amounts = (50, 100) if payload["dry"] else AMOUNTS
    sizes = facts | DRY if payload["dry"] else facts
    flat = sparse.patches(dataset.x_train, sizes["patches"], seed)
    whitening = sparse.whitening(flat)
    white = whitening.transform(flat)
    if facts["dictionary"] == "learnt":
        chosen = sparse.dictionary(white, sizes["atoms"], seed=seed)
    else:
        # The patches come from random positions already.
        chosen = white[: sizes["atoms"]] / np.linalg.norm(white[: sizes["atoms"]], axis=1, keepdims=True)
    x, x_val = (
        sparse.features(images, whitening, chosen, facts["threshold"]) for images in (dataset.x_train, dataset.x_val)
    )
    scores = {}
    for amount in amounts:
        scaler = StandardScaler().fit(x[:amount])
        classifier = RidgeClassifier(alpha=amount / 2).fit(scaler.transform(x[:amount]), dataset.y_train[:amount])
        scores[str(amount)] = round(float(classifier.score(scaler.transform(x_val), dataset.y_val)), 4)
    return {
        "seed": seed,
        **{name: sizes[name] for name in ("atoms", "patches", "threshold")},
        "validation_by_images": scores,
        "seconds": round(time.perf_counter() - began, 1),
        **common(dataset, "scikit-learn"),
    }
