"""Checks of lesson 16: right answers in several ways, planted wrong ones named, hostile ones survived."""

import functools
import math

import numpy as np
import pytest
from answers import HOSTILE, fails, passes
from mistake_tables import distinguishable

from checks import lesson16 as check
from helpers.teaching import noise

# 16.1


def seeds_needed(gap, deviation):
    seeds = 2
    while noise.power(gap / deviation, seeds) < 0.8:
        seeds += 1
    return seeds


def by_next(gap, deviation):
    return next(n for n in range(2, 10_000) if noise.power(gap / deviation, n) >= 0.8)


def by_halving(gap, deviation):
    low, high = 1, 4096  # power rises with the seeds
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if noise.power(gap / deviation, middle) >= 0.8 else (middle, high)
    return np.int64(high)


def planned(size=lambda gap, deviation: gap / deviation, power=0.8, first=2):
    def answer(gap, deviation):
        return next(n for n in range(first, 10_000) if noise.power(size(gap, deviation), n) >= power)

    return answer


@pytest.mark.parametrize(
    "answer",
    [seeds_needed, by_next, by_halving, lambda g, d: float(by_next(g, d)), check.reference_seeds_needed],
)
def test_16_1_accepts(answer):
    passes(check.exercise_16_1, answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda g, d: 2 * by_next(g, d), "both sides together"),
        (lambda g, d: by_next(g, d) + 1, "one seed too many"),
        (lambda g, d: by_next(g, d) - 1, "one seed too few"),
        (planned(lambda g, d: g), "leave out the standard deviation"),
        (planned(lambda g, d: d / g), "divide the standard deviation by the gap"),
        (planned(lambda g, d: g * d), "multiply gap"),
        (planned(lambda g, d: g / d**2), "by the variance"),
        (planned(power=0.95), "level of the interval"),
        (planned(power=0.9), "power of 0.9"),
        (planned(power=0.5), "power of 0.5"),
        (planned(power=0.2), "may be missed"),
        (planned(first=3), "begin at 3"),
        (lambda g, d: noise.power(g / d, by_next(g, d)), "return the power"),
        (lambda g, d: math.ceil(2 * (2.8016 / (g / d)) ** 2), "known standard deviation"),
        (planned(first=1), "ValueError: 1 trainings a side"),
        (lambda g, d: 6, "you have 6, and that is not it. The effect size"),
    ],
)
def test_16_1_names_the_mistake(answer, sentence):
    fails(check.exercise_16_1, answer, match=sentence)


def test_mistakes_of_16_1_are_distinguishable(monkeypatch):
    distinguishable(check.exercise_16_1, monkeypatch, seeds_needed)


# 16.5


def searched(accuracy_at, start):
    tried, place = {}, start
    while True:
        for exponent in (place - 1, place, place + 1):
            if exponent not in tried:
                tried[exponent] = accuracy_at(exponent)
        best = max(sorted(tried), key=tried.get)
        if best == place:
            return best
        place = best


def one_side_first(accuracy_at, start):
    """Downwards as long as it does not get worse, and upwards only if that led nowhere."""
    best, top = start, accuracy_at(start)
    while (below := accuracy_at(best - 1)) >= top:
        best, top = best - 1, below
    if best == start:
        while (above := accuracy_at(best + 1)) > top:
            best, top = best + 1, above
    return np.int64(best)


def by_recursion(accuracy_at, start, known=None):
    known = {} if known is None else known
    for exponent in (start, start - 1, start + 1):
        known.setdefault(exponent, None)
        if known[exponent] is None:
            known[exponent] = float(accuracy_at(np.int8(exponent)))
    best = min((-known[exponent], exponent) for exponent in (start - 1, start, start + 1))[1]
    return best if best == start else by_recursion(accuracy_at, best, known)


@pytest.mark.parametrize(
    "answer",
    [
        searched,
        one_side_first,
        by_recursion,
        lambda a, s: float(searched(functools.cache(a), s)),
        lambda a, s: searched(lambda exponent: a(float(exponent)), s),
        lambda a, s: np.array(searched(lambda exponent: a(np.array(exponent)), s)),
    ],
)
def test_16_5_accepts(answer):
    passes(check.exercise_16_5, answer)


def half_exponents(accuracy_at, start):
    return searched(lambda exponent: accuracy_at(exponent / 2), start)


