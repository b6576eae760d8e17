"""Calling what a student wrote: bounded in time, and whatever goes wrong in it told in one sentence with its line."""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import linecache
import math
import os
import random
import re
import signal
import sys
import sysconfig
import textwrap
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from checks.grading.answers import NotFilledIn, NotRight, describe, settled, wrong

SECONDS = 10  # that one call may take
ROOT = Path(__file__).resolve().parents[2]
# Code that no student has written. Their cells have file names of their own, and tests lie beside these folders.
OURS = (
    str(ROOT / "checks") + os.sep,
    str(ROOT / "helpers") + os.sep,
    *{sysconfig.get_path(kind) for kind in ("stdlib", "purelib", "platlib")},
    "<frozen",
    "<__array_function__",
)
# What an answer may not replace for the rest of the notebook: NumPy's own functions and those of math and random.
HELD = {
    (module, name): thing
    for module in (np, np.linalg, np.random, np.fft, math, random)
    for name, thing in vars(module).items()
    if callable(thing) and not name.startswith("_") and getattr(thing, "__module__", "") != "__main__"
}


class _TooLong(BaseException):
    """Time is over. No ``except Exception`` in an answer catches it."""


def call(function: Callable, *arguments: Any, **options: Any) -> Any:
    """Call a student's function on copies; its result is settled. Says what happened when it fails.

    Raises NotRight also when it runs for too long, returns None, changes its input, or replaces a function of NumPy;
    NotFilledIn for a stub.
    """
    if not callable(function):
        wrong(f"a function was expected, this is {describe(function)}. Did you overwrite its name?")
    given = copy.deepcopy((arguments, options))
    with guarded(function, arguments):
        result = settled(function(*given[0], **given[1]), "the result of your function")
    if not _same((arguments, options), given):
        wrong("your function changed its input. Work on a copy: whoever called it still needs the original.")
    if result is None:
        wrong("your function returned None. Is there a return at its end?")
    return result


@contextmanager
def guarded(function: Callable | None = None, arguments: tuple = ()) -> Iterator[None]:
    """Turn whatever happens inside into NotRight or NotFilledIn, each with one sentence."""
    on = f" It was called with {_inputs(function, arguments)}." if arguments else ""
    try:
        with _limited(on), _living_kernel():
            yield
    except NotRight:
        raise
    except NotImplementedError as error:
        if not _raised_by_a_student(error):
            wrong(f"your function stopped{_line(error)} with {type(error).__name__}{_reason(error)}.{on}")
        raise NotFilledIn(_left_over(function, error)) from None
    except _TooLong as error:
        wrong(f"your function has run for {SECONDS} s{_line(error)}. Is there a loop that never ends?{on}")
    except KeyboardInterrupt as error:
        wrong(f"your function was interrupted{_line(error)}.{on}")
    except SystemExit as error:
        wrong(f"your function ends the whole program{_line(error)}: use return instead of exit() or quit().")
    except RecursionError as error:
        wrong(f"your function calls itself again and again{_line(error)}. What ends that?{on}")
    except BaseException as error:
        wrong(f"your function stopped{_line(error)} with {type(error).__name__}{_reason(error)}.{on}")
    finally:
        replaced = restore()
    if replaced:
        wrong(f"your function replaces {replaced} by something of its own. {GIVE_BACK}")


GIVE_BACK = "That would change it for the whole notebook, so it is as before again: choose another name for yours."


def restore() -> str:
    """Put back the functions of NumPy, math and random that were replaced; returns the name of one, or nothing."""
    names = ""
    for (module, name), thing in HELD.items():
        if vars(module).get(name) is not thing:
            setattr(module, name, thing)
            names = names or f"{module.__name__.replace('numpy', 'np')}.{name}"
    return names


