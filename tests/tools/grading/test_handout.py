"""What handing out makes of the real lessons, and whether hidden cases are fair to right answers."""

import importlib
import sys
from pathlib import Path

import nbformat
import pytest
from answers import EXERCISES

from checks.grading import NotRight, exercise, fresh_cases, seeded, wrong
from tools.grading import handout
from tools.grading.course import Course
from tools.lessons import files, find

BANK = Path(__file__).parents[2] / "checks/bank"


@exercise("99.1")
def looks_at_cases(answer):
    """Right is who gives the sum of the drawn numbers."""
    if answer != seeded("99.1").integers(1000, size=3).sum():
        wrong("that is not the sum.")


def test_an_answer_that_fits_the_visible_cases_alone_fails_on_fresh_ones(capsys):
    learned = seeded("99.1").integers(1000, size=3).sum()
    looks_at_cases(learned)
    assert capsys.readouterr().out == "Exercise 99.1: right.\n"
    with pytest.raises(NotRight, match=r"not the sum\..*only grading tries"), fresh_cases("secret"):
        looks_at_cases(learned)


def test_fresh_cases_are_the_same_for_one_secret_others_for_another_and_gone_afterwards(capsys):
    def drawn(secret=None):
        if secret is None:
            return seeded("4.1").integers(10**9)
        with fresh_cases(secret):
            print("praise")
            return seeded("4.1").integers(10**9)

    before = drawn()
    assert drawn("a") == drawn("a")
    assert len({before, drawn("a"), drawn("b")}) == 3
    assert drawn() == before
    with pytest.raises(ZeroDivisionError), fresh_cases("a"):
        raise ZeroDivisionError
    assert drawn() == before
    assert capsys.readouterr().out == ""


@pytest.mark.long
def test_what_is_handed_out_is_the_student_edition(tmp_path):
    course = Course(tmp_path / "course").prepared()
    for lesson in find.find():
        points, tests, _ = handout.hand_out(course, lesson)
        name = lesson.path.stem
        assert points >= 7
        assert tests >= 1
        release = nbformat.read(course.release(name), as_version=4)
        assert release == nbformat.read(find.STUDENT / lesson.path.name, as_version=4), name
        assert files.untouched(course.release(name).read_bytes())


@pytest.mark.long
@pytest.mark.parametrize("secret", ["a", "b", "c"])
def test_right_answers_pass_on_fresh_cases_and_wrong_ones_do_not(secret):
    sys.path.insert(0, str(BANK))
    for path in sorted(BANK.glob("lesson*.py")):
        bank = importlib.import_module(path.stem)
        for number, entries in bank.RIGHT.items():
            for _, *answers in entries:
                with fresh_cases(secret):
                    EXERCISES[number](*answers)
        for number, entries in bank.WRONG.items():
            for _, _, *answers in entries:
                with pytest.raises(NotRight), fresh_cases(secret):
                    EXERCISES[number](*answers)
