"""Images as they may come outside the test set: shifted, noisy, blurred, pale, compressed, bright; five strengths each.

The definitions and strengths are our own, for images of 32 × 32 pixels. They are in the spirit of CIFAR-10-C (Hendrycks
and Dietterich 2019, arXiv:1903.12261) and give other images, so numbers on the two must not be compared.
"""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from helpers import augmentation

# Name -> the amount at strength 1 to 5: pixels; standard deviation in grey values; standard deviation in pixels; share
# of the contrast that is left; Pillow's quality; grey values.
STRENGTHS = {
    "shift": (1, 2, 4, 6, 8),
    "noise": (5, 10, 20, 30, 40),
    "blur": (0.4, 0.6, 0.8, 1.1, 1.5),
    "contrast": (0.7, 0.5, 0.35, 0.25, 0.15),
    "JPEG": (80, 50, 30, 15, 8),
    "brightness": (20, 40, 60, 80, 100),
}


def corrupted(images: np.ndarray, name: str, strength: int, seed: int = 0) -> np.ndarray:
    """Images (n, rows, columns, channels), 0 to 255, with one corruption of ``STRENGTHS`` at strength 1 to 5.

    Same shape and type; whole numbers are rounded. The first images get the same corruption whatever follows them.
    Raises ValueError for an unknown name or strength.
    """
    augmentation.check_images(images)
    if name not in STRENGTHS:
        raise ValueError(f"There is no corruption {name!r}. The names are: {', '.join(STRENGTHS)}.")
    if strength not in range(1, 6):
        raise ValueError(f"strength is {strength!r}: choose a whole number from 1 to 5.")
    changed = CORRUPT[name](images, STRENGTHS[name][strength - 1], np.random.default_rng(seed)).clip(0, 255)
    return (np.rint(changed) if np.issubdtype(images.dtype, np.integer) else changed).astype(images.dtype)


def _shift(images: np.ndarray, pixels: int, generator: np.random.Generator) -> np.ndarray:
    """Up, down, left or right, drawn for each image; the last row or column is repeated to fill the gap."""
    (n, rows, columns, _), shifted = images.shape, np.empty_like(images)
    direction = generator.integers(4, size=n)
    for index, (down, right) in enumerate(((-1, 0), (1, 0), (0, -1), (0, 1))):
        of_row = np.clip(np.arange(rows) - down * pixels, 0, rows - 1)
        of_column = np.clip(np.arange(columns) - right * pixels, 0, columns - 1)
        shifted[direction == index] = images[direction == index][:, of_row][:, :, of_column]
    return shifted


def _blur(images: np.ndarray, deviation: float, _: np.random.Generator) -> np.ndarray:
    """A Gaussian blur, channel by channel; beyond the edge the last pixel is repeated."""
    return gaussian_filter(images.astype(np.float32), (0, deviation, deviation, 0), mode="nearest")


def _contrast(images: np.ndarray, left: float, _: np.random.Generator) -> np.ndarray:
    """Every number moved towards the mean of its image."""
    mean = images.mean(axis=(1, 2, 3), keepdims=True, dtype=np.float32)
    return mean + np.float32(left) * (images - mean)


def _jpeg(images: np.ndarray, quality: int, _: np.random.Generator) -> np.ndarray:
    """Each image written as a JPEG file of that quality, and read again."""
    read = np.empty_like(images)
    for index, image in enumerate(np.rint(images).astype(np.uint8)):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=quality)
        read[index] = Image.open(file)
    return read


CORRUPT: dict[str, Callable[[np.ndarray, float, np.random.Generator], np.ndarray]] = {
    "shift": _shift,
    "noise": augmentation.random_noise,
    "blur": _blur,
    "contrast": _contrast,
    "JPEG": _jpeg,
    "brightness": lambda images, more, _: images.astype(np.float32) + more,
}
