"""Answers to the exercises of lesson 12, written from their cards."""

import math

import keras
import numpy as np
from keras import layers, ops
from numpy.lib.stride_tricks import sliding_window_view

from helpers.models.residual import residual_block
from helpers.teaching.convolution import convolve


def deviation(shape):
    rows, columns, channels, _ = shape
    return math.sqrt(2 / (rows * columns * channels))


def deviation_by_keras(shape):
    fan_in = keras.layers.Conv2D(shape[3], shape[:2])
    fan_in.build((None, *shape[:3]))
    return np.sqrt(2.0 / fan_in.kernel[..., 0].numpy().size)


def conv(x, filters, size=3, **settings):
    return layers.Conv2D(filters, size, padding="same", **settings)(x)


def block_line_by_line(x, filters):
    shortcut = x
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.BatchNormalization()(x)
    if shortcut.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1)(shortcut)
    return layers.ReLU()(layers.Add()([shortcut, x]))


def block_by_operations(x, filters):
    f = ops.relu(layers.BatchNormalization()(conv(x, filters)))
    f = layers.BatchNormalization()(conv(f, filters))
    channels = x.shape[-1]
    return ops.relu(f + (x if channels == filters else layers.BatchNormalization()(conv(x, filters, 1))))


def block_of_a_chain(x, filters):
    parts = [
        layers.Conv2D(filters, 3, padding="same"),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.Conv2D(filters, 3, padding="same"),
        layers.BatchNormalization(),
    ]
    f = x
    for part in parts:
        f = part(f)
    if x.shape[3] != filters:
        x = conv(x, filters, (1, 1), use_bias=False)
    return keras.activations.relu(layers.add([f, x]))


def block(
    x,
    filters,
    between="norm relu",
    after="norm",
    merge=layers.add,
    end=layers.ReLU,
    change=lambda x, filters: x if x.shape[-1] == filters else conv(x, filters, 1),
    **settings,
):
    def apply(f, names):
        for name in names.split():
            f = {"norm": layers.BatchNormalization, "relu": layers.ReLU}[name]()(f)
        return f

    f = apply(layers.Conv2D(filters, 3, **{"padding": "same"} | settings)(x), between)
    f = apply(layers.Conv2D(filters, 3, **{"padding": "same"} | settings)(f), after)
    return end()(merge([change(x, filters), f])) if end else merge([change(x, filters), f])


def varied(**settings):
    return lambda x, filters: block(x, filters, **settings)


def shortcut_after_the_first(x, filters):
    first = layers.ReLU()(layers.BatchNormalization()(conv(x, filters)))
    return layers.ReLU()(first + layers.BatchNormalization()(conv(first, filters)))


def one_layer_twice(x, filters):
    layer = layers.Conv2D(filters, 3, padding="same")
    f = layers.ReLU()(layers.BatchNormalization()(layer(x)))
    return layers.ReLU()(x + layers.BatchNormalization()(layer(f)))


def one_convolution(x, filters):
    return layers.ReLU()(x + layers.BatchNormalization()(conv(x, filters)))


def three_convolutions(x, filters):
    return block(conv(x, filters), filters)


def preactivation(x, filters):
    f = conv(layers.ReLU()(layers.BatchNormalization()(x)), filters)
    return x + conv(layers.ReLU()(layers.BatchNormalization()(f)), filters)


def by_loops(image, kernels, weights):
    k, channels = len(kernels), image.shape[2]
    rows, columns = image.shape[0] - k + 1, image.shape[1] - k + 1
    result = np.zeros((rows, columns, weights.shape[1]))
    for row in range(rows):
        for column in range(columns):
            for channel in range(channels):
                patch = image[row : row + k, column : column + k, channel]
                result[row, column] += (patch * kernels[:, :, channel]).sum() * weights[channel]
    return result


def by_convolve(image, kernels, weights):
    maps = [convolve(image[:, :, c], kernels[:, :, c]) for c in range(image.shape[2])]
    return np.stack(maps, axis=-1) @ weights


def by_windows(image, kernels, weights):
    windows = sliding_window_view(image, kernels.shape[:2], axis=(0, 1))
    return np.einsum("rcdij,ijd,df->rcf", windows, kernels, weights)


def by_one_convolution(image, kernels, weights):
    return convolve(image, kernels[:, :, :, None] * weights)


def by_keras(image, kernels, weights):
    return ops.separable_conv(image[None], kernels[..., None], weights[None, None])[0].numpy()


def depthwise(image, kernels, **padding):
    return np.stack([convolve(image[:, :, c], kernels[:, :, c], **padding) for c in range(image.shape[2])], axis=-1)


