"""The engine of many machines: Dask distributed carries jobs to workers, each of which is checked first.

Dask knows who is there, who has gone, and brings data there and back. Which worker gets which job is decided in
``Executor.run``: a worker that has not been checked must get none, and one restricted job at a time cannot get stuck.
"""

from __future__ import annotations

import dataclasses
import logging
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from distributed import Client, Future, get_worker

from tools.executor import child, identity
from tools.executor.engine import Executor, Say
from tools.executor.jobs import Job, Outcome

CONNECT_SECONDS = 10
LOOK_SECONDS = 1  # between two looks at who is there
JOIN_SECONDS = 10  # that a fit worker may take to join, or to come back, where all others are refused
RESULT_SECONDS = 60  # that record and weights may take from a worker to here
# Dask tells in tracebacks; what matters is said in a sentence. A logger with a level of its own does not ask another.
LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado.application", "asyncio")
# Dask's nanny sets these to 1 for its own threads; a training wants all cores.
NANNY_SETS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_")
# A builtin and plain data: the scheduler, which reads all that it passes on, then needs no project of its own, and a
# worker of any version comes as far as the check.
CALL = "__import__('tools.executor.cluster', fromlist=['work']).work(job)"


def work(job: dict) -> dict:
    """What a worker runs: the job, in a process of its own, as long as somebody waits for it."""
    worker = get_worker()
    task = worker.get_current_task()

    def unwanted() -> bool:
        state = worker.state.tasks.get(task)
        return state is None or state.state == "cancelled" or worker.status.name in ("closing", "closed", "failed")

    outcome = child.perform(Job(**job), unwanted, NANNY_SETS)
    return {name: value for name, value in vars(outcome).items() if name != "job"}


class Cluster(Executor):
    """The workers of one Dask scheduler."""

    def __init__(self, scheduler: str) -> None:
        super().__init__()
        self.scheduler = scheduler
        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            self._client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise SystemExit(
                f"No Dask scheduler answers at {scheduler} ({error}). Start one with `dask scheduler`, and give the "
                "address that it prints."
            ) from None
        self._here = identity.describe({"dataset": ""}, Path())
        self._present: list[str] = []
        self._looked = 0.0
        # By worker and dataset: the check that still runs, or its verdict ("" when the worker is fit).
        self._checks: dict[tuple[str, str], Future | str] = {}
        self._alone = False
        self._hoped = time.monotonic()  # when there was last a worker that was fit, or one that might be

    def machine(self, worker: str) -> str:
        return urlsplit(worker).hostname or worker

    def _workers(self, dataset: str, say: Say) -> list[str]:
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._look(say)
        for worker in self._present:
            check = self._checks.get((worker, dataset))
            if check is None:
                job = Job("check", "tools.executor.identity:describe", {"dataset": dataset})
                self._checks[worker, dataset] = self._start(job, worker)
            elif not isinstance(check, str) and check.done():
                verdict = self._checks[worker, dataset] = self._verdict(check, worker)
                if verdict:
                    say(verdict)
        verdicts = [self._checks[worker, dataset] for worker in self._present]
        if not verdicts or not all(isinstance(verdict, str) and verdict for verdict in verdicts):
            self._hoped = time.monotonic()
        elif time.monotonic() - self._hoped > JOIN_SECONDS:
            raise SystemExit(f"All workers at {self.scheduler} are refused ({len(verdicts)}); the lines above say why.")
        return [worker for worker, verdict in zip(self._present, verdicts) if verdict == ""]

    def _look(self, say: Say) -> None:
        try:
            self._present = list(self._client.nthreads())
        except Exception:  # each layer of Dask has its own error for a scheduler that has gone
            raise SystemExit(
                f"The scheduler {self.scheduler} has gone. What was finished is kept: start it and its workers, and "
                "give the same command again."
            ) from None
        self._looked = time.monotonic()
        self._checks = {key: check for key, check in self._checks.items() if key[0] in self._present}
        if not self._present and not self._alone:
            say(f"No worker has joined {self.scheduler}: waiting. tools/executor/README.md says how to start one.")
        self._alone = not self._present

    def _verdict(self, check: Future, worker: str) -> str:
        """Why a worker gets no jobs, as a sentence; "" when it is fit."""
        try:
            outcome = self._outcome(Job("check", ""), check)
        except Exception as error:
            return (
                f"Worker {worker} is refused: it cannot check itself ({type(error).__name__}: {error}). Start it in "
                "the project's folder, at the same commit, with `python -m dask worker`."
            )
        there = outcome.record
        if there is None:
            return f"Worker {worker} is refused: {outcome.problem}\n{outcome.log}"
        reason = identity.refusal(self._here, there)
        return reason and f"Worker {worker} ({there['folder']} on {there['machine']}) is refused: {reason}."

    def _start(self, job: Job, worker: str) -> Future:
        data = dataclasses.asdict(job)
        # The name is new each time, so that Dask never takes a job for one that it has seen.
        key = f"{job.key}-{uuid.uuid4().hex[:8]}"
        return self._client.submit(eval, CALL, {"job": data}, key=key, workers=[worker], allow_other_workers=False)

    def _outcome(self, job: Job, future: Future) -> Outcome:
        return Outcome(job, **future.result(timeout=RESULT_SECONDS))

    def _stop(self, futures: list[Any]) -> None:
        if self._client.status == "running":
            self._client.cancel(futures, force=True)

    def close(self) -> None:
        super().close()
        self._client.close(timeout=2)
