"""The parts of the benchmark: each has a record of its own, which says how to measure it again."""

import argparse
import json

import numpy as np
import pytest

from helpers import places, records
from tools.bench import parts
from tools.bench.jobs import Measure, jobs
from tools.provenance import machine


def values():
    return np.arange(5.0)


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """One tiny part and one that must not run, and a folder for their records."""
    measure = Measure("job", values, {"slow": (values, 1)})
    monkeypatch.setattr(parts, "PARTS", {"tiny": lambda: jobs([measure]), "other": lambda: {"jobs": {}}})
    monkeypatch.setattr(places, "TRAINED", tmp_path)
    return tmp_path / "benchmarks"


def test_each_part_is_stored_in_a_file_of_its_own(tiny, capsys):
    assert parts.main(argparse.Namespace(parts=["tiny"])) == 0
    assert [path.name for path in tiny.iterdir()] == ["tiny.json"]
    stored = records.benchmark("tiny")
    assert stored["command"] == "python -m tools bench tiny"
    assert list(stored["jobs"]) == ["job"]
    assert stored["machine"] == machine()
    assert set(stored["versions"]) == {"tensorflow", "keras", "numpy", "matplotlib"}
    said = capsys.readouterr().out
    assert "slow" in said
    assert f"stored in {tiny / 'tiny.json'}" in said


def test_without_a_name_all_parts_are_measured(tiny):
    parts.main(argparse.Namespace(parts=[]))
    assert sorted(path.name for path in tiny.iterdir()) == ["other.json", "tiny.json"]
    assert json.loads((tiny / "other.json").read_text())["jobs"] == {}


def test_an_unknown_part_is_refused_before_anything_is_measured(tiny):
    with pytest.raises(SystemExit, match=r"no part 'tinny'\. The names are: tiny, other\."):
        parts.main(argparse.Namespace(parts=["tiny", "tinny"]))
    assert not tiny.exists()


def test_what_the_project_stores_was_measured_by_its_parts():
    stored = {path.stem for path in (places.TRAINED / "benchmarks").iterdir()}
    assert stored
    assert stored <= {*parts.PARTS, "training_second_machine", "peer_zen4"}
    for part in stored:
        assert records.benchmark(part)["machine"]
