"""Activation maximisation: an image that climbs, step by step, to a high response of a channel."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from helpers.explain import layers as given
from helpers.explain.layers import before_activation, gradient, layer_call

# Grey values by which the pixel with the largest gradient changes in a step.
STEP_SIZE = 8.0


def maximise_activation(
    model: keras.Model,
    layer: str,
    channels: Sequence[int],
    steps: int = 60,
    total_variation: float = 0.0,
    jitter: int = 0,
    fourier: bool = False,
) -> np.ndarray:
    """Images (channels, rows, columns, 3), floats from 0 to 255, that climb to a high response of each channel.

    The response is that of the map's middle position, or of a dense layer's unit, before the activation. Each image
    starts as grey with a little noise; in every step, the largest gradient changes its number by 8 grey values.

    ``total_variation`` pulls each pixel towards its four neighbours, each with this share of the largest gradient.
    ``jitter`` shifts the image by up to that many pixels before every step. ``fourier`` climbs in the coefficients of
    waves, the coarse ones faster: Olah, Mordvintsev and Schubert 2017, doi:10.23915/distill.00007.
    """
    chosen = given.channels(channels, model, layer)
    respond = before_activation(model, layer_call(model, layer))
    rows, columns, colours = given.image_size(model)
    generator = np.random.default_rng(0)
    # The image is cut out of a canvas that is larger by the jitter, so that shifting loses no border.
    shape = (len(chosen), rows + 2 * jitter, columns + 2 * jitter, colours)
    start = generator.uniform(given.GREY - 8, given.GREY + 8, shape).astype(np.float32)
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
                # Image k has a part in its own term only, so the gradient of the sum is the gradient of each.
                total = tf.reduce_sum(tf.gather(values, channel, batch_dims=1))
            change = gradient(tape, total, canvas)
            if fourier:
                change = _coarse_first(change)
            change = tf.math.divide_no_nan(change, tf.reduce_max(tf.abs(change), axis=(1, 2, 3), keepdims=True))
            if total_variation:
                change += total_variation * _towards_neighbours(canvas)
            canvas = tf.clip_by_value(canvas + STEP_SIZE * change, 0.0, 255.0)
        return canvas

    # Traced once, here: TensorFlow warns when functions that are called are traced again and again.
    climb = climb.get_concrete_function()
    parts = given.batches(len(chosen), shape)
    canvas = np.concatenate([climb(given.tensor(start[part]), tf.constant(chosen[part])) for part in parts])
    return canvas[:, jitter : jitter + rows, jitter : jitter + columns]


def _coarse_first(gradient: tf.Tensor) -> tf.Tensor:
    """The step in pixels when the coefficients of waves climb, each scaled by s = 1 / frequency: s² in the pixels."""
    rows, columns = gradient.shape[1:3]
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns))
    scale = 1 / np.maximum(frequency, 1 / max(rows, columns))
    waves = tf.signal.rfft2d(tf.transpose(gradient, (0, 3, 1, 2))) * tf.constant(scale**2, tf.complex64)
    return tf.transpose(tf.signal.irfft2d(waves, (rows, columns)), (0, 2, 3, 1))


def _towards_neighbours(canvas: tf.Tensor) -> tf.Tensor:
    """Minus the gradient of the total variation, the sum of the absolute differences between neighbouring pixels."""
    down, right = tf.sign(canvas[:, 1:] - canvas[:, :-1]), tf.sign(canvas[:, :, 1:] - canvas[:, :, :-1])
    before, after, none = [1, 0], [0, 1], [0, 0]
    rows = tf.pad(down, [none, after, none, none]) - tf.pad(down, [none, before, none, none])
    columns = tf.pad(right, [none, none, after, none]) - tf.pad(right, [none, none, before, none])
    return rows + columns
