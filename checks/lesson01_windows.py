"""Checks of lesson 01, exercises 1.2 and 1.3: a convolution with a stride, and max pooling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from checks.grading import by_rules, exercise, seeded

# Sides of the kernel, stride and shape of the image. No image is square, some windows leave a rest. The first one is
# the smallest that shows anything, so whatever is wrong with it comes before what is wrong with the stride.
CONVOLUTIONS = [
    (3, 1, (5, 7)),
    (3, 2, (8, 11)),
    (2, 3, (12, 7)),
    (5, 2, (13, 9)),
    (1, 4, (9, 6)),
    (4, 1, (7, 12)),
]


@exercise("1.2")
def exercise_1_2(convolve_with_stride: Callable) -> str:
    """``convolve_with_stride(image, kernel, stride)``, (rows, columns) and (k, k), gives the map without padding."""
    generator = seeded("1.2")
    cases = [
        (generator.normal(size=shape), generator.normal(size=(size, size)), stride)
        for size, stride, shape in CONVOLUTIONS
    ]
    by_rules(
        convolve_with_stride,
        cases,
        reference_convolve,
        _convolution_mistakes,
        lambda image, kernel, stride: (
            f"an image of shape {image.shape}, a kernel of shape {kernel.shape} and stride {stride}"
        ),
        _advise_on_stride,
        shapes=_convolution_shapes,
    )
    return f"It agrees with another way of computing it on {len(cases)} random images."


def shifted_sums(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The same sum in another order: one shifted copy of the whole image for each number of the kernel."""
    rows, columns = np.subtract(image.shape, kernel.shape) + 1
    result = np.zeros((rows, columns))
    for (down, right), weight in np.ndenumerate(kernel):
        result += weight * image[down : down + rows, right : right + columns]
    return result


