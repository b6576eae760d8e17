"""Checks of lesson 08: right answers in several ways, planted wrong ones named, hostile ones survived."""

import functools

import keras
import numpy as np
import pytest
from answers import HOSTILE, HOSTILE_RESULTS, fails
from mistake_tables import distinguishable

from checks import lesson08 as check
from helpers import anatomy, models

# 8.1


def dead(maps):
    return [channel for channel in range(maps.shape[-1]) if maps[..., channel].max() == 0]


def silent_somewhere(maps):
    return np.flatnonzero((maps.max(axis=(1, 2)) == 0).any(axis=0))


def erases(maps):
    maps[maps < 1] = 0
    return dead(maps)


@pytest.mark.parametrize(
    "answer",
    [
        dead,
        lambda maps: np.flatnonzero(maps.max(axis=(0, 1, 2)) == 0),
        lambda maps: tuple(reversed(dead(maps))),
        lambda maps: set(dead(maps)),
        lambda maps: np.array(dead(maps), dtype=float),
        lambda maps: np.where(~maps.any(axis=(0, 1, 2)))[0],
        lambda maps: range(maps.shape[-1]) if not maps.any() else [int(i) for i in dead(maps)],
        lambda maps: [c for c, one in enumerate(np.moveaxis(maps, -1, 0)) if np.allclose(one, 0)],
        lambda maps: keras.ops.where(keras.ops.max(maps, axis=(0, 1, 2)) == 0)[0],
        lambda maps: np.argwhere(maps.sum(axis=(0, 1, 2)) == 0)[:, 0].astype("uint8"),
        functools.partial(lambda maps, zero: [c for c in range(maps.shape[-1]) if maps[..., c].max() == zero], zero=0),
    ],
)
def test_8_1_accepts(answer):
    check.exercise_8_1(answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (silent_somewhere, r"at least one image.*\*every\*"),
        (lambda maps: dead(maps[:1]), "first image only"),
        (lambda maps: np.flatnonzero((maps == 0).any(axis=(0, 1, 2))), "zero at some position"),
        (lambda maps: sorted(set(range(maps.shape[-1])) - set(dead(maps))), r"\*alive\*"),
        (lambda maps: np.flatnonzero(maps.mean(axis=(0, 1, 2)) < 1e-3), "weak, not dead"),
        (lambda maps: maps.max(axis=(0, 1, 2)) == 0, "np.flatnonzero"),
        (lambda maps: np.where(maps.max(axis=(0, 1, 2)) == 0), r"np.where\(\.\.\.\)\[0\]"),
        (lambda maps: dead(maps) * 2, "more than once"),
        (lambda maps: [*dead(maps), *dead(maps)[:1]], "index 2 2 times"),
        (lambda maps: [channel + 1 for channel in dead(maps)], "count the channels from 1"),
        (lambda maps: dead(maps)[:-1], "1 image with 4 channels you miss channel 2"),
        (lambda maps: dead(maps)[-2:] if len(maps) == 6 else dead(maps), "6 images with 9 channels you miss channel 0"),
        (lambda maps: dead(maps[-1:]), "last image only"),
        (lambda maps: dead(maps[[0, -1]]), "first and the last image"),
        (lambda maps: dead(maps[:, :1]), "one row"),
        (lambda maps: dead(maps[:, :, :1]), "one column"),
        (lambda maps: dead(maps[:, :1, :1]), "one position"),
        (lambda maps: [i for i, image in enumerate(maps) if image.max() == 0], r"channels are the \*last\* axis"),
        (lambda maps: [], "always empty"),
        (lambda maps: [c for c in range(maps.shape[-1]) if maps[:, 2, 3, c].max() == 0], "you list channel"),
        (lambda maps: [*dead(maps), 1] if len(maps) == 1 else dead(maps), "you list channel 1; its largest value is"),
        (lambda maps: [0, *dead(maps)] if len(maps) == 1 else dead(maps), "you list channel 0; its largest value is"),
        (lambda maps: [*dead(maps), maps.shape[-1]], "index 4; indices go from 0 to 3"),
        (lambda maps: maps.max(axis=(0, 1, 2)), "whole number"),
        (lambda maps: [maps[..., c].max() == 0 for c in range(maps.shape[-1])], "np.flatnonzero"),
        (lambda maps: list(range(maps.shape[-1])), "zero at some position"),
        (lambda maps: str(dead(maps)), "made of numbers"),
        (lambda maps: [[channel] for channel in range(4)], "a list of indices is wanted"),
        (lambda maps: len(dead(maps)), "a list of indices is wanted"),
        (lambda maps: [-1], "indices go from 0"),
        (erases, "changed its input"),
    ],
)
def test_8_1_names_the_mistake(answer, sentence):
    fails(check.exercise_8_1, answer, match=sentence)


# 8.2


def field(stack):
    size, step = 1, 1
    for kernel, stride in stack:
        size += (kernel - 1) * step
        step *= stride
    return size


