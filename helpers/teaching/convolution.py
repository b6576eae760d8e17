"""Convolution (no kernel is flipped) and pooling as lesson 01 teaches them; Dumoulin and Visin, arXiv:1603.07285."""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Number of window positions along one side, with ``padding`` zeros on each end; ValueError where none fits."""
    if stride < 1 or padding < 0 or kernel_size < 1:
        raise ValueError(
            f"Kernel size {kernel_size}, stride {stride}, padding {padding}: the first two start at 1, padding at 0."
        )
    if size + 2 * padding < kernel_size:
        raise ValueError(f"A window of {kernel_size} does not fit into {size} + 2 × {padding} pixels: make it smaller.")
    return (size + 2 * padding - kernel_size) // stride + 1


def convolve(
    image: np.ndarray, kernel: np.ndarray, bias: float | np.ndarray = 0.0, stride: int = 1, padding: str = "valid"
) -> np.ndarray:
    """Slide a kernel, a filter or many filters over one image; "valid" or "same" padding, as in Keras.

    Image (rows, columns) with a kernel (k, k), or image (rows, columns, channels) with (k, k, channels[, filters]);
    gives (new rows, new columns[, filters]). Raises ValueError for shapes that do not fit and for another padding.
    """
    image, kernel = np.asarray(image), np.asarray(kernel)
    if image.ndim not in (2, 3) or image.shape[2:] != kernel.shape[2:3] or (image.ndim == 2) != (kernel.ndim == 2):
        raise ValueError(
            f"An image of shape {image.shape} and a kernel of shape {kernel.shape} do not fit together: "
            "(rows, columns) goes with (k, k), and (rows, columns, channels) with (k, k, channels[, filters])."
        )
    if padding not in ("valid", "same"):
        raise ValueError(f"Unknown padding {padding!r}: use 'valid' or 'same'.")
    if padding == "same":
        # Zeros for ceil(size / stride) window positions; an odd one goes after, as in TensorFlow.
        sizes = np.array([image.shape[:2], kernel.shape[:2]])
        zeros = np.maximum((-(-sizes[0] // stride) - 1) * stride + sizes[1] - sizes[0], 0)
        image = np.pad(image, [(total // 2, total - total // 2) for total in zeros] + [(0, 0)] * (image.ndim - 2))
    windows = sliding_window_view(image, kernel.shape[:2], axis=(0, 1))[::stride, ::stride]
    if image.ndim == 3:
        # (rows, columns, channels, k, k) -> (rows, columns, k, k, channels), the order of Keras's filters.
        windows = np.moveaxis(windows, 2, -1)
    return np.tensordot(windows, kernel, axes=image.ndim) + bias


def pool(image: np.ndarray, size: int = 2, stride: int | None = None, reduce: Callable = np.max) -> np.ndarray:
    """One number for each window of a map (rows, columns): its maximum, or what ``reduce`` says, such as np.mean."""
    stride = stride or size
    windows = sliding_window_view(image, (size, size))[::stride, ::stride]
    return reduce(windows, axis=(2, 3))
