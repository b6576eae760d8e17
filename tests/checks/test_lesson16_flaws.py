"""Checks of exercise 16.4: right answers in several ways, every wrong and every missing flaw named."""

import itertools

import numpy as np
import pytest
from answers import fails, passes

from checks import lesson16_flaws as check

RIGHT = {"A": {1, 4}, "B": {2, 3}, "C": {5}}


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        {"A": [4, 1], "B": (3, 2), "C": 5},
        {"a": "1, 4", "b": "2 and 3", "c": "5"},
        {"A": np.array([1, 4]), "B": {2.0, 3.0}, "C": np.int64(5)},
        RIGHT | {"D": {1}},
        {"A ": frozenset({1, 4}), " b": range(2, 4), "C": "flaw 5"},
        {"A": {1: "test set", 4: "seeds"}.keys(), "B": [2.0, 3], "C": (5,)},
        {"A": ["1", "4"], "B": "2+3", "C": [5, 5]},
        {"A": np.array([[1], [4]]), "B": ("2", 3.0), "C": np.array(5)},
    ],
)
def test_16_4_accepts(answer):
    passes(check.exercise_16_4, answer)


@pytest.mark.parametrize("letter", "ABC")
def test_16_4_names_every_wrong_flaw_and_every_missing_one(letter):
    for flaw in range(1, 6):
        answer = RIGHT | {letter: RIGHT[letter] ^ {flaw}}
        missing = flaw in RIGHT[letter]
        fails(
            check.exercise_16_4,
            answer,
            match=f"in protocol {letter} there is" if missing else f"protocol {letter} does not have flaw {flaw}",
        )


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"A": None, "B": None, "C": None}, "not filled in yet"),
        (RIGHT | {"C": None}, "not filled in yet"),
        (None, "not filled in yet"),
        ({"A": {1, 4}, "B": {2, 3}}, "no entry for protocol C"),
        ([{1, 4}, {2, 3}, {5}], "a dictionary"),
        (RIGHT | {"A": set()}, "there is a flaw"),
        (RIGHT | {"A": {1, 7}}, "1 to 5"),
        (RIGHT | {"A": "budget"}, "numbers of the flaws"),
        (RIGHT | {"A": {"tuning"}}, "numbers of the flaws"),
        (RIGHT | {"A": True}, "numbers of the flaws"),
        (RIGHT | {"A": [None]}, "numbers of the flaws"),
        (RIGHT | {"A": np.nan}, "numbers of the flaws"),
        (RIGHT | {"A": {1: 2}}, "numbers of the flaws"),
        (RIGHT | {"A": [[1], [2, 3]]}, "numbers of the flaws"),
        (RIGHT | {"A": object()}, "numbers of the flaws"),
        (RIGHT | {"A": {1, 4, 3}}, "protocol A does not have flaw 3.*both get 20 epochs"),
        (RIGHT | {"B": {2}}, "in protocol B there is another flaw"),
        (RIGHT | {"C": "4"}, "protocol C does not have flaw 4"),
        ({"A": 1, "B": 2, "C": 5}, "in protocol A there is another flaw"),
        ({"A": RIGHT["C"], "B": RIGHT["A"], "C": RIGHT["B"]}, "protocol A does not have flaw 5"),
        (RIGHT | {"A": 1.5}, "numbers of the flaws"),
        (RIGHT | {"A": -1}, "numbers of the flaws"),
        (RIGHT | {"A": range(1, 6)}, "protocol A does not have flaw 2"),
        (RIGHT | {"A": itertools.count(1)}, "numbers of the flaws"),
        ("A: 1, 4", "a dictionary"),
        (RIGHT | {"A": [True, 4]}, "numbers of the flaws"),
        (RIGHT | {"A": np.array([True, False])}, "numbers of the flaws"),
        (RIGHT | {"A": ""}, "in protocol A there is a flaw"),
        (RIGHT | {"A": [0, 4]}, "1 to 5; this holds 0"),
        (RIGHT | {"A": "14"}, "1 to 5; this holds '14'"),
        (RIGHT | {"A": ..., "B": {1}}, "not filled in yet"),
        ({"A": {1, 4}, "B": {2}, "C": {4}}, "protocol C does not have flaw 4"),
    ],
)
def test_16_4_names_the_mistake(answer, sentence):
    fails(check.exercise_16_4, answer, match=sentence)
