"""What the tests of the checks ask of an answer: that it passes, or fails with a certain message."""

import pytest

from helpers.checks import grading


def passes(exercise, *answers):
    exercise(*answers)


def fails(exercise, *answers, match):
    with pytest.raises(grading.NotRight, match=match) as caught:
        exercise(*answers)
    assert str(caught.value).startswith(f"Exercise {exercise.number}")
