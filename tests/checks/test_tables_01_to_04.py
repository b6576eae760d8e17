"""Lessons 01 to 04: cases on which every usual mistake differs, and sentences for answers of other kinds."""

import functools
import itertools

import numpy as np
import pytest
import tensorflow as tf
from mistake_tables import agreeing, sentence, stages

from checks import lesson01, lesson02, lesson03, lesson04
from checks.lesson02 import BYTES, OTHER_BYTES, SHARE

BY_RULES = [
    lesson01.exercise_1_1,
    lesson01.exercise_1_2,
    lesson01.exercise_1_3,
    lesson02.exercise_2_1,
    lesson02.exercise_2_2,
    lesson03.exercise_3_1,
    lesson03.exercise_3_2,
    lesson03.exercise_3_3,
    lesson03.exercise_3_4,
    lesson03.exercise_3_5,
    lesson04.exercise_4_1,
    lesson04.exercise_4_2,
    lesson04.exercise_4_3,
]
FUNCTIONS = [*BY_RULES, lesson02.exercise_2_4]


@pytest.mark.parametrize("exercise", BY_RULES, ids=lambda each: each.number)
def test_no_two_mistakes_agree_on_all_cases(exercise, monkeypatch):
    found = stages(exercise, monkeypatch)
    assert found
    assert not [pair for stage in found for pair in agreeing(*stage)]


def test_no_two_numbers_of_bytes_are_taken_for_each_other():
    numbers = [BYTES, *OTHER_BYTES.values()]
    assert not [pair for pair in itertools.combinations(numbers, 2) if abs(pair[0] / pair[1] - 1) < 2 * SHARE]


class Unprintable:
    def __array__(self, *_, **__):
        raise RuntimeError

    def __repr__(self):
        raise RuntimeError

    def __len__(self):
        raise RuntimeError


ODD = [
    [[1.0], [2.0, 3.0]],
    10**5000,
    {"a": 1},
    {1, 2},
    Unprintable(),
    [Unprintable()] * 5,
    np.array(True),
    np.array("text"),
    float("inf"),
    [np.nan] * 5,
    [],
    ((),),
    np.zeros((0, 3)),
    tf.ragged.constant([[1.0], [2.0, 3.0]]),
]


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda each: each.number)
def test_odd_results_get_a_sentence(exercise):
    for odd in ODD:
        assert sentence(exercise, lambda *_, odd=odd: odd)


VALUES = [lesson01.exercise_1_4, lesson01.exercise_1_6, lesson02.exercise_2_3]


@pytest.mark.parametrize("exercise", VALUES, ids=lambda each: each.number)
def test_odd_values_get_a_sentence(exercise):
    for odd in [*ODD, (each for each in "ab"), itertools.count(), np.zeros(3, object), 1e308, -0.0, "x" * 10**6]:
        assert sentence(exercise, odd)


def test_odd_values_of_a_pair_get_a_sentence():
    for odd in ODD:
        assert sentence(lesson04.exercise_4_4, odd, 25_744_384)
        assert sentence(lesson04.exercise_4_4, 3_244_970, odd)


class Callable:
    def __call__(self, kernel_size, channels, filters):
        return (kernel_size**2 * channels + 1) * filters


def recursive(kernel_size, channels, filters):
    if filters == 0:
        return 0
    return kernel_size**2 * channels + 1 + recursive(kernel_size, channels, filters - 1)


def with_more(kernel_size, channels, filters, bias=True):
    return (kernel_size**2 * channels + bias) * filters


@pytest.mark.parametrize(
    "answer",
    [
        Callable(),
        Callable().__call__,
        recursive,
        with_more,
        functools.partial(with_more, bias=1),
        tf.function(with_more),
    ],
)
def test_functions_of_every_kind_pass(answer):
    lesson04.exercise_4_1(answer)


FALLING = np.array([[0, 1, 1], [-1, 0, 1], [-1, -1, 0]])


@pytest.mark.parametrize("share", [0, 0.45, 0.5])
def test_up_to_half_of_the_response_may_be_to_the_other_diagonal(share):
    lesson01.exercise_1_4(1e-3 * (FALLING + share * FALLING[:, ::-1]))


@pytest.mark.parametrize(
    ("kernel", "told"),
    [
        (FALLING + 0.51 * FALLING[:, ::-1], "At most half as much"),
        (FALLING + FALLING[:, ::-1], "both diagonals get the same"),
        (FALLING + 1.1 * FALLING[:, ::-1], "the other diagonal"),
        ([[0, 1, 0], [-1, 0, -1], [0, 1, 0]], "no diagonal edge gets a response"),
        ([[1e308, 0, 0], [0, 0, 0], [0, 0, 1e308]], "add up to inf"),
    ],
)
def test_kernels_at_the_border(kernel, told):
    assert told in sentence(lesson01.exercise_1_4, kernel)
