"""Checks of lesson 16, exercise 16.4: the flaws of three protocols."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from checks.grading import NotFilledIn, describe, exercise, wrong

FLAWS = {"A": {1, 4}, "B": {2, 3}, "C": {5}}
WORDS = {
    1: "the test set was used to choose",
    2: "tuning was unequal",
    3: "the budget was unequal",
    4: "too few seeds",
    5: "how many seeds were run was decided after looking",
}
NOT_A_FLAW = {
    ("A", 2): "both activations are tried with five rates each.",
    ("A", 3): "both get 20 epochs.",
    ("A", 5): "one seed was the plan from the start, and stayed it.",
    ("B", 1): "the rates were chosen on validation or taken from a paper, and the test set was used once.",
    ("B", 4): "three fresh seeds each is what we use ourselves.",
    ("B", 5): "it stays with the three seeds it began with.",
    ("C", 1): "its search is on validation.",
    ("C", 2): "both networks get the same search.",
    ("C", 3): "both networks train for the same epochs.",
    ("C", 4): "each of its rows has three seeds, as ours have. When was it fixed how many rows there would be?",
}
LOOK_AT = {
    ("A", 1): "Which images decided on the learning rate?",
    ("A", 4): "How many trainings does the reported figure rest on, and how would you see the noise between them?",
    ("B", 2): "How did each of the two optimizers come by its rate?",
    ("B", 3): "Who was allowed to train for how long?",
    ("C", 5): "What would have happened after the first three seeds, had the difference counted?",
}


@exercise("16.4")
def exercise_16_4(flaws: Any) -> str:
    """{"A": {1, 4}, ...}: for each protocol the numbers of its flaws, as a set, a list, one number or text."""
    if not isinstance(flaws, Mapping):
        wrong(f"a dictionary with the keys A, B and C is wanted, this is {describe(flaws)}.")
    named = {str(key).strip().upper(): value for key, value in flaws.items()}
    missing = [letter for letter in FLAWS if letter not in named]
    if missing:
        wrong(f"your dictionary has no entry for protocol {missing[0]}.")
    if any(named[letter] is None or named[letter] is Ellipsis for letter in FLAWS):
        raise NotFilledIn
    answers = {letter: _numbers_of_flaws(letter, named[letter]) for letter in FLAWS}
    for letter, found in answers.items():
        for flaw in sorted(found - FLAWS[letter]):
            wrong(f"protocol {letter} does not have flaw {flaw} ({WORDS[flaw]}): {NOT_A_FLAW[letter, flaw]}")
    for letter, found in answers.items():
        for flaw in sorted(FLAWS[letter] - found):
            more = "there is another flaw" if found else "there is a flaw"
            wrong(f"in protocol {letter} {more}. {LOOK_AT[letter, flaw]}")
    return "A and B can be run again, done right; in C only a new trial helps, with a number of seeds fixed before."


def _numbers_of_flaws(letter: str, answer: Any) -> set[int]:
    """The flaws as a set of numbers from 1 to 5: from a set, a list, one number, or text such as '1, 4'."""
    if isinstance(answer, str):
        entries: list = re.findall(r"\d+", answer)
        if not entries and answer.strip():
            wrong(f"for protocol {letter} the numbers of the flaws are wanted, 1 to 5; this is {describe(answer)}.")
    elif isinstance(answer, Iterable) and not isinstance(answer, (bytes, Mapping)):
        # No more than a few: an answer may have no end.
        entries = list(itertools.islice(answer.ravel() if isinstance(answer, np.ndarray) else answer, 10))
    else:
        entries = [answer]
    found = set()
    for entry in entries:
        try:
            value = float(entry)
        except (TypeError, ValueError, OverflowError):
            value = math.nan
        if isinstance(entry, (bool, np.bool_)) or value not in WORDS:
            wrong(f"for protocol {letter} the numbers of the flaws are wanted, 1 to 5; this holds {describe(entry)}.")
        found.add(int(value))
    return found
