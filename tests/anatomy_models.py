"""Models for the tests of helpers/anatomy: layers one after another, and random ones with branches."""

import keras
from hypothesis import Phase, settings
from hypothesis import strategies as st
from keras import layers

# A model that fails is shown as it was drawn: looking for a smaller one would take minutes.
as_drawn = settings(phases=[Phase.explicit, Phase.generate])
pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))
steps = st.tuples(st.integers(1, 2), st.integers(1, 2))


def stack(*hidden, shape=(32, 32, 3)):
    return keras.Sequential([layers.Input(shape), *hidden])


def windowed_layer(draw, rows, columns, max_pooling):
    """A layer with positions whose window fits into rows × columns; ``draw`` takes a strategy."""
    size = tuple(map(min, draw(pairs), (rows, columns)))
    stride, padding = draw(steps), draw(st.sampled_from(["same", "valid"]))
    dilation = draw(st.integers(1, 3)) if padding == "same" else 1
    kinds = ["conv", "dilated", "depthwise", "separable", "average", "padding"] + (["max"] if max_pooling else [])
    match draw(st.sampled_from(kinds)):
        case "conv":
            return layers.Conv2D(draw(st.integers(1, 6)), size, stride, padding, use_bias=draw(st.booleans()))
        case "dilated":
            return layers.Conv2D(2, size, padding=padding, dilation_rate=dilation)
        case "depthwise":
            depth = draw(st.integers(1, 2))
            return layers.DepthwiseConv2D(size, stride[0], padding, depth_multiplier=depth)
        case "separable":
            depth, bias = draw(st.integers(1, 3)), draw(st.booleans())
            return layers.SeparableConv2D(5, size, stride[0], padding, depth_multiplier=depth, use_bias=bias)
        case "average":
            return layers.AveragePooling2D(size, stride, padding)
        case "max":
            return layers.MaxPooling2D(size, stride, padding)
    return layers.ZeroPadding2D((draw(st.tuples(st.integers(0, 2), st.integers(0, 2))), (1, 0)))


def model_with_positions(draw, shape, max_pooling=True):
    """A functional model: up to four layers one after another, each with a connection around it where shapes allow."""
    tensor = image = keras.Input(shape)
    for _ in range(draw(st.integers(1, 4))):
        before, layer = tensor, windowed_layer(draw, *tensor.shape[1:3], max_pooling)
        tensor = layer(tensor)
        if draw(st.booleans()):
            # Over one channel, layer normalization gives 0 whatever comes in.
            kinds = [layers.BatchNormalization] + [layers.LayerNormalization] * (tensor.shape[-1] > 1)
            tensor = draw(st.sampled_from(kinds))()(tensor)
        if draw(st.booleans()):
            tensor = layers.ReLU()(tensor)
        # Of a side of 1 nothing else than strides tells that windows move differently.
        if getattr(layer, "strides", (1, 1)) == (1, 1) and before.shape[1:3] == tensor.shape[1:3]:
            merge = layers.Add() if before.shape == tensor.shape else layers.Concatenate()
            tensor = merge([before, tensor])
    return keras.Model(image, tensor)
