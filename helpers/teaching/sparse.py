"""Features without a label: a dictionary of patches, codes by a soft threshold, sums over the four quadrants.

Coates and Ng 2011, The importance of encoding versus training with sparse coding and vector quantization. Images are
(n, rows, columns, channels) with values from 0 to 255; ``pca`` is what ``whitening`` returns.
"""

import warnings

import numpy as np
import tensorflow as tf
from sklearn.decomposition import PCA, MiniBatchDictionaryLearning
from sklearn.exceptions import ConvergenceWarning

SIDE = 6  # rows and columns of a patch
KEPT = 0.99  # the share of the patches' variance that whitening keeps
ALPHA = 1.0  # the weight of the sum of absolute factors against the squared error, when a dictionary is learnt
EVEN = 10.0  # added to the variance of a patch, in squared grey values, so that noise on an even sky is not blown up
CHUNK = 100  # images that are coded at a time


def patches(x: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Patches at random positions of random images, (count, SIDE * SIDE * channels), with mean 0 and variance 1."""
    n, rows, columns = x.shape[:3]
    generator = np.random.default_rng(seed)
    image, top, left = (generator.integers(0, most, count) for most in (n, rows - SIDE + 1, columns - SIDE + 1))
    inside = np.arange(SIDE)
    windows = x[image[:, None, None], (top[:, None] + inside)[:, :, None], (left[:, None] + inside)[:, None]]
    flat = windows.reshape(count, -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / np.sqrt(flat.var(axis=1, keepdims=True) + EVEN)


def whitening(flat: np.ndarray) -> PCA:
    """The directions that hold nearly all variance (``KEPT``) of patches (n, numbers), each scaled to variance 1."""
    return PCA(KEPT, whiten=True, svd_solver="full").fit(flat)


def dictionary(white: np.ndarray, atoms: int, seed: int = 0, passes: int = 5) -> np.ndarray:
    """Atoms (atoms, directions) of norm 1, so that few of them add up to each whitened patch.

    Least squares plus ``ALPHA`` times the sum of absolute factors. Mairal and others 2009, doi:10.1145/1553374.1553463.
    """
    learner = MiniBatchDictionaryLearning(
        atoms, alpha=ALPHA, max_iter=passes, batch_size=256, fit_algorithm="cd", random_state=seed
    )
    with warnings.catch_warnings():
        # For a few patches the descent stops a ten-thousandth of their squared norm short of the least value.
        warnings.simplefilter("ignore", ConvergenceWarning)
        # In float64: coordinate descent hardly comes to an end in float32.
        learnt = learner.fit(white.astype(np.float64)).components_
    return (learnt / np.linalg.norm(learnt, axis=1, keepdims=True)).astype(np.float32)


def as_images(atoms: np.ndarray, pca: PCA) -> np.ndarray:
    """The patches that atoms stand for, (atoms, SIDE, SIDE, channels), each scaled to grey values around 128."""
    flat = pca.inverse_transform(atoms) - pca.mean_
    return (128 + 127 * flat / np.abs(flat).max(axis=1, keepdims=True)).reshape(len(atoms), SIDE, SIDE, -1)


def codes(x: np.ndarray, pca: PCA, atoms: np.ndarray, threshold: float) -> tf.Tensor:
    """Every patch's inner products with all atoms, beyond a threshold: (n, rows, columns, 2 * atoms), none below 0.

    The second half of the channels holds what lies beyond it on the negative side.
    """
    weights = atoms @ (pca.components_ / np.sqrt(pca.explained_variance_)[:, None])
    bias = -weights @ pca.mean_
    weights = weights - weights.mean(axis=1, keepdims=True)  # so that a patch's brightness does not count
    kernel = weights.T.reshape(SIDE, SIDE, x.shape[-1], -1).astype(np.float32)
    x = tf.cast(x, tf.float32) - 128
    mean, square = (
        tf.reduce_mean(tf.nn.avg_pool2d(values, SIDE, 1, "VALID"), axis=-1, keepdims=True) for values in (x, x**2)
    )
    products = tf.nn.conv2d(x, kernel, 1, "VALID") / tf.sqrt(square - mean**2 + EVEN) + bias.astype(np.float32)
    return tf.nn.relu(tf.concat([products, -products], axis=-1) - threshold)


def quadrants(maps: tf.Tensor) -> tf.Tensor:
    """Maps (n, rows, columns, channels) summed over each quarter of the image: (n, 4 * channels)."""
    row, column = maps.shape[1] // 2, maps.shape[2] // 2
    quarters = [part for half in (maps[:, :row], maps[:, row:]) for part in (half[:, :, :column], half[:, :, column:])]
    return tf.concat([tf.reduce_sum(quarter, axis=(1, 2)) for quarter in quarters], axis=-1)


def features(x: np.ndarray, pca: PCA, atoms: np.ndarray, threshold: float) -> np.ndarray:
    """The codes of images, summed over quadrants: (n, 8 * atoms)."""
    parts = (x[first : first + CHUNK] for first in range(0, len(x), CHUNK))
    return np.concatenate([quadrants(codes(part, pca, atoms, threshold)).numpy() for part in parts])
