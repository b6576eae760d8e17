"""Checks of lesson 09, exercises 9.2 and 12.3: Grad-CAM from maps and gradients, and the share of mass in a mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import by_rules, exercise, seeded, shape_of, values, wrong

# --- 9.2: Grad-CAM


@exercise("9.2")
def exercise_9_2(grad_cam: Callable) -> str:
    """``grad_cam(maps, gradients)``, both (rows, columns, channels), gives one map (rows, columns), 0 or more."""
    generator = seeded("9.2")
    cases = []
    for shape in ((3, 4, 2), (5, 3, 4), (4, 6, 5)):
        maps = np.maximum(generator.normal(size=shape), 0).astype(np.float32)
        # Each channel's gradients lie around a mean of its own, with either sign.
        means = np.linspace(-1, 1, shape[-1]) + 0.1
        gradients = (0.3 * means + 0.2 * generator.normal(size=shape)).astype(np.float32)
        cases.append((maps, gradients))
    by_rules(
        grad_cam,
        cases,
        reference_grad_cam,
        _cam_mistakes,
        lambda maps, _: f"maps of {len(maps)} rows, {maps.shape[1]} columns and {maps.shape[2]} channels",
        "On paper: one weight for each channel, the mean of its gradients; then the weighted sum of the maps.",
        shapes=_cam_shapes,
    )
    return "One weight a channel, so a map can only say where its channels responded."


def reference_grad_cam(maps: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """The maps added up, each with the mean of its gradients as weight; negative sums become 0."""
    total = np.zeros(np.shape(maps)[:2])
    for channel in range(np.shape(maps)[2]):
        total += np.asarray(maps)[..., channel].astype(float) * float(np.mean(np.asarray(gradients)[..., channel]))
    return np.maximum(total, 0)


def _cam_mistakes(maps: np.ndarray, gradients: np.ndarray) -> dict[str, np.ndarray]:
    maps, gradients = maps.astype(float), gradients.astype(float)
    weights = gradients.mean(axis=(0, 1))
    signed = (maps * weights).sum(axis=-1)
    right = np.maximum(signed, 0)
    return {
        "the negative sums are still there. Only what speaks *for* the class is kept: put 0 in their stead.": signed,
        "the sign is reversed: you keep what speaks *against* the class.": np.maximum(-signed, 0),
        "negative sums became positive. They become 0.": np.abs(signed),
        "you add up the gradients of a channel. Its weight is their *mean*.": right * gradients[..., 0].size,
        "you multiply each gradient with the number at its own position. A channel has *one* weight, the mean of its "
        "gradients.": np.maximum((maps * gradients).sum(axis=-1), 0),
        "you multiply each gradient with the number at its own position, and keep negative sums. A channel has *one* "
        "weight, the mean of its gradients.": (maps * gradients).sum(axis=-1),
        "your weights are means over the channels, one a position. One a *channel* is wanted: the mean over rows and "
        "columns.": np.maximum((maps * gradients.mean(axis=-1, keepdims=True)).sum(axis=-1), 0),
        "you take the mean over the channels at the end. Their *sum* is wanted.": right / len(weights),
        "you cut every weighted map at 0 before the sum. Add them up first: channels may speak against each other.": (
            np.maximum(maps * weights, 0).sum(axis=-1)
        ),
        "the signs of the weights are lost. A channel with a negative weight speaks against the class.": (
            (maps * np.abs(weights)).sum(axis=-1)
        ),
        "the maps are added up without weights.": maps.sum(axis=-1),
        "the weight of a channel is its largest gradient in yours. The mean is wanted.": (
            np.maximum((maps * gradients.max(axis=(0, 1))).sum(axis=-1), 0)
        ),
        "your map is scaled to a largest value of 1. Leave it as it is.": right / max(right.max(), 1e-12),
        "you use the mean of the *maps* as weights and add up the gradients. It is the other way round.": (
            np.maximum((gradients * maps.mean(axis=(0, 1))).sum(axis=-1), 0)
        ),
        "these are the weighted maps, one for each channel. Add them up.": maps * weights,
        "these are the weighted maps, one for each channel, cut at 0. Add them up, then cut.": (
            np.maximum(maps * weights, 0)
        ),
        "these are the weights. Multiply each map with its own, and add up.": weights,
    }


def _cam_shapes(maps: np.ndarray, _) -> dict[str, tuple[int, ...]]:
    rows, columns, channels = maps.shape
    return {
        "a map for each channel came back. One map is wanted: their weighted sum.": (rows, columns, channels),
        "a number for each channel came back. A map (rows, columns) is wanted.": (channels,),
        "one number came back. A map of the shape (rows, columns) is wanted: add up over the channels only.": (),
        "your map has the channels as an axis of length 1. Rows and columns alone are wanted.": (rows, columns, 1),
    }


# --- 9.3: the share of positive values inside a mask


@exercise("9.3")
def exercise_9_3(mass_inside: Callable) -> str:
    """``mass_inside(values, mask)``, both (rows, columns), gives a share from 0 to 1."""
    generator = seeded("9.3")
    cases = []
    for rows, columns, shift in ((3, 4, 0.2), (5, 4, -0.3), (4, 6, 2.5), (6, 5, 0.0)):
        mask = np.zeros((rows, columns), bool)
        mask[1:-1, 1 : columns - 1 - (columns > 5)] = True
        one = (generator.normal(size=mask.shape) + shift).astype(np.float32)
        # Both signs on both sides, and the highest inside in some cases only.
        one[0, :2], one[1, 1:3] = (0.7, -0.4), (0.9, -0.6)
        one[(0, 0) if rows % 2 else (1, 1)] = 4.0
        cases.append((one, mask))
    by_rules(
        mass_inside,
        cases,
        reference_mass_inside,
        _mass_mistakes,
        lambda one, _: f"a map of {len(one)} rows and {one.shape[1]} columns",
        "Set the negative values to 0. Then: the sum inside the mask, divided by the sum of all.",
        _one_share,
    )
    empty = np.minimum(cases[0][0], 0), cases[0][1]
    by_rules(
        mass_inside,
        [empty, (np.zeros((3, 3), np.float32), np.eye(3, dtype=bool))],
        lambda *_: 0.0,
        None,
        "a map without a positive value",
        "Where there is no mass, none lies inside: 0.",
        _nothing_divided,
    )
    return "Compare it with the area: a map that is the same everywhere has just that share."


def reference_mass_inside(one: np.ndarray, mask: np.ndarray) -> float:
    """The share of a map's positive values that lies inside a mask; 0 for a map without any."""
    positive = [float(value) for value in np.ravel(one)]
    inside = sum(value for value, within in zip(positive, np.ravel(mask)) if within and value > 0)
    whole = sum(value for value in positive if value > 0)
    return inside / whole if whole else 0.0


