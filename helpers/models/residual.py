"""Residual networks: blocks whose output is their input plus what two convolutions add (He et al. 2016).

``residual_block`` is the one building block. ``deep_cnn`` stacks it, with or without its shortcut, to any depth;
``residual_cnn`` is the network that lesson 12 ends with. Both take values from 0 to 255 and are functional models.
"""

from collections.abc import Sequence

import keras
from keras import layers

from helpers.models.speed_layers import FusedBatchNormalization, QuickConv2D


def residual_block(
    x: keras.KerasTensor,
    filters: int,
    shortcut: bool = True,
    policy: str = "float32",
    momentum: float = 0.9,
) -> keras.KerasTensor:
    """ReLU(x + f(x)), where f is convolution, batch normalization, ReLU, convolution, batch normalization.

    ``x`` has the shape (n, rows, columns, channels), the output (n, rows, columns, filters). Where channels and filters
    differ, a 1x1 convolution with batch normalization brings ``x`` to the filters. ``shortcut=False`` leaves the sum
    out: the plain block with the same convolutions. He et al. 2016, arXiv:1512.03385, figure 2.
    """
    f = convolution(x, filters, 3, policy, momentum)
    f = layers.Activation("relu", dtype=policy)(f)
    f = convolution(f, filters, 3, policy, momentum)
    if shortcut:
        if x.shape[-1] != filters:
            x = convolution(x, filters, 1, policy, momentum)
        f = layers.Add(dtype=policy)([x, f])
    return layers.Activation("relu", dtype=policy)(f)


def convolution(x: keras.KerasTensor, filters: int, size: int, policy: str, momentum: float) -> keras.KerasTensor:
    """A convolution of He's initialisation, which keeps the size of the maps, and batch normalization after it."""
    settings = {"padding": "same", "use_bias": False, "kernel_initializer": "he_normal", "dtype": policy}
    x = QuickConv2D(filters, size, **settings)(x)
    return FusedBatchNormalization(momentum=momentum, dtype=policy)(x)


def deep_cnn(
    input_shape=(32, 32, 3),
    classes: int = 10,
    blocks: int = 3,
    shortcut: bool = True,
    filters: int = 16,
) -> keras.Model:
    """A convolution of stride 2, ``blocks`` blocks of two convolutions, the mean of each map, a dense layer.

    Every convolution but the first is 3x3 of ``filters`` on ``filters`` maps, so the layers with weights are
    2 * ``blocks`` + 2, and ``shortcut`` changes neither the parameters nor the multiply-accumulates.
    """
    images = keras.Input(input_shape)
    x = layers.Rescaling(1 / 127.5, offset=-1)(images)
    settings = {"padding": "same", "use_bias": False, "kernel_initializer": "he_normal"}
    x = layers.Conv2D(filters, 3, strides=2, **settings)(x)
    x = layers.Activation("relu")(FusedBatchNormalization(momentum=0.9)(x))
    for _ in range(blocks):
        x = residual_block(x, filters, shortcut)
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
    settings = {"padding": "same", "use_bias": False, "kernel_initializer": "he_normal", "dtype": policy}
    x = layers.Conv2D(stem, 3, **settings)(x)
    for number, stage in enumerate(stages):
        x = layers.MaxPooling2D(2, dtype=policy)(x)
        if number == 0:
            # After pooling, a quarter of the numbers is left to be normalised.
            x = FusedBatchNormalization(momentum=0.9, dtype=policy)(x)
            x = layers.Activation("relu", dtype=policy)(x)
        for filters in stage:
            x = residual_block(x, filters, policy=policy)
    outputs = layers.Dense(classes)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(images, outputs, name="residual_cnn")
