"""Runs in the student's kernel: looks names up, calls functions, and says what came of it. Nobody trusts it.

The process that checks asks through the kernel's input requests: what the agent says is the prompt, what comes back is
the next task. A function that a check passes in is called back in the same way.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import exchange
import exchange_models
from IPython import get_ipython

from checks.grading import NotFilledIn, NotRight, answers, calls, yours

# This folder is no student's code either.
calls.OURS = (*calls.OURS, str(Path(__file__).parent))
_kept: list[Any] = []  # things that have a number on the other side


def converse() -> None:
    """Do one task after the other, until there is none."""
    said: dict = {"ready": True}
    while (task := _ask(said))["do"] != "end":
        try:
            said = TASKS[task["do"]](task)
        except BaseException as error:  # of the agent itself: the other side says that a person is needed
            said = {"failed": f"{type(error).__name__}: {error}"[:300]}


def _ask(said: dict) -> dict:
    kernel = get_ipython().kernel
    before = kernel._allow_stdin
    kernel._allow_stdin = True
    signals = {signal.SIGALRM} if hasattr(signal, "pthread_sigmask") else set()
    if signals:  # the time of a call goes on, but does not end in the middle of this
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        return exchange.read(kernel.raw_input(exchange.text(said)))
    finally:
        kernel._allow_stdin = before
        if signals:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)


def _value(task: dict) -> dict:
    """The value of a name, settled as a check would do it."""
    names = get_ipython().user_ns
    if task["name"] not in names:
        return {"missing": True}
    value = names[task["name"]]
    try:
        with calls.guarded(), _no_questions():
            value = answers.settled(value)
            return {"value": _encoded(value)}
    except NotRight as error:
        return {"value": {"kind": "refused", "sentence": str(error)}}


def _call(task: dict) -> dict:
    """What a function returns, or the sentence on what went wrong in it."""
    function = _kept[task["function"]]
    arguments = exchange.decode(task["arguments"], _given)
    options = exchange.decode(task["options"], _given)
    try:
        with _no_questions():
            result = calls.call(function, *arguments, **options)
            with calls.guarded():
                return {"value": _encoded(result)}
    except NotFilledIn as error:
        return {"unfilled": str(error)}
    except NotRight as error:
        return {"wrong": str(error)}


def _passed(task: dict) -> dict:
    """These names hold what has passed its check, or is looked at anew."""
    names = get_ipython().user_ns
    things = [names[name] for name in task["names"] if name in names]
    yours.forget(*things)
    if task["passed"]:
        yours.remember(*things)
    return {"done": True}


TASKS: dict[str, Callable[[dict], dict]] = {"value": _value, "call": _call, "passed": _passed}


@contextmanager
def _no_questions() -> Iterator[None]:
    """A function of a student asks nobody."""
    kernel = get_ipython().kernel
    before, kernel._allow_stdin = kernel._allow_stdin, False
    try:
        yield
    finally:
        kernel._allow_stdin = before


def _encoded(thing: Any) -> Any:
    return exchange.encode(thing, _handle)


def _handle(thing: Any) -> Any:
    kind = exchange.keras_of(thing)
    if kind == "model":
        try:
            return exchange_models.made_of(thing, _encoded, _token)
        except exchange_models.Unknown as error:
            return {"kind": "unknown", "type": f"{type(thing).__name__} ({error})"}
    if kind:
        return {"kind": kind, "type": type(thing).__name__}
    if isinstance(thing, type):
        return exchange.class_of(thing) | {"function": _token(thing)}
    if callable(thing):
        return {
            "kind": "function",
            "function": _token(thing),
            "name": getattr(thing, "__name__", None),
            "type": type(thing).__name__,
            "module": str(getattr(thing, "__module__", "")),
            "names": calls_names(thing),
        }
    return exchange.iterator_of(thing) if isinstance(thing, Iterator) else exchange.object_of(thing)


def calls_names(function: Callable) -> list[str] | None:
    import inspect

    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None


def _token(thing: Any) -> int:
    for number, kept in enumerate(_kept):
        if kept is thing:
            return number
    _kept.append(thing)
    return len(_kept) - 1


def _given(made: dict) -> Any:
    """What the other side passes in: one of its functions, or a model."""
    if made["kind"] == "callback":
        return _callback(made)
    if made["kind"] == "model":
        return exchange_models.model(made, lambda held: exchange.decode(held, _given), trusted=True)
    raise exchange.Strange(str(made["kind"]))


def _callback(made: dict) -> Callable:
    def function(*arguments: Any, **options: Any) -> Any:
        plain = [answers.settled(one, "the argument") if hasattr(one, "__array__") else one for one in arguments]
        said = _ask({"callback": made["callback"], "arguments": _encoded(plain), "options": _encoded(options)})
        if "value" in said:
            return exchange.decode(said["value"], _given)
        name, text = said["raised"]
        kind = {"NotRight": NotRight, "NotFilledIn": NotFilledIn}.get(name) or getattr(sys.modules["builtins"], name)
        raise kind(text)

    function.__name__ = function.__qualname__ = made["name"]
    return function
