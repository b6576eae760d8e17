"""Looking inside a CNN: feature maps, the images that excite a channel, and what a prediction rests on.

Arrays in, arrays out. Every function takes a Sequential or functional model and a batch of images
(n, rows, columns, 3), uint8 or floats from 0 to 255, and gives one result an image. The model is never changed.
``batch_size`` is the number of images that pass through the model at once. None stands for as many as have
262,144 pixels together (256 images of 32 × 32, a third of a photo of 900 × 900, so one): 2 GB of memory are plenty.

Wrong input raises ValueError: a layer that is not there, images of another shape or type than the model takes,
NaN, an empty batch, a class or a channel out of range.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import layers as kinds

from helpers import anatomy

PIXELS_AT_ONCE = 256 * 32 * 32
GREY = 128
# Layers that are an activation and nothing else.
ACTIVATIONS = (kinds.Activation, kinds.Softmax, kinds.ReLU, kinds.LeakyReLU, kinds.ELU, kinds.PReLU)


# What the model computes on the way.


def conv_layers(model: keras.Model) -> list[str]:
    """The names of the convolutional layers, in the order in which an image passes them."""
    convolutions = (kinds.Conv2D, kinds.DepthwiseConv2D, kinds.SeparableConv2D)
    return [name for name, call in _calls(model).items() if isinstance(call.layer, convolutions)]


def feature_maps(
    model: keras.Model,
    images: np.ndarray,
    layers: Sequence[str] | None = None,
    channels: Sequence[int] | None = None,
    batch_size: int | None = None,
) -> dict[str, np.ndarray]:
    """What the named layers put out, activation included: name -> (n, rows, columns, channels) float32.

    All layers in one pass; all convolutional ones when ``layers`` is left out. ``channels`` keeps these of each
    layer only, so that a large photo does not fill the memory with maps that nobody draws.
    """
    names = conv_layers(model) if layers is None else list(layers)
    leaving = [_call(model, name).leaving for name in names]
    if not names:
        raise ValueError(f"There is no layer to look at: {model.name!r} has no convolution, or layers= is empty.")
    kept = None if channels is None else [_channels(channels, model, name) for name in names]
    images = _images(model, images)
    inside = keras.Model(model.inputs[0], leaving)
    maps: dict[str, np.ndarray] = {}
    for part in _parts(len(images), images.shape, batch_size):
        outputs = tf.nest.flatten(inside(_tensor(images[part]), training=False))
        for index, (name, values) in enumerate(zip(names, outputs)):
            values = values if kept is None else tf.gather(values, kept[index], axis=-1)
            if name not in maps:
                # Room for all batches at once: joining them at the end would take twice the memory.
                maps[name] = np.empty((len(images), *values.shape[1:]), np.float32)
            maps[name][part] = values
    return maps


def logits(model: keras.Model, images: np.ndarray, batch_size: int | None = None) -> np.ndarray:
    """What the last layer computes before its softmax, (n, classes) float32; the output itself without a softmax."""
    images = _images(model, images)
    score = _logits(model)
    return np.concatenate([score(_tensor(images[part])) for part in _parts(len(images), images.shape, batch_size)])


def at_size(model: keras.Model, size: tuple[int, int]) -> keras.Model:
    """A copy of the part of the model that has places, for images of another size (rows, columns).

    A convolution slides over an image of any size with the same weights. The copy ends with the last layer whose
    output is a map: where flattening or a mean over all places begins, the size is fixed or the places are lost.
    """
    mapped = [call.leaving for call in _calls(model).values() if len(call.leaving.shape) == 4]
    if not mapped:
        raise ValueError(f"{model.name!r} has no layer whose output is a map: there is nothing to slide.")
    part = keras.Model(model.inputs[0], mapped[-1], name=model.name)
    copy = keras.models.clone_model(part, keras.Input((*size, model.inputs[0].shape[-1])))
    for name, call in _calls(part).items():
        copy.get_layer(name).set_weights(call.layer.get_weights())
    return copy


def random_weights(model: keras.Model, seed: int = 0) -> keras.Model:
    """The same architecture with freshly drawn weights: a map that does not change with them explains nothing.

    The sanity check of Adebayo et al. 2018, arXiv:1810.03292. The copy shares nothing with the model.
    """
    _calls(model)
    generator = np.random.default_rng(seed)

    def reseeded(config: Any) -> Any:
        if isinstance(config, dict):
            return {
                key: int(generator.integers(2**31)) if key == "seed" else reseeded(value)
                for key, value in config.items()
            }
        return config

    # Through the settings of the layers, so that the seeds of TensorFlow and NumPy stay as they are.
    return keras.models.clone_model(
        model, clone_function=lambda layer: type(layer).from_config(reseeded(layer.get_config()))
    )


# What a channel responds to.


def maximise_activation(
    model: keras.Model,
    layer: str,
    channels: Sequence[int],
    steps: int = 60,
    step_size: float = 8.0,
    total_variation: float = 0.0,
    jitter: int = 0,
    fourier: bool = False,
    seed: int = 0,
    batch_size: int | None = None,
) -> np.ndarray:
    """Images (channels, rows, columns, 3), floats from 0 to 255, that climb to a high response of each channel.

    The response is that of the middle place of the map (``middle`` cuts out what it sees), or of the unit of a dense
    layer, before the activation: after a ReLU, a channel that is silent at the start has no slope to climb.
    Each starts as grey with a little noise. In every step, the pixel with the steepest slope changes by
    ``step_size`` grey values and the others in proportion. Three ways to keep the noise out of the image:

    ``total_variation`` pulls each pixel towards its four neighbours, each with this share of the steepest slope
    (a few hundredths; most slopes are far from the steepest).
    ``jitter`` shifts the image by up to that many pixels before every step.
    ``fourier`` climbs in the coefficients of waves instead of pixels, the coarse ones faster in proportion to
    their length: Olah, Mordvintsev and Schubert 2017, doi:10.23915/distill.00007.
    """
    chosen = _channels(channels, model, layer)
    respond = _before_activation(model, layer)
    rows, columns, colours = _size(model)
    generator = np.random.default_rng(seed)
    # The image is cut out of a canvas that is larger by the jitter, so that shifting loses no border.
    shape = (len(chosen), rows + 2 * jitter, columns + 2 * jitter, colours)
    start = generator.uniform(GREY - 8, GREY + 8, shape).astype(np.float32)
    corners = tf.constant(generator.integers(0, 2 * jitter + 1, (steps, 2)))

    @tf.function(input_signature=[tf.TensorSpec((None, *shape[1:])), tf.TensorSpec(None, tf.int64)])
    def climb(canvas, channel):
        for step in tf.range(steps):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(canvas)
                top, left = corners[step, 0], corners[step, 1]
                seen = canvas[:, top : top + rows, left : left + columns]
                values = respond(tf.ensure_shape(seen, (None, rows, columns, colours)))
                if len(values.shape) == 4:
                    values = values[:, values.shape[1] // 2, values.shape[2] // 2]
                # Image k has a part in its own term only, so the slope of the sum is the slope of each.
                total = tf.reduce_sum(tf.gather(values, channel, batch_dims=1))
            slope = _slope(tape, total, canvas)
            if fourier:
                slope = _coarse_first(slope)
            slope = tf.math.divide_no_nan(slope, tf.reduce_max(tf.abs(slope), axis=(1, 2, 3), keepdims=True))
            if total_variation:
                slope += total_variation * _towards_neighbours(canvas)
            canvas = tf.clip_by_value(canvas + step_size * slope, 0.0, 255.0)
        return canvas

    # Traced once, here: TensorFlow warns when functions that are called are traced again and again.
    climb = climb.get_concrete_function()
    parts = _parts(len(chosen), shape, batch_size)
    canvas = np.concatenate([climb(_tensor(start[part]), tf.constant(chosen[part])) for part in parts])
    return canvas[:, jitter : jitter + rows, jitter : jitter + columns]


class Patches(NamedTuple):
    """The places of a set of images at which channels respond most, the strongest first.

    ``patches`` (channels, count, rows, columns, 3), as large as the receptive field, in the type of the images;
    ``responses`` (channels, count) before the activation; ``images`` (channels, count), the index of the
    image; ``corners`` (channels, count, 2), the first row and column in it, negative where padding is seen.
    """

    patches: np.ndarray
    responses: np.ndarray
    images: np.ndarray
    corners: np.ndarray


def top_patches(
    model: keras.Model,
    layer: str,
    channels: Sequence[int],
    images: np.ndarray,
    count: int = 9,
    batch_size: int | None = None,
) -> Patches:
    """The patches to which each channel of a layer responds most, at most one of each image.

    A patch shows what the place sees: its receptive field, grey beyond the border of the image. Places of a dense
    layer see all of it. Raises ValueError also for a count that is larger than the number of images.
    """
    chosen = _channels(channels, model, layer)
    images = _images(model, images)
    if not 1 <= count <= len(images):
        raise ValueError(f"count is {count}: choose from 1 to the number of images, {len(images)}.")
    respond = _before_activation(model, layer)
    best, places = (np.empty((len(images), len(chosen)), kind) for kind in (np.float32, np.int64))
    for part in _parts(len(images), images.shape, batch_size):
        values = tf.gather(respond(_tensor(images[part])), chosen, axis=-1)
        columns = values.shape[2] if len(values.shape) == 4 else 1
        values = tf.reshape(values, (len(values), -1, len(chosen)))
        best[part], places[part] = tf.reduce_max(values, axis=1), tf.argmax(values, axis=1)
    order = np.argsort(-best, axis=0, kind="stable")[:count].T
    channel = np.arange(len(chosen))[:, None]
    start, size, step = (np.array(pair) for pair in window(model, layer))
    corners = start + step * np.stack(np.divmod(places[order, channel], columns), axis=-1)
    patches = np.full((*order.shape, *size, images.shape[-1]), GREY, images.dtype)
    for index in np.ndindex(order.shape):
        (top, left), (height, width) = corners[index], images.shape[1:3]
        rows = slice(max(top, 0), min(top + size[0], height))
        columns = slice(max(left, 0), min(left + size[1], width))
        cut = images[order[index]][rows, columns]
        patches[index][rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = cut
    return Patches(patches, best[order, channel], order, corners)


class Window(NamedTuple):
    """Place (i, j) of a map looks at ``size`` pixels from ``start + (i, j) * step`` on; pairs are (rows, columns)."""

    start: tuple[int, int]
    size: tuple[int, int]
    step: tuple[int, int]


def window(model: keras.Model, layer: str) -> Window:
    """What the places of a layer's map look at; all of the image for a layer without places."""
    _call(model, layer)
    row = next(row for row in anatomy.layers(model) if row.name == layer)
    if row.start is None:
        return Window((0, 0), _size(model)[:2], (1, 1))
    return Window(row.start, row.receptive_field, row.step)


