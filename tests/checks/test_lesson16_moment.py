"""Checks of exercise 16.2: right answers in several ways, planted wrong ones named, hostile ones survived."""

import functools
import itertools
import math

import keras
import numpy as np
import pytest
from answers import HOSTILE, HOSTILE_RESULTS, fails, passes
from mistake_tables import distinguishable

from checks import lesson16_moment as check


def reach(losses, target):
    if losses[0] <= target:
        return 0
    for epoch in range(1, len(losses)):
        if losses[epoch] <= target:
            return epoch - (target - losses[epoch]) / (losses[epoch - 1] - losses[epoch])
    return math.inf


def pairs(share):
    """The first pair whose second loss is not above the target, and a share of the way in it."""

    def answer(losses, target):
        if losses[0] <= target:
            return 0
        for epoch, (before, after) in enumerate(itertools.pairwise(losses)):
            if after <= target:
                return epoch + share(before, after, target)
        return np.inf

    return answer


def first_epoch(losses, target, before=False):
    whole = next((epoch for epoch, loss in enumerate(losses) if loss <= target), np.inf)
    return whole - 1 if before and whole else whole


def no_look_at_the_start(losses, target):
    for epoch, (before, after) in enumerate(itertools.pairwise(losses)):
        if after <= target:
            return epoch + (before - target) / (before - after)
    return np.inf


def reach_on_a_fine_grid(losses, target):
    moments = np.linspace(0, len(losses) - 1, 100_000 * (len(losses) - 1) + 1)  # whole epochs among them
    low = np.interp(moments, np.arange(len(losses)), losses) <= target + 1e-9
    return moments[low.argmax()] if low.any() else np.inf


@pytest.mark.parametrize(
    "answer",
    [
        reach,
        reach_on_a_fine_grid,
        pairs(lambda a, b, t: (t - a) / (b - a)),
        functools.partial(lambda losses, target, nothing: reach(losses, target) + nothing, nothing=0),
        lambda *a: np.array(reach(*a), "float32"),
        lambda losses, target: keras.ops.convert_to_tensor(reach(np.array(losses), target)),
        lambda losses, target: reach(losses, target) if min(losses) <= target else float("inf"),
    ],
)
def test_16_2_accepts(answer):
    passes(check.exercise_16_2, answer)


def reach_by_halving(losses, target):
    """Another way, which differs in the last digits."""
    moment = reach(losses, target)
    return np.nextafter(moment, 0.0) if math.isfinite(moment) else moment


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
    return moment if moment in (0, math.inf) else 2 * math.ceil(moment) - 1 - moment


def extrapolated(losses, target):
    moment = reach(losses, target)
    return moment if math.isfinite(moment) else len(losses) + 1.5


def first_loss_there(losses, target):
    return next((loss for loss in losses[1:] if loss <= target), math.inf)


