"""The executor on this machine: whatever happens to one job, the others go on and what was finished is kept."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from concurrent.futures import Future
from pathlib import Path

import psutil
import pytest

from tools import executor
from tools.executor import Executor, Inline, Job, Outcome, Processes, engine, identity

TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def children_find_the_jobs(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(TESTS))


def job(key, name, group="", seconds=None, memory=None, **payload):
    return Job(key, f"executor_jobs:{name}", payload, group, seconds, memory)


def gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def patiently(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_records_and_files_come_back_and_a_failure_is_a_sentence(workers):
    jobs = [job("three", "square", number=3), job("bad", "fail"), job("no", "say_no"), job("four", "square", number=4)]
    outcomes = {outcome.job.key: outcome for outcome in executor.connect(None, workers).run(jobs)}
    assert outcomes["three"].record["square"] == 9
    assert outcomes["three"].files == {"number.txt": b"3"}
    assert outcomes["four"].record["square"] == 16
    assert outcomes["bad"].problem == "bad: ValueError: the loss was no number"
    assert outcomes["bad"].record is None
    assert outcomes["no"].problem == "no: There is no such recipe."
    if workers:
        assert outcomes["bad"].log.startswith("about to fail")
        assert "Traceback" in outcomes["bad"].log


def test_one_process_keeps_the_order():
    outcomes = Processes(1).run([job(str(number), "square", number=number) for number in range(3)])
    assert [outcome.job.key for outcome in outcomes] == ["0", "1", "2"]


def test_an_outcome_may_decide_on_the_next_jobs():
    waiting, squares = deque([job("2", "square", number=2)]), []
    for outcome in Inline().run(waiting):
        squares.append(outcome.record["square"])
        if len(squares) < 3:
            waiting.append(job(str(squares[-1]), "square", number=squares[-1]))
    assert squares == [4, 16, 256]


def test_an_unknown_function_and_a_record_that_json_cannot_hold_are_sentences():
    jobs = [Job("a", "executor_jobs:nowhere"), Job("b", "executor_jobs:Path", {})]
    assert ["AttributeError" in o.problem or "TypeError" in o.problem for o in Inline().run(jobs)] == [True, True]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_process_is_tried_once_more(tmp_path, capsys):
    jobs = [
        job("unlucky", "die", deaths=str(tmp_path / "one"), times=1),
        job("greedy", "die", deaths=str(tmp_path / "two"), times=9),
        job("next", "square", number=1),
    ]
    outcomes = {outcome.job.key: outcome for outcome in Processes(1).run(jobs)}
    assert outcomes["unlucky"].record == {"deaths": 1}
    assert outcomes["greedy"].problem == (
        "greedy: the system killed its process (SIGKILL), perhaps because memory ran out."
    )
    assert (tmp_path / "two").read_text() == "xx"
    assert outcomes["next"].record["square"] == 1
    said = capsys.readouterr().out
    assert (
        "unlucky: the system killed its process (SIGKILL), perhaps because memory ran out. It is tried again." in said
    )


def test_too_long_ends_the_process_and_its_children(tmp_path):
    begun = tmp_path / "begun"
    slow = job("slow", "wait", seconds=2, begun=str(begun), pause=60)
    (outcome,) = Processes(1).run([slow])
    assert outcome.problem == "slow took more than 2 s and was ended."
    patiently(lambda: all(gone(pid) for pid in json.loads(begun.read_text())[:2]))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to this limit")
def test_too_much_memory_is_a_sentence():
    outcomes = list(
        Processes(1).run(
            [job("small", "eat", bytes=10**6, memory=10**9), job("big", "eat", bytes=2 * 10**9, memory=10**9)]
        )
    )
    assert outcomes[0].record == {"bytes": 10**6}
    assert outcomes[1].problem == "big: MemoryError: "


def test_nothing_runs_beside_a_timed_job():
    jobs = [job(f"timed {n}", "times", group="speed") for n in range(2)] + [
        job(f"other {n}", "times") for n in range(2)
    ]
    records = {outcome.job.key: outcome.record for outcome in Processes(2).run(jobs)}
    for key, record in records.items():
        if key.startswith("timed"):
            for other in set(records) - {key}:
                assert records[other]["ended"] <= record["began"] or records[other]["began"] >= record["ended"], other


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is another thing on Windows")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_end_of_the_command_ends_the_jobs_and_keeps_what_was_finished(tmp_path, number):
    begun, outcomes = tmp_path / "begun", tmp_path / "outcomes"
    jobs = [job("one", "square", number=1), job("two", "wait", begun=str(begun), pause=60)]
    (tmp_path / "jobs.json").write_text(json.dumps([vars(each) for each in jobs]))
    command = [sys.executable, TESTS / "executor_jobs.py", "", "1", "", tmp_path / "jobs.json", outcomes]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}"})
    patiently(begun.exists)
    process.send_signal(number)
    assert process.wait(10) != 0
    assert [json.loads(line)["key"] for line in outcomes.read_text().splitlines()] == ["one"]
    patiently(lambda: all(gone(pid) for pid in json.loads(begun.read_text())[:2]))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no groups of processes")
def test_nothing_that_a_job_started_outlives_it(tmp_path):
    (outcome,) = Processes(1).run([job("short", "wait", begun=str(tmp_path / "begun"), pause=0)])
    assert outcome.record == {"waited": True}
    # The system needs a moment to end what was killed.
    patiently(lambda: gone(json.loads((tmp_path / "begun").read_text())[1]))


def test_leaving_the_loop_ends_what_still_runs(tmp_path):
    begun = tmp_path / "begun"
    with Processes(2) as processes:
        for _ in processes.run([job("wait", "wait", begun=str(begun), pause=60), job("one", "square", number=1)]):
            patiently(begun.exists)
            break
    patiently(lambda: all(gone(pid) for pid in json.loads(begun.read_text())[:2]))


class Machines(Executor):
    """Two machines with two workers each, whose jobs end at once; one machine may be gone."""

    def __init__(self):
        super().__init__()
        self.workers = ["a 1", "a 2", "b 1", "b 2"]

    def machine(self, worker):
        return worker[0]

    def _workers(self, dataset, say):
        return self.workers

    def _start(self, job, worker):
        future = Future()
        future.set_result(Outcome(job, record={}))
        return future


def test_timed_jobs_stay_on_one_machine_until_it_has_gone_for_long(monkeypatch, capsys):
    machines = Machines()
    timed = [job(str(n), "times", group="speed") for n in range(4)]
    assert {outcome.where for outcome in machines.run(timed)} == {"a"}
    assert {outcome.where for outcome in machines.run([job(str(n), "times") for n in range(4)])} == {"a", "b"}
    monkeypatch.setattr(engine, "HOME_SECONDS", 0.2)
    machines.workers = ["b 1", "b 2"]
    assert {outcome.where for outcome in machines.run(timed)} == {"b"}
    assert "a has gone: the timed jobs 'speed' go on at b" in capsys.readouterr().out


def test_jobs_per_hour_counts_only_what_succeeds():
    assert executor.jobs_per_hour(Inline(), [job("one", "square", number=1)]) > 100
    with pytest.raises(SystemExit, match="the loss was no number"):
        executor.jobs_per_hour(Inline(), [job("bad", "fail")])


def test_a_worker_with_another_version_is_refused_in_a_sentence():
    here = identity.describe({"dataset": ""}, Path())
    assert "tools/executor/identity.py" in here["files"]
    assert identity.refusal(here, here) == ""
    there = here | {"versions": here["versions"] | {"keras": "2.15.0"}}
    assert identity.refusal(here, there).startswith("it has keras 2.15.0, here is 3.")
    there = here | {"files": {name: value for name, value in here["files"].items() if name != "helpers/places.py"}}
    assert "1 file(s)" in identity.refusal(here, there)
    assert "helpers/places.py" in identity.refusal(there, here)
