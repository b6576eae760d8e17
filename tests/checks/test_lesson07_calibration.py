"""Check of exercise 7.4: right answers in several ways, and planted wrong ones named."""

import itertools

import numpy as np
import pandas as pd
import pytest
from answers import fails, passes

from checks.lesson07_calibration import exercise_7_4, reference_calibration_error


def calibration_error(confidence, right, bins):
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    members = [index == k for k in np.unique(index)]
    return sum(m.mean() * abs(right[m].mean() - confidence[m].mean()) for m in members)


def upper_edges_included(confidence, right, bins):
    edges = np.linspace(0, 1, bins + 1)
    error = 0
    for low, high in itertools.pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += abs(right[inside].sum() - confidence[inside].sum())
    return error / len(right)


def by_histograms(confidence, right, bins):
    count, sure, hit = (
        np.histogram(confidence, bins, (0, 1), weights=w)[0] for w in (None, confidence, right.astype(int))
    )
    return np.float32(np.abs(sure - hit).sum() / count.sum())


def by_groups(confidence, right, bins):
    table = pd.DataFrame({"gap": right - confidence})
    groups = table.groupby(pd.cut(confidence, np.linspace(0, 1, bins + 1)), observed=True)
    return groups.sum().abs().sum().item() / len(table)


@pytest.mark.parametrize(
    "answer",
    [
        calibration_error,
        reference_calibration_error,
        upper_edges_included,
        by_histograms,
        by_groups,
        lambda *a: np.asarray(calibration_error(*a)),
    ],
)
def test_7_4_accepts(answer):
    passes(exercise_7_4, answer)


def parts(confidence, right, bins):
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    return [(np.mean(index == k), confidence[index == k].mean(), right[index == k].mean(), k) for k in np.unique(index)]


def without_ones(confidence, right, bins):
    inside = confidence < 1
    return calibration_error(confidence[inside], right[inside], bins) * inside.mean()


def with_bin_of_their_own(confidence, right, bins):
    index = np.digitize(confidence, np.linspace(0, 1, bins + 1))
    members = [index == k for k in np.unique(index)]
    return sum(m.mean() * abs(right[m].mean() - confidence[m].mean()) for m in members)


def with_empty_bins(confidence, right, bins):
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    with np.errstate(all="ignore"):
        sums = [np.bincount(index, w, minlength=bins) for w in (right, confidence)]
        return float(np.mean(np.abs(sums[0] - sums[1]) / np.bincount(index, minlength=bins)))


def in_bins(index, confidence, right):
    return sum(abs((right - confidence)[index == k].sum()) for k in np.unique(index)) / len(right)


def from_lowest_to_highest(confidence, right, bins):
    edges = np.linspace(confidence.min(), confidence.max(), bins + 1)
    return in_bins(np.clip(np.digitize(confidence, edges), 1, bins), confidence, right)


def rounded_bins(confidence, right, bins):
    return in_bins(np.round(confidence * bins), confidence, right)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda *a: np.mean([abs(acc - conf) for _, conf, acc, _ in parts(*a)]), "every bin weighs the same"),
        (lambda c, r, b: sum(abs(acc - conf) for _, conf, acc, _ in parts(c, r, b)) / b, "empty ones included"),
        (lambda c, r, b: abs(r.mean() - c.mean()), "must not cancel"),
        (lambda c, r, b: c.mean() - r.mean(), "must not cancel"),
        (lambda *a: max(abs(acc - conf) for _, conf, acc, _ in parts(*a)), "largest gap"),
        (lambda *a: sum(abs(acc - conf) for _, conf, acc, _ in parts(*a)), "not weighted"),
        (lambda *a: sum(w * (acc - conf) ** 2 for w, conf, acc, _ in parts(*a)), "squared"),
        (lambda c, r, b: sum(w * abs(acc - (k + 0.5) / b) for w, _, acc, k in parts(c, r, b)), "middle of each bin"),
        (without_ones, "fallen out"),
        (lambda c, r, b: calibration_error(c[c < 1], r[c < 1], b), "missing"),
        (with_bin_of_their_own, "bin of their own"),
        (with_empty_bins, "Some bins hold no image"),
        (lambda *a: 100 * calibration_error(*a), "per cent"),
        (lambda c, r, b: len(c) * calibration_error(c, r, b), "sum over the images"),
        (lambda c, r, b: calibration_error(c, r, 10), "always use ten bins"),
        (lambda *a: np.sqrt(sum(w * (acc - conf) ** 2 for w, conf, acc, _ in parts(*a))), "their root is taken"),
        (lambda *a: sum(w * max(conf - acc, 0) for w, conf, acc, _ in parts(*a)), "not sure enough count as 0"),
        (lambda *a: sum(w * max(acc - conf, 0) for w, conf, acc, _ in parts(*a)), "too sure count as 0"),
        (lambda c, r, b: np.mean(np.abs(c - r)), "mean gap of single images"),
        (lambda c, r, b: np.mean((c - r) ** 2), "Brier score"),
        (lambda c, r, b: calibration_error((c - c.min()) / np.ptp(c) * 0 + c, r, 1), "must not cancel"),
        (from_lowest_to_highest, "from the lowest to the highest confidence"),
        (rounded_bins, "one bin more than `bins`"),
        (lambda c, r, b: r.mean() - c.mean(), "accuracy - mean confidence over all"),
        (lambda *a: round(calibration_error(*a), 3), "rounded to 3 decimals"),
        (lambda *a: 1 - calibration_error(*a), "1 minus"),
        (lambda *a: calibration_error(*a) + 5e-4, "fullest bin by hand: 21 of the 40 images, mean confidence 0.958"),
        (lambda *a: np.array(np.nan), "Some bins hold no image"),
        (lambda *a: 0.5, "Work out the fullest bin"),
        (lambda *a: [0.1, 0.2], "one number"),
    ],
)
def test_7_4_names_the_mistake(answer, sentence):
    fails(exercise_7_4, answer, match=sentence)
