"""What a model consists of, layer by layer: output shape, parameters, work, memory, receptive field.

``layers(model)`` gives the figures, ``table(model)`` sets them as text. Nothing is run or measured: all of it
follows from the architecture. Sequential and functional models, branches, shared layers and models inside models.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import keras
from keras import layers as kinds

BYTES_PER_NUMBER = 4  # float32

# Layers that treat every place of their input alike and keep its shape; no multiplications worth counting.
PLACE_BY_PLACE = (
    kinds.Activation,
    kinds.ReLU,
    kinds.LeakyReLU,
    kinds.ELU,
    kinds.Softmax,
    kinds.Rescaling,
    kinds.Normalization,
    kinds.BatchNormalization,
    kinds.Dropout,
    kinds.SpatialDropout2D,
    kinds.GaussianNoise,
    kinds.RandomFlip,
    kinds.RandomTranslation,
    kinds.RandomRotation,
    kinds.RandomZoom,
)
POOLING = (kinds.MaxPooling2D, kinds.AveragePooling2D)
WINDOWED = (kinds.Conv2D, kinds.DepthwiseConv2D, *POOLING)
MERGING = (kinds.Add, kinds.Average, kinds.Maximum, kinds.Multiply, kinds.Concatenate)
WITHOUT_PLACES = (kinds.Flatten, kinds.GlobalAveragePooling2D, kinds.GlobalMaxPooling2D)
KNOWN = (*WINDOWED, kinds.ZeroPadding2D, *WITHOUT_PLACES, kinds.Dense, *MERGING, *PLACE_BY_PLACE)


class Row(NamedTuple):
    """The figures of one layer.

    ``output`` is the shape for one image. ``macs`` counts the multiply-accumulate operations of one image
    forwards, in convolutions and dense layers only, as is usual; two FLOPs each. ``memory`` is the size of the
    output in bytes as float32. ``receptive_field`` and ``step`` are (rows, columns) in input pixels: how large
    a window one number of the output looks at (padding included), and how far apart two neighbours' windows lie.
    ``start`` is where the first window begins: negative when it reaches into the padding.
    All three are None where the output has no places any more.
    """

    name: str
    layer: str
    output: tuple[int, ...]
    parameters: int
    macs: int
    memory: int
    receptive_field: tuple[int, int] | None
    step: tuple[int, int] | None
    start: tuple[int, int] | None


class _Window(NamedTuple):
    """Along one axis, place i of an output looks at ``size`` input pixels from ``start + i * step`` on."""

    start: int
    size: int
    step: int


class _Signal(NamedTuple):
    """What flows between two layers: its shape without the batch, and its windows along rows and columns."""

    shape: tuple[int, ...]
    windows: tuple[_Window, _Window] | None


def layers(model: keras.Model) -> list[Row]:
    """One row per layer, in the order in which an image passes them; input layers are left out.

    A layer that is used twice has two rows and its parameters in the first. Raises ValueError for a model
    without a graph or with an unknown input size, and for a layer class that is not known here (it is named).
    """
    try:
        inputs = model.inputs
    except (AttributeError, ValueError):
        inputs = None
    if not inputs:
        raise ValueError(
            f"The model {model.name!r} has no graph of layers yet: begin it with keras.Input((32, 32, 3)). "
            "Models written as a subclass of keras.Model cannot be read."
        )
    signals = []
    for tensor in inputs:
        shape = tuple(tensor.shape[1:])
        if None in shape:
            raise ValueError(f"The input of {model.name!r} has the shape {shape}: rebuild it with a full size.")
        signals.append(_Signal(shape, (_Window(0, 1, 1), _Window(0, 1, 1)) if len(shape) == 3 else None))
    rows: list[Row] = []
    _walk(model, signals, rows, seen=set(), prefix="")
    return rows


def table(model: keras.Model) -> str:
    """The rows of ``layers`` as aligned text, with each layer's share and a line of totals."""
    rows = layers(model)
    parameters, macs, memory = (sum(getattr(row, key) for row in rows) for key in ("parameters", "macs", "memory"))
    lines = [("layer", "output", "parameters", "share", "MACs", "share", "bytes", "receptive field", "step")]
    for row in rows:
        lines.append(
            (
                row.layer,
                "×".join(map(str, row.output)),
                f"{row.parameters:,}",
                _share(row.parameters, parameters),
                f"{row.macs:,}",
                _share(row.macs, macs),
                f"{row.memory:,}",
                _square(row.receptive_field),
                _square(row.step),
            )
        )
    lines.append(("total", "", f"{parameters:,}", "", f"{macs:,}", "", f"{memory:,}", "", ""))
    widths = [max(map(len, column)) for column in zip(*lines)]
    text = [
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width) for index, (cell, width) in enumerate(zip(line, widths))
        )
        for line in lines
    ]
    rule = "-" * len(text[0])
    return "\n".join(line.rstrip() for line in (text[0], rule, *text[1:-1], rule, text[-1]))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if part else ""


