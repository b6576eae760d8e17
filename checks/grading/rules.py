"""A check's frame: ``@exercise`` around it, and ``by_rules`` for functions that are compared case by case."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np

from checks.grading.answers import (
    NotFilledIn,
    NotRight,
    close,
    describe,
    like,
    number,
    numbers,
    settled,
    shape_of,
    values,
    whole,
    wrong,
)
from checks.grading.calls import GIVE_BACK, call, guarded, restore
from checks.grading.slips import name_slip, name_swapped_arguments
from checks.grading.yours import forget, remember


def exercise(number: str) -> Callable:
    """Decorator: turns a function that looks at an answer into the check of one exercise.

    The function gets settled answers, returns nothing or a sentence of praise with a fact in it, and calls ``wrong``
    when an answer is not right. Whatever else goes wrong reaches the student as one sentence.
    """

    def decorate(look: Callable) -> Callable:
        @functools.wraps(look)
        def check(*answers: Any) -> None:
            given = answers
            forget(*given)
            try:
                if replaced := restore():
                    wrong(f"{replaced} had been replaced by something else. {GIVE_BACK}")
                if any(answer is None or answer is Ellipsis for answer in answers):
                    raise NotFilledIn
                with guarded():
                    answers = [settled(answer) for answer in answers]
                praise = _looked_at(look, answers)
            except NotFilledIn as error:
                where = f": {error}" if str(error) else ""
                raise NotFilledIn(f"Exercise {number} is not filled in yet{where}.") from None
            except NotRight as error:
                raise NotRight(f"Exercise {number}: {error}") from error.__cause__
            remember(*given)
            print(f"Exercise {number}: right. {praise or ''}".rstrip())

        check.number = number
        return check

    return decorate


def _looked_at(look: Callable, answers: list[Any]) -> str | None:
    try:
        return look(*answers)
    except NotRight:
        raise
    except NotImplementedError:
        raise NotFilledIn from None
    except Exception as error:
        # Nothing that an answer is may end in a traceback of ours; its cause is kept for whoever mends the check.
        given = ", ".join(map(describe, answers))
        raise NotRight(
            f"this answer cannot be read ({given}). Compare it with what the exercise asks you to return."
        ) from error


def seeded(number: str) -> np.random.Generator:
    """Random numbers for the cases of one exercise, the same for everybody, so that a message can be reproduced.

    Inside ``fresh_cases`` they are others.
    """
    return np.random.default_rng([int(number.replace(".", "")), *_secret] if _secret else int(number.replace(".", "")))


_secret: list[int] = []


@contextmanager
def fresh_cases(secret: str) -> Iterator[None]:
    """Inside, checks draw cases that depend on a secret: an answer that fits the visible cases alone fails there.

    A hidden test of nbgrader, which repeats what the visible check has said; so it prints nothing when all is right.
    """
    before = _secret[:]
    _secret[:] = hashlib.sha256(secret.encode()).digest()
    try:
        with redirect_stdout(io.StringIO()):
            yield
    except NotRight as error:
        raise NotRight(f"{error} (This is a case that only grading tries.)") from error.__cause__
    finally:
        _secret[:] = before


def by_rules(
    function: Callable,
    cases: Sequence[tuple],
    expected: Callable[..., Any],
    mistakes: Callable[..., dict[str, Any]] | None,
    words: str | Callable[..., str],
    advice: str | Callable[..., str] = "Do this one on paper, then step by step.",
    look: Callable[..., None] | None = None,
    tolerance: float = 1e-5,
    shapes: Callable[..., dict[str, tuple[int, ...]]] | None = None,
) -> None:
    """Call the answer on every case, compare with ``expected(*case)``, and where they differ say why.

    A mistake, of ``mistakes`` or of those that all exercises share, is named when its results equal the student's in
    *all* cases; else the smallest wrong case is shown. ``mistakes(*case)`` gives {sentence: result}, of any shape, NaN
    and infinity allowed; in a sentence {case} and {value} stand for that case and the student's result there. Whole
    numbers have to be equal, floats and arrays (of the right shape) up to ``tolerance``. ``shapes(*case)`` gives
    {sentence: shape} for mistakes that show in the shapes of all results, whatever they hold.

    ``words`` describes a case; {0}, {1} are its arguments. ``advice`` ends the sentence that shows a case; a function
    gets the student's result and the case. ``look(answer, words, *case)`` may say more about the answer to that case.
    """
    right = [expected(*case) for case in cases]
    got = [call(function, *case) for case in cases]
    off = [index for index, pair in enumerate(zip(got, right)) if not _equal(*pair, tolerance)]
    if not off:
        return
    worst = min(off, key=lambda index: _size(cases[index]))
    case, answer, true = cases[worst], got[worst], right[worst]
    text = words(*case) if callable(words) else words.format(*case)

    def name(usual: Callable[..., dict[str, Any]] | None, agree: Callable[[Any, Any], bool]) -> None:
        with np.errstate(all="ignore"):
            tables = [usual(*case) for case in cases] if usual else [{}]
        for sentence in tables[0]:
            if all(sentence in table and agree(each, table[sentence]) for each, table in zip(got, tables)):
                wrong(sentence.replace("{case}", text).replace("{value}", _shown(answer)))

    name(mistakes, lambda each, value: like(each, value, tolerance))
    name_swapped_arguments(function, cases, got, expected, tolerance)
    name_slip(got, right, tolerance)
    name(shapes, lambda each, shape: values(each) is not None and shape_of(each) == shape)
    if look:
        look(answer, text, *case)
    read = _read(answer, f"the result for {text}", true)
    wrong(f"for {text} {_difference(read, true, tolerance)}. {advice(read, *case) if callable(advice) else advice}")


def name_mistake(got: Any, mistakes: dict[str, Any], tolerance: float = 1e-5) -> None:
    """When the answer equals what a usual mistake gives, say which: ``{"sentence": value}``.

    For an exercise that asks for one value. A function is judged by all its cases: ``by_rules``.
    """
    for sentence, value in mistakes.items():
        if close(got, value, tolerance):
            wrong(sentence)


def _equal(got: Any, right: Any, tolerance: float) -> bool:
    return like(got, right, tolerance) and bool(np.isfinite(values(got)).all())


def _exact(right: Any) -> bool:
    return isinstance(right, (int, np.integer))


def _read(answer: Any, what: str, right: Any) -> Any:
    if np.ndim(right):
        return numbers(answer, what, np.shape(right))
    return whole(answer, what) if _exact(right) else number(answer, what)


def _size(case: tuple) -> tuple[bool, int, float]:
    """How much there is to do on paper: entries, then their magnitude. Lists of one entry last: they show little."""
    arrays = [array for array in map(values, case) if array is not None]
    lone = any(array.ndim and array.size < 2 for array in arrays)
    return lone, sum(array.size for array in arrays), float(sum(np.abs(array).sum() for array in arrays))


def _difference(got: Any, right: Any, tolerance: float) -> str:
    """What differs, without saying what would be right."""
    if not np.ndim(right):
        return f"you have {_shown(got)}, and that is not it"
    scale = max(1.0, float(np.abs(right).max(initial=0)))
    off = np.argwhere(np.abs(got - right) > tolerance * scale)
    first = tuple(off[0].tolist())
    entries = f"{len(off)} of {got.size} numbers are" if len(off) > 1 else f"1 of {got.size} numbers is"
    return f"the shape is right and {entries} not: [{', '.join(map(str, first))}] is {_shown(got[first])} in yours"


def _shown(value: Any) -> str:
    """A number, or a few in a row; more of them by their shape."""
    array = values(value)
    if array is None or array.ndim > 1 or array.size > 6:
        return describe(value)
    numbers = [f"{int(each):,}" if _whole(each) else f"{each:.4g}" for each in array.flat]
    return f"[{', '.join(numbers)}]" if array.ndim else numbers[0]


def _whole(each: float) -> bool:
    return bool(np.isfinite(each)) and each == int(each) and abs(each) < 10**15
