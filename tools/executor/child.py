"""One job in a process of its own: ``perform`` starts it and watches over it; __main__.py is what runs inside.

A fresh process has no state of another training, reads the code as it lies on the disk, may be limited and may be
killed; TensorFlow cannot be forked.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import psutil

from helpers.places import ROOT
from tools.executor.jobs import KILLED_TRIES, LOST_TRIES, Job, Outcome

POLL_SECONDS = 0.1
KILL_SECONDS = 5  # that a killed process may take to be gone
LOG_CHARACTERS = 4_000
WINDOWS = os.name == "nt"


def perform(job: Job, unwanted: Callable[[], bool] = lambda: False, without: tuple[str, ...] = ()) -> Outcome:
    """Run a job in a new process; whatever goes wrong comes back as a sentence.

    The process, and all that it started, is ended when the job's time is over or ``unwanted()`` says that nobody waits
    for it any more. ``without`` names variables that it does not inherit.
    """
    folder = Path(tempfile.mkdtemp(prefix="job-"))
    try:
        (folder / "files").mkdir()
        (folder / "job.json").write_text(json.dumps(dataclasses.asdict(job)), encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if name not in without}
        environment["PYTHONUNBUFFERED"] = "1"  # what it printed last is there even if it is killed
        with open(folder / "log.txt", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tools.executor", str(folder)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,  # never written to: when this process dies, the child notices by it
                stdout=log,
                stderr=log,
                start_new_session=not WINDOWS,
            )
            try:
                outcome = _wait(process, job, unwanted)
            finally:
                _end(process)
        outcome = outcome or _outcome(job, folder, process.returncode)
        outcome.log = (folder / "log.txt").read_text(encoding="utf-8", errors="replace")[-LOG_CHARACTERS:]
        return outcome
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen, job: Job, unwanted: Callable[[], bool]) -> Outcome | None:
    """Wait for the process to end; returns an outcome when it must be ended before."""
    began = time.monotonic()
    while process.poll() is None:
        if unwanted():
            return Outcome(job, problem=f"{job.key} was ended: nobody waits for it here.", tries=LOST_TRIES)
        if job.seconds and time.monotonic() - began > job.seconds:
            return Outcome(job, problem=f"{job.key} took more than {job.seconds:g} s and was ended.")
        try:
            process.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    return None


def _end(process: subprocess.Popen) -> None:
    """Kill the process and what it has started, in sessions of their own too, such as the kernel of a notebook."""
    members = []
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid)
        # Held, so that it starts nothing while its children are listed.
        family.suspend()
        members = family.children(recursive=True)
        for member in [*members, family]:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
    if not WINDOWS:
        # What lost its parent is still of the same group. An error says that nothing is left of it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdin.close()
    # What was killed may still be writing for a moment.
    psutil.wait_procs(members, timeout=KILL_SECONDS)


def _outcome(job: Job, folder: Path, code: int) -> Outcome:
    """What a process left that ended by itself, or was killed by the system."""
    ended = folder / "ended.json"
    if ended.is_file():
        outcome = Outcome(job, **json.loads(ended.read_text(encoding="utf-8")))
        if not outcome.problem:
            outcome.files = files_in(folder / "files")
        return outcome
    if code < 0:
        number = signal.Signals(-code).name if -code in list(signal.Signals) else str(-code)
        reason = ", perhaps because memory ran out" if number == "SIGKILL" else ""
        problem = f"{job.key}: the system killed its process ({number}){reason}."
        return Outcome(job, problem=problem, tries=KILLED_TRIES)
    return Outcome(job, problem=f"{job.key}: its process ended with code {code} and without a record.")


def files_in(folder: Path) -> dict[str, bytes]:
    """What a job has written, by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def call(job: Job, folder: Path) -> dict:
    """Call the job's function: its record, or the problem as a sentence."""
    try:
        module, name = job.function.split(":")
        record = getattr(importlib.import_module(module), name)(job.payload, folder)
        # Through JSON and back, so that a record is the same wherever it was made.
        return {"record": json.loads(json.dumps(record)), "problem": ""}
    except SystemExit as error:
        return {"record": None, "problem": f"{job.key}: {error}"}
    except Exception as error:
        traceback.print_exc()
        return {"record": None, "problem": f"{job.key}: {type(error).__name__}: {error}"}
