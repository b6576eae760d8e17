"""Checks of lesson 11: right answers in several ways, planted wrong ones named, hostile ones survived."""

import itertools
import math

import numpy as np
import pytest
from answers import HOSTILE, fails, passes

from checks import lesson11 as check

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


def simulation(pairs, generator):
    def answer(seeds):
        first, second = generator.random((2, pairs, seeds))
        apart = (first.min(axis=1) > second.max(axis=1)) | (first.max(axis=1) < second.min(axis=1))
        return apart.mean()

    return answer


@pytest.mark.parametrize("answer", [by_formula, by_factorials, by_orders])
def test_11_1_accepts(answer):
    passes(check.exercise_11_1, answer)


def test_11_1_accepts_a_good_simulation(capsys):
    passes(check.exercise_11_1, simulation(20_000, np.random.default_rng(0)))
    assert "A simulation" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda n: by_formula(n) / 2, "one direction only"),
        (lambda n: 100 * by_formula(n), "per cent"),
        (lambda n: math.comb(2 * n, n), "number of choices"),
        (lambda n: 1 / by_formula(n), "one pair in how many"),
        (lambda n: 1 - by_formula(n), "stays silent"),
        (lambda n: 2 * 0.5 ** (n * n), "one high result wins several"),
        (lambda n: 0.5 ** (n * n), "independent, and in one direction"),
        (lambda n: 2 * 0.5**n, "worst of one network with the best"),
        (lambda n: 0.5**n, "pairs, and in one direction"),
        (lambda n: 2 / math.factorial(2 * n), r"order \*within\* a network mattered"),
        (lambda n: 1 / math.factorial(2 * n), "within a network mattered, and in one"),
        (lambda n: -0.1, "between 0 and 1"),
        (lambda n: 0.1, "for 2 seeds each you have 0.1000. Sort all 4 results"),
        (lambda n: by_formula(2) if n == 2 else 0.11, "Sort all 6 results"),
        (simulation(150, np.random.default_rng(1)), "too rough|Sort all"),
        (lambda n: [0.1], "one number"),
    ],
)
def test_11_1_names_the_mistake(answer, sentence):
    fails(check.exercise_11_1, answer, match=sentence)


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


@pytest.mark.parametrize("answer", [searched, one_side_first, lambda a, s: float(searched(a, s))])
def test_11_2_accepts(answer):
    passes(check.exercise_11_2, answer)


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
        (lambda a, s: 10 ** (searched(a, s) / 2), "a learning rate"),
        (accuracy_instead, "an accuracy"),
        (lambda a, s: s, "never called"),
        (lambda a, s: a(0.001), "not a rate"),
        (endless, "60 trainings and no end"),
    ],
)
def test_11_2_names_the_mistake(answer, sentence):
    fails(check.exercise_11_2, answer, match=sentence)


# 11.3


def reach(losses, target):
    if losses[0] <= target:
        return 0
    for epoch in range(1, len(losses)):
        if losses[epoch] <= target:
            return epoch - (target - losses[epoch]) / (losses[epoch - 1] - losses[epoch])
    return math.inf


def reach_on_a_fine_grid(losses, target):
    moments = np.linspace(0, len(losses) - 1, 100_000 * (len(losses) - 1) + 1)  # whole epochs among them
    low = np.interp(moments, np.arange(len(losses)), losses) <= target + 1e-9
    return moments[low.argmax()] if low.any() else np.inf


@pytest.mark.parametrize("answer", [reach, reach_on_a_fine_grid, lambda *a: np.array(reach(*a), "float32")])
def test_11_3_accepts(answer):
    passes(check.exercise_11_3, answer)


def shifted(by):
    def answer(losses, target):
        return reach(losses, target) + by if losses[0] > target else 0.0

    return answer


def last_time(losses, target):
    times = [
        epoch + (a - target) / (a - b)
        for epoch, (a, b) in enumerate(itertools.pairwise(losses))
        if a > target >= b or a < target <= b
    ]
    return times[-1] if times else reach(losses, target)


def wrong_end(losses, target):
    moment = reach(losses, target)
    return moment if moment in (0, math.inf) else 2 * math.floor(moment) + 1 - moment


