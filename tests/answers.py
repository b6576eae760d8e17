"""What the tests of the checks ask of an answer: that it passes, or fails with a certain message."""

import importlib
import pkgutil

import pytest

import checks
from checks import grading

# The check of every exercise, by its number.
EXERCISES = {
    check.number: check
    for module in pkgutil.iter_modules(checks.__path__)
    if module.name.startswith("lesson")
    for check in vars(importlib.import_module(f"checks.{module.name}")).values()
    if isinstance(getattr(check, "number", None), str)
}


def passes(exercise, *answers):
    exercise(*answers)


def fails(exercise, *answers, match):
    with pytest.raises(grading.NotRight, match=match) as caught:
        exercise(*answers)
    assert str(caught.value).startswith(f"Exercise {exercise.number}")


def raises(*_):
    raise ZeroDivisionError("division by zero")


def unfilled(*_):
    raise NotImplementedError


# Answers that no function of any exercise should be, and what each of them is told.
HOSTILE = [
    (None, "not filled in yet"),
    (unfilled, "not filled in yet"),
    ("text", "a function was expected"),
    (raises, "ZeroDivisionError: division by zero"),
    (lambda *_: None, "returned None"),
]
# And what no function should return where numbers are wanted.
HOSTILE_RESULTS = [
    (lambda *_: "text", "text"),
    (lambda *_: float("nan"), "NaN|shape"),
    (lambda *_: object(), "numbers"),
    (lambda *_: 10**400, "too large"),
]
