"""A folder of stored trials of its own for each test."""

import json

import pytest
import small_training

from helpers import places

HISTORY = {
    "loss": [1.5, 1.2],
    "accuracy": [0.4, 0.6],
    "val_loss": [1.6, 1.3],
    "val_accuracy": [0.45, 0.55],
    "seconds": [2.0, 4.0],
}


@pytest.fixture
def record():
    """A function that makes a stored training, with other fields where they are given; None takes a field away."""

    def make(**changes):
        usual = {
            "recipe": small_training.TUTORIAL.as_dict(),
            "seed": 0,
            "dataset": "drawn",
            "training_images": 100,
            "parameters": 1234,
            "history": HISTORY,
            "seconds": 6.5,
            "test_accuracy": 0.5,
            "machine": "Abacus, 2 cores",
            "precision": "float32",
            "versions": {"keras": "3.15.1"},
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    return make


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty ``data/trained``, and a ``build`` beside it."""
    monkeypatch.setattr(places, "TRAINED", tmp_path / "trained")
    monkeypatch.setattr(places, "BUILD", tmp_path / "build")
    (tmp_path / "trained").mkdir()
    return tmp_path / "trained"


@pytest.fixture
def store(folder, record):
    """A function that writes a stored training into a folder of trials, by default its seed's file."""

    def write(where="trainings/small", name=None, **changes):
        content = record(**changes)
        path = folder / where / (name or f"seed-{content['seed']}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
        return path

    return write