def extrapolated(losses, target):
    moment = reach(losses, target)
    return moment if math.isfinite(moment) else len(losses) + 1.5


def below_only(losses, target):
    return reach(losses, target - 1e-9) if losses[0] > target else 0


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (below_only, "not above the target"),
        (lambda v, t: math.ceil(reach(v, t)) if reach(v, t) < math.inf else math.inf, "first whole epoch"),
        (lambda v, t: math.floor(reach(v, t)) if reach(v, t) < math.inf else math.inf, "last epoch above"),
        (shifted(1), "counted from 1"),
        (shifted(-1), "one epoch too few"),
        (wrong_end, "share of the way is reversed"),
        (last_time, "first time counts"),
        (lambda v, t: np.interp(t, v, range(len(v))), "np.interp"),
        (lambda v, t: int(np.argmin(v)), "lowest loss"),
        (extrapolated, "never gets there"),
        (lambda v, t: -math.inf if reach(v, t) == math.inf else reach(v, t), "minus infinity"),
        (lambda v, t: math.inf, "you say never"),
        (lambda v, t: reach(v, t) + (0.3 if reach(v, t) > 0 else 0), "share of the way"),
        (lambda v, t: reach(v, t) or 0.7, "before training: 0 epochs"),
        (lambda v, t: None if reach(v, t) == math.inf else reach(v, t), "returned None"),
        (lambda v, t: [reach(v, t)], "one number"),
    ],
)
def test_11_3_names_the_mistake(answer, sentence):
    fails(check.exercise_11_3, answer, match=sentence)


# 11.4

RIGHT = {"A": {1, 4}, "B": {2, 3}, "C": {5}}


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        {"A": [4, 1], "B": (3, 2), "C": 5},
        {"a": "1, 4", "b": "2 and 3", "c": "5"},
        {"A": np.array([1, 4]), "B": {2.0, 3.0}, "C": np.int64(5)},
        RIGHT | {"D": {1}},
    ],
)
def test_11_4_accepts(answer):
    passes(check.exercise_11_4, answer)


@pytest.mark.parametrize("letter", "ABC")
def test_11_4_names_every_wrong_flaw_and_every_missing_one(letter):
    for flaw in range(1, 6):
        answer = RIGHT | {letter: RIGHT[letter] ^ {flaw}}
        missing = flaw in RIGHT[letter]
        fails(
            check.exercise_11_4,
            answer,
            match=f"in protocol {letter} there is" if missing else f"protocol {letter} does not have flaw {flaw}",
        )


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"A": None, "B": None, "C": None}, "not filled in yet"),
        (RIGHT | {"C": None}, "not filled in yet"),
        (None, "not filled in yet"),
        ({"A": {1, 4}, "B": {2, 3}}, "no entry for protocol C"),
        ([{1, 4}, {2, 3}, {5}], "a dictionary"),
        (RIGHT | {"A": set()}, "there is a flaw"),
        (RIGHT | {"A": {1, 7}}, "1 to 5"),
        (RIGHT | {"A": "budget"}, "numbers of the flaws"),
        (RIGHT | {"A": {"tuning"}}, "numbers of the flaws"),
        (RIGHT | {"A": True}, "numbers of the flaws"),
        (RIGHT | {"A": [None]}, "numbers of the flaws"),
        (RIGHT | {"A": np.nan}, "numbers of the flaws"),
        (RIGHT | {"A": {1: 2}}, "numbers of the flaws"),
        (RIGHT | {"A": [[1], [2, 3]]}, "numbers of the flaws"),
        (RIGHT | {"A": object()}, "numbers of the flaws"),
    ],
)
def test_11_4_names_the_mistake(answer, sentence):
    fails(check.exercise_11_4, answer, match=sentence)


# All functions


@pytest.mark.parametrize("exercise", [check.exercise_11_1, check.exercise_11_2, check.exercise_11_3])
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


def test_11_3_an_input_that_was_changed():
    fails(check.exercise_11_3, lambda losses, target: losses.sort() or 1.0, match="changed its input")
