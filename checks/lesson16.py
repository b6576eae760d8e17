"""Checks of lesson 16, Claims on trial."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from scipy import stats

from checks.grading import NotRight, by_rules, call, describe, exercise, number, seeded, wrong
from checks.lesson16_flaws import exercise_16_4
from checks.lesson16_moment import exercise_16_2
from helpers.teaching import noise

__all__ = ["exercise_16_1", "exercise_16_2", "exercise_16_4", "exercise_16_5"]


def reference_seeds_needed(gap: float, deviation: float, power: float = 0.8) -> int:
    """The smallest number of seeds a side with which ``noise.difference`` finds a true gap in that share of cases."""
    seeds = 2
    while noise.power(gap / deviation, seeds) < power:
        seeds += 1
    return seeds


def reference_epochs_to_reach(losses: Sequence[float], target: float) -> float:
    """The first moment, in epochs, at which a curve of straight lines is at the target; infinity where it never is."""
    for epoch, loss in enumerate(losses):
        if loss <= target:
            return epoch and epoch - (target - loss) / (losses[epoch - 1] - loss)
    return math.inf


def reference_best_exponent(accuracy_at: Callable[[int], float], start: int) -> int:
    """The exponent that none of its two neighbours beats, by one step at a time; no exponent is tried twice."""
    tried = {exponent: accuracy_at(exponent) for exponent in (start - 1, start, start + 1)}
    while (best := max(sorted(tried), key=tried.get)) in (min(tried), max(tried)):
        beyond = best - 1 if best == min(tried) else best + 1
        tried[beyond] = accuracy_at(beyond)
    return best


# --- 16.1: how many seeds a comparison needs

WANTED, MOST_SEEDS = 0.8, 5000


@exercise("16.1")
def exercise_16_1(seeds_needed: Callable) -> str:
    """``seeds_needed(gap, deviation)``, both in points, gives the smallest whole number of seeds a side, at least 2."""
    generator = seeded("16.1")
    drawn = [(float(generator.integers(3, 30)) / 10, float(generator.integers(5, 20)) / 10) for _ in range(2)]
    cases = [(2.0, 1.0), (1.0, 1.0), (2.0, 2.5), (1.5, 0.6), (0.5, 0.4), (6.0, 0.8), (3.0, 1.5), *drawn]
    by_rules(
        seeds_needed,
        cases,
        lambda gap, deviation: _needed(gap / deviation),
        _mistakes_in_planning,
        "a gap of {0:g} points and a standard deviation of {1:g} points",
        "The effect size is the gap in standard deviations. Count up from 2 seeds until the power is at least 0.8.",
    )
    return "To find half the gap, you need about four times the seeds."


@functools.cache
def _needed(size: float, power: float = WANTED) -> int:
    """By the noncentral F distribution: the square of a t is an F."""
    for seeds in range(2, MOST_SEEDS):
        freedom = 2 * seeds - 2
        limit = stats.t.ppf((1 + noise.LEVEL) / 2, freedom) ** 2
        if stats.ncf.sf(limit, 1, freedom, seeds * size**2 / 2) >= power:
            return seeds
    return MOST_SEEDS


def _mistakes_in_planning(gap: float, deviation: float) -> dict[str, float]:
    size = gap / deviation
    right = _needed(size)
    return {
        "that is the number for both sides together. The seeds of *one* side are wanted.": 2 * right,
        "that is one seed too many. Return the first number whose power is high enough.": right + 1,
        "that is one seed too few: its power is still below 0.8.": right - 1,
        "you leave out the standard deviation. `noise.power` wants the gap in standard deviations.": _needed(gap),
        "you divide the standard deviation by the gap. The effect size is the gap divided by the standard "
        "deviation.": _needed(1 / size),
        "you multiply gap and standard deviation. The effect size is their ratio.": _needed(gap * deviation),
        "you divide by the variance. The effect size is the gap divided by the standard deviation.": (
            _needed(gap / deviation**2)
        ),
        "you ask for a power of 0.95. That is the level of the interval; a power of 0.8 is wanted.": (
            _needed(size, 0.95)
        ),
        "you ask for a power of 0.9. 0.8 is wanted.": _needed(size, 0.9),
        "you ask for a power of 0.5. 0.8 is wanted.": _needed(size, 0.5),
        "you ask for a power of 0.2: that is how often a gap may be missed.": _needed(size, 0.2),
        "you begin at 3 seeds. Two are enough for a large gap.": max(right, 3),
        "you return the power. How many seeds give it?": noise.power(size, right),
        "that is the formula for a known standard deviation. With few seeds Student's t is wider: count up with "
        "`noise.power`.": math.ceil(2 * ((1.96 + 0.8416) / size) ** 2),
    }


# --- 16.5: a search that goes on while its best lies at an edge

MOST_TRAININGS = 60


class TooManyTrainings(RuntimeError):
    """Ends a search that would never end by itself."""


@exercise("16.5")
def exercise_16_5(best_exponent: Callable) -> str:
    """``best_exponent(accuracy_at, start)`` gives the whole exponent that none of its two neighbours beats."""
    searches = []
    for curve, start in _search_cases():
        tried: list[int] = []

        def accuracy_at(exponent: Any, curve=curve, tried=tried) -> float:
            exponent = _whole_exponent(exponent)
            if len(tried) == MOST_TRAININGS:
                raise TooManyTrainings(f"{MOST_TRAININGS} trainings and no end, the last ones for exponent {tried[-1]}")
            tried.append(exponent)
            return curve(exponent)

        try:
            got = number(call(best_exponent, accuracy_at, start), "the best exponent")
        except NotRight:
            _compare_searches(searches)  # what an earlier one shows says more than the end of this one
            raise
        searches.append((got, curve, start, tried))
    _compare_searches(searches)
    trainings = sum(len(tried) for *_, tried in searches)
    return f"{len(searches)} searches with {trainings} trainings, none twice, and no best rate at an edge."


def _whole_exponent(exponent: Any) -> int:
    try:
        whole = int(exponent)
        fits = not isinstance(exponent, (bool, str)) and bool(exponent == whole)
    except Exception:  # whatever was handed over
        fits = False
    if not fits:
        raise TypeError(f"accuracy_at wants a whole exponent, not a rate; it got {describe(exponent)}")
    return whole


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


def _compare_searches(searches: list[tuple]) -> None:
    """Name what was returned instead of an exponent, when that explains all searches; then one by one."""
    if not all(tried for *_, tried in searches):
        wrong("your function never called accuracy_at. Without a training nobody knows an accuracy.")
    tops = [_right_search(curve, start)[0] for _, curve, start, _ in searches]
    mistakes: dict[str, Callable[[int, Callable], float]] = {
        "you return an accuracy. Return the exponent that it belongs to.": lambda top, curve: curve(top),
        "you return a learning rate. Return its exponent.": lambda top, _: 10 ** (top / 2),
        "you return the exponent of 10 itself, half of what accuracy_at takes. Return the number that you called it "
        "with.": lambda top, _: top / 2,
    }
    for sentence, rule in mistakes.items():
        if searches and all(math.isclose(got, rule(top, curve)) for top, (got, curve, *_) in zip(tops, searches)):
            wrong(sentence)
    for search in searches:
        _compare_search(*search)


def _compare_search(got: float, curve: Callable[[int], float], start: int, tried: list[int]) -> None:
    """Says what one search shows: the sentences follow from what was tried and returned."""
    _, needed = _right_search(curve, start)
    where = f"started at {start}, you tried {_listed(tried)}"
    twice = next((exponent for exponent in tried if tried.count(exponent) > 1), None)
    if got not in tried:
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
    if twice is not None:
        wrong(f"{where}: {twice} more than once. A training costs minutes; keep its result, in a dictionary say.")
    if len(tried) > needed:
        wrong(f"{where}: {len(tried)} trainings, where {needed} do. Go step by step, and only towards the better side.")


def _listed(tried: list[int]) -> str:
    shown = ", ".join(map(str, tried[:12]))
    return shown + (", and more" if len(tried) > 12 else "")
