"""The networks of the tutorials: shapes, and parameters against published counts and a formula."""

import keras
import numpy as np
import pytest

from helpers import models
from helpers.models import tutorials

# Published counts. The architectures of batchnorm_cnn and improved_cnn are ours and are counted by formula below.
PARAMETERS = {
    "strided_cnn": 181_162,
    "deeper_cnn": 252_378,
    "plain_cnn": 122_570,
    "dense_head_cnn": 1_060_138,
    "guide_cnn": 477_994,
}
NAMES = list(models.TUTORIALS)


def count_by_formula(model):
    """Parameters from each layer's settings and the shape that arrives, without asking a weight for its size."""
    total = 0
    channels = model.input_shape[-1]
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            rows, columns = layer.kernel_size
            total += (rows * columns * channels + layer.use_bias) * layer.filters
        elif isinstance(layer, keras.layers.Dense):
            total += (channels + 1) * layer.units
        elif isinstance(layer, keras.layers.BatchNormalization):
            total += 4 * channels
        channels = layer.output.shape[-1]
    return total


def same(layer):
    """What makes two layers the same: class, settings without the name and the seed, shapes of the weights."""
    config = {key: value for key, value in layer.get_config().items() if key not in ("name", "seed")}
    return type(layer), config, [weight.shape for weight in layer.weights]


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_published_parameter_counts(name, parameters):
    assert models.build(name).count_params() == parameters


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("shape", "classes"), [((32, 32, 3), 10), ((48, 40, 1), 7)])
def test_parameters_by_formula_for_any_input_and_any_classes(name, shape, classes):
    model = models.build(name, shape, classes)
    assert model.input_shape == (None, *shape)
    assert model.output_shape == (None, classes)
    assert model.count_params() == count_by_formula(model)


def test_the_table_of_strided_cnn():
    shapes = [layer.output.shape[1:] for layer in tutorials.strided_cnn().layers]
    assert shapes == [
        (32, 32, 3),
        (16, 16, 32),
        (6, 6, 32),
        (3, 3, 32),
        (3, 3, 32),
        (288,),
        (512,),
        (512,),
        (10,),
    ]
    counts = [layer.count_params() for layer in tutorials.strided_cnn().layers if layer.count_params()]
    assert counts == [2_432, 25_632, 147_968, 5_130]


def test_the_shapes_of_guide_cnn_with_the_slip_put_right():
    shapes = [layer.output.shape[1:] for layer in tutorials.guide_cnn().layers]
    for shape in [(10, 10, 64), (5, 5, 64), (1600,)]:
        assert shape in shapes
    assert (576,) not in shapes


def test_improved_cnn_begins_at_guide_cnn():
    guide = tutorials.guide_cnn()
    first = tutorials.improved_cnn(
        widths=(32, 64), padding="valid", pooled=2, batch_normalization=False, dense=256, dropout=0.25
    )
    first.set_weights(guide.get_weights())
    images = np.random.default_rng(1).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_allclose(first(images), guide(images), atol=1e-6)
    rates = [
        [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] for model in (first, guide)
    ]
    assert rates[0] == rates[1]
    assert tutorials.improved_cnn().count_params() < guide.count_params() < 1_469_994


def test_plain_cnn_before_its_head():
    convolutions = [layer for layer in tutorials.plain_cnn().layers if isinstance(layer, keras.layers.Conv2D)]
    assert sum(layer.count_params() for layer in convolutions) == 56_320


def test_two_builds_are_alike_and_share_nothing():
    first, second = tutorials.strided_cnn(), tutorials.strided_cnn()
    assert [same(layer) for layer in first.layers] == [same(layer) for layer in second.layers]
    assert not {id(layer) for layer in first.layers} & {id(layer) for layer in second.layers}


@pytest.mark.parametrize("name", NAMES)
def test_images_go_in_as_bytes_and_probabilities_or_logits_come_out(name):
    model = models.build(name)
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    outputs = np.asarray(model(images))
    np.testing.assert_allclose(outputs, np.asarray(model(images.astype("float32"))), atol=1e-6)
    assert np.allclose(outputs.sum(axis=1), 1, atol=1e-5) == (name != "plain_cnn")


@pytest.mark.parametrize("name", ["strided_cnn", "deeper_cnn"])
def test_dropout_can_be_scaled(name):
    usual, scaled = models.BUILDERS[name](), models.BUILDERS[name](dropout_scale=0.5)
    rates = [
        [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] for model in (usual, scaled)
    ]
    assert rates[0]
    assert rates[1] == [0.5 * rate for rate in rates[0]]


def test_the_activation_of_plain_cnn_can_be_chosen():
    used = [
        layer.activation.__name__
        for layer in tutorials.plain_cnn(activation="tanh").layers
        if hasattr(layer, "activation")
    ]
    assert used == ["tanh"] * 4 + ["linear"]
