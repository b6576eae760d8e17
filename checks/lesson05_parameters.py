"""Check of lesson 05, exercise 5.2: the parameters of each layer of a network that is written down as a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from checks.grading import by_rules, call, close, exercise, values, wrong

# The network of the exercise, and plans in which wrong rules show that give the right counts there.
DEEPER = (
    ("conv", 32, 5, "same"),
    ("conv", 32, 5, "valid"),
    ("pool", 2),
    ("conv", 32, 3, "valid"),
    ("conv", 16, 3, "valid"),
    ("pool", 2),
    ("flatten",),
    ("dense", 512),
    ("dense", 10),
)
OTHERS = (
    ((("conv", 8, 3, "valid"), ("pool", 2), ("conv", 6, 4, "same"), ("pool", 3), ("flatten",), ("dense", 7)), 31, 4),
    ((("flatten",), ("dense", 5), ("dense", 9), ("dense", 3)), 6, 2),
    ((("pool", 2), ("conv", 12, 3, "same"), ("conv", 5, 5, "valid"), ("flatten",), ("dense", 10)), 28, 1),
    ((("conv", 4, 7, "valid"), ("conv", 9, 1, "same")), 9, 3),
)


def reference_parameters(plan: Sequence[tuple], side: int = 32, channels: int = 3) -> list[int]:
    """The parameters of each layer of a plan, for images of side × side × channels; 0 for pooling and Flatten."""
    return _walk(plan, side, channels)


# What a walk through a plan computes at each step; a slip replaces one of these.
RULES: dict[str, Callable[..., int]] = {
    "conv": lambda kernel, channels, filters, side: (kernel**2 * channels + 1) * filters,
    "dense": lambda numbers, units: (numbers + 1) * units,
    "valid": lambda side, kernel: side - kernel + 1,
    "same": lambda side, kernel: side,
    "pool": lambda side, size: side // size,
    "flat": lambda side, channels: side**2 * channels,
    "next channels": lambda channels, filters: filters,
    "next numbers": lambda numbers, units: units,
}


def _walk(plan: Sequence[tuple], side: int, channels: int, **changes: Callable[..., int]) -> list[int]:
    """The counts by ``RULES``, or by those that ``changes`` replaces ("next_channels" for "next channels")."""
    rules = RULES | {name.replace("_", " "): rule for name, rule in changes.items()}
    counts, numbers = [], 0
    for kind, *settings in plan:
        count = 0
        if kind == "conv":
            filters, kernel, padding = settings
            count = rules["conv"](kernel, channels, filters, side)
            side, channels = rules[padding](side, kernel), rules["next channels"](channels, filters)
        elif kind == "pool":
            side = rules["pool"](side, *settings)
        elif kind == "flatten":
            numbers = rules["flat"](side, channels)
        else:
            count = rules["dense"](numbers, *settings)
            numbers = rules["next numbers"](numbers, *settings)
        counts.append(count)
    return counts


def _without_bias(kernel: int, channels: int, filters: int, side: int) -> int:
    return kernel**2 * channels * filters


SLIPS: dict[str, dict[str, Callable[..., int]]] = {
    "these are the counts without biases. Each filter and each unit has one.": {
        "conv": _without_bias,
        "dense": lambda numbers, units: numbers * units,
    },
    "the filters' biases are missing: each filter has one.": {"conv": _without_bias},
    "the biases of the dense layers are missing: each unit has one.": {"dense": lambda numbers, units: numbers * units},
    "a dense layer has one bias for each of its units, not one for each of its inputs.": {
        "dense": lambda numbers, units: numbers * units + numbers
    },
    "a dense layer has one bias for each unit, not a single one.": {
        "dense": lambda numbers, units: numbers * units + 1
    },
    "a convolution has one bias for each filter, not a single one for the layer.": {
        "conv": lambda kernel, channels, filters, side: kernel**2 * channels * filters + 1
    },
    "a convolution has one bias for each filter, not one for each channel that comes in.": {
        "conv": lambda kernel, channels, filters, side: kernel**2 * channels * filters + channels
    },
    "a filter has one bias, not one for each channel that comes in.": {
        "conv": lambda kernel, channels, filters, side: (kernel**2 + 1) * channels * filters
    },
    "the channels that come in are left out. A filter is as deep as its input.": {
        "conv": lambda kernel, channels, filters, side: (kernel**2 + 1) * filters
    },
    "this is one filter's share. A layer has `filters` of them.": {
        "conv": lambda kernel, channels, filters, side: kernel**2 * channels + 1
    },
    "the kernel's side is used once. A kernel has side × side weights for each channel.": {
        "conv": lambda kernel, channels, filters, side: (kernel * channels + 1) * filters
    },
    "filters and kernel are swapped. In a plan the filters come first: ('conv', filters, kernel, padding).": {
        "conv": lambda kernel, channels, filters, side: (filters**2 * channels + 1) * kernel,
    },
    "this counts the work too: a filter is used at every position, and stored once.": {
        "conv": lambda kernel, channels, filters, side: side**2 * (kernel**2 * channels + 1) * filters
    },
    "every convolution is counted with the image's channels. The filters of one layer are the channels of the next.": {
        "next_channels": lambda channels, filters: channels
    },
    "every dense layer is counted with the numbers of Flatten. The units of one layer are the inputs of the next.": {
        "next_numbers": lambda numbers, units: numbers
    },
    "a valid convolution does not keep the side: it takes kernel - 1 pixels off.": {
        "valid": lambda side, kernel: side,
    },
    "a valid convolution takes kernel - 1 pixels off the side, not kernel.": {
        "valid": lambda side, kernel: side - kernel,
    },
    "a valid convolution takes kernel - 1 pixels off the side; half of that is taken off here.": {
        "valid": lambda side, kernel: side - kernel // 2,
    },
    "same padding keeps the side; here it shrinks as with valid padding.": {
        "same": lambda side, kernel: side - kernel + 1,
    },
    "the two paddings are swapped: valid shrinks the side, same keeps it.": {
        "valid": lambda side, kernel: side,
        "same": lambda side, kernel: side - kernel + 1,
    },
    "the side is that of the image: neither convolutions nor poolings change it here.": {
        "valid": lambda side, kernel: side,
        "pool": lambda side, size: side,
    },
    "the poolings do not change the side here. Each divides it by its size.": {"pool": lambda side, size: side},
    "pooling divides the side by its size, it does not subtract it.": {"pool": lambda side, size: side - size},
    "all poolings halve the side here; the second entry of ('pool', 3) says by what to divide.": {
        "pool": lambda side, size: side // 2
    },
    "an incomplete window of a pooling is left out: round the side down.": {
        "pool": lambda side, size: -(-side // size),
    },
    "Flatten keeps every position of every channel: side × side × channels. The channels are missing.": {
        "flat": lambda side, channels: side**2
    },
    "Flatten keeps every position of every channel: side × side × channels. The positions are missing.": {
        "flat": lambda side, channels: channels
    },
    "Flatten makes side × side × channels numbers: the side counts twice.": {
        "flat": lambda side, channels: side * channels
    },
}


@exercise("5.2")
def exercise_5_2(parameters: Callable) -> str:
    """``parameters(plan, side, channels)``: a list with the parameters of each layer of a plan."""
    cases = [(list(plan), side, channels) for plan, side, channels in ((DEEPER, 32, 3), *OTHERS)]
    _is_a_count_for_each_layer(call(parameters, list(DEEPER), 32, 3))
    by_rules(
        parameters,
        cases,
        reference_parameters,
        lambda plan, side, channels: {text: _walk(plan, side, channels, **changes) for text, changes in SLIPS.items()},
        _case,
        "Follow this plan on paper, layer by layer: side, channels, count.",
        _layer_that_is_off,
        tolerance=0,
    )
    if values(call(parameters, list(DEEPER))) is None:
        wrong("called with a plan alone, your function returns no list. Leave `side=32, channels=3` in its first line.")
    return f"deeper_cnn has {sum(reference_parameters(DEEPER)):,} parameters, as in the published table."


def _case(plan: Sequence[tuple], side: int, channels: int) -> str:
    name = "the plan of deeper_cnn" if tuple(plan) == DEEPER else f"the plan {list(plan)}"
    return f"{name}, images of {side}×{side}×{channels},"


def _is_a_count_for_each_layer(answer: Any) -> None:
    """The form of what was returned: a list with one number for each layer of the plan of deeper_cnn."""
    if isinstance(answer, dict):
        wrong("your function returns a dictionary. A plan has no names: return a list, one count for each layer.")
    got = values(answer)
    if got is None:
        return  # by_rules says what it is
    if got.ndim == 0:
        wrong(f"your function returns one number, {got.item():,}. Return the list: one count for each layer.")
    if got.shape == (sum(count > 0 for count in reference_parameters(DEEPER)),):
        wrong("your list has the layers that learn alone. Give a 0 for pooling and Flatten, so that positions agree.")
    if got.shape == (1,):
        wrong("your list has one entry. Does `return` stand inside the loop, or is the list made anew in it?")


def _layer_that_is_off(answer: Any, text: str, plan: Sequence[tuple], side: int, channels: int) -> None:
    """Name the first layer with a wrong count, and, where one is known, the slip that gives this count there."""
    got, right = values(answer), reference_parameters(plan, side, channels)
    if got is None or got.shape != (len(right),) or not np.isfinite(got).all():
        return
    index = next(index for index, pair in enumerate(zip(got, right)) if not close(*pair, 0))
    layer = f"in {text} layer {index + 1}, {plan[index]}, has {got[index]:,.10g} in yours"
    for sentence, changes in SLIPS.items():
        if close(got[index], _walk(plan, side, channels, **changes)[index], 0):
            wrong(f"{layer}: {sentence}")
    if not right[index]:
        wrong(f"{layer}. It learns nothing: its count is 0.")
    wrong(f"{layer}, and that is not it. On paper: what comes in, and how many weights has one filter or unit?")
