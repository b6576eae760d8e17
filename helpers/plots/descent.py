"""Descent with two weights: the positions that each path visits, over lines of equal loss."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes


def valley(
    loss: Callable[[np.ndarray], float],
    paths: dict[str, np.ndarray],
    minimum: np.ndarray,
    title: str,
    axes: Axes | None = None,
) -> Axes:
    """Paths (steps, 2) over lines of equal loss; ``loss`` takes the two weights, and the minimum is a star."""
    axes = axes or plt.subplots(figsize=(8, 7))[1]
    points = np.concatenate([*paths.values(), [minimum]])
    margin = 0.15 * np.ptp(points, axis=0).max()
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    first, second = np.linspace(low, high, 70).T
    heights = [[loss(np.array([a, b])) for a in first] for b in second]
    # Cubes: lines close together at the bottom of the valley.
    levels = np.min(heights) + np.ptp(heights) * np.linspace(0, 1, 14) ** 3
    axes.contour(first, second, heights, levels, colors="0.7", linewidths=1)
    for (name, path), marker in zip(paths.items(), "o^sD"):
        axes.plot(*path.T, marker=marker, label=name, markersize=5, linewidth=1.5)
    axes.plot(*minimum, "*k", markersize=18, label="minimum")
    axes.set(xlabel="first weight", ylabel="second weight", title=title, aspect="equal")
    axes.locator_params(nbins=6)
    axes.grid(False)
    axes.legend()
    return axes
