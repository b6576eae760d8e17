"""Checks of lesson 08, Layer visualizations: dead channels and receptive fields here, a step uphill beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import by_rules, call, describe, exercise, numbers, seeded, shape_of, values, wrong
from checks.lesson08_step import exercise_8_3, reference_step_uphill

__all__ = [
    "exercise_8_1",
    "exercise_8_2",
    "exercise_8_3",
    "reference_dead_channels",
    "reference_receptive_field",
    "reference_step_uphill",
]

# --- 8.1: channels that are silent on every image


@exercise("8.1")
def exercise_8_1(dead_channels: Callable) -> str:
    """``dead_channels(maps)``, (n, rows, columns, channels), gives the indices of the dead channels."""
    generator = seeded("8.1")
    settings = ((4, 7, {1, 4}), (3, 6, set()), (6, 9, {0, 3, 8}), (1, 4, {2}), (5, 6, {0, 1, 5}))
    by_rules(
        lambda maps: _indices(call(dead_channels, maps)),
        [(_maps(generator, *setting),) for setting in settings],
        reference_dead_channels,
        _dead_mistakes,
        lambda maps: f"maps of {_count(len(maps), 'image')} with {maps.shape[-1]} channels",
        look=_one_channel,
    )
    return "An empty list is an answer too: no channel is dead."


def reference_dead_channels(maps: np.ndarray) -> list[int]:
    """The channels without a number other than 0."""
    return [channel for channel in range(maps.shape[-1]) if not np.count_nonzero(maps[..., channel])]


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'s' * (number != 1)}"


def _maps(generator: np.random.Generator, images: int, channels: int, dead: set[int]) -> np.ndarray:
    """Maps after a ReLU. Of the living channels, most are silent on some images, at most positions, or nearly."""
    maps = np.maximum(generator.normal(size=(images, 5, 8, channels)), 0).astype(np.float32)
    alive = [channel for channel in range(channels) if channel not in dead]
    maps[..., alive[1]] *= 1e-5
    if images > 1:
        maps[1:, ..., alive[0]] = 0  # speaks on the first image only
        maps[:-1, ..., alive[2]] = 0  # on the last one only
        maps[0, ..., alive[-1]] = maps[-1, ..., alive[-1]] = 0
        maps[..., 1:, :, alive[-1]] = 0  # in the first row only, and nowhere on the first and the last image
    else:
        maps[..., :-1, :, alive[-1]] = 0
    if images > 4:
        maps[2] = 0  # an image on which nothing speaks
    maps[..., sorted(dead)] = 0
    return maps


def _dead_mistakes(maps: np.ndarray) -> dict[str, np.ndarray]:
    zero, largest = maps == 0, maps.max(axis=(0, 1, 2))
    silent = zero.all(axis=(1, 2))  # (images, channels)
    listed = {
        "you list the channels that are silent on at least one image. Dead is silent on *every* image.": (
            silent.any(axis=0)
        ),
        "you looked at the first image only. A channel that is silent there may speak on the next.": silent[0],
        "you looked at the last image only. A channel that is silent there may have spoken on another.": silent[-1],
        "you looked at the first and the last image. A channel may speak on one between them.": silent[[0, -1]].all(0),
        "you list the channels with a zero at some position. After a ReLU nearly all have one.": zero.any((0, 1, 2)),
        "you looked at one row of the maps. A channel may speak in another one.": zero[:, 0].all(axis=(0, 1)),
        "you looked at one column of the maps. A channel may speak in another one.": zero[:, :, 0].all(axis=(0, 1)),
        "you looked at one position of the maps. A channel may speak at another one.": zero[:, 0, 0].all(axis=0),
        "you list the channels that are *alive*.": largest > 0,
        "a channel with very small values is weak, not dead. Only exactly 0 has no gradient.": largest < 1e-3,
    }
    found = {sentence: np.flatnonzero(which) for sentence, which in listed.items()}
    dead = np.flatnonzero(largest == 0)
    found["you list each dead channel more than once. Once is enough."] = np.repeat(dead, 2)
    found["you list the images that are silent everywhere. The channels are the *last* axis."] = np.flatnonzero(
        zero.all(axis=(1, 2, 3))
    )
    found["you count the channels from 1. Indices begin at 0."] = dead + 1
    found["your list is always empty, although there are dead channels in some of the maps."] = dead[:0]
    return found


def _indices(answer: Any) -> np.ndarray:
    """The list in ascending order. A set and a range are lists of indices, too."""
    if isinstance(answer, (set, frozenset, range)):
        answer = list(answer)
    if isinstance(answer, tuple) and len(answer) == 1 and len(shape_of(answer[0]) or ()) == 1:
        wrong("this is what np.where returns, an array inside a tuple. Take its first member: np.where(...)[0].")
    entries = answer if isinstance(answer, (list, tuple)) else []
    if getattr(answer, "dtype", None) == "bool" or (
        entries and all(isinstance(one, (bool, np.bool_)) for one in entries)
    ):
        wrong("you have True and False for each channel. Indices are wanted; np.flatnonzero makes them of it.")
    array = numbers(answer, "the list of indices")
    if array.ndim != 1:
        wrong(f"a list of indices is wanted, such as [1, 4]; this is {describe(answer)}.")
    if (array != np.trunc(array)).any():
        wrong("an index is a whole number. Did you return values of the maps?")
    return np.sort(array)


def _one_channel(got: np.ndarray, case: str, maps: np.ndarray) -> None:
    """The first channel that is missing or too many."""
    listed = got.tolist()
    outside = [index for index in listed if not 0 <= index < maps.shape[-1]]
    if outside:
        wrong(f"for {case} your list has the index {outside[0]:g}; indices go from 0 to {maps.shape[-1] - 1}.")
    for channel in range(maps.shape[-1]):
        largest, times = maps[..., channel].max(), listed.count(channel)
        if times > 1:
            wrong(f"for {case} your list has the index {channel} {times} times. Once is enough.")
        if times and largest > 0:
            wrong(f"for {case} you list channel {channel}; its largest value is {largest:.3g}.")
        if not times and largest == 0:
            wrong(f"for {case} you miss channel {channel}, which is 0 at every position of every image.")


# --- 8.2: the receptive field of a stack


@exercise("8.2")
def exercise_8_2(receptive_field: Callable) -> str:
    """``receptive_field([(kernel size, stride), ...])`` gives how many pixels wide the field is, a whole number."""
    by_rules(
        receptive_field,
        [(stack,) for stack in _field_stacks()],
        reference_receptive_field,
        _field_mistakes,
        "the stack {0}",
        "Draw it: which pixels does each layer add, and how far apart do they lie?",
        _one_field,
    )
    return "Convolution and pooling count alike: only kernel size and stride matter."


def _field_stacks() -> list[list[tuple[int, int]]]:
    generator = seeded("8.2")
    stacks = [
        [(3, 1)],
        [(3, 2), (5, 1)],
        [(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2)],
        [(5, 2), (5, 2), (2, 2)],
        [(3, 2), (1, 1), (3, 2), (4, 3)],
    ]
    for layers in (3, 4, 5, 6):
        kernels, strides = generator.integers(1, 6, layers), generator.integers(1, 4, layers)
        stacks.append(list(zip(kernels.tolist(), strides.tolist())))
    return stacks


def reference_receptive_field(stack: list[tuple[int, int]]) -> int:
    """By going backwards: the positions of each layer's input that position 0 of the end depends on."""
    positions = {0}
    for kernel, stride in reversed(stack):
        positions = {position * stride + offset for position in positions for offset in range(kernel)}
    return max(positions) - min(positions) + 1


