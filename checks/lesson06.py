"""Checks of lesson 06, Training curves."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np

from checks.grading import (
    by_rules,
    call,
    close,
    describe,
    exercise,
    name_mistake,
    numbers,
    seeded,
    shape_of,
    whole,
    wrong,
)


@exercise("6.1")
def exercise_6_1(smooth: Callable) -> str:
    """``smooth(values, weight)``, (epochs,) and a share 0 to 1, gives the smoothed curve, (epochs,) floats."""
    generator = seeded("6.1")
    settings = ((6, 0.7), (15, 0.9), (3, 0.5), (8, 0.25), (5, 0.0), (1, 0.6))
    cases = [(generator.uniform(0.2, 0.9, epochs), weight) for epochs, weight in settings]
    cases.append((np.array([3, 8, 1, 6, 4]), 0.7))

    def words(values, weight):
        return f"{len(values)} value{'s' if len(values) > 1 else ''} and the weight {weight}"

    def look(answer, _, values, weight):
        if shape_of(answer) == () and len(values) > 1 and not isinstance(answer, str):
            wrong("one number came back. A curve is wanted: one smoothed value for each value.")

    by_rules(smooth, cases, _smoothed, _smoothing_mistakes, words, _first_wrong_value, look)
    return "With weight 0.9 a value has lost two thirds of its share ten epochs later."


def _smoothing_mistakes(values: np.ndarray, weight: float) -> dict[str, np.ndarray]:
    counts = np.arange(1, len(values) + 1)
    from_zero = _smoothed(np.r_[0.0, values], weight)[1:]
    of_same_type = values.copy()
    for index in range(1, len(values)):
        of_same_type[index] = weight * of_same_type[index - 1] + (1 - weight) * values[index]
    return {
        "whole numbers went in, and only whole numbers came back. An array of integers cuts off the decimals of what "
        "you write into it: begin with a list, or with an array of floats.": of_same_type,
        "your curve starts from 0 and has to climb up first. The first value stays as it is.": from_zero,
        "the weights are swapped: `weight` belongs to the smoothed value before, 1 - weight to the new one.": (
            _smoothed(values, 1 - weight)
        ),
        "each of your values mixes in the *raw* value before it. Take the smoothed one, so that all earlier values "
        "have a share.": np.r_[values[0], weight * values[:-1] + (1 - weight) * values[1:]],
        "you divide by 1 - weight**t, as Adam does for averages that start from 0. This one starts from the first "
        "value and needs no correction.": from_zero / (1 - weight**counts),
        "this is the curve itself, nothing is smoothed.": values,
        "this is the mean of all values so far: old and new weigh the same. Where does `weight` come in?": (
            np.cumsum(values) / counts
        ),
    }


def _first_wrong_value(got: np.ndarray, values: np.ndarray, weight: float) -> str:
    expected = _smoothed(values, weight)
    if not close(got[0], values[0]):
        return f"Your curve starts at {got[0]:.3f}; the first value is {values[0]:.3f} and stays as it is."
    step = int(np.argmax(~np.isclose(got, expected, atol=1e-5)))
    return (
        f"The values are right up to index {step - 1} and not at index {step}. Do that one by hand: the smoothed value "
        f"before it is {expected[step - 1]:.4f}, the new value {values[step]:.4f}."
    )


def _smoothed(values: np.ndarray, weight: float) -> np.ndarray:
    """All at once, by the share that every value has in every average."""
    n = len(values)
    age = np.arange(n)[:, None] - np.arange(n)
    share = np.where(age >= 0, (1 - weight) * float(weight) ** np.maximum(age, 0), 0.0)
    share[:, 0] = float(weight) ** np.arange(n)
    return share @ values


@exercise("6.2")
def exercise_6_2(band: Callable) -> str:
    """``band(curves)``, (seeds, epochs), gives mean, lowest and highest of the seeds, each (epochs,)."""
    generator = seeded("6.2")
    for seeds, epochs in ((3, 10), (5, 4), (1, 6), (4, 4)):
        curves = generator.uniform(0.3, 0.8, (seeds, epochs))
        case = f"{seeds} seed{'s' if seeds > 1 else ''} and {epochs} epochs"
        got = call(band, curves)
        try:
            parts = list(got)
        except TypeError:
            wrong(f"three arrays are wanted, mean, lowest and highest; this is {describe(got)}.")
        if len(parts) != 3:
            wrong(f"three arrays are wanted, mean, lowest and highest; {len(parts)} came back.")
        words = ("the mean", "the lowest", "the highest")
        arrays = [numbers(part, f"{name} for {case}") for name, part in zip(words, parts)]
        if any(array.shape == (seeds,) != (epochs,) for array in arrays):
            wrong("you have one number per seed. One per *epoch* is wanted: the seeds are what you average over.")
        for name, array in zip(words, arrays):
            if array.ndim == 0:
                wrong(f"{name} is a single number. Over the seeds only: one number per epoch remains.")
            if array.shape != (epochs,):
                wrong(f"{name} for {case} has the shape {array.shape}; one number per epoch is wanted, ({epochs},).")
        _compare_band(arrays, curves)
    return "Lowest to highest is honest with three seeds: three are too few for a standard deviation."


def _compare_band(arrays: list[np.ndarray], curves: np.ndarray) -> None:
    in_order = np.array([sorted(epoch) for epoch in curves.T.tolist()])
    right = (in_order.sum(axis=1) / len(curves), in_order[:, 0], in_order[:, -1])
    if all(close(array, expected) for array, expected in zip(arrays, right)):
        return
    mean, low, high = right
    deviations = [curves.std(axis=0, ddof=ddof) for ddof in ((0, 1) if len(curves) > 1 else (0,))]
    name_mistake(
        np.stack(arrays),
        {
            "lowest and highest have changed places. The order is mean, lowest, highest.": np.stack([mean, high, low]),
            "the lowest comes first in yours. The order is mean, lowest, highest.": np.stack([low, mean, high]),
            "the mean comes last in yours. The order is mean, lowest, highest.": np.stack([low, high, mean]),
            "your first array is the median. The mean is wanted here.": (
                np.stack([np.median(curves, axis=0), low, high])
            ),
        },
    )
    for deviation in deviations:
        if close(arrays[1], mean - deviation) and close(arrays[2], mean + deviation):
            wrong("this is the mean plus and minus a standard deviation. Lowest and highest of the seeds are wanted.")
    for name, array, expected in zip(("the lowest", "the highest"), arrays[1:], right[1:]):
        if len(curves) > 1 and not close(array, expected) and any(close(array, curve) for curve in curves):
            wrong(
                f"{name} in yours is one seed's whole curve. In other epochs another seed may be {name}: look for it "
                "in every epoch anew."
            )
    if len(curves) == curves.shape[1] and close(arrays[0], curves.mean(axis=1)):
        wrong("you have one number per seed. One per *epoch* is wanted: the seeds are what you average over.")
    name = next(n for n, a, e in zip(("the mean", "the lowest", "the highest"), arrays, right) if not close(a, e))
    wrong(f"{name} is not right. Take one epoch, a column of `curves`, and work its three numbers out by hand.")


@exercise("6.3")
def exercise_6_3(letter: Any, curves: dict[str, dict[str, list[float]]]) -> str:
    """The letter of the run that overfits most, a key of ``curves``: the one whose two losses end furthest apart."""
    if not isinstance(letter, str) or letter.strip().upper() not in curves:
        wrong(f"a letter is wanted, one of {', '.join(curves)}, as text; this is {describe(letter)}.")
    letter = letter.strip().upper()
    training, validation = curves[letter]["loss"], curves[letter]["val_loss"]
    gaps = {name: run["val_loss"][-1] - run["loss"][-1] for name, run in curves.items()}
    if not np.isfinite(gaps[letter]):
        wrong(f"run {letter} ends with a loss that is no number: its training broke down, it did not overfit.")
    if gaps[letter] == max(gap for gap in gaps.values() if np.isfinite(gap)):
        return f"Its training loss went down to {training[-1]:.2f}, its validation loss up to {validation[-1]:.2f}."
    ends = f"Run {letter} ends with a training loss of {training[-1]:.2f} and a validation loss of {validation[-1]:.2f}"
    if training[-1] > 0.8 * np.log(10):
        wrong(f"{ends}, about what guessing gives. It has not learnt its training images: that is not overfitting.")
    wrong(f"{ends}. They are apart, but there is a run whose two curves end further apart.")


@exercise("6.4")
def exercise_6_4(epoch_to_stop: Callable) -> str:
    """``epoch_to_stop(losses, patience)`` gives (epochs trained, best epoch), counted from 1, as Keras stops early."""
    cases, answers = _stop_cases(), []
    for losses, patience in cases:
        got = call(epoch_to_stop, list(losses), patience)
        try:
            parts = list(got)
        except TypeError:
            wrong(f"two whole numbers are wanted, epochs trained and best epoch; this is {describe(got)}.")
        if len(parts) != 2:
            wrong(f"two whole numbers are wanted, epochs trained and best epoch; {len(parts)} came back.")
        answers.append((whole(parts[0], "epochs trained"), whole(parts[1], "the best epoch")))
    for (losses, patience), answer in zip(cases, answers):
        right = _stopped_by_keras(losses, patience)
        if answer != right:
            case = f"losses {', '.join(f'{loss:g}' for loss in losses)} and patience {patience}"
            _name_slip(cases, answers, *answer, case)
            _name_stop(*answer, right, losses, patience, case)
    return "The same answers as `keras.callbacks.EarlyStopping`, in every case."


def _stop_cases() -> list[tuple[list[float], int]]:
    """From plain to nasty: ties, a new low at the last moment, no stop at all."""
    generator = seeded("6.4")
    fixed = [
        ([0.9, 0.8, 0.7, 0.75, 0.72, 0.78, 0.79, 0.6], 3),
        ([0.9, 0.8, 0.85, 0.7, 0.75, 0.65, 0.7, 0.8, 0.9], 2),
        ([0.9, 0.8, 0.8, 0.8, 0.8], 2),
        ([0.9, 0.8, 0.7], 1),
        ([0.5, 0.6, 0.7, 0.8], 1),
        ([0.9], 2),
        ([4000.0, 2500.0, 2600.0, 2700.0], 2),
    ]
    random = [
        (
            np.round(1 / (1 + np.arange(n)) ** 0.3 + generator.normal(0, 0.1, n), 2).tolist(),
            int(generator.integers(1, 5)),
        )
        for n in generator.integers(5, 15, 25)
    ]
    return fixed + random


def _stopped_by_keras(losses: list[float], patience: int, wait_longer: int = 0) -> tuple[int, int]:
    callback = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=patience + wait_longer)
    callback.set_model(SimpleNamespace(stop_training=False))
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if callback.model.stop_training:
            break
    return epoch + 1, callback.best_epoch + 1


def _slip(
    losses: list[float],
    patience: int,
    start: float = np.inf,
    best: int = 1,
    waited: int = 0,
    equal: bool = False,
    resets: bool = True,
) -> tuple[int, int]:
    """Early stopping with one thing done wrong: what a student's function gives who made that slip."""
    lowest = start
    for epoch, loss in enumerate(losses, start=1):
        if loss < lowest or (equal and loss == lowest):
            lowest, best = loss, epoch
            waited = 0 if resets else waited
        else:
            waited += 1
        if waited >= patience:
            return epoch, best
    return len(losses), best


