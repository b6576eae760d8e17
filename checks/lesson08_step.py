"""Checks of lesson 08, exercise 8.3: a step along the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import by_rules, exercise, seeded, values, wrong

# --- 8.3: one step along the gradient


@exercise("8.3")
def exercise_8_3(step_uphill: Callable) -> str:
    """``step_uphill(image, gradient, step_size)``, arrays (rows, columns, 3), gives the image after one step."""
    generator = seeded("8.3")
    cases = []
    # Steps that stay within 0 to 255, and one that leaves it on both sides.
    for rows, columns, scale, step, low, high in (
        (6, 5, 1e-3, 8.0, 90, 160),
        (4, 6, 20.0, 2.5, 90, 160),
        (5, 7, 1.0, 60.0, 0, 255),
    ):
        image = generator.uniform(low, high, (rows, columns, 3)).astype(np.float32)
        gradient = (scale * generator.normal(size=image.shape)).astype(np.float32)
        # The steepest number goes down, so that the largest gradient and the largest absolute gradient differ.
        gradient[1, 2, 0] = -1.5 * np.abs(gradient).max()
        if high == 255:  # even the smallest step leaves the range at two corners
            image[0, 0], image[-1, -1] = 0, 255
            gradient[0, 0], gradient[-1, -1] = -np.abs(gradient[0, 0]), np.abs(gradient[-1, -1])
        cases.append((image, gradient, step))
    by_rules(
        step_uphill,
        cases,
        reference_step_uphill,
        _step_mistakes,
        lambda image, _, step: f"an image of {len(image)} rows, {image.shape[1]} columns and step_size = {step:g}",
        _largest_change,
    )
    flat = generator.uniform(0, 255, (4, 5, 3)).astype(np.float32)
    by_rules(
        step_uphill,
        [(flat, np.zeros_like(flat), 8.0)],
        reference_step_uphill,
        None,
        "a gradient that is 0 everywhere",
        "Where the gradient is 0 everywhere, nothing changes.",
        _divided_by_zero,
    )
    return "The scale of the gradient no longer matters: it is the same step for a faint channel and a loud one."


def reference_step_uphill(image: np.ndarray, gradient: np.ndarray, step: float) -> np.ndarray:
    """The image after one step whose largest change is ``step`` grey values; itself where there is no gradient."""
    steepest = max(abs(value) for value in gradient.ravel().tolist())
    moved = image.astype(float) + gradient.astype(float) * (step / steepest if steepest else 0.0)
    return np.minimum(np.maximum(moved, 0), 255)


def _step_mistakes(image: np.ndarray, gradient: np.ndarray, step: float) -> dict[str, np.ndarray]:
    image, gradient = image.astype(float), gradient.astype(float)
    size = np.abs(gradient)
    right = gradient * step / size.max()
    steps = {
        "your step goes downhill. To make the response larger, *add* the gradient.": -right,
        "you add step_size times the gradient as it is. Divide it by its largest absolute number first.": (
            gradient * step
        ),
        "you divide by the largest number. Here the steepest one is *negative*: take the largest absolute one.": (
            gradient * step / gradient.max()
        ),
        "you divide by the norm of the gradient, the root of the sum of squares. Its largest absolute number is "
        "wanted.": gradient * step / np.linalg.norm(gradient),
        "you divide by the root of the mean square. The largest absolute number of the gradient is wanted.": (
            gradient * step / np.sqrt((gradient**2).mean())
        ),
        "you divide by the standard deviation of the gradient. Its largest absolute number is wanted.": (
            gradient * step / gradient.std()
        ),
        "you divide by the mean absolute gradient, not by the largest.": gradient * step / size.mean(),
        "you divide by the sum of the absolute gradients, not by the largest.": gradient * step / size.sum(),
        "you divide by the distance from the smallest to the largest gradient. Its largest absolute number is "
        "wanted.": gradient * step / np.ptp(gradient),
        "only the signs of the gradient are left: every number changes by the whole step. The steepest one does, the "
        "others in proportion.": np.sign(gradient) * step,
        "all numbers go up, also where the gradient is negative. Its sign is lost.": np.abs(right),
        "you scale each colour by its own steepest number. One number for the whole image.": (
            gradient * step / size.max(axis=(0, 1))
        ),
        "you scale each pixel by its own steepest number. One number for the whole image.": (
            gradient * step / size.max(axis=2, keepdims=True)
        ),
        "`step_size` is missing: your steepest number changes by 1.": gradient / size.max(),
        "you divide by step_size. The steepest number changes by step_size: multiply by it.": (
            gradient / size.max() / step
        ),
        "your step is half of what it should be.": right / 2,
        "your step is twice what it should be.": 2 * right,
    }
    moved = {sentence: np.clip(image + by, 0, 255) for sentence, by in steps.items()}
    unclipped = {f"{sentence} And clip the result to 0 to 255.": image + by for sentence, by in steps.items()}
    others = {
        "your image leaves the range from 0 to 255. Clip it.": image + right,
        "your image goes below 0. Clip it on both sides.": np.minimum(image + right, 255),
        "your image goes above 255. Clip it on both sides.": np.maximum(image + right, 0),
        "this is the step alone. Add it to the image.": right,
        "this is the step alone, clipped to 0 to 255. Add it to the image, then clip.": np.clip(right, 0, 255),
        "your image is clipped to 0 to 1; it has grey values from 0 to 255.": np.clip(image + right, 0, 1),
        "your image is clipped to -1 to 1; it has grey values from 0 to 255.": np.clip(image + right, -1, 1),
        "your image is divided by 255. It has grey values from 0 to 255.": np.clip(image + right, 0, 255) / 255,
        "this is the old image: nothing has changed.": image,
        "this is the gradient. Add a step along it to the image.": gradient,
    }
    return moved | unclipped | others


def _largest_change(got: np.ndarray, image: np.ndarray, _, step: float) -> str:
    change = np.abs(got - image).max()
    return (
        f"The steepest number should change by step_size = {step:g} unless it is clipped; the largest change in yours "
        f"is {change:.3g}."
    )


def _divided_by_zero(answer: Any, case: str, *_) -> None:
    array = values(answer)
    if array is not None and np.isnan(array).all():
        wrong(f"for {case} your image is all NaN: 0 / 0. Ask before you divide, and return the image as it is.")
