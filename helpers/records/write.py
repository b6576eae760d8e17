"""Records and weights are written whole or not at all."""

import json
import os
from pathlib import Path

import keras


def write_json(path: Path, content: dict) -> None:
    """Write to a file beside it, then rename: nobody ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


def save_weights(model: keras.Model, path: Path) -> None:
    """The weights alone, without the optimizer's state, which is up to twice as large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    clean = keras.models.clone_model(model)
    clean.set_weights(model.get_weights())
    clean.optimizer = None  # Keras 3.15 clones it too, older versions don't
    part = path.with_name(f"part-{path.name}")
    clean.save_weights(part)
    os.replace(part, path)
