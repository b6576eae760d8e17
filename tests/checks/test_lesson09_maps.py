"""Checks of exercises 9.2 and 9.3: right answers in several ways, planted wrong ones named, hostile ones survived."""

import numpy as np
import pytest
import tensorflow as tf
from answers import HOSTILE, HOSTILE_RESULTS, fails
from mistake_tables import distinguishable

from checks import lesson09_maps as check

# 9.2


def cam(maps, gradients):
    return np.maximum((maps * gradients.mean(axis=(0, 1))).sum(axis=-1), 0)


def cam_by_loops(maps, gradients):
    rows, columns, channels = maps.shape
    weights = [sum(float(g) for row in gradients for g in row[:, k]) / (rows * columns) for k in range(channels)]
    sums = [[sum(w * float(m) for w, m in zip(weights, maps[i, j])) for j in range(columns)] for i in range(rows)]
    return [[max(0.0, one) for one in row] for row in sums]


def cam_by_tensors(maps, gradients):
    return tf.nn.relu(tf.einsum("rck,k->rc", maps, tf.reduce_mean(gradients, axis=(0, 1))))


@pytest.mark.parametrize("answer", [cam, cam_by_loops, cam_by_tensors, lambda m, g: cam(m, g).astype("float32")])
def test_9_2_accepts(answer):
    check.exercise_9_2(answer)


def weighted(weights, cut=True):
    def answer(maps, gradients):
        total = (maps * weights(gradients)).sum(axis=-1)
        return np.maximum(total, 0) if cut else total

    return answer


def mean(gradients):
    return gradients.mean(axis=(0, 1))


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (weighted(mean, cut=False), "negative sums are still there"),
        (lambda m, g: cam(m, -g), "sign is reversed"),
        (lambda m, g: np.abs(weighted(mean, cut=False)(m, g)), "became positive"),
        (weighted(lambda g: g.sum(axis=(0, 1))), r"their \*mean\*"),
        (weighted(lambda g: g), "at its own position. A"),
        (weighted(lambda g: g, cut=False), "at its own position, and keep"),
        (weighted(lambda g: g.mean(axis=-1, keepdims=True)), "means over the channels"),
        (lambda m, g: cam(m, g) / m.shape[-1], r"\*sum\*"),
        (lambda m, g: np.maximum(m * mean(g), 0).sum(axis=-1), "before the sum"),
        (weighted(lambda g: np.abs(mean(g))), "signs of the weights"),
        (weighted(lambda g: 1), "without weights"),
        (weighted(lambda g: g.max(axis=(0, 1))), "largest gradient"),
        (lambda m, g: cam(m, g) / cam(m, g).max(), "scaled to a largest"),
        (lambda m, g: cam(g, m), "other way round"),
        (lambda m, g: m * mean(g), "Add them up"),
        (lambda m, g: np.maximum(m * mean(g), 0), "cut at 0"),
        (lambda m, g: mean(g), "these are the weights"),
        (lambda m, g: m, "map for each channel"),
        (lambda m, g: m.mean(axis=(0, 1)), "number for each channel"),
        (lambda m, g: float(cam(m, g).sum()), "one number came back"),
        (lambda m, g: cam(m, g)[..., None], "axis of length 1"),
        (lambda m, g: cam(m, g).round(2), "rounded"),
        (lambda m, g: cam(m, g) + 0.1, "always|paper|too"),
    ],
)
def test_9_2_names_the_mistake(answer, sentence):
    fails(check.exercise_9_2, answer, match=sentence)


# 9.3


def mass(values, mask):
    positive = np.maximum(values, 0)
    return positive[mask].sum() / positive.sum() if positive.any() else 0


def mass_by_loops(values, mask):
    inside = whole = 0.0
    for row, within in zip(values.tolist(), mask.tolist()):
        for value, one in zip(row, within):
            whole += max(value, 0)
            inside += max(value, 0) * one
    return inside / whole if whole > 0 else 0.0


@pytest.mark.parametrize(
    "answer",
    [
        mass,
        mass_by_loops,
        lambda v, m: tf.math.divide_no_nan(tf.reduce_sum(tf.nn.relu(v) * m), tf.reduce_sum(tf.nn.relu(v))),
        lambda v, m: np.float32(mass(v, m)),
        lambda v, m: np.average(m, weights=v.clip(0)) if (v > 0).any() else 0,
    ],
)
def test_9_3_accepts(answer):
    check.exercise_9_3(answer)


def share(above, below):
    def answer(values, mask):
        with np.errstate(all="ignore"):
            return float(np.nan_to_num(above(values)[mask].sum() / below(values).sum(), posinf=0, neginf=0))

    return answer


def up(values):
    return np.maximum(values, 0)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (share(lambda v: v, lambda v: v), "count in yours"),
        (share(np.abs, np.abs), "count as positive"),
        (share(up, lambda v: v), "below the line"),
        (share(lambda v: v, up), "above the line"),
        (lambda v, m: mass(v, ~m), "outside the mask"),
        (lambda v, m: up(v)[m].sum(), "sum inside"),
        (lambda v, m: up(v)[m].sum() / max(up(v)[~m].sum(), 1e-9), "sum outside"),
        (lambda v, m: up(v)[m].mean(), "mean inside the mask"),
        (lambda v, m: up(v)[m].sum() / v.size, "number of pixels"),
        (lambda v, m: up(v)[m].mean() / max(up(v).mean(), 1e-9), "Divide sums"),
        (share(lambda v: v > 0, lambda v: v > 0), "count positive pixels"),
        (lambda v, m: (v > 0)[m].mean(), "how much of the mask"),
        (lambda v, m: m.mean(), "area of the mask"),
        (lambda v, m: float(m.flat[v.argmax()]), "whether the peak"),
        (lambda v, m: (mass(v, m), m.mean()), "two numbers"),
        (lambda v, m: 100 * mass(v, m), "per cent"),
        (lambda v, m: round(float(mass(v, m)), 2), "rounded"),
        (lambda v, m: up(v)[m].sum() / up(v).sum(), "0 / 0"),
        (lambda v, m: mass(v, m) if v.any() and (v > 0).any() else 1, "none lies inside"),
    ],
)
def test_9_3_names_the_mistake(answer, sentence):
    with np.errstate(all="ignore"):
        fails(check.exercise_9_3, answer, match=sentence)


def test_9_2_and_9_3_distinguish_mistakes(monkeypatch):
    distinguishable(check.exercise_9_2, monkeypatch, cam)
    distinguishable(check.exercise_9_3, monkeypatch, mass)


@pytest.mark.parametrize("exercise", [check.exercise_9_2, check.exercise_9_3])
@pytest.mark.parametrize(("answer", "sentence"), HOSTILE + HOSTILE_RESULTS)
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)
