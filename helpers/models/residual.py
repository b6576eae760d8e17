"""Residual networks: blocks whose output is their input plus what two convolutions add (He et al. 2016).

``residual_block`` is the one building block. ``deep_cnn`` stacks it, with or without its shortcut, to any depth;
``residual_cnn`` is the network that lesson 12 ends with. Both take values from 0 to 255 and are functional models.
"""

from collections.abc import Sequence

import keras
from keras import layers

from helpers.models.speed_layers import FusedBatchNormalization, QuickConv2D

# Of every convolution: the maps keep their size, and batch normalization takes away what a bias would add.
SAME = {"padding": "same", "use_bias": False, "kernel_initializer": "he_normal"}
FILTERS = 16  # of every convolution in deep_cnn
MOMENTUM = 0.9  # of batch normalization's statistics


def residual_block(
    x: keras.KerasTensor, filters: int, shortcut: bool = True, policy: str = "float32"
) -> keras.KerasTensor:
    """ReLU(x + f(x)), where f is convolution, batch normalization, ReLU, convolution, batch normalization.

    ``x`` has the shape (n, rows, columns, channels), the output (n, rows, columns, filters). Where channels and filters
    differ, a 1x1 convolution with batch normalization brings ``x`` to the filters. ``shortcut=False`` leaves the sum
    out: the plain block with the same convolutions. He et al. 2016, arXiv:1512.03385, figure 2.
    """
    f = convolution(x, filters, 3, policy)
    f = layers.Activation("relu", dtype=policy)(f)
    f = convolution(f, filters, 3, policy)
    if shortcut:
        if x.shape[-1] != filters:
            x = convolution(x, filters, 1, policy)
        f = layers.Add(dtype=policy)([x, f])
    return layers.Activation("relu", dtype=policy)(f)


def convolution(x: keras.KerasTensor, filters: int, size: int, policy: str) -> keras.KerasTensor:
    """A convolution and batch normalization after it."""
    x = QuickConv2D(filters, size, **SAME, dtype=policy)(x)
    return FusedBatchNormalization(momentum=MOMENTUM, dtype=policy)(x)


def deep_cnn(input_shape=(32, 32, 3), classes: int = 10, blocks: int = 3, shortcut: bool = True) -> keras.Model:
    """A convolution of stride 2, ``blocks`` blocks of two convolutions, the mean of each map, a dense layer.

    Every convolution but the first is 3x3 of ``FILTERS`` on as many maps, so the layers with weights are
    2 * ``blocks`` + 2, and ``shortcut`` changes neither the parameters nor the multiply-accumulates.
    """
    images = keras.Input(input_shape)
    x = layers.Rescaling(1 / 127.5, offset=-1)(images)
    x = layers.Conv2D(FILTERS, 3, strides=2, **SAME)(x)
    x = layers.Activation("relu")(FusedBatchNormalization(momentum=MOMENTUM)(x))
    for _ in range(blocks):
        x = residual_block(x, FILTERS, shortcut)
    outputs = layers.Dense(classes)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(images, outputs, name="deep_cnn")


def residual_cnn(
    input_shape=(32, 32, 3),
    classes: int = 10,
    stem: int = 32,
    stages: Sequence[Sequence[int]] = ((48,), (96, 64)),
    policy: str = "float32",
) -> keras.Model:
    """Ours: a convolution, then stages of residual blocks, each on maps of half the side; logits out.

    ``stages`` names the filters of the blocks of each stage. ``policy`` is Keras' dtype policy of all layers but the
    first and the last two, which stay in float32, as all weights do.
    """
    images = keras.Input(input_shape)
    x = layers.Rescaling(1 / 127.5, offset=-1)(images)
    x = layers.Conv2D(stem, 3, **SAME, dtype=policy)(x)
    for number, stage in enumerate(stages):
        x = layers.MaxPooling2D(2, dtype=policy)(x)
        if number == 0:
            # After pooling, a quarter of the numbers is left to be normalised.
            x = FusedBatchNormalization(momentum=MOMENTUM, dtype=policy)(x)
            x = layers.Activation("relu", dtype=policy)(x)
        for filters in stage:
            x = residual_block(x, filters, policy=policy)
    outputs = layers.Dense(classes)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(images, outputs, name="residual_cnn")