def variant(step=(-1, 0, 1), lowest=True, remember=True, only=0):
    def answer(accuracy_at, start):
        tried, place = {}, start
        while True:
            for exponent in (place + offset for offset in step):
                if exponent not in tried or not remember:
                    tried[exponent] = accuracy_at(exponent)
            best = max(sorted(tried, reverse=not lowest), key=tried.get)
            if best == place or (best - place) * only < 0:
                return best
            place = best

    return answer


def three_rates(accuracy_at, start):
    return max((start - 1, start, start + 1), key=accuracy_at)


def all_rates(accuracy_at, start):
    return max(range(-15, 8), key=accuracy_at)


def both_sides_every_time(accuracy_at, start):
    reach = 1
    tried = {exponent: accuracy_at(exponent) for exponent in (start - 1, start, start + 1)}
    while (best := max(sorted(tried), key=tried.get)) in (start - reach, start + reach):
        reach += 1
        tried |= {exponent: accuracy_at(exponent) for exponent in (start - reach, start + reach)}
    return best


def endless(accuracy_at, start):
    while True:
        accuracy_at(start)


def accuracy_instead(accuracy_at, start):
    tried = {}

    def remembered(exponent):
        tried[exponent] = accuracy_at(exponent)
        return tried[exponent]

    return tried[searched(remembered, start)]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (three_rates, "was not tried: is it better"),
        (variant(only=1), "-7 was not tried"),
        (variant(only=-1), "-5 was not tried"),
        (variant(step=(0, 1)), "-7 was not tried"),
        (variant(lowest=False), "of equal accuracies the lower"),
        (variant(remember=False), "more than once"),
        (all_rates, r"\d+ trainings, where \d+ do"),
        (both_sides_every_time, "only towards the better side"),
        (lambda a, s: searched(a, s) + 1, "return the best of all|never trained|Return the best"),
        (lambda a, s: searched(a, s) + 20, "never trained"),
        (lambda a, s: 10 ** (searched(a, s) / 2), "return a learning rate"),
        (accuracy_instead, "return an accuracy"),
        (lambda a, s: s, "never called"),
        (lambda a, s: a(0.001), "not a rate"),
        (half_exponents, "wants a whole exponent, not a rate; it got"),
        (lambda a, s: a("-6"), "wants a whole exponent"),
        (lambda a, s: a([s]), "wants a whole exponent"),
        (lambda a, s: a(np.nan), "wants a whole exponent"),
        (lambda a, s: a(None), "wants a whole exponent"),
        (lambda a, s: a(), "TypeError"),
        (lambda a, s: searched(a, s) / 2, "exponent of 10 itself"),
        (lambda a, s: (searched(a, s), 0.7), "one number"),
        (lambda a, s: searched(a, 0), "trainings, where"),
        (lambda a, s: searched(a, s) if s != -2 else -2, r"started at -2, you tried|never called"),
        (endless, "60 trainings and no end"),
        (lambda a, s: a(True), "wants a whole exponent"),
        (lambda a, s: searched(a, s) + 0 * a(25), r"started at -6, you tried -7, -6, -5, 25: 4 trainings, where 3 do"),
        (
            lambda a, s: searched(a, s) + (0 * a(25) if s == -4 else 0),
            "4, 25: 11 trainings, where 10 do",
        ),
        (lambda a, s: searched(a, s) + 0 * a(s), "-6 more than once"),
        (lambda a, s: searched(a, s) - (s == -8), "return -7 with 58.5%, but -6 had 70.0%"),
        (
            lambda a, s: searched(a, s) if s != -4 else a(s) * 0 - 4,
            "started at -4, you tried -4 and return -4. -5 was not tried",
        ),
    ],
)
def test_16_5_names_the_mistake(answer, sentence):
    fails(check.exercise_16_5, answer, match=sentence)


# All functions


@pytest.mark.parametrize("exercise", [check.exercise_16_1, check.exercise_16_5])
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        *HOSTILE,
        (lambda *_: "text", "text"),
        (lambda *_: np.nan, "NaN"),
        (lambda *_: object(), "numbers"),
        (lambda *_: 10**400, "too large"),
    ],
)
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)


def test_references_agree_with_the_oracles():
    for curve, start in check._search_cases():
        assert check.reference_best_exponent(curve, start) == check._right_search(curve, start)[0]
    passes(check.exercise_16_2, check.reference_epochs_to_reach)
    passes(check.exercise_16_5, check.reference_best_exponent)
