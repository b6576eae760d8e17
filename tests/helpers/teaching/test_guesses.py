"""A guess beside the result: every kind of guess gets a line, and none an exception."""

import numpy as np
import pytest
import tensorflow as tf

from helpers.teaching import compare


def printed(capsys, guess, result):
    compare(guess, result)
    return capsys.readouterr().out


@pytest.mark.parametrize("none", [..., None])
def test_no_guess_still_shows_what_came_out(capsys, none):
    text = printed(capsys, none, 2432)
    assert "none yet" in text
    assert "2,432" in text
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize(
    ("guess", "result"),
    [
        (2432, 2432),
        (2432.0, np.int64(2432)),
        ((3, 3, 32), (3, 3, 32)),
        ([3, 3, 32], np.array([3, 3, 32])),
        (2.303, np.float32(2.3026)),
        ("Cat ", "cat"),
        (True, np.bool_(True)),
        ((None, 3), (None, 3)),
        (1.5, tf.constant(1.5)),
    ],
)
def test_the_same_is_said(capsys, guess, result):
    assert printed(capsys, guess, result).endswith("That is it.\n")


@pytest.mark.parametrize(
    ("guess", "result", "words"),
    [
        (2400, 2432, "By 1% too low"),
        (2431, 2432, "By 1 too low"),
        (100, 2432, "By a factor of 24.3 too low"),
        (1e6, 2432, "too high"),
        (-3, 3, "By 6 too low"),
        (0, 3, "By 3 too low"),
        (float("nan"), 3, "Not a number"),
        (float("inf"), 3, "Not a number"),
        ((3, 3), (3, 3, 32), "Not the same"),
        ("dog", 3, "Not the same"),
        ({}, 1, "Not the same"),
        (print, 1, "Not the same"),
    ],
)
def test_what_differs_is_said_with_its_size(capsys, guess, result, words):
    assert words in printed(capsys, guess, result)
