"""Checks of lesson 14: right answers in several ways, planted wrong ones named, hostile ones survived."""

import numpy as np
import pytest
from answers import HOSTILE, HOSTILE_RESULTS, fails
from mistake_tables import distinguishable

from checks import lesson14 as check

NOISE, INTERVAL, STEP = check.exercise_14_1, check.exercise_14_2, check.exercise_14_3


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (NOISE, check.reference_with_noise),
        (NOISE, lambda images, noise: check.reference_with_noise(images, noise).tolist()),
        (INTERVAL, check.reference_paired_interval),
        (INTERVAL, lambda first, second: np.float32(check.reference_paired_interval(first, second))),
        (STEP, check.reference_fgsm_step),
        (STEP, lambda images, gradient, bound: check.reference_fgsm_step(images, gradient, bound).tolist()),
    ],
)
def test_right_answers_pass(exercise, answer):
    exercise(answer)


@pytest.mark.parametrize(
    ("exercise", "answer", "sentence"),
    [
        (NOISE, lambda images, noise: np.mod(np.trunc(images + noise), 256).astype(np.uint8), "Round as well"),
        (NOISE, lambda images, noise: (images + np.mod(np.rint(noise), 256)).astype(np.int64) % 256, "type int64"),
        (NOISE, lambda images, noise: np.ceil(np.clip(images + noise, 0, 255)).astype(np.uint8), "round up"),
        (NOISE, lambda images, noise: images[0], "shape"),
        (INTERVAL, lambda first, second: (first.mean(), second.mean()), "both accuracies"),
        (INTERVAL, lambda first, second: check.reference_paired_interval(first, second)[::-1], "other order"),
        (INTERVAL, lambda first, second: (0.1, 0.01), "Make one number of each image"),
        (STEP, lambda images, gradient, bound: np.clip(images + np.sign(gradient), 0, 255), "left the bound out"),
        (STEP, lambda images, gradient, bound: np.clip(images / 255 + bound * np.sign(gradient), 0, 255), "by 255"),
        (STEP, lambda images, gradient, bound: np.clip(images + 1.0 * bound, 0, 255), "brighter"),
        (STEP, lambda images, gradient, bound: np.zeros(images.shape), "one pixel by hand"),
    ],
)
def test_wrong_answers_meet_their_sentence(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)


def test_mistakes_are_distinguishable(monkeypatch):
    distinguishable(NOISE, monkeypatch, lambda images, noise: check.reference_with_noise(images, noise))
    distinguishable(INTERVAL, monkeypatch, check.reference_paired_interval)
    distinguishable(STEP, monkeypatch, check.reference_fgsm_step)


@pytest.mark.parametrize("exercise", [NOISE, INTERVAL, STEP])
@pytest.mark.parametrize(("answer", "sentence"), HOSTILE + HOSTILE_RESULTS)
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)


def test_references_leave_their_input_alone_and_agree_with_the_attack():
    images = np.array([[[[0], [255], [9]]]], np.uint8)
    gradient = np.array([[[[-1.0], [2.0], [0.0]]]])
    assert check.reference_fgsm_step(images, gradient, 4).ravel().tolist() == [0, 255, 9]
    assert images.ravel().tolist() == [0, 255, 9]
