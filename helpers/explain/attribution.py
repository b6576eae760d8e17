"""What a prediction rests on: saliency from gradients of a logit, occlusion from covered patches."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from helpers.explain import layers as given
from helpers.explain.layers import gradient, logits_of


def saliency(model: keras.Model, images: np.ndarray, classes: int | Sequence[int]) -> np.ndarray:
    """The gradient of each image's class logit, (n, rows, columns, 3), per grey value.

    Signed: positive where a brighter pixel speaks for the class. Simonyan et al. 2013, arXiv:1312.6034.
    """
    images, classes = given.prepared(model, images, classes)
    return given.in_batches(_class_gradient(model), images, classes)


@given.compiled
def _class_gradient(model: keras.Model) -> Callable:
    logits = logits_of(model)

    def compute(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            # That of the sum: no image has a part in another's logit.
            total = tf.reduce_sum(tf.gather(logits(images), classes, batch_dims=1))
        return gradient(tape, total, images)

    return compute


def occlusion(
    model: keras.Model,
    images: np.ndarray,
    classes: int | Sequence[int],
    fill: float | Sequence[float],
    patch: int = 4,
    stride: int = 1,
    output: str = "probability",
) -> np.ndarray:
    """What each image's class loses when a square patch is covered at each position, (n, rows, columns) float32.

    The loss of probability, or of the logit with ``output="logit"``: positive where the covered pixels spoke for the
    class. ``fill`` is the colour that covers, one number or three. The windows are those of
    ``Window((0, 0), (patch, patch), (stride, stride))``. Zeiler and Fergus 2014, doi:10.1007/978-3-319-10590-1_53.
    """
    images, classes = given.prepared(model, images, classes)
    height, width = images.shape[1:3]
    if not (1 <= patch <= min(height, width) and stride >= 1):
        raise ValueError(f"patch is {patch} and stride {stride}: 1 or more, and no patch above {height} × {width}.")
    if output not in ("probability", "logit"):
        raise ValueError(f"output is {output!r}: choose 'probability' or 'logit'.")
    if np.shape(fill) not in ((), images.shape[-1:]) or not np.isfinite(fill).all():
        raise ValueError(f"fill is {fill}: give one number, or one for each of {images.shape[-1]} colours.")
    score = (_class_probability if output == "probability" else _class_logit)(model)
    whole = given.in_batches(score, images, classes)
    rows, columns = (height - patch) // stride + 1, (width - patch) // stride + 1
    row, column = np.arange(height), np.arange(width)
    drops = np.empty(len(images) * rows * columns, np.float32)
    # Every pair of an image and a position is one covered image; they are made a batch at a time.
    for part in given.batches(len(drops), images.shape):
        which, position = np.divmod(np.arange(part.start, part.stop), rows * columns)
        top, left = (stride * corner[:, None] for corner in np.divmod(position, columns))
        in_rows, in_columns = (row >= top) & (row < top + patch), (column >= left) & (column < left + patch)
        covered = images[which].astype(np.float32)
        covered[in_rows[:, :, None] & in_columns[:, None, :]] = fill
        drops[part] = whole[which] - score(given.tensor(covered), classes[which]).numpy()
    return drops.reshape(len(images), rows, columns)


@given.compiled
def _class_logit(model: keras.Model) -> Callable:
    logits = logits_of(model)
    return lambda images, classes: tf.gather(logits(images), classes, batch_dims=1)


@given.compiled
def _class_probability(model: keras.Model) -> Callable:
    logits = logits_of(model)
    return lambda images, classes: tf.gather(tf.nn.softmax(logits(images)), classes, batch_dims=1)
