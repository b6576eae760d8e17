"""EfficientNet-Lite0, the network of lesson 13 that has learnt ImageNet: ``records.pretrained`` loads its weights.

Architecture: Tan and Le 2019 (arXiv:1905.11946), in the Lite form: ReLU6 throughout, no squeeze-and-excitation. It is
made of inverted residual blocks (Sandler and others 2018, arXiv:1801.04381): a 1 x 1 convolution widens, a depthwise
one looks at neighbours, a 1 x 1 convolution without an activation narrows.
"""

import keras
from keras import layers

IMAGENET_CLASSES = 1_000
FEATURES = 1_280
# The side of the images that it has learnt from.
SIDE = 224
# Of each stage: kernel size, stride of its first block, how many times as wide inside, filters at its end, blocks.
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)


def efficientnet_lite0(side: int = SIDE, top: bool = False) -> keras.Model:
    """The network with random weights: (n, side, side, 3) of 0 to 255 -> 1,280 features; with ``top``, 1,000 logits.

    3,413,024 parameters up to the features, 1,281,000 more of the top. Images smaller than ``SIDE`` cost less, and are
    recognised less well. Raises ValueError for a side below 32.
    """
    if side < 32:
        raise ValueError(f"side is {side}: the network halves an image five times, so 32 pixels are needed at least.")
    inputs = keras.Input((side, side, 3))
    x = layers.Rescaling(1 / 128, offset=-127 / 128)(inputs)
    x = _normalized(x, layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False, name="stem"))
    for stage, (kernel, stride, expansion, filters, blocks) in enumerate(STAGES, start=1):
        for block in range(blocks):
            name = f"block{stage}{'abcd'[block]}"
            x = _inverted_residual(x, kernel, 1 if block else stride, expansion, filters, name)
    x = _normalized(x, layers.Conv2D(FEATURES, 1, use_bias=False, name="head"))
    outputs = layers.GlobalAveragePooling2D(name="features")(x)
    if top:
        outputs = layers.Dense(IMAGENET_CLASSES, name="top")(outputs)
    return keras.Model(inputs, outputs, name="efficientnet_lite0")


def _inverted_residual(x, kernel: int, stride: int, expansion: int, filters: int, name: str):
    """One block; where the shape stays, its input is added to its output (lesson 12; arXiv:1512.03385)."""
    shortcut, width = x, x.shape[-1]
    if expansion > 1:
        x = _normalized(x, layers.Conv2D(expansion * width, 1, use_bias=False, name=f"{name}_widen"))
    depthwise = layers.DepthwiseConv2D(kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise")
    x = _normalized(x, depthwise)
    x = _normalized(x, layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_narrow"), activation=False)
    return layers.Add(name=f"{name}_add")([shortcut, x]) if (stride, width) == (1, filters) else x


def _normalized(x, convolution: keras.Layer, activation: bool = True):
    """A convolution, its normalization, and ReLU6: min(max(x, 0), 6)."""
    x = convolution(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{convolution.name}_normalized")(x)
    return layers.ReLU(6, name=f"{convolution.name}_relu6")(x) if activation else x
