"""Answers to the exercises of lesson 16, written from their cards."""

import itertools
import math
from fractions import Fraction

import numpy as np


def by_combinations(seeds):
    choices = list(itertools.combinations(range(2 * seeds), seeds))
    fires = [choice for choice in choices if max(choice) == seeds - 1 or min(choice) == seeds]
    return len(fires) / len(choices)


def by_products(seeds):
    chance = 2.0
    for k in range(1, seeds + 1):
        chance *= k / (seeds + k)
    return chance


def by_logarithms(seeds):
    return math.exp(math.log(2) + 2 * math.lgamma(seeds + 1) - math.lgamma(2 * seeds + 1))


def simulated(seeds):
    generator = np.random.default_rng(3)
    draws = generator.random((20_000, 2, seeds))
    return np.mean((draws[:, 0].min(1) > draws[:, 1].max(1)) | (draws[:, 1].min(1) > draws[:, 0].max(1)))


def walk(accuracy_at, start):
    tried = {exponent: accuracy_at(exponent) for exponent in (start - 1, start, start + 1)}
    while True:
        best = min(tried, key=lambda exponent: (-tried[exponent], exponent))
        if best == min(tried):
            tried[best - 1] = accuracy_at(best - 1)
        elif best == max(tried):
            tried[best + 1] = accuracy_at(best + 1)
        else:
            return best


class Search:
    def __call__(self, accuracy_at, start):
        low, high = start - 1, start + 1
        values = [accuracy_at(low), accuracy_at(start), accuracy_at(high)]
        while True:
            best = int(np.argmax(values))
            if best == 0:
                low -= 1
                values.insert(0, accuracy_at(low))
            elif best == len(values) - 1:
                high += 1
                values.append(accuracy_at(high))
            else:
                return np.int64(low + best)


def recursive(accuracy_at, middle, tried=None):
    tried = {} if tried is None else tried
    for exponent in (middle - 1, middle, middle + 1):
        tried.setdefault(exponent, None)
        if tried[exponent] is None:
            tried[exponent] = accuracy_at(exponent)
    best = sorted(tried.items(), key=lambda pair: (-pair[1], pair[0]))[0][0]
    return best if best == middle else recursive(accuracy_at, best, tried)


def cached(accuracy_at, start):
    import functools

    accuracy_at = functools.cache(accuracy_at)
    middle = start
    while True:
        best = max([middle - 1, middle, middle + 1], key=lambda exponent: (accuracy_at(exponent), -exponent))
        if best == middle:
            return float(middle)
        middle = best


def without_memory(accuracy_at, start):
    middle = start
    while True:
        accuracies = [accuracy_at(middle + step) for step in (-1, 0, 1)]
        best = middle - 1 + int(np.argmax(accuracies))
        if best == middle:
            return middle
        middle = best


def three_only(accuracy_at, start):
    return max((start - 1, start, start + 1), key=lambda exponent: (accuracy_at(exponent), -exponent))


def a_wide_grid(accuracy_at, start):
    return max(range(start - 6, start + 7), key=lambda exponent: (accuracy_at(exponent), -exponent))


def higher_of_equals(accuracy_at, start):
    tried, middle = {}, start
    while True:
        for exponent in (middle - 1, middle, middle + 1):
            if exponent not in tried:
                tried[exponent] = accuracy_at(exponent)
        best = max(tried, key=lambda exponent: (tried[exponent], exponent))
        if best == middle:
            return best
        middle = best


def upwards_only(accuracy_at, start):
    tried = {exponent: accuracy_at(exponent) for exponent in (start - 1, start, start + 1)}
    while max(tried, key=lambda e: (tried[e], -e)) == max(tried):
        tried[max(tried) + 1] = accuracy_at(max(tried) + 1)
    return max(tried, key=lambda e: (tried[e], -e))


def by_numpy(losses, target):
    losses = np.asarray(losses, dtype=float)
    below = np.flatnonzero(losses <= target)
    if not len(below):
        return float("inf")
    k = below[0]
    return 0 if k == 0 else k - 1 + (losses[k - 1] - target) / (losses[k - 1] - losses[k])


def by_interp(losses, target):
    for k in range(len(losses)):
        if losses[k] <= target:
            return 0.0 if k == 0 else float(np.interp(-target, [-losses[k - 1], -losses[k]], [k - 1, k]))
    return math.inf


def by_while(losses, target):
    k = 0
    while k < len(losses) and losses[k] > target:
        k += 1
    if k == len(losses):
        return np.float32("inf")
    return k and k - (target - losses[k]) / (losses[k - 1] - losses[k])


def by_next(losses, target):
    epochs = (k for k, loss in enumerate(losses) if loss <= target)
    k = next(epochs, None)
    if k is None:
        return np.inf
    if k == 0:
        return np.int64(0)
    first, second = losses[k - 1 : k + 1]
    return np.array(k - 1 + (first - target) / (first - second))


def by_last(losses, target):
    """The last moment at which the curve comes down to the target."""
    moment = 0.0 if losses[0] <= target else np.inf
    for k, (a, b) in enumerate(itertools.pairwise(losses)):
        if a > target >= b:
            moment = k + (a - target) / (a - b)
    return moment


