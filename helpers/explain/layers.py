"""The layers of a model by name, and what a layer computes before its activation."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers as kinds

from helpers import graph

# Layers that are an activation and nothing else.
ACTIVATIONS = (kinds.Activation, kinds.Softmax, kinds.ReLU, kinds.LeakyReLU, kinds.ELU, kinds.PReLU)


def ends(model: keras.Model) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The one input and the one output of a model."""
    inputs, outputs = graph.ends(model)
    if len(inputs) > 1 or len(outputs) > 1:
        raise ValueError(f"{model.name!r} has {len(inputs)} inputs and {len(outputs)} outputs: one of each is needed.")
    return inputs[0], outputs[0]


def layer_calls(model: keras.Model) -> dict[str, graph.Call]:
    """The layers of a model by name, in the order in which an image passes them; the last call of a shared one."""
    ends(model)
    return {call.layer.name: call for call in graph.calls(model) if isinstance(call.layer, keras.Layer)}


def layer_call(model: keras.Model, name: str) -> graph.Call:
    calls = layer_calls(model)
    if name not in calls:
        raise ValueError(f"{model.name!r} has no layer {name!r}. The names are: {', '.join(calls)}.")
    return calls[name]


def before_activation(model: keras.Model, call: graph.Call, also: keras.KerasTensor | None = None) -> Callable:
    """The values of a layer before its activation, float32, as a function of a tensor of images.

    The function returns the values of the tensor ``also`` beside them, where one is given.
    """
    taken = call.inputs[0] if len(call.inputs) == 1 else list(call.inputs)
    end = _without_activation(call)
    trunk = keras.Model(ends(model)[0], taken if also is None else [taken, also])

    def compute(images: tf.Tensor) -> Any:
        values = trunk(images, training=False)
        if also is None:
            return tf.cast(end(values), tf.float32)
        return tf.cast(end(values[0]), tf.float32), values[1]

    return compute


def logits_of(model: keras.Model, also: keras.KerasTensor | None = None) -> Callable:
    """The logits as ``before_activation`` gives them; ValueError for a model that does not distinguish classes."""
    shape = tuple(ends(model)[1].shape[1:])
    if len(shape) != 1 or shape[0] < 2:
        raise ValueError(
            f"{model.name!r} puts out {shape} numbers an image: a model that distinguishes two classes or more, one "
            "number each, is needed."
        )
    return before_activation(model, graph.calls(model)[-1], also)


def _without_activation(call: graph.Call) -> Callable:
    layer = call.layer
    if isinstance(layer, keras.Model):
        return logits_of(layer)
    # keras.ops.softmax is an operation of the layer's name.
    if isinstance(layer, ACTIVATIONS) or type(layer).__name__ == "Softmax":
        return lambda values: values
    if getattr(layer, "activation", None) in (None, keras.activations.linear):
        return lambda values: layer(values)
    # A twin with the same weights and no activation; "zeros" draws nothing from anybody's random numbers.
    config = {key: "zeros" if key.endswith("_initializer") else value for key, value in layer.get_config().items()}
    twin = type(layer).from_config(config | {"activation": "linear"})
    twin.build(call.inputs[0].shape)
    twin.set_weights(layer.get_weights())
    return twin
