"""How the layers of a Keras model are connected: ``calls`` lists them in order, ``follow`` sends values through.

Sequential and functional models, branches, shared layers and models inside models. Keras offers no public way to ask
which call of a layer made a tensor of this model, so this module, and no other, reads ``_keras_history`` of a
tensor (operation, index of the call, index of the output) and ``_inbound_nodes`` of an operation (its calls).
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras


class Call(NamedTuple):
    """One call of a layer, or of an operation such as keras.ops.relu, with the tensors it takes and makes.

    The tensors are those of one model's graph: ``layer.input`` may belong to another model that shares the layer.
    """

    layer: Any
    inputs: tuple[keras.KerasTensor, ...]
    outputs: tuple[keras.KerasTensor, ...]


def ends(model: keras.Model) -> tuple[list[keras.KerasTensor], list[keras.KerasTensor]]:
    """The inputs and the outputs of a model's graph; ValueError for a model that has none."""
    try:
        inputs, outputs = model.inputs, model.outputs
    except (AttributeError, ValueError):
        inputs = outputs = None
    if not inputs or not outputs:
        raise ValueError(
            f"{getattr(model, 'name', type(model).__name__)!r} has no graph of layers: begin it with "
            "keras.Input((32, 32, 3)). Models written as a subclass of keras.Model cannot be read."
        )
    return list(inputs), list(outputs)


def calls(model: keras.Model) -> list[Call]:
    """All calls that the outputs depend on, each after those it depends on; input layers are left out.

    A layer that is used twice is called twice. A model inside the model is one call. Raises ValueError as ``ends``.
    """
    inputs, outputs = ends(model)
    found = {_call_of(tensor): None for tensor in inputs}

    def visit(tensor: keras.KerasTensor) -> None:
        if _call_of(tensor) in found:
            return
        operation, index = _call_of(tensor)
        node = operation._inbound_nodes[index]
        for each in node.input_tensors:
            visit(each)
        found[operation, index] = Call(operation, tuple(node.input_tensors), tuple(node.output_tensors))

    for tensor in outputs:
        visit(tensor)
    return [call for call in found.values() if call]


def flat_calls(model: keras.Model) -> list[Call]:
    """The same as ``calls``, with the calls inside a model in place of the call of that model."""
    return [
        each
        for call in calls(model)
        for each in (flat_calls(call.layer) if isinstance(call.layer, keras.Model) else [call])
    ]


def follow(model: keras.Model, values: Sequence, compute: Callable[[str, Any, list], list], path: str = "") -> list:
    """Send one value for each input through the graph; returns one for each output.

    ``compute(name, layer, values)`` turns what arrives at a layer into what leaves it, a list each. It is asked once
    for each call, in the order of ``calls``, and inside models too: their layers are named "model/layer".
    """
    inputs, outputs = ends(model)
    known = {tensor._keras_history: value for tensor, value in zip(inputs, values)}
    for layer, taken, made in calls(model):
        arriving = [known[tensor._keras_history] for tensor in taken]
        if isinstance(layer, keras.Model):
            leaving = follow(layer, arriving, compute, f"{path}{layer.name}/")
        else:
            leaving = compute(path + layer.name, layer, arriving)
        known.update({tensor._keras_history: value for tensor, value in zip(made, leaving)})
    return [known[tensor._keras_history] for tensor in outputs]


def _call_of(tensor: keras.KerasTensor) -> tuple[Any, int]:
    operation, index, _ = tensor._keras_history
    return operation, index
