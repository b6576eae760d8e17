"""Fixtures of the tests of studies."""

import pytest
import tensorflow as tf

from helpers import data, places
from helpers.training import loop


@pytest.fixture
def eagerly():
    """Tracing takes most of the time of so small a training."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def build(monkeypatch, tmp_path):
    """A folder of its own for whatever a run writes."""
    monkeypatch.setattr(places, "BUILD", tmp_path / "build")
    monkeypatch.setattr(loop, "BACKUPS", tmp_path / "build" / "training")
    return tmp_path / "build"


@pytest.fixture
def loaded(monkeypatch):
    """A function that puts a dataset in place of whatever is loaded; it returns the list of calls."""

    def put(dataset):
        calls = []

        def load(name, validation=True):
            calls.append((name, validation))
            return dataset

        monkeypatch.setattr(data, "load", load)
        return calls

    return put
