"""Checks of lesson 08, Seeing inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import call, close, describe, exercise, name_mistake, number, numbers, whole, wrong


@exercise("8.1")
def exercise_8_1(dead_channels: Callable) -> str:
    for images, channels, dead in ((4, 6, {1, 4}), (3, 5, set()), (6, 9, {0, 3, 8}), (1, 4, {2}), (5, 3, {0, 1, 2})):
        maps = _maps(images, channels, dead)
        case = f"maps of {images} image{'s' if images > 1 else ''} with {channels} channels"
        got = _indices(call(dead_channels, maps), case, channels)
        if sorted(got) == sorted(dead):
            continue
        zero = maps == 0
        mistakes = {
            "you list the channels that are silent on at least one image. Dead is silent on *every* image.": (
                zero.all(axis=(1, 2)).any(axis=0)
            ),
            "you looked at the first image only. A channel that is silent there may speak on the next.": (
                zero[0].all(axis=(0, 1))
            ),
            "you list the channels with a zero at some position. After a ReLU nearly all have one.": (
                zero.any(axis=(0, 1, 2))
            ),
            "these are the channels that are *alive*.": ~zero.all(axis=(0, 1, 2)),
            "a channel with very small values is weak, not dead. Only exactly 0 has no gradient.": (
                maps.max(axis=(0, 1, 2)) < 1e-3
            ),
        }
        for sentence, listed in mistakes.items():
            if sorted(got) == np.flatnonzero(listed).tolist():
                wrong(sentence)
        if len(set(got)) < len(got):
            wrong(f"for {case} an index appears twice. Each dead channel once.")
        for channel in sorted(set(got) - dead)[:1]:
            wrong(f"for {case} you list channel {channel}; its largest value is {maps[..., channel].max():.3g}.")
        missed = sorted(dead - set(got))[0]
        wrong(f"for {case} you miss channel {missed}, which is 0 at every position of every image.")
    return "An empty list is an answer too: no channel is dead."


def _maps(images: int, channels: int, dead: set[int]) -> np.ndarray:
    """Maps after a ReLU. Of the living, one is silent on all images but the last, one on the second, one whispers."""
    generator = np.random.default_rng(81 + images)
    maps = np.maximum(generator.normal(size=(images, 5, 7, channels)), 0).astype(np.float32)
    alive = [channel for channel in range(channels) if channel not in dead]
    if len(alive) > 1:
        maps[:-1, :, :, alive[0]] = 0
        maps[..., alive[1]] *= 1e-5
        maps[1:2, :, :, alive[-1]] = 0
    maps[..., sorted(dead)] = 0
    return maps


def _indices(answer: Any, case: str, channels: int) -> list[int]:
    if isinstance(answer, (set, frozenset, range)):
        answer = sorted(answer)
    if isinstance(answer, tuple) and len(answer) == 1 and np.ndim(answer[0]) == 1:
        wrong("this is what np.where returns, an array inside a tuple. Take its first member: np.where(...)[0].")
    try:
        array = np.asarray(answer)
    except ValueError:
        wrong(f"a list of indices is wanted, this is {describe(answer)}.")
    if array.dtype == bool:
        wrong("you have True and False for each channel. Indices are wanted; np.flatnonzero makes them of it.")
    array = numbers(answer, f"the list for {case}")
    if array.ndim != 1:
        wrong(f"a list of indices is wanted, such as [1, 4]; this is {describe(answer)}.")
    if len(array) and (array != array.astype(int)).any():
        wrong("an index is a whole number. Did you return values of the maps?")
    if len(array) and not (array.min() >= 0 and array.max() < channels):
        wrong(
            f"for {case} your list goes from {array.min():g} to {array.max():g}; indices go from 0 to {channels - 1}."
        )
    return array.astype(int).tolist()


@exercise("8.2")
def exercise_8_2(receptive_field: Callable) -> str:
    generator = np.random.default_rng(82)
    stacks = [
        [(3, 1)],
        [(3, 1), (3, 1)],
        [(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2)],
        [(5, 2), (5, 2), (2, 2)],
        [(3, 2), (1, 1), (3, 2)],
        *(
            [(int(generator.integers(1, 6)), int(generator.integers(1, 4))) for _ in range(length)]
            for length in (2, 3, 4, 5, 5)
        ),
    ]
    for stack in stacks:
        got = call(receptive_field, stack)
        if isinstance(got, (tuple, list)) and len(got) == 2:
            wrong("two numbers came back. The receptive field alone is wanted, not the step.")
        got = whole(got, f"the receptive field of {stack}")
        right = _pixels_seen(stack)
        if got != right:
            _name_field(got, right, stack)
    return "Convolution and pooling count alike: only kernel size and stride matter."


def _pixels_seen(stack: list[tuple[int, int]]) -> int:
    """By going backwards: the positions of each layer's input that position 0 of the end depends on."""
    positions = {0}
    for kernel, stride in reversed(stack):
        positions = {position * stride + offset for position in positions for offset in range(kernel)}
    return max(positions) - min(positions) + 1


