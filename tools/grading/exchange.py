"""What goes between a student's kernel and the process that checks: plain data as JSON, and handles for the rest.

Both sides import this; it knows NumPy, and Keras where that is loaded. What comes from a kernel is read by ``decode``,
which makes numbers, text, containers and arrays of it, never calls anything by name, and raises Strange for all else.
"""

from __future__ import annotations

import base64
import contextlib
import inspect
import json
import keyword
import re
import reprlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

DEPTH = 12  # containers in containers
DTYPE = re.compile(r"[<>|=]?[?biufcSUmM]\d+(\[\w{1,3}\])?|bfloat16|float8_\w{4,12}")
NAME = 80  # characters
TEXT = 200
Encode = Callable[[Any], Any]


class Strange(Exception):
    """What came is none of what can come."""


def encode(thing: Any, other: Encode, depth: int = 0) -> Any:
    """A thing as what JSON can hold; ``other`` makes a handle of a function, a model or an object."""

    def inner(entry: Any) -> Any:
        return encode(entry, other, depth + 1)

    if thing is None or isinstance(thing, (bool, float)):
        return float(thing) if isinstance(thing, float) else thing
    if isinstance(thing, np.generic):
        return {"scalar": encode(np.asarray(thing), other, depth)}
    if isinstance(thing, int):
        return {"int": f"{thing:x}"} if abs(thing) >= 2**63 else int(thing)
    if isinstance(thing, str):
        return str.__str__(thing)
    if isinstance(thing, bytes):
        return {"bytes": _text(bytes(thing))}
    if thing is Ellipsis:
        return {"ellipsis": True}
    if depth < DEPTH:
        for kind in (list, tuple, set, frozenset):
            if isinstance(thing, kind):
                return {kind.__name__: [inner(entry) for entry in thing]}
        if isinstance(thing, dict):
            return {"dict": [[inner(key), inner(value)] for key, value in thing.items()]}
        if isinstance(thing, np.ndarray):
            return _array(thing, inner) or other(thing)
    return other(thing)


def decode(made: Any, other: Callable[[dict], Any], depth: int = 0) -> Any:
    """What ``encode`` has made; ``other`` reads handles. Raises Strange for all that it has not made."""
    if made is None or isinstance(made, (bool, int, float, str)):
        return made
    if not isinstance(made, dict) or depth > DEPTH + 2:
        raise Strange("no data")

    def inner(entry: Any) -> Any:
        return decode(entry, other, depth + 1)

    try:
        (kind, held), *more = made.items()
        if more:
            return other(made)
        match kind:
            case "int":
                return int(held, 16)
            case "bytes":
                return base64.b64decode(held)
            case "ellipsis":
                return Ellipsis
            case "list" | "tuple" | "set" | "frozenset":
                return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](map(inner, held))
            case "dict":
                return {inner(key): inner(value) for key, value in held}
            case "scalar":
                return inner(held)[()]
            case "array":
                kind, shape, data = held
                if not DTYPE.fullmatch(kind):
                    raise Strange("no data")
                return np.frombuffer(base64.b64decode(data), np.dtype(kind)).reshape(shape).copy()
            case "entries":
                shape, entries = held
                array = np.empty(len(entries), object)
                array[:] = list(map(inner, entries))
                return array.reshape(shape)
        return other(made)
    except Strange:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, MemoryError) as error:
        raise Strange(f"no data ({type(error).__name__})") from None


def text(made: Any) -> str:
    """As one line."""
    return json.dumps(made)


def read(line: Any) -> dict:
    """One line as data. Raises Strange for what is no dictionary in JSON."""
    try:
        made = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        raise Strange("no JSON") from None
    if not isinstance(made, dict):
        raise Strange("no dictionary")
    return made


def _text(held: bytes) -> str:
    return base64.b64encode(held).decode()


def _array(array: np.ndarray, inner: Encode) -> dict | None:
    array = np.asarray(array)
    shape = list(array.shape)
    if array.dtype.kind == "O":
        return {"entries": [shape, [inner(entry) for entry in array.ravel().tolist()]]}
    kind = array.dtype.str if array.dtype.kind in "biufcSUmM" else array.dtype.name
    if not DTYPE.fullmatch(kind):
        return None
    return {"array": [kind, shape, _text(np.ascontiguousarray(array).tobytes())]}


# --- what is no data, as far as a check looks at it


def object_of(thing: Any) -> dict:
    """The type's name of any object, and a few words that it says of itself."""
    try:
        said = reprlib.Repr().repr(thing)[:TEXT]
    except Exception:  # an object whose own repr fails
        said = None
    return {"kind": "object", "type": type(thing).__name__[:NAME], "said": said}


def iterator_of(thing: Iterator) -> dict:
    return {"kind": "iterator", "type": type(thing).__name__[:NAME]}


def class_of(thing: type) -> dict:
    return {"kind": "class", "type": thing.__name__[:NAME]}


def stranger(made: dict) -> Any:
    """An inert thing of the same name, for what is no data. Raises Strange for what is none of these."""
    kind, name = made.get("kind"), made.get("type")
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name) or len(name) > NAME:
        name = "Object"
    if kind == "iterator":
        return type(name, (Iterator,), {"__next__": _stop})()
    if kind == "class":
        return type(name, (), {})
    if kind == "object":
        said = made.get("said")
        return type(name, (), {"__repr__": lambda self: _said(said)})()
    if kind == "refused" and isinstance(made.get("sentence"), str):
        return Refused(made["sentence"])
    raise Strange("no thing")


def far(call: Callable, made: dict) -> Callable:
    """A function that calls one of the kernel's, with the name and the parameters that it has there."""

    def function(*arguments: Any, **options: Any) -> Any:
        return call(*arguments, **options)

    function.__name__ = str(made.get("name") or made.get("type"))[:NAME]
    with contextlib.suppress(ValueError, TypeError, KeyError):
        names = made.get("names")[:50]
        each = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        function.__signature__ = inspect.Signature(each)
    return function


def _stop(self: Any) -> None:
    raise StopIteration


def _said(said: Any) -> str:
    if not isinstance(said, str):
        raise ValueError("no text")
    return said[:TEXT]


class Refused(Sequence):
    """A value that could not be read in the kernel: whoever looks into it gets the sentence for it."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __len__(self) -> int:
        self[0]
        return 0

    def __getitem__(self, index: Any) -> None:
        from checks.grading import NotRight

        raise NotRight(self.sentence)


def keras_of(thing: Any) -> str:
    """ "model", "layer" or "tensor" for a thing of Keras; "" for any other."""
    keras = sys.modules.get("keras")
    if keras is None or not hasattr(keras, "Model"):
        return ""
    kinds = (("model", keras.Model), ("layer", keras.layers.Layer), ("tensor", keras.KerasTensor))
    return next((name for name, kind in kinds if isinstance(thing, kind)), "")
