"""Checks of lesson 11, Claims on trial."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import call, close, exercise, name_mistake, number, seeded, wrong
from checks.lesson11_flaws import exercise_11_4

__all__ = ["exercise_11_1", "exercise_11_2", "exercise_11_3", "exercise_11_4"]

# --- 11.1: how often the rule fires for nothing

# How far a simulation may lie off, for so many seeds; a formula is held to its digits.
SIMULATED = {1: 0.02, 2: 0.02, 3: 0.02, 4: 0.008, 5: 0.004}


@exercise("11.1")
def exercise_11_1(false_alarm: Callable) -> str:
    """``false_alarm(seeds)`` gives the probability, 0 to 1, that the rule fires for two equally good networks."""
    simulated = False
    for seeds in (2, 3, 4, 1, 5):  # with three, 10 would be in per cent or one in ten
        expected = _false_alarm(seeds)
        got = number(call(false_alarm, seeds), f"the probability for {seeds} seeds")
        if close(got, expected, 1e-6):
            continue
        _name_probability(got, expected, seeds)
        draws = number(call(false_alarm, seeds), f"the probability for {seeds} seeds") != got
        if draws and abs(got - expected) <= SIMULATED[seeds]:
            simulated = True
            continue
        if draws and abs(got - expected) <= 4 * SIMULATED[seeds]:
            wrong(
                f"for {seeds} seeds each you have {got:.3f}, and another number at the next call: a simulation, and "
                "one that is still too rough. Take 20,000 pairs or more, or count the orders."
            )
        wrong(
            f"for {seeds} seeds each you have {got:.4f}. Sort all {2 * seeds} results: each choice of {seeds} "
            "positions for the first network is equally likely. In how many of these choices does the rule fire?"
        )
    if simulated:
        return "A simulation, and close enough. `math.comb` gives the exact number: one in ten for three seeds."
    return "One in ten for three seeds, one in three for two, always for one."


def _false_alarm(seeds: int) -> float:
    """By going through all choices of positions."""
    positions = range(2 * seeds)
    choices = list(itertools.combinations(positions, seeds))
    return sum(set(choice) in ({*positions[:seeds]}, {*positions[seeds:]}) for choice in choices) / len(choices)


def _name_probability(got: float, expected: float, seeds: int) -> None:
    if not 0 <= got <= 1:
        mistakes = {
            f"{got:g} is in per cent. A probability between 0 and 1 is wanted.": 100 * expected,
            f"{got:g} is the number of choices of positions. In how many of them does the rule fire?": (
                math.comb(2 * seeds, seeds)
            ),
            f"{got:g} is one divided by the probability: one pair in how many.": 1 / expected,
        }
        name_mistake(got, mistakes, 1e-6)
        wrong(f"for {seeds} seeds each you have {got:g}. A probability lies between 0 and 1.")
    duels = f"for {seeds} seeds each you have {got:.4f}, as if the"
    name_mistake(
        got,
        {
            f"for {seeds} seeds each you have {got:.4f}: that counts one direction only. The rule also fires when the "
            "other network is ahead.": expected / 2,
            f"for {seeds} seeds each you have {got:.4f}: that is how often the rule stays silent.": 1 - expected,
            f"{duels} {seeds * seeds} duels of one seed against another were independent. They are not: a network with "
            "one high result wins several duels at once.": 2 * 0.5 ** (seeds * seeds),
            f"{duels} {seeds * seeds} duels were independent, and in one direction only.": 0.5 ** (seeds * seeds),
            f"{duels} first seed met the first one, the second the second, and so on. The rule compares the worst of "
            "one network with the best of the other.": 2 * 0.5**seeds,
            f"{duels} seeds met in {seeds} pairs, and in one direction only.": 0.5**seeds,
            f"{duels} order *within* a network mattered. It does not: only which positions belong to which network.": (
                2 / math.factorial(2 * seeds)
            ),
            f"{duels} order within a network mattered, and in one direction only.": 1 / math.factorial(2 * seeds),
        },
        1e-6,
    )


# --- 11.2: a search that goes on while its best lies at an edge

MOST_TRAININGS = 60


class TooManyTrainings(RuntimeError):
    """Ends a search that would never end by itself."""


@exercise("11.2")
def exercise_11_2(best_exponent: Callable) -> str:
    """``best_exponent(accuracy_at, start)`` gives the whole exponent that none of its two neighbours beats."""
    trainings = 0
    for curve, start in _search_cases():
        tried: list[int] = []

        def accuracy_at(exponent: Any, curve=curve, tried=tried) -> float:
            if isinstance(exponent, bool) or exponent != int(exponent):
                raise TypeError(f"accuracy_at wants a whole exponent, not a rate; it got {exponent!r}")
            if len(tried) == MOST_TRAININGS:
                raise TooManyTrainings(f"{MOST_TRAININGS} trainings and no end, the last ones for exponent {tried[-1]}")
            tried.append(int(exponent))
            return curve(int(exponent))

        got = number(call(best_exponent, accuracy_at, start), "the best exponent")
        if not tried:
            wrong("your function never called accuracy_at. Without a training nobody knows an accuracy.")
        _compare_search(got, curve, start, tried)
        trainings += len(tried)
    return f"{len(_search_cases())} searches with {trainings} trainings, none twice, and no best rate at an edge."


def _peak(top: int, plateau_from: int | None = None, flat: int = 0) -> Callable[[int], float]:
    """Accuracy over the exponent: one hill, flat on ``flat`` more exponents; 10 % from ``plateau_from`` on."""

    def curve(exponent: int) -> float:
        if plateau_from is not None and exponent >= plateau_from:
            return 0.1
        distance = max(top - exponent, exponent - top - flat, 0)
        return 0.2 + 0.5 / (1 + 0.3 * distance)

    return curve


def _search_cases() -> list[tuple[Callable[[int], float], int]]:
    return [
        (_peak(-6), -6),
        (_peak(-6), -7),
        (_peak(-6), -5),
        (_peak(-2), -7),
        (_peak(-10), -5),
        (_peak(3), -4),
        (_peak(-6, flat=1), -5),
        (_peak(-6, flat=1), -8),
        (_peak(-7, plateau_from=-5), -2),
    ]


def _right_search(curve: Callable[[int], float], start: int) -> tuple[int, int]:
    """The exponent on the hill's top, the lowest of equals, and how many trainings a plain search needs."""
    top = max(range(-30, 30), key=lambda exponent: (curve(exponent), -exponent))
    return top, abs(top - start) + 3


