"""Checks of lesson 06, Training curves."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from checks.grading import by_rules, close, describe, exercise, numbers, seeded, shape_of, wrong
from checks.lesson06_stopping import exercise_6_3, reference_stop

__all__ = [
    "exercise_6_1",
    "exercise_6_2",
    "exercise_6_3",
    "exercise_6_4",
    "reference_band",
    "reference_smooth",
    "reference_stop",
]


@exercise("6.1")
def exercise_6_1(letter: Any, curves: dict[str, dict[str, list[float]]]) -> str:
    """The letter of the run that overfits most, a key of ``curves``.

    Of the runs that fit their training images, the one whose validation loss ends furthest above its own lowest value.
    """
    if not isinstance(curves, Mapping) or not all(
        isinstance(run, Mapping) and "loss" in run and "val_loss" in run for run in curves.values()
    ):
        wrong(f"`curves` is {describe(curves)}. It should be the dictionary of the four runs: run its cell again.")
    if not isinstance(letter, str) or letter.strip().upper() not in curves:
        wrong(f"a letter is wanted, one of {', '.join(curves)}, as text; this is {describe(letter)}.")
    letter = letter.strip().upper()
    training, validation = curves[letter]["loss"], curves[letter]["val_loss"]
    if not np.isfinite([training[-1], validation[-1]]).all():
        wrong(f"run {letter} ends with a loss that is no number: its training broke down, it did not overfit.")
    if training[-1] > 0.8 * np.log(10):
        wrong(
            f"run {letter} ends with a training loss of {training[-1]:.2f}, about what guessing gives. It has not "
            "learnt its training images: that is not overfitting."
        )
    learnt = {
        name: run
        for name, run in curves.items()
        if np.isfinite([run["loss"][-1], run["val_loss"][-1]]).all() and run["loss"][-1] <= 0.8 * np.log(10)
    }
    rises = {name: run["val_loss"][-1] - min(run["val_loss"]) for name, run in learnt.items()}
    turn = f"its validation loss was lowest in epoch {np.argmin(validation) + 1}, {min(validation):.2f}"
    if rises[letter] == max(rises.values()):
        return f"I{turn[1:]}, and rose to {validation[-1]:.2f}, while its training loss fell to {training[-1]:.2f}."
    gaps = {name: run["val_loss"][-1] - run["loss"][-1] for name, run in learnt.items()}
    if gaps[letter] == max(gaps.values()):
        wrong(
            f"run {letter} has the largest *gap* between its two curves, and a gap alone is not overfitting: {turn}, "
            f"and ends at {validation[-1]:.2f}. In another run it rises further above its lowest value."
        )
    wrong(
        f"run {letter} fits its training images, but {turn}, and ends at {validation[-1]:.2f}. In another run it rises "
        "further above its lowest value."
    )


@exercise("6.2")
def exercise_6_2(band: Callable) -> str:
    """``band(curves)``, (seeds, epochs), gives mean, lowest and highest of the seeds, each (epochs,)."""

    def words(curves):
        return f"{len(curves)} seed{'s' * (len(curves) > 1)} and {curves.shape[1]} epochs"

    advice = "Take one epoch, a column of `curves`, and work its three numbers out by hand."
    by_rules(band, _band_cases(), reference_band, _band_mistakes, words, advice, _three_arrays)
    return "With three seeds show the three dots, too: their range and their standard deviation are uncertain by half."


def _band_cases() -> list[tuple[np.ndarray]]:
    """More epochs than seeds and fewer, as many, and one seed alone."""
    generator = seeded("6.2")
    return [(generator.uniform(0.3, 0.8, shape).round(3),) for shape in ((3, 10), (5, 4), (4, 4), (7, 3), (1, 40))]


def reference_band(curves: np.ndarray) -> np.ndarray:
    """Mean, lowest and highest over the seeds, (3, epochs), of curves (seeds, epochs)."""
    curves = np.asarray(curves)
    in_order = np.array([sorted(epoch) for epoch in curves.T.tolist()])
    return np.array([in_order.sum(axis=1) / len(curves), in_order[:, 0], in_order[:, -1]])


def _three_arrays(answer: Any, text: str, curves: np.ndarray) -> None:
    """Say what is off with the form of the answer, or which of its three arrays is the first that is not right."""
    if isinstance(answer, Mapping):
        wrong("a dictionary came back. Three arrays are wanted in the order mean, lowest, highest.")
    if not isinstance(answer, (list, tuple, np.ndarray)) or shape_of(answer) == ():
        wrong(f"three arrays are wanted, mean, lowest and highest; this is {describe(answer)}.")
    if len(answer) != 3:
        wrong(f"three arrays are wanted, mean, lowest and highest; {len(answer)} came back.")
    epochs = curves.shape[1]
    for part, expected, name in zip(answer, reference_band(curves), ("the mean", "the lowest", "the highest")):
        array = numbers(part, f"{name} for {text}")
        if array.ndim == 0:
            wrong(f"{name} is a single number. Over the seeds only: one number per epoch remains.")
        if array.shape != (epochs,):
            wrong(f"{name} for {text} has the shape {array.shape}; one number per epoch is wanted, ({epochs},).")
        if not close(array, expected):
            epoch = int(np.argmax(np.abs(array - expected)))
            wrong(
                f"for {text}, {name} is not right: column {epoch} of `curves` is {curves[:, epoch].tolist()}, and you "
                f"have {array[epoch]:.4g}."
            )


def _band_mistakes(curves: np.ndarray) -> dict[str, np.ndarray]:
    mean, low, high = reference_band(curves)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a single seed there is no deviation with ddof=1
        deviations = [curves.std(axis=0), curves.std(axis=0, ddof=1)]
    error = deviations[1] / len(curves) ** 0.5
    half = np.median(curves, axis=0)
    return {
        "lowest and highest are swapped. The order is mean, lowest, highest.": np.array([mean, high, low]),
        "the lowest comes first in yours. The order is mean, lowest, highest.": np.array([low, mean, high]),
        "the mean comes last in yours. The order is mean, lowest, highest.": np.array([low, high, mean]),
        "the highest comes first in yours. The order is mean, lowest, highest.": np.array([high, mean, low]),
        "your order is highest, lowest, mean. It should be mean, lowest, highest.": np.array([high, low, mean]),
        "your first array is the median. The mean is wanted here.": np.array([half, low, high]),
        "your first array is the sum. Divide it by the number of seeds.": np.array([len(curves) * mean, low, high]),
        "you have one number per seed. One per *epoch* is wanted: the seeds are what you average over.": (
            np.array([curves.mean(axis=1), curves.min(axis=1), curves.max(axis=1)])
        ),
        "the mean is a single number, and so are the others. Over the seeds only: one number per epoch remains.": (
            np.array([curves.mean(), curves.min(), curves.max()])
        ),
        "you return the *seeds* in which an epoch's lowest and highest value stand. The values themselves are wanted: "
        "`min` and `max` instead of `argmin` and `argmax`.": np.array(
            [mean, curves.argmin(axis=0), curves.argmax(axis=0)]
        ),
        "your second and third array are quartiles. Lowest and highest of the seeds are wanted.": (
            np.array([mean, *np.quantile(curves, (0.25, 0.75), axis=0)])
        ),
        **{
            f"this is the mean plus and minus a {name}. Lowest and highest of the seeds are wanted.": (
                np.array([mean, mean - width, mean + width])
            )
            for name, width in (
                ("standard deviation", deviations[0]),
                ("standard deviation (with ddof=1)", deviations[1]),
                ("standard error", error),
            )
        },
        **dict(_whole_curves(curves)),
    }


def _whole_curves(curves: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """One seed's curve for the lowest, the highest, or both: who picks a seed, and not a value in each epoch."""
    mean, low, high = reference_band(curves)
    ends, means, bests, orders = curves[:, -1], curves.mean(axis=1), curves.max(axis=1), np.arange(len(curves))
    for what, by in (("last value", ends), ("mean", means), ("highest value", bests), ("position", orders)):
        seed_low, seed_high = curves[by.argmin()], curves[by.argmax()]
        advice = f"in yours is one seed's whole curve, picked by its {what}. In other epochs another seed may be"
        yield f"the lowest {advice} the lowest: look for it in every epoch anew.", np.array([mean, seed_low, high])
        yield f"the highest {advice} the highest: look for it in every epoch anew.", np.array([mean, low, seed_high])
        yield (
            f"the lowest {advice} lower, and so with the highest: look for both in every epoch anew.",
            np.array([mean, seed_low, seed_high]),
        )


