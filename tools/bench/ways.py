"""The layers of ``helpers.models.speed_layers`` against the usual ones: which is quicker on this processor?

The layers choose by the processor's flags and by the size of the maps, not by a measurement while they train: a clock
would choose now one way and now the other, and a seed would no longer give the same network twice. This record is what
the choice rests on.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from helpers import start

with start.quiet():
    import keras
    import tensorflow as tf

from helpers import models
from helpers.models import speed_layers

ROUNDS = 7
REPEATS = 3  # of a way in each round
BATCH = 250
# Pixels of a side, channels, filters: convolutions of "fast94" on whole images and on small ones.
CONVOLUTIONS = ((15, 64, 256), (11, 64, 256), (7, 256, 256), (5, 256, 256), (3, 256, 256))
Way = Callable[[tf.Tensor], tf.Tensor]


def ways_part(rounds: int = ROUNDS, batch: int = BATCH, convolutions: tuple = CONVOLUTIONS) -> dict:
    """The record: what is computed -> seconds of our way and of the usual one in each round, and their ratio.

    Forward and all gradients, in bfloat16 where the processor multiplies it. A ratio below 1 is in favour of ours.
    """
    policy = models.precision()
    dtype = keras.DTypePolicy(policy).compute_dtype
    rows = {}
    for side, channels, filters in convolutions:
        kernel = tf.cast(tf.random.normal((3, 3, channels, filters)), dtype)
        rows[f"convolution, {side} × {side} maps"] = in_turns(
            lambda x, kernel=kernel: speed_layers._same_convolution(x, kernel),
            lambda x, kernel=kernel: tf.nn.conv2d(x, kernel, 1, "SAME"),
            tf.cast(tf.random.normal((batch, side, side, channels)), dtype),
            [kernel],
            rounds,
        )
    side, _, filters = convolutions[0]
    maps = tf.cast(tf.random.normal((batch, side, side, filters)), dtype)
    rows["SiLU"] = in_turns(models.silu, tf.nn.silu, maps, [], rounds)
    layers = [kind(dtype=policy) for kind in (models.FusedBatchNormalization, keras.layers.BatchNormalization)]
    for layer in layers:
        layer.build(maps.shape)
    ours, usual = (lambda x, layer=layer: layer(x, training=True) for layer in layers)
    rows["batch normalization"] = in_turns(ours, usual, maps, [], rounds)
    for what, row in rows.items():
        print(f"{what:28} {row['ratio']:.2f} of the usual seconds", flush=True)
    flags = start.processor_flags() & start.BFLOAT16_FLAGS
    return {"ways": rows, "dtype": dtype, "processor_flags": sorted(flags)}


def in_turns(ours: Way, usual: Way, x: tf.Tensor, weights: list[tf.Tensor], rounds: int) -> dict:
    """Seconds of two ways, with their gradients for ``x`` and ``weights``, and the ratio of their medians."""
    ways = {"ours": _with_gradients(ours, weights), "usual": _with_gradients(usual, weights)}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    upstream = usual(x)  # whatever it is, of the right shape
    for way in ways.values():
        way(x, upstream)  # builds the graph
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            for _ in range(REPEATS):
                found = way(x, upstream)
            found[-1].numpy()  # computed by now
            seconds[name].append(round((time.perf_counter() - began) / REPEATS, 5))
    ratio = statistics.median(seconds["ours"]) / statistics.median(seconds["usual"])
    return seconds | {"ratio": round(ratio, 2)}


def _with_gradients(way: Way, weights: list[tf.Tensor]) -> Callable[[tf.Tensor, tf.Tensor], list[tf.Tensor]]:
    def compute(x, upstream):
        with tf.GradientTape() as tape:
            tape.watch([x, *weights])
            outputs = way(x)
        return [outputs, *tape.gradient(outputs, [x, *weights], upstream)]

    return tf.function(compute, autograph=False)
