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
    if images.ndim == len(taken):
        raise ValueError(
            f"One image of shape {images.shape} was given. A batch is needed, if only of one: image[None]."
        )
    fits = images.ndim == len(taken) + 1 and all(t in (None, p) for t, p in zip(taken, images.shape[1:]))
    if not fits:
        raise ValueError(
            f"{model.name!r} takes images of shape (n, {', '.join(map(str, taken))}); these have {images.shape}. "
            "For the convolutions alone, at_size(model, (rows, columns)) makes a copy for another size."
        )
    if not len(images):
        raise ValueError(f"The batch is empty: its shape is {images.shape}. Give one image at least.")
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind != "f":
        raise ValueError(f"Images are uint8 or floats from 0 to 255; these have the type {images.dtype}.")
    finite = np.isfinite(images).all(axis=tuple(range(1, images.ndim)))
    if not finite.all():
        raise ValueError(f"Image {np.flatnonzero(~finite)[0]} holds NaN or infinity.")
    return images.astype(np.float32, copy=False)


def tensor(images: np.ndarray) -> tf.Tensor:
    return tf.constant(images, tf.float32)


def batches(count: int, shape: tuple[int, ...], batch_size: int | None = None) -> list[slice]:
    """Slices that cut ``count`` images of the shape (n, rows, columns, colours) into batches.

    Without a ``batch_size``, a batch has 262,144 pixels: 256 images of 32 × 32, or one photo if that is larger. So
    2 GB of memory are enough.
    """
    if batch_size is None:
        batch_size = max(1, PIXELS_AT_ONCE // (shape[1] * shape[2]))
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}: at least one image must pass at a time.")
    return [slice(begin, min(begin + batch_size, count)) for begin in range(0, count, batch_size)]


def in_batches(compute: Callable, images: np.ndarray, *others: np.ndarray, batch_size: int | None = None) -> np.ndarray:
    """``compute`` of the images as tensors, and of others that belong to them, a batch at a time."""
    parts = batches(len(images), images.shape, batch_size)
    return np.concatenate([compute(tensor(images[part]), *(other[part] for other in others)) for part in parts])


def classes(classes: Any, count: int, model: keras.Model) -> np.ndarray:
    """One class an image; a single one stands for all."""
    return _within(classes, ends(model)[1].shape[-1], "class", count)


def channels(channels: Any, model: keras.Model, layer: str) -> np.ndarray:
    return _within(channels, layer_call(model, layer).outputs[0].shape[-1], f"channel of {layer!r}")


def _within(numbers: Any, total: int, what: str, count: int | None = None) -> np.ndarray:
    """Whole numbers from 0 to below ``total``, one for each of ``count`` images where a count is given."""
    array = np.asarray(numbers)
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"A {what} is a whole number; {numbers!r} was given.")
    if count is not None and array.ndim == 0:
        array = np.full(count, array)
    if array.ndim != 1 or not len(array) or (count is not None and len(array) != count):
        wanted = "a list of them" if count is None else f"one for all images, or a list of {count}, one an image"
        raise ValueError(f"Each {what}: {wanted} is needed; an array of shape {array.shape} was given.")
    outside = array[(array < 0) | (array >= total)]
    if len(outside):
        raise ValueError(f"There is no {what} with the number {outside[0]}: they run from 0 to {total - 1}.")
    return array.astype(np.int64)
