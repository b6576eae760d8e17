"""Intervals and power against SciPy's own test and against simulated trainings."""

import numpy as np
import pytest
from scipy import stats

from helpers.teaching import noise


@pytest.mark.parametrize("seed", range(5))
def test_a_difference_is_that_of_the_t_test(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=rng.integers(2, 9)), rng.normal(1, 2, size=rng.integers(2, 9))
    got = noise.difference(first, second)
    known = stats.ttest_ind(second, first).confidence_interval()
    assert np.allclose([got.low, got.high], [known.low, known.high])
    assert got.value == pytest.approx(second.mean() - first.mean())
    assert got.counts() == (stats.ttest_ind(second, first).pvalue < 0.05)


def test_an_interval_of_a_mean_holds_the_truth_in_95_of_100_cases():
    groups = np.random.default_rng(0).normal(3, 2, size=(2000, 3))
    held = [interval.low <= 3 <= interval.high for interval in map(noise.mean, groups)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(("gap", "seeds"), [(0, 3), (1, 3), (2, 3), (1, 10), (3, 2)])
def test_power_is_the_share_of_simulated_comparisons_that_find_the_gap(gap, seeds):
    rng = np.random.default_rng(seeds)
    first, second = rng.normal(size=(seeds, 20_000)), rng.normal(gap, size=(seeds, 20_000))
    found = np.mean(stats.ttest_ind(second, first).pvalue < 0.05)
    assert noise.power(gap, seeds) == pytest.approx(found, abs=0.012)


def test_power_of_a_huge_gap_is_one():
    assert noise.power(50, 20) == pytest.approx(1)


@pytest.mark.parametrize("values", [[0.6], [], 0.6, [[0.6, 0.7]]])
def test_one_training_says_nothing_of_noise(values):
    with pytest.raises(ValueError, match="two trainings"):
        noise.mean(values)
    with pytest.raises(ValueError, match="two trainings"):
        noise.difference([0.1, 0.2], values)


def test_one_seed_a_side_has_no_power():
    with pytest.raises(ValueError, match="two are needed"):
        noise.power(1, 1)


def test_shares_are_written_in_per_cent():
    interval = noise.Interval(0.0342, 0.0123, 0.0561)
    assert interval.points() == "+3.4 points (+1.2 to +5.6)"
    assert interval.share() == "3.4 % (1.2 to 5.6)"


def test_rows_are_pooled_by_the_distances_to_their_own_means():
    rows = [[1.0, 3.0], [10.0, 10.0, 13.0]]
    deviation, freedom = noise.pooled(rows)
    assert (deviation, freedom) == (pytest.approx(np.sqrt((2 + 6) / 3)), 3)
    got = noise.difference(*rows, rows=[*rows, [5.0, 5.0]])
    half = stats.t.ppf(0.975, 4) * np.sqrt(8 / 4) * np.sqrt(1 / 2 + 1 / 3)
    assert np.allclose(got, (9, 9 - half, 9 + half))
    with pytest.raises(ValueError, match="two trainings"):
        noise.pooled([[1.0, 2.0], [3.0]])


def test_pooling_over_more_rows_raises_the_power():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(4000, 14, 3))
    rows[:, 1] += 2
    found = np.mean([noise.difference(each[0], each[1], each).counts() for each in rows])
    assert noise.power(2, 3, 14) == pytest.approx(found, abs=0.025)
    assert noise.power(2, 3, 14) > noise.power(2, 3) + 0.15
