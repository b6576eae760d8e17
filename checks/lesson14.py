"""Checks of lesson 14, Outside the test set: noise on whole numbers, a paired interval, a step of FGSM."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import by_rules, call, exercise, seeded, values, wrong

# --- 14.1: noise on an image of whole numbers


@exercise("14.1")
def exercise_14_1(with_noise: Callable) -> str:
    """``with_noise(images, noise)``: uint8 and real numbers of one shape, gives the noisy images, uint8."""
    generator = seeded("14.1")
    cases = []
    for shape, deviation in (((2, 3, 4, 3), 20), ((1, 6, 5, 3), 60), ((3, 4, 4, 1), 5)):
        images = generator.integers(0, 256, shape, np.uint8)
        images.flat[:8] = (0, 255, 3, 252, 1, 254, 0, 255)
        noise = generator.normal(scale=deviation, size=shape)
        noise.flat[:8] = (-7.3, 9.4, -11.2, 14.7, 4.6, -3.4, 12.8, -20.9)
        # No sum lies half-way between two whole numbers.
        noise += np.where(np.abs(noise % 1 - 0.5) < 0.01, 0.03, 0)
        cases.append((images, noise))
    by_rules(
        lambda images, noise: _whole_grey_values(call(with_noise, images, noise)),
        cases,
        reference_with_noise,
        _noise_mistakes,
        lambda images, _: f"images of the shape {images.shape}",
        "Add in float first, then round, then cut to 0 to 255, then make it uint8.",
    )
    return "Grey values stay between 0 and 255, as in any file of an image."


def reference_with_noise(images: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The sum, rounded and cut to 0 to 255, uint8."""
    return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)


def _whole_grey_values(answer: Any) -> Any:
    kind = getattr(answer, "dtype", None)
    if kind is not None and kind != np.uint8:
        wrong(f"the result has the type {kind}. Images are uint8: round and cut to 0 to 255, then .astype(np.uint8).")
    # As real numbers: by_rules names a wrong type of a result, and this one is right.
    array = values(answer)
    return answer if array is None else array.astype(float)


def _noise_mistakes(images: np.ndarray, noise: np.ndarray) -> dict[str, np.ndarray]:
    total = images + noise
    whole = np.rint(total)
    wraps = (
        "below 0 and above 255 your values begin again at the other end: uint8 knows no other numbers. Cut to 0 to 255 "
        "*before* you make it uint8."
    )
    return {
        wraps: np.mod(whole, 256),
        f"{wraps} Round as well: .astype cuts the decimals off.": np.mod(np.trunc(total), 256),
        "you cut the decimals off: .astype(np.uint8) makes 4.9 a 4. Round first, with np.rint.": np.trunc(
            np.clip(total, 0, 255)
        ),
        "values above 255 begin again at 0. Cut at both ends.": np.mod(np.maximum(whole, 0), 256),
        "values below 0 begin again at 255. Cut at both ends.": np.mod(np.minimum(whole, 255), 256),
        "you subtract the noise. Add it.": np.clip(np.rint(images - noise), 0, 255),
        "the noise alone came back. Add it to the images.": np.clip(np.rint(noise), 0, 255),
        "the images came back as they were.": images,
        "you add the size of the noise only. Negative noise makes a pixel darker.": np.clip(
            np.rint(images + np.abs(noise)), 0, 255
        ),
        "you round up. Round to the nearest whole number, with np.rint.": np.ceil(np.clip(total, 0, 255)),
        "you made the noise uint8 before you added it: negative noise cannot be uint8. Add in float.": np.mod(
            images + np.trunc(noise), 256
        ),
    }


# --- 14.2: the interval of a paired difference


@exercise("14.2")
def exercise_14_2(paired_interval: Callable) -> str:
    """``paired_interval(first, second)``, booleans (n,) of two networks, gives second - first and its half-width."""
    generator = seeded("14.2")
    cases = []
    for images, accuracy, changed, gain in ((600, 0.7, 0.2, -0.3), (900, 0.5, 0.35, 0.3), (1_500, 0.85, 0.1, -0.3)):
        first = generator.random(images) < accuracy
        second = np.where(generator.random(images) < changed, generator.random(images) < accuracy + gain, first)
        cases.append((first, second))
    by_rules(
        paired_interval,
        cases,
        reference_paired_interval,
        _interval_mistakes,
        lambda first, _: f"{len(first)} images",
        "Make one number of each image, -1, 0 or 1, and take mean and standard deviation of these.",
        _two_numbers,
        2e-4,
    )
    return "What both networks get right or wrong alike adds nothing to the noise."


