"""Trials an hour with one process, with two and with four: turns, and the ratios of the medians."""

import json

import pytest

from tools import executor
from tools.bench import trials
from tools.executor import Executor, Outcome


class Fake(Executor):
    """An executor whose jobs take as long as the clock is moved by; it keeps what it was given."""

    def __init__(self, workers, clock, seconds, given):
        super().__init__()
        self.workers, self.clock, self.seconds, self.given = workers, clock, seconds, given

    def run(self, jobs, label="", dataset=""):
        for job in jobs:
            self.given.append((self.workers, job))
            self.clock[0] += next(self.seconds)
            yield Outcome(job, record={})

    def close(self):
        self.given.append((self.workers, "closed"))


def test_one_two_and_four_processes_take_turns(clock, monkeypatch, capsys):
    # Two trials each: one process in 40 and in 60 seconds, two in 30 and in 20, four in 20 and in 30.
    given, seconds = [], iter([20, 20, 15, 15, 10, 10, 30, 30, 10, 10, 15, 15])
    monkeypatch.setattr(executor, "connect", lambda address, workers: Fake(workers, clock, seconds, given))
    record = trials.executor_part(rounds=2, trials=2)
    assert record["trials_an_hour"] == {"1": [180.0, 120.0], "2": [240.0, 360.0], "4": [360.0, 240.0]}
    assert record["ratios"] == {"2": 2.0, "4": 2.0}
    assert [workers for workers, _ in given] == [1, 1, 1, 2, 2, 2, 4, 4, 4] * 2
    assert [what for _, what in given[2::3]] == ["closed"] * 6
    jobs = [job for _, job in given if job != "closed"]
    assert len({job.key for job in jobs}) == 12
    assert [job.payload["seed"] for job in jobs] == [0, 1] * 6
    for job in jobs:
        assert job.function == "tools.studies.trained:train"
        assert (job.payload["recipe"]["model"], job.payload["recipe"]["epochs"]) == ("plain_cnn", 1)
        assert (job.payload["dataset"], job.payload["dry"], job.group) == ("shapes10", False, "")
    assert "2 at a time give 2.00 times as many as one" in capsys.readouterr().out
    json.dumps(record)


def test_a_trial_that_fails_ends_with_its_sentence(monkeypatch):
    class Failing(Fake):
        def run(self, jobs, label="", dataset=""):
            yield Outcome(next(iter(jobs)), problem="no memory")

    monkeypatch.setattr(executor, "connect", lambda address, workers: Failing(workers, [0.0], iter([]), []))
    with pytest.raises(SystemExit, match=r"^no memory$"):
        trials.executor_part(rounds=1, trials=1)
