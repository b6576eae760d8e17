"""Checks of lesson 13, exercise 13.1: a new head on frozen features."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import keras
import numpy as np

from checks.grading import NotRight, call, close, describe, exercise, guarded, numbers, seeded, wrong
from helpers import models

# --- 13.1: a new head on frozen features


@exercise("13.1")
def exercise_13_1(with_new_head: Callable) -> str:
    """``with_new_head(network, classes)`` gives a Keras model: frozen features and a new Dense head."""
    network = _learnt()
    x = seeded("13.1").uniform(0, 255, (6, 16, 16, 3)).astype(np.float32)
    features = keras.Model(network.inputs[0], network.layers[-2].output)(x, training=False).numpy()
    old = network.layers[-1].units
    for classes in (3, 7):
        model = call(with_new_head, network, classes)
        if not isinstance(model, keras.Model):
            wrong(f"a Keras model is wanted, this is {describe(model)}.")
        got = _predictions(model, x)
        if got.shape != (len(x), classes):
            which = ": the old head is still the last layer" if got.shape == (len(x), old) else ""
            wrong(f"asked for {classes} classes, the model returns the shape {got.shape}{which}.")
        kernel, bias = _new_head(model, network, features.shape[1], classes)
        _compare_predictions(got, features @ kernel + bias, model, network)
    weights = f"the weights of {features.shape[1]} features and a bias for each class"
    return f"Of the check's small network, {weights} are left to train."


def reference_with_new_head(network: keras.Model, classes: int) -> keras.Model:
    """The network up to its last layer, frozen, and a Dense layer."""
    for layer in network.layers[:-1]:
        layer.trainable = False
    outputs = keras.layers.Dense(classes, activation="softmax")(network.layers[-2].output)
    return keras.Model(network.inputs[0], outputs)


def _learnt() -> keras.Sequential:
    """A small network for five classes; every weight and moving average is drawn, so that none is a first value.

    Its kernels have both signs: features stay small, and no softmax of theirs is nearly all 0 and 1.
    """
    network = models.improved_cnn((16, 16, 3), 5, widths=(6,))
    generator = seeded("13.10")
    for layer in network.layers:
        drawn = [generator.normal(0, 0.3, value.shape) for value in layer.get_weights()]
        # Those of a batch normalisation are vectors, and its variances are positive.
        drawn = [value if value.ndim > 1 else np.abs(value) + 0.5 for value in drawn]
        layer.set_weights(drawn)
    # Each call of an answer gets a copy, and one by way of Keras' file format takes longer than all the rest.
    network.__deepcopy__ = lambda memo: _learnt()
    return network


def _predictions(model: keras.Model, x: np.ndarray) -> np.ndarray:
    try:
        with guarded(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of [input] where input was meant; both work
            result = numbers(model(x, training=False), "the output of the model")
    except NotRight as error:
        wrong(f"with a batch of images of shape {x.shape}, {str(error).replace('your function', 'the model', 1)}")
    return result


def _new_head(model: keras.Model, network: keras.Model, width: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """The kernel and the bias of the head, when nothing else can be trained."""
    trainable = [np.array(weight.numpy()) for weight in model.trainable_weights]
    count, wanted = sum(weight.size for weight in trainable), (width + 1) * classes
    thawed = [
        layer.name
        for layer in network.layers[:-1]
        if any(_holds(trainable, weight.numpy()) for weight in layer.trainable_weights)
    ]
    kernel = next((weight for weight in trainable if weight.ndim == 2 and weight.shape[1] == classes), None)
    old = network.layers[-1].units
    if count == 0:
        wrong("no parameter is trainable, not even the new head's. Freeze the layers *below* it only.")
    if kernel is None:
        wrong("the new head cannot be trained. It should be a Dense layer with one unit for each class.")
    if kernel.shape[0] == old:
        wrong("your new head gets the *predictions* of the old one. Take the output of the layer before it.")
    if kernel.shape[0] != width:
        wrong(
            f"your head takes {kernel.shape[0]} numbers of an image, the old one {width}. Put it after the same layer."
        )
    if thawed:
        some = f"{', '.join(thawed[:3])}{' and others' if len(thawed) > 3 else ''}"
        wrong(
            f"{count:,} parameters are trainable; with all layers below the head frozen, {wanted:,} are. Not frozen: "
            f"{some}. Set `trainable = False` on each of them."
        )
    if count > wanted:
        wrong(
            f"{count:,} parameters are trainable, a Dense layer for {classes} classes has {wanted:,}. What else did "
            "you add, or are the layers below fresh copies?"
        )
    bias = next((weight for weight in trainable if weight.shape == (classes,)), None)
    if bias is None:
        wrong(f"{count:,} parameters are trainable; a Dense layer with a bias for {classes} classes has {wanted:,}.")
    return kernel, bias


def _holds(weights: list[np.ndarray], learnt: np.ndarray) -> bool:
    return any(weight.shape == learnt.shape and np.array_equal(weight, learnt) for weight in weights)


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _compare_predictions(got: np.ndarray, logits: np.ndarray, model: keras.Model, network: keras.Model) -> None:
    # Logits or probabilities: either can be trained.
    if close(got, logits, 1e-4) or close(got, _softmax(logits), 1e-4):
        return
    activations = {
        "relu": np.maximum(logits, 0),
        "sigmoid": 1 / (1 + np.exp(-np.clip(logits, -50, 50))),
        "tanh": np.tanh(logits),
    }
    for name, values in activations.items():
        if close(got, values, 1e-4):
            wrong(f"the head ends in the activation {name!r}. End in a softmax, or in none.")
    if close(got, _softmax(_softmax(logits)), 1e-4):
        wrong("two softmax follow each other at the end of the model. One is enough.")
    kept = [np.array(weight.numpy()) for weight in model.weights]
    fresh = [
        layer.name for layer in network.layers[:-1] if not all(_holds(kept, weight) for weight in layer.get_weights())
    ]
    if fresh:
        wrong(
            f"the layers below the head do not have the learnt weights (see {fresh[0]}). A clone, or a new model from "
            "the same code, starts with fresh weights: take over the learnt layers."
        )
    wrong(
        "the learnt weights are there, but the predictions are not those of the old features and your Dense layer. Is "
        "there a layer too many, or one that is missing or in another order?"
    )
