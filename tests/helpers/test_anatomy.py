"""The layer table against independent oracles: Keras's own counts, TensorFlow's profiler, and the shapes of weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from anatomy_models import as_drawn, model_with_positions, stack
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

from checks.lesson15 import reference_training_flops
from helpers import anatomy, models

NAMES = list(models.RECIPES)


def profiled_macs(model):
    """Multiply-accumulates of one image by TensorFlow's profiler: half its floating-point operations."""
    run = tf.function(lambda images: model(images, training=False))
    graph = run.get_concrete_function(tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder(
        tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    ).with_empty_output()
    return tf.compat.v1.profiler.profile(graph, options=options.build()).total_float_ops / 2


@pytest.mark.parametrize("name", NAMES)
def test_parameters_and_shapes_are_those_of_keras(name):
    model = models.build(name)
    rows = anatomy.layers(model)
    assert sum(row.parameters for row in rows) == model.count_params()
    # A functional model names its input among its layers, and may list branches in another order.
    built = {layer.name: layer for layer in model.layers if not isinstance(layer, layers.InputLayer)}
    assert sorted(row.name for row in rows) == sorted(built)
    for row in rows:
        shape = built[row.name].output.shape[1:]
        assert row.parameters == built[row.name].count_params()
        assert (row.output, row.memory) == (shape, 4 * int(np.prod(shape)))


@pytest.mark.parametrize("name", NAMES)
def test_macs_agree_with_the_profiler(name):
    model = models.build(name)
    assert sum(row.macs for row in anatomy.layers(model)) == pytest.approx(profiled_macs(model), rel=0.01)


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(24, 5, strides=2, padding="same"),
        layers.Conv2D(24, (3, 5), strides=(1, 2)),
        layers.DepthwiseConv2D(7, depth_multiplier=2),
        layers.SeparableConv2D(24, 5, strides=2, padding="same", depth_multiplier=3),
        layers.Dense(50),
    ],
    ids=lambda layer: layer.name,
)
def test_macs_of_unusual_convolutions_agree_with_the_profiler(layer):
    # Without a bias, so that the profiler counts nothing but MACs.
    layer.use_bias = False
    model = stack(layer, shape=(20, 23, 16))
    assert anatomy.layers(model)[0].macs == pytest.approx(profiled_macs(model), rel=0.01)


def test_macs_of_dilated_and_grouped_convolutions():
    # The profiler counts neither of them as it is (TensorFlow pads the one and hides the other), so compare
    # with plain convolutions that do the same work: the same output size; one convolution per group.
    dilated = stack(layers.Conv2D(24, 3, dilation_rate=3), shape=(20, 23, 16))
    plain = stack(layers.Conv2D(24, 3, use_bias=False), shape=(16, 19, 16))
    assert dilated.output_shape == plain.output_shape
    assert anatomy.layers(dilated)[0].macs == profiled_macs(plain)
    grouped = stack(layers.Conv2D(24, 5, groups=4), shape=(20, 23, 16))
    one_group = stack(layers.Conv2D(6, 5, use_bias=False), shape=(20, 23, 4))
    assert anatomy.layers(grouped)[0].macs == 4 * profiled_macs(one_group)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_separable_convolution_is_a_depthwise_one_and_a_1x1_convolution(depth, stride, padding):
    one = stack(layers.SeparableConv2D(24, 5, stride, padding, depth_multiplier=depth), shape=(20, 23, 16))
    depthwise = layers.DepthwiseConv2D(5, stride, padding, depth_multiplier=depth, use_bias=False)
    two = stack(depthwise, layers.Conv2D(24, 1), shape=(20, 23, 16))
    (row,), parts = anatomy.layers(one), anatomy.layers(two)
    assert row.parameters == one.count_params() == sum(part.parameters for part in parts)
    assert row.macs == sum(part.macs for part in parts)
    assert row.output == parts[-1].output
    assert row[-3:] == parts[-1][-3:]


def test_a_convolution_in_words():
    separable = layers.SeparableConv2D(24, (3, 5), 2, "same", depth_multiplier=3)
    assert anatomy.describe(separable) == "SeparableConv2D 3×5×24, stride 2, depth multiplier 3, same"
    assert anatomy.describe(layers.SeparableConv2D(8, 3)) == "SeparableConv2D 3×3×8"
    assert anatomy.describe(layers.DepthwiseConv2D(3, depth_multiplier=2)) == "DepthwiseConv2D 3×3, depth multiplier 2"


