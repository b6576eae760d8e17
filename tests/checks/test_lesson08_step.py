"""Checks of exercise 8.3: right answers in several ways, planted wrong ones named, hostile ones survived."""

import numpy as np
import pytest
import tensorflow as tf
from answers import HOSTILE, HOSTILE_RESULTS, fails
from mistake_tables import distinguishable

from checks import lesson08_step as check

# 8.3


def uphill(image, gradient, step_size):
    steepest = np.abs(gradient).max()
    return image.copy() if steepest == 0 else np.clip(image + step_size * gradient / steepest, 0, 255)


def uphill_by_tensorflow(image, gradient, step_size):
    share = tf.math.divide_no_nan(gradient, tf.reduce_max(tf.abs(gradient)))
    return tf.clip_by_value(image + step_size * share, 0.0, 255.0)


def in_halves(image, gradient, step_size):
    steepest = max(gradient.max(), -gradient.min())
    if not steepest:
        return image
    for _ in range(2):
        image = image + np.float32(step_size / 2 / steepest) * gradient
    return np.clip(image, 0, 255)


@tf.function(jit_compile=False)
def jitted(image, gradient, step_size):
    return tf.clip_by_value(image + step_size * tf.math.divide_no_nan(gradient, tf.norm(gradient, np.inf)), 0, 255)


def with_tiny(image, gradient, step_size):
    return np.clip(image + step_size * gradient / (np.abs(gradient).max() + 1e-12), 0, 255)


@pytest.mark.parametrize(
    "answer", [uphill, uphill_by_tensorflow, with_tiny, lambda *a: uphill(*a).tolist(), in_halves, jitted]
)
def test_8_3_accepts(answer):
    check.exercise_8_3(answer)


def scaled(scale):
    """A wrong step: ``scale`` says by what the gradient is divided."""
    return lambda image, gradient, step: np.clip(image + step * gradient / np.maximum(scale(gradient), 1e-12), 0, 255)


def in_place(image, gradient, step_size):
    image += step_size * gradient / max(np.abs(gradient).max(), 1e-12)
    return image


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda p, s, z: uphill(p, -s, z), "goes downhill"),
        (lambda p, s, z: p + z * s / max(np.abs(s).max(), 1e-12), "Clip it"),
        (lambda p, s, z: np.clip(p + z * s, 0, 255), "gradient as it is"),
        (scaled(lambda s: s.max()), r"steepest one is \*negative\*"),
        (scaled(lambda s: np.linalg.norm(s)), "norm of the gradient"),
        (scaled(lambda s: np.abs(s).mean()), "mean absolute gradient"),
        (scaled(lambda s: np.abs(s)), "whole step"),
        (scaled(lambda s: np.abs(s).max(axis=(0, 1))), "each colour"),
        (lambda p, s, z: z * s / max(np.abs(s).max(), 1e-12), "the step alone"),
        (lambda p, s, z: uphill(p, s, z).clip(0, 1), "0 to 1"),
        (lambda p, s, z: p.copy(), "old image"),
        (lambda p, s, z: uphill(p, s, z).astype("uint8"), "lost its fractions"),
        (lambda p, s, z: uphill(p, s, z).round(), "rounded to whole numbers"),
        (lambda p, s, z: uphill(p, s, z).round(2), "rounded to 2 decimals"),
        (lambda p, s, z: uphill(p, s, z)[None], r"should have the shape \(4, 6, 3\)"),
        (lambda p, s, z: np.clip(p + z * s / np.abs(s).max(), 0, 255), "NaN"),
        (lambda p, s, z: uphill(p, s, z) + (0 if s.any() else 8), "nothing changes"),
        (lambda p, s, z: uphill(p, s, z) + 1, "always 1 too large"),
        (lambda p, s, z: uphill(p, s, 1.1 * z), "should change by step_size = 2.5"),
        (lambda p, s, z: np.clip(p + z * s / (np.abs(s).max() + 1e-5), 0, 255), "should change by step_size = 8"),
        (scaled(lambda s: np.sqrt(np.mean(s**2))), "root of the mean square"),
        (scaled(lambda s: s.std()), "standard deviation"),
        (scaled(lambda s: np.abs(s).sum()), "sum of the absolute"),
        (scaled(lambda s: s.max() - s.min()), "smallest to the largest"),
        (scaled(lambda s: np.abs(s).max(axis=2, keepdims=True)), "each pixel"),
        (lambda p, s, z: uphill(p, np.abs(s), z), "Its sign is lost"),
        (lambda p, s, z: uphill(p, s, 1), "`step_size` is missing"),
        (lambda p, s, z: uphill(p, s, 1 / z), "divide by step_size"),
        (lambda p, s, z: uphill(p, s, z / 2), "step is half"),
        (lambda p, s, z: uphill(p, s, 2 * z), "step is twice"),
        (lambda p, s, z: np.minimum(p + z * s / max(np.abs(s).max(), 1e-12), 255), "goes below 0"),
        (lambda p, s, z: np.maximum(p + z * s / max(np.abs(s).max(), 1e-12), 0), "goes above 255"),
        (lambda p, s, z: uphill(p, s, z) / 255, "divided by 255"),
        (lambda p, s, z: p - z * s / max(np.abs(s).max(), 1e-12), "goes downhill.*And clip"),
        (lambda p, s, z: s.copy(), "this is the gradient"),
        (lambda p, s, z: (p + z * s / max(np.abs(s).max(), 1e-12)).clip(-1, 1), "-1 to 1"),
        (lambda p, s, z: uphill(np.zeros_like(p), s, z), "the step alone, clipped"),
        (lambda p, s, z: p + z * s, "gradient as it is.*And clip"),
        (lambda p, s, z: p + z * s / max(np.linalg.norm(s), 1e-12), "norm of the gradient.*And clip"),
        (lambda p, s, z: p + z * np.sign(s), "only the signs.*And clip"),
        (lambda p, s, z: p + s / max(np.abs(s).max(), 1e-12), "`step_size` is missing.*And clip"),
        (
            lambda p, s, z: uphill(p, s, z).transpose(1, 0, 2),
            r"should have the shape \(4, 6, 3\), yours has \(6, 4, 3\)",
        ),
        (in_place, "changed its input"),
    ],
)
def test_8_3_names_the_mistake(answer, sentence):
    with np.errstate(all="ignore"):
        fails(check.exercise_8_3, answer, match=sentence)


def test_8_3_distinguishes_mistakes(monkeypatch):
    distinguishable(check.exercise_8_3, monkeypatch, uphill)


@pytest.mark.parametrize(("answer", "sentence"), HOSTILE + HOSTILE_RESULTS)
def test_hostile_answers(answer, sentence):
    fails(check.exercise_8_3, answer, match=sentence)
