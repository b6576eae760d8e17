"""Receptive fields, steps and starts in the layer table, against gradients."""

import keras
import numpy as np
import tensorflow as tf
from anatomy_models import as_drawn, model_with_positions, stack
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from helpers import anatomy


def seen_pixels(model, row, column):
    """First and last input row and column that one output number depends on, by its gradient."""
    generator = np.random.default_rng(0)
    model.set_weights([generator.uniform(0.5, 1.0, weight.shape) for weight in model.get_weights()])
    image = tf.Variable(generator.uniform(0.5, 1.0, (1, *model.input_shape[1:])), dtype=tf.float32)
    with tf.GradientTape() as tape:
        number = tf.reduce_sum(model(image)[0, row, column])
    touched = np.abs(tape.gradient(number, image)[0]).sum(axis=-1) > 0
    rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    return (rows[0], rows[-1]), (columns[0], columns[-1])


def assert_receptive_field_by_gradient(model):
    last = anatomy.layers(model)[-1]
    row, column = (side // 2 for side in model.output_shape[1:3])
    rows, columns = seen_pixels(model, row, column)
    next_rows, next_columns = seen_pixels(model, row + 1, column + 1)
    # A window cut off by the border would prove nothing.
    assert min(rows[0], columns[0]) > 0
    assert next_rows[1] < model.input_shape[1] - 1
    assert next_columns[1] < model.input_shape[2] - 1
    assert last.receptive_field == (rows[1] - rows[0] + 1, columns[1] - columns[0] + 1)
    assert last.step == (next_rows[0] - rows[0], next_columns[0] - columns[0])
    assert last.start == (rows[0] - row * last.step[0], columns[0] - column * last.step[1])


def test_layer_normalization_over_positions_has_no_window():
    channels, positions = (
        anatomy.layers(stack(layers.Conv2D(4, 3), layers.LayerNormalization(axis=axis)))[-1] for axis in (-1, (1, 2, 3))
    )
    assert (channels.parameters, channels.receptive_field) == (2 * 4, (3, 3))
    assert (positions.parameters, positions.receptive_field) == (2 * 30 * 30 * 4, None)


@settings(as_drawn, max_examples=settings.default.max_examples // 2)  # gradients take their time
@given(st.data())
def test_receptive_field_of_random_models_by_gradient(data):
    # No ReLU after a negative number, no maximum: every pixel in the window has a share in the gradient.
    assert_receptive_field_by_gradient(model_with_positions(data.draw, (190, 201, 1), max_pooling=False))


def test_receptive_field_over_branches_is_the_window_that_covers_them_all():
    image = keras.Input((64, 64, 1))
    narrow = layers.Conv2D(3, 3, padding="same")(image)
    wide = layers.Conv2D(3, 3, padding="same", dilation_rate=4)(layers.Conv2D(3, 3, padding="same")(image))
    both = layers.Concatenate()([layers.Add()([narrow, wide]), image])
    model = keras.Model(image, layers.Conv2D(1, 3, strides=2)(both))
    assert anatomy.layers(model)[-1].receptive_field == (13, 13)
    assert_receptive_field_by_gradient(model)


def test_receptive_field_of_branches_that_are_not_centred_on_each_other():
    image = keras.Input((64, 64, 1))
    after = layers.Conv2D(1, 3)(layers.ZeroPadding2D(((0, 2), (0, 2)))(image))
    before = layers.Conv2D(1, 3)(layers.ZeroPadding2D(((2, 0), (2, 0)))(image))
    model = keras.Model(image, layers.Add()([after, before]))
    assert anatomy.layers(model)[-1].receptive_field == (5, 5)
    assert_receptive_field_by_gradient(model)


def test_branches_that_move_at_different_steps_have_no_common_window():
    image = keras.Input((32, 32, 1))
    coarse = layers.Conv2D(1, 2, strides=2)(image)
    fine = layers.Conv2D(1, 17)(image)
    row = anatomy.layers(keras.Model(image, layers.Add()([coarse, fine])))[-1]
    assert (row.output, row.receptive_field, row.step, row.start) == ((16, 16, 1), None, None, None)


def test_max_pooling_counts_like_average_pooling():
    fields = [
        [row.receptive_field for row in anatomy.layers(stack(layers.Conv2D(4, 3), pooling(3, 2), layers.Conv2D(4, 5)))]
        for pooling in (layers.MaxPooling2D, layers.AveragePooling2D)
    ]
    assert fields[0] == fields[1] == [(3, 3), (5, 5), (13, 13)]
