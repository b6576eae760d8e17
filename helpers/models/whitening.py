"""Whitening: a frozen convolution whose outputs are uncorrelated."""

import keras
import numpy as np
from keras import layers
from numpy.lib.stride_tricks import sliding_window_view

from helpers import augmentation

# Added to the variances of patches, so that noise is not amplified without bound.
EPSILON = 5e-4
CHUNK = 500  # images at a time: the patches of 5,000 take 700 MB


def whitening_kernel(images: np.ndarray, size: int = 2) -> np.ndarray:
    """A kernel of filters that whiten: (size, size, channels, 2 * size² * channels).

    The first half are the eigenvectors of the covariance of all patches, the largest eigenvalue first, each divided by
    sqrt(eigenvalue + EPSILON): their outputs are uncorrelated and have variance 1. The second half are their negatives,
    so that a ReLU after it loses nothing. ``images`` (n, rows, columns, channels) are normalised.

    Page 2019, "How to train your ResNet", myrtle.ai; with negatives in tysam-code/hlb-CIFAR10, 2023.
    """
    images = np.asarray(images)
    augmentation.check_images(images)
    channels = images.shape[-1]
    parts = [images[first : first + CHUNK] for first in range(0, len(images), CHUNK)]
    count = len(images) * (images.shape[1] - size + 1) * (images.shape[2] - size + 1)
    mean = sum(_patches(part, size).sum(axis=0) for part in parts) / count
    covariance = sum((centred := _patches(part, size) - mean).T @ centred for part in parts) / count
    values, vectors = np.linalg.eigh(covariance)
    # Rounding can bring an eigenvalue of 0 below 0.
    scaled = (vectors / np.sqrt(np.maximum(values, 0) + EPSILON))[:, ::-1]
    return np.concatenate([scaled, -scaled], axis=1).reshape(size, size, channels, -1).astype(np.float32)


def _patches(images: np.ndarray, size: int) -> np.ndarray:
    """(n, size² * channels) float64, a row for each position of the window in each image."""
    windows = sliding_window_view(images, (size, size), axis=(1, 2))  # n, row, column, channel, and position in it
    return np.moveaxis(windows, 3, -1).reshape(-1, size * size * images.shape[-1]).astype(np.float64)


@keras.saving.register_keras_serializable("helpers")
class FrozenConv2D(layers.Conv2D):
    """A convolution whose kernel is never trained; its bias is, where it has one."""

    def add_weight(self, *arguments, **settings):
        return super().add_weight(*arguments, **settings | {"trainable": settings.get("name") == "bias"})
