"""What a stored trial must look like: a damaged or foreign file is told in a sentence, not three cells later."""

import json
import math
from pathlib import Path

from helpers.recipe import Recipe

AGAIN = "Put the stored file back: git checkout -- data/trained"
HISTORY = ("loss", "accuracy", "val_loss", "val_accuracy", "seconds")
# Field -> the type of its value. Everything else that a study wants to remember may stand beside these.
ALWAYS = {"seed": int, "dataset": str, "training_images": int, "machine": str, "versions": dict, "seconds": float}
OPTIONAL = {
    "label": str,
    "parameters": int,
    "precision": str,
    "test_accuracy": float,
    "validation_accuracy": float,
    "views_seconds": float,
    "weights_sha256": str,
}


def read(path: Path) -> dict:
    """One stored trial, its recipe as a ``Recipe``. Raises ValueError with file, field and value when it is none."""
    record = read_json(path)
    for name, kind in ALWAYS.items():
        if name not in record:
            raise ValueError(f"{path} is no record of a trial: it has no {name!r}. {AGAIN}")
        _check_kind(path, name, record[name], kind)
    for name in OPTIONAL.keys() & record:
        _check_kind(path, name, record[name], OPTIONAL[name])
        if name.endswith("accuracy") and not 0 <= record[name] <= 1:
            raise ValueError(f"{path}: {name} is {record[name]}, an accuracy lies between 0 and 1. {AGAIN}")
    if "recipe" in record:
        try:
            record["recipe"] = Recipe.from_dict(record["recipe"])
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


def _check_kind(path: Path, name: str, value: object, kind: type) -> None:
    fits = isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
    if not fits or (kind is float and not math.isfinite(value)):
        raise ValueError(f"{path}: {name} is {value!r}, a {kind.__name__} is expected. {AGAIN}")


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
