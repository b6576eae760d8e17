"""How far chance moves a mean of a few trainings: intervals, and how often they find a true gap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95


class Interval(NamedTuple):
    """A value and the ends of its 95 % interval, in the unit of what was given."""

    value: float
    low: float
    high: float

    def points(self) -> str:
        """Shares (0 to 1) in points of per cent: "+3.4 points (+1.2 to +5.6)"."""
        return f"{100 * self.value:+.1f} points ({100 * self.low:+.1f} to {100 * self.high:+.1f})"

    def share(self) -> str:
        """Shares (0 to 1) in per cent: "62.4 % (61.7 to 63.1)"."""
        return f"{100 * self.value:.1f} % ({100 * self.low:.1f} to {100 * self.high:.1f})"

    def counts(self) -> bool:
        """True when the interval excludes 0."""
        return not self.low <= 0 <= self.high


def mean(values: Sequence[float]) -> Interval:
    """The mean of several trainings with its 95 % interval, by Student's t with n - 1 degrees of freedom.

    Raises ValueError for fewer than two values: one training says nothing of its noise.
    """
    values = _trainings(values)
    half_width = stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * stats.sem(values)
    return _interval(values.mean(), half_width)


def difference(
    first: Sequence[float], second: Sequence[float], rows: Iterable[Sequence[float]] | None = None
) -> Interval:
    """The mean of ``second`` minus that of ``first`` with its 95 % interval: Student's t, standard deviations pooled.

    With ``rows`` they are pooled over all of these rows of trainings, which should vary about equally (Fisher's least
    significant difference); else over the two. Raises ValueError for a row of fewer than two values.
    """
    first, second = _trainings(first), _trainings(second)
    deviation, freedom = pooled((first, second) if rows is None else rows)
    half_width = stats.t.ppf((1 + LEVEL) / 2, freedom) * deviation * np.sqrt(1 / len(first) + 1 / len(second))
    return _interval(second.mean() - first.mean(), half_width)


def pooled(rows: Iterable[Sequence[float]]) -> tuple[float, int]:
    """The standard deviation of a single training, by distances to the means of rows, and its degrees of freedom.

    Raises ValueError for a row of fewer than two values.
    """
    rows = [_trainings(row) for row in rows]
    freedom = sum(len(row) - 1 for row in rows)
    return float(np.sqrt(sum(((row - row.mean()) ** 2).sum() for row in rows) / freedom)), freedom


def power(gap: float, seeds: int, rows: int = 2) -> float:
    """How often the interval of ``difference`` excludes 0 when the true gap is ``gap`` standard deviations.

    Those of a single training, with ``seeds`` trainings a side, at least two, and pooled over that many ``rows``; by
    the noncentral t distribution. For a gap of 0 it is the rate of false alarms.
    """
    if seeds < 2:
        raise ValueError(f"{seeds} trainings a side say nothing of their noise: two are needed at least.")
    freedom, shift = rows * (seeds - 1), gap * np.sqrt(seeds / 2)
    limit = stats.t.ppf((1 + LEVEL) / 2, freedom)
    # SciPy gives NaN for the far tail, where nothing is left.
    return float(stats.nct.sf(limit, freedom, shift) + np.nan_to_num(stats.nct.cdf(-limit, freedom, shift)))


def _trainings(values: Sequence[float]) -> np.ndarray:
    values = np.asarray(values, float)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(
            f"Figures of two trainings are needed at least, in a row; these have the shape {values.shape}."
        )
    return values


def _interval(value: float, half_width: float) -> Interval:
    return Interval(float(value), float(value - half_width), float(value + half_width))
