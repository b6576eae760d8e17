"""What a model consists of, layer by layer: output shape, parameters, work, memory, receptive field.

Nothing is run or measured. Sequential and functional models, branches, shared layers and models inside models.
"""

import math
from typing import NamedTuple

import keras
import numpy as np
from keras import layers as kinds

from helpers import graph

BYTES_PER_NUMBER = 4  # float32

# Layers that keep the shape and the receptive field of their input; no multiplications worth counting.
ACTIVATIONS = (kinds.Activation, kinds.ReLU, kinds.LeakyReLU, kinds.ELU, kinds.Softmax)
SCALINGS = (kinds.Rescaling, kinds.Normalization, kinds.BatchNormalization, kinds.LayerNormalization)
NOISES = (kinds.Dropout, kinds.SpatialDropout2D, kinds.GaussianNoise)
AUGMENTATIONS = (kinds.RandomFlip, kinds.RandomTranslation, kinds.RandomRotation, kinds.RandomZoom)
POSITION_WISE = (*ACTIVATIONS, *SCALINGS, *NOISES, *AUGMENTATIONS)

POOLING = (kinds.MaxPooling2D, kinds.AveragePooling2D)
WITH_FILTERS = (kinds.Conv2D, kinds.SeparableConv2D)
WINDOWED = (*WITH_FILTERS, kinds.DepthwiseConv2D, *POOLING)
MERGING = (kinds.Add, kinds.Average, kinds.Maximum, kinds.Multiply, kinds.Concatenate)
WITHOUT_POSITIONS = (kinds.Flatten, kinds.GlobalAveragePooling2D, kinds.GlobalMaxPooling2D)
KNOWN = (*WINDOWED, kinds.ZeroPadding2D, *WITHOUT_POSITIONS, kinds.Dense, *MERGING, *POSITION_WISE)


class Row(NamedTuple):
    """The figures of one layer.

    ``output`` is the shape for one image, ``memory`` its bytes as float32. ``macs`` are the multiply-accumulates of one
    image forwards, in convolutions and dense layers only; two FLOPs each. In (rows, columns) of input pixels, or None
    for an output without positions: ``receptive_field``, the window that one number of the output depends on (padding
    included), ``step``, the distance of two neighbours' windows, and ``start``, where the first one begins.
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


def layers(model: keras.Model) -> list[Row]:
    """One row per call of a layer, in the order in which an image passes them; parameters in the first call alone.

    Raises ValueError for a model without a graph or a full input size, and for a class of layers not known here.
    """
    images = []
    for tensor in graph.ends(model)[0]:
        shape = tuple(tensor.shape[1:])
        if None in shape:
            raise ValueError(f"The input of {model.name!r} has the shape {shape}: rebuild it with a full size.")
        windows = ((1, 1), (1, 1), (0, 0)) if len(shape) == 3 else (None, None, None)
        images.append(Row(tensor.name, "input", shape, 0, 0, 0, *windows))
    rows: list[Row] = []
    seen: set[int] = set()

    def compute(name: str, layer, given: list[Row]) -> list[Row]:
        row = _row(name, layer, given)
        rows.append(row._replace(parameters=0) if id(layer) in seen else row)
        seen.add(id(layer))
        return [row]

    graph.follow(model, images, compute)
    return rows


def step_flops(model: keras.Model) -> int:
    """FLOPs of one image in a training step, as lesson 15 counts them; errors as those of ``layers``.

    Each layer computes its outputs, the gradients of its weights if it is trained, and those of its inputs if a layer
    before it is: as many multiplications and additions each. For models without models inside.
    """
    total, trained_before = 0, False
    for row in layers(model):
        trained = bool(model.get_layer(row.name).trainable_weights)
        total += 2 * row.macs * (1 + trained + trained_before)
        trained_before = trained_before or trained
    return total


def table(model: keras.Model) -> str:
    """The rows of ``layers`` as aligned text, with each layer's share and a line of totals."""
    rows = layers(model)
    parameters, macs, memory = (sum(getattr(row, key) for row in rows) for key in ("parameters", "macs", "memory"))
    lines = [("layer", "output", "parameters", "share", "MACs", "share", "bytes", "receptive field", "step")]
    for row in rows:
        output, field, step = "×".join(map(str, row.output)), _square(row.receptive_field), _square(row.step)
        numbers = f"{row.parameters:,}", _share(row.parameters, parameters), f"{row.macs:,}", _share(row.macs, macs)
        lines.append((row.layer, output, *numbers, f"{row.memory:,}", field, step))
    lines.append(("total", "", f"{parameters:,}", "", f"{macs:,}", "", f"{memory:,}", "", ""))
    first, *others = (max(map(len, column)) for column in zip(*lines))
    text = ["  ".join([line[0].ljust(first), *map(str.rjust, line[1:], others)]) for line in lines]
    rule = "-" * len(text[0])
    return "\n".join(line.rstrip() for line in (text[0], rule, *text[1:-1], rule, text[-1]))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if part else ""