def middle(model: keras.Model, layer: str) -> tuple[slice, slice]:
    """Rows and columns that the middle place of a layer's map sees: ``images[:, rows, columns]``."""
    start, size, step = window(model, layer)
    shape = _call(model, layer).leaving.shape
    places = (shape[1] // 2, shape[2] // 2) if len(shape) == 4 else (0, 0)
    corner = [first + place * stride for first, place, stride in zip(start, places, step)]
    rows, columns = (slice(max(c, 0), min(c + s, side)) for c, s, side in zip(corner, size, _size(model)))
    return rows, columns


# What a prediction rests on.


def occlusion(
    model: keras.Model,
    images: np.ndarray,
    classes: int | Sequence[int],
    fill: float | Sequence[float],
    patch: int = 4,
    stride: int = 1,
    output: str = "probability",
    batch_size: int | None = None,
) -> np.ndarray:
    """How much each image's class loses when a square patch covers a place, (n, rows, columns) float32.

    The loss of probability, or of the logit with ``output="logit"``: positive where the covered pixels spoke for the
    class, negative where they spoke against it. ``fill`` is the colour that covers, one number or three; the mean of
    the training images is a good one. Place (i, j) covers ``patch`` pixels from ``(i, j) * stride`` on:
    ``Window((0, 0), (patch, patch), (stride, stride))``. Zeiler and Fergus 2014, doi:10.1007/978-3-319-10590-1_53.
    """
    images = _images(model, images)
    classes = _classes(classes, len(images), model)
    height, width = images.shape[1:3]
    if not (1 <= patch <= min(height, width) and stride >= 1):
        raise ValueError(
            f"patch is {patch} and stride {stride}: the patch must fit into images of {height} × {width}, both be 1 "
            "or more."
        )
    fill = np.asarray(fill, np.float32)
    if fill.shape not in ((), (1,), images.shape[-1:]) or not np.isfinite(fill).all():
        raise ValueError(f"fill is {fill.tolist()}: give one number, or one for each of {images.shape[-1]} colours.")
    if output not in ("probability", "logit"):
        raise ValueError(f"output is {output!r}: choose 'probability' or 'logit'.")
    logits_of = _logits(model)

    def score(covered: np.ndarray, which: np.ndarray) -> np.ndarray:
        values = logits_of(_tensor(covered))
        values = tf.nn.softmax(values) if output == "probability" else values
        return tf.gather(values, classes[which], batch_dims=1).numpy()

    whole = np.concatenate([score(images[part], part) for part in _parts(len(images), images.shape, batch_size)])
    rows, columns = (height - patch) // stride + 1, (width - patch) // stride + 1
    row, column = np.arange(height), np.arange(width)
    drops = np.empty(len(images) * rows * columns, np.float32)
    # Every pair of an image and a place is one covered image; they are made a batch at a time.
    for part in _parts(len(drops), images.shape, batch_size):
        which, place = np.divmod(np.arange(part.start, part.stop), rows * columns)
        top, left = (stride * corner[:, None] for corner in np.divmod(place, columns))
        in_rows, in_columns = (row >= top) & (row < top + patch), (column >= left) & (column < left + patch)
        covered = images[which].astype(np.float32)
        covered[in_rows[:, :, None] & in_columns[:, None, :]] = fill
        drops[part] = whole[which] - score(covered, which)
    return drops.reshape(len(images), rows, columns)


def saliency(
    model: keras.Model, images: np.ndarray, classes: int | Sequence[int], batch_size: int | None = None
) -> np.ndarray:
    """The slope of each image's class logit with each of its numbers, (n, rows, columns, 3), per grey value.

    Signed: positive where a brighter pixel speaks for the class. Simonyan et al. 2013, arXiv:1312.6034.
    """
    images = _images(model, images)
    classes = _classes(classes, len(images), model)
    score = _logits(model)
    parts = _parts(len(images), images.shape, batch_size)
    return np.concatenate([_gradient(score, images[part], classes[part]) for part in parts])


def smooth_grad(
    model: keras.Model,
    images: np.ndarray,
    classes: int | Sequence[int],
    samples: int = 25,
    noise: float = 25.0,
    seed: int = 0,
    batch_size: int | None = None,
) -> np.ndarray:
    """The mean of ``saliency`` over noisy copies of each image; Smilkov et al. 2017, arXiv:1706.03825.

    ``noise`` is its standard deviation in grey values; the paper advises 10 to 20 % of the range.
    """
    images = _images(model, images)
    classes = _classes(classes, len(images), model)
    if samples < 1 or not noise >= 0:
        raise ValueError(f"samples is {samples} and noise {noise}: at least one sample, and noise of 0 or more.")
    score = _logits(model)
    generator = np.random.default_rng(seed)
    mean = np.zeros(images.shape, np.float32)
    for part in _parts(len(images) * samples, images.shape, batch_size):
        which = np.arange(part.start, part.stop) // samples
        noisy = images[which] + noise * generator.standard_normal((len(which), *images.shape[1:]), np.float32)
        np.add.at(mean, which, _gradient(score, noisy, classes[which]) / samples)
    return mean


def grad_cam(
    model: keras.Model,
    images: np.ndarray,
    classes: int | Sequence[int],
    layer: str | None = None,
    batch_size: int | None = None,
) -> np.ndarray:
    """Where a layer's channels speak for each image's class, (n, rows, columns) of the layer's map, 0 or more.

    The layer's maps are added up, each with the mean slope of the class's logit as its weight, and negative sums
    become 0: Selvaraju et al. 2017, arXiv:1610.02391. ``layer`` is the last convolutional one when left out.
    """
    names = conv_layers(model) if layer is None else [layer]
    if not names:
        raise ValueError(f"{model.name!r} has no convolutional layer: name another one in layer=.")
    leaving = _call(model, names[-1]).leaving
    if len(leaving.shape) != 4:
        raise ValueError(f"Layer {names[-1]!r} puts out no map but {tuple(leaving.shape[1:])}: Grad-CAM needs places.")
    images = _images(model, images)
    classes = _classes(classes, len(images), model)
    score = _logits(model, with_output_of=leaving)
    maps = []
    for part in _parts(len(images), images.shape, batch_size):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            # Watched, so that all that is computed from it is recorded.
            given = _tensor(images[part])
            tape.watch(given)
            values, channels = score(given)
            total = tf.reduce_sum(tf.gather(values, classes[part], batch_dims=1))
        weights = tf.reduce_mean(_slope(tape, total, channels), axis=(1, 2))
        maps.append(tf.nn.relu(tf.einsum("nrck,nk->nrc", channels, weights)))
    return np.concatenate(maps)


# Does it point at the object?


def enlarge(maps: np.ndarray, size: tuple[int, int], window: Window | None = None) -> np.ndarray:
    """Maps (n, rows, columns) at the size of the images: each pixel gets the place whose window's centre is nearest.

    ``window`` says what a place looks at: ``window(model, layer)`` for Grad-CAM, see ``occlusion`` for its own.
    Without it, the map is stretched evenly. Nothing is interpolated: a 10 × 10 map stays one.
    """
    maps = np.asarray(maps)
    if maps.ndim != 3:
        raise ValueError(f"Maps have the shape (n, rows, columns); these have {maps.shape}.")
    index = []
    for axis, pixels in enumerate(size):
        places = maps.shape[1 + axis]
        if window is None:
            nearest = np.arange(pixels) * places // pixels
        else:
            centre = window.start[axis] + (window.size[axis] - 1) / 2
            nearest = np.ceil((np.arange(pixels) - centre) / window.step[axis] - 0.5).astype(int)
        index.append(np.clip(nearest, 0, places - 1))
    return maps[:, index[0][:, None], index[1]]


def pointing(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Whether each map's highest value lies inside the mask of its object, (n,) bool.

    The pointing game of Zhang et al. 2016, arXiv:1608.00507. Where several pixels share the highest value, at least
    half of them must lie inside. A map that is the same everywhere points nowhere: False. Maps and masks
    (n, rows, columns); masks are bool.
    """
    maps, masks = _maps_and_masks(maps, masks)
    highest = maps.max(axis=(1, 2), keepdims=True)
    peaks = maps == highest
    inside = (peaks & masks).sum(axis=(1, 2)) >= 0.5 * peaks.sum(axis=(1, 2))
    return inside & ~peaks.all(axis=(1, 2))


def mass_inside(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """The share of each map's positive values that lies inside the mask of its object, (n,) from 0 to 1.

    A map without positive values has nothing inside: 0. Maps and masks (n, rows, columns); masks are bool.
    """
    maps, masks = _maps_and_masks(maps, masks)
    positive = np.maximum(maps, 0).astype(np.float64)
    whole, inside = positive.sum(axis=(1, 2)), (positive * masks).sum(axis=(1, 2))
    return np.divide(inside, whole, out=np.zeros_like(whole), where=whole > 0)


def _maps_and_masks(maps: np.ndarray, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    maps, masks = np.asarray(maps), np.asarray(masks)
    if maps.ndim != 3 or maps.shape != masks.shape or not len(maps):
        raise ValueError(
            f"Maps of shape {maps.shape} and masks of shape {masks.shape}: both must be (n, rows, columns), with one "
            "map at least. Use enlarge() for smaller maps, and one number a pixel for maps with colours."
        )
    if masks.dtype != bool:
        raise ValueError(f"Masks say True or False for every pixel; these have the type {masks.dtype}.")
    if not np.isfinite(maps).all():
        raise ValueError("The maps hold NaN or infinity.")
    return maps, masks


# The graph of a model.


class _Call(NamedTuple):
    """A layer in a model's graph: what arrives there and what leaves it."""

    layer: keras.Layer
    arriving: Any
    leaving: Any


def _calls(model: keras.Model) -> dict[str, _Call]:
    """The layers of the model in the order in which an image passes them, by name; without the input layer.

    The tensors are those of this model's own graph: a layer may be part of other models too.
    """
    try:
        inputs, outputs = model.inputs, model.outputs
    except (AttributeError, ValueError):
        inputs = outputs = None
    if not inputs or not outputs:
        name = getattr(model, "name", type(model).__name__)
        raise ValueError(
            f"{name!r} has no graph of layers that could be looked into: begin it with keras.Input((32, 32, 3)). "
            "Models written as a subclass of keras.Model cannot be read."
        )
    if len(inputs) > 1 or len(outputs) > 1:
        raise ValueError(f"{model.name!r} has {len(inputs)} inputs and {len(outputs)} outputs: one of each is needed.")
    found: dict[str, _Call] = {}
    waiting, seen = list(outputs), set()
    while waiting:
        operation, node_index, _ = waiting.pop()._keras_history
        if (id(operation), node_index) in seen:
            continue
        seen.add((id(operation), node_index))
        node = operation._inbound_nodes[node_index]
        if node.input_tensors:
            arriving = node.input_tensors if len(node.input_tensors) > 1 else node.input_tensors[0]
            # A layer that is used twice is looked at where it is used last.
            found.setdefault(operation.name, _Call(operation, arriving, node.output_tensors[0]))
        waiting += node.input_tensors
    return {layer.name: found[layer.name] for layer in model.layers if layer.name in found}


def _call(model: keras.Model, name: str) -> _Call:
    calls = _calls(model)
    if name not in calls:
        raise ValueError(f"{model.name!r} has no layer {name!r}. The names are: {', '.join(calls)}.")
    return calls[name]


def _end(layer: keras.Layer, arriving: Any) -> Callable:
    """What a layer computes before its activation, as a function of what arrives there."""
    if isinstance(layer, keras.Model):
        return _logits(layer)
    if isinstance(layer, ACTIVATIONS):
        return lambda given: given
    if getattr(layer, "activation", None) in (None, keras.activations.linear):
        return lambda given: layer(given)
    # A twin with the same weights and no activation; "zeros" draws nothing from anybody's random numbers.
    config = {key: "zeros" if key.endswith("_initializer") else value for key, value in layer.get_config().items()}
    twin = type(layer).from_config(config | {"activation": "linear"})
    twin.build(arriving.shape)
    twin.set_weights(layer.get_weights())
    return twin


def _before_activation(model: keras.Model, name: str) -> Callable:
    """The layer's values before its activation, float32, as a function of a tensor of images."""
    layer, arriving, _ = _call(model, name)
    trunk, end = keras.Model(model.inputs[0], arriving), _end(layer, arriving)
    return lambda given: tf.cast(end(trunk(given, training=False)), tf.float32)


def _logits(model: keras.Model, with_output_of: Any = None) -> Callable:
    """The logits, float32, as a function of a tensor of images; on demand also a tensor on the way to them."""
    calls = _calls(model)
    layer, arriving, leaving = calls[model.outputs[0]._keras_history[0].name]
    if len(leaving.shape) != 2 or leaving.shape[1] < 2:
        raise ValueError(
            f"{model.name!r} puts out {tuple(leaving.shape[1:])} numbers an image: a model that tells two classes or "
            "more apart, one number each, is needed."
        )
    end = _end(layer, arriving)
    if with_output_of is None:
        trunk = keras.Model(model.inputs[0], arriving)
        return lambda given: tf.cast(end(trunk(given, training=False)), tf.float32)
    both = keras.Model(model.inputs[0], [arriving, with_output_of])

    def score(given):
        values, on_the_way = both(given, training=False)
        return tf.cast(end(values), tf.float32), on_the_way

    return score


# Slopes.


def _slope(tape: tf.GradientTape, total: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
    slope = tape.gradient(total, given)
    if slope is None:
        raise ValueError(
            "No slope reaches the images. Either the layer lies behind the one that is asked for, or something on "
            "the way has none: an input of whole numbers (keras.Input(..., dtype='uint8')), or rounding."
        )
    return tf.cast(slope, tf.float32)


def _gradient(score: Callable, images: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The slope of each image's class logit; the sum's slope is each one's own, as none has a part in another's."""
    given = _tensor(images)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(given)
        total = tf.reduce_sum(tf.gather(score(given), classes, batch_dims=1))
    return _slope(tape, total, given).numpy()


def _coarse_first(slope: tf.Tensor) -> tf.Tensor:
    """The step in pixels that follows from the slope in the coefficients of waves, each scaled by 1 / frequency.

    A step in a coefficient that is scaled by s is s² times as large in the pixels: no change of variables is needed.
    """
    rows, columns = slope.shape[1:3]
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns))
    scale = 1 / np.maximum(frequency, 1 / max(rows, columns))
    waves = tf.signal.rfft2d(tf.transpose(slope, (0, 3, 1, 2))) * tf.constant(scale**2, tf.complex64)
    return tf.transpose(tf.signal.irfft2d(waves, (rows, columns)), (0, 2, 3, 1))


def _towards_neighbours(canvas: tf.Tensor) -> tf.Tensor:
    """The negative slope of the total variation: the sum of the absolute differences between neighbouring pixels."""
    down, right = tf.sign(canvas[:, 1:] - canvas[:, :-1]), tf.sign(canvas[:, :, 1:] - canvas[:, :, :-1])
    before, after, none = [1, 0], [0, 1], [0, 0]
    rows = tf.pad(down, [none, after, none, none]) - tf.pad(down, [none, before, none, none])
    columns = tf.pad(right, [none, none, after, none]) - tf.pad(right, [none, none, before, none])
    return rows + columns


# What is handed over.


def _size(model: keras.Model) -> tuple[int, int, int]:
    size = tuple(model.inputs[0].shape[1:])
    if None in size:
        raise ValueError(f"{model.name!r} takes images of any size {size}: rebuild it with a full one, or use at_size.")
    return size


def _images(model: keras.Model, images: Any) -> np.ndarray:
    """The images as an array of uint8 or float32, once they fit the model."""
    _calls(model)
    images = np.asarray(images)
    taken = tuple(model.inputs[0].shape[1:])
    if images.ndim == len(taken):
        raise ValueError(
            f"One image of shape {images.shape} was given. A batch is needed, if only of one: image[None]."
        )
    fits = images.ndim == len(taken) + 1 and all(t in (None, p) for t, p in zip(taken, images.shape[1:]))
    if not fits:
        raise ValueError(
            f"{model.name!r} takes images of shape (n, {', '.join(map(str, taken))}); these have {images.shape}. "
            "For the convolutions alone, at_size(model, (rows, columns)) makes a copy for another size."
        )
    if not len(images):
        raise ValueError(f"The batch is empty: its shape is {images.shape}. Give one image at least.")
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind != "f":
        raise ValueError(f"Images are uint8 or floats from 0 to 255; these have the type {images.dtype}.")
    finite = np.isfinite(images).all(axis=tuple(range(1, images.ndim)))
    if not finite.all():
        raise ValueError(f"Image {np.flatnonzero(~finite)[0]} holds NaN or infinity.")
    return images.astype(np.float32, copy=False)


def _tensor(images: np.ndarray) -> tf.Tensor:
    return tf.constant(images, tf.float32)


def _parts(count: int, shape: tuple[int, ...], batch_size: int | None) -> list[slice]:
    """Slices that cut ``count`` images of the shape (n, rows, columns, colours) into batches."""
    if batch_size is None:
        batch_size = max(1, PIXELS_AT_ONCE // (shape[1] * shape[2]))
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}: at least one image must pass at a time.")
    return [slice(begin, min(begin + batch_size, count)) for begin in range(0, count, batch_size)]


def _classes(classes: Any, count: int, model: keras.Model) -> np.ndarray:
    """One class an image; a single one stands for all."""
    return _within(classes, model.outputs[0].shape[-1], "class", count)


def _channels(channels: Any, model: keras.Model, layer: str) -> np.ndarray:
    return _within(channels, _call(model, layer).leaving.shape[-1], f"channel of {layer!r}")


def _within(numbers: Any, total: int, what: str, count: int | None = None) -> np.ndarray:
    """Whole numbers from 0 to below ``total``, one for each of ``count`` images where a count is given."""
    array = np.asarray(numbers)
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"A {what} is a whole number; {numbers!r} was given.")
    if count is not None and array.ndim == 0:
        array = np.full(count, array)
    if array.ndim != 1 or not len(array) or (count is not None and len(array) != count):
        wanted = "a list of them" if count is None else f"one for all images, or a list of {count}, one an image"
        raise ValueError(f"Each {what}: {wanted} is needed; an array of shape {array.shape} was given.")
    outside = array[(array < 0) | (array >= total)]
    if len(outside):
        raise ValueError(f"There is no {what} with the number {outside[0]}: they run from 0 to {total - 1}.")
    return array.astype(np.int64)
