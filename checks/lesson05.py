"""Checks of lesson 05, The deeper model: the models here, the pattern and the parameters beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import layers as kinds

from checks.grading import NotRight, call, exercise, guarded, seeded, wrong
from checks.lesson05_parameters import exercise_5_2, reference_parameters
from checks.lesson05_pattern import (
    CLASSES,
    DROPOUTS,
    INPUT_SHAPE,
    activation_of,
    chain_of,
    follows_pattern,
    has_graph,
    is_built_model,
    is_model,
    lets_something_through,
    scales,
    scaling_fits,
    weak_points,
)
from helpers import models

__all__ = [
    "exercise_5_1",
    "exercise_5_2",
    "exercise_5_4",
    "reference_deeper",
    "reference_parameters",
    "reference_small",
]

reference_deeper = models.deeper_cnn


def reference_small() -> keras.Model:
    """A network with 38,890 parameters, 15 % of those of deeper_cnn."""
    stack = [
        keras.Input(INPUT_SHAPE),
        kinds.Rescaling(1 / 255),
        kinds.Conv2D(32, 3, activation="relu"),
        kinds.MaxPooling2D(2),
        kinds.Conv2D(32, 3, activation="relu"),
        kinds.MaxPooling2D(2),
        kinds.Conv2D(64, 3, activation="relu"),
        kinds.Flatten(),
        kinds.Dense(CLASSES, activation="softmax"),
    ]
    return keras.Sequential(stack)


@exercise("5.1")
def exercise_5_1(build_deeper: Callable) -> str:
    """``build_deeper()`` makes a model of the pattern, compiled or not."""
    if isinstance(build_deeper, keras.Model):
        wrong("this is a model. Hand over the function that builds it: build_deeper, without brackets.")
    model = call(build_deeper)
    is_built_model(model)
    chain = chain_of(model)
    follows_pattern(chain)
    layers = [step.layer for step in chain]
    lets_something_through(layers)
    words = _ends_in_classes(model, layers)
    scaling_fits(layers)
    praise = [f"Your model follows the pattern and has {model.count_params():,} parameters.", *words]
    if not scales(layers):
        praise.append("It has no Rescaling, and section 4 gives it values from 0 to 255: put one first.")
    return " ".join([*praise, *weak_points(layers)])


def _ends_in_classes(model: keras.Model, layers: list) -> list[str]:
    """Whether the model predicts ten probabilities or logits, and whether its loss knows which; returns praise."""
    last = max(index for index, layer in enumerate(layers) if isinstance(layer, kinds.Dense))
    units = layers[last].units
    if units != CLASSES:
        wrong(
            f"the last layer has {units} unit{'s' * (units != 1)}. There are {CLASSES} classes, and each wants its own."
        )
    for layer in layers[last + 1 :]:
        if isinstance(layer, DROPOUTS):
            wrong("there is dropout after the last layer: in training it would strike out the predictions themselves.")
    names = [activation_of(layer) for layer in layers[last:]]
    if names.count("softmax") > 1:
        wrong("softmax is applied twice, in the last Dense layer and after it: the second flattens the probabilities.")
    images = seeded("5.1").integers(0, 256, (8, *INPUT_SHAPE)).astype("float32")
    probabilities = _are_probabilities(_predictions(model, images / 255))
    unusual = [name for name in names if name not in ("linear", "softmax", "log_softmax")]
    if not probabilities and "softmax" in names:
        wrong(
            "there is a softmax at the end, and yet the ten predictions of an image do not add up to 1. Softmax works "
            "along the last axis, and nothing comes after it."
        )
    if not probabilities and unusual:
        reason = {
            "sigmoid": "It decides on each class by itself, and the ten numbers do not add up to 1.",
            "relu": "It cuts negative values off, and a class that falls below zero learns no more.",
        }.get(unusual[0], "Its ten values are no probabilities.")
        wrong(f"the last layer ends in {unusual[0]}. {reason} For one class out of ten take softmax.")
    if _loss_fits(model, probabilities) or probabilities:
        return []
    return ["Its outputs are logits (no softmax): compile it with SparseCategoricalCrossentropy(from_logits=True)."]


def _loss_fits(model: keras.Model, probabilities: bool) -> bool:
    """When the model is compiled: find out by numbers whether its loss reads what it predicts; True when sure."""
    if not getattr(model, "compiled", False):
        return False
    if model.loss is None:
        wrong("your model is compiled without a loss. Without one it cannot learn.")
    try:
        # A list or a dictionary of the one loss counts, too.
        (given,) = keras.tree.flatten(model.loss)
        loss = keras.losses.get(given)
    except (TypeError, ValueError):
        return False
    name = str(getattr(loss, "name", None) or getattr(loss, "__name__", ""))
    if any(kind in name for kind in ("squared", "absolute", "huber", "log_cosh")):
        wrong(f"the loss {name} is for quantities. Classes want a categorical cross-entropy (lesson 03 shows why).")
    if "binary" in name:
        wrong(f"the loss {name} treats every class as a question of its own. One class out of ten: categorical.")
    with _said_of("your loss"):
        reads = _reads(loss)
    if reads == "logits" and probabilities:
        wrong("the loss says from_logits=True, but the model ends in softmax: softmax would be applied twice.")
    if reads == "probabilities" and not probabilities:
        wrong(
            "the last layer has no softmax, and the loss does not know it. Add softmax, or say "
            "SparseCategoricalCrossentropy(from_logits=True)."
        )
    return reads is not None


def _reads(loss: Callable) -> str | None:
    """What a loss takes as predictions: "probabilities" or "logits"; None when it is no cross-entropy of either."""
    logits = np.array([[0.5, -1.0, 2.0]], dtype="float32")
    powers = np.exp(logits)
    share = powers / powers.sum()
    expected = -math.log(share[0, 1])
    for truth in (np.array([[1]]), np.array([[0.0, 1.0, 0.0]], dtype="float32")):
        for kind, prediction in (("probabilities", share), ("logits", logits)):
            try:
                value = float(np.mean(loss(truth, prediction)))
            except Exception:
                # A loss for one-hot labels refuses whole numbers, and the other way round.
                continue
            if math.isclose(value, expected, rel_tol=1e-3):
                return kind
    return None


def _predictions(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """What a model predicts for the images, (images, classes); says so where it cannot."""
    with _said_of("your model"):
        outputs = keras.tree.flatten(model(images, training=False))
    if len(outputs) != 1:
        wrong(f"your model has {len(outputs)} outputs. One is wanted, with a prediction for each class.")
    predicted = np.asarray(outputs[0]).astype(float)
    if predicted.shape != (len(images), CLASSES):
        wrong(
            f"for {len(images)} images your model's predictions have the shape {predicted.shape}. "
            f"It should be {(len(images), CLASSES)}."
        )
    if not np.isfinite(predicted).all():
        wrong("your model's predictions hold NaN or infinity before any training.")
    return predicted


def _are_probabilities(predicted: np.ndarray) -> bool:
    return bool((predicted >= 0).all() and np.allclose(predicted.sum(axis=1), 1, atol=1e-2))


@contextmanager
def _said_of(what: str) -> Iterator[None]:
    """Guard what is inside; its sentences speak of ``what`` instead of a function."""
    try:
        with guarded():
            yield
    except NotRight as error:
        wrong(str(error).replace("your function", what))


@exercise("5.4")
def exercise_5_4(build_small: Callable) -> str:
    """``build_small()`` makes a new model with at most half the parameters of deeper_cnn."""
    if isinstance(build_small, keras.Model):
        wrong("this is a model. Hand over the function that builds it, so that the check gets a fresh one.")
    model = call(build_small)
    is_model(model)
    known = has_graph(model)
    if known:
        is_built_model(model)
    images = seeded("5.4").integers(0, 256, (8, *INPUT_SHAPE), dtype=np.uint8)
    # A model without keras.Input, and a subclass of keras.Model, get their weights by this.
    predicted = _predictions(model, images)
    limit = models.build("deeper_cnn").count_params() // 2
    parameters = model.count_params()
    again = {id(weight) for weight in getattr(call(build_small), "weights", [])}
    if any(id(weight) in again for weight in model.weights):
        wrong("called twice, your function returned the same weights. Make all layers inside it, new at each call.")
    if parameters > limit:
        wrong(
            f"your model has {parameters:,} parameters. At most {limit:,} are allowed: which layer holds most of them?"
        )
    if not parameters or not model.trainable_weights:
        wrong("your model has nothing to train.")
    layers = list(_layers_anywhere(model))
    lets_something_through(layers)
    if known or isinstance(model, keras.Sequential):
        scaling_fits(layers)
    probabilities = _are_probabilities(predicted)
    _learns(model, layers[-1], images, probabilities)
    praise = [f"{parameters:,} parameters, {parameters / (2 * limit):.0%} of the deeper model's."]
    if not probabilities:
        praise.append("Its outputs are logits (no softmax): its loss needs from_logits=True.")
    elif models.outputs_logits(model):
        praise.append("Its softmax is not the last layer's, so models.outputs_logits misses it: say from_logits=False.")
    if not scales(layers) and (known or isinstance(model, keras.Sequential)):
        praise.append("It has no Rescaling, and the images go from 0 to 255: begin with one.")
    if not known and isinstance(model, keras.Sequential):
        praise.append("Begin it with keras.Input((32, 32, 3)): then it knows its parameters before it is trained.")
    return " ".join([*praise, "Now report its accuracy."])


def _layers_anywhere(model: keras.Model) -> Iterator[Any]:
    """All layers and operations, those of models inside it included."""
    for layer in getattr(model, "operations", model.layers):
        if isinstance(layer, keras.Model):
            yield from _layers_anywhere(layer)
        else:
            yield layer


def _learns(model: keras.Model, last: Any, images: np.ndarray, probabilities: bool) -> None:
    """One step of training must give a finite loss and move the weights."""
    end = activation_of(last)
    if end == "softmax" and not probabilities:
        wrong("the softmax at the end does not make the ten predictions of an image add up to 1: leave its axis out.")
    if end == "sigmoid" or (not probabilities and end not in ("linear", "log_softmax")):
        wrong(f"the last layer ends in {end}. Take softmax, or no activation for logits.")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not probabilities)
    # Eagerly, because to build a graph takes longer than the one step.
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss, run_eagerly=True)
    before = [weight.numpy() for weight in model.trainable_weights]
    # Without Rescaling, images of 0 to 255 may saturate a softmax, whose gradient is 0 then.
    for scaled in (images, images / 255):
        with _said_of("one step of training"):
            value = float(np.ravel(model.train_on_batch(scaled, np.arange(len(images)) % CLASSES))[0])
        if not math.isfinite(value):
            wrong(f"the loss of the first step of training is {value}.")
        if any(not np.array_equal(old, new.numpy()) for old, new in zip(before, model.trainable_weights)):
            return
    wrong("one step of training changed no weight: no gradient reaches them.")
