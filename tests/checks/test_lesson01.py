"""The checks of lesson 01: right answers pass, usual wrong ones are named, hostile ones get a sentence."""

import math

import keras
import nbformat
import numpy as np
import pytest
from answers import fails
from numpy.lib.stride_tricks import sliding_window_view

from checks import lesson01 as check
from checks.grading import NotFilledIn, NotRight
from helpers.teaching.convolution import convolve, output_size, pool
from tools.lessons.find import NOTEBOOKS

CHECKS = {
    "ex-1-1": (check.exercise_1_1, "positions_along"),
    "ex-1-2": (check.exercise_1_2, "convolve_with_stride"),
    "ex-1-4": (check.exercise_1_4, "diagonal"),
    "ex-1-3": (check.exercise_1_3, "max_pool"),
    "ex-1-6": (check.exercise_1_6, "predicted_shapes"),
}
FUNCTIONS = [check.exercise_1_1, check.exercise_1_2, check.exercise_1_3]
VALUES = [check.exercise_1_4, check.exercise_1_6]
SHAPES = [(28, 28, 16), (14, 14, 16), (7, 7, 32), (5, 5, 8), (200,)]


@pytest.mark.parametrize("cell", CHECKS)
def test_the_solution_of_the_lesson_passes(cell, capsys):
    notebook = nbformat.read(NOTEBOOKS / "01_convolution_math.ipynb", as_version=4)
    names = {"np": np, "positions_along": output_size}
    exec(next(each.source for each in notebook.cells if each.id == cell), names)
    look, name = CHECKS[cell]
    look(names[name])
    assert ": right." in capsys.readouterr().out


# Output size


@pytest.mark.parametrize(
    "answer",
    [
        output_size,
        lambda n, k, s, p: math.floor((n + 2 * p - k) / s) + 1,
        lambda n, k, s, p: np.float32((n + 2 * p - k) // s + 1),
        lambda n, k, s, p: len(range(0, n + 2 * p - k + 1, s)),
    ],
)
def test_every_way_to_the_output_size_passes(answer):
    check.exercise_1_1(answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda n, k, s, p: (n + 2 * p - k) // s, "one position is missing"),
        (lambda n, k, s, p: (n + p - k) // s + 1, "both ends"),
        (lambda n, k, s, p: (n - k) // s + 1, "padding is not in your answer"),
        (lambda n, k, s, p: n + 2 * p - k + 1, "stride is not in your answer"),
        (lambda n, k, s, p: math.ceil((n + 2 * p - k) / s) + 1, "round up"),
        (lambda n, k, s, p: (n + 2 * p - k + 1) // s, "inside the division"),
        (lambda n, k, s, p: (n + 2 * p - k) / s + 1, "drop its rest"),
        (lambda n, k, s, p: 30, "for size 5, kernel size 5"),
        (lambda n, k, s, p: (30, 30), "one number"),
        (lambda n: n, "stopped with TypeError"),
    ],
)
def test_wrong_output_sizes_are_named(answer, sentence):
    fails(check.exercise_1_1, answer, match=sentence)


# Convolution with a stride


def by_windows(image, kernel, stride):
    return np.einsum("rcij,ij->rc", sliding_window_view(image, kernel.shape)[::stride, ::stride], kernel)


def by_keras(image, kernel, stride):
    return keras.ops.conv(image[None, :, :, None], kernel[:, :, None, None], strides=stride)[0, :, :, 0]


@pytest.mark.parametrize("answer", [by_windows, by_keras, lambda *given: by_windows(*given).tolist()])
def test_every_way_to_convolve_passes(answer):
    check.exercise_1_2(answer)


def neighbouring_windows(image, kernel, stride):
    rows, columns = by_windows(image, kernel, stride).shape
    return by_windows(image, kernel, 1)[:rows, :columns]


def changes_the_image(image, kernel, stride):
    image *= 1
    image[0, 0] = 7
    return by_windows(image, kernel, stride)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda image, kernel, stride: by_windows(image, kernel[::-1, ::-1], stride), "flip the kernel"),
        (lambda image, kernel, stride: by_windows(image, kernel.T, stride), "swapped"),
        (lambda image, kernel, stride: by_windows(image, kernel / kernel.size, stride), "average"),
        (lambda image, kernel, stride: by_windows(image, np.ones_like(kernel), stride), "without its kernel"),
        (lambda image, kernel, stride: by_windows(image, kernel, 1), "answer for stride 1"),
        (lambda image, kernel, stride: by_windows(image, kernel, 1)[::stride], "acts on the rows only"),
        (lambda image, kernel, stride: by_windows(image, kernel, stride)[:-1, :-1], "last row and the last column"),
        (lambda image, kernel, stride: convolve(image, kernel, padding="same"), "as large as the image"),
        (
            lambda image, kernel, stride: by_windows(image, kernel, stride) + 1,
            "always 1 too large",
        ),
        (lambda image, kernel, stride: by_windows(image, kernel, stride) + (stride > 1), "0, 3, 6"),
        (lambda image, kernel, stride: by_windows(image, kernel, stride).sum(), "one for each position"),
        (lambda image, kernel, stride: np.full_like(by_windows(image, kernel, stride), np.nan), "NaN"),
        (neighbouring_windows, "next to each other"),
        (changes_the_image, "changed its input"),
    ],
)
def test_wrong_convolutions_are_named(answer, sentence):
    fails(check.exercise_1_2, answer, match=sentence)


