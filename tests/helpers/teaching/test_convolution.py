"""Convolution and pooling: the helper, the lesson that teaches it, and Keras give the same on random shapes."""

import inspect

import keras
import nbformat
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from helpers.teaching.convolution import convolve, output_size, pool, same_padding
from tools.lessons.find import NOTEBOOKS

RANDOM = np.random.default_rng(1)
LESSON_FUNCTIONS = {
    "convolve-loops": "convolve_loops",
    "convolve-windows": "convolve_windows",
    "ex-1-1": "positions_along",
    "ex-1-2": "convolve_with_stride",
    "ex-1-5": "max_pool",
}


@pytest.fixture(scope="module")
def lesson():
    """What lesson 01 defines, exercise solutions included: the functions of its cells, without what they print."""
    notebook = nbformat.read(NOTEBOOKS / "01_convolution_math.ipynb", as_version=4)
    cells = {cell.id: cell.source for cell in notebook.cells}
    functions = {}
    for cell, name in LESSON_FUNCTIONS.items():
        # Exercise 1.2 may take output_size from the helper.
        names = {"np": np, "sliding_window_view": sliding_window_view, "output_size": output_size}
        exec(cells[cell].split("\nassert ")[0], names)
        functions[name] = names[name]
    return functions


def test_output_size_counts_window_positions(lesson):
    for size, kernel_size, stride, padding in RANDOM.integers((7, 1, 1, 0), (50, 7, 6, 5), size=(50, 4)):
        counted = len(range(0, size + 2 * padding - kernel_size + 1, stride))
        assert output_size(size, kernel_size, stride, padding) == counted
        assert lesson["positions_along"](size, kernel_size, stride, padding) == counted


@pytest.mark.parametrize("arguments", [(2, 3), (32, 3, 0), (32, 3, 1, -1), (32, 0)])
def test_output_size_says_what_does_not_fit(arguments):
    with pytest.raises(ValueError, match=r"fit|start at 1"):
        output_size(*arguments)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_convolve_equals_keras_on_random_shapes(stride, padding):
    for _ in range(5):
        size, channels, filters = (int(value) for value in RANDOM.integers(1, 6, size=3))
        rows, columns = RANDOM.integers(6, 20, size=2)
        image = RANDOM.normal(size=(rows, columns, channels))
        weights, biases = RANDOM.normal(size=(size, size, channels, filters)), RANDOM.normal(size=filters)
        layer = keras.layers.Conv2D(filters, size, strides=stride, padding=padding)
        layer.build((None, *image.shape))
        layer.set_weights([weights, biases])
        expected = np.array(layer(image[None].astype("float32")))[0]
        got = convolve(image, weights, biases, stride=stride, padding=padding)
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, atol=1e-4)
        first_filter = convolve(image, weights[..., 0], biases[0], stride=stride, padding=padding)
        np.testing.assert_allclose(first_filter, got[..., 0])


def test_the_lesson_teaches_what_the_helper_does(lesson):
    for _ in range(5):
        rows, columns, size = RANDOM.integers((8, 8, 1), (20, 20, 6))
        image, kernel = RANDOM.normal(size=(rows, columns)), RANDOM.normal(size=(size, size))
        expected = convolve(image, kernel)
        np.testing.assert_allclose(lesson["convolve_loops"](image, kernel), expected)
        np.testing.assert_allclose(lesson["convolve_windows"](image, kernel), expected)
        for stride in (1, 2, 3):
            strided = lesson["convolve_with_stride"](image, kernel, stride)
            np.testing.assert_allclose(strided, convolve(image, kernel, stride=stride), atol=1e-12)
        np.testing.assert_array_equal(lesson["max_pool"](image, size), pool(image, int(size)))


def test_same_padding_puts_the_odd_zero_last():
    assert same_padding(32, 5, 2) == (1, 2)
    assert same_padding(32, 3, 1) == (1, 1)
    assert same_padding(32, 1, 2) == (0, 0)


@pytest.mark.parametrize(
    ("image", "kernel"),
    [((5, 5), (3, 3, 1)), ((5, 5, 3), (3, 3)), ((5, 5, 3), (3, 3, 4)), ((2, 5), (3, 3)), ((1, 5, 5, 3), (3, 3, 3))],
)
def test_convolve_names_shapes_that_do_not_fit(image, kernel):
    with pytest.raises(ValueError, match=r"do not fit together|larger than the image"):
        convolve(np.zeros(image), np.zeros(kernel))


def test_convolve_names_an_unknown_padding():
    with pytest.raises(ValueError, match="'full'"):
        convolve(np.zeros((5, 5)), np.ones((3, 3)), padding="full")


@pytest.mark.parametrize(("kind", "reduce"), [("max", np.max), ("average", np.mean)])
def test_pool_equals_keras_on_random_shapes(kind, reduce):
    for _ in range(10):
        size, stride = (int(value) for value in RANDOM.integers(1, 5, size=2))
        image = RANDOM.normal(size=RANDOM.integers(5, 20, size=2)).astype("float32")
        operation = getattr(keras.ops, f"{kind}_pool")
        expected = np.array(operation(image[None, :, :, None], size, strides=stride))[0, :, :, 0]
        np.testing.assert_allclose(pool(image, size, stride, reduce), expected, atol=1e-6)


def test_the_usual_pooling_is_two_by_two_without_overlap():
    assert inspect.signature(pool).parameters["size"].default == 2
    np.testing.assert_array_equal(pool(np.arange(20).reshape(4, 5)), [[6, 8], [16, 18]])
