"""Slow ways of doing something against ours, which must agree: what is compared takes turns, in one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

from helpers import explain, models, plots
from helpers.data import shapes10

ROUNDS = 5
LONG = 5.0  # seconds after which a way is not repeated: it is a sum of many calls already
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Measure:
    """One job: our way, and the slow ones, each with the ratio that ours is meant to reach against it.

    Every way is a function without arguments that returns an array; all of them must return the same.
    """

    job: str
    fast: Callable[[], np.ndarray]
    slow: dict[str, tuple[Callable[[], np.ndarray], float]]


def measured(measure: Measure, rounds: int = ROUNDS) -> dict:
    """The median seconds of all ways over some rounds in which they take turns, and the ratios to ours.

    Raises AssertionError unless every slow way gives what ours gives, and that is not the same number throughout.
    """
    ways = {"ours": measure.fast} | {name: way for name, (way, _) in measure.slow.items()}
    results: dict[str, np.ndarray] = {}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            if not seconds[name] or seconds[name][0] < LONG:
                began = time.perf_counter()
                result = way()
                seconds[name].append(time.perf_counter() - began)
                results.setdefault(name, result)
    ours = results["ours"]
    if np.ptp(ours) < 100 * TOLERANCE:
        raise AssertionError(f"{measure.job}: the result hardly varies, so that nothing could disagree.")
    for name, theirs in results.items():
        if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=0, atol=TOLERANCE):
            raise AssertionError(f"{measure.job}: {name!r} and ours disagree.")
    median = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "ours_seconds": round(median["ours"], 5),
        "slow": {
            name: {"seconds": round(median[name], 5), "ratio": round(median[name] / median["ours"], 1), "aim": aim}
            for name, (_, aim) in measure.slow.items()
        },
    }


# Looking inside: helpers/explain and the figures of maps.


def explained(side: int = 32, images: int = 1) -> tuple[keras.Model, np.ndarray]:
    """Source W's model with fresh weights, and drawn images, 20 at most."""
    keras.utils.set_random_seed(0)
    model = models.build("guide_cnn", (side, side, 3))
    # So that the predictions of an untrained model differ by more than rounding does.
    model.layers[-1].kernel.assign(10 * model.layers[-1].kernel)
    return model, shapes10.draw(20, seed=0)[0][:images, :side, :side]


def explain_part(side: int = 32, patch: int = 4, filters: int = 32, steps: int = 30, maps: int = 32) -> list[Measure]:
    """The jobs of lesson 08; smaller ones for tests."""
    model, image = explained(side)
    second = explain.conv_layers(model)[1]
    return [
        _occlusion(model, image, patch),
        _activation_maximisation(model, second, filters, steps),
        _feature_maps(model, image),
        _drawing(maps),
    ]


def _occlusion(model: keras.Model, image: np.ndarray, patch: int) -> Measure:
    positions = model.input_shape[1] - patch + 1
    fill = image.mean()

    def one_by_one(ask: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        whole = ask(image.astype(np.float32))[0, 0]
        drops = np.empty((1, positions, positions), np.float32)
        for row, column in np.ndindex(positions, positions):
            covered = image.astype(np.float32)
            covered[0, row : row + patch, column : column + patch] = fill
            drops[0, row, column] = whole - ask(covered)[0, 0]
        return drops

    return Measure(
        f"occlusion, {positions**2} positions",
        lambda: explain.occlusion(model, image, 0, fill, patch),
        {
            "predict for each patch": (lambda: one_by_one(lambda given: model.predict(given, verbose=0)), 100),
            "model(x) for each patch": (lambda: one_by_one(lambda given: model(given, training=False).numpy()), 15),
        },
    )


def _activation_maximisation(model: keras.Model, layer: str, filters: int, steps: int) -> Measure:
    linear = keras.models.clone_model(model)
    linear.set_weights(model.get_weights())
    linear.get_layer(layer).activation = keras.activations.linear
    truncated = keras.Model(linear.inputs[0], linear.get_layer(layer).output)
    rows, columns = (size // 2 for size in truncated.output_shape[1:3])
    start = explain.maximise_activation(model, layer, range(filters), steps=0)

    def one_by_one() -> np.ndarray:
        climbed = []
        for channel in range(filters):
            image = tf.Variable(start[channel : channel + 1])
            for _ in range(steps):
                with tf.GradientTape() as tape:
                    response = truncated(image, training=False)[0, rows, columns, channel]
                gradient = tape.gradient(response, image)
                gradient /= tf.reduce_max(tf.abs(gradient))
                image.assign(tf.clip_by_value(image + 8 * gradient, 0, 255))
            climbed.append(image.numpy()[0])
        return np.stack(climbed) / 255

    def together() -> np.ndarray:
        return explain.maximise_activation(model, layer, range(filters), steps) / 255

    return Measure(
        f"activation maximisation, {filters} filters × {steps} steps",
        together,
        {"eager, filter by filter": (one_by_one, 10)},
    )


def _feature_maps(model: keras.Model, image: np.ndarray) -> Measure:
    names = explain.conv_layers(model)

    def truncated() -> np.ndarray:
        parts = [keras.Model(model.inputs[0], model.get_layer(name).output) for name in names]
        return np.concatenate([part.predict(image, verbose=0).ravel() for part in parts])

    def together() -> np.ndarray:
        return np.concatenate([values.ravel() for values in explain.feature_maps(model, image).values()])

    return Measure(
        f"feature maps of {len(names)} layers", together, {"a truncated model for each layer": (truncated, 30)}
    )


def _drawing(count: int, columns: int = 8) -> Measure:
    maps = np.random.default_rng(0).normal(size=(count, 30, 30)).astype(np.float32)
    limit = float(np.percentile(np.abs(maps), 99))

    def drawn(figure) -> None:
        figure.canvas.draw()
        plt.close(figure)

    def subplots() -> np.ndarray:
        figure, grid = plt.subplots(-(-count // columns), columns, figsize=(11, 6))
        for index, (axes, values) in enumerate(zip(grid.flat, maps)):
            image = axes.imshow(values, cmap=plots.SIGNED, vmin=-limit, vmax=limit)
            axes.set_title(str(index), fontsize=10)
            axes.set_axis_off()
        figure.colorbar(image, ax=grid)
        drawn(figure)
        return np.concatenate([axes.images[0].get_array().ravel() for axes in grid.flat if axes.images])

    def tiled() -> np.ndarray:
        axes = plots.map_grid(maps, columns=columns)
        drawn(axes.figure)
        # The numbers of the single image, map by map; the gaps between the maps are masked.
        (image,) = axes.images
        positions = [text.get_position() for text in axes.texts]
        corners = [(round(top + 0.6), round(left + 0.5)) for left, top in positions]
        return np.concatenate([image.get_array()[top : top + 30, left : left + 30].ravel() for top, left in corners])

    return Measure(f"drawing {count} maps", tiled, {"a subplot for each map": (subplots, 5)})


def jobs(measures: list[Measure], rounds: int = ROUNDS) -> dict:
    """Measure all jobs, and print a line for each slow way."""
    records = {}
    print(f"{'job':46} {'slow way':34} {'seconds':>9} {'ours':>9} {'ratio':>8} {'aim':>5}", flush=True)
    for measure in measures:
        records[measure.job] = record = measured(measure, rounds)
        for name, slow in record["slow"].items():
            print(
                f"{measure.job:46} {name:34} {slow['seconds']:9.4f} {record['ours_seconds']:9.4f} "
                f"{slow['ratio']:7.1f}× {slow['aim']:5}",
                flush=True,
            )
    return {"jobs": records}
