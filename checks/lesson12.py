"""Checks of lesson 12, Deep networks: initialisation and separable convolution here, the residual block beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import by_rules, exercise, seeded
from checks.lesson12_block import exercise_12_1, reference_residual_block
from helpers.teaching.convolution import convolve

__all__ = [
    "exercise_12_1",
    "exercise_12_2",
    "exercise_12_3",
    "reference_he_deviation",
    "reference_residual_block",
    "reference_separable",
]

# --- 12.3: the standard deviation that keeps a signal


def reference_he_deviation(shape: tuple[int, int, int, int]) -> float:
    """sqrt(2 / fan-in) of a kernel (rows, columns, channels, filters); He et al. 2015, arXiv:1502.01852, eq. 10."""
    rows, columns, channels, _ = shape
    return math.sqrt(2 / (rows * columns * channels))


@exercise("12.3")
def exercise_12_3(he_deviation: Callable) -> str:
    """``he_deviation(shape)``, of a kernel (rows, columns, channels, filters), gives one number."""
    generator = seeded("12.3")
    cases = [((3, 3, 16, 32),), ((5, 3, 2, 7),), ((1, 1, 64, 10),), ((3, 3, 3, 48),)]
    cases += [((*(int(generator.integers(low, 12)) for low in (2, 5, 2)), 20),) for _ in range(3)]
    by_rules(
        he_deviation,
        cases,
        lambda shape: (2 / np.zeros(shape)[..., 0].size) ** 0.5,
        _deviation_mistakes,
        "a kernel of shape {0}",
        "How many inputs does one window cover, over all channels? Divide 2 by that, then take the root.",
    )
    return "A kernel with more inputs to sum starts with smaller numbers."


def _deviation_mistakes(shape: tuple[int, int, int, int]) -> dict[str, float]:
    rows, columns, channels, filters = shape
    area = rows * columns
    fan_in, fan_out = area * channels, area * filters
    return {
        "you take the channels alone as fan-in. One output number sums over the rows and columns of its window, too.": (
            math.sqrt(2 / channels)
        ),
        "you take rows × columns as fan-in. One output number sums over all channels, too.": math.sqrt(2 / area),
        "you take one side of the window for its area. A window has rows × columns positions.": (
            math.sqrt(2 / (rows * channels))
        ),
        "you take the other side of the window for its area. A window has rows × columns positions.": (
            math.sqrt(2 / (columns * channels))
        ),
        "this is the fan-out: you count the filters in place of the channels. Count what one output number sums.": (
            math.sqrt(2 / fan_out)
        ),
        "you take the number of filters as fan-in. Count the inputs that one output number sums.": (
            math.sqrt(2 / filters)
        ),
        "you count all numbers of the kernel. One output number uses one filter only.": (
            math.sqrt(2 / (fan_in * filters))
        ),
        "this is Glorot's initialisation, which averages fan-in and fan-out. He's has the fan-in alone.": (
            math.sqrt(2 / (fan_in + fan_out))
        ),
        "you divide by the mean of fan-in and fan-out. He's initialisation has the fan-in alone.": (
            math.sqrt(4 / (fan_in + fan_out))
        ),
        "this is LeCun's initialisation, sqrt(1 / fan-in). A ReLU sets half of the signal to 0: what replaces the 1?": (
            math.sqrt(1 / fan_in)
        ),
        "this is the variance. The standard deviation is its square root.": 2 / fan_in,
        "the root covers the fan-in alone in yours. The 2 stands under it, too.": 2 / math.sqrt(fan_in),
        "the root covers the 2 alone in yours. The fan-in stands under it, too.": math.sqrt(2) / fan_in,
        "your fraction is upside down: more inputs need smaller weights.": math.sqrt(fan_in / 2),
        "you multiply 2 by the fan-in. Divide by it.": math.sqrt(2 * fan_in),
        "this is the fan-in itself. Divide 2 by it, then take the root.": fan_in,
        "this is the limit of the uniform version, sqrt(6 / fan-in). Its standard deviation is smaller.": (
            math.sqrt(6 / fan_in)
        ),
    }


# --- 12.2: depthwise, then 1 x 1


def reference_separable(image: np.ndarray, kernels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Each channel by its own kernel, then weighted sums at each position: (rows - k + 1, columns - k + 1, filters)."""
    maps = [convolve(image[:, :, channel], kernels[:, :, channel]) for channel in range(image.shape[2])]
    return np.stack(maps, axis=-1) @ weights


