"""Checks of lesson 11, exercises 11.3 and 9.4: when augmentation helps, and a new head on frozen features."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from checks.grading import (
    NotFilledIn,
    NotRight,
    call,
    close,
    describe,
    exercise,
    guarded,
    number,
    numbers,
    seeded,
    wrong,
)
from helpers import models

# --- 11.3: does augmentation help?

WITH, WITHOUT = "with flip and shift", "without"
WORDS = ("helps", "hurts", "not distinguishable")
TENTH = 0.06  # points that a gain may lie off, because it is wanted to one decimal


@exercise("11.3")
def exercise_11_3(gains: Any, verdicts: Any, trials: Any) -> str:
    """Gains in points, {epochs: number}, and verdicts, {epochs: one of WORDS}, for the stored trials."""
    runs = _runs(trials)
    gains, verdicts = (
        _by_epochs(answer, name, list(runs)) for answer, name in ((gains, "gains"), (verdicts, "verdicts"))
    )
    got = np.array([number(gains[epochs], f"the gain after {epochs} epochs") for epochs in runs])
    right = _gains(runs, np.mean)
    off = np.abs(got - right) > TENTH
    if off.any():
        _name_gains(got, runs)
        epochs, gain = next((epochs, gain) for epochs, gain, one in zip(runs, got, off) if one)
        wrong(
            f"for {epochs} epochs you have a gain of {gain:.4g}. It is the mean accuracy of the last epoch with "
            "augmentation, minus the mean without, times 100."
        )
    for epochs, pair in runs.items():
        # Lessons 05 and 11 still say "told apart".
        said = verdicts[epochs]
        said = said.strip().lower().replace("told apart", "distinguishable") if isinstance(said, str) else ""
        if said not in WORDS:
            wrong(
                f"for {epochs} epochs the verdict is one of {', '.join(map(repr, WORDS))}; yours is "
                f"{describe(verdicts[epochs])}."
            )
        high, low = ([run["val_accuracy"][-1] for run in pair[label]] for label in (WITH, WITHOUT))
        if said != ("helps" if min(high) > max(low) else "hurts" if max(high) < min(low) else "not distinguishable"):
            wrong(
                f"after {epochs} epochs the seeds reach {_row(high)} with augmentation and {_row(low)} without. "
                "Compare the worst of one row with the best of the other."
            )
    return "Two budgets, two questions: the verdict for one says little about the other."


def _runs(trials: Any) -> dict[int, dict[str, list[dict]]]:
    """{epochs: {label: histories by seed}}."""
    try:
        runs = {epochs: {WITH: [], WITHOUT: []} for epochs in sorted({trial["recipe"].epochs for trial in trials})}
        for trial in sorted(trials, key=lambda trial: trial["seed"]):
            runs[trial["recipe"].epochs][trial["label"]].append(trial["history"])
        for pair in runs.values():
            for history in (*pair[WITH], *pair[WITHOUT]):
                numbers([history[name][-1] for name in ("accuracy", "val_accuracy", "val_loss")])
        complete = bool(runs) and all(pair[WITH] and pair[WITHOUT] for pair in runs.values())
    except Exception:  # whatever stands instead of the trials
        complete = False
    if not complete:
        wrong("the third answer should be the stored trials. Run the cell again that reads `time_study`.")
    return runs


def _by_epochs(answer: Any, name: str, lengths: list[int]) -> dict:
    if not isinstance(answer, Mapping):
        wrong(f"`{name}` should be a dictionary with the keys {_row(lengths, '')}; this is {describe(answer)}.")
    for epochs in lengths:
        if epochs not in answer:
            wrong(f"`{name}` has no entry for {epochs} epochs. Its keys are the numbers {_row(lengths, '')}.")
        if answer[epochs] is None or answer[epochs] is Ellipsis:
            raise NotFilledIn
    return dict(answer)


def _gains(runs: dict, middle: Callable, figure: Callable = lambda run: run["val_accuracy"][-1]) -> np.ndarray:
    """In points, for each number of epochs; ``middle`` makes one number of the seeds'."""
    rows = [[[figure(run) for run in pair[label]] for label in (WITH, WITHOUT)] for pair in runs.values()]
    return np.array([100 * (middle(high) - middle(low)) for high, low in rows])


