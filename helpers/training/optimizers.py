"""From a recipe to what ``compile`` takes: the optimizer with its schedule, and the loss."""

import keras
import tensorflow as tf

from helpers import models
from helpers.recipe import Recipe
from helpers.training.lookahead import EVERY
from helpers.training.muon import Muon

# The share of the peak rate at the start, of the steps at the peak, of the peak rate at the end.
START, PEAK, END = 0.2, 0.23, 0.07


def steps_per_epoch(recipe: Recipe, images: int) -> int:
    """Batches in one epoch; with ``equal_batches`` whole ones only, and ValueError where images fill none."""
    if not recipe.equal_batches:
        return -(-images // recipe.batch_size)
    if images < recipe.batch_size:
        raise ValueError(f"{images} images do not fill one batch of {recipe.batch_size}: choose a smaller batch_size.")
    return images // recipe.batch_size


def optimizer(recipe: Recipe, steps: int) -> keras.Optimizer:
    """A fresh optimizer for a training of so many steps."""
    rate: float | keras.optimizers.schedules.LearningRateSchedule = recipe.learning_rate
    if recipe.schedule == "inverse_time":
        rate = keras.optimizers.schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=recipe.decay)
    elif recipe.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, steps)
    elif recipe.schedule == "triangle":
        rate = Triangle(rate, steps)
    extra = {name: getattr(recipe, name) for name in ("momentum", "nesterov", "weight_decay")}
    config = {"learning_rate": rate} | {name: value for name, value in extra.items() if value}
    if recipe.optimizer == "Muon":
        return Muon(kernel_gain=recipe.kernel_rate / recipe.learning_rate, **config)
    return keras.optimizers.get({"class_name": recipe.optimizer, "config": config})


def loss(recipe: Recipe, model: keras.Model) -> keras.losses.Loss:
    """The cross-entropy that fits the model's last layer; with label smoothing the labels must be one-hot."""
    from_logits = models.outputs_logits(model)
    if recipe.label_smoothing:
        return keras.losses.CategoricalCrossentropy(from_logits, recipe.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy(from_logits)


def compile_by(recipe: Recipe, model: keras.Model, images: int) -> None:
    """Compile the model for a training of the recipe on so many images.

    ``EVERY`` steps are one call from Python; with Lookahead, which acts between calls, only where they fill an epoch.
    """
    steps = steps_per_epoch(recipe, images)
    model.compile(
        optimizer=optimizer(recipe, steps * recipe.epochs),
        loss=loss(recipe, model),
        metrics=["accuracy"],
        steps_per_execution=1 if recipe.lookahead and steps % EVERY else EVERY,
    )


@keras.saving.register_keras_serializable("helpers")
class Triangle(keras.optimizers.schedules.LearningRateSchedule):
    """``START * peak_rate`` at step 0, ``peak_rate`` at ``PEAK * steps``, ``END * peak_rate`` from ``steps`` on.

    Straight lines in between. Smith and Topin 2017, arXiv:1708.07120.
    """

    def __init__(self, peak_rate: float, steps: int):
        self.peak_rate, self.steps = peak_rate, steps

    def __call__(self, step):
        done = tf.minimum(tf.cast(step, tf.float32) / self.steps, 1.0)
        rise = START + (1 - START) * done / PEAK
        fall = END + (1 - END) * (1 - done) / (1 - PEAK)
        return self.peak_rate * tf.where(done < PEAK, rise, fall)

    def get_config(self):
        return {"peak_rate": self.peak_rate, "steps": self.steps}