def _mass_mistakes(one: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    one = one.astype(float)
    positive = np.maximum(one, 0)
    inside, whole = positive[mask].sum(), positive.sum()
    return {
        "negative values count in yours. Set them to 0 first.": one[mask].sum() / one.sum(),
        "negative values count as positive ones in yours. Set them to 0 first.": (
            np.abs(one)[mask].sum() / np.abs(one).sum()
        ),
        "negative values count below the line, not above it. Set them to 0 first.": inside / one.sum(),
        "negative values count above the line, not below it. Set them to 0 first.": one[mask].sum() / whole,
        "this is the share outside the mask.": 1 - inside / whole,
        "this is the sum inside the mask. Divide it by the sum of all positive values.": inside,
        "you divide by the sum outside. Divide by the sum of all positive values.": inside / (whole - inside),
        "this is the mean inside the mask. Divide the sum by the sum of all positive values.": positive[mask].mean(),
        "you divide by the number of pixels. Divide by the sum of all positive values.": inside / one.size,
        "you divide the mean inside by the mean of the whole map. Divide sums.": (
            positive[mask].mean() / positive.mean()
        ),
        "you count positive pixels. Add up their values.": (one > 0)[mask].sum() / (one > 0).sum(),
        "you say how much of the mask is positive. Add up the values, and divide by the sum of the whole map.": (
            (one > 0)[mask].mean()
        ),
        "this is the area of the mask: the map has no part in it.": mask.mean(),
        "this says whether the peak lies inside. The share of the mass is wanted.": float(mask.flat[one.argmax()]),
    }


def _one_share(answer: Any, *_) -> None:
    if shape_of(answer) == (2,):
        wrong("two numbers came back; one is wanted, the share of the mass inside.")


def _nothing_divided(answer: Any, case: str, *_) -> None:
    array = values(answer)
    if array is not None and array.ndim == 0 and np.isnan(array):
        wrong(f"for {case} your share is NaN: 0 / 0. Ask before you divide, and return 0.")