@exercise("6.4")
def exercise_6_4(smooth: Callable) -> str:
    """``smooth(values, weight)``, (epochs,) and a share 0 to 1, gives the smoothed curve, (epochs,) floats."""

    def words(values, weight):
        return (
            f"the values {values.tolist() if len(values) < 7 else f'of {len(values)} epochs'} and the weight {weight}"
        )

    by_rules(
        smooth, _smoothing_cases(), reference_smooth, _smoothing_mistakes, words, _first_wrong_value, _one_for_each
    )
    return "With weight 0.9 a value has lost two thirds of its share ten epochs later."


def _smoothing_cases() -> list[tuple[np.ndarray, float]]:
    """Few values and many, no smoothing at all, a single value, and whole numbers."""
    generator = seeded("6.4")
    settings = ((6, 0.7), (15, 0.9), (3, 0.5), (8, 0.25), (5, 0.0), (1, 0.6))
    cases = [(generator.uniform(0.2, 0.9, epochs).round(2), weight) for epochs, weight in settings]
    return [*cases, (np.array([3, 8, 1, 6, 4]), 0.7)]


def _one_for_each(answer: Any, text: str, values: np.ndarray, weight: float) -> None:
    shape = shape_of(answer)
    if shape == () and len(values) > 1 and not isinstance(answer, (str, bytes)):
        numbers(answer, f"the result for {text}")
        wrong("one number came back. A curve is wanted: one smoothed value for each value.")
    if shape is not None and len(shape) == 1 and shape != values.shape:
        wrong(f"for {text} you return {shape[0]} values. One smoothed value is wanted for each value: {len(values)}.")