def counted_macs(layer):
    """Numbers of the output times the weights that each of them meets, read off the shape of the weights."""
    numbers = int(np.prod(layer.output.shape[1:]))
    match layer:
        case layers.Conv2D():
            return numbers * int(np.prod(layer.kernel.shape[:3]))
        case layers.DepthwiseConv2D():
            return numbers * int(np.prod(layer.kernel.shape[:2]))
        case layers.SeparableConv2D():
            # At each position, every weight of both kernels takes part once.
            positions = int(np.prod(layer.output.shape[1:3]))
            return positions * sum(int(np.prod(weight.shape)) for weight in layer.weights[:2])
        case layers.Dense():
            return numbers * layer.kernel.shape[0]
    return 0


@as_drawn
@given(st.tuples(st.integers(4, 20), st.integers(4, 20), st.integers(1, 4)), st.data())
def test_tables_of_random_models_agree_with_keras_and_with_a_count_from_the_weights(shape, data):
    body = model_with_positions(data.draw, shape)
    ends = [layers.Flatten, layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D]
    tensor = data.draw(st.sampled_from(ends))()(body.output)
    for units in data.draw(st.lists(st.integers(1, 30), max_size=2)):
        tensor = layers.Dense(units, use_bias=data.draw(st.booleans()))(layers.Dropout(0.5)(tensor))
    model = keras.Model(body.input, tensor)
    built = model.layers[1:]  # without the input
    rows = {row.name: row for row in anatomy.layers(model)}
    assert rows.keys() == {layer.name for layer in built}
    for layer in built:
        row, output = rows[layer.name], layer.output.shape[1:]
        assert row.output == output
        assert row.parameters == sum(int(np.prod(weight.shape)) for weight in layer.weights)
        assert row.macs == counted_macs(layer)
        assert row.memory == 4 * np.prod(output)
        assert (row.receptive_field is None) == (len(output) == 1)
    assert sum(row.parameters for row in rows.values()) == model.count_params()
    totals = anatomy.table(model).splitlines()[-1].split()
    assert totals[1:3] == [f"{model.count_params():,}", f"{sum(map(counted_macs, built)):,}"]

    # As a Sequential model inside another one, all is the same.
    inside = keras.Sequential([keras.Input(shape), model])
    figures = [row[2:] for row in rows.values()]
    assert [row[2:] for row in anatomy.layers(inside)] == figures


def test_figures_of_guide_cnn_worked_out_by_hand():
    rows = anatomy.layers(models.guide_cnn())
    convolutions = [row for row in rows if row.layer.startswith("Conv2D")]
    assert [row.macs for row in convolutions] == [777_600, 7_225_344, 2_654_208, 3_686_400]
    assert [row.receptive_field for row in convolutions] == [(3, 3), (5, 5), (10, 10), (14, 14)]
    pools = [row for row in rows if row.layer.startswith("MaxPooling2D")]
    assert [row.step for row in pools] == [(2, 2), (4, 4)]
    assert rows[-1].receptive_field is None
    assert rows[-1].step is None


@pytest.mark.parametrize("trained", [(1, 1, 1), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 0, 0), (0, 0, 0)])
def test_a_step_counts_the_gradients_that_a_trained_layer_needs(trained):
    model = keras.Sequential([keras.Input((8, 6, 2)), layers.Conv2D(3, 3), layers.Conv2D(4, (1, 2)), layers.Flatten()])
    model.add(layers.Dense(5))
    first, second, _, dense = model.layers
    for layer, is_trained in zip((first, second, dense), trained):
        layer.trainable = bool(is_trained)
    macs = [6 * 4 * 3 * 3 * 2 * 3, 6 * 3 * 2 * 3 * 4, 72 * 5]
    assert anatomy.step_flops(model) == reference_training_flops(
        [(1, work, bool(one)) for work, one in zip(macs, trained)]
    )


def test_every_layer_that_lessons_use_is_known():
    model = stack(
        layers.Rescaling(1 / 255),
        layers.RandomFlip("horizontal"),
        layers.Normalization(mean=0.5, variance=0.1),
        layers.ZeroPadding2D(1),
        layers.Conv2D(8, 3),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.SpatialDropout2D(0.1),
        layers.AveragePooling2D(2),
        layers.ReLU(),
        layers.LeakyReLU(),
        layers.ELU(),
        layers.GlobalMaxPooling2D(),
        layers.Dropout(0.5),
        layers.Dense(10),
        layers.Softmax(),
    )
    rows = anatomy.layers(model)
    assert len(rows) == 16
    assert sum(row.parameters for row in rows) == model.count_params()
    assert rows[4].output == (32, 32, 8)
    assert anatomy.layers(stack(layers.GlobalAveragePooling2D()))[0].receptive_field is None


