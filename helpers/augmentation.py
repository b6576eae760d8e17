"""Images changed in ways that leave their class as it is, a whole epoch at once: half a second on CIFAR-10.

Images are (n, rows, columns, channels) with values from 0 to 255; every function returns as many of the same type,
and of the same shape but for ``shrunk``, and leaves its input as it is.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from numpy.lib.stride_tricks import sliding_window_view

from helpers import streams
from helpers.recipe import FLIPS

# Images that are enlarged or turned into float32 at a time: 60 MB of CIFAR-10.
CHUNK = 5_000


def alternating_flip(x: np.ndarray, epoch: int, generator: np.random.Generator) -> np.ndarray:
    """Half of the images flipped left to right in even epochs, the other half in odd ones; arXiv:2404.00498.

    The generator draws the halves, so it must be a fresh one of the same seed in every epoch.
    """
    check_images(x)
    chosen = (generator.permutation(len(x)) + epoch) % 2 == 0
    flipped = x.copy()
    flipped[chosen] = x[chosen, :, ::-1]
    return flipped


def random_crops(x: np.ndarray, padding: int, generator: np.random.Generator) -> np.ndarray:
    """A crop of each image at its own size, after ``padding`` pixels were added on all sides by reflection."""
    reflected(x[:1], padding)  # refuses what does not fit, before anything is drawn
    n, rows, columns, channels = x.shape
    top, left = generator.integers(0, 2 * padding + 1, (2, n))
    cropped = np.empty_like(x)
    for first in range(0, n, CHUNK):
        part = slice(first, first + CHUNK)
        # With the channels in the row, every row of an image is one piece of memory: quick to copy.
        flat = reflected(x[part], padding).reshape(-1, rows + 2 * padding, (columns + 2 * padding) * channels)
        windows = sliding_window_view(flat, (rows, columns * channels), axis=(1, 2))
        cropped[part] = windows[np.arange(len(flat)), top[part], left[part] * channels].reshape(x[part].shape)
    return cropped


def random_zoom(x: np.ndarray, most: float, generator: np.random.Generator) -> np.ndarray:
    """A square of each image, enlarged to the whole: from all of it down to a share of ``1 - most`` a side."""
    check_images(x)
    if not 0 <= most < 1:
        raise ValueError(f"most is {most}: choose a share from 0 (no zoom) to below 1.")
    side = 1 - most * generator.random(len(x))
    top, left = generator.random((2, len(x))) * (1 - side)
    # TensorFlow wants the corners as shares of the way from the first pixel to the last.
    boxes = np.stack([top, left, top + side, left + side], axis=1).astype(np.float32)
    size = x.shape[1:3]

    def zoomed(part: slice) -> np.ndarray:
        return tf.image.crop_and_resize(x[part], boxes[part], np.arange(len(x[part])), size).numpy()

    return _in_chunks(x, size, zoomed)


def random_noise(x: np.ndarray, deviation: float, generator: np.random.Generator) -> np.ndarray:
    """Normal noise of that standard deviation, in units of 0 to 255, added to every number, and cut to 0 to 255."""
    check_images(x)
    shape = x.shape[1:]
    return _in_chunks(
        x, shape[:2], lambda part: x[part] + deviation * generator.standard_normal((len(x[part]), *shape), np.float32)
    )


def augmented(
    x: np.ndarray, epoch: int, seed: int, flip: str = "none", crop_padding: int = 0, zoom: float = 0, noise: float = 0
) -> np.ndarray:
    """The images of one epoch, in their order: flipped, zoomed, cropped and made noisy, as fields of a recipe say."""
    if flip not in FLIPS:
        raise ValueError(f"flip is {flip!r}: choose one of {', '.join(map(repr, FLIPS))}.")
    if flip == "alternating":
        x = alternating_flip(x, epoch, streams.generator("flip", seed))
    elif flip == "random":
        x = alternating_flip(x, 0, streams.generator("flip", seed, epoch + 1))
    if zoom:
        x = random_zoom(x, zoom, streams.generator("zoom", seed, epoch))
    if crop_padding:
        x = random_crops(x, crop_padding, streams.generator("crop", seed, epoch))
    if noise:
        x = random_noise(x, noise, streams.generator("noise", seed, epoch))
    return x


def shrunk(x: np.ndarray, side: int) -> np.ndarray:
    """The images with ``side`` × ``side`` pixels, each the mean of what it covers; ValueError when not fewer."""
    check_images(x)
    if not 1 <= side < min(x.shape[1:3]):
        raise ValueError(f"side is {side}: images of {x.shape[1]} × {x.shape[2]} shrink to fewer pixels, 1 at least.")
    return _in_chunks(x, (side, side), lambda part: tf.image.resize(x[part], (side, side), "area").numpy())


def reflected(x: np.ndarray, padding: int) -> np.ndarray:
    """The images with ``padding`` more pixels on all four sides, reflected; the outermost row is not repeated."""
    check_images(x)
    if not 0 <= padding < min(x.shape[1:3]):
        raise ValueError(
            f"padding is {padding}: images of {x.shape[1]} × {x.shape[2]} take from 0 pixels to fewer than they have."
        )
    return np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)), mode="reflect")


def check_images(images: np.ndarray) -> None:
    """ValueError for another shape than (n, rows, columns, channels), or nothing in it."""
    shape = np.shape(images)
    if len(shape) != 4 or not all(shape):
        raise ValueError(f"Images have the shape (n, rows, columns, channels), one at least; these have {shape}.")


def _in_chunks(x: np.ndarray, size: tuple[int, int], change: Callable[[slice], np.ndarray]) -> np.ndarray:
    """What ``change`` makes of some images at a time, cut to 0 to 255 and rounded where the type has whole numbers."""
    changed = np.empty((len(x), *size, x.shape[3]), x.dtype)
    for first in range(0, len(x), CHUNK):
        part = slice(first, first + CHUNK)
        images = change(part).clip(0, 255)
        changed[part] = np.rint(images) if np.issubdtype(x.dtype, np.integer) else images
    return changed
