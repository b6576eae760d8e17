"""A model's layers and copies, and what the functions of this package are given: checked, in batches, as tensors."""

import functools
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
import tensorflow as tf
from keras import layers as kinds

from helpers import graph

PIXELS_AT_ONCE = 256 * 32 * 32
GREY = 128
# Layers that are an activation and nothing else.
ACTIVATIONS = (kinds.Activation, kinds.Softmax, kinds.ReLU, kinds.LeakyReLU, kinds.ELU, kinds.PReLU)
CONVOLUTIONS = (kinds.Conv2D, kinds.DepthwiseConv2D, kinds.SeparableConv2D)


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


def conv_layers(model: keras.Model) -> list[str]:
    """The names of the convolutional layers, in the order in which an image passes them."""
    return [name for name, call in layer_calls(model).items() if isinstance(call.layer, CONVOLUTIONS)]


def before_activation(model: keras.Model, call: graph.Call, also: keras.KerasTensor | None = None) -> Callable:
    """A function of a tensor of images: a layer's values before its activation, float32[, and those of ``also``]."""
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
            f"{model.name!r} puts out {shape} numbers an image: one for each of two classes or more is needed."
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
    # A twin without activation; "zeros" draws nothing from anybody's random numbers.
    config = {key: "zeros" if key.endswith("_initializer") else value for key, value in layer.get_config().items()}
    twin = type(layer).from_config(config | {"activation": "linear"})
    twin.build(call.inputs[0].shape)

    def compute(values: Any) -> tf.Tensor:
        # With the layer's own weights, as they are now.
        with keras.StatelessScope(state_mapping=zip(twin.variables, layer.variables)):
            return twin(values)

    return compute


def compiled(build: Callable[[keras.Model], Callable]) -> Callable[[keras.Model], Callable]:
    """A decorator: what ``build(model)`` computes from images and their classes, as a graph of TensorFlow.

    Tracing the graph takes some tenths of a second, so it is kept as long as its model lives, and reads the weights as
    they are at each call. Another layer or activation in the model makes another graph.
    """
    kept: WeakKeyDictionary[keras.Model, tuple[list, Callable]] = WeakKeyDictionary()

    @functools.wraps(build)
    def graph_of(model: keras.Model) -> Callable:
        parts = [(call.layer, getattr(call.layer, "activation", None)) for call in graph.calls(model)]
        if model not in kept or kept[model][0] != parts:
            images = tf.TensorSpec((None, *ends(model)[0].shape[1:]), tf.float32)
            function = tf.function(build(model), [images, tf.TensorSpec([None], tf.int64)], autograph=False)
            # Traced here: TensorFlow warns when functions that are called are traced again and again.
            kept[model] = parts, function.get_concrete_function()
        return kept[model][1]

    return graph_of


def at_size(model: keras.Model, size: tuple[int, int]) -> keras.Model:
    """A copy of the layers that give maps, for images of another size (rows, columns), with the same weights."""
    maps = [call.outputs[0] for call in layer_calls(model).values() if len(call.outputs[0].shape) == 4]
    if not maps:
        raise ValueError(f"{model.name!r} has no layer whose output is a map: there is nothing to slide.")
    given = ends(model)[0]
    part = keras.Model(given, maps[-1], name=model.name)
    copy = keras.models.clone_model(part, keras.Input((*size, given.shape[-1])))
    copy.set_weights(part.get_weights())
    return copy


def random_weights(model: keras.Model, seed: int = 0) -> keras.Model:
    """A copy with freshly drawn weights, for the sanity check of Adebayo et al. 2018, arXiv:1810.03292."""
    ends(model)
    generator = np.random.default_rng(seed)

    def reseeded(config: Any) -> Any:
        if not isinstance(config, dict):
            return config
        seeds = {key: int(generator.integers(2**31)) for key in config if key == "seed"}
        return {key: reseeded(value) for key, value in config.items()} | seeds

    # Through the settings of the layers, so that the seeds of TensorFlow and NumPy stay as they are.
    return keras.models.clone_model(model, clone_function=lambda old: type(old).from_config(reseeded(old.get_config())))