def _square(pair: tuple[int, int] | None) -> str:
    if pair is None:
        return ""
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}×{pair[1]}"


def _walk(model: keras.Model, inputs: list[_Signal], rows: list[Row], seen: set[int], prefix: str) -> list[_Signal]:
    """Follow the graph from its outputs back to the given inputs; append a row for each call of a layer."""
    known = {_place(tensor): signal for tensor, signal in zip(model.inputs, inputs)}

    def signal(tensor) -> _Signal:
        if _place(tensor) not in known:
            operation, node_index, _ = tensor._keras_history
            node = operation._inbound_nodes[node_index]
            arriving = [signal(each) for each in node.input_tensors]
            if isinstance(operation, keras.Model):
                leaving = _walk(operation, arriving, rows, seen, f"{prefix}{operation.name}/")
            else:
                leaving = [_pass(operation, arriving, rows, seen, prefix)]
            known.update(zip(map(_place, node.output_tensors), leaving))
        return known[_place(tensor)]

    return [signal(tensor) for tensor in model.outputs]


def _place(tensor) -> tuple[int, int, int]:
    operation, node_index, tensor_index = tensor._keras_history
    return id(operation), node_index, tensor_index


def _pass(layer, arriving: list[_Signal], rows: list[Row], seen: set[int], prefix: str) -> _Signal:
    if not isinstance(layer, KNOWN):
        raise ValueError(
            f"Layer {prefix}{layer.name} is a {type(layer).__name__}, which the table does not know. Known are "
            f"{', '.join(kind.__name__ for kind in KNOWN)}. Build the model from these, or add the class to "
            "helpers/anatomy.py (to PLACE_BY_PLACE when it keeps the shape and mixes no neighbouring pixels)."
        )
    if getattr(layer, "data_format", None) == "channels_first":
        raise ValueError(f"Layer {prefix}{layer.name} has its channels first: the table reads channels_last only.")
    shapes = [(None, *signal.shape) for signal in arriving]
    output = tuple(layer.compute_output_shape(shapes if isinstance(layer, MERGING) else shapes[0])[1:])
    windows = _windows(layer, arriving, output)
    rows.append(
        Row(
            name=prefix + layer.name,
            layer=describe(layer),
            output=output,
            parameters=0 if id(layer) in seen else layer.count_params(),
            macs=_macs(layer, arriving[0].shape, output),
            memory=math.prod(output) * BYTES_PER_NUMBER,
            receptive_field=(windows[0].size, windows[1].size) if windows else None,
            step=(windows[0].step, windows[1].step) if windows else None,
            start=(windows[0].start, windows[1].start) if windows else None,
        )
    )
    seen.add(id(layer))
    return _Signal(output, windows)


