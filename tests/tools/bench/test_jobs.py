"""Slow ways against ours: both must give the same, on jobs so small that nothing is timed."""

import numpy as np
import pytest

from tools.bench import jobs
from tools.bench.jobs import Measure, measured


def values():
    return np.arange(5.0)


def test_slow_and_fast_ways_agree_on_every_job():
    measures = jobs.explain_part(side=16, patch=14, filters=2, steps=3, maps=3)
    records = [measured(measure, rounds=1) for measure in measures]
    assert sum(len(record["slow"]) for record in records) == 5
    assert all(slow["seconds"] > 0 for record in records for slow in record["slow"].values())


@pytest.mark.parametrize("other", [values() + 2e-5, values()[:4], values() * np.nan])
def test_a_way_that_gives_something_else_is_not_timed_against(other):
    with pytest.raises(AssertionError, match="job: 'slow' and ours disagree"):
        measured(Measure("job", values, {"slow": (lambda: other, 1)}), rounds=1)


def test_a_result_that_could_not_disagree_proves_nothing():
    with pytest.raises(AssertionError, match="hardly varies"):
        measured(Measure("job", lambda: np.ones(5), {"slow": (lambda: np.ones(5), 1)}), rounds=1)


def test_ways_take_turns_and_long_ones_are_not_repeated(clock):
    calls = []

    def way(name, seconds):
        def call():
            calls.append(name)
            clock[0] += seconds
            return values()

        return call

    slow = {"slow": (way("slow", 2.0), 3), "slowest": (way("slowest", 50.0), 30)}
    record = measured(Measure("job", way("ours", 0.5), slow), rounds=3)
    assert calls == ["ours", "slow", "slowest", "ours", "slow", "ours", "slow"]
    assert record == {
        "ours_seconds": 0.5,
        "slow": {
            "slow": {"seconds": 2.0, "ratio": 4.0, "aim": 3},
            "slowest": {"seconds": 50.0, "ratio": 100.0, "aim": 30},
        },
    }


def test_the_median_of_the_rounds_counts(clock):
    seconds = iter([4.0, 1.0, 2.0])

    def ours():
        clock[0] += 0.5
        return values()

    def slow():
        clock[0] += next(seconds)
        return values()

    assert measured(Measure("job", ours, {"slow": (slow, 1)}), rounds=3)["slow"]["slow"]["seconds"] == 2.0


def test_every_job_has_its_record_and_every_slow_way_its_line(capsys):
    slow = {"loop": (values, 3), "eager": (values, 4)}
    record = jobs.jobs([Measure("first", values, slow), Measure("second", values, {"loop": (values, 5)})], rounds=1)
    assert list(record["jobs"]) == ["first", "second"]
    assert {name: way["aim"] for name, way in record["jobs"]["first"]["slow"].items()} == {"loop": 3, "eager": 4}
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["first", "loop"], ["first", "eager"], ["second", "loop"]]