def _name_field(got: int, right: int, stack: list[tuple[int, int]]) -> None:
    kernels, strides = np.array(stack).T
    after = np.cumprod(strides)
    before = np.r_[1, after[:-1]]
    name_mistake(
        got,
        {
            f"for {stack} you have {got}, as if all strides were 1. After a stride, neighbours lie further apart.": (
                1 + (kernels - 1).sum()
            ),
            f"for {stack} you have {got}: a layer's stride moves the positions *after* it apart, so the step grows "
            "once the layer's own pixels are added.": 1 + ((kernels - 1) * after).sum(),
            f"for {stack} you have {got}, the product of the kernel sizes. Windows overlap: a layer *adds* pixels.": (
                kernels.prod()
            ),
            f"for {stack} you have {got}, the sum of the kernel sizes. That counts one pixel again in each layer.": (
                kernels.sum()
            ),
            f"for {stack} you have {got}: you add up the strides. The step between neighbours is *multiplied* by each "
            "layer's stride.": 1 + ((kernels - 1) * (1 + np.cumsum(strides - 1) - (strides - 1))).sum(),
            f"for {stack} you have {got}: the step between neighbours is *multiplied* by each layer's stride; a stride "
            "of 1 leaves it as it is.": 1 + ((kernels - 1) * (1 + np.cumsum(strides) - strides)).sum(),
            f"for {stack} you have {got}, one too few. A field begins with the pixel itself: start from 1.": right - 1,
            f"for {stack} you have {got}: a kernel adds kernel - 1 pixels to the one that is there.": (
                1 + (kernels * before).sum()
            ),
            f"for {stack} you have {got}. That is the step between neighbours at the end, not the window.": after[-1],
            f"for {stack} you have {got}: the order is first layer to last. Did you go through it backwards?": (
                _pixels_seen(stack[::-1])
            ),
        },
    )
    wrong(f"for {stack} you have {got}. Draw it: which pixels does each layer add, and how far apart do they lie?")


@exercise("8.3")
def exercise_8_3(step_uphill: Callable) -> str:
    generator = np.random.default_rng(83)
    for case, (rows, columns, scale, step) in enumerate(((6, 5, 1e-3, 8.0), (4, 4, 20.0, 2.5), (5, 7, 1.0, 60.0))):
        image = generator.uniform(90, 160, (rows, columns, 3)).astype(np.float32)
        if case == 2:
            image = generator.uniform(0, 255, (rows, columns, 3)).astype(np.float32)
        gradient = (scale * generator.normal(size=image.shape)).astype(np.float32)
        # The steepest number goes down, so that the largest gradient and the largest absolute gradient differ.
        gradient[1, 2, 0] = -1.5 * np.abs(gradient).max()
        got = _image(call(step_uphill, image, gradient, step), image.shape)
        _compare_step(got, image.astype(float), gradient.astype(float), step)
    flat = generator.uniform(0, 255, (4, 5, 3)).astype(np.float32)
    got = call(step_uphill, flat, np.zeros_like(flat), 8.0)
    if not close(_image(got, flat.shape, " where the gradient is 0 everywhere"), flat):
        wrong("where the gradient is 0 everywhere, nothing changes. Yours changes the image.")
    return "The scale of the gradient no longer matters: it is the same step for a faint channel and a loud one."


def _image(answer: Any, shape: tuple[int, ...], where: str = "") -> np.ndarray:
    return numbers(answer, f"the new image{where}", shape)


def _compare_step(got: np.ndarray, image: np.ndarray, gradient: np.ndarray, step: float) -> None:
    steepest = max(abs(value) for value in gradient.ravel().tolist())

    def moved(by: np.ndarray) -> np.ndarray:
        return np.minimum(np.maximum(image + by, 0), 255)

    right = moved(gradient * (step / steepest))
    if close(got, right):
        return
    name_mistake(
        got,
        {
            "your step goes down. To make the response larger, *add* the gradient.": moved(
                -gradient * (step / steepest)
            ),
            "your image leaves the range from 0 to 255. Clip it.": image + gradient * (step / steepest),
            "you add step_size times the gradient as it is. Divide it by its largest absolute number first.": (
                moved(gradient * step)
            ),
            "you add step_size times the gradient as it is, and the image is not clipped.": image + gradient * step,
            "you divide by the largest number. Here the steepest one is *negative*: take the largest absolute one.": (
                moved(gradient * (step / gradient.max()))
            ),
            "you divide by the norm of the gradient, the root of the sum of squares. Its largest absolute number is "
            "wanted.": moved(gradient * (step / np.sqrt((gradient**2).sum()))),
            "you divide by the mean absolute gradient, not by the largest.": moved(
                gradient * (step / np.abs(gradient).mean())
            ),
            "every number changes by the whole step. Only the steepest one does, the others in proportion.": (
                moved(np.sign(gradient) * step)
            ),
            "you scale each colour by its own steepest number. One number for the whole image.": (
                moved(gradient * step / np.abs(gradient).max(axis=(0, 1)))
            ),
            "this is the step alone. Add it to the image.": gradient * (step / steepest),
            "your image is clipped to 0 to 1; it has grey values from 0 to 255.": np.clip(right, 0, 1),
            "this is the old image: nothing has changed.": image,
        },
    )
    if np.array_equal(got, np.round(got)) and np.abs(got - right).max() < 1:
        wrong("your image holds whole numbers: steps of less than one grey value are lost. Return floats.")
    change = np.abs(got - image).max()
    wrong(
        f"the result is not right. The steepest number should change by step_size = {step:g} unless it is clipped; the "
        f"largest change in yours is {change:.3g}."
    )


