"""No answer keeps a check from ending with one sentence: endless ones, broken ones, and those that change NumPy."""

import contextlib
import functools
import itertools
import math
import signal
import sys
import threading
import time

import keras
import numpy as np
import pytest

from checks import grading
from checks.grading import NotFilledIn, NotRight, calls, exercise


@exercise("9.1")
def doubled(function):
    grading.by_rules(function, [(np.arange(n) + 0.25,) for n in (2, 3, 5)], lambda x: 2 * x, None, "{0}")


@exercise("9.2")
def listed(value):
    if grading.numbers(value, shape=(3,)).tolist() != [1, 2, 3]:
        grading.wrong("count to three.")


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(calls, "SECONDS", 0.2)


def endless(x):
    while True:
        x = x + 1


def endless_with_except(x):
    while True:
        try:
            x = x + 1
        except Exception:
            x = 0


def endless_with_bare_except(x):
    for _ in range(2):
        try:
            endless(0)
        except:  # noqa: E722
            stopped = True
    return 2 * x if stopped else x


def ends_the_program(x):
    raise SystemExit


def calls_itself(x):
    return calls_itself(x)


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def bold(x):
    raise ValueError("\x1b[1mno such\x1b[0m layer.")


def unprintable(x):
    raise Unprintable


def interrupted(x):
    raise KeyboardInterrupt


class Odd(BaseException):
    pass


def odd(x):
    raise Odd("for nobody")


def deep(x):
    def inner(index):
        return x[index]

    return inner(50)


def in_a_library(x):
    return np.reshape(x, (7, 7))


def not_implemented_by_a_library(x):
    return keras.Layer().call(x)


def with_a_long_text(x):
    raise ValueError("x" * 10_000 + "\n" * 50)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (endless, r"has run for 0.2 s in line \d+ \(`.*`\). Is there a loop that never ends\? It was called with"),
        (endless_with_except, "has run for 0.2 s in line"),
        (lambda x: itertools.count(), "is a count, which gives its values one by one"),
        (lambda x: (each for each in x), r"is a generator, which .* Put list\(...\) around it"),
        (lambda x: map(float, x), "is a map, which"),
        (ends_the_program, r"ends the whole program in line \d+ \(`raise SystemExit`\): use return"),
        (calls_itself, "calls itself again and again"),
        (unprintable, r"with Unprintable, whose text cannot be printed"),
        (bold, r"with ValueError: no such layer\. It was called with"),
        (interrupted, "was interrupted in line"),
        (odd, "with Odd: for nobody"),
        (deep, r"in line \d+ \(`return x\[index\]`\) with IndexError"),
        (in_a_library, r"in line \d+ \(`return np.reshape\(x, \(7, 7\)\)`\) with ValueError"),
        (not_implemented_by_a_library, r"stopped in line \d+ .* with NotImplementedError"),
        (with_a_long_text, r"x{200}\.{4} It was called"),
        (lambda x, y: x, "with TypeError"),
        (lambda image: image[9], r"IndexError: .* It was called with image = an array of shape \(2,\)"),
    ],
)
def test_whatever_happens_in_a_function_is_one_sentence(quick, answer, sentence):
    with pytest.raises(NotRight, match=sentence) as caught:
        doubled(answer)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


def test_a_bare_except_does_not_keep_the_time_limit_away(quick, capsys):
    with pytest.raises(NotRight, match="always"):
        doubled(lambda x: endless_with_bare_except(x) + 1)
    assert "keeps it from being stopped" in capsys.readouterr().out


def test_the_time_limit_leaves_nothing_behind(quick):
    before = signal.getsignal(signal.SIGALRM)
    doubled(lambda x: 2 * x)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    time.sleep(0.4)


def test_time_that_is_over_while_a_call_ends_ends_nothing():
    """Inside contextlib the limit would leave its own clock ticking."""
    caught = []
    with calls.guarded():
        stop = signal.getsignal(signal.SIGALRM)
        stop(signal.SIGALRM, _frame_in_contextlib())
        caught.append("not stopped")
    assert caught
    with pytest.raises(NotRight, match="has run for"), calls.guarded():
        stop(signal.SIGALRM, sys._getframe())


def _frame_in_contextlib():
    @contextlib.contextmanager
    def frames():
        yield sys._getframe(1)

    with frames() as frame:
        return frame


def test_where_time_cannot_be_limited_a_reader_is_told_what_to_do(quick, capsys):
    thread = threading.Thread(target=lambda: doubled(lambda x: time.sleep(0.3) or 2 * x))
    thread.start()
    thread.join()
    out = capsys.readouterr().out
    assert "Interrupt the kernel" in out
    assert "Exercise 9.1: right." in out


def replaces_abs(x):
    np.abs = lambda values: 2 * x
    return 2 * x


def replaces_and_crashes(x):
    math.sqrt = None
    raise ValueError("too late")


@pytest.mark.parametrize("answer", [replaces_abs, replaces_and_crashes])
def test_functions_of_numpy_are_put_back_and_named(answer):
    held = np.abs, math.sqrt
    with pytest.raises(NotRight, match=r"np.abs.*another name|too late"):
        doubled(answer)
    assert (np.abs, math.sqrt) == held


