"""What the functions of this package are given: checked, in batches, as tensors."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from helpers.explain.layers import ends, layer_call

PIXELS_AT_ONCE = 256 * 32 * 32
GREY = 128


def image_size(model: keras.Model) -> tuple[int, int, int]:
    size = tuple(ends(model)[0].shape[1:])
    if None in size:
        raise ValueError(f"{model.name!r} takes images of any size {size}: rebuild it with a full one, or use at_size.")
    return size


def images(model: keras.Model, images: Any) -> np.ndarray:
    """The images as an array of uint8 or float32, once they fit the model."""
    taken = tuple(ends(model)[0].shape[1:])
    images = np.asarray(images)
    fits = images.ndim == len(taken) + 1 and all(t in (None, p) for t, p in zip(taken, images.shape[1:]))
    if not fits or not len(images):
        raise ValueError(
            f"{model.name!r} takes one image or more, (n, {', '.join(map(str, taken))}); these have {images.shape}. "
            "A batch of one is image[None]. For another size, at_size(model, (rows, columns)) copies the convolutions."
        )
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind != "f" or not np.isfinite(images).all():
        fault = "hold NaN or infinity" if images.dtype.kind == "f" else f"have the type {images.dtype}"
        raise ValueError(f"Images are uint8 or floats from 0 to 255; these {fault}.")
    return images.astype(np.float32, copy=False)


def prepared(model: keras.Model, images_: Any, classes: Any) -> tuple[np.ndarray, np.ndarray]:
    """The images, and one class for each; a single class stands for all."""
    images_ = images(model, images_)
    return images_, _within(classes, ends(model)[1].shape[-1], "class", len(images_))


def channels(channels: Any, model: keras.Model, layer: str) -> np.ndarray:
    return _within(channels, layer_call(model, layer).outputs[0].shape[-1], f"channel of {layer!r}")


def tensor(images: np.ndarray) -> tf.Tensor:
    return tf.constant(images, tf.float32)


def batches(count: int, shape: tuple[int, ...]) -> list[slice]:
    """Slices that cut ``count`` images of the shape (n, rows, columns, colours) into batches.

    A batch has 262,144 pixels: 256 images of 32 × 32, or one photo if that is larger. So 2 GB of memory are enough.
    """
    size = max(1, PIXELS_AT_ONCE // (shape[1] * shape[2]))
    return [slice(begin, min(begin + size, count)) for begin in range(0, count, size)]


def in_batches(compute: Callable, images: np.ndarray, *others: np.ndarray) -> np.ndarray:
    """``compute`` of the images as tensors, and of others that belong to them, a batch at a time."""
    parts = batches(len(images), images.shape)
    return np.concatenate([compute(tensor(images[part]), *(other[part] for other in others)) for part in parts])


def _within(numbers: Any, total: int, what: str, count: int | None = None) -> np.ndarray:
    """Whole numbers from 0 to below ``total``, one for each of ``count`` images where a count is given."""
    array = np.asarray(numbers)
    if count is not None and array.ndim == 0:
        array = np.full(count, array)
    if array.dtype.kind not in "iu" or array.ndim != 1 or len(array) != (count or len(array)) or not len(array):
        wanted = "a list of whole numbers" if count is None else f"one whole number, or {count}, one an image,"
        raise ValueError(f"The {what}: {wanted} is needed; {numbers!r} was given.")
    outside = array[(array < 0) | (array >= total)]
    if len(outside):
        raise ValueError(f"There is no {what} with the number {outside[0]}: they run from 0 to {total - 1}.")
    return array.astype(np.int64)