def image_size(model: keras.Model) -> tuple[int, int, int]:
    size = tuple(ends(model)[0].shape[1:])
    if None in size:
        raise ValueError(f"{model.name!r} takes images of any size {size}: rebuild it with a full one, or use at_size.")
    return size


def images(model: keras.Model, images: Any) -> np.ndarray:
    """The images as an array of uint8 or float32, once they fit the model."""
    taken = tuple(ends(model)[0].shape[1:])
    images = np.asarray(images)
    fits = images.ndim == len(taken) + 1 and all(t in (None, p) for t, p in zip(taken, images.shape[1:]))
    if not fits or not len(images):
        raise ValueError(
            f"{model.name!r} takes one image or more, (n, {', '.join(map(str, taken))}); these have {images.shape}. "
            "A batch of one is image[None]. For another size, at_size(model, (rows, columns)) copies the convolutions."
        )
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind != "f" or not np.isfinite(images).all():
        fault = "hold NaN or infinity" if images.dtype.kind == "f" else f"have the type {images.dtype}"
        raise ValueError(f"Images are uint8 or floats from 0 to 255; these {fault}.")
    return images.astype(np.float32, copy=False)


def prepared(model: keras.Model, images_: Any, classes: Any) -> tuple[np.ndarray, np.ndarray]:
    """The images, and one class for each; a single class stands for all."""
    images_ = images(model, images_)
    return images_, _within(classes, ends(model)[1].shape[-1], "class", len(images_))


def channels(channels: Any, model: keras.Model, layer: str) -> np.ndarray:
    return _within(channels, layer_call(model, layer).outputs[0].shape[-1], f"channel of {layer!r}")


def tensor(images: np.ndarray) -> tf.Tensor:
    return tf.constant(images, tf.float32)


def batches(count: int, shape: tuple[int, ...]) -> list[slice]:
    """Slices that cut ``count`` images into batches: 256 of 32 × 32, or one photo; so 2 GB of memory are enough."""
    size = max(1, PIXELS_AT_ONCE // (shape[1] * shape[2]))
    return [slice(begin, min(begin + size, count)) for begin in range(0, count, size)]


def in_batches(compute: Callable, images: np.ndarray, *others: np.ndarray) -> np.ndarray:
    """``compute`` of the images as tensors, and of others that belong to them, a batch at a time."""
    parts = batches(len(images), images.shape)
    return np.concatenate([compute(tensor(images[part]), *(other[part] for other in others)) for part in parts])


def _within(numbers: Any, total: int, what: str, count: int | None = None) -> np.ndarray:
    """Whole numbers from 0 to below ``total``, one for each of ``count`` images where a count is given."""
    array = np.asarray(numbers)
    if count is not None and array.ndim == 0:
        array = np.full(count, array)
    if array.dtype.kind not in "iu" or array.ndim != 1 or len(array) != (count or len(array)) or not len(array):
        wanted = "a list of whole numbers" if count is None else f"one whole number, or {count}, one an image,"
        raise ValueError(f"The {what}: {wanted} is needed; {numbers!r} was given.")
    outside = array[(array < 0) | (array >= total)]
    if len(outside):
        raise ValueError(f"There is no {what} with the number {outside[0]}: they run from 0 to {total - 1}.")
    return array.astype(np.int64)


def gradient(tape: tf.GradientTape, total: tf.Tensor, source: tf.Tensor) -> tf.Tensor:
    """What was recorded on the tape, float32; ValueError where there is no gradient."""
    found = tape.gradient(total, source)
    if found is None:
        raise ValueError(
            "No gradient reaches the images: something on the way has none, such as an input of whole numbers "
            "(keras.Input(..., dtype='uint8')), or rounding."
        )
    return tf.cast(found, tf.float32)
