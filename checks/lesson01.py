"""Checks of lesson 01: output size, convolution with a stride, a diagonal kernel, max pooling, five shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from checks.grading import NotFilledIn, by_rules, close, describe, exercise, number, numbers, seeded, whole, wrong

# At most this share of the response to the wanted edge may be the response to the other diagonal.
WEAK = 0.5


@exercise("1.1")
def exercise_1_1(positions_along: Callable) -> str:
    """``positions_along(size, kernel_size, stride, padding)`` gives how many positions a window has along one side."""
    generator = seeded("1.1")
    cases = [(32, 3, 1, 0), (32, 5, 2, 2), (7, 3, 2, 0), (5, 5, 1, 0), (224, 7, 2, 3), (10, 3, 3, 1)]
    for _ in range(20):
        kernel_size, stride, padding = (int(generator.integers(low, 6)) for low in (1, 1, 0))
        cases.append((int(generator.integers(kernel_size, 60)), kernel_size, stride, padding))
    by_rules(
        positions_along,
        cases,
        lambda n, k, s, p: sum(1 for _ in range(0, n + 2 * p - k + 1, s)),
        _size_mistakes,
        "size {0}, kernel size {1}, stride {2}, padding {3}",
        "Mark the first pixel of each window on paper and count the marks.",
        _no_rest,
    )
    return f"It agrees with counting the positions in {len(cases)} cases."


def _no_rest(answer: Any, said: str, n: int, k: int, s: int, p: int) -> None:
    exact = (n + 2 * p - k) / s + 1
    if exact != int(exact) and close(number(answer, f"the output size for {said}"), exact):
        wrong("you count positions, so the division must drop its rest. Which operator of Python divides without one?")


def _size_mistakes(n: int, k: int, s: int, p: int) -> dict[str, int]:
    free = n + 2 * p - k
    return {
        "one position is missing every time. A window as large as the image has one position: what to add?": free // s,
        "padding lies on both ends of a row; you count it once. What if it is there twice?": (n + p - k) // s + 1,
        "the padding is not in your answer. How wide is the image once the zeros are around it?": (n - k) // s + 1,
        "the stride is not in your answer. What does a window that moves 2 pixels at a time do to the count?": free + 1,
        "you round up. A last step that would leave the image is not taken.": -(-free // s) + 1,
        "the + 1 stands inside the division. The first position costs no step: add it after dividing.": (free + 1) // s,
    }


@exercise("1.2")
def exercise_1_2(convolve_with_stride: Callable) -> str:
    """``convolve_with_stride(image, kernel, stride)``, (rows, columns) and (k, k), gives the map without padding."""
    generator = seeded("1.2")
    cases = []
    for stride, size in [(1, 3), (2, 3), (3, 2), (2, 5), (4, 1), (1, 4)]:
        image = generator.normal(size=generator.integers(size + stride, 16, size=2))
        cases.append((image, generator.normal(size=(size, size)), stride))

    def words(image, kernel, stride):
        return f"an image of shape {image.shape}, a kernel of shape {kernel.shape} and stride {stride}"

    by_rules(convolve_with_stride, cases, _convolved, _convolution_mistakes, words, _advise_on_stride, _explain_shape)
    return "It agrees with another way of computing it on six random images."


def _convolved(image: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    return _shifted_sums(image, kernel)[::stride, ::stride]


def _convolution_mistakes(image: np.ndarray, kernel: np.ndarray, stride: int) -> dict[str, np.ndarray]:
    rows, columns = _convolved(image, kernel, stride).shape
    return {
        "you add up each window without its kernel. Multiply number by number first.": (
            _convolved(image, np.ones_like(kernel), stride)
        ),
        "you flip the kernel before laying it on. Deep learning uses it as it is.": (
            _convolved(image, kernel[::-1, ::-1], stride)
        ),
        "rows and columns of the kernel are swapped. Is a T (transpose) too many?": _convolved(image, kernel.T, stride),
        "you average the products; a convolution adds them.": _convolved(image, kernel / kernel.size, stride),
        "your windows lie next to each other: position i of the result looks at row i × stride.": (
            _shifted_sums(image, kernel)[:rows, :columns]
        ),
    }


def _advise_on_stride(_, image: np.ndarray, kernel: np.ndarray, stride: int) -> str:
    if stride == 1:
        return "Compare `convolve_with_stride(image, kernel, 1)` with the nine numbers of section 2."
    return f"At stride 1 it is right: take positions 0, {stride}, {2 * stride}, … of that along both sides."


def _shifted_sums(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The same sum in another order: one shifted copy of the whole image for each number of the kernel."""
    rows, columns = np.subtract(image.shape, kernel.shape) + 1
    result = np.zeros((rows, columns))
    for (down, right), weight in np.ndenumerate(kernel):
        result += weight * image[down : down + rows, right : right + columns]
    return result