def reference_paired_interval(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Right or not (n,) of two networks -> the difference second - first, and half the width of its 95 % interval."""
    change = np.asarray(second, float) - np.asarray(first, float)
    return float(change.mean()), float(1.96 * change.std() / np.sqrt(len(change)))


def _interval_mistakes(first: np.ndarray, second: np.ndarray) -> dict[str, Any]:
    change = second.astype(float) - first
    n, gap, half = len(change), *reference_paired_interval(first, second)
    error = half / 1.96
    unpaired = 1.96 * np.sqrt((first.var() + second.var()) / n)
    return {
        "the sign is the other way round. Positive means that the second network is better.": (-gap, half),
        "the half-width is that of two *separate* groups of images. Both networks saw the same: take the standard "
        "deviation of the differences, image by image.": (gap, unpaired),
        "the half-width adds up two intervals. Take the standard deviation of the differences, image by image.": (
            gap,
            1.96 * (first.std() + second.std()) / np.sqrt(n),
        ),
        "the half-width is the standard error. Multiply by 1.96 for 95 %.": (gap, error),
        "the half-width is the standard deviation of single images. Divide by the root of their number.": (
            gap,
            1.96 * change.std(),
        ),
        "you have the standard deviation, without 1.96 and without the root of n.": (gap, change.std()),
        "you divide by n. Divide the standard deviation by the *root* of n.": (gap, 1.96 * change.std() / n),
        "the variance stands where the standard deviation belongs.": (gap, 1.96 * change.var() / np.sqrt(n)),
        "the whole width came back. Half of it is wanted, from the middle to one end.": (gap, 2 * half),
        "you returned the two ends. The difference and half the width are wanted.": (gap - half, gap + half),
        "these are points of per cent. Return shares: 0.05, not 5.": (100 * gap, 100 * half),
        "the size of the difference came back without its sign.": (abs(gap), half),
        "the factor is 1.96 for 95 %, not 2.": (gap, 2 * error),
        "the factor is 1.96 for 95 %, not 1.645: that is for 90 %.": (gap, 1.645 * error),
        "both accuracies came back. The difference and half the width of its interval are wanted.": (
            first.mean(),
            second.mean(),
        ),
        "the two numbers are in the other order: the difference comes first.": (half, gap),
    }


def _two_numbers(answer: Any, case: str, *_: Any) -> None:
    array = values(answer)
    if array is not None and array.ndim == 0 and np.isfinite(array):
        wrong(f"for {case} one number came back; two are wanted, the difference and half the width.")


# --- 14.3: one step of FGSM


@exercise("14.3")
def exercise_14_3(fgsm_step: Callable) -> str:
    """``fgsm_step(images, gradient, bound)``, uint8, real numbers and grey values, gives images 0 to 255."""
    generator = seeded("14.3")
    cases = []
    for shape, bound in (((2, 3, 4, 3), 1), ((1, 5, 4, 3), 4), ((3, 4, 4, 1), 2), ((2, 3, 3, 3), 0.5)):
        images = generator.integers(0, 256, shape, np.uint8)
        images.flat[:6] = (0, 255, 0, 255, 128, 1)
        gradient = generator.normal(scale=0.02, size=shape)
        gradient.flat[:6] = (-0.03, 0.05, 0.01, -0.02, 0.0001, -0.06)
        gradient += np.where(np.abs(gradient) < 1e-5, 1e-4, 0)
        cases.append((images, gradient.astype(np.float32), bound))
    by_rules(
        fgsm_step,
        cases,
        reference_fgsm_step,
        _step_mistakes,
        lambda images, _, bound: f"images of the shape {images.shape} and the bound {bound}",
        "Work out one pixel by hand: which sign has its gradient, and may it go that far?",
    )
    return "Every number whose gradient is not 0 moves by the bound, as far as 0 to 255 allow."


def reference_fgsm_step(images: np.ndarray, gradient: np.ndarray, bound: float) -> np.ndarray:
    """Images moved by the bound, in grey values, along the sign of the gradient, and cut to 0 to 255."""
    return np.clip(np.asarray(images, np.float32) + bound * np.sign(gradient), 0, 255)


def _step_mistakes(images: np.ndarray, gradient: np.ndarray, bound: float) -> dict[str, np.ndarray]:
    x, sign = images.astype(float), np.sign(gradient)
    steepest, norm = np.abs(gradient).max(), np.linalg.norm(gradient)
    own = np.linalg.norm(gradient.reshape(len(x), -1), axis=1).reshape(-1, 1, 1, 1)
    return {
        "you go downhill: this makes the loss smaller. An attack *adds* the sign of the gradient.": np.clip(
            x - bound * sign, 0, 255
        ),
        "your pixels leave 0 to 255: no image can hold these. Cut with np.clip.": x + bound * sign,
        "your pixels go above 255. Cut at both ends.": np.maximum(x + bound * sign, 0),
        "your pixels go below 0. Cut at both ends.": np.minimum(x + bound * sign, 255),
        "below 0 and above 255 your values begin again at the other end: compute in float, then cut.": np.mod(
            x + bound * sign, 256
        ),
        "you add the gradient itself. Take its *sign*: every pixel may move by the whole bound.": np.clip(
            x + bound * gradient, 0, 255
        ),
        "you divide the gradient by its largest entry, as in lesson 08. Take its *sign*: every pixel may move by the "
        "whole bound.": np.clip(x + bound * gradient / steepest, 0, 255),
        "you divide the gradient by its norm. Take its *sign*: every pixel may move by the whole bound.": np.clip(
            x + bound * gradient / norm, 0, 255
        ),
        "you divide each image's gradient by its norm. Take its *sign*: every pixel may move by the bound.": np.clip(
            x + bound * gradient / own, 0, 255
        ),
        "you multiply the bound by 255. It is given in grey values already.": np.clip(x + 255 * bound * sign, 0, 255),
        "you divide the bound by 255. It is given in grey values, and so are the images.": np.clip(
            x + bound / 255 * sign, 0, 255
        ),
        "you left the bound out: every pixel moves by 1.": np.clip(x + sign, 0, 255),
        "you cut to 0 to 1. These images go from 0 to 255.": np.clip(x + bound * sign, 0, 1),
        "you divide the images by 255. They stay in grey values.": np.clip(x / 255 + bound * sign, 0, 255),
        "the change alone came back. Add it to the images.": bound * sign,
        "every pixel became brighter. Where the gradient is negative, darker raises the loss.": np.clip(
            x + bound, 0, 255
        ),
        "you cut the decimals off. With a bound of 0.5 a pixel moves by half a grey value: return float.": np.trunc(
            np.clip(x + bound * sign, 0, 255)
        ),
    }