def _macs(layer, given: tuple[int, ...], output: tuple[int, ...]) -> int:
    """Multiply-accumulates for one image: what one output number costs, times their count."""
    if isinstance(layer, kinds.Conv2D):
        return math.prod(output) * math.prod(layer.kernel_size) * (given[-1] // layer.groups)
    if isinstance(layer, kinds.DepthwiseConv2D):
        return math.prod(output) * math.prod(layer.kernel_size)
    if isinstance(layer, kinds.Dense):
        return math.prod(output) * given[-1]
    return 0


def _windows(layer, arriving: list[_Signal], output: tuple[int, ...]) -> tuple[_Window, _Window] | None:
    if isinstance(layer, WITHOUT_PLACES) or len(output) != 3 or any(signal.windows is None for signal in arriving):
        return None
    if isinstance(layer, MERGING):
        if isinstance(layer, kinds.Concatenate) and layer.axis not in (-1, 3):
            return None
        rows, columns = (_union([signal.windows[axis] for signal in arriving]) for axis in (0, 1))
        return (rows, columns) if rows and columns else None
    given = arriving[0]
    if isinstance(layer, kinds.ZeroPadding2D):
        before = [sides[0] for sides in layer.padding]
        rows, columns = (w._replace(start=w.start - b * w.step) for w, b in zip(given.windows, before))
        return rows, columns
    if isinstance(layer, WINDOWED):
        rows, columns = (_slide(layer, axis, given.windows[axis], given.shape[axis], output[axis]) for axis in (0, 1))
        return rows, columns
    return given.windows


def _slide(layer, axis: int, given: _Window, places: int, output_places: int) -> _Window:
    """The window after a convolution or pooling; Araujo et al. 2019, doi:10.23915/distill.00021."""
    size = layer.pool_size[axis] if isinstance(layer, POOLING) else layer.kernel_size[axis]
    dilation = 1 if isinstance(layer, POOLING) else layer.dilation_rate[axis]
    reach = (size - 1) * dilation
    stride = layer.strides[axis]
    # "same" puts the odd pixel of padding after the image, as TensorFlow does.
    padding = max(0, (output_places - 1) * stride + reach + 1 - places) // 2 if layer.padding == "same" else 0
    return _Window(given.start - padding * given.step, given.size + reach * given.step, given.step * stride)


def _union(windows: list[_Window]) -> _Window | None:
    """The window that covers those of all branches; None when they move at different steps."""
    if len({window.step for window in windows}) > 1:
        return None
    start = min(window.start for window in windows)
    return _Window(start, max(window.start + window.size for window in windows) - start, windows[0].step)


def describe(layer) -> str:
    """A layer in a few words, for example 'Conv2D 5×5×32, stride 2, same'."""
    name, words = type(layer).__name__, []
    if isinstance(layer, WINDOWED):
        size = layer.pool_size if isinstance(layer, POOLING) else layer.kernel_size
        name += " " + "×".join(map(str, size)) + (f"×{layer.filters}" if isinstance(layer, kinds.Conv2D) else "")
        unremarkable = tuple(size) if isinstance(layer, POOLING) else (1, 1)
        if tuple(layer.strides) != unremarkable:
            words.append(f"stride {_square(layer.strides)}")
        if not isinstance(layer, POOLING) and tuple(layer.dilation_rate) != (1, 1):
            words.append(f"dilation {_square(layer.dilation_rate)}")
        if isinstance(layer, kinds.Conv2D) and layer.groups > 1:
            words.append(f"{layer.groups} groups")
        if layer.padding == "same":
            words.append("same")
    elif isinstance(layer, kinds.Dense):
        name += f" {layer.units}"
    elif isinstance(layer, (kinds.Dropout, kinds.SpatialDropout2D)):
        name += f" {layer.rate:g}"
    elif isinstance(layer, kinds.Activation):
        name += f" {getattr(layer.activation, '__name__', layer.activation)}"
    return ", ".join([name, *words])