def _field_mistakes(stack: list[tuple[int, int]]) -> dict[str, Any]:
    kernels, strides = np.array(stack).T
    after = np.cumprod(strides)
    before = np.r_[1, after[:-1]]
    right = 1 + int(((kernels - 1) * before).sum())
    added = np.cumsum(strides) - strides  # what the strides of the layers before add up to
    pooling = (kernels == strides) & (strides > 1)
    fields = {
        "as if all strides were 1. After a stride, neighbours lie further apart.": 1 + (kernels - 1).sum(),
        "as if a layer's own stride already counted for itself. It moves the positions *after* the layer apart: let "
        "the step grow once the layer's own pixels are added.": 1 + ((kernels - 1) * after).sum(),
        "as if only the layer's own stride counted. The step is the product of the strides of *all* layers before.": (
            1 + ((kernels - 1) * strides).sum()
        ),
        "as if only the stride of the layer directly before counted. The step is the product of the strides of *all* "
        "layers before.": 1 + ((kernels - 1) * np.r_[1, strides[:-1]]).sum(),
        "the product of the kernel sizes. Windows overlap: a layer *adds* pixels.": kernels.prod(),
        "the sum of the kernel sizes. That counts one pixel again in each layer.": kernels.sum(),
        "as if strides were added up. The step between neighbours is *multiplied* by each layer's stride.": (
            1 + ((kernels - 1) * (1 + added - np.arange(len(stack)))).sum()
        ),
        "as if each stride were added to the step. The step between neighbours is *multiplied* by each layer's stride; "
        "a stride of 1 leaves it as it is.": 1 + ((kernels - 1) * (1 + added)).sum(),
        "always one too few. A field begins with the pixel itself: start from 1.": right - 1,
        "because each layer adds `kernel` pixels there. It adds kernel - 1 to the one that is there.": (
            1 + (kernels * before).sum()
        ),
        "where each layer adds `kernel` pixels, and the field starts from 0. A layer adds kernel - 1, and a field "
        "starts from 1.": (kernels * before).sum(),
        "the step between neighbours at the end. The width of the window is wanted.": after[-1],
        "as if the order of the layers were reversed. The list goes from the first layer to the last.": (
            reference_receptive_field(stack[::-1])
        ),
        "without the last layer. Every layer adds its pixels.": 1 + ((kernels - 1) * before)[:-1].sum(),
        "without the first layer. Every layer adds its pixels.": 1 + ((kernels - 1) * before)[1:].sum(),
        "without the pixels that pooling adds. Pooling has a kernel size and a stride as well.": (
            1 + ((kernels - 1) * before)[~pooling].sum()
        ),
        "with a step that ignores the strides of pooling. Pooling moves neighbours apart as well.": (
            1 + ((kernels - 1) * np.cumprod(np.r_[1, np.where(pooling, 1, strides)[:-1]])).sum()
        ),
        "the square of the field, its area. How many pixels *wide* is it?": right**2,
    }
    named = {f"for {{case}} you have {{value}}, {sentence}": int(field) for sentence, field in fields.items()}
    each = [reference_receptive_field(stack[: end + 1]) for end in range(len(stack))]
    return {**named, "a number for each layer came back. One number is wanted, the field after the last layer.": each}


def _one_field(answer: Any, case: str, stack: list[tuple[int, int]]) -> None:
    array = values(answer)
    if array is not None and array.shape == (2,):
        wrong(f"for {case} two numbers came back; one number is wanted, the receptive field.")
    if array is not None and array.ndim == 0 and math.isfinite(array) and array < 1:
        wrong(f"for {case} you have {float(array):g}. Even without a layer a position shows one pixel: start from 1.")
