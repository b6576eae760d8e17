"""Fixtures of the benchmark's tests: nothing here takes long enough to be timed."""

import time

import pytest


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until ``clock[0]`` is moved; TensorFlow and others may look at it, too."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return now
