"""Checks of lesson 01: output size, a kernel for diagonal edges, five shapes; windows over an image stand beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from checks.grading import NotFilledIn, by_rules, describe, exercise, numbers, seeded, whole, wrong
from checks.lesson01_windows import exercise_1_2, exercise_1_3, reference_convolve, shifted_sums

__all__ = [
    "exercise_1_1",
    "exercise_1_2",
    "exercise_1_3",
    "exercise_1_4",
    "exercise_1_6",
    "reference_convolve",
]

# At most this share of the response to the wanted edge may be the response to the other diagonal.
WEAK = 0.5


@exercise("1.1")
def exercise_1_1(positions_along: Callable) -> str:
    """``positions_along(size, kernel_size, stride, padding)`` gives how many positions a window has along one side."""
    generator = seeded("1.1")
    cases = [(9, 3, 2, 1), (32, 3, 1, 0), (32, 5, 2, 2), (12, 3, 2, 0), (5, 5, 1, 0), (224, 7, 2, 3), (10, 3, 3, 1)]
    for _ in range(13):
        kernel_size, stride, padding = (int(generator.integers(low, 6)) for low in (1, 1, 0))
        cases.append((int(generator.integers(kernel_size + 6, 60)), kernel_size, stride, padding))
    by_rules(
        positions_along,
        cases,
        lambda n, k, s, p: sum(1 for _ in range(0, n + 2 * p - k + 1, s)),
        _size_mistakes,
        "size {0}, kernel size {1}, stride {2}, padding {3}",
        "Mark the first pixel of each window on paper and count the marks.",
    )
    return f"It agrees with counting the positions in {len(cases)} cases."


def _size_mistakes(n: int, k: int, s: int, p: int) -> dict[str, float]:
    free = n + 2 * p - k
    return {
        "one position is missing every time. A window as large as the image has one position: what to add?": free // s,
        "padding lies on both ends of a row; you count it once. What if it is there twice?": (n + p - k) // s + 1,
        "the padding is not in your answer. How wide is the image once the zeros are around it?": (n - k) // s + 1,
        "the padding makes the image wider, not narrower: mind its sign.": (n - 2 * p - k) // s + 1,
        "the padding stands outside the division. The image gets wider first, then the windows move over it.": (
            (n - k) // s + 1 + 2 * p
        ),
        "the stride is not in your answer. What does a window that moves 2 pixels at a time do to the count?": free + 1,
        "the kernel size is not in your answer. A window must not extend beyond the border.": (n + 2 * p) // s + 1,
        "this is the size for padding='same'. Here the padding is a number of zeros.": -(-n // s),
        "you count positions, so the division must drop its rest. Which operator of Python divides without one?": (
            free / s + 1
        ),
        "you round to the nearest whole number. A last step that would leave the image is not taken.": (
            round(free / s) + 1
        ),
        "you round up. A last step that would leave the image is not taken.": -(-free // s) + 1,
        "the + 1 stands inside the division. The first position costs no step: add it after dividing.": (free + 1) // s,
        "Python divides before it adds and subtracts: put brackets around what is to be divided.": (
            n + 2 * p - k // s + 1
        ),
        "this counts the positions in the whole image. Along one side are fewer.": (free // s + 1) ** 2,
    }


@exercise("1.4")
def exercise_1_4(kernel: Any) -> str:
    """A 3×3 kernel by its behaviour: edges along \\ give a strong response, flat areas none, along / a weak one."""
    kernel = numbers(kernel, "the kernel", shape=(3, 3))
    if not kernel.any():
        wrong("a kernel of zeros responds to nothing. What should differ between the two sides of the diagonal?")
    # Its largest number becomes 1: what counts is how the responses compare.
    largest = float(np.abs(kernel).max())
    kernel = kernel / largest
    size, flat = np.abs(kernel).sum(), float(kernel.sum())
    if abs(flat) > 1e-6 * size:
        wrong(
            f"its numbers add up to {flat * largest:g}, so a flat bright area has a response too. "
            "An edge kernel must give 0 there: what must its numbers add up to?"
        )
    falling, rising = (_strongest(kernel, images) for images in _diagonal_edges())
    along_falling, along_rising = f"{falling * largest:g}", f"{rising * largest:g}"
    if rising > falling * (1 + 1e-6):
        wrong(
            f"edges along / get up to {along_rising}, edges along \\ up to {along_falling}: "
            "yours responds to the other diagonal. Flip it."
        )
    if falling < 1e-6 * size:
        wrong("no diagonal edge gets a response. Which of the nine positions lie above \\, which below?")
    if rising > falling * (1 - 1e-6):
        wrong(
            f"both diagonals get the same response, {along_falling}, as they do from kernels for vertical, for "
            "horizontal and for all edges. Which positions of the window distinguish \\ from /?"
        )
    if rising > WEAK * falling * (1 + 1e-6):
        wrong(
            f"edges along \\ get up to {along_falling}, edges along / up to {along_rising}. At most half as much is "
            "asked: what should differ between the two sides of the diagonal?"
        )
    return f"Edges along \\ get up to {along_falling}, edges along / up to {along_rising}, flat areas 0."


def _diagonal_edges() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Images 9×9 in two halves, black and white, the border along \\ in the first list and along / in the second."""
    row, column = np.indices((9, 9))
    falling = [(column - row > shift).astype(float) for shift in (-2, -1, 0, 1)]
    return falling, [image[:, ::-1] for image in falling]


