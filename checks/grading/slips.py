"""Slips that are the same in every exercise: right numbers that were rounded, cut off, scaled or put in another order.

Each is named only when it explains all results at once.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from checks.grading.answers import close, like, values, wrong


def name_slip(got: Sequence[Any], right: Sequence[Any], tolerance: float = 1e-5) -> None:
    """Name the shared slip that turns every right result into the one that was got; nothing where none does.

    ``got`` and ``right`` hold one result for each case. Raises NotRight with the slip's sentence.
    """
    read, true = _numbers(got), _numbers(right)
    # Results that are all the same number are explained by too much.
    if not read or not true or len({number for array in true for number in array.flat}) < 2:
        return
    for sentence, slip in SLIPS:
        with np.errstate(all="ignore"):
            slipped = [slip(each) for each in true]
        differs = any(not close(*pair, tolerance) for pair in zip(slipped, true))
        if differs and all(close(*pair, tolerance) for pair in zip(read, slipped)):
            wrong(sentence)
    for decimals in range(6):
        exact = all(close(each, np.round(each, decimals), tolerance) for each in true)
        if not exact and all(_is_rounded(*pair, decimals) for pair in zip(read, true)):
            to = "to whole numbers" if decimals == 0 else f"to {decimals} decimal{'s' * (decimals > 1)}"
            wrong(f"your result is rounded {to}. Return it as it is, and round only what you print.")


def _is_rounded(got: np.ndarray, right: np.ndarray, decimals: int) -> bool:
    """No digits are left, and none was off by more than half of the last one; halves may go up or down."""
    if got.shape != right.shape or not close(got, np.round(got, decimals), 2e-7):
        return False
    with np.errstate(invalid="ignore"):
        off = np.where(got == right, 0, np.abs(got - right))
    return bool((off <= 0.500001 * 10.0**-decimals).all())


def name_swapped_arguments(
    function: Callable,
    cases: Sequence[tuple],
    got: Sequence[Any],
    expected: Callable[..., Any],
    tolerance: float = 1e-5,
) -> None:
    """Name the two arguments whose swapped values explain every result."""
    if not _numbers(got):
        return
    for (first, one), (second, other) in itertools.combinations(enumerate(_names(function, len(cases[0]))), 2):
        if all(_kind(case[first]) == _kind(case[second]) for case in cases) and all(
            like(each, result, tolerance) for each, result in zip(got, _swapped(cases, first, second, expected))
        ):
            wrong(f"your function takes `{one}` for `{other}` and the other way round. Are they in the right order?")


def _numbers(results: Sequence[Any]) -> list[np.ndarray]:
    """All results as arrays; none of them where one is not made of numbers, or holds NaN."""
    arrays = [values(each) for each in results]
    return [] if any(array is None or np.isnan(array).any() for array in arrays) else arrays


def _kind(argument: Any) -> int:
    """Numbers are alike, and so are arrays with as many axes; nobody confuses a list with a number."""
    array = values(argument)
    return -1 if array is None else array.ndim


def _swapped(cases: Sequence[tuple], first: int, second: int, expected: Callable[..., Any]) -> Iterator[Any]:
    for case in cases:
        swapped = list(case)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        try:
            with np.errstate(all="ignore"):
                yield expected(*swapped)
        except Exception:  # most functions make no sense that way
            yield None


def _names(function: Callable, count: int) -> list[str]:
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    return names if len(names) == count else [f"argument {index + 1}" for index in range(count)]


# From a right result to what the slip makes of it; None where it cannot be made there. The likelier ones first.
SLIPS: list[tuple[str, Callable[[np.ndarray], np.ndarray | None]]] = [
    (
        "your result has lost its fractions, as if it were stored as whole numbers. Make its array with dtype=float, "
        "and divide by / instead of //.",
        np.trunc,
    ),
    (
        "your result is 100 times what it should be, as in per cent. Leave the factor 100 out.",
        lambda right: 100 * right,
    ),
    (
        "your result is a hundredth of what it should be. Was it divided by 100 once too often?",
        lambda right: right / 100,
    ),
    ("your result has the opposite sign.", np.negative),
    (
        "your result is stored as uint8, where 255 + 1 is 0: turn the numbers into floats before you calculate.",
        lambda right: np.trunc(right) % 256,
    ),
    ("rows and columns of your result are swapped.", lambda right: right.T if right.ndim == 2 else None),
    (
        "your result is in the opposite order: its first entry comes last.",
        lambda right: right[::-1] if right.ndim == 1 else None,
    ),
    ("your result is 1 minus what it should be.", lambda right: 1 - right),
    ("your result is twice what it should be.", lambda right: 2 * right),
    ("your result is half of what it should be.", lambda right: right / 2),
    ("your result is always 1 too large.", lambda right: right + 1),
    ("your result is always 1 too small.", lambda right: right - 1),
]
