"""Lesson 15: what the parts of the fast recipes are worth, and what was tried for them."""

from __future__ import annotations

import dataclasses

from helpers import models
from helpers.recipe import Recipe
from tools.studies.engine import Asks, Trial, study

# "fast94" and "fast90" as they were when most of what follows was tried.
BEFORE = {
    "fast94": dataclasses.replace(models.RECIPES["fast94"], small_epochs=5, views=6, view_margin=None),
    "fast90": dataclasses.replace(models.RECIPES["fast90"], crop_padding=2, small_side=24),
}
# The recipe "fast90", as it was before, with one part taken out at a time: fields of the recipe, or "options".
FAST_PARTS: dict[str, dict] = {
    "all parts": {},
    "without whitening": {"options": {"whitening": False}},
    "without identity initialisation": {"options": {"identity": False}},
    "without a faster bias": {"options": {"bias_gain": 1.0}},
    "without Lookahead": {"lookahead": False},
    "without Muon": {"optimizer": "SGD", "kernel_rate": 0.0},
    "a coin for each flip": {"flip": "random"},
    "without flips": {"flip": "none"},
    "without crops": {"crop_padding": 0},
    "without small images": {"small_epochs": 0},
    "without label smoothing": {"label_smoothing": 0.0},
    "without the triangle": {"schedule": "constant"},
    "ReLU for SiLU": {"options": {"activation": "relu"}},
}
# Tried on top of it: what the trial on which the recipe rests had left open.
FAST_IDEAS: dict[str, dict] = {
    "a whitening bias": {"options": {"whitening_bias": True}},
    "GELU": {"options": {"activation": "gelu"}},
    "small images of 20 pixels": {"small_side": 20},
}
# What was tried for "fast94" and "fast90" after their first trainings on all images.
FAST_CANDIDATES: dict[str, dict[str, dict]] = {
    "fast94": {
        "as it was at first": {},
        "four of ten epochs small": {"small_epochs": 4, "views": 18, "view_margin": 1.0},
        "nine of twelve epochs small": {"epochs": 12, "small_epochs": 9},
        "a lower rate for Muon": {"kernel_rate": 0.035},
        "a higher rate for Muon": {"kernel_rate": 0.07},
        "a whitening bias": {"options": {"whitening_bias": True}},
        "crops of up to 4 pixels": {"crop_padding": 4},
    },
    "fast90": {
        "as it was before": {},
        "crops of up to 1 pixel": {"crop_padding": 1},
        "small images of 22 pixels": {"small_side": 22},
        "four of five epochs small": {"small_epochs": 4},
        "five of six epochs small": {"epochs": 6, "small_epochs": 5},
    },
}

# Tried with four of the five epochs of today's recipe: does any of it make up for the one that is missing?
FASTER90: dict[str, dict] = {
    "four epochs": {},
    "label smoothing of 0.09": {"label_smoothing": 0.09},
    "batches of 125": {"batch_size": 125, "learning_rate": 0.366 / 2, "kernel_rate": 0.057},
    "batches of 500": {"batch_size": 500, "learning_rate": 0.366 * 2, "kernel_rate": 0.113},
    "small images of 20 pixels": {"small_side": 20},
    "a lower rate for Muon": {"kernel_rate": 0.056},
    "a higher rate for Muon": {"kernel_rate": 0.113},
    "more filters late, fewer early": {"options": {"widths": [24, 96, 256]}},
}

# Tried for cheaper epochs of today's "fast90": what changes in its recipe, and facts of the trial.
CHEAPER_EPOCHS: dict[str, tuple[dict, dict]] = {
    "as it is": ({}, {}),
    "30 % of the images left out, any": ({}, {"left_out": 0.3, "which": "any"}),
    "30 % of the images left out, easy ones": ({}, {"left_out": 0.3, "which": "easy"}),
    "the same, with a sixth, small epoch": ({"epochs": 6, "small_epochs": 4}, {"left_out": 0.3, "which": "easy"}),
    "images that grow each epoch": ({"small_epochs": 0, "small_side": 0}, {"sides": [16, 20, 24, 28, 32]}),
    "first block frozen for two epochs": ({}, {"frozen_epochs": 2}),
    "pooling before the first convolution": ({"options": {"early_pooling": True}}, {}),
}

# Earlier forms of "fast95": what differs from today's, and with how many seeds each met the test set.
FORMS95: dict[str, tuple[dict, int]] = {
    "first form": ({"epochs": 16}, 1),
    "second form": ({"epochs": 16, "small_epochs": 8, "crop_padding": 3}, 3),
}


def changed(recipe: Recipe, change: dict) -> Recipe:
    """The recipe with some fields changed, and some of the network's options."""
    options = recipe.options | change.get("options", {})
    return dataclasses.replace(recipe, **change | {"options": options})


def changed_fast90(label: str) -> Recipe:
    """The earlier recipe "fast90" with what a label of ``FAST_PARTS`` or ``FAST_IDEAS`` changes."""
    return changed(BEFORE["fast90"], (FAST_PARTS | FAST_IDEAS)[label])


@study()
def fast_parts() -> Asks:
    """What each part of the earlier "fast90" is worth on validation; two seeds. Seconds: ``make bench``."""
    yield [Trial(changed_fast90(label), seed, label) for seed in (0, 1) for label in FAST_PARTS]


@study()
def fast_ideas() -> Asks:
    """What three further ideas add to the earlier "fast90" on validation; the same two seeds."""
    labels = ("all parts", *FAST_IDEAS)
    yield [Trial(changed_fast90(label), seed, label) for seed in (0, 1) for label in labels]


@study()
def fast_curves() -> Asks:
    """Two fast recipes on 45,000 images, looked at after every epoch; one seed."""
    yield [Trial(models.RECIPES[name], label=name) for name in ("fast90", "fast94")]


@study()
def fast_candidates() -> Asks:
    """What "fast94" and "fast90" were before, and changes to these, on validation; one seed.

    By the validation loss, which distinguishes trainings that differ by a few of 5,000 images in accuracy. What the
    recipes had reached on the test set was known by then, and the lesson says so. The list grew on the way. "fast94"
    had five of ten epochs small at first, then four; no choice has a loss lower by more than 0.001 than the first, so
    that the cheapest one was taken in the end. Crops and small images of "fast90" were chosen by two seeds each, of
    which this study has the first.
    """
    yield [
        Trial(changed(BEFORE[name], change), label=f"{name}: {label}")
        for name, changes in FAST_CANDIDATES.items()
        for label, change in changes.items()
    ]


@study()
def faster90() -> Asks:
    """Today's "fast90" in four epochs in place of five, and changes to that, on validation; one seed."""
    short = dataclasses.replace(models.RECIPES["fast90"], epochs=4)
    yield [Trial(changed(short, change), label=f"fast90 in four: {label}") for label, change in FASTER90.items()]


@study()
def cheaper_epochs() -> Asks:
    """Today's "fast90" with epochs that cost fewer FLOPs, in six ways; validation, two seeds."""
    function = "tools.studies.cheaper_epochs:trained"
    yield [
        Trial(changed(models.RECIPES["fast90"], change), seed, label, function=function, facts=facts)
        for seed in (0, 1)
        for label, (change, facts) in CHEAPER_EPOCHS.items()
    ]


@study()
def fast95_forms() -> Asks:
    """The two earlier "fast95", all images, the test set once a seed: is that 95 %? Nothing was tried on validation."""
    yield [
        Trial(changed(models.RECIPES["fast95"], change), seed, label, final=True, validation=False)
        for label, (change, seeds) in FORMS95.items()
        for seed in range(seeds)
    ]
