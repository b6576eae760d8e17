"""Answers to the exercises of lesson 04, written from their cards."""

import functools
import math

import keras
import numpy as np


def built(kernel_size, channels, filters):
    layer = keras.layers.Conv2D(filters, kernel_size)
    layer.build((None, 64, 64, channels))
    return layer.count_params()


def built_dense(input_shape, units):
    layer = keras.layers.Dense(units)
    layer.build((None, math.prod(input_shape)))
    return sum(int(np.prod(weight.shape)) for weight in layer.weights)


def counted(side, kernel_size, stride, padding):
    last = side - 1 if padding == "same" else side - kernel_size
    return len(range(0, last + 1, stride))


def by_keras(side, kernel_size, stride, padding):
    layer = keras.layers.Conv2D(1, kernel_size, strides=stride, padding=padding)
    return layer.compute_output_shape((None, side, side, 1))[1]


def by_divmod(side, kernel_size, stride, padding):
    whole, rest = divmod(side if padding == "same" else side - kernel_size + 1, stride)
    return whole + bool(rest)


def by_floats(side, kernel_size, stride, padding):
    return np.ceil((side if padding.startswith("s") else side - kernel_size + 1) / stride)


PARAMETERS = 2_432 + 25_632 + (6_272 + 1) * 512 + 5_130
CONVOLUTIONS = 1024 * 32 * 75, 784 * 32 * 800
MACS = sum(CONVOLUTIONS) + 6_272 * 512 + 5_120
RIGHT = {
    "4.1": [
        ("built", built),
        ("weights and biases", lambda k, c, f: k**2 * c * f + f),
        ("a float", lambda k, c, f: float(f * (1 + k * k * c))),
        (
            "math.prod",
            lambda kernel_size, channels, filters: math.prod((kernel_size, kernel_size, channels, filters)) + filters,
        ),
        ("a loop", lambda k, c, f: sum(k * k * c + 1 for _ in range(f))),
    ],
    "4.2": [("counted", counted), ("Keras", by_keras), ("divmod", by_divmod), ("floats", by_floats)],
    "4.3": [
        ("built", built_dense),
        ("np.prod", lambda shape, units: np.prod(shape) * units + units),
        ("reduce", lambda shape, units: (functools.reduce(lambda a, b: a * b, shape, 1) + 1) * units),
        ("the array's size", lambda shape, units: (np.zeros(shape, "uint8").size + 1) * units),
    ],
    "4.4": [
        ("integers", PARAMETERS, MACS),
        ("floats", float(PARAMETERS), float(MACS)),
        ("int64", np.int64(PARAMETERS), np.int64(MACS)),
        ("arrays", np.array(PARAMETERS), np.array(MACS)),
    ],
}
WRONG = {
    "4.1": [
        ("no biases", "bias", lambda k, c, f: k * k * c * f),
        ("one bias", "bias", lambda k, c, f: k * k * c * f + 1),
        ("biases of the channels", "bias|channel", lambda k, c, f: k * k * c * f + c),
        ("no channels", "channel", lambda k, c, f: (k * k + 1) * f),
        ("kernel not squared", "square|side|k", lambda k, c, f: (k * c + 1) * f),
        ("a bias for each channel", "bias", lambda k, c, f: (k * k + 1) * c * f),
        ("one filter", "filter", lambda k, c, f: k * k * c + 1),
        ("order", "other way round|order|swapped", lambda k, f, c: (k * k * c + 1) * f),
        ("a float with a rest", "whole", lambda k, c, f: (k * k * c + 1) * f + 0.5),
        ("three channels always", "channel|3", lambda k, c, f: (k * k * 3 + 1) * f),
        ("cubed", "", lambda k, c, f: (k**3 * c + 1) * f),
    ],
    "4.2": [
        ("padding ignored", "same", lambda n, k, s, p: (n - k) // s + 1),
        ("always same", "valid", lambda n, k, s, p: math.ceil(n / s)),
        ("same rounds down", "round|up", lambda n, k, s, p: n // s if p == "same" else (n - k) // s + 1),
        ("no + 1", r"\+ 1|first", lambda n, k, s, p: math.ceil(n / s) if p == "same" else (n - k) // s),
        (
            "valid rounds up",
            "round|down",
            lambda n, k, s, p: math.ceil(n / s) if p == "same" else math.ceil((n - k) / s) + 1,
        ),
        ("stride ignored", "stride", lambda n, k, s, p: n if p == "same" else n - k + 1),
        ("same keeps the side", "stride|same", lambda n, k, s, p: n if p == "same" else (n - k) // s + 1),
        ("a fraction", "rest", lambda n, k, s, p: n / s if p == "same" else (n - k) / s + 1),
        (
            "swapped words",
            "other way round|swapped",
            lambda n, k, s, p: math.ceil(n / s) if p != "same" else (n - k) // s + 1,
        ),
        ("a pair", "one number", lambda n, k, s, p: (counted(n, k, s, p),) * 2),
    ],
    "4.3": [
        ("no biases", "bias", lambda shape, units: math.prod(shape) * units),
        ("one bias", "bias", lambda shape, units: math.prod(shape) * units + 1),
        ("sum of the shape", "add|sum|multiply|product", lambda shape, units: (sum(shape) + 1) * units),
        ("the last axis", "channel|last|all", lambda shape, units: (shape[-1] + 1) * units),
        ("rows and columns alone", "channel|last|depth", lambda shape, units: (math.prod(shape[:2]) + 1) * units),
        ("without the first", "first|batch", lambda shape, units: (math.prod(shape[1:]) + 1) * units),
        ("biases of the inputs", "bias", lambda shape, units: math.prod(shape) * units + math.prod(shape)),
        ("numbers in", "unit", lambda shape, units: math.prod(shape) + 1),
        ("a text", "text|numbers", lambda shape, units: f"{(math.prod(shape) + 1) * units:,}"),
        ("half", "", lambda shape, units: (math.prod(shape) + 1) * units // 2),
    ],
    "4.4": [
        ("old counts", "old|181,162", 181_162, 1_688_576),
        ("swapped", "swapped", MACS, PARAMETERS),
        ("pooling forgotten", "pool", 28_064 + (28 * 28 * 32 + 1) * 512 + 5_130, MACS),
        ("both same", "padding|same", 28_064 + (16 * 16 * 32 + 1) * 512 + 5_130, MACS),
        ("no biases", "bias", PARAMETERS - 32 - 32 - 512 - 10, MACS),
        ("FLOPs", "FLOP|two|pair", PARAMETERS, 2 * MACS),
        ("biases in MACs", "bias", PARAMETERS, MACS + 1024 * 32 + 784 * 32 + 522),
        ("convolutions alone", "dense", PARAMETERS, sum(CONVOLUTIONS)),
        ("parameters right, MACs guessed", "", PARAMETERS, 123_456_789),
        ("texts", "text|numbers", "3 million", "23 million"),
    ],
}
