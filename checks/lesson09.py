"""Checks of lesson 09, A better model."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from checks.grading import (
    NotFilledIn,
    by_rules,
    call,
    close,
    describe,
    exercise,
    number,
    numbers,
    seeded,
    shape_of,
    wrong,
)
from helpers import models

# --- 9.1: some images flipped


@exercise("9.1")
def exercise_9_1(flip: Callable) -> str:
    """``flip(x, chosen)``, (n, rows, columns, 3) and booleans (n,), gives the batch with the chosen images flipped."""
    generator = seeded("9.1")
    cases = []
    for n, rows, columns in ((6, 4, 5), (5, 6, 3), (4, 5, 5), (3, 4, 4), (3, 3, 6)):
        chosen = np.arange(n) % 3 == 1
        if n == 3:
            chosen[:] = rows == columns  # all of them, then none
        cases.append((generator.integers(0, 256, (n, rows, columns, 3)).astype(np.uint8), chosen))
    by_rules(
        flip,
        cases,
        lambda x, chosen: _changed(x, chosen, _flipped),
        _flip_mistakes,
        lambda x, chosen: f"{len(x)} images, {chosen.sum()} of them chosen,",
        lambda _, x, chosen: (
            "In the chosen images the first column becomes the last, the second the last but one; nothing else changes."
            if chosen.any()
            else "None is chosen here, and yours changes images all the same."
        ),
        _all_images,
    )
    return "Flipped twice, an image is itself again."


def _all_images(answer: Any, _, x: np.ndarray, chosen: np.ndarray) -> None:
    if shape_of(answer) == (chosen.sum(), *x.shape[1:]) and 0 < chosen.sum() < len(x):
        wrong("only the chosen images came back. Return all, the others as they are, in their order.")


def _changed(x: np.ndarray, which: np.ndarray, form: Callable) -> np.ndarray:
    return np.stack([form(image) if one else image for image, one in zip(x, which)])


def _flipped(image: np.ndarray) -> np.ndarray:
    return np.stack([image[:, column] for column in reversed(range(image.shape[1]))], axis=1)


def _flip_mistakes(x: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "the chosen images are upside down. Left and right change places along the *columns*, axis 2 of the batch.": (
            _changed(x, chosen, np.flipud)
        ),
        "the chosen images are rotated by 180 degrees: rows and columns are reversed. Columns only.": (
            _changed(x, chosen, lambda image: np.flipud(_flipped(image)))
        ),
        "red and blue have changed places: you reverse the last axis. Columns are axis 2.": (
            _changed(x, chosen, lambda image: image[..., ::-1])
        ),
        "the *order of the images* is reversed. Axis 0 counts images; columns are axis 2.": x[::-1],
        "all images are flipped, not the chosen ones alone.": _changed(x, np.ones_like(chosen), _flipped),
        "you flip the images that were *not* chosen.": _changed(x, ~chosen, _flipped),
        "nothing is flipped.": x,
    }


# --- 9.2: shifts

SHIFTS = ((2, 1), (-1, 3), (0, -2), (-3, 0), (0, 0), (3, -1))


@exercise("9.2")
def exercise_9_2(shift: Callable) -> str:
    """``shift(x, down, right)``, (n, rows, columns, 3) and pixels, gives the shifted batch; gaps 0 or reflected."""
    generator = seeded("9.2")
    fills = set()
    for down, right in SHIFTS:
        x = generator.integers(20, 256, (3, 6, 7, 3)).astype(np.uint8)
        got = numbers(call(shift, x, down, right), "the batch", x.shape)
        fill = _name_shift(got, x.astype(float), down, right)
        fills |= {fill} if down or right else set()
    if len(fills) > 1:
        return f"You fill gaps in {len(fills)} ways; one would do."
    return f"Your gaps are filled with {fills.pop()}."


def _shifted(x: np.ndarray, down: int, right: int, fill: str) -> np.ndarray:
    """Pixel by pixel: position (row, column) shows what was ``down`` rows above and ``right`` columns to the left."""

    def source(index: int, size: int) -> int | None:
        if 0 <= index < size:
            return index
        if fill == "zeros":
            return None
        if fill == "wrapped round":
            return index % size
        if fill == "the outermost pixels, repeated":
            return min(max(index, 0), size - 1)
        first = 0 if fill == "a reflection" else 1  # whether the outermost pixel appears twice
        return -index - first if index < 0 else 2 * size - 2 - index + first

    shifted = np.zeros_like(x)
    for row, column in np.ndindex(x.shape[1:3]):
        above, left = source(row - down, x.shape[1]), source(column - right, x.shape[2])
        if above is not None and left is not None:
            shifted[:, row, column] = x[:, above, left]
    return shifted


def _name_shift(got: np.ndarray, x: np.ndarray, down: int, right: int) -> str:
    """How the gap was filled, when the answer is right."""
    case = f"for down = {down}, right = {right}"
    allowed = ("a reflection", "a reflection, the outermost pixels twice", "zeros")
    for fill in allowed:
        if close(got, _shifted(x, down, right, fill)):
            return fill
    if not (down or right):
        wrong(f"{case} nothing moves, and yours changes the images.")
    if close(got, _shifted(x, down, right, "wrapped round")):
        wrong(
            f"{case} what leaves on one side comes back on the other, as np.roll does. A wing on the wrong side is no "
            "airplane: fill the gap with reflected pixels or with 0."
        )
    if close(got, _shifted(x, down, right, "the outermost pixels, repeated")):
        wrong(f"{case} the outermost pixels are drawn out into stripes. Reflected pixels or 0 are wanted.")
    for fill in (*allowed, "wrapped round", "the outermost pixels, repeated"):
        for moved, sentence in (
            ((-down, -right), "the images move the other way. Positive numbers are down and to the right."),
            ((right, down), "rows and columns have changed places: `down` moves along axis 1, `right` along axis 2."),
            ((-right, -down), "the images move the other way, and rows and columns have changed places."),
            ((down, 0), "the images move down or up only."),
            ((0, right), "the images move sideways only."),
            ((-down, right), "up and down have changed places. A positive `down` moves the image down."),
            ((down, -right), "left and right have changed places. A positive `right` moves the image to the right."),
        ):
            if moved != (down, right) and close(got, _shifted(x, *moved, fill)):
                wrong(f"{case} {'nothing moves.' if moved == (0, 0) else sentence}")
    stays = (slice(None), slice(max(down, 0), 6 + min(down, 0)), slice(max(right, 0), 7 + min(right, 0)))
    if close(got[stays], _shifted(x, down, right, "zeros")[stays]):
        wrong(f"{case} the part that stays in the image is right, the gap is not. Reflect pixels into it, or put 0.")
    position = f"row {3 + down}, column {3 + right}"
    wrong(f"{case} the result is not right. The pixel of row 3, column 3 should now be in {position}.")


# --- 9.3: does augmentation help?

WITH, WITHOUT = "with flip and shift", "without"
WORDS = ("helps", "hurts", "not distinguishable")


@exercise("9.3")
def exercise_9_3(gains: Any, verdicts: Any, trials: Any) -> str:
    """Gains in points, {epochs: number}, and verdicts, {epochs: one of WORDS}, for the stored trials."""
    lengths = sorted({trial["recipe"].epochs for trial in trials})
    gains, verdicts = (_by_epochs(answer, name, lengths) for answer, name in ((gains, "gains"), (verdicts, "verdicts")))
    runs = {epochs: {label: _curves(trials, epochs, label) for label in (WITH, WITHOUT)} for epochs in lengths}
    means = {epochs: _gain(pair, lambda run: run["val_accuracy"][-1]) for epochs, pair in runs.items()}
    for epochs in lengths:
        got = number(gains[epochs], f"the gain after {epochs} epochs")
        if abs(got - means[epochs]) > 0.06:
            _name_gain(got, epochs, runs[epochs], means)
    for epochs in lengths:
        # Lessons 05 and 11 still say "told apart".
        said = str(verdicts[epochs]).strip().lower().replace("told apart", "distinguishable")
        if said not in WORDS:
            wrong(
                f"for {epochs} epochs a verdict is one of {', '.join(map(repr, WORDS))}; yours is {verdicts[epochs]!r}."
            )
        high, low = ([run["val_accuracy"][-1] for run in runs[epochs][label]] for label in (WITH, WITHOUT))
        right = "helps" if min(high) > max(low) else "hurts" if max(high) < min(low) else "not distinguishable"
        if said != right:
            wrong(
                f"after {epochs} epochs the seeds reach {_row(high)} with augmentation and {_row(low)} without. "
                "Compare the worst of one row with the best of the other."
            )
    return "Two budgets, two questions: the verdict for one says little about the other."


def _by_epochs(answer: Any, name: str, lengths: list[int]) -> dict:
    if not isinstance(answer, Mapping):
        wrong(f"`{name}` should be a dictionary with the keys {_row(lengths, '')}; this is {describe(answer)}.")
    for epochs in lengths:
        if epochs not in answer:
            wrong(f"`{name}` has no entry for {epochs} epochs.")
        if answer[epochs] is None or answer[epochs] is Ellipsis:
            raise NotFilledIn
    return dict(answer)


def _curves(trials: list[dict], epochs: int, label: str) -> list[dict]:
    chosen = [trial for trial in trials if trial["recipe"].epochs == epochs and trial["label"] == label]
    return [trial["history"] for trial in sorted(chosen, key=lambda trial: trial["seed"])]


def _gain(pair: dict, figure: Callable) -> float:
    """In points."""
    return 100 * (np.mean([figure(run) for run in pair[WITH]]) - np.mean([figure(run) for run in pair[WITHOUT]]))


def _name_gain(got: float, epochs: int, pair: dict, means: dict[int, float]) -> None:
    case = f"for {epochs} epochs you have a gain of {got:.4g}"
    mistakes = {
        f"{case}: the sign is reversed. A gain is *with* minus *without*.": -means[epochs],
        f"{case}: a share between 0 and 1. Points are wanted, 100 times as many.": means[epochs] / 100,
        f"{case}, which compares *training* accuracies.": _gain(pair, lambda run: run["accuracy"][-1]),
        f"{case}, which compares the *best* epochs. The last one counts: nobody knows the best beforehand.": (
            _gain(pair, lambda run: max(run["val_accuracy"]))
        ),
        f"{case}, which compares losses.": _gain(pair, lambda run: run["val_loss"][-1]),
    }
    high, low = (round(100 * np.mean([run["val_accuracy"][-1] for run in pair[label]]), 1) for label in (WITH, WITHOUT))
    mistakes[f"{case}, the difference of two rounded means. Take the seeds, and round only at the end."] = high - low
    for other in means.keys() - {epochs}:
        mistakes[f"{case}. That is the gain for {other} epochs."] = means[other]
    for seed, (high, low) in enumerate(zip(pair[WITH], pair[WITHOUT])):
        alone = 100 * (high["val_accuracy"][-1] - low["val_accuracy"][-1])
        mistakes[f"{case}, the gain with seed {seed} alone. Take the mean over the seeds."] = alone
    for sentence, value in mistakes.items():
        # As close as the right answer has to be; a share is a hundred times smaller.
        if abs(got - value) <= (0.0006 if "share" in sentence else 0.06):
            wrong(sentence)
    wrong(f"{case}. Mean accuracy of the last epoch with augmentation, minus the mean without, times 100.")


def _row(values: list, form: str = ".1%") -> str:
    *first, last = (format(value, form) for value in values)
    return f"{', '.join(first)} and {last}" if first else last


# --- 9.4: a new head on frozen features


@exercise("9.4")
def exercise_9_4(with_new_head: Callable) -> str:
    """``with_new_head(network, classes)``, a Sequential, gives a Keras model: frozen features and a new Dense head."""
    network = _learnt()
    x = seeded("9.4").uniform(0, 255, (6, 16, 16, 3)).astype(np.float32)
    features = keras.Model(network.inputs[0], network.layers[-2].output)(x, training=False).numpy()
    old = network.layers[-1].units
    for classes in (3, 7):
        answer = call(with_new_head, network, classes)
        if not isinstance(answer, keras.Model):
            wrong(f"a Keras model is wanted, this is {describe(answer)}.")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Keras warns of [input] where input was meant; both work
                got = numbers(answer(x, training=False), "the predictions of the model")
        except Exception as error:
            wrong(f"the model stops with {type(error).__name__} when it gets a batch of images: {error}")
        if got.shape != (len(x), classes):
            which = ": the old head is still the last layer" if got.shape == (len(x), old) else ""
            wrong(f"asked for {classes} classes, the model returns the shape {got.shape}{which}.")
        _compare_head(answer, got, features, classes, old, network.count_params())
    weights = f"the weights of {features.shape[1]} features and a bias for each class"
    return f"Of the check's small network, {weights} are left to train."


def _learnt() -> keras.Sequential:
    """A small network for five classes; every weight and moving average is drawn, so that none is a first value."""
    network = models.improved_cnn((16, 16, 3), 5, widths=(4, 6))
    generator = seeded("9.40")
    for layer in network.layers:
        layer.set_weights([value + np.abs(generator.normal(0, 0.3, value.shape)) for value in layer.get_weights()])
    return network


def _compare_head(
    model: keras.Model, got: np.ndarray, features: np.ndarray, classes: int, old: int, parameters: int
) -> None:
    wanted = (features.shape[1] + 1) * classes
    trainable = [weight.numpy() for weight in map(keras.ops.convert_to_tensor, model.trainable_weights)]
    count = sum(weight.size for weight in trainable)
    kernel = next((weight for weight in trainable if weight.ndim == 2 and weight.shape[1] == classes), None)
    if count == 0:
        wrong("no parameter is trainable, the new head's neither. Freeze the layers *below* it only.")
    if kernel is None:
        wrong("the new head cannot be trained. It should be a Dense layer with one unit for each class.")
    if kernel.shape[0] == old:
        wrong("your new head stands on the *predictions* of the old one. Take the output of the layer before it.")
    if kernel.shape[0] != features.shape[1]:
        wrong(
            f"your head takes {kernel.shape[0]} numbers of an image, the old one took {features.shape[1]}. Put the "
            "new one in the same place."
        )
    if count > wanted:
        rest = parameters - (features.shape[1] + 1) * old
        if count >= 0.9 * rest:
            wrong(
                f"{count:,} parameters are trainable; with all layers below frozen, {wanted:,} are. Set `trainable = "
                "False` on each of them."
            )
        wrong(
            f"{count:,} parameters are trainable, {wanted:,} are wanted: some layer below the head is not frozen. "
            "Batch normalisation has two trainable numbers for each channel."
        )
    if count < wanted:
        wrong(f"{count:,} parameters are trainable; a Dense layer with a bias for {classes} classes has {wanted:,}.")
    bias = next(weight for weight in trainable if weight.ndim == 1)
    logits = features @ kernel + bias
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    # Logits or probabilities: either can be trained.
    if close(got, logits, 1e-3) or close(got, shares, 1e-3):
        return
    if close(got, np.maximum(logits, 0), 1e-3) or close(got, 1 / (1 + np.exp(-np.clip(logits, -50, 50))), 1e-3):
        wrong("the head ends in an activation for hidden layers. End in a softmax, or in none.")
    wrong(
        "the layers below the head do not give the learnt features. A clone, or a new model from the same code, starts "
        "with fresh weights: take over the learnt ones."
    )