def _name_slip(
    cases: list[tuple[list[float], int]], answers: list[tuple[int, int]], trained: int, best: int, case: str
) -> None:
    """Name the slip that explains the answers to all cases at once."""

    def explains(slip: Callable) -> bool:
        return [slip(*each) for each in cases] == answers

    if answers == [(right[0] - 1, right[1] - 1) for right in itertools.starmap(_stopped_by_keras, cases)]:
        wrong(f"for {case} you have {trained} and {best}: both are one too low. Epochs count from 1 here.")
    if explains(functools.partial(_slip, equal=True)):
        wrong(
            f"for {case} you train {_epochs(trained)} with {best} as the best. Equal is not better: only a *strictly* "
            "lower loss counts."
        )
    if explains(lambda values, patience: (len(values), int(np.argmin(values)) + 1)):
        wrong(f"for {case} you train all {_epochs(trained)}: you never stop early. Where does `patience` come in?")
    if explains(lambda values, patience: (_stopped_by_keras(values, patience)[0], int(np.argmin(values)) + 1)):
        wrong(
            f"for {case} you find epoch {best}, the lowest of the whole list. Training had stopped before it: nobody "
            "has seen the losses after that."
        )
    if explains(functools.partial(_slip, resets=False)):
        wrong(
            f"for {case} you stop after {_epochs(trained)}. Only epochs *in a row* count: a new lowest loss starts the "
            "count again."
        )
    # Who counts by "epoch - best" from best = 1 waits one epoch longer for the first lowest loss.
    for start, (first, waited) in itertools.product((0.0, 1.0, 10.0), ((0, 0), (1, 0), (1, -1))):
        if explains(functools.partial(_slip, start=start, best=first, waited=waited)):
            wrong(
                f"for {case} you train {_epochs(trained)} with {best} as the best. Your lowest loss seems to start "
                f"from {start:g} or some such number. Not every loss lies below it: start from the first loss, or "
                "from infinity."
            )


