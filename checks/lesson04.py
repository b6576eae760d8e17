"""Checks of lesson 04, The first CNN."""

from __future__ import annotations

import math
from collections.abc import Callable

import keras
import numpy as np
from keras import layers

from checks.grading import by_rules, exercise, name_mistake, seeded, whole, wrong
from helpers import anatomy


def _random_cases(number: str, *choices: list, count: int = 30) -> list[tuple]:
    generator = seeded(number)
    return [tuple(choice[generator.integers(len(choice))] for choice in choices) for _ in range(count)]


def _for_a_case(mistakes: Callable) -> Callable:
    """The same mistakes, each sentence beginning with the case that its number belongs to."""
    return lambda *case: {f"for {{case}}, {sentence}": value for sentence, value in mistakes(*case).items()}


def reference_conv_parameters(kernel_size: int, channels: int, filters: int) -> int:
    """Parameters of a Conv2D layer as it holds them: an array for the kernel, another one for the biases."""
    return np.empty((kernel_size, kernel_size, channels, filters)).size + np.empty(filters).size


@exercise("4.1")
def exercise_4_1(conv_parameters: Callable) -> str:
    """``conv_parameters(kernel_size, channels, filters)`` gives the number of parameters of a Conv2D layer."""
    cases = [(3, 32, 100), *_random_cases("4.1", [2, 3, 5, 7], [2, 3, 16, 32, 50], [4, 8, 10, 32, 64], count=20)]
    by_rules(
        conv_parameters,
        cases,
        reference_conv_parameters,
        _for_a_case(_conv_mistakes),
        "kernel_size {0}, {1} channels in, {2} filters (in this order)",
    )
    return "The size of the image does not come in: the same filter works at every position."


def _conv_mistakes(k, c, f):
    weights = k * k * c * f
    return {
        "{value} is the answer without biases. Each filter also has one: where do they come in?": weights,
        "{value} counts a single bias for the whole layer. How many filters are there, and does each have its own?": (
            weights + 1
        ),
        "{value} counts a bias for every channel of every filter. A filter adds up its products, then one bias.": (
            (k * k + 1) * c * f
        ),
        "{value} counts one bias per input channel. Who owns a bias, the channel or the filter?": weights + c,
        "{value} leaves the channels of the input out. A filter is as deep as its input.": (k * k + 1) * f,
        "{value} takes the kernel as a single row. It is a square: kernel_size rows and kernel_size columns.": (
            (k * c + 1) * f
        ),
        "{value} is one filter's share. The layer has several of them.": k * k * c + 1,
    }


def reference_output_side(side: int, kernel_size: int, stride: int, padding: str) -> int:
    """Side of the output, counted window by window: with "same" one begins at every stride-th pixel."""
    ends = side if padding == "same" else side - kernel_size + 1
    return sum(1 for _ in range(0, ends, stride))


@exercise("4.2")
def exercise_4_2(output_side: Callable) -> str:
    """``output_side(side, kernel_size, stride, padding)`` gives the output's side; padding is "same" or "valid"."""
    cases = [(16, 5, 2, "valid"), (32, 5, 2, "same"), (7, 3, 2, "same"), (9, 2, 3, "valid"), (8, 4, 2, "same")]
    cases += _random_cases("4.2", [7, 10, 13, 28, 32, 33, 900], [1, 2, 3, 4, 5, 7], [1, 2, 3, 4], ["same", "valid"])
    by_rules(output_side, cases, reference_output_side, _side_mistakes, "side {0}, kernel {1}, stride {2}, {3!r}")
    return 'With "same" the kernel size does not come in at all.'


