"""Lesson 06: learning rates, batch sizes with and without a rate of their own, and a rate that falls to zero."""

from __future__ import annotations

import dataclasses

from helpers import models
from tools.studies.engine import Asks, Trial, study, together
from tools.studies.search import best_rate


@study()
def learning_rates() -> Asks:
    """The same three epochs of source C's model with learning rates from far too low to far too high."""
    recipe = dataclasses.replace(models.RECIPES["plain_cnn"], epochs=3)
    yield [Trial(dataclasses.replace(recipe, learning_rate=rate)) for rate in (0.00001, 0.0001, 0.001, 0.01, 0.1)]


@study(timed=True)
def batch_size() -> Asks:
    """Batch 10 (source R), 32 (source C) and 128 (source W) in accuracy and in seconds, else all the same.

    The sizes take turns, and none of the runs is shared with another study, so that their seconds compare.
    """
    recipe = dataclasses.replace(models.RECIPES["plain_cnn"], epochs=3)
    yield [Trial(dataclasses.replace(recipe, batch_size=size), seed) for seed in (1, 2) for size in (10, 32, 128)]


@study()
def batch_rates() -> Asks:
    """Batch 10, 32 and 128, each with the learning rate that suits it, on a part of the training images.

    Source C's model, five epochs on 10,000 images. Each size gets its rate by the same search on validation with seed
    0; three fresh seeds then run at it.
    """
    yield from together(*map(_with_its_rate, (10, 32, 128)))


def _with_its_rate(size: int) -> Asks:
    recipe = dataclasses.replace(models.RECIPES["plain_cnn"], batch_size=size, epochs=5)

    def trial(rate: float, seed: int = 0) -> Trial:
        return Trial(dataclasses.replace(recipe, learning_rate=rate), seed, images=10_000)

    rate = yield from best_rate(trial, 0.001)
    yield [trial(rate, seed) for seed in (1, 2, 3)]


@study()
def gentle_end() -> Asks:
    """Source S's first model by its recipe, but with a learning rate that falls to zero (also for lesson 04).

    The stored seeds of the recipe itself, with its nearly constant rate, are what this is compared with.
    """
    recipe = dataclasses.replace(models.RECIPES["strided_cnn"], schedule="cosine", decay=0.0)
    yield [Trial(recipe, seed, final=True) for seed in (0, 1, 2)]
