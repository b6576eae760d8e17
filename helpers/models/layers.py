"""Layers and initializers that are ideas: a frozen convolution that whitens, and filters that begin as the identity."""

import keras
import numpy as np
from keras import layers
from numpy.lib.stride_tricks import sliding_window_view

from helpers import augmentation

# Added to the variances of patches, so that noise is not amplified without bound.
EPSILON = 5e-4


def whitening_kernel(images: np.ndarray, size: int = 2) -> np.ndarray:
    """A kernel of filters that whiten: (size, size, channels, 2 * size² * channels).

    The outputs of the first half are uncorrelated and have variance 1, or less where the variance of the patches is
    not large against ``EPSILON``. They are the eigenvectors of the covariance of all patches of ``size`` × ``size``,
    the largest eigenvalue first, each divided by sqrt(eigenvalue + EPSILON). The second half are their negatives, so
    that a ReLU after it loses nothing. ``images`` (n, rows, columns, channels) are as they arrive at the layer:
    normalised. Raises ValueError for another shape, NaN, too few patches, or images of one colour.

    Page 2019, "How to train your ResNet", myrtle.ai; with negatives in tysam-code/hlb-CIFAR10, 2023.
    """
    images = np.asarray(images)
    augmentation.check_images(images)
    if not 1 <= size <= min(images.shape[1:3]):
        raise ValueError(f"size is {size}: a patch has from 1 to {min(images.shape[1:3])} pixels a side here.")
    if not np.isfinite(images).all():
        raise ValueError("The images hold NaN or infinity: they have no covariance.")
    channels = images.shape[-1]
    patches = sliding_window_view(images, (size, size), axis=(1, 2))  # n, row, column, channel, and position in it
    patches = np.moveaxis(patches, 3, -1).reshape(-1, size * size * channels).astype(np.float64)
    if len(patches) <= patches.shape[1]:
        raise ValueError(f"{len(patches)} patches of {patches.shape[1]} numbers: more patches than numbers are needed.")
    patches -= patches.mean(axis=0)
    values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
    if values[-1] <= 0:
        raise ValueError("All patches are the same: there is nothing that could be whitened.")
    # Rounding can bring an eigenvalue of 0 below 0.
    scaled = (vectors / np.sqrt(np.maximum(values, 0) + EPSILON))[:, ::-1]
    return np.concatenate([scaled, -scaled], axis=1).reshape(size, size, channels, -1).astype(np.float32)


@keras.saving.register_keras_serializable("helpers")
class FrozenConv2D(layers.Conv2D):
    """A convolution whose kernel is never trained; its bias is, where it has one."""

    def add_weight(self, *arguments, **settings):
        return super().add_weight(*arguments, **settings | {"trainable": settings.get("name") == "bias"})


@keras.saving.register_keras_serializable("helpers")
class Dirac(keras.initializers.VarianceScaling):
    """Identity initialisation: the first filters copy one input channel each, the others are random.

    For kernels (rows, columns, channels, filters) and padding "same": output channel k is input channel k for
    k < min(channels, filters). The rest is uniform within ± 1 / sqrt(rows * columns * channels), as in PyTorch.
    Zagoruyko and Komodakis 2017, arXiv:1706.00388. Raises ValueError for a shape of other than four numbers.
    """

    def __init__(self, seed: int | None = None):
        super().__init__(1 / 3, "fan_in", "uniform", seed)

    def __call__(self, shape, dtype=None):
        if len(shape) != 4:
            raise ValueError(f"A kernel (rows, columns, channels, filters) has four numbers; this shape is {shape}.")
        rows, columns, channels, filters = shape
        copies = np.zeros((rows, columns, channels, min(channels, filters)), np.float32)
        # The position that padding "same" lays on the pixel itself.
        copies[(rows - 1) // 2, (columns - 1) // 2] = np.eye(channels, copies.shape[-1])
        others = super().__call__(shape, dtype)[..., copies.shape[-1] :]
        return keras.ops.concatenate([keras.ops.cast(copies, others.dtype), others], axis=-1)

    def get_config(self):
        return {"seed": super().get_config()["seed"]}
