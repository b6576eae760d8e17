"""Lesson 01: each usual slip, made in the way that a student makes it, is called by its own name."""

import math

import numpy as np
import pytest
from mistake_tables import sentence
from numpy.lib.stride_tricks import sliding_window_view

from checks import lesson01 as check


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda n, k, s, p: (n - 2 * p - k) // s + 1, "mind its sign"),
        (lambda n, k, s, p: (n - k) // s + 1 + 2 * p, "outside the division"),
        (lambda n, k, s, p: (n + 2 * p) // s + 1, "kernel size is not in your answer"),
        (lambda n, k, s, p: math.ceil(n / s), "padding='same'"),
        (lambda n, k, s, p: round((n + 2 * p - k) / s) + 1, "round to the nearest"),
        (lambda n, k, s, p: n + 2 * p - k // s + 1, "brackets"),
        (lambda n, k, s, p: ((n + 2 * p - k) // s + 1) ** 2, "whole image"),
    ],
)
def test_slips_in_the_output_size(answer, told):
    assert told in sentence(check.exercise_1_1, answer)


def convolved(image, kernel, stride):
    return np.einsum("rcij,ij->rc", sliding_window_view(image, kernel.shape)[::stride, ::stride], kernel)


def padded(image, kernel, stride):
    before = (len(kernel) - 1) // 2
    return convolved(np.pad(image, (before, len(kernel) - 1 - before)), kernel, stride)


def by_matrices(image, kernel, stride):
    windows = sliding_window_view(image, kernel.shape)[::stride, ::stride]
    return np.array([[(window @ kernel).sum() for window in row] for row in windows])


def without_the_last_window(image, kernel, stride):
    return convolved(image[:-1, :-1], kernel, stride)


def of_shape(shape):
    """An answer whose numbers mean nothing, but whose shape does."""
    return lambda image, kernel, stride: np.zeros(shape(image, kernel, stride)) + 0.37


def sides(image, kernel, stride):
    return convolved(image, kernel, stride).shape


def sides_for_stride_1(image, kernel, stride):
    return convolved(image, kernel, 1).shape


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda i, k, s: convolved(i, k[::-1], s), "upside down"),
        (lambda i, k, s: convolved(i, k[:, ::-1], s), "from left to right"),
        (lambda i, k, s: convolved(i, k / k.sum(), s), "divide by the sum of the kernel"),
        (by_matrices, "as matrices"),
        (lambda i, k, s: convolved(i, k, 1)[:, ::s], "1.2: the stride acts on the columns only"),
        (lambda i, k, s: convolved(i, k, 1)[::s], "1.2: the stride acts on the rows only"),
        (lambda i, k, s: convolved(i, k, 1), "1.2: this is the answer for stride 1"),
        (lambda i, k, s: convolved(i, k, len(k)), "move by the size of the kernel"),
        (padded, "pad the image with zeros"),
        (without_the_last_window, "ends exactly at the border"),
        (lambda i, k, s: np.maximum(convolved(i, k, s), 0), "no negative number"),
        (lambda i, k, s: np.abs(convolved(i, k, s)), "absolute values"),
        (lambda i, k, s: convolved(i, k, s).T, "swapped"),
        (of_shape(sides_for_stride_1), "that is the shape for stride 1"),
        (of_shape(lambda i, k, s: i.shape), "as large as the image"),
        (of_shape(lambda *given: sides(*given)[::-1]), "rows and columns are swapped"),
        (of_shape(lambda *given: (sides(*given)[0], sides_for_stride_1(*given)[1])), "acts on the rows only"),
        (of_shape(lambda *given: (sides_for_stride_1(*given)[0], sides(*given)[1])), "acts on the columns only"),
        (of_shape(lambda *given: np.add(sides(*given), 1)), "one too many along each side"),
        (of_shape(lambda *given: np.add(sides(*given), -1)), "one too few along each side"),
        (of_shape(lambda *given: sides(*given)[:1] * 2), "the rows of the image decide both"),
        (of_shape(lambda *given: sides(*given)[1:] * 2), "the columns of the image decide both"),
        (of_shape(lambda *given: math.prod(sides(*given))), "all numbers stand in one row"),
        (lambda i, k, s: 1.5, "one number. The map has one for each"),
        (lambda i, k, s: convolved(i, k, s) + 0.25 * (s == 1), "nine numbers of section 3"),
        (lambda i, k, s: convolved(i, k, s) + 0.25 * (s == 2), "positions 0, 2, 4"),
    ],
)
def test_slips_in_the_convolution(answer, told):
    assert told in sentence(check.exercise_1_2, answer)


def pooled(image, size, reduce=np.max, step=None):
    windows = sliding_window_view(image, (size, size))[:: step or size, :: step or size]
    return np.array([[reduce(window) for window in row] for row in windows])


def pooled_sides(image, size):
    return pooled(image, size).shape