@exercise("12.2")
def exercise_12_2(separable: Callable) -> str:
    """``separable(image, kernels, weights)`` gives maps (rows - k + 1, columns - k + 1, filters)."""
    generator = seeded("12.2")
    # First with as many filters as channels, where transposed weights are a wrong result and no error.
    for sizes in (
        [(5, 6, 3, 3, 3), (7, 4, 2, 2, 2), (4, 7, 4, 3, 4)],
        [(5, 6, 3, 3, 4), (7, 5, 4, 2, 2), (4, 6, 2, 3, 1), (6, 4, 1, 2, 3)],
    ):
        shapes = [((rows, columns, c), (k, k, c), (c, filters)) for rows, columns, c, k, filters in sizes]
        cases = [tuple(generator.normal(size=shape) for shape in each) for each in shapes]
        by_rules(
            separable,
            cases,
            lambda image, kernels, weights: _depthwise(image, kernels) @ weights,
            _separable_mistakes,
            lambda image, kernels, weights: (
                f"an image {image.shape}, kernels {kernels.shape} and weights {weights.shape}"
            ),
            "Do the two steps one by one: a map for each channel, then the weighted sum over these maps.",
            shapes=_separable_shapes,
        )
    return "Channels are combined only in the second step, positions only in the first."


def _depthwise(image: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """A map for each channel: the image, shifted to each position of the window, times the kernel's number there."""
    k = len(kernels)
    rows, columns = image.shape[0] - k + 1, image.shape[1] - k + 1
    return sum(image[i : i + rows, j : j + columns] * kernels[i, j] for i in range(k) for j in range(k))


def _separable_mistakes(image: np.ndarray, kernels: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    maps = _depthwise(image, kernels)
    channels, filters = weights.shape
    right, summed = maps @ weights, maps.sum(axis=2, keepdims=True)
    flipped, transposed, backwards = kernels[::-1, ::-1], kernels.swapaxes(0, 1), kernels[:, :, ::-1]
    first = np.broadcast_to(kernels[:, :, :1], kernels.shape)
    mixed = np.broadcast_to(image.sum(axis=2, keepdims=True), image.shape)
    table = {
        "your kernels are flipped. Lesson 01's convolution lays a kernel on the image as it is.": (
            _depthwise(image, flipped) @ weights
        ),
        "rows and columns of your kernels are swapped.": _depthwise(image, transposed) @ weights,
        "the first kernel works on all channels in yours. Each channel has its own, kernels[:, :, channel].": (
            _depthwise(image, first) @ weights
        ),
        "the kernels come in the opposite order in yours: the last one works on the first channel.": (
            _depthwise(image, backwards) @ weights
        ),
        "you add up the channels before the second step, as a usual convolution does. Keep a map for each channel, and "
        "weight the maps.": summed * weights.sum(axis=0),
        "you add up the channels before the second step, and weight their sum by the first row. Keep a map for each "
        "channel, and weight the maps.": summed * weights[0],
        "each of your kernels works on the sum of all channels. In the first step each has a channel to itself.": (
            _depthwise(mixed, kernels) @ weights
        ),
        "you return the maps of the first step. The weighted sums over the channels are still to come.": maps,
        "your axis of the filters comes first. Put it last: (rows, columns, filters).": np.moveaxis(right, 2, 0),
        "rows and columns of your result are swapped.": right.swapaxes(0, 1),
        "you return the first filter's map alone. There is one map for each column of `weights`.": right[:, :, 0],
        "you add up the maps of all filters. Return them side by side, in the last axis.": right.sum(axis=2),
        "you divide by the number of channels. A weighted sum is wanted, no mean.": right / channels,
        "you divide by the numbers in a window. A sum of products is wanted, no mean.": right / len(kernels) ** 2,
        "there is a ReLU between the two steps of yours. Here nothing stands between them.": (
            np.maximum(maps, 0) @ weights
        ),
        "there is a ReLU at the end of yours. Return the sums as they are.": np.maximum(right, 0),
    }
    if channels == filters:
        table |= {
            "your weights are transposed: weights[channel, filter] says how much of a channel a filter takes.": (
                maps @ weights.T
            ),
            "you weight the channels before the kernels work on them. Do it the other way round: depthwise first.": (
                _depthwise(image @ weights, kernels)
            ),
            "you multiply each channel's map by one weight. Each filter sums over all channels.": (
                maps * np.diagonal(weights)
            ),
        }
    return table


def _separable_shapes(image: np.ndarray, kernels: np.ndarray, weights: np.ndarray) -> dict[str, tuple[int, ...]]:
    rows, columns, channels = image.shape
    k, filters = len(kernels), weights.shape[1]
    return {
        "your maps are as large as the image, as with padding. Without padding a window of k leaves k - 1 rows and "
        "columns fewer.": (rows, columns, filters),
        "your maps are larger than the image. Without padding they have k - 1 rows and columns fewer.": (
            (rows + k - 1, columns + k - 1, filters)
        ),
        "your result has an axis for the channels and one for the filters. Sum over the channels.": (
            (rows - k + 1, columns - k + 1, channels, filters)
        ),
        "your result is one map. There is one for each filter, in the last axis.": (rows - k + 1, columns - k + 1),
    }