def below_only(losses, target):
    return reach(losses, target - 1e-9) if losses[0] > target else 0


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (below_only, r"\*exactly\* the target"),
        (lambda v, t: math.ceil(reach(v, t)) if reach(v, t) < math.inf else math.inf, "first one that is not above"),
        (lambda v, t: math.floor(reach(v, t)) if reach(v, t) < math.inf else math.inf, "lost its fractions"),
        (lambda v, t: first_epoch(v, t, before=True), "last one above the target"),
        (lambda v, t: first_epoch(v, t), "first one that is not above"),
        (lambda v, t: round(reach(v, t)) if reach(v, t) < math.inf else math.inf, "nearest whole epoch"),
        (lambda v, t: round(reach(v, t), 3), "rounded to 3 decimals"),
        (lambda v, t: round(reach(v, t), 1), "rounded to 1 decimal"),
        (lambda v, t: round(float(reach_by_halving(v, t)), 2), "rounded to 2 decimals"),
        (pairs(lambda a, b, t: 0.5), "half of the way"),
        (pairs(lambda a, b, t: (a - t) / a), "by the loss before"),
        (pairs(lambda a, b, t: a - t), "leave out the division"),
        (pairs(lambda a, b, t: math.log(a / t) / math.log(a / b)), "logarithm of the loss"),
        (lambda v, t: np.interp(t, v[::-1], np.arange(len(v))[::-1]) if min(v) <= t else np.inf, "Reversed losses"),
        (
            lambda v, t: np.interp(t, v, np.arange(len(v))) if min(v) <= t < v[0] else reach(v, t),
            "wants x values that rise, and",
        ),
        (
            lambda v, t: int(np.argmin(v)) if min(v) <= t < v[0] else reach(v, t),
            "lowest loss. Where does `target` come in.$",
        ),
        (lambda v, t: int(np.abs(np.array(v) - t).argmin()), "nearest to the target"),
        (lambda v, t: len(v) - 1 - reach(v, t) if 0 < reach(v, t) < np.inf else reach(v, t), "until the last epoch"),
        (no_look_at_the_start, "only after the first epoch"),
        (lambda v, t: reach(v, t) or 1, "You return 1 there"),
        (lambda v, t: reach(v, t) * (1 + 1e-3), "share of the way"),
        (lambda v, t: -1 if reach(v, t) == math.inf else reach(v, t), "never gets there"),
        (lambda v, t: len(v) if reach(v, t) == math.inf else reach(v, t), "never gets there"),
        (lambda v, t: "never" if reach(v, t) == math.inf else reach(v, t), "made of numbers"),
        (lambda v, t: np.nan if reach(v, t) == math.inf else reach(v, t), "NaN"),
        (shifted(1), "count the epochs from 1"),
        (shifted(-1), "one epoch too few"),
        (wrong_end, "share of the way is reversed"),
        (last_time, "first time counts"),
        (lambda v, t: np.interp(t, v, range(len(v))), "np.interp.*And where the start"),
        (lambda v, t: int(np.argmin(v)), "lowest loss.*And where the start"),
        (extrapolated, "never gets there"),
        (lambda v, t: -math.inf if reach(v, t) == math.inf else reach(v, t), "minus infinity"),
        (lambda v, t: math.inf, "you say never"),
        (lambda v, t: reach(v, t) + (0.3 if reach(v, t) > 0 else 0), "share of the way"),
        (lambda v, t: reach(v, t) or 0.7, "before training: 0 epochs"),
        (lambda v, t: None if reach(v, t) == math.inf else reach(v, t), "returned None"),
        (lambda v, t: [reach(v, t)], "one number"),
        (lambda v, t: first_loss_there(v, t) if v[0] > t else 0, "you return a loss. The number of epochs is wanted.$"),
        (first_loss_there, "you return a loss.*And where the start"),
        (lambda v, t: last_time(v, t) if len(v) == 4 else reach(v, t), "was there before, and rose again"),
        (lambda v, t: reach(v, t) - 0.01 if len(v) == 4 and v[3] == 1.0 else reach(v, t), "Find the first epoch"),
        (lambda v, t: reach(v, t) if len(v) > 1 else 0, "the losses 2.3 and the target 1 you have 0. The curve never"),
        (lambda v, t: reach(v, t) if len(v) != 3 else 1.2, "you have 1.2. The curve is there before training"),
        (lambda v, t: reach(v, t) - 0.3, "you have -0.3. The curve is there before training"),
    ],
)
def test_16_2_names_the_mistake(answer, sentence):
    fails(check.exercise_16_2, answer, match=sentence)


def test_mistakes_of_16_2_are_distinguishable(monkeypatch):
    distinguishable(check.exercise_16_2, monkeypatch, reach)


@pytest.mark.parametrize(("answer", "sentence"), HOSTILE + HOSTILE_RESULTS)
def test_hostile_answers(answer, sentence):
    fails(check.exercise_16_2, answer, match=sentence)


def test_an_input_that_was_changed():
    fails(check.exercise_16_2, lambda losses, target: losses.sort() or 1.0, match="changed its input")