def _smoothing_mistakes(values: np.ndarray, weight: float) -> dict[str, np.ndarray]:
    counts = np.arange(1, len(values) + 1)
    from_zero = reference_smooth(np.r_[0.0, values], weight)[1:]
    of_same_type, of_whole = values.copy(), values.astype(int)
    for index in range(1, len(values)):
        for smoothed in (of_same_type, of_whole):
            smoothed[index] = weight * smoothed[index - 1] + (1 - weight) * values[index]
    return {
        "whole numbers went in, and only whole numbers came back. An array of integers cuts off the decimals of what "
        "you write into it: begin with a list, or with an array of floats.": of_same_type,
        "your curve is stored as whole numbers, so each value loses its fraction before the next one uses it. Begin "
        "with a list, or with an array of floats.": of_whole,
        "your curve starts from 0 and has to climb up first. The first value stays as it is.": from_zero,
        "the weights are swapped: `weight` belongs to the smoothed value before, 1 - weight to the new one.": (
            reference_smooth(values, 1 - weight)
        ),
        "each of your values mixes in the *raw* value before it. Take the smoothed one, so that all earlier values "
        "have a share.": np.r_[values[0], weight * values[:-1] + (1 - weight) * values[1:]],
        "you divide by 1 - weight**t, as Adam does for averages that start from 0. This one starts from the first "
        "value and needs no correction.": from_zero / (1 - weight**counts),
        "this is the curve itself, nothing is smoothed.": values,
        "this is the mean of all values so far: old and new weigh the same. Where does `weight` come in?": (
            np.cumsum(values) / counts
        ),
        "the first value is missing. Your curve begins with it, as it is.": reference_smooth(values, weight)[1:],
        "your curve begins twice with the first value. Loop over `values[1:]`.": (
            np.r_[values[0], reference_smooth(values, weight)]
        ),
        "you smooth from the last value to the first. The curve is read from its beginning.": (
            reference_smooth(values[::-1], weight)[::-1]
        ),
        "this is the last smoothed value alone. A curve is wanted: one smoothed value for each value.": (
            reference_smooth(values, weight)[-1]
        ),
        "every value is averaged with the one *smoothed* before it, half and half. Where does `weight` come in?": (
            reference_smooth(values, 0.5)
        ),
        "your smoothed values are not weighted by `1 - weight`: the new value enters in full, and the curve grows.": (
            np.array(
                [sum(weight**age * values[index - age] for age in range(index + 1)) for index in range(len(values))]
            )
        ),
    }


def _first_wrong_value(got: np.ndarray, values: np.ndarray, weight: float) -> str:
    expected = reference_smooth(values, weight)
    if not close(got[0], values[0]):
        return f"Your curve starts at {got[0]:g}; the first value is {values[0]:g} and stays as it is."
    step = int(np.argmax(~np.isclose(got, expected, rtol=0, atol=1e-5)))
    return (
        f"The values are right up to index {step - 1} and not at index {step}. Do that one by hand: the smoothed value "
        f"before it is {expected[step - 1]:.4f}, the new value {values[step]:g}."
    )


def reference_smooth(values: np.ndarray, weight: float) -> np.ndarray:
    """Exponential moving average, (epochs,): all at once, by the share that every value has in every average."""
    values = np.asarray(values)
    n = len(values)
    age = np.arange(n)[:, None] - np.arange(n)
    share = np.where(age >= 0, (1 - weight) * float(weight) ** np.maximum(age, 0), 0.0)
    share[:, 0] = float(weight) ** np.arange(n)
    return share @ values
