"""How the layers of a Keras model are connected: ``calls`` lists them in order, ``follow`` sends values through.

Keras offers no public way to ask which call of a layer made a tensor of this model, so this module, and no other, reads
``_keras_history`` of a tensor (operation, index of the call, of the output) and ``_inbound_nodes`` of an operation.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras


class Call(NamedTuple):
    """One call of a layer, or of an operation such as keras.ops.relu, with the tensors of this model's graph."""

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
    """All calls that the outputs depend on, each after those it depends on, without inputs; an inner model is one."""
    inputs, outputs = ends(model)
    found = {tensor._keras_history[:2]: None for tensor in inputs}

    def visit(tensor: keras.KerasTensor) -> None:
        operation, index, _ = tensor._keras_history
        if (operation, index) in found:
            return
        node = operation._inbound_nodes[index]
        for each in node.input_tensors:
            visit(each)
        found[operation, index] = Call(operation, tuple(node.input_tensors), tuple(node.output_tensors))

    for tensor in outputs:
        visit(tensor)
    return [call for call in found.values() if call]


def follow(model: keras.Model, values: Sequence, compute: Callable[[str, Any, list], list], path: str = "") -> list:
    """Send one value for each input through the graph; returns one for each output.

    ``compute(name, layer, values)`` turns what arrives at a layer into what leaves it, a list each, once for each call
    and inside models too: their layers are named "model/layer".
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