def reference_convolve(image: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """What ``convolve_with_stride`` should give; the lesson goes on with it where an own function is missing."""
    return shifted_sums(image, kernel)[::stride, ::stride]


def _convolution_mistakes(image: np.ndarray, kernel: np.ndarray, stride: int) -> dict[str, np.ndarray]:
    def with_kernel(other: np.ndarray) -> np.ndarray:
        return reference_convolve(image, other, stride)

    size, right, unstrided = len(kernel), with_kernel(kernel), shifted_sums(image, kernel)
    rows, columns = right.shape
    padded = np.pad(image, ((size - 1) // 2, size // 2))
    return {
        "you add up each window without its kernel. Multiply number by number first.": with_kernel(
            np.ones_like(kernel)
        ),
        "you flip the kernel before laying it on. Deep learning uses it as it is.": with_kernel(kernel[::-1, ::-1]),
        "your kernel lies upside down: its first row belongs to the first row of the window.": with_kernel(
            kernel[::-1]
        ),
        "your kernel is flipped from left to right: its first column belongs to the first column of the window.": (
            with_kernel(kernel[:, ::-1])
        ),
        "rows and columns of the kernel are swapped. Is a T (transpose) too many?": with_kernel(kernel.T),
        "you average the products; a convolution adds them.": with_kernel(kernel / kernel.size),
        "you divide by the sum of the kernel. A convolution adds up the products and leaves it at that.": with_kernel(
            kernel / kernel.sum()
        ),
        "you multiply window and kernel as matrices (@). Multiply number by number (*), then add up.": with_kernel(
            np.tile(kernel.sum(axis=1), (size, 1))
        ),
        "your windows lie next to each other: position i of the result looks at row i × stride.": (
            unstrided[:rows, :columns]
        ),
        "this is the answer for stride 1. Where does the stride come in?": unstrided,
        "the stride acts on the rows only. It acts along both sides.": unstrided[::stride],
        "the stride acts on the columns only. It acts along both sides.": unstrided[:, ::stride],
        "your windows move by the size of the kernel. They should move by the stride.": unstrided[::size, ::size],
        "you pad the image with zeros. This convolution has no padding, so its result is smaller than the image.": (
            shifted_sums(padded, kernel)[::stride, ::stride]
        ),
        "the last row and the last column of your result are missing.": right[:-1, :-1],
        "the window that ends exactly at the border is missing. How many positions has a window as large as the "
        "image?": unstrided[:-1, :-1][::stride, ::stride],
        "your result holds no negative number. A convolution keeps the sign; ReLU comes later.": np.maximum(right, 0),
        "your result holds absolute values. A convolution keeps the sign.": np.abs(right),
    }


def _convolution_shapes(image: np.ndarray, kernel: np.ndarray, stride: int) -> dict[str, tuple[int, ...]]:
    rows, columns = reference_convolve(image, kernel, stride).shape
    all_rows, all_columns = shifted_sums(image, kernel).shape
    told = "for {case} you return {value}: "
    return {
        told + "that is the shape for stride 1. Where does the stride come in?": (all_rows, all_columns),
        told + "as large as the image. Without padding, the result is smaller.": image.shape,
        told + "rows and columns are swapped.": (columns, rows),
        told + "the stride acts on the rows only, and it acts along both sides.": (rows, all_columns),
        told + "the stride acts on the columns only, and it acts along both sides.": (all_rows, columns),
        told + "one too many along each side. Does the last window end at the border?": (rows + 1, columns + 1),
        told + "one too few along each side. Does the last window end at the border?": (rows - 1, columns - 1),
        told + "the rows of the image decide both sides. Its columns decide the second.": (rows, rows),
        told + "the columns of the image decide both sides. Its rows decide the first.": (columns, columns),
        told + "one number. The map has one for each position of the window.": (),
        told + "all numbers stand in one row. Give the map its rows and columns.": (rows * columns,),
    }


def _advise_on_stride(_, image: np.ndarray, kernel: np.ndarray, stride: int) -> str:
    if stride == 1:
        return "Compare `convolve_with_stride(image, kernel, 1)` with the nine numbers of section 3."
    return f"Take the map for stride 1, and of that positions 0, {stride}, {2 * stride}, … along both sides."


# Windows along rows and columns, their size, and the rows and columns that are left over.
POOLINGS = [(2, 3, 2, (1, 1)), (3, 2, 3, (0, 0)), (4, 1, 2, (1, 0)), (2, 5, 3, (1, 2))]


@exercise("1.3")
def exercise_1_3(max_pool: Callable) -> str:
    """``max_pool(image, size)`` gives the largest number of each whole window of size × size; negative maps too."""
    generator = seeded("1.3")
    cases = []
    for rows, columns, size, (below, beside) in POOLINGS:
        cases.append((generator.normal(-1.5, 1.0, (rows * size + below, columns * size + beside)), size))
    # One window has its number farthest from 0 above it, one below: a maximum of both signs shows itself.
    cases[0][0][0, 0], cases[0][0][0, 2] = 9.5, -9.5
    by_rules(
        max_pool,
        cases,
        lambda image, size: _of_windows(image, size, lambda window: sorted(window)[-1]),
        _pooling_mistakes,
        lambda image, size: f"a map of shape {image.shape} and size {size}",
        "Try `max_pool(np.array([[-2.5, -0.5], [-4, -1]]), 2)`: which number should come out?",
        shapes=_pooling_shapes,
    )
    return f"It agrees on {len(cases)} random maps, negative numbers and incomplete windows included."


def _of_windows(image: np.ndarray, size: int, reduce: Callable, step: int = 0) -> np.ndarray:
    """One number of each whole window, from the list of its numbers; windows move by their size or by ``step``."""
    step = step or size
    starts = [range(0, side - size + 1, step) for side in image.shape]
    return np.array(
        [[reduce(image[r : r + size, c : c + size].ravel().tolist()) for c in starts[1]] for r in starts[0]]
    )


def _pooling_mistakes(image: np.ndarray, size: int) -> dict[str, np.ndarray]:
    right, overlapping = _of_windows(image, size, max), _of_windows(image, size, max, step=1)
    rows, columns = right.shape
    full = np.pad(image, [(0, -side % size) for side in image.shape], constant_values=-np.inf)
    return {
        "these are the averages of the windows. Take the largest number of each.": _of_windows(image, size, np.mean),
        "these are the smallest numbers of the windows. Take the largest.": _of_windows(image, size, min),
        "these are the sums of the windows. Take the largest number of each.": _of_windows(image, size, sum),
        "these are the medians of the windows. Take the largest number of each.": _of_windows(image, size, np.median),
        "these are the positions of the largest numbers (argmax). Return the numbers themselves.": (
            _of_windows(image, size, np.argmax)
        ),
        "you return one number of each window without looking at the others.": image[::size, ::size][:rows, :columns],
        "zeros come out where a window is all negative. Start from the first number, not from 0.": np.maximum(right, 0),
        "you take the largest absolute value. −5 is smaller than −2.": (
            _of_windows(image, size, lambda window: max(map(abs, window)))
        ),
        "you take the number farthest from 0, whatever its sign. −5 is smaller than −2.": (
            _of_windows(image, size, lambda window: max(window, key=abs))
        ),
        "your windows overlap: they move by 1 pixel. They should move by their own size.": overlapping,
        "the shape is right, but your windows overlap: window i begins at row i × size.": overlapping[:rows, :columns],
        "you take windows of 2×2 every time. How large they are is the argument size.": _of_windows(image, 2, max),
        "windows that are not full are in your result. They are left out, as in Keras.": _of_windows(full, size, max),
        "you return one number, the maximum of the whole map. One for each window is asked.": image.max(),
    }


def _pooling_shapes(image: np.ndarray, size: int) -> dict[str, tuple[int, ...]]:
    rows, columns = (side // size for side in image.shape)
    told = "for {case} you return {value}: "
    return {
        told + "windows that are not full are left out, as in Keras.": tuple(-(-side // size) for side in image.shape),
        told + "your windows move by 1 pixel. They should move by their own size.": (
            tuple(side - size + 1 for side in image.shape)
        ),
        told + "rows and columns are swapped.": (columns, rows),
        told + "as large as the map. Each window gives one number only.": image.shape,
        told + "only the columns become fewer. A window has rows and columns.": (image.shape[0], columns),
        told + "only the rows become fewer. A window has rows and columns.": (rows, image.shape[1]),
        told + "the rows of the map decide both sides. Its columns decide the second.": (rows, rows),
        told + "one number. One for each window is asked.": (),
        told + "all numbers stand in one row. Give the result its rows and columns.": (rows * columns,),
    }
