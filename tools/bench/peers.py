"""Our explanations against captum's, by the same weights in PyTorch: the maps must agree, then both take turns."""

from __future__ import annotations

import importlib.util
import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor

import keras
import numpy as np

from helpers import explain
from tools.bench import captum_maps

ROUNDS = 9
TOLERANCE = 1e-5  # of the largest value of a map


def captum_is_there() -> bool:
    return all(importlib.util.find_spec(name) for name in ("torch", "captum"))


def captum(model: keras.Model, images: np.ndarray, patch: int = 4, rounds: int = ROUNDS) -> dict:
    """The record: job -> median seconds of ours and of captum for all images, and the ratio; prints a line for each.

    Raises AssertionError where the maps differ. What a first call prepares is not timed.
    """
    classes = np.arange(len(images)) % model.output_shape[-1]
    fill = float(images.mean())
    ours = {
        "saliency": lambda: explain.saliency(model, images, classes),
        "Grad-CAM": lambda: explain.grad_cam(model, images, classes),
        "occlusion": lambda: by_pixel(explain.occlusion(model, images, classes, fill, patch, output="logit"), patch),
    }
    weights, found = [weight.numpy() for weight in model.weights], {}
    print(f"{f'maps of {len(images)} images':46} {'ours':>9} {'captum':>9} {'ratio':>8}", flush=True)
    # A process without TensorFlow: both in one can crash.
    context = multiprocessing.get_context("spawn")
    given = (weights, images, classes, fill, patch)
    with ProcessPoolExecutor(1, context, captum_maps.prepare, given) as process:
        for job, maps in ours.items():
            agree(job, maps(), process.submit(captum_maps.timed, job).result()[0])
            seconds: dict[str, list[float]] = {"ours": [], "captum": []}
            for _ in range(rounds):
                began = time.perf_counter()
                maps()
                seconds["ours"].append(time.perf_counter() - began)
                seconds["captum"].append(process.submit(captum_maps.timed, job).result()[1])
            mine, theirs = (statistics.median(values) for values in seconds.values())
            found[job] = {"ours_seconds": round(mine, 5), "seconds": round(theirs, 5), "ratio": round(theirs / mine, 2)}
            print(f"{job:46} {mine:9.4f} {theirs:9.4f} {theirs / mine:7.1f}×", flush=True)
    return found


def agree(job: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    """Raise AssertionError where two maps differ by more than rounding."""
    if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=0, atol=TOLERANCE * np.abs(ours).max()):
        raise AssertionError(f"{job}: the maps of captum and ours disagree.")


def by_pixel(drops: np.ndarray, patch: int) -> np.ndarray:
    """What captum calls occlusion, (n, rows, columns): at each pixel, the mean over all patches that cover it."""
    count, rows, columns = drops.shape
    total, covering = np.zeros((2, count, rows + patch - 1, columns + patch - 1), np.float32)
    for row, column in np.ndindex(patch, patch):
        here = (slice(None), slice(row, row + rows), slice(column, column + columns))
        total[here] += drops
        covering[here] += 1
    return total / covering
