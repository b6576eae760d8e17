"""Lesson 11: from source W's model to a better one, how much data helps, features without labels."""

from __future__ import annotations

import dataclasses

from helpers.recipe import Recipe
from tools.studies.engine import Asks, Trial, study

# From source W's model upwards, one change at a time, each on top of the one before. All with half the filters, so that
# forty trainings take an evening and not a night.
GUIDE = {
    "widths": [16, 32],
    "padding": "valid",
    "pooled": 2,
    "batch_normalization": False,
    "dense": 128,
    "dropout": 0.25,
}
LADDER: tuple[tuple[str, dict, dict], ...] = (
    # label, what changes in the recipe, what changes in the model
    ("source W's model", {}, {}),
    ("a falling learning rate", {"schedule": "cosine"}, {}),
    ("batch normalisation", {}, {"batch_normalization": True}),
    ("a learning rate three times as high", {"learning_rate": 0.003}, {}),
    ("pairs pooled inside, padded", {}, {"padding": "same", "pooled": 1}),
    ("a third pair", {}, {"widths": [16, 32, 64]}),
    ("the mean instead of a dense layer", {}, {"dense": 0}),
    ("less dropout", {}, {"dropout": 0.1}),
    ("label smoothing", {"label_smoothing": 0.1}, {}),
    ("flip", {"flip": "alternating"}, {}),
    ("shift", {"crop_padding": 2}, {}),
)
# Tried on top of the whole ladder, each alone.
BESIDE: tuple[tuple[str, dict, dict], ...] = (
    ("zoom", {"zoom": 0.2}, {}),
    ("noise", {"noise": 8.0}, {}),
    ("twice the filters", {}, {"widths": [32, 64, 128]}),
)
LADDER_EPOCHS = 8


def ladder_trials(seed: int) -> list[Trial]:
    """The trials of ``ladder`` for one seed, from the bottom to the top, then those beside it."""
    recipe, trials = Recipe("improved_cnn", "Adam", 0.001, 128, LADDER_EPOCHS, GUIDE), []

    def trial(label: str, in_recipe: dict, in_model: dict) -> Trial:
        return Trial(dataclasses.replace(recipe, **in_recipe, options=recipe.options | in_model), seed, label)

    for step in LADDER:
        trials.append(trial(*step))
        recipe = trials[-1].recipe
    return trials + [trial(*step) for step in BESIDE]


def top_of_the_ladder() -> Recipe:
    """The recipe after all steps."""
    return ladder_trials(0)[len(LADDER) - 1].recipe


@study()
def ladder() -> Asks:
    """What each step from source W's model to ours is worth on validation, in eight epochs; three seeds."""
    yield [trial for seed in (0, 1, 2) for trial in ladder_trials(seed)]


def _with_and_without(seed: int, epochs: int, images: int) -> list[Trial]:
    """The top of the ladder without augmentation and with it."""
    changes = {"without": {"flip": "none", "crop_padding": 0}, "with flip and shift": {}}
    return [
        Trial(dataclasses.replace(top_of_the_ladder(), epochs=epochs, **change), seed, label, images)
        for label, change in changes.items()
    ]


@study()
def data_amount() -> Asks:
    """Fewer images and equally many steps, with and without augmentation; three seeds."""
    yield [
        trial
        for seed in (0, 1, 2)
        for images in (5_000, 15_000, 45_000)
        for trial in _with_and_without(seed, LADDER_EPOCHS * 45_000 // images, images)
    ]


@study()
def augmentation_and_time() -> Asks:
    """What flip and shift are worth in 5 and in 50 epochs of 15,000 images (also for lesson 16); three seeds."""
    yield [trial for seed in (0, 1, 2) for epochs in (5, 50) for trial in _with_and_without(seed, epochs, 15_000)]


@study()
def sparse_coding() -> Asks:
    """A linear classifier on sparse codes, from dictionaries that are learnt or consist of patches drawn at random.

    The dictionary sees all training images and no label, the classifier the first 5,000, 15,000 or all of them.
    """
    facts = {"atoms": 400, "patches": 50_000, "threshold": 0.5}
    yield [
        Trial(None, seed, label, function="tools.studies.sparse_coding:coded", facts=facts | {"dictionary": label})
        for seed in (0, 1)
        for label in ("learnt", "random patches")
    ]