def _side_mistakes(s, k, t, p):
    same, valid = math.ceil(s / t), (s - k) // t + 1
    # Swapped paddings and the like show only when the values are looked at for each padding by itself.
    of_same_and_valid = {
        "the division keeps its rest. Positions are counted: should it round down or up here?": (
            s / t,
            (s - k) / t + 1,
        ),
        'with "valid" one window is missing: the first window stands before any step is made. Count the starts 0, '
        "stride, 2 × stride, ... for a small image.": (same, valid - 1),
        'with "valid" the + 1 stands inside the division. The first window is there before any step: add it at the '
        "end.": (same, (s - k + 1) // t),
        'with "valid" the stride is left out. With stride 2 every second window is skipped.': (same, s - k + 1),
        'with "same" you pad kernel_size // 2 on each side. That is one too many for a kernel of even size; how many '
        "positions does the stride leave of the side itself?": ((s + 2 * (k // 2) - k) // t + 1, valid),
        'with "same" the stride still counts: the side stays the same only for stride 1.': (s, valid),
        'with "same" a rest of the division gets its window too, thanks to the padding: round the other way.': (
            (s // t, valid)
        ),
        'with "valid" a window that would extend beyond the border is left out: round the other way.': (
            (same, math.ceil((s - k) / t) + 1)
        ),
        "the stride is left out. With stride 2 every second window is skipped.": (s, s - k + 1),
        'both paddings give the result of "valid". With "same" the image is padded first.': (valid, valid),
        'both paddings give the result of "same". With "valid" no window may extend beyond the border.': (same, same),
        '"same" and "valid" are the other way round.': (valid, same),
    }
    return {sentence: results[p == "valid"] for sentence, results in of_same_and_valid.items()}


def reference_dense_parameters(input_shape: tuple[int, ...], units: int) -> int:
    """Parameters of a Dense layer after Flatten: a weight for each pair of input and unit, and the biases."""
    return np.empty((np.empty(input_shape).size, units)).size + np.empty(units).size


@exercise("4.3")
def exercise_4_3(dense_parameters: Callable) -> str:
    """``dense_parameters(input_shape, units)`` gives the number of parameters of a Dense layer after Flatten."""
    cases = [((6, 6, 32), 100), ((400,), 64)]
    sides = [1, 2, 3, 5, 7]
    cases += [
        ((rows, columns, channels), units)
        for rows, columns, channels, units in _random_cases("4.3", sides, sides, [3, 8, 32], [1, 10, 64, 128])
    ]
    by_rules(
        dense_parameters, cases, reference_dense_parameters, _for_a_case(_dense_mistakes), "input {0} and {1} units"
    )
    return "Here the size of the image does come in: every position has weights of its own."


def _dense_mistakes(s, u):
    inputs = math.prod(s)
    return {
        "{value} is the answer without biases. Each unit adds one to its sum.": inputs * u,
        "{value} counts a bias for every input. Who owns a bias, the input or the unit?": inputs * (u + 1),
        "{value} counts a single bias for the whole layer. How many units add one to their sum?": inputs * u + 1,
        "{value} adds the sides of the input. How many numbers are there in a block of rows × columns × channels?": (
            (sum(s) + 1) * u
        ),
        "{value} counts the channels only. That is a Dense layer without a Flatten before it; here every number of the "
        "block is an input.": (s[-1] + 1) * u,
        "{value} counts rows × columns and leaves the channels out.": (math.prod(s[:2]) + 1) * u,
        "{value} leaves out the first number of the shape. It belongs to one image's block; the batch does not stand "
        "in it.": (math.prod(s[1:]) + 1) * u,
        "{value} is the count for 512 units. How many there are is the argument units.": (inputs + 1) * 512,
    }


@exercise("4.4")
def exercise_4_4(parameters: int, macs: int) -> str:
    """Parameters and multiply-accumulates (MACs, for one image) of the lesson's model with stride 1 instead of 2."""
    parameters, macs = whole(parameters, "parameters"), whole(macs, "macs")
    rows = anatomy.layers(_with_strides(1))
    right = {key: sum(getattr(row, key) for row in rows) for key in ("parameters", "macs")}
    if (parameters, macs) == (right["macs"], right["parameters"]):
        wrong("the two figures are swapped.")
    first = "parameters"
    name_mistake(
        parameters,
        {
            f"{first}: 181,162 is the old count. The convolutions keep theirs. What arrives at Flatten now?": 181_162,
            f"{first}: 28,064 are the two convolutions only. The dense layers have some too.": 28_064,
            f"{first}: the last layer is missing, Dense with ten units.": 2_432 + 25_632 + (6_272 + 1) * 512,
            f"{first}: the second convolution gets 32 channels, not the three colours.": (
                2_432 + 2_432 + (6_272 + 1) * 512 + 5_130
            ),
            f"{first}: the first convolution has padding same, so it keeps 32 × 32.": (12 * 12 * 32 + 1) * 512 + 33_194,
            f"{first}: you have counted without biases.": 2_400 + 25_600 + 6_272 * 512 + 5_120,
            f"{first}: the pooling is still there: 28 × 28 becomes 14 × 14.": (28 * 28 * 32 + 1) * 512 + 33_194,
            f"{first}: both convolutions have padding same in this answer. The second one is valid.": (
                (16 * 16 * 32 + 1) * 512 + 33_194
            ),
            f"{first}: only one of the two strides became 1 in this answer.": (6 * 6 * 32 + 1) * 512 + 33_194,
            f"{first}: only one of the two strides became 1 here.": (7 * 7 * 32 + 1) * 512 + 33_194,
        },
        tolerance=0,
    )
    if parameters != right["parameters"]:
        wrong(
            f"parameters: {parameters:,.15g} is not it. Write down the shape after each layer first, then the counts."
        )
    # The convolutions alone, and what the dense layers add.
    convolutions, dense = 32 * 32 * 32 * 75 + 28 * 28 * 32 * 800, 14 * 14 * 32 * 512 + 512 * 10
    name_mistake(
        macs,
        {
            "macs: you have FLOPs, two for each multiply-accumulate. Count the pair as one.": 2
            * (convolutions + dense),
            "macs: 1,688,576 is the old count. The filters now stop at four times as many positions.": 1_688_576,
            "macs: four times the old count would be right if only the number of positions grew by four. What happens "
            "to the last convolution without padding, and to the first dense layer?": 4 * 1_688_576,
            "macs: the dense layers are missing.": convolutions,
            "macs: these are the dense layers only.": dense,
            "macs: the last layer is missing.": convolutions + dense - 5_120,
            "macs: this leaves the depth of the filters out. A 5 × 5 filter over 32 channels has 5 × 5 × 32 weights.": (
                32 * 32 * 32 * 25 + 28 * 28 * 32 * 25 + dense
            ),
            "macs: the second convolution gets 32 channels, not the three colours.": (
                32 * 32 * 32 * 75 + 28 * 28 * 32 * 75 + dense
            ),
            "macs: the first convolution has padding same, so it has 32 × 32 positions.": (
                28 * 28 * 32 * 75 + 24 * 24 * 32 * 800 + 12 * 12 * 32 * 512 + 5_120
            ),
            "macs: what arrives at Flatten is no longer 288 numbers.": convolutions + 288 * 512 + 5_120,
            "macs: you count a bias for every output number. A bias is added, nothing is multiplied.": (
                convolutions + dense + 32 * 32 * 32 + 28 * 28 * 32 + 512 + 10
            ),
            "macs: you add each bias once. A bias is added, not multiplied, so it counts nothing here.": (
                convolutions + dense + 32 + 32 + 512 + 10
            ),
            "macs: for the dense layers you have their parameters. The biases are among them, and they multiply "
            "nothing.": convolutions + dense + 512 + 10,
            "macs: the second convolution has no padding, so it has fewer positions than 32 × 32.": (
                32 * 32 * 32 * 75 + 32 * 32 * 32 * 800 + dense
            ),
        },
        tolerance=0,
    )
    if macs != right["macs"]:
        wrong(f"macs: {macs:,.15g} is not it. For each layer: output numbers × weights that one of them needs.")
    before = anatomy.layers(_with_strides(2))
    more, work = (right[key] / sum(getattr(row, key) for row in before) for key in ("parameters", "macs"))
    return f"That is {more:.0f} times the parameters and {work:.0f} times the work."


def _with_strides(strides: int):
    """The lesson's model with other strides, built here so that the count does not rest on the lesson's arithmetic."""
    return keras.Sequential(
        [
            layers.Input((32, 32, 3)),
            layers.Conv2D(32, 5, strides=strides, padding="same"),
            layers.Conv2D(32, 5, strides=strides),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(512),
            layers.Dense(10),
        ]
    )
