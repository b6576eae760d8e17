"""Lesson 12: what depth costs without a shortcut, and a residual network that is better than lesson 11's."""

from __future__ import annotations

import dataclasses

from helpers import models
from helpers.recipe import Recipe
from tools.studies.engine import Asks, Trial, study, together
from tools.studies.search import best, best_rate

DEPTHS = {8: 3, 20: 9, 44: 21}  # layers with weights: blocks
IMAGES, EPOCHS = 10_000, 5
TIMED_IMAGES = 10_000


def deep(blocks: int, shortcut: bool) -> Recipe:
    """The recipe of one depth; its learning rate is where the search begins."""
    return Recipe(
        "deep_cnn",
        "Adam",
        0.003,
        64,
        EPOCHS,
        {"blocks": blocks, "shortcut": shortcut},
        schedule="cosine",
        flip="alternating",
    )


def _deep(depth: int, shortcut: bool) -> Asks:
    """The best learning rate of one network, the same search for all, then two more seeds by it."""
    recipe = deep(DEPTHS[depth], shortcut)
    label = f"{'residual' if shortcut else 'plain'}, {depth} layers"

    def trial(rate: float, seed: int = 0) -> Trial:
        return Trial(dataclasses.replace(recipe, learning_rate=rate), seed, label, IMAGES)

    rate = yield from best_rate(trial, recipe.learning_rate)
    yield [trial(rate, seed) for seed in (1, 2)]


@study()
def depth_and_shortcuts() -> Asks:
    """Plain and residual networks of 8, 20 and 44 layers, equal work and equal search for the rate; three seeds."""
    yield from together(*(_deep(depth, shortcut) for depth in DEPTHS for shortcut in (False, True)))


STAGES = {"64, 96 at the end": [[48], [64, 96]], "96, 64 at the end": [[48], [96, 64]]}
FASTER = 0.05  # than the recipe's rate of Muon, 0.02
SHORT = {"epochs": 12, "small_epochs": 6}


@study()
def residual_candidates() -> Asks:
    """Which widths, then which rate of Muon, for residual_cnn: twelve epochs of one seed each, on validation."""
    recipe = dataclasses.replace(models.RECIPES["residual_cnn"], **SHORT)
    plans = list(STAGES.values())
    records = yield [
        Trial(dataclasses.replace(recipe, options={"stages": plan}), 0, label) for label, plan in STAGES.items()
    ]
    chosen = plans[int(best(records, range(len(plans))))]
    faster = dataclasses.replace(recipe, options={"stages": chosen}, kernel_rate=FASTER)
    yield [Trial(faster, 0, f"kernel rate {FASTER}")]


def with_other_network() -> Recipe:
    """The recipe of residual_cnn for improved_cnn, which has no layers in bfloat16."""
    return dataclasses.replace(models.RECIPES["residual_cnn"], model="improved_cnn", options={}, bfloat16=False)


@study()
def same_recipe() -> Asks:
    """improved_cnn by the recipe of residual_cnn: how much of the gain is the recipe's; three seeds, test set once."""
    yield [Trial(with_other_network(), seed, "improved_cnn, new recipe", final=True) for seed in (0, 1, 2)]


@study(timed=True)
def residual_seconds() -> Asks:
    """Seconds for an epoch of improved_cnn and residual_cnn by their recipes, in turns; three rounds."""
    residual = models.RECIPES["residual_cnn"]
    recipes = {
        "improved_cnn": models.RECIPES["improved_cnn"],
        "improved_cnn, new recipe": with_other_network(),
        "residual_cnn": residual,
        "residual_cnn in float32": dataclasses.replace(residual, bfloat16=False),
    }
    yield [
        Trial(recipe, turn, label, TIMED_IMAGES, function="tools.bench.epochs:timed")
        for turn in (0, 1, 2)
        for label, recipe in recipes.items()
    ]