def _explain_shape(answer: Any, given: str, image: np.ndarray, kernel: np.ndarray, stride: int) -> None:
    got = numbers(answer, f"the result for {given}").shape
    expected, unstrided = _convolved(image, kernel, stride).shape, _shifted_sums(image, kernel).shape
    if got == expected:
        return
    if got == unstrided:
        wrong(f"for {given} you return shape {got}: that is the answer for stride 1. Where does the stride come in?")
    if got == image.shape:
        wrong(f"for {given} you return a result as large as the image. Without padding, it is smaller.")
    if got == expected[::-1]:
        wrong(f"for {given} you return shape {got}: rows and columns are swapped.")
    if got in [(expected[0], unstrided[1]), (unstrided[0], expected[1])]:
        wrong(f"for {given} you return shape {got}: the stride acts along one side only, and it acts along both.")
    if got in [(expected[0] + 1, expected[1] + 1), (expected[0] - 1, expected[1] - 1)]:
        wrong(f"for {given} you return shape {got}: one off along each side. Does the last window end at the border?")
    wrong(f"for {given} you return shape {got}. What does the size formula of this section say for each side?")


@exercise("1.3")
def exercise_1_3(kernel: Any) -> str:
    """A 3×3 kernel by its behaviour: edges along \\ give a strong response, flat areas none, along / a weak one."""
    kernel = numbers(kernel, "the kernel", shape=(3, 3))
    if not kernel.any():
        wrong("a kernel of zeros responds to nothing. What should differ between the two sides of the diagonal?")
    size = np.abs(kernel).sum()
    if abs(kernel.sum()) > 1e-6 * size:
        wrong(
            f"its numbers add up to {kernel.sum():g}, so a flat bright area has a response too. "
            "An edge kernel must give 0 there: what must its numbers add up to?"
        )
    falling, rising = (_strongest(kernel, images) for images in _diagonal_edges())
    if rising > falling * (1 + 1e-6):
        wrong(
            f"edges along / get up to {rising:g}, edges along \\ up to {falling:g}: "
            "yours responds to the other diagonal. Flip it."
        )
    if falling < 1e-6 * size:
        wrong("no diagonal edge gets a response. Which of the nine positions lie above \\, which below?")
    if rising > falling * (1 - 1e-6):
        wrong(
            f"both diagonals get the same response, {falling:g}. Kernels for vertical or horizontal edges do that. "
            "Which positions of the window distinguish \\ from /?"
        )
    if rising > WEAK * falling:
        wrong(
            f"edges along \\ get up to {falling:g}, edges along / up to {rising:g}. At most half as much is asked: "
            "what should differ between the two sides of the diagonal?"
        )
    return f"Edges along \\ get up to {falling:g}, edges along / up to {rising:g}, flat areas 0."


