"""Records as files: a damaged or foreign one is told in a sentence, a new one is written whole or not at all."""

import json
import math
import os
import reprlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.recipe import Recipe

AGAIN = "Put the stored file back: git checkout -- data/trained (without git: from a fresh copy of the project)."
HISTORY = ("loss", "accuracy", "val_loss", "val_accuracy", "seconds")
# Field -> the type of its value. Everything else that a study wants to remember may stand beside these.
ALWAYS = {
    "seed": int,
    "dataset": str,
    "training_images": int,
    "machine": str,
    "versions": dict[str, str],
    "seconds": float,
}
OPTIONAL = (
    dict.fromkeys(("label", "precision", "weights_sha256"), str)
    | dict.fromkeys(("parameters", "trainable", "labels", "atoms", "patches"), int)
    | dict.fromkeys(("test_accuracy", "validation_accuracy", "views_seconds", "rate", "threshold"), float)
    | dict.fromkeys(("test_by_views", "validation_by_views", "validation_by_images"), dict[str, float])
    | {"search": bool}
)


class _Entries(dict):
    """An object of a file: who asks for an entry that it lacks is told so, in a ValueError with the file's name."""

    def __init__(self, path: Path, entries: dict):
        super().__init__(entries)
        self.path = path

    def __missing__(self, name):
        raise ValueError(f"{self.path} is not whole: it has no {name!r}. {AGAIN}")


def read(path: Path) -> dict:
    """One stored trial, its recipe as a ``Recipe``. Raises ValueError with file, field and value when it is none."""
    record = read_json(path)
    for name, kind in (ALWAYS | OPTIONAL).items():
        if name in ALWAYS or name in record:
            check(path, name, record[name], kind)
    if "recipe" in record:
        try:
            record["recipe"] = Recipe(**record["recipe"])
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: its recipe is none. {error} {AGAIN}") from None
        check_history(path, record.get("history"))
    return record


def read_json(path: Path) -> dict:
    """The JSON object of a file. Raises ValueError that names the file when it is damaged or holds something else."""

    def entries(pairs: list) -> _Entries:
        if len(dict(pairs)) < len(pairs):
            raise ValueError(f"one of {reprlib.repr([name for name, _ in pairs])} stands there twice")
        return _Entries(path, dict(pairs))

    def number(text: str) -> int | float:
        value, whole = float(text), text.lstrip("-").isdigit()
        if not math.isfinite(value) or (whole and abs(value) >= 2**63):
            raise ValueError(f"{reprlib.repr(text)} is no number that a record can hold")
        return int(text) if whole else value

    hooks = {"parse_float": number, "parse_int": number, "parse_constant": number}
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=entries, **hooks)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}. {AGAIN}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: {error}. {AGAIN}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds a {type(content).__name__} where a record is expected. {AGAIN}")
    return content


def check(path: Path, name: str, value: object, kind: type) -> None:
    """ValueError with the file unless a value is of its type, for a dict or a list each of its values too."""
    plain = getattr(kind, "__origin__", kind)
    fits = isinstance(value, (int, float) if kind is float else plain) and isinstance(value, bool) == (kind is bool)
    if not fits or (plain is list and not value):
        raise ValueError(f"{path}: {name} is {reprlib.repr(value)}, a {plain.__name__} is expected. {AGAIN}")
    if plain in (dict, list):
        for key, each in value.items() if plain is dict else enumerate(value):
            check(path, f"{name}[{key!r}]", each, kind.__args__[-1])
    elif kind is float and ("accuracy" in name or "_by_" in name) and not 0 <= value <= 1:
        raise ValueError(f"{path}: {name} is {value}, an accuracy lies between 0 and 1. {AGAIN}")
    elif kind in (int, float) and value < 0:
        raise ValueError(f"{path}: {name} is {value}, 0 or more is expected. {AGAIN}")


def check_history(path: Path, history: object) -> None:
    """Lists of numbers, one an epoch; validation may be missing; empty where the first loss was no number."""
    if not isinstance(history, dict) or not set(HISTORY) <= set(history):
        raise ValueError(f"{path}: its history lacks one of {', '.join(HISTORY)}. {AGAIN}")
    epochs = len(history["loss"]) if isinstance(history["loss"], list) else -1
    for name in HISTORY:
        values, highest = history[name], 1 if name.endswith("accuracy") else math.inf
        whole = isinstance(values, list) and all(type(one) in (int, float) and 0 <= one <= highest for one in values)
        if not whole or len(values) != (len(history["val_loss"]) and epochs if name.startswith("val_") else epochs):
            raise ValueError(f"{path}: {name} of its history is not one number for each of {epochs} epochs. {AGAIN}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, in a folder that no other process has; renamed to ``path`` at the end, or gone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="part-", dir=path.parent) as folder:
        yield Path(folder) / path.name
        os.replace(Path(folder) / path.name, path)


def write_json(path: Path, content: dict) -> None:
    """Write a record whole or not at all: nobody ever sees half a file."""
    with replacing(path) as part:
        part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
