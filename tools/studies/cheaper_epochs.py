"""Can an epoch cost less? One trial of ``cheaper_epochs``: fewer images, growing ones, or a block that is frozen.

Images are left out by their losses: the first epoch shows all and notes the loss of each; a later one leaves out a
share and notes the others' anew. Left out at random among those with low losses, as in InfoBatch (Qin and others 2023,
arXiv:2303.04947), but gradients keep their weights; or at random among all, the comparison that says what the choice is
worth. Freezing early layers first: Brock and others 2017, arXiv:1706.04983.
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from helpers import anatomy, augmentation, models, streams, training
from helpers.models.speed_layers import QuickConv2D
from helpers.recipe import VIEWS, Recipe
from helpers.training.lookahead import EVERY, Lookahead
from helpers.training.loop import resized
from helpers.training.optimizers import steps_per_epoch
from tools.studies.trained import common, dataset_of

EASY = 0.6  # the share of the images that are called easy: those with the lowest losses


class ImageLosses(keras.metrics.Metric):
    """The cross-entropy of each image since the last reset, in the order in which they were shown.

    From labels as one-hot vectors, and logits.
    """

    def __init__(self, most: int):
        super().__init__(name="image_losses")
        self.losses = self.add_variable((most,), "zeros", name="losses")
        self.count = self.add_variable((), "zeros", dtype="int32", name="count")

    def update_state(self, y_true, y_pred, sample_weight=None):
        new = tf.nn.softmax_cross_entropy_with_logits(tf.cast(y_true, tf.float32), tf.cast(y_pred, tf.float32))
        positions = self.count + tf.range(tf.size(new))
        self.losses.assign(tf.tensor_scatter_nd_update(self.losses.value, positions[:, None], new))
        self.count.assign_add(tf.size(new))

    def reset_state(self):
        self.count.assign(0)

    def result(self):
        return tf.reduce_sum(self.losses.value[: self.count.value]) / tf.cast(self.count.value, tf.float32)


def trained(payload: dict, folder: Path) -> dict:
    """Validation accuracy by views after a training by a recipe of ``fast_cnn``, and the FLOPs that it took.

    Facts, each optional: ``left_out``, a share of the images, with ``which`` ("easy" or "any"); ``sides`` of the
    images in each epoch; ``frozen_epochs`` at the end, in which the first block is not trained.
    """
    began, recipe = time.perf_counter(), Recipe(**payload["recipe"])
    dataset, seed, facts = dataset_of(payload), payload["seed"], payload["facts"]
    if payload["dry"]:
        recipe = dataclasses.replace(recipe, epochs=2)
    x, classes = dataset.x_train, len(dataset.class_names)
    labels = keras.utils.to_categorical(dataset.y_train, classes)
    steps = steps_of_epochs(recipe, len(x), facts.get("left_out", 0.0))
    sides = [recipe.small_side] * recipe.small_epochs + [x.shape[1]] * (recipe.epochs - recipe.small_epochs)
    sides = facts.get("sides", sides)[-recipe.epochs :]
    keras.utils.set_random_seed(seed)
    model = models.from_recipe(recipe, x.shape[1:], classes, models.precision(recipe), x)
    optimizer, noted = training.optimizer(recipe, sum(steps)), ImageLosses(steps[0] * recipe.batch_size)
    settings = {
        "loss": keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing),
        "metrics": [noted],
        "steps_per_execution": 1 if any(count % EVERY for count in steps) else EVERY,
    }
    model.compile(optimizer, **settings)
    networks = {side: model if side == x.shape[1] else resized(model, side) for side in sides}
    first_frozen = recipe.epochs - facts.get("frozen_epochs", 0)
    losses, flops, lookahead = np.zeros(len(x), np.float32), 0, Lookahead(sum(steps))
    for epoch, (side, count) in enumerate(zip(sides, steps)):
        if epoch == first_frozen:
            freeze_first_block(model)
        if epoch in (0, first_frozen):
            for network in networks.values():
                network.compile(optimizer, **settings)
        if epoch and "left_out" in facts:
            order = shown(losses, count * recipe.batch_size, seed, epoch, facts["which"])
        else:
            order = streams.order(len(x), seed, epoch, recipe.batch_size)
        images = augmentation.augmented(x, epoch, seed, recipe.flip, recipe.crop_padding, recipe.zoom, recipe.noise)
        images, network = images[order], networks[side]
        if side < x.shape[1]:
            images = augmentation.shrunk(images, side)
        noted.reset_state()  # Keras does not, where another network has used it before
        network.fit(images, labels[order], recipe.batch_size, shuffle=False, verbose=0, callbacks=[lookahead])
        losses[order] = noted.losses.numpy()[: len(order)]
        flops += len(order) * anatomy.step_flops(network)
    record = {
        # Not "recipe": a record that has one has a history, too.
        "trained_by": recipe.as_dict(),
        "seed": seed,
        **facts,
        "parameters": model.count_params(),
        "steps": sum(steps),
        "tera_flops": round(flops / 1e12, 2),
        "validation_by_views": training.accuracy_by_views(model, dataset.x_val, dataset.y_val, VIEWS),
        "seconds": round(time.perf_counter() - began, 1),
        **common(dataset),
        "precision": models.precision(recipe),
    }
    keras.backend.clear_session()
    return record


def freeze_first_block(model: keras.Sequential) -> None:
    """Train no more what comes before the third convolution of 3x3, the first one of the second block."""
    third = [index for index, layer in enumerate(model.layers) if isinstance(layer, QuickConv2D)][2]
    for layer in model.layers[:third]:
        layer.trainable = False


def steps_of_epochs(recipe: Recipe, images: int, left_out: float) -> list[int]:
    """Batches of each epoch: all full ones in the first; after it without that share, in multiples of ``EVERY``."""
    full = steps_per_epoch(recipe, images)
    fewer = max(round(full * (1 - left_out) / EVERY), 1) * EVERY
    return [full] + [min(full, fewer)] * (recipe.epochs - 1)


def shown(losses: np.ndarray, count: int, seed: int, epoch: int, which: str) -> np.ndarray:
    """Indices of the images (count,) of an epoch in random order, without "easy" ones or without "any".

    ``losses`` are those of all images when they were last seen. Where there are too few easy ones, others go, too.
    """
    order, easy = streams.order(len(losses), seed, epoch), np.argsort(losses)[: int(EASY * len(losses))]
    may_go = np.isin(order, easy) if which == "easy" else np.ones(len(order), bool)
    # Those that may go to the end, and of these the last ones away.
    kept = order[np.argsort(may_go, kind="stable")][:count]
    return order[np.isin(order, kept)]
