"""What all checks share: calling a student's answer safely, comparing it, and saying in a sentence what is off.

A check is a function decorated with ``@exercise("4.2")``. It gets the student's answer, returns nothing or a
sentence of praise with a fact in it, and calls ``wrong("...")`` when the answer is not right. Whatever else goes
wrong inside a student's function reaches the student as one sentence, never as a traceback of our code.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np


class NotRight(AssertionError):
    """A wrong answer. Jupyter shows its sentence instead of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class NotFilledIn(NotRight):
    """The stub is still there."""


def wrong(sentence: str) -> NoReturn:
    """Say what is not right. The exercise's number is put in front of it."""
    raise NotRight(sentence)


def exercise(number: str) -> Callable:
    """Decorator: turns a function that looks at an answer into the check of one exercise."""

    def decorate(look: Callable) -> Callable:
        @functools.wraps(look)
        def check(*answers: Any) -> None:
            try:
                if any(answer is None or answer is Ellipsis for answer in answers):
                    raise NotFilledIn
                praise = look(*answers)
            except (NotFilledIn, NotImplementedError):
                raise NotFilledIn(f"Exercise {number} is not filled in yet.") from None
            except NotRight as error:
                raise NotRight(f"Exercise {number}: {error}") from None
            print(f"Exercise {number}: right. {praise or ''}".rstrip())

        check.number = number
        return check

    return decorate


def call(function: Callable, *arguments: Any, **options: Any) -> Any:
    """Call a student's function on copies; say what happened when it fails, returns None or changes its input."""
    if not callable(function):
        wrong(f"a function was expected, this is {describe(function)}. Did you overwrite its name?")
    given = copy.deepcopy((arguments, options))
    try:
        result = function(*given[0], **given[1])
    except NotImplementedError:
        raise NotFilledIn from None
    except Exception as error:
        wrong(f"your function stopped with {type(error).__name__}: {error}. It was called with {_inputs(arguments)}.")
    if not _same((arguments, options), given):
        wrong("your function changed its input. Work on a copy: whoever called it still needs the original.")
    if result is None:
        wrong("your function returned None. Is there a return at its end?")
    return result


def seeded(number: str) -> np.random.Generator:
    """Random numbers for the cases of one exercise, the same for everybody, so that a message can be reproduced."""
    return np.random.default_rng(int(number.replace(".", "")))


def by_rules(
    function: Callable,
    cases: Sequence[tuple],
    expected: Callable[..., Any],
    mistakes: Callable[..., dict[str, Any]] | None,
    words: str | Callable[..., str],
    advice: str | Callable[..., str] = "Do this one on paper, then step by step.",
    look: Callable[..., None] | None = None,
    tolerance: float = 1e-5,
) -> None:
    """Call the answer on every case, compare with ``expected(*case)``, and where they differ say why.

    A mistake is named when its results equal the student's in *all* cases, or else the first wrong case is shown.
    ``mistakes(*case)`` gives {sentence: result}; in a sentence {case} and {value} stand for the first wrong case and
    the student's result there. Integers have to be equal, floats and arrays (of the right shape) up to ``tolerance``.

    ``words`` describes a case; {0}, {1} are its arguments. ``advice`` ends the sentence that shows a case; a function
    gets the student's result and the case. ``look(answer, words, *case)`` may refuse an answer before it is read.
    """
    equal = functools.partial(_equal, tolerance=tolerance)
    said = [words(*case) if callable(words) else words.format(*case) for case in cases]
    right = [expected(*case) for case in cases]
    got: list[Any] = []
    for case, text, true in zip(cases, said, right):
        answer = call(function, *case)
        if look:
            look(answer, text, *case)
        got.append(_read(answer, f"the result for {text}", true))
    first = next((index for index, pair in enumerate(zip(got, right)) if not equal(*pair)), None)
    if first is None:
        return
    value, text = _shown(got[first]), said[first]
    with np.errstate(all="ignore"):
        tables = [mistakes(*case) for case in cases] if mistakes else [{}]
    for sentence in tables[0]:
        if all(sentence in table and equal(each, table[sentence]) for each, table in zip(got, tables)):
            wrong(sentence.replace("{case}", text).replace("{value}", value))
    have = f"you have {value}, and that is not it" if value else "the result has the right shape and wrong numbers"
    wrong(f"for {text} {have}. {advice(got[first], *cases[first]) if callable(advice) else advice}")


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


def close(got: Any, expected: Any, tolerance: float = 1e-5) -> bool:
    """Equal up to rounding, also for float32 answers."""
    got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    return got.shape == expected.shape and bool(np.abs(got - expected).max(initial=0.0) <= tolerance * scale)


def shape_of(answer: Any) -> tuple[int, ...] | None:
    """The shape of an answer; None where it has none, such as rows of different lengths."""
    try:
        return np.shape(answer)
    except Exception:  # whatever an answer raises, it has no shape
        return None


def blows_up(answer: Any) -> bool:
    """True where an answer holds NaN or infinity; what is not made of numbers is left to ``numbers``."""
    try:
        return not np.isfinite(np.asarray(answer, dtype=float)).all()
    except Exception:
        return False


def name_mistake(got: Any, mistakes: dict[str, Any], tolerance: float = 1e-5) -> None:
    """When the answer equals what a usual mistake gives, say which: ``{"sentence": value}``."""
    for sentence, value in mistakes.items():
        if close(got, value, tolerance):
            wrong(sentence)


def describe(answer: Any) -> str:
    """A few words on what kind of thing an answer is."""
    if answer is None:
        return "None"
    if isinstance(answer, np.ndarray):
        return f"an array of shape {answer.shape} and type {answer.dtype}"
    if callable(answer):
        return f"a function or class ({getattr(answer, '__name__', type(answer).__name__)})"
    try:
        text = repr(answer)
    except Exception:  # an integer of more than 4,300 digits, or an object whose own repr fails
        return f"an object of type {type(answer).__name__}"
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(answer).__name__})"


def _no_number(array: np.ndarray) -> str:
    """What an array holds that NumPy turns into numbers although it is none; empty for numbers, bfloat16 included."""
    kinds = {"b": "True and False", "c": "complex numbers", "m": "times", "M": "dates"}
    if array.dtype.kind == "O":
        return "text" if any(isinstance(entry, (str, bytes)) for entry in array.flat) else ""
    if array.dtype.names:
        return "records"
    return kinds.get(array.dtype.kind, "text" if array.dtype.kind in "SUT" else "")


def _read(answer: Any, what: str, right: Any) -> Any:
    if np.ndim(right):
        return numbers(answer, what, np.shape(right))
    return whole(answer, what) if _exact(right) else number(answer, what)


def _exact(right: Any) -> bool:
    return isinstance(right, (int, np.integer))


def _equal(got: Any, right: Any, tolerance: float) -> bool:
    return close(got, right, 0 if _exact(got) else tolerance)


def _shown(value: Any) -> str:
    """A number in words; nothing for an array."""
    if np.ndim(value):
        return ""
    return f"{value:,}" if _exact(value) else f"{value:.4g}"


def _inputs(arguments: tuple) -> str:
    return ", ".join(describe(argument) for argument in arguments)


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        return isinstance(after, np.ndarray) and before.shape == after.shape and np.array_equal(before, after)
    if isinstance(before, (tuple, list)):
        return len(before) == len(after) and all(_same(b, a) for b, a in zip(before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
    if isinstance(before, (int, float, str, bytes, bool, type(None))):
        return before == after
    return True
