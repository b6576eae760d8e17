"""The checks of lesson 13: every right way passes, every usual wrong one is named."""

import answers
import pytest

from checks import lesson13 as check


@pytest.mark.parametrize("answer", [lambda number: 2 * number, lambda number: number + number])
def test_exercise_13_1_accepts_every_right_way(answer):
    answers.passes(check.exercise_13_1, answer)


@pytest.mark.parametrize(
    ("answer", "sentence"), [(lambda number: number, "the number itself"), (lambda number: 0, "0.5"), *answers.HOSTILE]
)
def test_exercise_13_1_names_what_is_wrong(answer, sentence):
    answers.fails(check.exercise_13_1, answer, match=sentence)


@pytest.mark.parametrize("answer", [lambda number: 2 * number, lambda number: number + number])
def test_exercise_13_2_accepts_every_right_way(answer):
    answers.passes(check.exercise_13_2, answer)


@pytest.mark.parametrize(
    ("answer", "sentence"), [(lambda number: number, "the number itself"), (lambda number: 0, "0.5"), *answers.HOSTILE]
)
def test_exercise_13_2_names_what_is_wrong(answer, sentence):
    answers.fails(check.exercise_13_2, answer, match=sentence)


@pytest.mark.parametrize("answer", [lambda number: 2 * number, lambda number: number + number])
def test_exercise_13_3_accepts_every_right_way(answer):
    answers.passes(check.exercise_13_3, answer)


@pytest.mark.parametrize(
    ("answer", "sentence"), [(lambda number: number, "the number itself"), (lambda number: 0, "0.5"), *answers.HOSTILE]
)
def test_exercise_13_3_names_what_is_wrong(answer, sentence):
    answers.fails(check.exercise_13_3, answer, match=sentence)