def field_backwards(stack):
    size = 1
    for kernel, stride in reversed(stack):
        size = (size - 1) * stride + kernel
    return np.float64(size)


def field_by_recursion(stack):
    *before, (kernel, stride) = stack
    return kernel if not before else field_by_recursion([*before[:-1], grown(before[-1], kernel, stride)])


def grown(layer, kernel, stride):
    """Two layers as one."""
    return layer[0] + (kernel - 1) * layer[1], layer[1] * stride


@pytest.mark.parametrize(
    "answer",
    [
        field,
        field_backwards,
        field_by_recursion,
        lambda stack: np.int32(field(stack)),
        lambda stack: keras.ops.convert_to_tensor(field(stack)),
        lambda stack: 1 + sum((k - 1) * np.prod([s for _, s in stack[:i]]) for i, (k, _) in enumerate(stack)),
    ],
)
def test_8_2_accepts(answer):
    check.exercise_8_2(answer)


def test_8_2_asks_for_what_the_table_of_layers_says():
    rows = [row for row in anatomy.layers(models.guide_cnn()) if row.layer.startswith(("Conv2D", "MaxPooling2D"))]
    stack = [(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2)]
    fields = [check.reference_receptive_field(stack[: end + 1]) for end in range(6)]
    assert [row.receptive_field[0] for row in rows] == fields


def own_stride_first(stack):
    size, step = 1, 1
    for kernel, stride in stack:
        step *= stride
        size += (kernel - 1) * step
    return size


def adds_strides(less):
    def answer(stack):
        size, step = 1, 1
        for kernel, stride in stack:
            size += (kernel - 1) * step
            step += stride - less
        return size

    return answer


def adds_whole_kernels(size):
    def answer(stack):
        total, step = size, 1
        for kernel, stride in stack:
            total, step = total + kernel * step, step * stride
        return total

    return answer


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda stack: 1 + sum(kernel - 1 for kernel, _ in stack), "all strides were 1"),
        (own_stride_first, r"\*after\* the layer"),
        (adds_strides(1), r"added up.*\*multiplied\*"),
        (adds_strides(0), r"\*multiplied\*.*as it is"),
        (lambda stack: np.prod([kernel for kernel, _ in stack]), "product of the kernel"),
        (lambda stack: sum(kernel for kernel, _ in stack), "sum of the kernel"),
        (lambda stack: field(stack) - 1, "start from 1"),
        (lambda stack: np.prod([stride for _, stride in stack]), "the step between neighbours"),
        (lambda stack: field(stack[::-1]), "order of the layers"),
        (lambda stack: (field(stack), 1), "two numbers"),
        (lambda stack: [field(stack[: end + 1]) for end in range(len(stack))], "a number for each layer"),
        (lambda stack: [field(stack), 1, 1], "should be one number"),
        (adds_whole_kernels(1), "because each layer adds `kernel` pixels"),
        (adds_whole_kernels(0), "and the field starts from 0"),
        (adds_whole_kernels(2), "Draw it"),
        (lambda stack: field(stack) if len(stack) > 1 else 1, r"you have 1, and that is not it\. Draw it"),
        (lambda stack: field(stack[:-1]), "without the last layer"),
        (lambda stack: field([(1, stack[0][1]), *stack[1:]]), "without the first layer"),
        (lambda stack: field([(k, s if k != s else 1) for k, s in stack]), "ignores the strides of pooling"),
        (lambda stack: field([(k if k != s else 1, s) for k, s in stack]), "without the pixels that pooling adds"),
        (lambda stack: field(stack) ** 2, "its area"),
        (lambda stack: 1 + sum((k - 1) * s for k, s in stack), "only the layer's own stride"),
        (lambda stack: 1 + sum((k - 1) * s for (k, _), (_, s) in zip(stack, [(1, 1), *stack])), "directly before"),
        (lambda stack: max(kernel for kernel, _ in stack), "Draw it"),
        (lambda stack: 0, "start from 1"),
        (lambda stack: field(stack) + (len(stack) > 3), r"for the stack \[\(3, 2\), \(1, 1\), .* you have"),
        (lambda stack: field(stack) + 0.5, "whole number"),
        (lambda stack: field(stack) + 7, "Draw it"),
        (lambda stack: field([stack.pop()]), "changed its input"),
    ],
)
def test_8_2_names_the_mistake(answer, sentence):
    fails(check.exercise_8_2, answer, match=sentence)


def test_mistakes_of_8_1_and_8_2_are_distinguishable(monkeypatch):
    distinguishable(check.exercise_8_1, monkeypatch, dead)
    distinguishable(check.exercise_8_2, monkeypatch, field)


@pytest.mark.parametrize("exercise", [check.exercise_8_1, check.exercise_8_2])
@pytest.mark.parametrize(("answer", "sentence"), HOSTILE + HOSTILE_RESULTS)
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)
