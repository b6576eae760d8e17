"""Convolution and pooling: the helper, the lesson that teaches it, and Keras give the same on random shapes."""

import ast
import inspect

import keras
import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from helpers.teaching.convolution import convolve, output_size, pool
from tools.lessons.find import NOTEBOOKS

LESSON_FUNCTIONS = {
    "convolve-loops": "convolve_loops",
    "speed": "convolve_windows",
    "ex-1-1": "positions_along",
    "ex-1-2": "convolve_with_stride",
    "ex-1-3": "max_pool",
}


@pytest.fixture(scope="module")
def lesson():
    """What lesson 01 defines, exercise solutions included: the functions of its cells, without what they print."""
    notebook = nbformat.read(NOTEBOOKS / "01_convolution_math.ipynb", as_version=4)
    cells = {cell.id: cell.source for cell in notebook.cells}
    functions = {}
    for cell, name in LESSON_FUNCTIONS.items():
        # Exercise 1.2 goes on with the function of exercise 1.1.
        names = {"np": np, "sliding_window_view": sliding_window_view, "positions_along": output_size}
        (source,) = (part for part in ast.parse(cells[cell]).body if getattr(part, "name", None) == name)
        exec(ast.unparse(source), names)
        functions[name] = names[name]
    return functions


@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 6), st.integers(0, 5))
def test_output_size_counts_window_positions(lesson, size, kernel_size, stride, padding):
    starts = range(0, size + 2 * padding - kernel_size + 1, stride)
    if not starts:
        with pytest.raises(ValueError, match="does not fit"):
            output_size(size, kernel_size, stride, padding)
    else:
        assert output_size(size, kernel_size, stride, padding) == len(starts)
        assert lesson["positions_along"](size, kernel_size, stride, padding) == len(starts)


@pytest.mark.parametrize("arguments", [(2, 3), (32, 3, 0), (32, 3, 1, -1), (32, 0)])
def test_output_size_says_what_does_not_fit(arguments):
    with pytest.raises(ValueError, match=r"fit|start at 1"):
        output_size(*arguments)


sides = st.tuples(st.integers(1, 15), st.integers(1, 15))
kernel_sides = st.tuples(st.integers(1, 6), st.integers(1, 6))
seeds = st.integers(0, 999)
paddings = st.sampled_from(["valid", "same"])


@given(
    sides, kernel_sides, st.integers(1, 4), paddings, st.integers(1, 5), st.integers(1, 5),
    st.sampled_from(["float32", "float64", "uint8"]), seeds,
)  # fmt: skip
def test_convolve_equals_keras(side, kernel_side, stride, padding, channels, filters, kind, seed):
    generator = np.random.default_rng(seed)
    image = (255 * generator.random((*side, channels))).astype(kind)
    kernel, biases = generator.normal(size=(*kernel_side, channels, filters)), generator.normal(size=filters)
    if padding == "valid" and np.greater(kernel_side, side).any():
        with pytest.raises(ValueError, match="cannot be larger than input"):
            convolve(image, kernel, biases, stride, padding)
        return
    expected = keras.ops.conv(image[None].astype("float64"), kernel, stride, padding)[0] + biases
    got = convolve(image, kernel, biases, stride, padding)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-4)
    # One filter, then one channel of it.
    np.testing.assert_allclose(convolve(image, kernel[..., 0], biases[0], stride, padding), got[..., 0], atol=1e-4)
    by_channel = [convolve(image[..., i], kernel[..., i, 0], 0, stride, padding) for i in range(channels)]
    np.testing.assert_allclose(sum(by_channel) + biases[0], got[..., 0], rtol=1e-5, atol=1e-4)


@given(st.integers(1, 6), st.integers(0, 12), st.integers(0, 12), st.integers(1, 4), seeds)
def test_the_lesson_teaches_what_the_helper_does(lesson, size, more_rows, more_columns, stride, seed):
    generator = np.random.default_rng(seed)
    image, kernel = generator.normal(size=(size + more_rows, size + more_columns)), generator.normal(size=(size, size))
    expected = convolve(image, kernel)
    np.testing.assert_allclose(lesson["convolve_loops"](image, kernel), expected, atol=1e-12)
    np.testing.assert_allclose(lesson["convolve_windows"](image, kernel), expected, atol=1e-12)
    strided = lesson["convolve_with_stride"](image, kernel, stride)
    np.testing.assert_allclose(strided, convolve(image, kernel, stride=stride), atol=1e-12)
    np.testing.assert_array_equal(lesson["max_pool"](image, size), pool(image, size))


@pytest.mark.parametrize(
    ("image", "kernel"),
    [((5, 5), (3, 3, 1)), ((5, 5, 3), (3, 3)), ((5, 5, 3), (3, 3, 4)), ((2, 5), (3, 3)), ((1, 5, 5, 3), (3, 3, 3))],
)
def test_convolve_names_shapes_that_do_not_fit(image, kernel):
    with pytest.raises(ValueError, match=r"do not fit together|cannot be larger than input array"):
        convolve(np.zeros(image), np.zeros(kernel))


def test_convolve_names_an_unknown_padding():
    with pytest.raises(ValueError, match="'full'"):
        convolve(np.zeros((5, 5)), np.ones((3, 3)), padding="full")


@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 15), st.integers(0, 15), seeds)
def test_pool_equals_keras(size, stride, more_rows, more_columns, seed):
    image = np.random.default_rng(seed).normal(size=(size + more_rows, size + more_columns)).astype("float32")
    for operation, reduce in ((keras.ops.max_pool, np.max), (keras.ops.average_pool, np.mean)):
        expected = np.array(operation(image[None, :, :, None], size, strides=stride))[0, :, :, 0]
        np.testing.assert_allclose(pool(image, size, stride, reduce), expected, atol=1e-6)


def test_the_usual_pooling_is_two_by_two_without_overlap():
    assert inspect.signature(pool).parameters["size"].default == 2
    np.testing.assert_array_equal(pool(np.arange(20).reshape(4, 5)), [[6, 8], [16, 18]])