# A diagonal kernel


@pytest.mark.parametrize(
    "kernel",
    [
        [[0, 1, 1], [-1, 0, 1], [-1, -1, 0]],
        [[0, -1, -1], [1, 0, -1], [1, 1, 0]],
        np.array([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]], dtype="float32") / 7,
        ((0, 0, 1), (0, 0, 0), (-1, 0, 0)),
        keras.ops.convert_to_tensor([[0.0, 3.0, 0.0], [-3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
    ],
)
def test_every_kernel_that_behaves_passes(kernel):
    check.exercise_1_4(kernel)


@pytest.mark.parametrize(
    ("kernel", "sentence"),
    [
        ([[1, 1, 0], [1, 0, -1], [0, -1, -1]], "the other diagonal"),
        ([[1, 0, -1]] * 3, "both diagonals get the same"),
        ([[1, 1, 1], [0, 0, 0], [-1, -1, -1]], "both diagonals get the same"),
        (np.eye(3), "add up to 3"),
        ([[2, -1, -1], [-1, 2, -1], [-1, -1, 2]], "At most half as much is asked: what should differ"),
        (np.zeros((3, 3)), "zeros.*What should differ between the two sides"),
        ([[0, 1], [-1, 0]], r"shape \(3, 3\)"),
        ([[0, 1, 1], [-1, 0, 1], [-1, -1, np.nan]], "NaN"),
    ],
)
def test_wrong_kernels_are_named(kernel, sentence):
    fails(check.exercise_1_4, kernel, match=sentence)


# Max pooling


def by_sorting(image, size):
    rows, columns = image.shape[0] // size, image.shape[1] // size
    blocks = image[: rows * size, : columns * size].reshape(rows, size, columns, size)
    return np.sort(blocks.transpose(0, 2, 1, 3).reshape(rows, columns, -1))[..., -1]


def pool_by_keras(image, size):
    return keras.ops.max_pool(image[None, :, :, None], size, size)[0, :, :, 0]


@pytest.mark.parametrize("answer", [pool, by_sorting, pool_by_keras, lambda *given: by_sorting(*given).tolist()])
def test_every_way_to_pool_passes(answer):
    check.exercise_1_3(answer)


def with_incomplete_windows(image, size):
    rows, columns = (-(-side // size) * size for side in image.shape)
    wide = np.full((rows, columns), -np.inf)
    wide[: image.shape[0], : image.shape[1]] = image
    return pool(wide, size)


def farthest_from_zero(image, size):
    largest, smallest = pool(image, size), pool(image, size, reduce=np.min)
    return np.where(largest >= -smallest, largest, smallest)


def sorts_its_input(image, size):
    result = pool(image, size)
    image.sort()
    return result


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda image, size: pool(image, size, reduce=np.mean), "averages"),
        (lambda image, size: pool(image, size, reduce=np.min), "smallest"),
        (lambda image, size: pool(image, size, reduce=np.sum), "sums"),
        (lambda image, size: np.maximum(pool(image, size), 0), "all negative"),
        (lambda image, size: pool(np.abs(image), size), "absolute value"),
        (farthest_from_zero, "farthest from 0"),
        (lambda image, size: pool(image, size).astype(int), "lost its fractions"),
        (lambda image, size: pool(image, size, stride=1), "move by 1 pixel"),
        (lambda image, size: image[::size, ::size][: image.shape[0] // size, : image.shape[1] // size], "one number"),
        (lambda image, size: image.max(), "maximum of the whole map"),
        (lambda image, size: pool(image, size) + 1, "always 1 too large"),
        (with_incomplete_windows, "not full are in your result"),
        (sorts_its_input, "changed its input"),
    ],
)
def test_wrong_pooling_is_named(answer, sentence):
    fails(check.exercise_1_3, answer, match=sentence)


# Five shapes


def test_the_five_shapes_are_what_keras_gives():
    x = keras.Input((32, 32, 3))
    made = []
    for layer in (
        keras.layers.Conv2D(16, 5),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(32, 3, strides=2, padding="same"),
        keras.layers.Conv2D(8, 3),
        keras.layers.Flatten(),
    ):
        x = layer(x)
        made.append(tuple(x.shape[1:]))
    assert made == [expected for _, expected, *_ in check.LAYERS] == SHAPES


@pytest.mark.parametrize(
    "answer",
    [
        SHAPES,
        tuple(map(list, SHAPES)),
        [np.array(shape) for shape in SHAPES],
        [(None, *shape) for shape in SHAPES],
        [*SHAPES[:4], 200],
        dict(enumerate(SHAPES)),
    ],
)
def test_every_way_to_write_shapes_passes(answer):
    check.exercise_1_6(answer)


@pytest.mark.parametrize(
    ("place", "answer", "sentence"),
    [
        (0, (32, 32, 16), "only when told"),
        (0, (28, 28, 48), "adds its three kernels up"),
        (0, (27, 27, 16), "one position is missing"),
        (0, (28, 28), "3 numbers are asked"),
        (1, (14, 14, 8), "1 right so far.*their number stays"),
        (2, (14, 14, 32), "stride 1 only"),
        (2, (6, 6, 32), "without padding"),
        (3, (7, 7, 8), "3 right so far.*shrinks"),
        (0, (29, 29, 16), "size formula with k = 5"),
        (1, (15, 15, 16), "Pooling keeps the channels"),
        (2, (8, 8, 32), "⌈n / s⌉"),
        (3, (5, 5, 9), "size formula with k = 3.*how many filters"),
        (4, (25,), "one feature map"),
        (4, (5, 5, 8), "one row"),
        (4, (400,), "multiply the three numbers"),
        (1, (14.5, 14, 16), "whole number"),
    ],
)
def test_wrong_shapes_are_named(place, answer, sentence):
    shapes = [*SHAPES[:place], answer, *SHAPES[place + 1 :]]
    fails(check.exercise_1_6, shapes, match=sentence)


def test_a_list_of_another_length_is_named():
    fails(check.exercise_1_6, SHAPES[:4], match="yours holds 4")


def test_one_shape_left_open_is_not_filled_in():
    with pytest.raises(NotFilledIn, match=r"1\.6 is not filled in"):
        check.exercise_1_6([*SHAPES[:3], None, None])


# What can go wrong with any answer


def stub(*arguments):
    raise NotImplementedError


def raises(*arguments):
    raise IndexError("index 5 is out of bounds")


@pytest.mark.parametrize("look", FUNCTIONS + VALUES)
def test_nothing_there_yet(look):
    with pytest.raises(NotFilledIn, match="not filled in yet"):
        look(None)


@pytest.mark.parametrize("look", FUNCTIONS)
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (raises, "IndexError: index 5"),
        (lambda *arguments: None, "returned None"),
        (lambda *arguments: "text", "made of numbers"),
        (lambda *arguments: np.nan, "NaN|nan: one number"),
        (lambda *arguments: [[1], [2, 3]], "made of numbers"),
        (3, "a function was expected"),
    ],
)
def test_functions_that_misbehave_get_a_sentence(look, answer, sentence):
    fails(look, answer, match=sentence)


@pytest.mark.parametrize("look", FUNCTIONS)
def test_the_stub_is_not_filled_in(look):
    with pytest.raises(NotFilledIn, match="not filled in yet"):
        look(stub)


@pytest.mark.parametrize("look", VALUES)
@pytest.mark.parametrize("answer", ["text", 3.5, np.nan, [], len, ["a", "b", "c", "d", "e"], [[np.nan] * 3] * 5])
def test_values_of_another_kind_get_a_sentence(look, answer):
    with pytest.raises(NotRight):
        look(answer)
