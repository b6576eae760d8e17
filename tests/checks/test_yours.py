"""A function that passed its check runs on, and no other does."""

import gc

import pytest

from checks import yours
from checks.grading import NotRight, call, exercise, wrong


@exercise("1.9")
def exercise_doubled(double):
    if call(double, 3) != 6:
        wrong("no.")


def reference(value):
    return 2 * value


def right(value):
    return value + value


def test_a_function_that_passed_is_used(capsys):
    exercise_doubled(right)
    assert yours(right, reference) is right
    assert "your own right is used" in capsys.readouterr().out


def test_before_its_check_the_reference_is_used(capsys):
    def unchecked(value):
        return 2 * value

    assert yours(unchecked, reference) is reference
    assert "the course's own unchecked is used: yours has not passed" in capsys.readouterr().out


def test_a_wrong_one_is_not_used_even_when_it_was_right_before():
    answers = [6, 5]

    def changing(value):
        return answers.pop(0)

    exercise_doubled(changing)
    with pytest.raises(NotRight):
        exercise_doubled(changing)
    assert yours(changing, reference) is reference


def test_a_new_definition_has_to_pass_again():
    def double(value):
        return 2 * value

    exercise_doubled(double)
    assert yours(double, reference) is double

    def double(value):
        return 0

    gc.collect()
    assert yours(double, reference) is reference


@pytest.mark.parametrize("nothing", [None, ..., 3, "double", [right]])
def test_what_cannot_be_called_is_replaced(nothing, capsys):
    assert yours(nothing, reference) is reference
    assert "course's own reference" in capsys.readouterr().out


def test_an_object_with_an_equality_of_its_own_is_told_by_identity():
    class Odd:
        def __call__(self, value):
            return 2 * value

        def __eq__(self, other):
            raise RuntimeError

        __hash__ = None

    first, second = Odd(), Odd()
    exercise_doubled(first)
    assert yours(first, reference) is first
    assert yours(second, reference) is reference
