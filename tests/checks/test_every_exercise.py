"""Every exercise ends every hostile answer with one sentence, and none of them with a traceback of ours."""

import functools
import inspect
import itertools

import keras
import numpy as np
import pytest
from answers import EXERCISES

from checks.grading import NotRight, calls
from helpers import models

BUILT = {}


class Raises:
    """Whatever is done with it fails."""

    def _fail(self, *_, **__):
        raise RuntimeError("no")

    __repr__ = __str__ = __len__ = __iter__ = __eq__ = __array__ = __float__ = __getitem__ = __bool__ = _fail
    __hash__ = None


class EndlessList(list):
    def __iter__(self):
        return itertools.count()

    def __len__(self):
        return 10**9


class UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no")


def contains_itself():
    itself = [1]
    itself.append(itself)
    return itself


# A fresh value each time, so that a check cannot use one up.
VALUES = {
    "text": lambda: "text",
    "empty text": lambda: "",
    "digits": lambda: "12",
    "bytes": lambda: b"12",
    "true": lambda: True,
    "nan": lambda: float("nan"),
    "infinity": lambda: -float("inf"),
    "huge": lambda: 10**5000,
    "huge float": lambda: 1e308,
    "complex": lambda: 1j,
    "object": object,
    "raises": Raises,
    "list of raises": lambda: [Raises(), Raises()],
    "empty list": list,
    "ragged": lambda: [[1, 2], [3]],
    "ragged array": lambda: np.array([np.zeros(2), np.zeros(3)], dtype=object),
    "deep": lambda: [[[[[[[[[1]]]]]]]]],
    "itself": contains_itself,
    "endless list": EndlessList,
    "the same list again and again": lambda: [[[0.5] * 10**5] * 10**5] * 10**5,
    "generator": lambda: (each for each in range(5)),
    "endless generator": itertools.count,
    "endless tuple": lambda: (itertools.count(), itertools.count()),
    "map": lambda: map(float, "123"),
    "set": lambda: {1, 2},
    "dict": lambda: {"a": 1, 2: [3]},
    "list of texts": lambda: ["a", "b", "c"],
    "list of huge": lambda: [10**5000, -(10**5000)],
    "list with none": lambda: [1, None, 2],
    "zero": lambda: np.array(0.0),
    "no rows": lambda: np.zeros((0, 4)),
    "many axes": lambda: np.zeros((1,) * 12),
    "large view": lambda: np.broadcast_to(1.0, (10**5, 10**5)),
    "nan array": lambda: np.full((3, 3), np.nan),
    "dates": lambda: np.array(["2020-01-01"], "M8[D]"),
    "records": lambda: np.zeros(3, dtype=[("a", float)]),
    "texts": lambda: np.array(["1", "2"]),
    "symbolic": lambda: keras.Input((4,)),
    "class": lambda: int,
    "module": lambda: np,
}


def endless(*_, **__):
    while True:
        pass


def ends_the_program(*_, **__):
    raise SystemExit(3)


def interrupted(*_, **__):
    raise KeyboardInterrupt


def unprintable(*_, **__):
    raise UnprintableError


def recursive(*arguments, **options):
    return recursive(*arguments, **options)


def overwrites(*arguments, **__):
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            argument[...] = 0
        elif isinstance(argument, (list, dict)):
            argument.clear()
    return arguments[0] if arguments else 0


def replaces_numpy(*_, **__):
    np.sum = np.abs = np.mean = np.allclose = np.array_equal = lambda *_, **__: 1
    return 1


FUNCTIONS = {
    "endless": endless,
    "exit": ends_the_program,
    "interrupted": interrupted,
    "unprintable": unprintable,
    "recursive": recursive,
    "overwrites": overwrites,
    "replaces numpy": replaces_numpy,
    "no parameters": lambda: 1,
    "none": lambda *_, **__: None,
    "itself": lambda *arguments, **__: arguments,
    "first": lambda *arguments, **__: arguments[0] if arguments else 1,
    "class": Raises,
}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(calls, "SECONDS", 0.15)
    # None of these answers changes a network, and building one takes most of the time.
    monkeypatch.setattr(models, "build", BUILT.setdefault("build", functools.cache(models.build)))


def stumble(check, *answers):
    """What is wrong with what a check makes of answers that are none; empty where it is one sentence."""
    try:
        check(*answers)
    except NotRight as error:
        sentence = str(error)
        if error.__cause__ is not None:
            return f"a check's own code stumbled: {error.__cause__!r}"
        if (
            not sentence.startswith(f"Exercise {check.number}")
            or len(sentence.splitlines()) > 1
            or len(sentence) > 1000
        ):
            return f"this is no sentence: {sentence}"
        return ""
    except BaseException as error:
        return f"{error!r} came through"
    return "it counts as right"


def arity(check):
    return len(inspect.signature(check).parameters)


FUNCTION_EXERCISES = [
    number
    for number, check in EXERCISES.items()
    if all("Callable" in str(each.annotation) for each in inspect.signature(check).parameters.values())
]


@pytest.mark.parametrize("number", EXERCISES)
def test_values_that_are_no_answers(number):
    check = EXERCISES[number]
    found = {name: stumble(check, *(value() for _ in range(arity(check)))) for name, value in VALUES.items()}
    assert not {name: fault for name, fault in found.items() if fault}


@pytest.mark.parametrize("number", FUNCTION_EXERCISES)
def test_functions_that_return_what_is_no_answer(number):
    check = EXERCISES[number]
    found = {name: stumble(check, *[lambda *_, **__: value()] * arity(check)) for name, value in VALUES.items()}  # noqa: B023
    assert not {name: fault for name, fault in found.items() if fault}


@pytest.mark.parametrize("number", FUNCTION_EXERCISES)
def test_functions_that_do_what_no_answer_does(number):
    check, held = EXERCISES[number], (np.sum, np.abs, np.mean, np.allclose, np.array_equal)
    found = {name: stumble(check, *[function] * arity(check)) for name, function in FUNCTIONS.items()}
    assert not {name: fault for name, fault in found.items() if fault}
    assert (np.sum, np.abs, np.mean, np.allclose, np.array_equal) == held