RIGHT = {
    "12.3": [
        ("by names", deviation),
        ("prod", lambda shape: np.sqrt(2 / np.prod(shape[:-1]))),
        ("a power", lambda shape: (0.5 * shape[0] * shape[1] * shape[2]) ** -0.5),
        ("a layer of Keras", deviation_by_keras),
        ("a tensor", lambda shape: ops.sqrt(2 / math.prod(shape[:3]))),
    ],
    "12.1": [
        ("line by line", block_line_by_line),
        ("operations", block_by_operations),
        ("a chain", block_of_a_chain),
        ("the project's", residual_block),
        ("maximum", varied(end=lambda: lambda x: ops.maximum(x, 0))),
        ("plus", varied(merge=lambda pair: pair[1] + pair[0])),
    ],
    "12.2": [
        ("loops", by_loops),
        ("convolve", by_convolve),
        ("windows", by_windows),
        ("one convolution with products", by_one_convolution),
        ("Keras", by_keras),
        ("a list", lambda *given: by_loops(*given).tolist()),
    ],
}
WRONG = {
    "12.3": [
        ("channels", "channels alone", lambda shape: math.sqrt(2 / shape[2])),
        ("area", "rows × columns as fan-in", lambda shape: math.sqrt(2 / (shape[0] * shape[1]))),
        ("fan-out", "fan-out", lambda shape: math.sqrt(2 / (shape[0] * shape[1] * shape[3]))),
        ("filters", "number of filters", lambda shape: math.sqrt(2 / shape[-1])),
        ("all", "all numbers", lambda shape: math.sqrt(2 / math.prod(shape))),
        ("Glorot", "Glorot", lambda shape: math.sqrt(2 / (shape[0] * shape[1] * (shape[2] + shape[3])))),
        ("LeCun", "LeCun", lambda shape: math.prod(shape[:3]) ** -0.5),
        ("variance", "variance", lambda shape: 2 / math.prod(shape[:3])),
        ("2 outside", "root", lambda shape: 2 / math.sqrt(math.prod(shape[:3]))),
        ("fan-in outside", "root", lambda shape: math.sqrt(2) / math.prod(shape[:3])),
        ("fan-in", "fan-in itself", lambda shape: math.prod(shape[:3])),
        ("numbers drawn", "one number", lambda shape: np.ones(shape) * deviation(shape)),
        ("squared once more", "", lambda shape: (2 / math.prod(shape[:3])) ** 2),
    ],
    "12.1": [
        ("plain", "plain block", varied(merge=lambda pair: pair[1])),
        ("ReLU before the sum", "only add", varied(after="norm relu")),
        ("ReLU before the sum alone", "only add", varied(after="norm relu", end=None)),
        ("no ReLU after", "missing at the end", varied(end=None)),
        ("no ReLU between", "missing between", varied(between="norm")),
        ("no normalization", "missing after the first and the second", varied(between="relu", after="")),
        ("no second normalization", "missing after the second", varied(after="")),
        ("no first normalization", "missing after the first", varied(between="relu")),
        ("valid", "padding='same'", varied(padding="valid")),
        ("activations inside", "activation", varied(activation="relu")),
        ("after the first", "begins after the first", shortcut_after_the_first),
        ("always 1 × 1", "although x has", varied(change=lambda x, filters: conv(x, filters, 1))),
        ("side by side", "side by side", varied(merge=layers.concatenate)),
        ("one layer twice", "share their weights", one_layer_twice),
        ("a layer", "layer", lambda x, filters: layers.Conv2D(filters, 3)),
        ("a model", "model", lambda x, filters: keras.Model(x, block(x, filters))),
        ("strides", "strides", varied(strides=2)),
        ("one", "1 convolution of", one_convolution),
        ("three", "3 convolutions of", three_convolutions),
        ("5 × 5", "5 × 5", lambda x, n: layers.ReLU()(x + conv(conv(x, n, 5), n))),
        ("the channels of x", "filters", lambda x, filters: block(x, x.shape[-1])),
        ("equal alone", "1 × 1", varied(change=lambda x, filters: x)),
        ("preactivation", "before each convolution", preactivation),
        ("minus", "subtracted", varied(merge=layers.subtract)),
        ("leaky", "", varied(end=layers.LeakyReLU)),
    ],
    "12.2": [
        ("flipped", "flipped", lambda x, k, w: depthwise(x, k[::-1, ::-1]) @ w),
        ("usual", "usual convolution", lambda x, k, w: convolve(x, k)[:, :, None] * w.sum(axis=0)),
        ("usual, many axes", "Sum over the channels", lambda x, k, w: convolve(x, k)[:, :, None, None] * w),
        ("first kernel", "first kernel", lambda x, k, w: depthwise(x, np.repeat(k[..., :1], k.shape[2], axis=2)) @ w),
        ("opposite order", "opposite order", lambda x, k, w: depthwise(x, k[:, :, ::-1]) @ w),
        ("transposed", "transposed", lambda x, k, w: depthwise(x, k) @ w.T),
        ("same", "large as the image", lambda x, k, w: depthwise(x, k, padding="same") @ w),
        ("channels first", "comes first", lambda x, k, w: np.moveaxis(depthwise(x, k) @ w, -1, 0)),
        ("depthwise", "first step", lambda x, k, w: depthwise(x, k)),
        ("one filter", "first filter", lambda x, k, w: depthwise(x, k) @ w[:, 0]),
        ("mean", "divide by the number of channels", lambda x, k, w: depthwise(x, k) @ w / len(w)),
        ("1 × 1 first", "other way round", lambda x, k, w: depthwise(x @ w, k)),
        ("ReLU", "between the two steps", lambda x, k, w: np.maximum(depthwise(x, k), 0) @ w),
    ],
}