def test_what_was_replaced_before_the_check_is_put_back(monkeypatch):
    held = np.mean
    np.mean = lambda *_: 0
    with pytest.raises(NotRight, match=r"np.mean had been replaced.*as before"):
        listed([1, 2, 3])
    assert np.mean is held
    listed([1, 2, 3])


# Stubs


def stub(x):
    """With a text."""
    raise NotImplementedError  # Replace this line by your code.


def left_at_the_top(x):
    raise NotImplementedError  # Replace this line by your code.
    return 2 * x


def left_at_the_end(x):
    x = 2 * x
    raise NotImplementedError  # Replace this line by your code.


def left_in_a_branch(x):
    if len(x) > 2:
        raise NotImplementedError
    return 2 * x


def test_a_stub_is_not_filled_in():
    for answer in (stub, functools.partial(stub)):
        with pytest.raises(NotFilledIn, match=r"^Exercise 9.1 is not filled in yet\.$"):
            doubled(answer)


@pytest.mark.parametrize("answer", [left_at_the_top, left_at_the_end, left_in_a_branch])
def test_the_stub_s_line_beside_an_answer_is_named(answer):
    with pytest.raises(NotFilledIn, match=r"`raise NotImplementedError` is still there in line \d+ .*Delete it"):
        doubled(answer)


# Settled answers

ragged = [[1, 2], [3]]
itself = [1]
itself.append(itself)


class Endless(list):
    def __iter__(self):
        return itertools.count()


class Raises(list):
    def __iter__(self):
        raise RuntimeError("no entries")


class NoArray:
    def __array__(self, *_, **__):
        raise RuntimeError("no array")

    __repr__ = __len__ = __iter__ = __eq__ = __array__


@pytest.mark.parametrize(
    "answer",
    [
        ragged,
        itself,
        Endless(),
        Raises(),
        NoArray(),
        [NoArray()],
        (each for each in "abc"),
        10**5000,
        [10**5000] * 3,
        {"a": 1},
        {1, 2, 3},
        object(),
        "1 2 3",
        b"123",
        np.array(["1", "2", "3"]),
        np.array(5),
        type,
        float("nan"),
        [1, 2, None],
        range(10**12),
        np.broadcast_to(1, (10**6, 10**6)),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_every_value_gets_a_sentence(quick, answer):
    with pytest.raises(NotRight) as caught:
        listed(answer)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None, "a check's own code stumbled"


@pytest.mark.parametrize(
    "answer", [[1, 2, 3], (1, 2, 3), range(1, 4), np.matrix([[1, 2, 3]]).A1, np.ma.array([1, 2, 3])]
)
def test_every_way_to_write_numbers_counts(answer):
    listed(answer)


def test_what_a_check_stumbles_over_is_no_traceback_either():
    @exercise("9.3")
    def look(answer):
        return answer[5] + {}

    with pytest.raises(NotRight, match=r"^Exercise 9.3: this answer cannot be read \(3 \(int\)\)") as caught:
        look(3)
    assert isinstance(caught.value.__cause__, TypeError)


# Shared slips


@exercise("9.4")
def power(function):
    cases = [(2.0, 3.0), (1.5, 2.0), (4.0, 0.5), (0.3, 1.7)]
    grading.by_rules(function, cases, lambda base, exponent: base**exponent, None, "{0} to the power of {1}")


@exercise("9.5")
def table(function):
    generator = grading.seeded("9.5")
    cases = [(generator.uniform(0, 300, (n, n + 1)),) for n in (2, 3)]
    grading.by_rules(function, cases, lambda x: x / 7, None, lambda x: f"shape {x.shape}")


def whole_array(x):
    result = np.zeros(x.shape, dtype=int)
    result[:] = x / 7
    return result


@pytest.mark.parametrize(
    ("check", "answer", "sentence"),
    [
        (power, lambda b, e: round(b**e, 2), "rounded to 2 decimals"),
        (table, lambda x: np.round(x / 7), "rounded to whole numbers"),
        (power, lambda b, e: int(b**e), "lost its fractions"),
        (power, lambda b, e: 100 * b**e, "in per cent"),
        (power, lambda b, e: b**e / 100, "a hundredth"),
        (power, lambda b, e: -(b**e), "opposite sign"),
        (power, lambda b, e: 1 - b**e, "1 minus"),
        (power, lambda exponent, base: base**exponent, "takes `exponent` for `base` and the other way round"),
        (power, lambda b, e: b**e * (2 if b < 1 else 1), "for 0.3 to the power of 1.7 you have"),
        (table, whole_array, "lost its fractions"),
        (table, lambda x: np.round(x / 7, 1), "rounded to 1 decimal[.]"),
        (table, lambda x: (x / 7).T, "rows and columns"),
        (table, lambda x: x / 7 * np.nan, "holds NaN"),
    ],
)
def test_shared_slips_are_named_when_they_explain_every_case(check, answer, sentence):
    with pytest.raises(NotRight, match=sentence):
        check(answer)


def test_a_slip_is_not_named_from_some_of_the_cases():
    with pytest.raises(NotRight, match=r"for 1\.5 to the power of 2\.0 you have 2, and that is not it"):
        power(lambda b, e: round(b**e) if b == 1.5 else b**e)
