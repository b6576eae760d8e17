"""Checks of lesson 16, exercise 16.2: when a curve reaches a value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import by_rules, call, exercise, number, seeded, values, wrong


@exercise("16.2")
def exercise_16_2(epochs_to_reach: Callable) -> str:
    """``epochs_to_reach(losses, target)``, losses at epochs 0, 1, ..., gives the first moment, in epochs, or inf."""
    cases = _curve_cases()
    reached = [case for case in cases if math.isfinite(_reached(*case))]
    by_rules(epochs_to_reach, reached, _reached, _moment_mistakes, _said, _advise, _never, 1e-4)
    for case in cases:
        if case not in reached:
            _compare_never(call(epochs_to_reach, *case), _said(*case))
    return "Half-way is half-way only on a straight line, and between epochs that is all we know."


def _said(losses: list[float], target: float) -> str:
    return f"the losses {', '.join(f'{loss:g}' for loss in losses)} and the target {target:g}"


def _curve_cases() -> list[tuple[list[float], float]]:
    """Plain ones, exact hits, one that rises again, one that is there at once, one that never is, random ones."""
    fixed = [
        ([2.0, 1.4, 1.0, 1.2], 1.5),
        ([2.3, 1.5, 1.2, 1.1], 1.9),
        ([2.3, 1.5, 1.2, 1.1, 1.0], 1.2),
        ([2.3, 1.4, 1.6, 1.0, 1.3, 0.9], 1.1),
        ([2.3, 1.4, 1.2], 2.5),
        ([2.3, 1.4, 1.2], 0.8),
        ([2.3], 1.0),
        ([2.0, 1.4, 1.6, 1.0], 1.4),
        ([2.0, 1.4, 1.6, 1.0], 1.57),
        ([2.2, 1.4, 2.0, 1.5, 2.1], 1.65),
    ]
    generator = seeded("16.2")
    for epochs in (3, 5, 8):
        losses = np.round(2.3 * np.exp(-0.25 * np.arange(epochs + 1)) + generator.normal(0, 0.05, epochs + 1), 3)
        fixed.append((losses.tolist(), round(float(generator.uniform(losses.min() + 0.01, 2.0)), 3)))
    return fixed


def _reached(losses: list[float], target: float) -> float:
    """By halving: up to a moment, the lowest point of the curve is at the target or is not."""

    def there(moment: float) -> bool:
        seen = losses[: int(moment) + 1]
        return min(*seen, float(np.interp(moment, range(len(losses)), losses)), math.inf) <= target

    low, high = 0.0, float(len(losses) - 1)
    if there(low) or not there(high):
        return 0.0 if there(low) else math.inf
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if there(middle) else (middle, high)
    return round(high, 9)  # a whole epoch is a whole number


def _first_pair(losses: list[float], target: float, strict: bool = False) -> int | None:
    """The epoch before the first one that is not above the target, or is below it."""
    low = (epoch for epoch, loss in enumerate(losses[1:]) if loss < target or (loss == target and not strict))
    return next(low, None)


def _share(losses: list[float], target: float, epoch: int) -> float:
    before, after = losses[epoch : epoch + 2]
    return (before - target) / (before - after)


def _moment_mistakes(losses: list[float], target: float) -> dict[str, float]:
    right, epochs = _reached(losses, target), np.arange(len(losses))
    there = losses[0] <= target
    before = _first_pair(losses, target) or 0
    strictly = _first_pair(losses, target, strict=True)
    share = _share(losses, target, before)
    crossings = [
        epoch + _share(losses, target, epoch)
        for epoch, (first, second) in enumerate(itertools.pairwise(losses))
        if (first > target) != (second > target)
    ]
    rising = np.argsort(losses)
    mistakes = {
        "`losses[0]` is the loss before training, at 0 epochs. You count the epochs from 1.": right + 1,
        "`losses[1]` is the loss after one epoch. Your result is one epoch too few.": right - 1,
        "you return whole epochs, the first one that is not above the target. The line between two epochs gets there "
        "earlier.": math.ceil(right),
        "you return whole epochs, the last one above the target. Add the share of the way to the next one.": (
            before if right else 0
        ),
        "you return the nearest whole epoch. Add the share of the way between two epochs.": round(right),
        "the share of the way is reversed. Count it from the epoch before.": before + 1 - share,
        "you always go half of the way between two epochs. Which share of it leads to the target?": before + 0.5,
        "you divide by the loss before instead of by the difference of the two losses.": (
            before + 1 - target / losses[before]
        ),
        "you leave out the division: the share of the way is a difference of losses divided by another one.": (
            before + losses[before] - target
        ),
        "you interpolate the logarithm of the loss. Between epochs the curve is a straight line.": (
            before + math.log(losses[before] / target) / math.log(losses[before] / losses[before + 1])
        ),
        "you return the last time that the curve passes the target. The first time counts.": (
            crossings[-1] if crossings else right
        ),
        "you return the time that is left until the last epoch. The time from the start is wanted.": (
            len(losses) - 1 - right
        ),
        "`np.interp` wants x values that rise. Reversed losses do only where no loss rises: look for the pair of "
        "epochs yourself.": float(np.interp(target, losses[::-1], epochs[::-1])),
        "you sort the losses. A curve that rises again is not sorted: look for the first pair of epochs.": (
            float(np.interp(target, np.array(losses)[rising], epochs[rising]))
        ),
        "you return the epoch whose loss is nearest to the target. Add the share of the way between two epochs.": (
            int(np.abs(np.array(losses) - target).argmin())
        ),
    }
    anywhere = {
        "you return the epoch of the lowest loss. Where does `target` come in?": int(np.argmin(losses)),
        "`np.interp` wants x values that rise, and losses fall. Look for the pair of epochs yourself.": (
            float(np.interp(target, losses, epochs))
        ),
        "you return a loss. The number of epochs is wanted.": losses[before + 1],
    }
    # Whoever looks at the start first returns 0 where it is low enough.
    also = "And where the start is low enough, the time is 0."
    return {
        **{sentence: 0.0 if there else value for sentence, value in (mistakes | anywhere).items()},
        **{f"{sentence} {also}": value for sentence, value in anywhere.items()},
        "a loss that is *exactly* the target is there, too. You look for one below it.": (
            0.0 if there else math.inf if strictly is None else strictly + _share(losses, target, strictly)
        ),
        "where the start is low enough, the time is 0. You look at it only after the first epoch.": (
            before + share if there else right
        ),
        "where the start is low enough, the time is 0. You return 1 there.": 1.0 if there else right,
    }


def _never(answer: Any, case: str, losses: list[float], target: float) -> None:
    array = values(answer)
    if array is None or array.ndim or np.isnan(array):
        return
    if np.isinf(array):
        wrong(f"for {case} you say never, but the curve does get there.")
    if losses[0] <= target:
        wrong(f"for {case} you have {float(array):g}. The curve is there before training: 0 epochs.")


def _advise(value: float, losses: list[float], target: float) -> str:
    passes = sum((first > target) != (second > target) for first, second in itertools.pairwise(losses))
    if passes > 1 and value > _reached(losses, target):
        return "The curve was there before, and rose again: the first time counts."
    return "Find the first epoch that is not above the target, and the share of the way from the epoch before it."


def _compare_never(answer: Any, case: str) -> None:
    array = values(answer)
    if array is None or array.ndim or not np.isinf(array):
        value = number(answer, f"the number of epochs for {case}")
        wrong(f"for {case} you have {value:g}. The curve never gets there: return `np.inf`.")
    if array < 0:
        wrong(f"for {case} you return minus infinity. Never is `np.inf`.")