FLAWS = {"A": {1, 4}, "B": {2, 3}, "C": {5}}
RIGHT = {
    "16.1": [
        ("combinations", by_combinations),
        ("products", by_products),
        ("logarithms", by_logarithms),
        ("a fraction", lambda seeds: float(Fraction(2, math.comb(2 * seeds, seeds)))),
        ("a simulation", simulated),
        ("factorials", lambda n: 2 * math.factorial(n) ** 2 / math.factorial(2 * n)),
    ],
    "16.2": [("walk", walk), ("an object", Search()), ("recursion", recursive), ("cached", cached)],
    "16.3": [("NumPy", by_numpy), ("interp", by_interp), ("while", by_while), ("next", by_next)],
    "16.4": [
        ("sets", FLAWS),
        ("lists", {name: sorted(flaws) for name, flaws in FLAWS.items()}),
        ("tuples", {name: tuple(flaws) for name, flaws in FLAWS.items()}),
        ("one number for one flaw", FLAWS | {"C": 5}),
        ("frozen sets, another order", {name: frozenset(FLAWS[name]) for name in "CBA"}),
    ],
}
WRONG = {
    "16.1": [
        ("one side", "whichever|twice|both|either|two", lambda n: 1 / math.comb(2 * n, n)),
        ("powers of two", "alike|coin|comb|equally|2", lambda n: 2 / 2 ** (2 * n)),
        ("coins", "first seed meet", lambda n: 2 * 0.5**n),
        ("not told apart", "silent", lambda n: 1 - 2 / math.comb(2 * n, n)),
        ("per cent", "per cent", lambda n: 200 / math.comb(2 * n, n)),
        ("orders", "order|comb|choice", lambda n: 2 / math.factorial(2 * n)),
        ("number of choices", "probability|choices|0 to 1|divide|1", lambda n: math.comb(2 * n, n)),
        ("rounded", "rounded|round", lambda n: round(2 / math.comb(2 * n, n), 2)),
        ("for three seeds", "seeds", lambda n: 0.1),
        ("seeds of one", "", lambda n: 2 / math.comb(n + 2, 2)),
    ],
    "16.2": [
        ("asks twice", "more than once", without_memory),
        ("three only", "edge|end|beyond|further", three_only),
        ("a wide grid", "needed|more|training", a_wide_grid),
        ("higher of equals", "lower|equal", higher_of_equals),
        ("upwards only", "lower|down|end|both|beyond", upwards_only),
        ("the start", "neighbour|three|try|start|search", lambda f, start: f(start) and start),
        (
            "the accuracy",
            "exponent|whole|accuracy",
            lambda f, start: max(f(start + k) for k in (-1, 0, 1)),
        ),
        ("the rate", "exponent|rate|whole", lambda f, start: 10 ** (walk(f, start) / 2)),
        (
            "the lowest accuracy",
            "",
            lambda f, start: min((start - 1, start, start + 1), key=f),
        ),
    ],
    "16.3": [
        (
            "whole epochs",
            "between|straight|decimal|share|whole",
            lambda x, t: math.ceil(by_numpy(x, t)) if math.isfinite(by_numpy(x, t)) else math.inf,
        ),
        ("None where never", "None|inf", lambda x, t: None if math.isinf(by_numpy(x, t)) else by_numpy(x, t)),
        ("from 1", "1 too large", lambda x, t: by_numpy(x, t) + 1),
        ("the last time", "first", by_last),
        ("-1 where never", "never|inf", lambda x, t: -1 if math.isinf(by_numpy(x, t)) else by_numpy(x, t)),
        (
            "the share from the wrong end",
            "share|way|from",
            lambda x, t: (
                by_numpy(x, t)
                if not math.isfinite(by_numpy(x, t)) or by_numpy(x, t) == int(by_numpy(x, t))
                else 2 * math.floor(by_numpy(x, t)) + 1 - by_numpy(x, t)
            ),
        ),
        ("rounded", "rounded|round|decimal", lambda x, t: round(float(by_numpy(x, t)), 1)),
        (
            "the epoch before",
            "between|straight|decimal|share|whole",
            lambda x, t: math.floor(by_numpy(x, t)) if math.isfinite(by_numpy(x, t)) else math.inf,
        ),
        ("never", "", lambda x, t: math.inf),
        (
            "last epoch where never",
            "never|inf",
            lambda x, t: len(x) - 1 if math.isinf(by_numpy(x, t)) else by_numpy(x, t),
        ),
    ],
    "16.4": [
        ("one missing in A", "A", FLAWS | {"A": {1}}),
        ("one too many in B", "B", FLAWS | {"B": {2, 3, 4}}),
        ("another in C", "C", FLAWS | {"C": {4}}),
        ("no letter", "B", {name: FLAWS[name] for name in "AC"}),
        ("a number for two", "B", FLAWS | {"B": 2}),
        ("no such flaw", "6|1 to 5|flaw", FLAWS | {"C": {6}}),
        ("a list of sets", "dictionary", list(FLAWS.values())),
        ("empty", "one or more|A|empty", FLAWS | {"A": set()}),
        ("names", "number|text|1 to 5", FLAWS | {"C": {"decided after looking"}}),
        ("half filled in", "not filled in|B", FLAWS | {"B": None}),
    ],
}