def holding(shape):
    return lambda image, size: np.zeros(shape(image, size)) + 0.37


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda i, n: pooled(i, n, np.median), "medians"),
        (lambda i, n: pooled(i, n, np.argmax), "positions of the largest"),
        (lambda i, n: pooled(i, n, step=1)[: len(i) // n, : i.shape[1] // n], "window i begins at row"),
        (lambda i, n: pooled(i, 2), "windows of 2×2"),
        (lambda i, n: pooled(i, n, lambda window: np.abs(window).max()), "largest absolute value"),
        (lambda i, n: pooled(i, n, lambda window: max(window.ravel(), key=abs)), "farthest from 0"),
        (holding(lambda i, n: (-(-len(i) // n), -(-i.shape[1] // n))), "not full are left out"),
        (holding(lambda i, n: np.subtract(i.shape, n - 1)), "move by 1 pixel"),
        (holding(lambda *given: pooled_sides(*given)[::-1]), "rows and columns are swapped"),
        (holding(lambda i, n: i.shape), "as large as the map"),
        (holding(lambda i, n: (len(i), i.shape[1] // n)), "only the columns become fewer"),
        (holding(lambda i, n: (len(i) // n, i.shape[1])), "only the rows become fewer"),
        (holding(lambda i, n: (len(i) // n,) * 2), "the rows of the map decide both"),
        (holding(lambda *given: math.prod(pooled_sides(*given))), "all numbers stand in one row"),
        (lambda i, n: 0.5, "one number. One for each window"),
        (lambda i, n: pooled(i, n) + 0.25 * (n == 2), "which number should come out"),
    ],
)
def test_slips_in_max_pooling(answer, told):
    assert told in sentence(check.exercise_1_3, answer)


RIGHT = [(28, 28, 16), (14, 14, 16), (7, 7, 32), (5, 5, 8), (200,)]


@pytest.mark.parametrize(
    ("index", "shape", "told"),
    [
        (0, (28, 28, 3), "not the image's channels any more"),
        (0, (16, 28, 28), "channels last"),
        (1, (27, 27, 16), "move by their own size"),
        (1, (28, 28, 16), "fewer numbers come out"),
        (2, (12, 12, 32), "stride 1 without padding"),
        (2, (7, 7, 16), "how many filters has this layer?"),
        (3, (5, 5, 32), "There may be fewer"),
        (3, (4, 4, 8), "one position is missing"),
        (4, (1, 200), "counts the image too"),
        (4, (None, 5, 5, 8), "lays all numbers out"),
        (4, (200, 1), "1 number is asked, without the batch"),
    ],
)
def test_slips_in_the_five_shapes(index, shape, told):
    said = sentence(check.exercise_1_6, [*RIGHT[:index], shape, *RIGHT[index + 1 :]])
    assert told in said
    assert (f"{index} right so far" in said) == (index > 0)


def test_a_long_shape_is_cut_short_in_its_sentence():
    assert len(sentence(check.exercise_1_6, [tuple(range(1000)), *RIGHT[1:]])) < 250


FALLING = np.array([[0, 1, 1], [-1, 0, 1], [-1, -1, 0]])


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e6])
def test_what_a_kernel_does_counts_and_not_how_large_its_numbers_are(scale, capsys):
    # Along \ a window is cut into its three numbers of one sign and the rest; along / what is cut off cancels.
    check.exercise_1_4(scale * FALLING)
    assert f"get up to {3 * scale:g}, edges along / up to 0," in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kernel", "told"),
    [
        (FALLING + 1.1 * FALLING[:, ::-1], "responds to the other diagonal"),
        (FALLING + 0.99 * FALLING[:, ::-1], "At most half as much"),
        (FALLING + 0.52 * FALLING[:, ::-1], "At most half as much"),
        ([[0, 1, 0], [-1, 0, -1], [0, 1, 0]], "no diagonal edge gets a response"),
        (FALLING + 3e-5 * np.eye(3), "add up to 9e-05"),
        ([[0, 2, 2], [-2, 0, 2], [-2, -2, 0.1]], "add up to 0.1,"),
        ([[2, 2, 0], [2, 0, -2], [0, -2, -2]], "edges along / get up to 6, edges along \\ up to 0:"),
        ([[2, 0, -2]] * 3, "the same response, 4,"),
        ([[4, -2, -2], [-2, 4, -2], [-2, -2, 4]], "edges along \\ get up to 6, edges along / up to 4"),
    ],
)
def test_the_figures_of_a_kernel_are_those_of_its_own_numbers(kernel, told):
    assert told in sentence(check.exercise_1_4, kernel)


@pytest.mark.parametrize("share", [0.49, 0.5])
def test_half_of_the_response_may_be_to_the_other_diagonal(share):
    check.exercise_1_4(FALLING + share * FALLING[:, ::-1] + 1e-8)
