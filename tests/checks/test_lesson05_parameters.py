"""Exercise 5.2: functions that count a plan pass, and the slips in them are named."""

import itertools
import re

import keras
import numpy as np
import pytest
from keras import layers

from checks import lesson05_parameters as check
from checks.grading import NotFilledIn, NotRight
from helpers import models


def raises(message):
    return pytest.raises(NotRight, match=message)


def by_branches(plan, side=32, channels=3):
    counts = []
    for layer in plan:
        match layer:
            case ("conv", filters, kernel, padding):
                counts.append((kernel * kernel * channels + 1) * filters)
                channels = filters
                if padding == "valid":
                    side -= kernel - 1
            case ("pool", size):
                side //= size
                counts.append(0)
            case ("flatten",):
                numbers = side * side * channels
                counts.append(0)
            case ("dense", units):
                counts.append((numbers + 1) * units)
                numbers = units
    return counts


def built(plan, side, channels):
    """The same by Keras: the plan as a model."""
    kinds = {
        "conv": lambda filters, kernel, padding: layers.Conv2D(filters, kernel, padding=padding),
        "pool": layers.MaxPooling2D,
        "flatten": layers.Flatten,
        "dense": layers.Dense,
    }
    model = keras.Sequential([keras.Input((side, side, channels)), *(kinds[kind](*rest) for kind, *rest in plan)])
    return [layer.count_params() for layer in model.layers]


@pytest.mark.parametrize(("plan", "side", "channels"), [(check.DEEPER, 32, 3), *check.OTHERS])
def test_the_reference_counts_what_keras_counts(plan, side, channels):
    assert check.reference_parameters(plan, side, channels) == built(plan, side, channels)


def test_the_plan_is_that_of_the_network():
    counts = [layer.count_params() for layer in models.deeper_cnn().layers]
    assert [count for count in check.reference_parameters(check.DEEPER) if count] == [each for each in counts if each]


class Counter:
    def __call__(self, plan, side=32, channels=3):
        return np.array(by_branches(plan, side, channels), dtype="float32")

    def method(self, plan, side=32, channels=3):
        return tuple(np.int64(count) for count in by_branches(plan, side, channels))


@pytest.mark.parametrize("answer", [check.reference_parameters, by_branches, Counter(), Counter().method])
def test_counters_pass(answer, capsys):
    check.exercise_5_2(answer)
    assert "252,378" in capsys.readouterr().out


@pytest.mark.parametrize("text", check.SLIPS)
def test_each_slip_is_named(text):
    changes = check.SLIPS[text]
    with raises(re.escape(text)):
        check.exercise_5_2(lambda plan, side=32, channels=3: check._walk(plan, side, channels, **changes))


def test_no_two_slips_give_the_same_counts():
    cases = [(check.DEEPER, 32, 3), *check.OTHERS]
    counts = [[check._walk(*case, **changes) for case in cases] for changes in ({}, *check.SLIPS.values())]
    assert not any(one == other for one, other in itertools.combinations(counts, 2))


def one_layer(index, count):
    """Right but for one layer of the plan of deeper_cnn."""

    def answer(plan, side=32, channels=3):
        counts = check.reference_parameters(plan, side, channels)
        if len(plan) == len(check.DEEPER):
            counts[index] = count
        return counts

    return answer


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (one_layer(0, 2_400), r"layer 1, \('conv', 32, 5, 'same'\), has 2,400 in yours: .*without biases"),
        (one_layer(3, 9_216), "layer 4, .*without biases"),
        (one_layer(3, 1_000), "layer 4, .* On paper: what comes in"),
        (one_layer(2, 4), "layer 3, .*It learns nothing"),
        (one_layer(7, 147_968), "layer 8, .*147,968 in yours, and that is not it"),
        (one_layer(7, 131_584), "layer 8, .*same padding keeps the side"),
        (lambda plan, side=32, channels=3: sum(by_branches(plan, side, channels)), "one number, 252,378"),
        (lambda plan, side=32, channels=3: [n for n in by_branches(plan, side, channels) if n], "that learn alone"),
        (lambda plan, side=32, channels=3: by_branches(plan, side, channels)[-1:], "one entry"),
        (lambda plan, side=32, channels=3: {"conv1": 2_432}, "returns a dictionary"),
        (lambda plan, side=32, channels=3: [None] * len(plan), "numbers|number"),
        (lambda plan, side=32, channels=3: [*by_branches(plan, side, channels), 0], "shape|10"),
        (lambda plan, side=32, channels=3: list(map(str, by_branches(plan, side, channels))), "number"),
        (lambda plan, side, channels: by_branches(plan, side, channels), "TypeError|side"),
        (lambda plan: by_branches(plan), "TypeError|argument"),
        (lambda plan, side=32, channels=3: by_branches(check.DEEPER), "plan"),
        (lambda plan, side=32, channels=3: None, "returned None"),
        (lambda plan, side=32, channels=3: plan.pop(), "changed its input|returns"),
        (lambda plan, side=32, channels=3: plan[99], "IndexError"),
        (252_378, "a function was expected"),
        ([2_432, 25_632], "a function was expected"),
    ],
)
def test_other_answers_are_told_what_is_off(answer, message):
    with raises(message):
        check.exercise_5_2(answer)


def unfilled(plan, side=32, channels=3):
    raise NotImplementedError


@pytest.mark.parametrize("answer", [None, unfilled])
def test_a_counter_is_not_filled_in(answer):
    with pytest.raises(NotFilledIn):
        check.exercise_5_2(answer)
