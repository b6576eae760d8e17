"""Test-time augmentation: a prediction from several views of each image."""

import keras
import numpy as np

from helpers import augmentation
from helpers.recipe import VIEWS, Recipe

SHIFT = 1  # pixels
BATCH = 500
# The position of a window in the image that was enlarged by SHIFT on all sides -> its weight along one axis.
WEIGHTS = {0: 0.25, SHIFT: 0.5, 2 * SHIFT: 0.25}


def view_logits(model: keras.Model, x: np.ndarray, views: int = 6, margin: float | None = None) -> np.ndarray:
    """The model's logits for several views of each image, averaged: (n, classes).

    1: the image. 2: and its flip. 6: both also shifted by a pixel up and left, and down and right, with half the weight
    of the others. 18: both in all nine positions at most a pixel away, weighted 1/4, 1/2, 1/4 along each axis. With a
    ``margin``, two views come first, and all of them only for images whose two highest logits then lie less than
    ``margin`` apart. Raises ValueError for another number of views. Jordan 2024, arXiv:2404.00498, has the first three.
    """
    if views not in VIEWS:
        raise ValueError(f"views is {views!r}: choose one of {', '.join(map(repr, VIEWS))}.")
    if margin is not None:
        logits = view_logits(model, x, 2)
        second, first = np.sort(logits, axis=1)[:, -2:].T
        close = first - second < margin
        if close.any():
            logits[close] = view_logits(model, x[close], views)
        return logits
    return _averaged(_Windows(model, x), views)


def predict(recipe: Recipe, model: keras.Model, x: np.ndarray) -> np.ndarray:
    """The outputs (n, classes) of a trained model for images, averaged over the views of its recipe."""
    return view_logits(model, x, recipe.views, recipe.view_margin)


def accuracy_by_views(
    model: keras.Model, x: np.ndarray, y: np.ndarray, numbers: tuple[int, ...] = (1, 2, 6)
) -> dict[str, float]:
    """Accuracy on images (n, rows, columns, channels) for each number of views, four decimals."""
    windows = _Windows(model, x)  # each is asked once, in however many of the numbers it is
    return {str(views): round(float(np.mean(_averaged(windows, views).argmax(axis=1) == y)), 4) for views in numbers}


class _Windows(dict):
    """(row, column, flipped) -> logits of that window of the enlarged images, asked for when first needed."""

    def __init__(self, model: keras.Model, x: np.ndarray):
        self.model, self.padded, self.sides = model, augmentation.reflected(x, SHIFT), x.shape[1:3]

    def __missing__(self, which: tuple[int, int, bool]) -> np.ndarray:
        row, column, flipped = which
        rows, columns = self.sides
        window = self.padded[:, row : row + rows, column : column + columns]
        self[which] = self.model.predict(window[:, :, ::-1] if flipped else window, BATCH, verbose=0)
        return self[which]


def _averaged(windows: _Windows, views: int) -> np.ndarray:
    # The window that begins at SHIFT is the image itself.
    weights = {(SHIFT, SHIFT): 1.0}
    if views == 6:
        weights = {(corner, corner): weight for corner, weight in WEIGHTS.items()}
    elif views == 18:
        weights = {(row, column): WEIGHTS[row] * WEIGHTS[column] for row in WEIGHTS for column in WEIGHTS}
    total = 0.0
    for position, weight in weights.items():
        logits = windows[*position, False]
        if views > 1:
            logits = (logits + windows[*position, True]) / 2
        total = total + weight * logits
    return total
