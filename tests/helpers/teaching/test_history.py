"""The plans of nine networks against Keras' own models, torchvision's figures and the totals of papers."""

import math

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

from helpers import anatomy
from helpers.teaching import history
from helpers.teaching.history import Counter

NETWORKS = {network.name: network for network in history.networks()}
NORMALIZATION = {"MobileNetV2": 34_112}  # parameters that the paper leaves out

# Parameters, and billions of MACs: of LeNet-5 by LeCun et al. 1998; of AlexNet by Caffe's model, and by Sze et al. 2017
# (arXiv:1703.09039, 724 million); of all others by torchvision, whose ResNet-50 has its strides in another convolution.
PUBLISHED = {
    "LeNet-5": (60_000, None),
    "AlexNet": (60_965_224, 0.724),
    "VGG-16": (138_357_544, 15.470),
    "ResNet-18": (11_689_512, 1.814),
    "ResNet-50": (25_557_032, None),
    "MobileNetV2": (3_504_872, 0.301),
    "EfficientNet-B0": (5_288_548, 0.386),
    "ViT-B/16": (86_567_656, 17.564),
    "ConvNeXt-T": (28_589_128, 4.456),
}


def inner_layers(model):
    """All layers, those of models inside too."""
    for layer in model.layers:
        yield from inner_layers(layer) if isinstance(layer, keras.Model) else [layer]


def macs_of_weights(model):
    """The weights of each convolution and dense layer, times the positions of its output."""
    kinds = (layers.Conv2D, layers.DepthwiseConv2D, layers.Dense)
    found = [layer for layer in inner_layers(model) if isinstance(layer, kinds)]
    return sum(math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape) for layer in found)


def trained(model):
    return sum(math.prod(weights.shape) for weights in model.trainable_weights)


@pytest.mark.parametrize("name", PUBLISHED)
def test_totals_are_those_published(name):
    parameters, billions = PUBLISHED[name]
    assert NETWORKS[name].parameters == parameters
    if billions:
        assert round(NETWORKS[name].macs / 1e9, 3) == billions


@pytest.mark.parametrize(
    ("name", "keras_name", "in_table"),
    [
        pytest.param("VGG-16", "VGG16", True, marks=pytest.mark.long),
        ("ResNet-50", "ResNet50", True),
        ("MobileNetV2", "MobileNetV2", True),
        ("EfficientNet-B0", "EfficientNetB0", False),
        ("ConvNeXt-T", "ConvNeXtTiny", False),
    ],
)
def test_counts_are_those_of_keras_models(name, keras_name, in_table):
    model = getattr(keras.applications, keras_name)(weights=None)
    parameters = trained(model)
    if name == "ResNet-50":
        # Keras adds biases to its convolutions, which batch normalization after them makes useless.
        parameters -= sum(layer.filters for layer in model.layers if isinstance(layer, layers.Conv2D))
    assert NETWORKS[name].parameters == parameters
    assert NETWORKS[name].macs == macs_of_weights(model)
    if in_table:
        assert NETWORKS[name].macs == sum(row.macs for row in anatomy.layers(model))
    if name in NORMALIZATION:
        normalizations = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
        assert NORMALIZATION[name] == sum(map(trained, normalizations))


def test_macs_of_alexnet_and_vit_worked_out_by_hand():
    convolutions = 55**2 * 96 * 363 + 27**2 * 256 * 1200 + 13**2 * (384 * 2304 + 384 * 1728 + 256 * 1728)
    assert NETWORKS["AlexNet"].macs == convolutions + 9216 * 4096 + 4096 * 4096 + 4096 * 1000
    layer = 197 * (4 * 768**2 + 2 * 768 * 3072) + 2 * 197**2 * 768
    assert NETWORKS["ViT-B/16"].macs == 196 * 768**2 + 12 * layer + 768 * 1000


def test_connections_of_lenet5_are_those_of_the_paper():
    biases = 6 * 28**2 + 16 * 10**2 + 120 + 84
    pooled = 6 * 14**2 + 16 * 5**2
    assert f"{NETWORKS['LeNet-5'].macs + biases + 5 * pooled:,} connections" == NETWORKS["LeNet-5"].paper_macs
    assert f"{NETWORKS['LeNet-5'].parameters:,}" == NETWORKS["LeNet-5"].paper_parameters


@pytest.mark.parametrize("name", list(PUBLISHED)[1:])
def test_papers_round_our_counts_or_cut_their_digits(name):
    network = NETWORKS[name]
    parameters = network.parameters - NORMALIZATION.get(name, 0)
    said = [(network.paper_parameters, parameters), (network.paper_macs, network.macs)]
    assert any(text for text, _ in said)
    for text, count in said:
        if text:
            number, unit = text.split()
            scale = 10 ** len(number.partition(".")[2])
            count /= {"million": 1e6, "billion": 1e9}[unit]
            assert float(number) in (round(count * scale) / scale, math.floor(count * scale) / scale)


def test_each_network_names_a_paper_that_can_be_found():
    assert [network.name for network in NETWORKS.values()] == list(PUBLISHED)
    years = [network.year for network in NETWORKS.values()]
    assert years == sorted(years)
    assert all("arXiv:" in network.source or "doi:" in network.source for network in NETWORKS.values())


@given(st.data())
def test_a_convolution_counts_like_that_of_keras(data):
    groups = data.draw(st.integers(1, 4))
    channels, filters = (groups * data.draw(st.integers(1, 3)) for _ in range(2))
    size, stride, padding = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 2)))
    rows, columns = data.draw(st.tuples(st.integers(5, 30), st.integers(5, 30)))
    batch_norm = data.draw(st.booleans())
    net = Counter(rows, columns, channels, batch_norm).conv(filters, size, stride, padding, groups)
    hidden = [
        layers.ZeroPadding2D(padding),
        layers.Conv2D(filters, size, stride, groups=groups, use_bias=not batch_norm),
    ]
    model = keras.Sequential([keras.Input((rows, columns, channels)), *hidden])
    if batch_norm:
        model.add(layers.BatchNormalization())
    assert (net.rows, net.columns, net.channels) == model.output_shape[1:]
    assert net.parameters == trained(model)
    assert net.macs == anatomy.layers(model)[1].macs


@pytest.mark.parametrize("heads", [1, 3])
def test_attention_has_the_parameters_of_keras_whatever_the_heads(heads):
    tokens = keras.Input((10, 12))
    attention = layers.MultiHeadAttention(heads, 12 // heads)
    attention(tokens, tokens)
    net = Counter(10, 1, 12).attention()
    assert net.parameters == attention.count_params()
    assert net.macs == 10 * 4 * 12 * 12 + 2 * 10 * 10 * 12
