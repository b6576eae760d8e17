"""Answers to the exercises of lesson 16, written from their cards."""

import itertools
import math

import numpy as np

from helpers.teaching import noise


def counting(gap, deviation):
    seeds = 2
    while noise.power(gap / deviation, seeds) < 0.8:
        seeds += 1
    return seeds


def by_halving(gap, deviation):
    low, high = 1, 2**12
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if noise.power(gap / deviation, middle) >= 0.8 else (middle, high)
    return high


def by_steps(gap, deviation):
    seeds = 2
    for step in (64, 16, 4, 1):
        while noise.power(gap / deviation, seeds) < 0.8:
            seeds += step
        seeds = max(2, seeds - step) if step > 1 else seeds
    return np.int32(seeds)


def with_size(size, power=0.8, first=2):
    return lambda gap, deviation: next(n for n in range(first, 9999) if noise.power(size(gap, deviation), n) >= power)


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
        ("counting", counting),
        ("halving", by_halving),
        ("in steps", by_steps),
        ("next", lambda g, d: next(n for n in itertools.count(2) if noise.power(g / d, n) >= 0.8)),
        ("a float", lambda g, d: float(counting(g, d))),
    ],
    "16.5": [("walk", walk), ("an object", Search()), ("recursion", recursive), ("cached", cached)],
    "16.2": [("NumPy", by_numpy), ("interp", by_interp), ("while", by_while), ("next", by_next)],
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
        ("both sides", "side", lambda g, d: 2 * counting(g, d)),
        ("no deviation", "deviation", with_size(lambda g, d: g)),
        ("upside down", "divide|ratio|effect size", with_size(lambda g, d: d / g)),
        ("one more", "many|first", lambda g, d: counting(g, d) + 1),
        ("one less", "few|below", lambda g, d: counting(g, d) - 1),
        ("another power", "0.8", with_size(lambda g, d: g / d, 0.95)),
        ("from one", "two|2", with_size(lambda g, d: g / d, first=1)),
        ("the power", "power", lambda g, d: noise.power(g / d, counting(g, d))),
        ("a formula", "known|count", lambda g, d: math.ceil(15.7 * (d / g) ** 2)),
        ("three", "", lambda g, d: 3),
    ],
    "16.5": [
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
    "16.2": [
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
