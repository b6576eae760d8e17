"""Trainings that take a second, for the tests that share them and for the processes that these tests kill."""

from pathlib import Path

import keras
import numpy as np
from keras import layers

from helpers import training
from helpers.data import Dataset
from helpers.recipe import Recipe

FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")
# Two of three kinds of state that a kill could lose: dropout's random state, and momenta; batches are of unequal size.
# Of 100 images, six steps an epoch: five in one call, and one that a kill after that call leaves.
TUTORIAL = Recipe("small_cnn", "Adam", 0.01, batch_size=18, epochs=4, schedule="cosine")
# The third: slow weights. Three steps an epoch, so that Lookahead, every five, ends no epoch but the last one's.
FAST = Recipe(
    "fast_cnn",
    "Muon",
    0.05,
    batch_size=30,
    epochs=4,
    options={"widths": [2, 3, 4], "activation": "relu"},
    schedule="triangle",
    momentum=0.85,
    nesterov=True,
    weight_decay=0.01,
    kernel_rate=0.05,
    lookahead=True,
    equal_batches=True,
    label_smoothing=0.2,
    flip="alternating",
    crop_padding=1,
    small_epochs=2,
    small_side=9,
    views=2,
)
RECIPES = {"tutorial": TUTORIAL, "fast": FAST}


def drawn(images=100, classes=4, side=8, seed=0) -> Dataset:
    """Noise on a brightness that depends on the class: learnt in a few steps, not perfectly."""
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(images + 80) % classes)
    x = generator.normal(60 + 40 * labels[:, None, None, None], 60, (len(labels), side, side, 3))
    x = x.clip(0, 255).astype(np.uint8)
    kept, held, test = slice(0, images), slice(images, images + 40), slice(images + 40, None)
    names = tuple("abcdefgh"[:classes])
    return Dataset("drawn", names, x[kept], labels[kept], x[held], labels[held], x[test], labels[test])


def small_cnn(input_shape=(8, 8, 3), classes=4, activation="relu"):
    """Everything that has a state of its own: weights, batch normalisation, dropout, an optimizer with momenta."""
    return keras.Sequential(
        [
            layers.Input(input_shape),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, activation=activation),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(classes),
        ]
    )


def train(backups, recipe=TUTORIAL, seed=3, dataset=None, **options):
    """A training of one of the two recipes, or of a changed one, without a line an epoch."""
    if recipe.model == "small_cnn":
        options = {"build": small_cnn} | options
    dataset = dataset or drawn(side=8 if recipe.model == "small_cnn" else 12)
    return training.train(recipe, dataset, seed, backups=Path(backups), **{"progress": False} | options)


def figures(history):
    """What two trainings of one seed have in common: all but the seconds."""
    return {key: history[key] for key in FIGURES}


def assert_same_end(model, history, weights, expected):
    """The same figures in every epoch, and the same weights to the last bit."""
    assert figures(history) == expected
    assert len(history["seconds"]) == len(expected["loss"])
    for got, wanted in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(got, wanted)


class Stop(BaseException):
    """Gets past every ``except Exception``, as a kill does."""


class StopInEpoch(training.Progress):
    """Ends the training within an epoch, counted from 1: after its second batch, or after those of the first call."""

    epoch = 3

    def stop(self):
        raise Stop

    def on_train_batch_end(self, batch, logs=None):
        if len(self.lines) == self.epoch - 1 and batch >= 1:
            assert batch + 1 < self.params["steps"], "a stop after the last step would not be within the epoch"
            self.stop()