def _epochs(count: int) -> str:
    return f"{count} epoch{'' if count == 1 else 's'}"


def _name_stop(trained: int, best: int, right: tuple[int, int], losses: list[float], patience: int, case: str) -> None:
    if (best, trained) == right and trained != best:
        wrong(f"for {case} you have {trained} and {best}: the order is epochs trained, then best epoch.")
    if trained == best == right[0]:
        wrong(f"for {case} you return {best} twice. The best epoch is the one with the lowest loss, not the last one.")
    if (trained, best) == _stopped_by_keras(losses, patience, wait_longer=1):
        wrong(
            f"for {case} you train {_epochs(trained)}, one too many. After {_epochs(patience)} without a new lowest "
            "loss it is over."
        )
    if best == int(np.argmax(losses)) + 1:
        wrong(f"for {case} your best epoch is {best}, where the loss is highest. Lower is better.")
    if trained == right[0] and losses[best - 1 : best] == [losses[right[1] - 1]]:
        wrong(f"for {case} your best epoch is {best}. An equal loss is not *strictly* lower: the earlier epoch stays.")
    if (trained + 1, best) == right:
        wrong(
            f"for {case} you stop after {_epochs(trained)}, one too early. The best epoch itself is none of the "
            f"{_epochs(patience)} that were not better."
        )
    if trained < right[0]:
        wrong(
            f"for {case} you stop after {_epochs(trained)}. Count the epochs *in a row* since the lowest loss so far; "
            "a new lowest starts the count again."
        )
    if trained > right[0]:
        wrong(
            f"for {case} you train {_epochs(trained)}, too many. Compare each epoch with the lowest loss so far, not "
            "with the epoch before it."
        )
    wrong(f"for {case} your best epoch is {best}. Look up which epoch has the lowest loss among those trained.")