def _compare_search(got: float, curve: Callable[[int], float], start: int, tried: list[int]) -> None:
    top, needed = _right_search(curve, start)
    where = f"started at {start}, you tried {_listed(tried)}"
    twice = next((exponent for exponent in tried if tried.count(exponent) > 1), None)
    if got != int(got) or int(got) not in tried:
        if any(math.isclose(got, curve(exponent)) for exponent in tried):
            wrong(f"you return {got:g}, an accuracy. Return the exponent that it belongs to.")
        if any(math.isclose(got, 10 ** (exponent / 2)) for exponent in tried):
            wrong(f"you return {got:g}, a learning rate. Return its exponent.")
        wrong(f"{where} and return {got:g}, which was never trained. Return one of the exponents you tried.")
    best = int(got)
    better = [exponent for exponent in tried if curve(exponent) > curve(best)]
    if better:
        wrong(
            f"{where} and return {best} with {curve(best):.1%}, but {better[0]} had {curve(better[0]):.1%}. Return the "
            "best of all you tried."
        )
    equal = [exponent for exponent in tried if curve(exponent) == curve(best) and exponent < best]
    if equal:
        wrong(f"{where} and return {best}. {min(equal)} was equally good: of equal accuracies the lower one counts.")
    for neighbour in (best - 1, best + 1):
        if neighbour not in tried:
            wrong(
                f"{where} and return {best}. {neighbour} was not tried: is it better? While the best lies at an end, "
                "go on beyond it."
            )
    if best != top:
        wrong(f"{where} and return {best}. One of its neighbours is better.")
    if twice is not None:
        wrong(f"{where}: {twice} more than once. A training costs minutes; keep its result, in a dictionary say.")
    if len(tried) > needed:
        wrong(f"{where}: {len(tried)} trainings, where {needed} do. Go step by step, and only towards the better side.")