def _name_gains(got: np.ndarray, runs: dict) -> None:
    """Name a mistake that all gains agree with."""
    right = _gains(runs, np.mean)
    high, low = (
        np.array([np.mean([run["val_accuracy"][-1] for run in pair[label]]) for pair in runs.values()])
        for label in (WITH, WITHOUT)
    )
    seeds = min(len(pair[label]) for pair in runs.values() for label in (WITH, WITHOUT))
    mistakes = {
        "the sign of your gains is reversed. A gain is *with* minus *without*.": -right,
        "your gains are fractions between 0 and 1. Points are wanted, 100 times as many.": right / 100,
        "the gains of the two lengths of training are swapped.": right[::-1],
        "your gains compare *training* accuracies. Validation counts.": _gains(
            runs, np.mean, lambda run: run["accuracy"][-1]
        ),
        "your gains compare the *best* epochs. The last one counts: nobody knows the best beforehand.": _gains(
            runs, np.mean, lambda run: max(run["val_accuracy"])
        ),
        "your gains compare the *first* epochs. The last one counts.": _gains(
            runs, np.mean, lambda run: run["val_accuracy"][0]
        ),
        "your gains compare losses. Accuracies are wanted.": _gains(runs, np.mean, lambda run: run["val_loss"][-1]),
        "your gains are differences of two rounded means. Take the seeds, and round only at the end.": (
            np.round(100 * high, 1) - np.round(100 * low, 1)
        ),
        "your gains are rounded to whole points. One decimal is wanted.": np.round(right),
        "your gains are in per cent of the accuracy without augmentation. The difference in points is wanted.": (
            100 * (high / low - 1)
        ),
        "your gains compare the best seeds. Take the mean over the seeds.": _gains(runs, max),
        "your gains compare the worst seeds. Take the mean over the seeds.": _gains(runs, min),
        "your gains compare medians. Take the mean over the seeds.": _gains(runs, np.median),
        "your gains are sums over the seeds. Take the mean.": _gains(runs, sum),
        "your gains are the distance from the worst seed of one row to the best of the other. That is for the verdict; "
        "a gain compares means.": np.array([_distance(pair) for pair in runs.values()]),
    }
    for seed in range(seeds):
        mistakes[f"your gains are those of seed {seed} alone. Take the mean over the seeds."] = _gains(
            runs, lambda row, seed=seed: row[seed]
        )
    for epochs, gain in zip(runs, right):
        mistakes[f"both gains are that for {epochs} epochs."] = np.full(len(runs), gain)
    for sentence, values in mistakes.items():
        # As close as a right answer has to be; fractions are a hundred times smaller.
        if (np.abs(got - values) <= (TENTH / 100 if "fractions" in sentence else TENTH)).all():
            wrong(sentence)


def _distance(pair: dict) -> float:
    high, low = ([run["val_accuracy"][-1] for run in pair[label]] for label in (WITH, WITHOUT))
    return 100 * (min(high) - max(low))


def _row(values: list, form: str = ".1%") -> str:
    *first, last = (format(value, form) for value in values)
    return f"{', '.join(first)} and {last}" if first else last


# --- 11.4: a new head on frozen features


@exercise("11.4")
def exercise_11_4(with_new_head: Callable) -> str:
    """``with_new_head(network, classes)``, a Sequential, gives a Keras model: frozen features and a new Dense head."""
    network = _learnt()
    x = seeded("11.4").uniform(0, 255, (6, 16, 16, 3)).astype(np.float32)
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


def _learnt() -> keras.Sequential:
    """A small network for five classes; every weight and moving average is drawn, so that none is a first value.

    Its kernels have both signs: features stay small, and no softmax of theirs is nearly all 0 and 1.
    """
    network = models.improved_cnn((16, 16, 3), 5, widths=(6,))
    generator = seeded("9.40")
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
