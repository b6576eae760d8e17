"""A guess, written down before the computation, beside what came out."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np


def compare(guess: Any, result: Any) -> None:
    """Print a guess beside the result: numbers, shapes, lists, booleans and text; ``...`` stands for no guess yet.

    Numbers count as equal within a thousandth of the result, whole numbers only when they are the same. Whatever the
    guess is, nothing is raised: it is a guess.
    """
    print(f"your guess: {_guessed(guess)}\ncomputed:   {_shown(result)}")
    if guess is not ... and guess is not None:
        print(_verdict(guess, result))


def _guessed(guess: Any) -> str:
    return "none yet (replace ... in the cell above)" if guess is ... or guess is None else _shown(guess)


def _verdict(guess: Any, result: Any) -> str:
    if _is_number(guess) and _is_number(result):
        return _distance(float(guess), float(result), _is_whole(result))
    return "That is it." if _plain(guess) == _plain(result) else "Not the same: find out why before you read on."


def _distance(guess: float, result: float, whole: bool) -> str:
    if guess == result or (not whole and abs(guess - result) <= 1e-3 * abs(result)):
        return "That is it."
    if not np.isfinite(guess):
        return "Not a number that can be compared."
    side = "too high" if guess > result else "too low"
    if guess > 0 and result > 0:
        ratio = max(guess, result) / min(guess, result)
        if ratio >= 2:
            return f"By a factor of {ratio:,.1f} {side}."
        if ratio >= 1.01:
            return f"By {abs(guess - result) / result:.0%} {side}."
    return f"By {_shown(abs(guess - result))} {side}."


def _is_number(value: Any) -> bool:
    value = _plain(value)
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(_plain(value), numbers.Integral)


def _plain(value: Any) -> Any:
    """Arrays, tensors and tuples as lists, NumPy's numbers as Python's, text without its case and outer spaces."""
    if hasattr(value, "numpy"):
        value = value.numpy()
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return value.strip().lower() if isinstance(value, str) else value


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    value = _plain(value)
    if isinstance(value, list):
        return "(" + ", ".join(map(_shown, value)) + ")"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return str(value)
    return f"{value:,}" if isinstance(value, numbers.Integral) else f"{value:,.4g}"
