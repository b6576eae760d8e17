"""Checks of lesson 16: right answers in several ways, planted wrong ones named, hostile ones survived."""

import functools
import itertools
import math

import keras
import numpy as np
import pytest
from answers import HOSTILE, fails, passes

from checks import lesson16 as check

# 11.1


def by_formula(seeds):
    return 2 / math.comb(2 * seeds, seeds)


def by_factorials(seeds):
    return np.float32(2 * math.factorial(seeds) ** 2 / math.factorial(2 * seeds))


def by_orders(seeds):
    if seeds > 4:
        return by_formula(seeds)
    orders = list(itertools.permutations([0] * seeds + [1] * seeds))
    return sum(len(set(order[:seeds])) == 1 for order in orders) / len(orders)


def by_a_loop(seeds):
    """The next position goes to the same network as the ones before."""
    same = 1.0
    for taken in range(1, seeds):
        same = same * (seeds - taken) / (2 * seeds - taken)
    return same


def simulation(pairs, generator):
    def answer(seeds):
        first, second = generator.random((2, pairs, seeds))
        apart = (first.min(axis=1) > second.max(axis=1)) | (first.max(axis=1) < second.min(axis=1))
        return apart.mean()

    return answer


@pytest.mark.parametrize(
    "answer",
    [by_formula, by_factorials, by_orders, by_a_loop, lambda seeds: keras.ops.convert_to_tensor(by_formula(seeds))],
)
def test_11_1_accepts(answer):
    passes(check.exercise_16_1, answer)


@pytest.mark.parametrize(
    "answer",
    [
        simulation(20_000, np.random.default_rng(0)),
        lambda seeds: simulation(20_000, np.random.default_rng(3))(seeds),  # the same at each call
        lambda seeds: np.mean([simulation(5_000, np.random.default_rng(each))(seeds) for each in range(4)]),
    ],
)
def test_11_1_accepts_a_good_simulation(answer, capsys):
    passes(check.exercise_16_1, answer)
    assert "Close enough: a simulation" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda n: by_formula(n) / 2, "one direction only"),
        (lambda n: 100 * by_formula(n), "per cent"),
        (lambda n: math.comb(2 * n, n), "count the choices"),
        (lambda n: 1 / by_formula(n), "one pair in how many"),
        (lambda n: 1 - by_formula(n), "stays silent"),
        (lambda n: 2 * 0.5 ** (n * n), "one high result wins several"),
        (lambda n: 0.5 ** (n * n), "for independent, and count one direction"),
        (lambda n: 2 * 0.5**n, "worst of one network with the best"),
        (lambda n: 0.5**n, "in pairs, and count one direction"),
        (lambda n: 2 / math.factorial(2 * n), r"order \*within\* a network mattered"),
        (lambda n: 1 / math.factorial(2 * n), "when the rule fires, and one direction only"),
        (lambda n: -0.1, "between 0 and 1"),
        (lambda n: 0.1, "always that for three seeds"),
        (lambda n: 1 / n, "for 2 seeds each you have 0.5, .* Sort all 4 results"),
        (lambda n: by_formula(n) if n < 4 else 0.11, "for 4 seeds each"),
        (lambda n: by_formula(n) + 0.03, "too rough"),
        (lambda n: simulation(60, np.random.default_rng(n + 3))(n), "too rough"),
        (lambda n: simulation(20_000, np.random.default_rng(n))(n) / 2, "one direction only"),
        (lambda n: 2 * 0.25**n, "toss a coin"),
        (lambda n: 0.25**n, "toss a coin.*one direction"),
        (lambda n: 2 * math.factorial(n) / math.factorial(2 * n), "order within one of the two"),
        (lambda n: 2 / math.comb(n, n // 2), "choose from `seeds` results"),
        (lambda n: round(by_formula(n), 2), "rounded to 2 decimals"),
        (lambda n: round(by_formula(n), 4), "rounded to 4 decimals"),
        (lambda n: int(by_formula(n)), "lost its fractions"),
        (lambda n: 1.5, "lies between 0 and 1"),
        (lambda n: {"p": by_formula(n)}, "made of numbers"),
        (lambda n: print(by_formula(n)), "returned None"),
        (lambda n: [0.1], "one number"),
        (lambda n: 0, "for 1 seed each you have 0, .* each choice of 1 position for"),
        (lambda n: 1, "for 2 seeds each you have 1, .* Sort all 4 results"),
        (lambda n: by_formula(n) + (0.036 if n == 4 else 0), "for 4 seeds each you have 0.0.*Sort all 8"),
        (lambda n: by_formula(n) + (0.09 if n == 3 else 0), "for 3 seeds each you have 0.19.*Sort all 6"),
        *(
            (lambda n, seeds=seeds, off=off: by_formula(n) - (off if n == seeds else 0), "too rough")
            for seeds, off in {1: 0.03, 2: 0.03, 3: 0.03, 4: 0.012}.items()
        ),
    ],
)
def test_11_1_names_the_mistake(answer, sentence):
    fails(check.exercise_16_1, answer, match=sentence)


# 11.2


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
def test_11_2_accepts(answer):
    passes(check.exercise_16_2, answer)


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
def test_11_2_names_the_mistake(answer, sentence):
    fails(check.exercise_16_2, answer, match=sentence)


# All functions


@pytest.mark.parametrize("exercise", [check.exercise_16_1, check.exercise_16_2])
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


def test_11_1_tells_mistakes_apart():
    tables = {sentence: [rule(n) for n in check.SIMULATED] for sentence, rule in check.PROBABILITIES.items()}
    tables["right"] = [by_formula(n) for n in check.SIMULATED]
    for one, other in itertools.combinations(tables, 2):
        assert not check._agree(tables[one], tables[other]), (one, other)