def _strongest(kernel: np.ndarray, images: Sequence[np.ndarray]) -> float:
    return max(float(np.abs(shifted_sums(image, kernel)).max()) for image in images)


# What exercise 1.6 predicts: the layer in words, its output, what the usual mistakes give, advice for all others.
LAYERS = [
    (
        "Conv2D(16, 5)",
        (28, 28, 16),
        {
            (32, 32, 16): "that is the size with padding; Conv2D pads only when told padding='same'.",
            (28, 28, 3): "the last number is not the image's channels any more: each filter gives one feature map.",
            (28, 28, 48): "a filter adds its three kernels up, so each filter gives one map, not three.",
            (27, 27, 16): "one position is missing: the size formula ends in + 1.",
            (16, 28, 28): "Keras puts the channels last.",
        },
        "the size formula with k = 5 gives rows and columns; the last number is how many filters there are.",
    ),
    (
        "MaxPooling2D(2)",
        (14, 14, 16),
        {
            (14, 14, 8): "pooling shrinks rows and columns; each map is pooled by itself, so their number stays.",
            (27, 27, 16): "pooling windows move by their own size unless told otherwise, not by 1.",
            (28, 28, 16): "the windows move by 2, so fewer numbers come out than went in.",
        },
        "how many 2×2 windows fit side by side? Pooling keeps the channels.",
    ),
    (
        "Conv2D(32, 3, strides=2, padding='same')",
        (7, 7, 32),
        {
            (14, 14, 32): "'same' keeps the size at stride 1 only; this one moves by 2.",
            (6, 6, 32): "that is the size without padding; this layer has padding='same'.",
            (12, 12, 32): "that is stride 1 without padding; this layer has stride 2 and padding='same'.",
            (7, 7, 16): "how many filters has this layer?",
        },
        "with 'same', rows and columns are ⌈n / s⌉; the last number is how many filters there are.",
    ),
    (
        "Conv2D(8, 3)",
        (5, 5, 8),
        {
            (7, 7, 8): "without padding='same' the map shrinks.",
            (5, 5, 32): "how many filters has this layer? There may be fewer than before.",
            (4, 4, 8): "one position is missing: the size formula ends in + 1.",
        },
        "the size formula with k = 3 gives rows and columns; the last number is how many filters there are.",
    ),
    (
        "Flatten()",
        (200,),
        {
            (25,): "that is one feature map; all 8 go into the row.",
            (5, 5, 8): "Flatten lays all numbers out in one row.",
            (1, 200): "that counts the image too; give the shape for one image, without it.",
        },
        "multiply the three numbers of the shape before it.",
    ),
]


@exercise("1.6")
def exercise_1_6(predicted_shapes: Any) -> str:
    """Five output shapes in order; a leading None for the batch is fine."""
    if isinstance(predicted_shapes, dict):
        predicted_shapes = list(predicted_shapes.values())
    if isinstance(predicted_shapes, np.ndarray):
        predicted_shapes = predicted_shapes.tolist()
    if not isinstance(predicted_shapes, (list, tuple)):
        wrong(f"a list of five shapes is asked, this is {describe(predicted_shapes)}.")
    if len(predicted_shapes) != len(LAYERS):
        wrong(f"a list of five shapes is asked, yours holds {len(predicted_shapes)}.")
    for index, (answer, (layer, expected, mistakes, advice)) in enumerate(zip(predicted_shapes, LAYERS), start=1):
        got = _shape(answer, f"shape {index}")
        if got == expected:
            continue
        right = f"{index - 1} right so far. " if index > 1 else ""
        said = got if len(str(got)) < 80 else describe(answer)
        where = f"{right}Shape {index}, {layer}: you say {said}; "
        if got in mistakes:
            wrong(where + mistakes[got])
        if len(got) != len(expected):
            wrong(where + f"{len(expected)} number{'s are' if len(expected) > 1 else ' is'} asked, without the batch.")
        wrong(where + advice)
    return "Flatten has 200 numbers to pass on; the image had 3,072."


def _shape(answer: Any, what: str) -> tuple[int, ...]:
    """A shape from whatever holds its numbers; a leading None stands for the batch and goes."""
    sides = answer.tolist() if isinstance(answer, np.ndarray) else answer
    sides = list(sides) if isinstance(sides, (list, tuple)) else [sides]
    if len(sides) > 1 and sides[0] is None:
        sides = sides[1:]
    if any(side is None or side is Ellipsis for side in sides):
        raise NotFilledIn
    return tuple(whole(side, f"each number of {what}") for side in numbers(sides, what).ravel())
