"""An answer before anything else looks at it: what kind of thing it is, and the numbers that it holds.

``settled`` is the one entry. What has passed it is plain data: it may be read as often as a check wants, and its
length, its shape and its text cannot run for ever or raise.
"""

from __future__ import annotations

import itertools
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

CHARACTERS = 40  # of an answer that a message shows
DEPTH = 6  # lists in lists that are looked into
MOST = 10**6  # entries that an answer's lists may have together
LARGEST = 10**8  # numbers of an array: a copy of more could end the kernel


class NotRight(AssertionError):
    """A wrong answer. Jupyter shows its sentence instead of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class NotFilledIn(NotRight):
    """The stub is still there."""


def wrong(sentence: str) -> NoReturn:
    """Say what is not right. The exercise's number is put in front of it."""
    raise NotRight(sentence)


def settled(answer: Any, what: str = "the answer", depth: int = 0, left: list[int] | None = None) -> Any:
    """The answer as plain data: arrays for tensors and tables, lists for what is like a list; else what it is.

    Functions, models, texts and single numbers stay as they are. Raises NotRight for what gives its values one after
    the other, such as a generator, for lists without an end, and for arrays of more than ``LARGEST`` numbers. ``left``
    is how many entries of lists may still come.
    """
    left = [MOST] if left is None else left
    if isinstance(answer, (str, bytes, bool, int, float, complex, np.generic, type(None))) or callable(answer):
        return answer
    if isinstance(answer, np.ndarray):
        if answer.size > LARGEST:
            wrong(f"{what} has {answer.size:,} numbers. Which of its axes, {answer.shape}, is too long?")
        return np.asarray(answer)
    if isinstance(answer, Iterator):
        wrong(
            f"{what} is a {type(answer).__name__}, which gives its values one by one and only once. "
            "Put list(...) around it."
        )
    if isinstance(answer, Mapping):
        return dict(answer) if depth < DEPTH else answer
    if isinstance(answer, Sequence) and depth < DEPTH:
        entries = list(itertools.islice(answer, left[0] + 1))
        left[0] -= len(entries)
        if left[0] < 0:
            wrong(f"{what} has more than {MOST:,} entries. Does it have an end?")
        plain = [settled(entry, f"an entry of {what}" if depth == 0 else what, depth + 1, left) for entry in entries]
        if hasattr(answer, "_fields"):  # a row of a table, whose entries have names
            return type(answer)(*plain)
        return tuple(plain) if isinstance(answer, tuple) else plain
    if hasattr(answer, "__array__"):
        try:
            array = np.asarray(answer)
        except Exception:  # a tensor on another device, or a class that only says that it is an array
            return answer
        return array if isinstance(array, np.ndarray) else answer
    return answer


def number(answer: Any, what: str = "the answer") -> float:
    """The answer as one number; NaN, text, lists and arrays are named."""
    array = numbers(answer, what)
    if array.ndim:
        wrong(f"{what} should be one number, this is {describe(answer)}.")
    return float(array)


def whole(answer: Any, what: str = "the answer") -> int:
    """The answer as an integer; 16.0 counts, 16.5 is named."""
    value = number(answer, what)
    if value != int(value):
        wrong(f"{what} counts things, so it is a whole number; you have {value:g}.")
    return int(value)


def numbers(answer: Any, what: str = "the answer", shape: tuple[int, ...] | None = None) -> np.ndarray:
    """The answer as an array of finite numbers, of the given shape where one is given."""
    if isinstance(answer, (str, bytes, bool, dict, set)) or callable(answer):
        wrong(f"{what} should be made of numbers, this is {describe(answer)}.")
    try:
        array = np.asarray(answer)
        other = _no_number(array)
        array = array if other else array.astype(float)
    except OverflowError:
        wrong(f"{what} holds an integer that is far too large. Look for a product or a power that got out of hand.")
    except Exception:  # lists of unequal length, objects of any kind: whatever an answer raises is no number
        wrong(f"{what} should be made of numbers, this is {describe(answer)}.")
    if other:
        wrong(f"{what} should be made of numbers, this holds {other}.")
    if shape is not None and array.shape != shape:
        wrong(f"{what} should have the shape {shape}, yours has {array.shape}.")
    if not np.isfinite(array).all():
        wrong(
            f"{what} holds {'NaN' if np.isnan(array).any() else 'infinity'}. Look for a division by zero or a log of 0."
        )
    return array


def values(answer: Any) -> np.ndarray | None:
    """The answer as an array of numbers of any shape, NaN and infinity too; None where it is not made of numbers."""
    if answer is None or isinstance(answer, (str, bytes, bool, dict, set)) or callable(answer):
        return None
    try:
        array = np.asarray(answer)
        return None if _no_number(array) else array.astype(float)
    except Exception:  # as in numbers: whatever it raises, it is no number
        return None


def shape_of(answer: Any) -> tuple[int, ...] | None:
    """The shape of an answer; None where it has none, such as rows of different lengths."""
    try:
        shape = np.shape(answer)
        return shape if isinstance(shape, tuple) else None
    except Exception:  # whatever an answer raises, it has no shape
        return None


def blows_up(answer: Any) -> bool:
    """True where an answer holds NaN or infinity; what is not made of numbers is left to ``numbers``."""
    array = values(answer)
    return array is not None and not np.isfinite(array).all()


def close(got: Any, expected: Any, tolerance: float = 1e-5) -> bool:
    """Equal up to rounding, also for float32 answers; False where one of them is not made of numbers."""
    got, expected = values(got), values(expected)
    if got is None or expected is None or got.shape != expected.shape:
        return False
    scale = max(1.0, float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0)))
    return bool(np.isclose(got, expected, rtol=0, atol=tolerance * scale, equal_nan=True).all())


def like(got: Any, value: Any, tolerance: float = 1e-5) -> bool:
    """``close``, except that whole numbers have to be equal: 10 ** 6 and 10 ** 6 + 1 are two counts."""
    return close(got, value, 0 if isinstance(value, (int, np.integer)) else tolerance)


def describe(answer: Any) -> str:
    """A few words on what kind of thing an answer is."""
    if answer is None:
        return "None"
    if isinstance(answer, np.ndarray) and answer.ndim:
        return f"an array of shape {answer.shape} and type {answer.dtype}"
    if callable(answer):
        name = getattr(answer, "__name__", None)
        return f"a function or class ({name if isinstance(name, str) else type(answer).__name__})"
    if isinstance(answer, int) and not isinstance(answer, bool) and abs(answer) >= 10**CHARACTERS:
        return f"an integer of more than {CHARACTERS} digits"
    try:
        text = str(answer) if isinstance(answer, np.number) else _SHORT.repr(answer)
    except Exception:  # an object whose own repr fails
        return f"an object of type {type(answer).__name__}"
    text = " ".join(text.split())
    return f"{text if len(text) <= CHARACTERS else text[: CHARACTERS - 3] + '...'} ({type(answer).__name__})"


def _no_number(array: np.ndarray) -> str:
    """What an array holds that NumPy turns into numbers although it is none; empty for numbers, bfloat16 included."""
    kinds = {"b": "True and False", "c": "complex numbers", "m": "times", "M": "dates"}
    if array.dtype.kind == "O":
        if any(entry is None for entry in array.flat):
            return "None"
        return "text" if any(isinstance(entry, (str, bytes)) for entry in array.flat) else ""
    if array.dtype.names:
        return "records"
    return kinds.get(array.dtype.kind, "text" if array.dtype.kind in "SUT" else "")


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 2 * CHARACTERS
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = _SHORT.maxset = 12