def _square(pair: tuple[int, int] | None) -> str:
    if pair is None:
        return ""
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}×{pair[1]}"


def _row(name: str, layer, given: list[Row]) -> Row:
    if not isinstance(layer, KNOWN):
        raise ValueError(
            f"Layer {name} is a {type(layer).__name__}, which the table does not know. Build the model from "
            f"{', '.join(kind.__name__ for kind in KNOWN)}, or add the class to helpers/anatomy.py."
        )
    if getattr(layer, "data_format", None) == "channels_first":
        raise ValueError(f"Layer {name} is channels_first: the table is for data_format='channels_last'.")
    shapes = [(None, *row.output) for row in given]
    output = tuple(layer.compute_output_shape(shapes if isinstance(layer, MERGING) else shapes[0])[1:])
    memory = math.prod(output) * BYTES_PER_NUMBER
    windows = _windows(layer, given, output) or (None, None, None)
    macs = _macs(layer, given[0].output, output)
    return Row(name, describe(layer), output, layer.count_params(), macs, memory, *windows)


def _macs(layer, given: tuple[int, ...], output: tuple[int, ...]) -> int:
    """Multiply-accumulates for one image: what one output number costs, times their count."""
    if isinstance(layer, kinds.Conv2D):
        return math.prod(output) * math.prod(layer.kernel_size) * (given[-1] // layer.groups)
    if isinstance(layer, kinds.DepthwiseConv2D):
        return math.prod(output) * math.prod(layer.kernel_size)
    if isinstance(layer, kinds.SeparableConv2D):
        # Two convolutions without anything between: depthwise, then 1×1 from its maps to the filters.
        between = math.prod(output[:2]) * given[-1] * layer.depth_multiplier
        return between * (math.prod(layer.kernel_size) + layer.filters)
    return math.prod(output) * given[-1] if isinstance(layer, kinds.Dense) else 0


def _windows(layer, given: list[Row], output: tuple[int, ...]) -> list[tuple[int, int]] | None:
    """Receptive field, step and start of a layer's output; Araujo et al. 2019, doi:10.23915/distill.00021."""
    if isinstance(layer, WITHOUT_POSITIONS) or len(output) != 3 or any(row.start is None for row in given):
        return None
    fields, steps, starts = (np.array(pairs) for pairs in zip(*(row[-3:] for row in given)))
    field, step, start = fields[0], steps[0], starts[0]
    if isinstance(layer, MERGING):
        # The window that covers those of all branches; there is none when they move at different steps.
        if (steps != step).any() or (isinstance(layer, kinds.Concatenate) and layer.axis not in (-1, 3)):
            return None
        start = starts.min(axis=0)
        field = (starts + fields).max(axis=0) - start
    elif isinstance(layer, kinds.LayerNormalization) and not set(np.atleast_1d(layer.axis)) <= {-1, 3}:
        return None  # every number depends on the whole map
    elif isinstance(layer, kinds.ZeroPadding2D):
        start = start - step * [before for before, _ in layer.padding]
    elif isinstance(layer, WINDOWED):
        pooling = isinstance(layer, POOLING)
        size, dilation = (layer.pool_size, 1) if pooling else (layer.kernel_size, layer.dilation_rate)
        others = (np.array(size) - 1) * dilation
        if layer.padding == "same":
            padding = (np.array(output[:2]) - 1) * layer.strides + others + 1 - given[0].output[:2]
            # The odd pixel of padding comes after the image, as TensorFlow does it.
            start = start - step * (np.maximum(padding, 0) // 2)
        field, step = field + step * others, step * layer.strides
    return [tuple(pair.tolist()) for pair in (field, step, start)]


def describe(layer) -> str:
    """A layer in a few words, for example 'Conv2D 5×5×32, stride 2, same'."""
    name, words = type(layer).__name__, []
    if isinstance(layer, WINDOWED):
        size = layer.pool_size if isinstance(layer, POOLING) else layer.kernel_size
        name += " " + "×".join(map(str, size)) + (f"×{layer.filters}" if isinstance(layer, WITH_FILTERS) else "")
        unremarkable = tuple(size) if isinstance(layer, POOLING) else (1, 1)
        if tuple(layer.strides) != unremarkable:
            words.append(f"stride {_square(layer.strides)}")
        if not isinstance(layer, POOLING) and tuple(layer.dilation_rate) != (1, 1):
            words.append(f"dilation {_square(layer.dilation_rate)}")
        if isinstance(layer, kinds.Conv2D) and layer.groups > 1:
            words.append(f"{layer.groups} groups")
        if getattr(layer, "depth_multiplier", 1) > 1:
            words.append(f"depth multiplier {layer.depth_multiplier}")
        if layer.padding == "same":
            words.append("same")
    elif isinstance(layer, kinds.Dense):
        name += f" {layer.units}"
    elif isinstance(layer, (kinds.Dropout, kinds.SpatialDropout2D)):
        name += f" {layer.rate:g}"
    elif isinstance(layer, kinds.Activation):
        name += f" {getattr(layer.activation, '__name__', layer.activation)}"
    return ", ".join([name, *words])
