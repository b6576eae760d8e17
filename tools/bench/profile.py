"""Which operations a training step spends its time on, and the time in which none runs: TensorFlow's profiler."""

from __future__ import annotations

import dataclasses
import re
import tempfile
import time
from collections import Counter
from pathlib import Path

from helpers import start

with start.quiet():
    import keras
    import numpy as np
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

from helpers import models, training
from helpers.training.optimizers import compile_by

NAMES = ("fast90", "fast94")
EPOCH = 50_000  # images, for which the model is compiled
STEPS = 10  # that are looked at, and as many before: a multiple of those in one call
MARK = "a step begins"
# Kinds of operations -> what their names contain; the first that fits counts. A name is that of TensorFlow's event
# after that of its thread: "thread/scope/name:type", or "thread/EagerLocalExecute: type" for what Python calls between
# the steps, which is Lookahead.
KINDS = {
    "input": r"Dataset|Iterator|^tf_data",
    "Lookahead": r"EagerLocalExecute|lookahead",
    "Muon's matrix products": r"/muon(_\d+)?/.*:\w*MatMul$",
    "optimizer, all else": r"/(muon|sgd|adam|adamw|rmsprop)(_\d+)?/",
    "gradients of kernels": r"BackpropFilter|kernel_gradient",
    "gradients of inputs": r"BackpropInput",
    "convolution": r":\w*Conv2D\w*$",
    "batch normalization": r"normali[sz]ation|BatchNorm",
    "activation": r"activation|silu|Swish|Sigmoid|Relu|Gelu",
    "pooling": r"[Pp]ool",
    "casts, copies, transposes": r":\w*(Cast|Copy|Transpose|Identity|Reshape|Pad|Slice|Concat)\w*$",
    "dense layer, loss, metrics": "",
}
IDLE = "no operation: Python, waiting"
OPERATION = re.compile(r"(?!.*: __inference)[^:]+:[^:]+")


class Marks(keras.callbacks.Callback):
    """Marks in the profile where steps begin, and the seconds of all processors up to there."""

    def __init__(self):
        super().__init__()
        self.seconds: list[float] = []

    def on_train_batch_begin(self, batch, logs=None):
        with tf.profiler.experimental.Trace(MARK):
            self.seconds.append(time.process_time())


def profile_part(names: tuple[str, ...] = NAMES) -> dict:
    """The record of the named recipes, small images and whole ones apart; prints a table of all.

    ``shares`` are of the time from the beginning of a step to that of the next; of a moment in which several operations
    run, on threads of their own, each has its part. ``processor_seconds`` are those of all cores, a step.
    """
    rows = {}
    for name in names:
        sides = {"small images": models.RECIPES[name].small_side, "whole images": 32}
        for size, side in sides.items():
            if side:
                rows[f"{name}, {size}"] = profiled(name, side)
    print(f"{'share of a step':30}", *(f"{label:>22}" for label in rows))
    for kind in (*KINDS, IDLE):
        print(f"{kind:30}", *(f"{row['shares'][kind]:22.1%}" for row in rows.values()))
    for figure in ("seconds", "processor_seconds"):
        print(f"{figure.replace('_', ' '):30}", *(f"{row[figure]:22.3f}" for row in rows.values()), flush=True)
    flags = start.processor_flags() & start.BFLOAT16_FLAGS
    return {"steps": rows, "batches": STEPS, "processor_flags": sorted(flags)}


def profiled(name: str, side: int, steps: int = STEPS) -> dict:
    """One row: steps of the named recipe on noise of that side, by ``fit`` as ``training.train`` calls it."""
    recipe, generator = models.RECIPES[name], np.random.default_rng(0)
    recipe = dataclasses.replace(recipe, small_epochs=0)
    images = (steps + 1) * recipe.batch_size
    x = generator.integers(0, 256, (images, side, side, 3), np.uint8)
    targets = generator.integers(0, 10, images)
    if recipe.label_smoothing:
        targets = keras.utils.to_categorical(targets, 10)
    model = models.from_recipe(recipe, x.shape[1:], 10, models.precision(recipe), x)
    compile_by(recipe, model, EPOCH)
    marks = Marks()
    callbacks = [marks, *([training.Lookahead(EPOCH)] if recipe.lookahead else [])]

    def fit(count: int) -> None:
        marks.seconds.clear()
        settings = {"batch_size": recipe.batch_size, "shuffle": False, "verbose": 0, "callbacks": callbacks}
        model.fit(x[:count], targets[:count], **settings)

    fit(steps * recipe.batch_size)  # builds the graph
    with tempfile.TemporaryDirectory() as folder, start.quiet():
        with tf.profiler.experimental.Profile(folder):
            fit(images)  # a step more, at whose beginning the last one ends
        space = xplane_pb2.XSpace()
        space.ParseFromString(next(Path(folder).rglob("*.xplane.pb")).read_bytes())
    seconds, shares = spent(space)
    return {
        "precision": models.precision(recipe),
        "seconds": round(seconds / steps, 4),
        "processor_seconds": round((marks.seconds[-1] - marks.seconds[0]) / steps, 4),
        "shares": {kind: round(share, 4) for kind, share in shares.items()},
    }


def kind_of(name: str) -> str:
    """The kind of an operation, from the thread and the name of its event."""
    return next(kind for kind, pattern in KINDS.items() if re.search(pattern, name))


def spent(space: xplane_pb2.XSpace) -> tuple[float, dict[str, float]]:
    """The seconds from the first mark to the last one, and the share of each kind in them: they add up to 1."""
    marks, pieces = [], []
    for plane in space.planes:
        for line in plane.lines:
            operations = []
            for event in line.events:
                name = plane.event_metadata[event.metadata_id].name
                begin = 1000 * line.timestamp_ns + event.offset_ps
                if name == MARK:
                    marks.append(begin)
                elif OPERATION.fullmatch(name):
                    operations.append((begin, begin + event.duration_ps, kind_of(f"{line.name}/{name}")))
            pieces += _innermost(operations)
    first, last = min(marks), max(marks)
    inside = [(max(begin, first), min(end, last), kind) for begin, end, kind in pieces if begin < last and end > first]
    changes = [(begin, 1, kind) for begin, _, kind in inside] + [(end, -1, kind) for _, end, kind in inside]
    running, shares, before = Counter(), dict.fromkeys((*KINDS, IDLE), 0.0), first
    for moment, change, kind in [*sorted(changes), (last, 0, IDLE)]:
        for other, count in running.items() if running.total() else [(IDLE, 1)]:
            shares[other] += (moment - before) / (last - first) * count / (running.total() or 1)
        running[kind] += change
        before = moment
    return (last - first) / 1e12, shares


def _innermost(operations: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The pieces (begin, end, kind) of one thread's time, each of the operation that has begun last and still runs."""
    pieces, open_ones, before = [], [], 0

    def until(moment: int) -> None:
        nonlocal before
        while open_ones and before < moment:
            end, kind = open_ones[-1]
            pieces.append((before, min(end, moment), kind))
            before = min(end, moment)
            if end <= moment:
                open_ones.pop()

    for begin, end, kind in sorted(operations, key=lambda one: (one[0], -one[1])):
        until(begin)
        before = begin
        open_ones.append((end, kind))
    until(max((end for _, end, _ in operations), default=0))
    return [piece for piece in pieces if piece[0] < piece[1]]
