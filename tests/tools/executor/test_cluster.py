"""The executor on many machines: a real scheduler and workers on loopback addresses, each in a folder of its own."""

import contextlib
import hashlib
import itertools
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

distributed = pytest.importorskip("distributed", reason="distributed comes with the instructor's packages")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")

ROOT = Path(__file__).resolve().parents[3]
# macOS has one loopback address, other systems have all of 127.
HOSTS = ["127.0.0.1"] * 3 if sys.platform == "darwin" else ["127.0.0.1", "127.0.0.2", "127.0.0.3"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project that these tests need, with a CIFAR-10 of six tiny files."""
    folder = tmp_path_factory.mktemp("copy") / "home"
    ignored = shutil.ignore_patterns("__pycache__", "locks")
    for part in ("helpers", "checks", "tools"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copy(ROOT / "tests" / "executor_jobs.py", folder)
    manifest = json.loads((ROOT / "data" / "manifest.json").read_text())
    images = folder / "data" / manifest["cifar10"]["folder"]
    images.mkdir(parents=True)
    for part in ("training", "test"):
        for name, published in manifest["cifar10"][part].items():
            (images / name).write_text(name)
            published |= {"bytes": len(name), "sha256": hashlib.sha256(name.encode()).hexdigest()}
    (folder / "data" / "manifest.json").write_text(json.dumps(manifest))
    return folder


class Farm:
    """A scheduler, its workers and the commands that use them; ``end`` ends them all."""

    def __init__(self, project, folder):
        self.project, self.folder, self.processes, self.workers = project, folder, [], {}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.environment = {name: value for name, value in os.environ.items() if name != "CIFAR10_PATH"}
        self.environment |= {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "9"}

    def start(self, *arguments, cwd=None, **more):
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=cwd or self.folder, env=self.environment, start_new_session=True, **more
        )
        self.processes.append(process)
        return process

    def schedule(self):
        # Started outside of the project: the scheduler needs nothing of it.
        port = self.address.rpartition(":")[2]
        host = ["--host", "127.0.0.1", "--port", port, "--no-dashboard"]
        self.scheduler = self.start("-m", "dask", "scheduler", *host, stderr=subprocess.DEVNULL)

    def work(self, name, host=HOSTS[0]):
        """Start a worker in a copy of the project of its own; returns that folder."""
        folder = self.folder / name
        if not folder.exists():
            shutil.copytree(self.project, folder)
        options = ["--nworkers", "1", "--nthreads", "1", "--host", host, "--no-dashboard"]
        self.workers[name] = self.start(
            "-m", "dask", "worker", self.address, *options, cwd=folder, stderr=subprocess.DEVNULL
        )
        return folder

    def wait_for_workers(self):
        with distributed.Client(self.address, timeout=30, set_as_default=False) as client:
            patiently(lambda: len(client.nthreads()) == len(self.workers))

    def command(self, jobs, dataset="", scheduler=None):
        """The command with these jobs, started in the first copy of the project."""
        plain = [{"key": key, "function": f"executor_jobs:{name}", **more} for key, (name, more) in jobs.items()]
        (self.folder / "jobs.json").write_text(json.dumps(plain))
        scheduler = self.address if scheduler is None else scheduler
        outputs = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        arguments = ["executor_jobs.py", scheduler, "1", dataset, self.folder / "jobs.json", self.folder / "outcomes"]
        return self.start(*arguments, cwd=self.project, **outputs)

    def outcomes(self):
        lines = (self.folder / "outcomes").read_text().splitlines()
        return {facts["key"]: facts for facts in map(json.loads, lines)}

    def end(self):
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def farm(project, tmp_path):
    farm = Farm(project, tmp_path)
    farm.schedule()
    yield farm
    farm.end()


def patiently(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def squares(count):
    return {f"square {n}": ("square", {"payload": {"number": n}}) for n in range(count)}


def test_three_workers_give_the_records_of_one_machine(farm):
    for name, host in zip(("one", "two", "three"), HOSTS):
        farm.work(name, host)
    jobs = squares(4) | {"bad": ("fail", {})}
    jobs |= {f"timed {n}": ("times", {"group": "speed", "payload": {}}) for n in range(3)}
    assert farm.command(jobs, "cifar10").wait(40) == 0
    many = farm.outcomes()
    assert many["bad"]["problem"] == "bad: ValueError: the loss was no number"
    timed = [many.pop(f"timed {n}") for n in range(3)]
    assert len({facts["where"] for facts in timed}) == 1
    spans = sorted((facts["record"]["began"], facts["record"]["ended"]) for facts in timed)
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans))
    assert {facts.pop("where") for facts in many.values()} <= set(HOSTS)
    assert farm.command(squares(4) | {"bad": ("fail", {})}, "cifar10", scheduler="").wait(30) == 0
    here = farm.outcomes()
    assert {facts.pop("where") for facts in here.values()} == {"this machine"}
    assert many == here


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_trial_of_a_worker_that_ends_runs_elsewhere(farm, number):
    farm.work("one", HOSTS[0])
    farm.work("two", HOSTS[1])
    begun = farm.folder / "begun"
    command = farm.command(squares(1) | {"long": ("wait_first", {"payload": {"begun": str(begun)}})} | squares(3))
    patiently(begun.exists)
    job, grandchild, worker = json.loads(begun.read_text())
    os.kill(worker, number)
    output, _ = command.communicate(timeout=40)
    assert command.returncode == 0, output
    assert farm.outcomes()["long"]["record"] == {"waited": True}
    assert "It is tried again." in output
    patiently(lambda: gone(job) and gone(grandchild))


def test_workers_with_other_code_or_without_data_are_refused(farm):
    shutil.copytree(farm.project, farm.folder / "other")
    with open(farm.folder / "other" / "helpers" / "places.py", "a") as file:
        file.write("\n# a change of its own\n")
    shutil.copytree(farm.project, farm.folder / "empty")
    shutil.rmtree(farm.folder / "empty" / "data" / "cifar-10-batches-bin")
    shutil.copytree(farm.project, farm.folder / "damaged")
    (farm.folder / "damaged" / "data" / "cifar-10-batches-bin" / "test_batch.bin").write_text("test_batch.bit")
    # Another project, or one from before there was an executor.
    (farm.folder / "foreign" / "tools").mkdir(parents=True)
    (farm.folder / "foreign" / "tools" / "__init__.py").touch()
    for name in ("other", "empty", "damaged", "foreign"):
        farm.work(name)
    command = farm.command(squares(1), "cifar10")
    output, _ = command.communicate(timeout=40)
    assert command.returncode == 1
    assert not farm.outcomes()
    assert "are refused (4); the lines above say why" in output
    # One that is fit does all the work.
    farm.work("fit", HOSTS[1])
    farm.wait_for_workers()  # all others are refused: on a busy machine the command would not wait for it
    command = farm.command(squares(4), "cifar10")
    output, _ = command.communicate(timeout=40)
    assert command.returncode == 0, output
    assert len(farm.outcomes()) == 4
    assert {facts["where"] for facts in farm.outcomes().values()} == {HOSTS[1]}
    assert "1 file(s) of its project are not the same as here, the first is helpers/places.py" in output
    assert "it has no CIFAR-10: copy cifar-10-batches-bin into" in output
    assert "test_batch.bin is damaged: its bytes are not the published ones" in output
    assert "it cannot check itself (ModuleNotFoundError: No module named 'tools.executor')" in output


def test_without_the_scheduler_what_was_finished_is_kept(farm):
    farm.work("one")
    begun = farm.folder / "begun"
    command = farm.command(squares(2) | {"long": ("wait", {"payload": {"begun": str(begun), "pause": 60}})})
    patiently(begun.exists)
    patiently(lambda: len(farm.outcomes()) == 2)
    os.kill(farm.scheduler.pid, signal.SIGKILL)
    output, _ = command.communicate(timeout=40)
    assert command.returncode == 1
    assert f"The scheduler {farm.address} has gone. What was finished is kept" in output
    assert "Traceback" not in output
    assert farm.outcomes().keys() == {"square 0", "square 1"}
    # The worker ends too, and so does the trial that nobody waits for.
    patiently(lambda: all(gone(pid) for pid in json.loads(begun.read_text())[:2]))


def test_a_worker_that_joins_later_is_used_and_ctrl_c_ends_its_job(farm):
    begun = farm.folder / "begun"
    command = farm.command(squares(1) | {"long": ("wait", {"payload": {"begun": str(begun), "pause": 60}})})
    time.sleep(2)
    farm.work("late")
    patiently(begun.exists)
    command.send_signal(signal.SIGINT)
    output, _ = command.communicate(timeout=20)
    assert command.returncode != 0
    assert f"No worker has joined {farm.address}: waiting." in output
    assert farm.outcomes().keys() == {"square 0"}
    job, grandchild, worker = json.loads(begun.read_text())
    patiently(lambda: gone(job) and gone(grandchild))
    assert not gone(worker)


def test_nobody_at_the_address_is_a_sentence(monkeypatch):
    from tools import executor
    from tools.executor import cluster

    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(SystemExit, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        executor.connect("tcp://127.0.0.1:9")


def test_no_logger_below_dask_speaks_beside_our_sentences(monkeypatch):
    from tools import executor
    from tools.executor import cluster

    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    for name in cluster.LOGGERS:
        monkeypatch.setattr(logging.getLogger(name), "level", logging.INFO)
    with pytest.raises(SystemExit):
        executor.connect("tcp://127.0.0.1:9")
    below = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in ("distributed", "tornado")]
    assert "distributed.client" in below
    assert [name for name in below if logging.getLogger(name).isEnabledFor(logging.ERROR)] == []
