"""The loop that gives jobs to workers, and the two engines of one machine."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tools.executor import child
from tools.executor.jobs import LOST_TRIES, Job, Outcome

POLL_SECONDS = 0.05
HOME_SECONDS = 60  # that a group of timed jobs waits for its machine to come back
Say = Callable[[str], None]


class Executor:
    """Runs jobs, one at a time on each worker. A subclass says which workers there are and starts a job on one."""

    def __init__(self) -> None:
        # The machine of each group of timed jobs, and when it was last there.
        self._homes: dict[str, tuple[str, float]] = {}
        self._running: dict[str, tuple[Job, Any]] = {}

    def run(self, jobs: Iterable[Job], label: str = "", dataset: str = "", shown: bool = True) -> Iterator[Outcome]:
        """Yield the outcome of each job as soon as it ends, in whatever order that is.

        A caller who passes a deque may extend it between two outcomes. Every worker on another machine must have
        ``dataset``. Where it is not ``shown``, the caller shows how far this is. Leaving the loop ends what still
        runs. Raises SystemExit with a sentence when no worker is left.
        """
        waiting = jobs if isinstance(jobs, deque) else deque(jobs)
        running = self._running
        tries: Counter[str] = Counter()
        off = None if shown else True  # None: where no terminal is
        with tqdm(total=len(waiting), desc=label, unit="job", leave=False, file=sys.stdout, disable=off) as bar:
            try:
                while waiting or running:
                    workers = self._workers(dataset, bar.write)
                    for worker in workers:
                        job = None if worker in running else self._next(worker, waiting, workers, bar.write)
                        if job:
                            waiting.remove(job)
                            running[worker] = job, self._start(job, worker)
                    for worker, outcome in self._ended(workers):
                        job, _ = running.pop(worker)
                        tries[job.key] += 1
                        outcome.where = self.machine(worker)
                        if tries[job.key] < outcome.tries:
                            bar.write(f"{outcome.problem} It is tried again.")
                            waiting.appendleft(job)
                        else:
                            bar.update()
                            yield outcome
                    bar.total = bar.n + len(waiting) + len(running)
                    if not bar.disable and sys.stdout.isatty():
                        bar.refresh()
                    if running or waiting:
                        time.sleep(POLL_SECONDS)
            finally:
                self._stop_all()

    def _next(self, worker: str, waiting: deque[Job], workers: list[str], say: Say) -> Job | None:
        """The first job that this worker may have now: a timed one wants its machine, and wants it for itself."""
        now, machine = time.monotonic(), self.machine(worker)
        there = {self.machine(other) for other in workers}
        beside = [job for other, (job, _) in self._running.items() if self.machine(other) == machine]
        if any(job.group for job in beside):
            return None
        for job in waiting:
            if not job.group:
                return job
            home, seen = self._homes.get(job.group, (machine, now))
            if home in there:
                seen = now
            elif now - seen > HOME_SECONDS:
                say(f"{home} has gone: the timed jobs {job.group!r} go on at {machine}, whose seconds are others.")
                home, seen = machine, now
            self._homes[job.group] = home, seen
            if home == machine and not beside:
                return job
        return None

    def _ended(self, workers: list[str]) -> Iterator[tuple[str, Outcome]]:
        """The outcomes of the jobs that have ended, by worker."""
        for worker, (job, future) in list(self._running.items()):
            if future.done():
                try:
                    outcome = self._outcome(job, future)
                except Exception as error:
                    outcome = Outcome(
                        job, problem=f"{job.key} at {worker}: {type(error).__name__}: {error}", tries=LOST_TRIES
                    )
                yield worker, outcome
            elif worker not in workers:
                self._stop([future])
                yield worker, Outcome(job, problem=f"{job.key}: its worker {worker} has gone.", tries=LOST_TRIES)

    def machine(self, worker: str) -> str:
        """The name of the machine that a worker runs on."""
        return "this machine"

    def _stop_all(self) -> None:
        self._stop([future for _, future in self._running.values()])
        self._running.clear()

    def close(self) -> None:
        """End what still runs."""
        self._stop_all()

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _workers(self, dataset: str, say: Say) -> list[str]:
        raise NotImplementedError

    def _start(self, job: Job, worker: str) -> Any:
        raise NotImplementedError

    def _outcome(self, job: Job, future: Any) -> Outcome:
        return future.result()

    def _stop(self, futures: list[Any]) -> None:
        """End jobs that still run."""


class Inline(Executor):
    """Calls the jobs' functions in this process, one after the other; no limits."""

    def _workers(self, dataset: str, say: Say) -> list[str]:
        return ["this process"]

    def _start(self, job: Job, worker: str) -> Future:
        future: Future = Future()
        with tempfile.TemporaryDirectory() as folder:
            facts = child.call(job, Path(folder))
            files = {} if facts["problem"] else child.files_in(Path(folder))
        future.set_result(Outcome(job, files=files, **facts))
        return future


class Processes(Executor):
    """So many processes on this machine at a time, a new one for each job."""

    def __init__(self, workers: int = 1) -> None:
        super().__init__()
        self.workers = workers

    def _workers(self, dataset: str, say: Say) -> list[str]:
        return [f"process {number}" for number in range(1, self.workers + 1)]

    def _start(self, job: Job, worker: str) -> Future:
        future: Future = Future()
        future.unwanted = threading.Event()

        def watch() -> None:
            try:
                future.set_result(child.perform(job, future.unwanted.is_set))
            except Exception as error:
                future.set_exception(error)

        # A daemon, so that it never keeps this process from ending; its child then ends by itself.
        threading.Thread(target=watch, daemon=True).start()
        return future

    def _stop(self, futures: list[Future]) -> None:
        for future in futures:
            future.unwanted.set()
        wait(futures, timeout=5)


def jobs_per_hour(executor: Executor, jobs: Iterable[Job]) -> float:
    """How many of these jobs the executor gets done in an hour, start and end included.

    Raises SystemExit with its sentence when one of them fails.
    """
    began, done = time.perf_counter(), 0
    for outcome in executor.run(jobs, "speed"):
        if outcome.problem:
            raise SystemExit(outcome.problem)
        done += 1
    return done * 3600 / (time.perf_counter() - began)
