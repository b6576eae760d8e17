"""The benchmark: what is slow and what is fast must give the same, on jobs so small that nothing is timed."""

import json

import numpy as np
import pytest

from helpers import training
from tools import bench
from tools.bench import Measure


def values():
    return np.arange(5.0)


def test_slow_and_fast_ways_agree_on_every_job():
    measures = bench.explain_part(side=16, patch=14, filters=2, steps=3, maps=3)
    records = [bench.measured(measure, rounds=1) for measure in measures]
    assert sum(len(record["slow"]) for record in records) == 5
    assert all(slow["seconds"] > 0 for record in records for slow in record["slow"].values())


@pytest.mark.parametrize("other", [values() + 2e-5, values()[:4], values() * np.nan])
def test_a_way_that_gives_something_else_is_not_timed_against(other):
    with pytest.raises(AssertionError, match="job: 'slow' and ours disagree"):
        bench.measured(Measure("job", values, {"slow": (lambda: other, 1)}), rounds=1)


def test_a_result_that_could_not_disagree_proves_nothing():
    with pytest.raises(AssertionError, match="hardly varies"):
        bench.measured(Measure("job", lambda: np.ones(5), {"slow": (lambda: np.ones(5), 1)}), rounds=1)


def test_ways_take_turns_and_long_ones_are_not_repeated(monkeypatch):
    calls, clock = [], [0.0]

    def way(name, seconds):
        def call():
            calls.append(name)
            clock[0] += seconds
            return values()

        return call

    monkeypatch.setattr(bench.time, "perf_counter", lambda: clock[0])
    slow = {"slow": (way("slow", 2.0), 3), "slowest": (way("slowest", 50.0), 30)}
    record = bench.measured(Measure("job", way("ours", 0.5), slow), rounds=3)
    assert calls == ["ours", "slow", "slowest", "ours", "slow", "ours", "slow"]
    assert record == {
        "ours_seconds": 0.5,
        "slow": {
            "slow": {"seconds": 2.0, "ratio": 4.0, "aim": 3},
            "slowest": {"seconds": 50.0, "ratio": 100.0, "aim": 30},
        },
    }


def test_parts_are_stored_beside_each_other(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(bench.PARTS, "tiny", lambda: bench.jobs([Measure("job", values, {"slow": (values, 1)})]))
    file = tmp_path / "benchmarks.json"
    training.store_entry(file, "other", {"jobs": {}})
    training.store_entry(file, "tiny", bench.run("tiny"))
    stored = json.loads(file.read_text())
    assert list(stored) == ["other", "tiny"]
    assert stored["tiny"]["command"] == "python -m tools.bench tiny"
    assert {"machine", "versions", "jobs"} <= stored["tiny"].keys()
    assert "slow" in capsys.readouterr().out
