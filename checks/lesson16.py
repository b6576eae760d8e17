"""Checks of lesson 16, Claims on trial."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

from checks.grading import NotRight, by_rules, call, close, describe, exercise, name_slip, number, wrong
from checks.lesson16_flaws import exercise_16_4
from checks.lesson16_moment import exercise_16_3

__all__ = ["exercise_16_1", "exercise_16_2", "exercise_16_3", "exercise_16_4"]

# --- 16.1: how often the rule fires for nothing

# How far a simulation may lie off, for so many seeds; a formula is held to its digits. Not more than four seeds: to
# list all orders of ten results takes too long.
SIMULATED = {2: 0.02, 3: 0.02, 4: 0.008, 1: 0.02}


@exercise("16.1")
def exercise_16_1(false_alarm: Callable) -> str:
    """``false_alarm(seeds)`` gives the probability, 0 to 1, that the rule fires for two equally good networks."""
    got = [call(false_alarm, seeds) for seeds in SIMULATED]
    right = [_false_alarm(seeds) for seeds in SIMULATED]
    if _agree(got, right, 1e-6):
        return "One in ten for three seeds, one in three for two, always for one."
    if _agree(got, right):
        name_slip(got, right, 1e-6)  # exact numbers that were rounded are no simulation
        return "Close enough: a simulation, it seems. `math.comb` gives the exact fraction, one in ten for three seeds."
    # A simulation may have a slip, too: first what agrees to the digits, then what agrees within its noise.
    for tolerance in (1e-6, None):
        for sentence, rule in PROBABILITIES.items():
            if _agree(got, [rule(seeds) for seeds in SIMULATED], tolerance):
                wrong(sentence)
    if _agree(got, right, factor=4):
        wrong(
            "your probabilities are close, and too rough for all that. Is it a simulation? Take 20,000 pairs or more, "
            "or count the orders."
        )
    results = iter(got)
    by_rules(
        lambda seeds: next(results),
        [(seeds,) for seeds in SIMULATED],
        _false_alarm,
        None,
        lambda seeds: f"{seeds} seed{'s' * (seeds > 1)} each",
        lambda value, seeds: (
            f"Sort all {2 * seeds} results: each choice of {seeds} position{'s' * (seeds > 1)} for the first network "
            "is equally likely. In how many of these choices does the rule fire?"
            if 0 <= value <= 1
            else "A probability lies between 0 and 1."
        ),
    )
    return None


def _agree(got: list, right: list, tolerance: float | None = None, factor: int = 1) -> bool:
    """All within a tolerance, that of a simulation when none is given."""
    allowed = [tolerance or factor * most for most in SIMULATED.values()]
    return all(close(*pair, most) for *pair, most in zip(got, right, allowed))


def _false_alarm(seeds: int) -> float:
    """By going through all choices of positions."""
    positions = range(2 * seeds)
    choices = list(itertools.combinations(positions, seeds))
    return sum(set(choice) in ({*positions[:seeds]}, {*positions[seeds:]}) for choice in choices) / len(choices)


# What a slip makes of the number of seeds.
PROBABILITIES: dict[str, Callable[[int], float]] = {
    "your probability counts one direction only. The rule also fires when the other network is ahead.": (
        lambda n: _false_alarm(n) / 2
    ),
    "your probability is that the rule stays silent. How probable is it that it fires?": lambda n: 1 - _false_alarm(n),
    "your numbers count the choices of positions. In which share of them does the rule fire?": (
        lambda n: math.comb(2 * n, n)
    ),
    "your numbers are one divided by the probability: one pair in how many.": lambda n: 1 / _false_alarm(n),
    "you take the n * n duels of one seed against another for independent. They are not: a network with one high "
    "result wins several duels at once.": lambda n: 2 * 0.5 ** (n * n),
    "you take the n * n duels for independent, and count one direction only. A network with one high result wins "
    "several duels at once.": lambda n: 0.5 ** (n * n),
    "you let the first seed meet the first one, the second the second, and so on. The rule compares the worst of one "
    "network with the best of the other.": lambda n: 2 * 0.5**n,
    "you let the seeds meet in pairs, and count one direction only. The rule compares the worst of one network with "
    "the best of the other.": lambda n: 0.5**n,
    "you toss a coin for the network of each result. Each network has as many results as the other: count the choices "
    "of positions.": lambda n: 2 * 0.25**n,
    "you toss a coin for the network of each result, and count one direction only. Count the choices of positions.": (
        lambda n: 0.25**n
    ),
    "you count orders, as if the order *within* a network mattered when the rule fires. It does not: only which "
    "positions belong to which network.": lambda n: 2 / math.factorial(2 * n),
    "you count orders, as if the order within a network mattered when the rule fires, and one direction only.": (
        lambda n: 1 / math.factorial(2 * n)
    ),
    "you count the order within one of the two networks only. Both have n! orders when the rule fires.": (
        lambda n: 2 * math.factorial(n) / math.factorial(2 * n)
    ),
    "your probability is always that for three seeds. The number of seeds comes as an argument.": lambda n: 0.1,
    "you choose from `seeds` results, not from all of both networks. There are 2 * seeds of them.": (
        lambda n: 2 / math.comb(n, n // 2)
    ),
}


# --- 16.2: a search that goes on while its best lies at an edge

MOST_TRAININGS = 60


class TooManyTrainings(RuntimeError):
    """Ends a search that would never end by itself."""


@exercise("16.2")
def exercise_16_2(best_exponent: Callable) -> str:
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
