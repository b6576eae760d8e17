"""Checks of lesson 13, Optimizers and regularization."""

from __future__ import annotations

from collections.abc import Callable

from checks.grading import call, close, exercise, name_mistake, number, wrong


@exercise("13.1")
def exercise_13_1(name_1: Callable) -> str:
    """A function of a number that returns a number: twice the first."""
    cases = [0.5, -3.0, 20.0, 1e6]
    got = [number(call(name_1, case), f"the result for {case}") for case in cases]
    if close(got, [case + case for case in cases]):
        return "Twice a number is the number added to itself."
    name_mistake(got, {"this is the number itself. Add it once more.": cases})
    wrong(f"for {cases[0]} you have {got[0]}, and that is not it. Add the number to itself on paper first.")


@exercise("13.2")
def exercise_13_2(name_2: Callable) -> str:
    """A function of a number that returns a number: twice the first."""
    cases = [0.5, -3.0, 20.0, 1e6]
    got = [number(call(name_2, case), f"the result for {case}") for case in cases]
    if close(got, [case + case for case in cases]):
        return "Twice a number is the number added to itself."
    name_mistake(got, {"this is the number itself. Add it once more.": cases})
    wrong(f"for {cases[0]} you have {got[0]}, and that is not it. Add the number to itself on paper first.")


@exercise("13.3")
def exercise_13_3(name_3: Callable) -> str:
    """A function of a number that returns a number: twice the first."""
    cases = [0.5, -3.0, 20.0, 1e6]
    got = [number(call(name_3, case), f"the result for {case}") for case in cases]
    if close(got, [case + case for case in cases]):
        return "Twice a number is the number added to itself."
    name_mistake(got, {"this is the number itself. Add it once more.": cases})
    wrong(f"for {cases[0]} you have {got[0]}, and that is not it. Add the number to itself on paper first.")