def test_dense_on_every_position_keeps_the_positions():
    (row,) = anatomy.layers(stack(layers.Dense(7), shape=(4, 5, 3)))
    assert (row.output, row.macs, row.receptive_field) == ((4, 5, 7), 4 * 5 * 7 * 3, (1, 1))


def test_models_inside_models_and_layers_from_other_models():
    augment = keras.Sequential([layers.Input((None, None, 3)), layers.RandomFlip("horizontal")], name="augment")
    base = models.plain_cnn()
    model = stack(augment, *base.layers[:4], layers.Flatten(), layers.Dense(10))
    rows = anatomy.layers(model)
    assert rows[0].name == f"augment/{augment.layers[0].name}"
    assert sum(row.parameters for row in rows) == model.count_params()
    assert [row.output for row in rows[1:5]] == [row.output for row in anatomy.layers(base)[:4]]

    head = keras.Sequential([layers.Input((4, 4, 64)), layers.Flatten(), layers.Dense(3)], name="head")
    features = keras.Model(base.inputs, base.layers[5].output, name="features")
    joined = keras.Sequential([layers.Input((32, 32, 3)), features, head])
    assert sum(row.parameters for row in anatomy.layers(joined)) == joined.count_params()


def test_a_shared_layer_works_twice_and_is_counted_once():
    image = keras.Input((16, 16, 4))
    shared = layers.Conv2D(4, 3, padding="same")
    model = keras.Model(image, shared(shared(image)))
    rows = anatomy.layers(model)
    assert [row.parameters for row in rows] == [model.count_params(), 0]
    assert rows[0].macs == rows[1].macs == 16 * 16 * 4 * 9 * 4
    assert rows[1].receptive_field == (5, 5)


def test_a_model_that_was_called_on_another_input_keeps_its_own_figures():
    model = models.plain_cnn()
    before = anatomy.layers(model)
    keras.Model(other := keras.Input((32, 32, 3)), layers.Dense(2)(model(other)))
    model(np.zeros((1, 32, 32, 3), "uint8"))
    assert anatomy.layers(model) == before


def test_other_input_sizes_change_shapes_and_not_the_parameters_of_convolutions():
    small, large = (anatomy.layers(stack(layers.Conv2D(8, 5), shape=(side, side, 3)))[0] for side in (10, 900))
    assert small.parameters == large.parameters
    assert large.output == (896, 896, 8)


def test_the_table_is_aligned_and_adds_up():
    model = models.strided_cnn()
    lines = anatomy.table(model).splitlines()
    assert len(lines) == len(model.layers) + 4
    end = lines[0].index("parameters") + len("parameters")
    parameters = [line[:end].split()[-1] for line in [*lines[2:-2], lines[-1]]]
    assert [int(cell.replace(",", "")) for cell in parameters] == [
        *(layer.count_params() for layer in model.layers),
        181_162,
    ]
    assert all(line == line.rstrip() for line in lines)
    assert "Conv2D 5×5×32, stride 2, same" in lines[3]
    assert "81.7 %" in lines[8]
    assert lines[-1].split() == ["total", "181,162", "1,688,576", "57,256"]


def test_an_unknown_layer_is_named_with_what_to_do():
    model = stack(layers.Conv2DTranspose(4, 3, name="upwards"))
    with pytest.raises(ValueError, match=r"upwards is a Conv2DTranspose.*helpers/anatomy\.py"):
        anatomy.layers(model)


def test_models_that_cannot_be_read_are_refused_with_what_to_do():
    with pytest.raises(ValueError, match=r"begin it with keras\.Input"):
        anatomy.layers(keras.Sequential([layers.Dense(3)]))
    with pytest.raises(ValueError, match="full size"):
        anatomy.table(stack(layers.Conv2D(3, 3), shape=(None, None, 3)))

    class Written(keras.Model):
        def call(self, images):
            return images

    with pytest.raises(ValueError, match=r"subclass of keras\.Model"):
        anatomy.layers(Written())


def test_a_layer_with_its_channels_first_is_named():
    model = stack(layers.Conv2D(4, 3, data_format="channels_first", name="turned"), shape=(3, 32, 32))
    with pytest.raises(ValueError, match=r"Layer turned is channels_first.*data_format='channels_last'"):
        anatomy.table(model)
