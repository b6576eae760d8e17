"""Records as files: a damaged or foreign one is told in a sentence, a new one is written whole or not at all."""

import json
import math
import os
from pathlib import Path

from helpers.recipe import Recipe

AGAIN = "Put the stored file back: git checkout -- data/trained"
HISTORY = ("loss", "accuracy", "val_loss", "val_accuracy", "seconds")
# Field -> the type of its value. Everything else that a study wants to remember may stand beside these.
ALWAYS = {"seed": int, "dataset": str, "training_images": int, "machine": str, "versions": dict, "seconds": float}
NUMBERS = dict.fromkeys(("test_accuracy", "validation_accuracy", "views_seconds"), float)
OPTIONAL = {"label": str, "parameters": int, "precision": str, "weights_sha256": str, **NUMBERS}


def read(path: Path) -> dict:
    """One stored trial, its recipe as a ``Recipe``. Raises ValueError with file, field and value when it is none."""
    record = read_json(path)
    missing = [name for name in ALWAYS if name not in record]
    if missing:
        raise ValueError(f"{path} is no record of a trial: it has no {missing[0]!r}. {AGAIN}")
    for name, kind in (ALWAYS | OPTIONAL).items():
        value = record.get(name, kind())
        fits = isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
        if not fits or (kind is float and not math.isfinite(value)):
            raise ValueError(f"{path}: {name} is {value!r}, a {kind.__name__} is expected. {AGAIN}")
        if name.endswith("accuracy") and not 0 <= value <= 1:
            raise ValueError(f"{path}: {name} is {value}, an accuracy lies between 0 and 1. {AGAIN}")
    if "recipe" in record:
        try:
            record["recipe"] = Recipe(**record["recipe"])
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: its recipe is none. {error} {AGAIN}") from None
        _check_history(path, record.get("history"))
    return record


def read_json(path: Path) -> dict:
    """The JSON object of a file. Raises ValueError that names the file when it is damaged or holds something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}. {AGAIN}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds a {type(content).__name__} where a record is expected. {AGAIN}")
    return content


def write_json(path: Path, content: dict) -> None:
    """Write to a file beside it, then rename: nobody ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


def _check_history(path: Path, history: object) -> None:
    """Lists of numbers, one an epoch; validation may be missing; empty where the first loss was no number."""
    if not isinstance(history, dict) or not set(HISTORY) <= set(history):
        raise ValueError(f"{path}: its history lacks one of {', '.join(HISTORY)}. {AGAIN}")
    epochs = len(history["loss"]) if isinstance(history["loss"], list) else -1
    for name in HISTORY:
        values = history[name]
        whole = isinstance(values, list) and all(type(one) in (int, float) and math.isfinite(one) for one in values)
        if not whole or len(values) not in {epochs, 0 if name.startswith("val_") else epochs}:
            raise ValueError(f"{path}: {name} of its history is not one number for each of {epochs} epochs. {AGAIN}")
