"""The pattern of exercise 5.1: does a model follow it, layer by layer, and what is weak about it?"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers as kinds

from checks.grading import describe, wrong
from helpers import anatomy, graph

INPUT_SHAPE = (32, 32, 3)
CLASSES = 10
PATTERN = "Conv2D, Conv2D, MaxPooling2D, Conv2D, Conv2D, MaxPooling2D, Flatten, Dense, Dense with 10 units"
PARTS = (
    ("convolution", "the first convolution of the first block"),
    ("convolution", "the second convolution of the first block"),
    ("pooling", "the pooling of the first block"),
    ("convolution", "the first convolution of the second block"),
    ("convolution", "the second convolution of the second block"),
    ("pooling", "the pooling of the second block"),
    ("flatten", "Flatten"),
    ("dense", "the hidden Dense layer"),
    ("dense", "the Dense layer of the classes"),
)
GLOBAL_POOLING = (kinds.GlobalAveragePooling2D, kinds.GlobalMaxPooling2D)
OTHER_CONVOLUTIONS = (kinds.SeparableConv2D, kinds.DepthwiseConv2D, kinds.Conv2DTranspose, kinds.Conv1D, kinds.Conv3D)
DROPOUTS = (kinds.Dropout, kinds.SpatialDropout2D, kinds.GaussianDropout, kinds.AlphaDropout)
# With the activation "linear", these leave the whole linear; a layer that is not named here might not.
LINEAR = (
    kinds.Conv2D,
    kinds.Dense,
    kinds.Activation,
    kinds.BatchNormalization,
    kinds.ZeroPadding2D,
    kinds.GaussianNoise,
    *DROPOUTS,
)
AUGMENTATIONS = (kinds.RandomFlip, kinds.RandomTranslation, kinds.RandomRotation, kinds.RandomZoom)
HIDDEN = "a subclass of keras.Model hides its layers. Use keras.Sequential or keras.Model(inputs, outputs)."


class Step(NamedTuple):
    """One call of a layer, or of an operation such as keras.ops.relu: the shapes it was given and made."""

    layer: Any
    given: tuple
    made: tuple


def is_model(model: Any) -> None:
    """Raise with a sentence unless this is a model of Keras that has layers."""
    if isinstance(model, type):
        wrong(f"this is the class {model.__name__} itself. A model is made by calling it: keras.Sequential([...]).")
    if isinstance(model, (list, tuple)):
        wrong(f"this is a {type(model).__name__} of {len(model)} things. Put the layers into keras.Sequential([...]).")
    if isinstance(model, kinds.Layer) and not isinstance(model, keras.Model):
        wrong(f"this is one layer ({type(model).__name__}), not a model. keras.Sequential([...]) makes one of several.")
    if isinstance(model, keras.KerasTensor):
        wrong("this is the output of a layer. A functional model is made from both ends: keras.Model(inputs, outputs).")
    if not isinstance(model, keras.Model):
        hint = " Did you mean what it returns? Then call it." if callable(model) else ""
        wrong(f"a model was expected, this is {describe(model)}.{hint}")
    if isinstance(model, keras.Sequential) and not model.layers:
        wrong("your model has no layers yet.")


def has_graph(model: keras.Model) -> bool:
    """False for a Sequential that does not know its input yet, and for a subclass of keras.Model."""
    try:
        graph.ends(model)
    except ValueError:
        return False
    return True


def is_built_model(model: Any) -> None:
    """Raise with a sentence unless this is a model of Keras whose shapes are known and fit the dataset."""
    is_model(model)
    if not has_graph(model):
        if isinstance(model, keras.Sequential):
            wrong(
                "your model does not know the shape of its input, so it has no parameters yet. "
                "Begin with keras.Input((32, 32, 3))."
            )
        wrong(HIDDEN)
    inputs, outputs = graph.ends(model)
    if len(inputs) != 1 or len(outputs) != 1:
        wrong(f"your model has {len(inputs)} inputs and {len(outputs)} outputs. One of each is wanted.")
    shape = tuple(inputs[0].shape[1:])
    if shape != INPUT_SHAPE:
        wrong(f"your model takes images of shape {shape}. Those of the dataset have the shape {INPUT_SHAPE}.")


def chain_of(model: keras.Model) -> list[Step]:
    """The calls of layers in order, those in models inside it included; wrong() when they branch."""
    try:
        calls = _flat_calls(model)
    except ValueError:
        wrong(HIDDEN)
    for layer, inputs, _ in reversed(calls):
        if len(inputs) > 1:
            wrong(f"the layer {layer.name!r} ({type(layer).__name__}) joins branches. The pattern is one chain.")
    return [Step(layer, inputs[0].shape, outputs[0].shape) for layer, inputs, outputs in calls]


def _flat_calls(model: keras.Model) -> list[graph.Call]:
    """The calls of a model, with those inside another model in place of the call of that model."""
    inside = ((_flat_calls(one.layer) if isinstance(one.layer, keras.Model) else [one]) for one in graph.calls(model))
    return [call for calls in inside for call in calls]


def _part(step: Step) -> str | None:
    """Which part of the pattern a layer is; None for layers that may stand anywhere because they keep the shape."""
    layer = step.layer
    if isinstance(layer, kinds.Conv2D):
        return "convolution"
    if isinstance(layer, kinds.MaxPooling2D):
        return "pooling"
    if isinstance(layer, kinds.Dense):
        return "dense"
    # keras.ops.reshape is an operation of the same name.
    if isinstance(layer, kinds.Flatten) or (type(layer).__name__ == "Reshape" and len(step.made) == 2):
        return "flatten"
    strangers = (kinds.AveragePooling2D, *GLOBAL_POOLING, *OTHER_CONVOLUTIONS)
    if isinstance(layer, kinds.ZeroPadding2D) or (not isinstance(layer, strangers) and step.made == step.given):
        return None
    return "stranger"


def follows_pattern(chain: list[Step]) -> None:
    """Go along the chain beside the pattern and name the first part that departs from it."""
    counted = [step for step in chain if _part(step)]
    for index, step in enumerate(counted):
        part = _part(step)
        if part == "stranger":
            _name_stranger(step, index)
        if index == len(PARTS):
            wrong(_superfluous(step, counted))
        if part != PARTS[index][0]:
            wrong(_departure(step, index))
        if getattr(step.layer, "data_format", None) == "channels_first":
            wrong(f"{PARTS[index][1]} says channels_first. The images have their channels last: leave data_format out.")
        if part == "convolution" and tuple(step.layer.strides) != (1, 1):
            wrong(
                f"{PARTS[index][1]} has strides {tuple(step.layer.strides)}. All convolutions of this model have "
                "stride 1; making the map smaller is left to the pooling."
            )
        if part == "pooling":
            _shrinks(step, index)
    if len(counted) < len(PARTS):
        wrong(_unfinished(counted))


def _departure(step: Step, index: int) -> str:
    """The sentence for a layer that stands where another part of the pattern belongs."""
    expected, part = PARTS[index]
    found, block = _part(step), "first" if index < 3 else "second"
    words = anatomy.describe(step.layer)
    if expected == "convolution":
        if found == "pooling" and index in (1, 4):
            return f"the {block} block pools after a single convolution. A block is two convolutions, then the pooling."
        if found == "pooling" and index == 0:
            return "your model begins with pooling. That comes too early: two convolutions stand before it."
        if found == "pooling":
            return "two poolings follow one another. The second block begins with two convolutions of its own."
        if index == 3:
            return f"after the first block comes {words}. A second block is missing: {PATTERN}."
        return f"{words} stands where {part} belongs. The pattern: {PATTERN}."
    if expected == "pooling":
        if found == "convolution":
            return (
                f"the {block} block has a third convolution where its MaxPooling2D belongs. "
                "A block is two convolutions, then the pooling."
            )
        return f"the {block} block ends without MaxPooling2D: {words} follows its convolutions."
    if expected == "flatten":
        if found == "dense":
            return (
                f"Flatten is missing. Dense works on the last axis alone: from {_times(step.given)} it makes "
                f"{_times(step.made)}, a prediction for every position. Flatten first makes one list of "
                f"{math.prod(step.given[1:]):,} numbers."
            )
        extra = "a third block begins" if found == "convolution" else "the map is pooled once more"
        return f"{extra} after the second pooling, where Flatten belongs. The pattern has two blocks."
    if index == 7:
        return f"{words} comes after Flatten, where {part} belongs."
    return f"{words} stands where {part} belongs. The pattern: {PATTERN}."


def _name_stranger(step: Step, index: int) -> None:
    layer = step.layer
    if isinstance(layer, kinds.AveragePooling2D):
        wrong(
            "your model pools by AveragePooling2D, which takes the mean of each window. The pattern asks for "
            "MaxPooling2D, which keeps the largest value."
        )
    if isinstance(layer, GLOBAL_POOLING):
        wrong(
            f"{type(layer).__name__} stands where Flatten belongs. It keeps one number of each channel, "
            f"{step.made[-1]} in all; Flatten keeps all {math.prod(step.given[1:]):,} and their positions."
        )
    if isinstance(layer, OTHER_CONVOLUTIONS):
        wrong(f"{type(layer).__name__} is another kind of convolution. The pattern asks for Conv2D.")
    wrong(
        f"{type(layer).__name__} changes the shape from {_times(step.given)} to {_times(step.made)} "
        f"and is no part of the pattern; {PARTS[index][1] if index < len(PARTS) else 'the end'} was expected."
    )


def _superfluous(step: Step, counted: list[Step]) -> str:
    if _part(step) == "dense" and counted[8].layer.units != CLASSES:
        return f"between Flatten and the classes are {len(counted) - 8} Dense layers. The pattern has one there."
    return f"{anatomy.describe(step.layer)} comes after the Dense layer of the classes. That one is the last."


def _unfinished(counted: list[Step]) -> str:
    index = len(counted)
    if index == 8:
        units = counted[7].layer.units
        if units == CLASSES:
            return "Flatten leads straight to the classes. The pattern has a Dense layer of your choice between them."
        return f"the last layer is Dense {units}. After it comes one more Dense layer, with a unit for each class."
    if not index:
        return f"your model has none of the pattern's layers. The pattern: {PATTERN}."
    return f"your model ends after {anatomy.describe(counted[-1].layer)}. Next would come {PARTS[index][1]}."


def _shrinks(step: Step, index: int) -> None:
    strides = tuple(step.layer.strides)
    if 1 in strides and 1 in step.layer.pool_size:
        wrong(f"{PARTS[index][1]} has windows of {step.layer.pool_size}, which keep the side. Take MaxPooling2D(2).")
    if 1 in strides:
        wrong(
            f"{PARTS[index][1]} moves by {strides}, so the map hardly shrinks: {_times(step.given)} becomes "
            f"{_times(step.made)}. Stride 1 is meant for the convolutions; leave the pooling's strides out, and it "
            "moves by its own size."
        )


def lets_something_through(layers: list) -> None:
    for layer in layers:
        if isinstance(layer, DROPOUTS) and layer.rate == 1:
            wrong(f"{type(layer).__name__}(1.0) strikes out every number in training, so nothing before it can learn.")


def scales(layers: list) -> bool:
    """Whether some layer, or an operation such as images / 255, can bring the images to 0..1."""
    operations = ("Divide", "TrueDivide", "Multiply")
    return any(
        isinstance(layer, (kinds.Rescaling, kinds.Normalization, kinds.Lambda)) or type(layer).__name__ in operations
        for layer in layers
    )


def scaling_fits(layers: list) -> None:
    """Raise with a sentence when Rescaling layers stand too late, or bring values of 0 to 255 to a useless range."""
    learning = [index for index, layer in enumerate(layers) if isinstance(layer, (kinds.Conv2D, kinds.Dense))]
    rescalings = [index for index, layer in enumerate(layers) if isinstance(layer, kinds.Rescaling)]
    if not rescalings or not learning:
        return
    if rescalings[-1] > learning[0]:
        wrong("there is a Rescaling after the first layer that learns. Scale the images once, at the beginning.")
    if any(not isinstance(layer, (kinds.Rescaling, *AUGMENTATIONS)) for layer in layers[: rescalings[-1]]):
        return
    dark, bright = 0.0, 255.0
    for index in rescalings:
        scale, offset = (np.asarray(each, float).max() for each in (layers[index].scale, layers[index].offset))
        dark, bright = dark * scale + offset, bright * scale + offset
    if math.isclose(bright - dark, 255 / 225, rel_tol=1e-3):
        wrong("its Rescaling divides by 225. Pixels go up to 255: Rescaling(1 / 255).")
    if not 0.5 < bright - dark < 10:
        twice = " Two Rescaling layers scale twice." * (len(rescalings) > 1)
        made = f"{_short(dark)} to {_short(bright)}"
        wrong(f"its Rescaling turns 0 to 255 into {made}. Rescaling(1 / 255) gives 0 to 1.{twice}")


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def weak_points(layers: list) -> list[str]:
    """What the pattern leaves open and few would choose: a sentence for each."""
    learning = [index for index, layer in enumerate(layers) if isinstance(layer, (kinds.Conv2D, kinds.Dense))]
    sentences = []
    if any(_is_linear(layers[learning[first] : learning[first + 1]]) for first in (0, 2)):
        sentences.append(
            "Two of its convolutions follow one another with no activation between them: such a pair can do no more "
            "than one larger convolution. A ReLU would make the second one count."
        )
    if _is_linear(layers[learning[4] : learning[5]]):
        sentences.append(
            "Its hidden Dense layer has no activation: together with the Dense layer of the classes it can do no more "
            "than that one alone. A ReLU would make it count."
        )
    if any(activation_of(layer) == "softmax" for layer in layers[: learning[5]]):
        sentences.append(
            "There is a softmax before the last layer: it makes channels, or units, share a sum of 1, so most come "
            "out small. ReLU is usual inside a network."
        )
    return sentences


def _is_linear(layers: list) -> bool:
    return all(isinstance(layer, LINEAR) and activation_of(layer) == "linear" for layer in layers)


def activation_of(layer: Any) -> str:
    """The name of a layer's activation, found by its values where it has one of the usual; "linear" where none."""
    name = type(layer).__name__.lower()
    # By name, because keras.ops.softmax and keras.ops.relu are operations of the same names.
    if name in ACTIVATIONS:
        return ACTIVATIONS[name]
    activation = getattr(layer, "activation", None)
    if isinstance(activation, kinds.Layer):  # not called: a PReLU would learn another shape
        known = activation_of(activation)
        return known if known != "linear" or hasattr(activation, "activation") else type(activation).__name__.lower()
    return "linear" if activation is None else _named_by_values(activation)


# What a layer or an operation is called, and its activation.
ACTIVATIONS = {
    "softmax": "softmax", "logsoftmax": "log_softmax", "sigmoid": "sigmoid", "relu": "relu", "tanh": "tanh",
    "leakyrelu": "leaky_relu", "prelu": "leaky_relu", "elu": "elu", "gelu": "gelu", "silu": "silu",
    "softplus": "softplus",
}  # fmt: skip


def _named_by_values(activation: Callable) -> str:
    """The name of an activation by what it does to numbers: it may be a lambda, or TensorFlow's own."""
    numbers = keras.ops.convert_to_tensor([[-2.0, -0.5, 0.25, 1.5]])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = np.asarray(activation(numbers))
        for name in ("linear", "softmax", "sigmoid", "relu", "tanh", "log_softmax"):
            if np.allclose(made, np.asarray(keras.activations.get(name)(numbers)), atol=1e-6):
                return name
    except Exception:  # one that takes other shapes alone
        pass
    name = getattr(activation, "__name__", type(activation).__name__)
    return "a function of your own" if name == "<lambda>" else str(name).lower()


def _times(shape: tuple) -> str:
    return "×".join(map(str, shape[1:]))
