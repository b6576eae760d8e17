"""A bank of answers written from the cards of the exercises: right ones pass, wrong ones are refused, most slips named.

``python tests/checks/test_bank.py 100`` prints that many slips, drawn at random, with the sentence that each gets.
"""

import importlib
import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "bank"))
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from answers import EXERCISES

from checks.grading import NotRight

LESSONS = sorted(path.stem for path in (Path(__file__).parent / "bank").glob("lesson*.py"))
# (exercise, what it is, answers): answers as a tuple, because some exercises take more than one.
RIGHT = [
    (number, what, answers)
    for lesson in LESSONS
    for number, entries in importlib.import_module(lesson).RIGHT.items()
    for what, *answers in entries
]
# (exercise, the slip, words of the sentence that name it or "" where none do, answers)
WRONG = [
    (number, slip, named, answers)
    for lesson in LESSONS
    for number, entries in importlib.import_module(lesson).WRONG.items()
    for slip, named, *answers in entries
]


def named(entry):
    return " ".join(map(str, entry[:2])) if isinstance(entry, tuple) else entry


def test_every_exercise_has_at_least_four_right_and_six_wrong_answers():
    for number in EXERCISES:
        assert sum(entry[0] == number for entry in RIGHT) >= 4, number
        assert sum(entry[0] == number for entry in WRONG) >= 6, number


@pytest.mark.parametrize("entry", RIGHT, ids=named)
def test_right_answers_pass(entry):
    number, _, answers = entry
    EXERCISES[number](*answers)


@pytest.mark.parametrize("entry", WRONG, ids=named)
def test_wrong_answers_are_refused_and_most_slips_named(entry):
    number, _, words, answers = entry
    with pytest.raises(NotRight, match=words) as caught:
        EXERCISES[number](*answers)
    assert str(caught.value).startswith(f"Exercise {number}")
    assert caught.value.__cause__ is None, f"a check's own code stumbled: {caught.value.__cause__!r}"


def test_nine_of_ten_slips_are_named():
    unnamed = [f"{number} {slip}" for number, slip, words, _ in WRONG if not words]
    assert len(unnamed) <= len(WRONG) / 10, unnamed


def sample(count, seed=0):
    for number, slip, words, answers in sorted(
        random.Random(seed).sample(WRONG, count), key=lambda entry: [int(part) for part in entry[0].split(".")]
    ):
        try:
            EXERCISES[number](*answers)
        except NotRight as error:
            print(f"{number} [{slip}] {'' if words else '(not named) '}\n    {error}")


if __name__ == "__main__":
    sample(int(sys.argv[1]))