@exercise("8.4")
def exercise_8_4(patch_importance: Callable) -> str:
    generator = np.random.default_rng(84)
    for rows, columns, row, column, side in ((12, 15, 3, 8, 4), (10, 9, 0, 0, 3), (8, 11, 5, 8, 3), (9, 9, 2, 4, 1)):
        image = generator.integers(0, 256, (rows, columns, 3)).astype(np.uint8)
        patch = (image, row, column, side, np.array([120.0, 60.0, 200.0]))
        weights = generator.normal(size=image.shape)
        # The class and its opposite: what one loses the other gains. The one that loses comes first.
        pair = [_predictor(weights, image.shape), _predictor(-weights, image.shape)]
        for predict in sorted(pair, key=lambda predict: -_loss(predict, *patch)):
            answer = call(patch_importance, predict, *patch)
            if getattr(answer, "shape", None) == (1,):
                wrong("an array with one number in it came back. `predict` returns n of them: take the first, [0].")
            _compare_patch(number(answer, "the loss of probability"), predict, *patch)
    return "Negative losses count as much as positive ones: such a patch spoke against the class."


def _predictor(weights: np.ndarray, shape: tuple[int, ...]) -> Callable:
    """A class's probability as a smooth function of every pixel, in place of a network."""

    def predict(batch: Any) -> np.ndarray:
        batch = np.asarray(batch, dtype=float)
        if batch.shape[1:] != shape:
            raise ValueError(f"predict takes a batch (n, {', '.join(map(str, shape))}), this has {batch.shape}")
        return 1 / (1 + np.exp(-((batch - 128) * weights).sum(axis=(1, 2, 3)) / 400))

    return predict


def _probability(predict: Callable, image: np.ndarray, row: int, column: int, side: int, colour: Any) -> float:
    """With the patch covered."""
    rows, columns = (np.arange(size) for size in image.shape[:2])
    inside = ((rows >= row) & (rows < row + side))[:, None] & (columns >= column) & (columns < column + side)
    return float(predict(np.where(inside[..., None], colour, image)[None])[0])


def _loss(predict: Callable, image: np.ndarray, *patch: Any) -> float:
    return float(predict(image[None])[0]) - _probability(predict, image, *patch)


def _compare_patch(
    got: float, predict: Callable, image: np.ndarray, row: int, column: int, side: int, fill: np.ndarray
) -> None:
    before, after = float(predict(image[None])[0]), _probability(predict, image, row, column, side, fill)
    right = before - after

    def other(*patch: Any) -> float:
        return _loss(predict, image, *patch)

    if close(got, right, 1e-6):
        return
    if right > 0 and close(got, -right, 1e-6):
        wrong("the sign is turned round. A loss is positive when the probability falls: before minus after.")
    if right < 0 and got == 0:
        wrong("the loss is negative here, and yours is 0. Do not cut it off: such a patch spoke *against* the class.")
    name_mistake(
        got,
        {
            "this is the probability *after* covering. How much was lost?": after,
            "this is the probability before covering. What is left of it afterwards?": before,
            "this is the ratio of the two probabilities. Their difference is wanted.": after / before,
            "this is the share that was lost. The difference itself is wanted.": right / before,
            "row and column have changed places.": other(column, row, side, fill),
            "you cover with black. Cover with `fill`.": other(row, column, side, 0),
            "your patch is one pixel too large in each direction: `row : row + side` is `side` rows.": (
                other(row, column, side + 1, fill)
            ),
            "your patch is one pixel too small: `row : row + side` already ends before row + side.": (
                other(row, column, side - 1, fill)
            ),
            "(row, column) is the upper left corner of the patch; you take it for the middle.": (
                other(row - side // 2, column - side // 2, side, fill)
            ),
            "the sign is lost. A patch that speaks *against* the class has a negative loss.": abs(right),
            "nothing was lost, although the patch was covered. Did both calls get the same image?": 0.0,
        },
        1e-6,
    )
    wrong(
        f"for a patch of {side} × {side} at row {row}, column {column} the probability goes from {before:.4f} to "
        f"{after:.4f}; you return {got:.4f}."
    )