def _diagonal_edges() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Images 9×9 in two halves, black and white, the border along \\ in the first list and along / in the second."""
    row, column = np.indices((9, 9))
    falling = [(column - row > shift).astype(float) for shift in (-2, -1, 0, 1)]
    return falling, [image[:, ::-1] for image in falling]


def _strongest(kernel: np.ndarray, images: Sequence[np.ndarray]) -> float:
    return max(float(np.abs(_shifted_sums(image, kernel)).max()) for image in images)


@exercise("1.5")
def exercise_1_5(max_pool: Callable) -> str:
    """``max_pool(image, size)`` gives the largest number of each whole window of size × size; negative maps too."""
    generator = seeded("1.5")
    cases = []
    for index, (rows, columns, size, left_over) in enumerate(
        [(2, 3, 2, (1, 1)), (3, 2, 3, (0, 0)), (4, 1, 2, (1, 0)), (2, 5, 3, (1, 2))]
    ):
        image = generator.normal(size=(rows * size + left_over[0], columns * size + left_over[1]))
        if index == 0:
            # One window has its number farthest from 0 above it, one below: a maximum of both signs shows itself.
            image[0, 0], image[0, size] = 9, -9
        else:
            image -= 1.5
        cases.append((image, size))
    by_rules(
        max_pool,
        cases,
        lambda image, size: _of_windows(image, size, lambda window: sorted(window)[-1]),
        _pooling_mistakes,
        lambda image, size: f"a map of shape {image.shape} and size {size}",
        "Try `max_pool(np.array([[-2.5, -0.5], [-4, -1]]), 2)`: which number should come out?",
        _explain_pooled_shape,
    )
    return "It agrees on four random maps, negative ones and incomplete windows included."


def _of_windows(image: np.ndarray, size: int, reduce: Callable) -> np.ndarray:
    """One number of each whole window, from the list of its numbers."""
    rows, columns = image.shape[0] // size, image.shape[1] // size
    result = np.empty((rows, columns))
    for row, column in np.ndindex(rows, columns):
        window = image[row * size : (row + 1) * size, column * size : (column + 1) * size]
        result[row, column] = reduce(window.ravel().tolist())
    return result


def _pooling_mistakes(image: np.ndarray, size: int) -> dict[str, np.ndarray]:
    right = _of_windows(image, size, max)
    rows, columns = right.shape
    overlapping = [[image[r : r + size, c : c + size].max() for c in range(columns)] for r in range(rows)]
    return {
        "these are the averages of the windows. Take the largest number of each.": _of_windows(image, size, np.mean),
        "these are the smallest numbers of the windows. Take the largest.": _of_windows(image, size, min),
        "these are the sums of the windows. Take the largest number of each.": _of_windows(image, size, sum),
        "you return one number of each window without looking at the others.": image[::size, ::size][:rows, :columns],
        "zeros come out where a window is all negative. Start from the first number, not from 0.": np.maximum(right, 0),
        "you take the largest absolute value. −5 is smaller than −2.": (
            _of_windows(image, size, lambda window: max(map(abs, window)))
        ),
        "you take the number farthest from 0, whatever its sign. −5 is smaller than −2.": (
            _of_windows(image, size, lambda window: max(window, key=abs))
        ),
        "your windows overlap: they move by 1 pixel. They should move by their own size.": np.array(overlapping),
    }


def _explain_pooled_shape(answer: Any, given: str, image: np.ndarray, size: int) -> None:
    got, expected = numbers(answer, f"the result for {given}").shape, tuple(side // size for side in image.shape)
    if got == expected:
        return
    if got == tuple(-(-side // size) for side in image.shape):
        wrong(f"for {given} you return shape {got}: windows that are not full are left out, as in Keras.")
    if got == tuple(side - size + 1 for side in image.shape):
        wrong(f"for {given} you return shape {got}: your windows move by 1 pixel. They should move by their own size.")
    if got == expected[::-1]:
        wrong(f"for {given} you return shape {got}: rows and columns are swapped.")
    if got == ():
        wrong(f"for {given} you return one number: the maximum of the whole map. One for each window is asked.")
    wrong(f"for {given} you return shape {got}. How many whole windows fit along each side?")


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
    if not isinstance(predicted_shapes, (list, tuple, np.ndarray)):
        wrong(f"a list of five shapes is asked, this is {describe(predicted_shapes)}.")
    if len(predicted_shapes) != len(LAYERS):
        wrong(f"a list of five shapes is asked, yours holds {len(predicted_shapes)}.")
    for index, (answer, (layer, expected, mistakes, advice)) in enumerate(zip(predicted_shapes, LAYERS), start=1):
        got = _shape(answer, f"shape {index}")
        if got == expected:
            continue
        right = f"{index - 1} right so far. " if index > 1 else ""
        where = f"{right}Shape {index}, {layer}: you say {got}; "
        if got in mistakes:
            wrong(where + mistakes[got])
        if len(got) != len(expected):
            wrong(where + f"{len(expected)} number{'s are' if len(expected) > 1 else ' is'} asked, without the batch.")
        wrong(where + advice)
    return "Flatten has 200 numbers to pass on; the image had 3,072."


def _shape(answer: Any, what: str) -> tuple[int, ...]:
    if answer is None or answer is Ellipsis:
        raise NotFilledIn
    if isinstance(answer, (list, tuple)) and len(answer) > 1 and answer[0] is None:
        answer = answer[1:]
    if isinstance(answer, (list, tuple)) and any(side is None or side is Ellipsis for side in answer):
        raise NotFilledIn
    return tuple(whole(side, what) for side in np.atleast_1d(numbers(answer, what)).ravel())
