"""A real study, small, in processes of their own and through a real Dask scheduler: the same records as in this one."""

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys

import pytest
from made_up import RECIPE, once

from helpers import places
from helpers.training import loop
from tools import executor
from tools.studies import engine
from tools.studies.engine import Study, Trial, conduct


@pytest.fixture(scope="module")
def conducted(tmp_path_factory):
    """A function that conducts the study with an executor and gives its records."""

    def conducted(one):
        folder = tmp_path_factory.mktemp("studies")
        with one:
            records = conduct(["two_seeds"], one, "shapes10", folder, dry=True)["two_seeds"]
        assert len(list((folder / "two_seeds").iterdir())) == len(records) == 2
        return records

    study = Study("two_seeds", lambda: once([Trial(RECIPE, seed, final=True) for seed in (1, 2)]), False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(engine.STUDIES, "two_seeds", study)
        patch.setattr(loop, "BACKUPS", tmp_path_factory.mktemp("backups"))
        yield conducted


@pytest.fixture(scope="module")
def here(conducted):
    """The records that this process gives."""
    return conducted(executor.connect(None, 0))


@pytest.fixture
def scheduler(tmp_path):
    """The address of a Dask scheduler with one worker, which is started in the project's folder."""
    if not importlib.util.find_spec("distributed"):
        pytest.skip("distributed comes with the instructor's packages")
    if os.name == "nt":
        pytest.skip("Windows has no SIGKILL")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address, host = f"tcp://127.0.0.1:{port}", ["--host", "127.0.0.1", "--no-dashboard"]
    worker = [address, *host, "--nworkers", "1", "--nthreads", "1", "--local-directory", str(tmp_path)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            cwd=places.ROOT,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for arguments in (["scheduler", *host, "--port", port], ["worker", *worker])
    ]
    yield address
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def same(here, there):
    """Compare records but for seconds and machine, and leave both as they are."""
    for one, other in zip(here, there, strict=True):
        assert one.keys() == other.keys()
        for name in one.keys() - {"seconds", "machine", "history"}:
            assert one[name] == other[name], name
        for name, values in one["history"].items():
            if name != "seconds":
                # Sums in another order round to another last digit.
                assert other["history"][name] == pytest.approx(values, abs=1e-3), name
        assert other["seconds"] > 0


def test_two_processes_give_the_records_of_this_one(conducted, here):
    same(here, conducted(executor.connect(None, 2)))
    assert [record["training_images"] for record in here] == [500, 500]
    # Rounded to four digits, the losses of two seeds can be equal; what both see and predict is not.
    one, other = ([record["test_accuracy"], record["history"] | {"seconds": []}] for record in here)
    assert one != other


@pytest.mark.long
def test_a_dask_worker_gives_the_records_of_this_process(conducted, here, scheduler):
    same(here, conducted(executor.connect(scheduler)))