@contextmanager
def _limited(on: str) -> Iterator[None]:
    """Raise ``_TooLong`` inside after ``SECONDS``; where a system cannot, print what a reader may do."""
    if sys.gettrace():  # somebody goes through it step by step
        yield
    elif not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        sentence = f"This has run for {SECONDS} s. Is there a loop that never ends? Interrupt the kernel (■) to stop."
        timer = threading.Timer(SECONDS, print, [sentence + on], {"flush": True})
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
    else:
        times = 0

        def stop(number: int, frame: FrameType | None) -> None:
            nonlocal times
            # Between the end of the call and the generators of this module: there it would end neither of them.
            if frame and frame.f_code.co_filename == contextlib.__file__:
                return
            times += 1
            if times == 2:
                print("A bare `except:` in your function keeps it from being stopped: restart the kernel.", flush=True)
            raise _TooLong

        before = signal.signal(signal.SIGALRM, stop)
        # Again and again, because a bare `except:` catches it.
        left, _ = signal.setitimer(signal.ITIMER_REAL, SECONDS, 1)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, left)
            signal.signal(signal.SIGALRM, before)


@contextmanager
def _living_kernel() -> Iterator[None]:
    """Let exit() and quit() raise SystemExit as everywhere: IPython's own raise nothing and end the kernel later."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    names = shell.user_ns if shell else {}
    held = {name: names[name] for name in ("exit", "quit") if name in names}
    names.update(dict.fromkeys(held, sys.exit))
    try:
        yield
    finally:
        names.update(held)


def _line(error: BaseException) -> str:
    """In which line of a student's code it happened, with its text; empty when it was in none."""
    frames = [(file, line) for file, line in _frames(error) if _a_student_s(file)]
    if not frames:
        return ""
    file, line = frames[-1]
    text = linecache.getline(file, line).strip()
    return f" in line {line}{f' (`{text}`)' if text else ''}"


def _raised_by_a_student(error: BaseException) -> bool:
    """True for the raise of a stub; Keras and Jupyter raise NotImplementedError too."""
    frames = _frames(error)
    return bool(frames) and _a_student_s(frames[-1][0])


def _frames(error: BaseException) -> list[tuple[str, int]]:
    return [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]


def _a_student_s(file: str) -> bool:
    return not file.startswith(OURS) and not file.endswith(".pyx")


def _reason(error: BaseException) -> str:
    try:
        text = re.sub(r"\x1b\[[0-9;]*m", "", " ".join(str(error).split())).rstrip(".")  # Keras prints some words bold
    except Exception:
        return ", whose text cannot be printed"
    return f": {text if len(text) <= 300 else text[:297] + '...'}" if text else ""


def _left_over(function: Callable | None, error: NotImplementedError) -> str:
    """What to say of a stub's line that stands beside other code; nothing for an untouched stub."""
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
        body = definition.body[1:] if ast.get_docstring(definition) is not None else definition.body
    except Exception:  # no source: written by exec, a lambda in the middle of a line, an object
        return ""
    if len(body) == 1 and isinstance(body[0], ast.Raise):
        return ""
    return f"`raise NotImplementedError` is still there{_line(error)}. Delete it once your code stands beside it"


def _inputs(function: Callable | None, arguments: tuple) -> str:
    """The arguments with the names that the student's function gives them."""
    try:
        names = list(inspect.signature(function).bind(*arguments).arguments)
    except Exception:  # too few parameters, or none that can be read
        names = []
    told = [f"{one:g}" if type(one) in (int, float) and abs(one) < 10**6 else describe(one) for one in arguments]
    if len(names) == len(told):
        told = [f"{name} = {one}" for name, one in zip(names, told)]
    return ", ".join(told)


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        return (
            isinstance(after, np.ndarray)
            and before.dtype == after.dtype
            and np.array_equal(before, after, equal_nan=before.dtype.kind in "fc")
        )
    if isinstance(before, (tuple, list)):
        return len(before) == len(after) and all(_same(b, a) for b, a in zip(before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
    if isinstance(before, (int, float, str, bytes, bool, type(None))):
        return before == after
    return True
