"""Does a map point at the object? The pointing game, and the share of a map that lies on the object."""

import numpy as np

from helpers.explain.receptive_field import Window


def enlarge(maps: np.ndarray, size: tuple[int, int], window: Window | None = None) -> np.ndarray:
    """Maps (n, rows, columns) at the size of the images: each pixel gets the position of the nearest window's centre.

    ``window`` is ``explain.window(model, layer)`` for Grad-CAM; see ``occlusion`` for its own. Without it, the map is
    stretched evenly. Nothing is interpolated: a 10 × 10 map stays one.
    """
    maps = np.asarray(maps)
    if maps.ndim != 3:
        raise ValueError(f"Maps have the shape (n, rows, columns); these have {maps.shape}.")
    index = []
    for axis, pixels in enumerate(size):
        positions = maps.shape[1 + axis]
        if window is None:
            nearest = np.arange(pixels) * positions // pixels
        else:
            centre = window.start[axis] + (window.size[axis] - 1) / 2
            nearest = np.ceil((np.arange(pixels) - centre) / window.step[axis] - 0.5).astype(int)
        index.append(np.clip(nearest, 0, positions - 1))
    return maps[:, index[0][:, None], index[1]]


def pointing(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Whether each map's highest value lies inside the mask of its object, (n,) bool.

    The pointing game of Zhang et al. 2016, arXiv:1608.00507. Where several pixels share the highest value, at least
    half of them must lie inside. A map that is the same everywhere points nowhere: False. Maps and masks
    (n, rows, columns); masks are bool.
    """
    maps, masks = _maps_and_masks(maps, masks)
    highest = maps.max(axis=(1, 2), keepdims=True)
    peaks = maps == highest
    inside = (peaks & masks).sum(axis=(1, 2)) >= 0.5 * peaks.sum(axis=(1, 2))
    return inside & ~peaks.all(axis=(1, 2))


def mass_inside(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """The share of each map's positive values that lies inside the mask of its object, (n,) from 0 to 1.

    A map without positive values has nothing inside: 0. Maps and masks (n, rows, columns); masks are bool.
    """
    maps, masks = _maps_and_masks(maps, masks)
    positive = np.maximum(maps, 0).astype(np.float64)
    whole, inside = positive.sum(axis=(1, 2)), (positive * masks).sum(axis=(1, 2))
    return np.divide(inside, whole, out=np.zeros_like(whole), where=whole > 0)


def _maps_and_masks(maps: np.ndarray, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    maps, masks = np.asarray(maps), np.asarray(masks)
    if maps.ndim != 3 or maps.shape != masks.shape or not len(maps):
        raise ValueError(
            f"Maps of shape {maps.shape} and masks of shape {masks.shape}: both must be (n, rows, columns), with one "
            "map at least. Use enlarge() for smaller maps, and one number a pixel for maps with colours."
        )
    if masks.dtype != bool:
        raise ValueError(f"Masks say True or False for every pixel; these have the type {masks.dtype}.")
    if not np.isfinite(maps).all():
        raise ValueError("The maps hold NaN or infinity.")
    return maps, masks
