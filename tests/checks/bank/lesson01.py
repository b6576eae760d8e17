"""Answers to the exercises of lesson 01, written from their cards."""

import math

import keras
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import convolve2d, correlate2d


def by_stepping(size, kernel_size, stride, padding):
    first, count = 0, 0
    while first + kernel_size <= size + 2 * padding:
        first, count = first + stride, count + 1
    return count


def by_keras(size, kernel_size, stride, padding):
    image = np.zeros((1, size + 2 * padding, 1), "float32")
    return keras.ops.conv(image, np.zeros((kernel_size, 1, 1), "float32"), strides=stride).shape[1]


def by_views(image, kernel, stride):
    return (sliding_window_view(image, kernel.shape) * kernel).sum((2, 3))[::stride, ::stride]


def by_keras_convolution(image, kernel, stride):
    result = keras.ops.conv(
        np.float32(image)[None, ..., None], np.float32(kernel)[..., None, None], strides=stride, padding="valid"
    )
    return result[0, ..., 0]


def by_lists(image, kernel, stride):
    image, kernel = image.tolist(), kernel.tolist()
    size = len(kernel)
    return [
        [
            sum(image[top + i][left + j] * kernel[i][j] for i in range(size) for j in range(size))
            for left in range(0, len(image[0]) - size + 1, stride)
        ]
        for top in range(0, len(image) - size + 1, stride)
    ]


def by_products_of_matrices(image, kernel, stride):
    windows = sliding_window_view(image, kernel.shape)[::stride, ::stride]
    return windows.reshape(*windows.shape[:2], -1) @ kernel.ravel()


def convolved(image, kernel, stride, change=lambda window, kernel: np.sum(window * kernel), rows=None, columns=None):
    size = len(kernel)
    rows = (image.shape[0] - size) // stride + 1 if rows is None else rows(image)
    columns = (image.shape[1] - size) // stride + 1 if columns is None else columns(image)
    result = np.zeros((rows, columns))
    for i, j in np.ndindex(rows, columns):
        result[i, j] = change(image[i * stride : i * stride + size, j * stride : j * stride + size], kernel)
    return result


def whole_numbers(image, kernel, stride):
    return convolved(image, kernel, stride).astype(int)


def neighbouring_windows(image, kernel, stride):
    every = correlate2d(image, kernel, "valid")
    rows, columns = every[::stride, ::stride].shape
    return every[:rows, :columns]


def square_of_the_rows(image, kernel, stride):
    every = by_views(image, kernel, stride)
    side = min(every.shape)
    return every[:side, :side]