def _listed(tried: list[int]) -> str:
    shown = ", ".join(map(str, tried[:12]))
    return shown + (", and more" if len(tried) > 12 else "")


# --- 11.3: when a curve reaches a value


@exercise("11.3")
def exercise_11_3(epochs_to_reach: Callable) -> str:
    """``epochs_to_reach(losses, target)``, losses at epochs 0, 1, ..., gives the first moment, in epochs, or inf."""
    for losses, target in _curve_cases():
        got = call(epochs_to_reach, list(losses), target)
        case = f"for the losses {', '.join(f'{loss:g}' for loss in losses)} and the target {target:g}"
        expected = _reached(losses, target)
        try:
            infinite = np.ndim(got) == 0 and bool(np.isinf(float(got))) and not isinstance(got, (str, bytes))
        except (TypeError, ValueError, OverflowError):
            infinite = False
        if infinite:
            if not math.isinf(expected):
                wrong(f"{case} you say never, but the curve does get there.")
            if got < 0:
                wrong(f"{case} you return minus infinity. Never is `np.inf`.")
            continue
        value = number(got, "the number of epochs")
        if math.isinf(expected):
            wrong(f"{case} you have {value:g}. The curve never gets there: return `np.inf`.")
        if not close(value, expected, 1e-4):
            _name_moment(value, expected, losses, target, case)
    return "Half-way is half-way only on a straight line, and between epochs that is all we know."


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
    ]
    generator = seeded("11.3")
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
    return high


def _name_moment(value: float, expected: float, losses: list[float], target: float, case: str) -> None:
    whole, share = int(expected), expected - int(expected)
    crossings = [k + 1 for k, (a, b) in enumerate(itertools.pairwise(losses)) if (a - target) * (b - target) < 0]
    mistakes = {
        f"{case} you have {value:g}: epochs are counted from 1 there. `losses[0]` is the loss before training, at 0.": (
            expected + 1
        ),
        f"{case} you have {value:g}, one epoch too few: `losses[1]` is the loss after one epoch.": expected - 1,
    }
    if losses[0] <= target:
        mistakes = {}
    if share > 0:
        mistakes |= {
            f"{case} you have {value:g}, the first whole epoch below the target. The line between the two epochs gets "
            "there earlier.": whole + 1,
            f"{case} you have {value:g}, the last epoch above the target. Add the share of the way to the next one.": (
                whole
            ),
            f"{case} you have {value:g}: the share of the way is reversed. Count it from the epoch before.": (
                whole + 1 - share
            ),
        }
    mistakes[f"{case} you have {value:g}, the epoch of the lowest loss. Where does `target` come in?"] = float(
        np.argmin(losses)
    )
    mistakes[
        f"{case} you have {value:g}. `np.interp` wants x values that rise, and losses fall: reverse both, or look "
        "for the pair of epochs yourself."
    ] = float(np.interp(target, losses, range(len(losses))))
    name_mistake(value, mistakes, 1e-4)
    if len(crossings) > 1 and value > expected + 0.01:
        wrong(f"{case} you have {value:g}. The curve was there before, and rose again: the first time counts.")
    if losses[0] <= target:
        wrong(f"{case} you have {value:g}. The curve is there before training: 0 epochs.")
    wrong(
        f"{case} you have {value:g}. Find the first epoch that is not above the target, and the share of the way from "
        "the epoch before it."
    )
