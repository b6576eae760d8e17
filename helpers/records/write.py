"""How records come about: written whole or not at all, with the machine and the versions they come from."""

import importlib.metadata
import json
import os
import platform
from pathlib import Path

import h5py
import keras
import numpy as np


def write_json(path: Path, content: dict) -> None:
    """Write to a file beside it, then rename: nobody ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


def save_weights(model: keras.Model, path: Path, half: bool = False) -> None:
    """The weights alone, without the optimizer's state, which is up to twice as large; with ``half`` in float16."""
    path.parent.mkdir(parents=True, exist_ok=True)
    clean = keras.models.clone_model(model)
    clean.set_weights(model.get_weights())
    clean.optimizer = None  # Keras 3.15 clones it too, older versions don't
    part = path.with_name(f"part-{path.name}")
    clean.save_weights(part)
    if half:
        _halve(part)
    os.replace(part, path)


def _halve(path: Path) -> None:
    """Rewrite a file of weights with float16 in place of float32; reading gives float32 again."""
    whole = path.with_name(f"whole-{path.name}")
    os.replace(path, whole)
    with h5py.File(whole) as source, h5py.File(path, "w") as target:

        def copy(name: str, entry: h5py.Group | h5py.Dataset) -> None:
            if isinstance(entry, h5py.Group):
                made = target.require_group(name)
            else:
                values = entry[()]
                made = target.create_dataset(name, data=values.astype(np.float16) if values.dtype == "f4" else values)
            made.attrs.update(entry.attrs)

        source.visititems(copy)
        target.attrs.update(source.attrs)
    whole.unlink()


def provenance(*packages: str) -> dict:
    """What a record says of where its numbers come from."""
    return {"machine": machine(), "versions": {package: importlib.metadata.version(package) for package in packages}}


def machine() -> str:
    """Processor and number of cores, as far as Python can tell."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores"