def padded_first(image, kernel, stride):
    return by_views(np.pad(image, len(kernel) // 2), kernel, stride)


def pooled_by_views(image, size):
    return sliding_window_view(image, (size, size))[::size, ::size].max((2, 3))


def pooled_by_reshape(image, size):
    rows, columns = image.shape[0] // size, image.shape[1] // size
    return image[: rows * size, : columns * size].reshape(rows, size, columns, size).max(axis=(1, 3))


def pooled_by_keras(image, size):
    return keras.ops.max_pool(np.float32(image)[None, ..., None], size)[0, ..., 0]


def pooled_by_lists(image, size):
    return [
        [
            max(image[i + a][j + b] for a in range(size) for b in range(size))
            for j in range(0, len(image[0]) - size + 1, size)
        ]
        for i in range(0, len(image) - size + 1, size)
    ]


def pooled_from_zero(image, size):
    return np.maximum(pooled_by_views(image, size), 0)


def overlapping(image, size):
    return sliding_window_view(image, (size, size)).max((2, 3))


def filled_up(image, size):
    rows, columns = (-(-side // size) * size for side in image.shape)
    filled = np.full((rows, columns), -np.inf)
    filled[: image.shape[0], : image.shape[1]] = image
    return pooled_by_reshape(filled, size)


def along_rows_only(image, size):
    rows = image.shape[0] // size
    return image[: rows * size].reshape(rows, size, -1).max(axis=1)


def by_absolute_value(image, size):
    return pooled_by_views(np.abs(image), size)


SHAPES = [(28, 28, 16), (14, 14, 16), (7, 7, 32), (5, 5, 8), (200,)]


def shapes(**changes):
    return [changes.get(f"at{index}", shape) for index, shape in enumerate(SHAPES)]


RIGHT = {
    "1.1": [
        ("steps", by_stepping),
        ("ceil", lambda n, k, s, p: math.ceil((n + 2 * p - k + 1) / s)),
        (
            "int of a fraction",
            lambda size, kernel_size, stride, padding: int((size + 2 * padding - kernel_size) / stride) + 1,
        ),
        ("floor", lambda n, k, s, p: np.floor((n + 2 * p - k) / s) + 1),
        ("Keras", by_keras),
    ],
    "1.2": [
        ("views", by_views),
        ("Keras", by_keras_convolution),
        ("lists", by_lists),
        ("a product of matrices", by_products_of_matrices),
        ("flipped twice", lambda i, k, s: convolve2d(i, k[::-1, ::-1], "valid")[::s, ::s]),
    ],
    "1.4": [
        ("three values", [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]]),
        ("negative", -np.array([[0, 1, 1], [-1, 0, 1], [-1, -1, 0]])),
        ("small", np.array([[0, 1, 0], [-1, 0, 1], [0, -1, 0]]) / 100),
        ("uneven", [[0, 2, 1], [-2, 0, 3], [-1, -3, 0]]),
        ("a tuple", ((0, 3, 3), (-3, 0, 3), (-3, -3, 0))),
    ],
    "1.3": [
        ("views", pooled_by_views),
        ("reshape", pooled_by_reshape),
        ("Keras", pooled_by_keras),
        ("lists", pooled_by_lists),
    ],
    "1.6": [
        ("tuples", SHAPES),
        ("lists", [list(shape) for shape in SHAPES]),
        ("a tuple", tuple(SHAPES)),
        ("arrays", [np.array(shape) for shape in SHAPES]),
        ("200 alone", [*SHAPES[:4], 200]),
        ("with an axis for the images, as Keras shows it", [(None, *shape) for shape in SHAPES]),
    ],
}
WRONG = {
    "1.1": [
        ("rounds up", "round", lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1),
        ("no + 1", r"missing|\+ 1|first", lambda n, k, s, p: (n + 2 * p - k) // s),
        ("padding once", "padding", lambda n, k, s, p: (n + p - k) // s + 1),
        ("no padding", "padding", lambda n, k, s, p: (n - k) // s + 1),
        ("no stride", "stride", lambda n, k, s, p: n + 2 * p - k + 1),
        ("a fraction", "rest|whole", lambda n, k, s, p: (n + 2 * p - k) / s + 1),
        ("size / stride", "same|kernel", lambda n, k, s, p: -(-n // s)),
        (
            "stride and padding swapped",
            "stride|padding|order",
            lambda n, k, padding, stride: (n + 2 * padding - k) // max(stride, 1) + 1,
        ),
        ("rounded", "round|rest", lambda n, k, s, p: round((n + 2 * p - k) / s) + 1),
        ("kernel twice", "", lambda n, k, s, p: (n + 2 * p - 2 * k) // s + 1),
    ],
    "1.2": [
        ("flipped kernel", "flip", lambda i, k, s: by_views(i, k[::-1, ::-1], s)),
        ("no stride", "stride", lambda i, k, s: by_views(i, k, 1)),
        ("mean", "average|mean", lambda i, k, s: by_views(i, k, s) / k.size),
        ("no kernel", "kernel", lambda i, k, s: by_views(i, np.ones_like(k), s)),
        ("transposed kernel", "swapped|transpose", lambda i, k, s: by_views(i, k.T, s)),
        ("transposed result", "swapped|transpose", lambda i, k, s: by_views(i, k, s).T),
        ("windows side by side", "stride|next", neighbouring_windows),
        ("padded", "large|padding|larger|shape", padded_first),
        ("square only", "square|shape|columns|side", square_of_the_rows),
        ("whole numbers", "fractions|whole", whole_numbers),
        ("rounded", "rounded", lambda i, k, s: by_views(i, k, s).round(1)),
        ("stride along rows alone", "one side|both", lambda i, k, s: by_views(i, k, 1)[::s]),
        (
            "maximum",
            "",
            lambda i, k, s: convolved(i, k, s, lambda window, kernel: (window * kernel).max()),
        ),
        ("ReLU", "negative", lambda i, k, s: np.maximum(by_views(i, k, s), 0)),
    ],
    "1.4": [
        ("vertical", "", [[1, 0, -1], [1, 0, -1], [1, 0, -1]]),
        ("the other diagonal", "other diagonal|flip", [[1, 1, 0], [1, 0, -1], [0, -1, -1]]),
        ("not zero on flat areas", "flat|add up", [[0, 1, 1], [-1, 1, 1], [-1, -1, 0]]),
        ("zeros", "zeros", np.zeros((3, 3))),
        ("5 x 5", r"shape \(3, 3\)", np.eye(5) - 0.2),
        ("identity", "flat|add up", np.eye(3)),
        ("a row", "shape", [0, 1, 1, -1, 0, 1, -1, -1, 0]),
        ("texts", "text", [["0", "1", "1"], ["-1", "0", "1"], ["-1", "-1", "0"]]),
        ("Laplace", "both|same|as strong|other", [[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    ],
    "1.3": [
        ("mean", "mean|average", lambda i, size: convolved(i, np.ones((size, size)), size, lambda w, k: w.mean())),
        ("minimum", "smallest|minimum", lambda i, size: -pooled_by_views(-i, size)),
        ("starts at 0", "negative|0", pooled_from_zero),
        ("overlapping", "overlap|stride|step", overlapping),
        ("filled up", "left out|fill|border|incomplete|rest", filled_up),
        ("along rows alone", "columns|both|one side|along", along_rows_only),
        ("absolute values", "absolute|sign|negative", by_absolute_value),
        (
            "first of each window",
            "first|corner|without looking",
            lambda i, size: i[::size, ::size][: i.shape[0] // size, : i.shape[1] // size],
        ),
        ("sum", "sum", lambda i, size: convolved(i, np.ones((size, size)), size, lambda w, k: w.sum())),
        ("whole numbers", "fractions|whole", lambda i, size: pooled_by_views(i, size).astype(int)),
        ("transposed", "swapped|transpose", lambda i, size: pooled_by_views(i, size).T),
        ("largest of all", "one number|all|shape", lambda i, size: i.max()),
    ],
    "1.6": [
        ("channels times filters", "channel|48", shapes(at0=(28, 28, 48))),
        ("same", "padding|32|valid|four", shapes(at0=(32, 32, 16))),
        ("pooling takes filters", "pooling|keeps|16", shapes(at1=(14, 14, 8))),
        ("stride with valid", "same|7|6", shapes(at2=(6, 6, 32))),
        ("3 x 3 takes one", "two|2|6|window|valid", shapes(at3=(6, 6, 8))),
        ("Flatten keeps rows", "row|Flatten|200|one", shapes(at4=(5, 5, 8))),
        ("no channels", "", [shape[:2] for shape in SHAPES]),
        ("channels first", "channel|last|first", [shape[::-1] if len(shape) == 3 else shape for shape in SHAPES]),
        ("four shapes", "five|4", SHAPES[:4]),
        ("25 numbers", "200|filter|channel|Flatten", shapes(at4=(25,))),
    ],
}
