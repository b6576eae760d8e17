"""Lesson 06: learning rates, batch sizes, and a learning rate that falls to zero."""

from __future__ import annotations

import dataclasses

from helpers import models
from tools.studies.engine import Asks, Trial, study


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
def gentle_end() -> Asks:
    """Source S's first model by its recipe, but with a learning rate that falls to zero (also for lesson 04).

    The stored seeds of the recipe itself, with its nearly constant rate, are what this is compared with.
    """
    recipe = dataclasses.replace(models.RECIPES["strided_cnn"], schedule="cosine", decay=0.0)
    yield [Trial(recipe, seed, final=True) for seed in (0, 1, 2)]
