"""Occlusion: what a prediction loses when a patch of the image is covered."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from helpers.explain import given
from helpers.explain.layers import logits_of


def occlusion(
    model: keras.Model,
    images: np.ndarray,
    classes: int | Sequence[int],
    fill: float | Sequence[float],
    patch: int = 4,
    stride: int = 1,
    output: str = "probability",
    batch_size: int | None = None,
) -> np.ndarray:
    """What each image's class loses when a square patch is covered at each position, (n, rows, columns) float32.

    The loss of probability, or of the logit with ``output="logit"``: positive where the covered pixels spoke for the
    class, negative where they spoke against it. ``fill`` is the colour that covers, one number or three; the mean of
    the training images is a good one. Position (i, j) covers ``patch`` pixels from ``(i, j) * stride`` on:
    ``Window((0, 0), (patch, patch), (stride, stride))``. Zeiler and Fergus 2014, doi:10.1007/978-3-319-10590-1_53.
    """
    images = given.images(model, images)
    classes = given.classes(classes, len(images), model)
    height, width = images.shape[1:3]
    if not (1 <= patch <= min(height, width) and stride >= 1):
        raise ValueError(
            f"patch is {patch} and stride {stride}: the patch must fit into images of {height} × {width}, both be 1 "
            "or more."
        )
    fill = np.asarray(fill, np.float32)
    if fill.shape not in ((), (1,), images.shape[-1:]) or not np.isfinite(fill).all():
        raise ValueError(f"fill is {fill.tolist()}: give one number, or one for each of {images.shape[-1]} colours.")
    if output not in ("probability", "logit"):
        raise ValueError(f"output is {output!r}: choose 'probability' or 'logit'.")
    logits = logits_of(model)

    def score(covered: tf.Tensor, classes: np.ndarray) -> np.ndarray:
        values = logits(covered)
        values = tf.nn.softmax(values) if output == "probability" else values
        return tf.gather(values, classes, batch_dims=1).numpy()

    whole = given.in_batches(score, images, classes, batch_size=batch_size)
    rows, columns = (height - patch) // stride + 1, (width - patch) // stride + 1
    row, column = np.arange(height), np.arange(width)
    drops = np.empty(len(images) * rows * columns, np.float32)
    # Every pair of an image and a position is one covered image; they are made a batch at a time.
    for part in given.batches(len(drops), images.shape, batch_size):
        which, position = np.divmod(np.arange(part.start, part.stop), rows * columns)
        top, left = (stride * corner[:, None] for corner in np.divmod(position, columns))
        in_rows, in_columns = (row >= top) & (row < top + patch), (column >= left) & (column < left + patch)
        covered = images[which].astype(np.float32)
        covered[in_rows[:, :, None] & in_columns[:, None, :]] = fill
        drops[part] = whole[which] - score(given.tensor(covered), classes[which])
    return drops.reshape(len(images), rows, columns)
