"""One interface through which all trials, seeds and lessons are executed: here, or on many machines.

``with connect(scheduler, workers) as executor: for outcome in executor.run(jobs): ...``; README.md beside this file
says how workers on other machines are started.
"""

from __future__ import annotations

from tools.executor.engine import Executor, Inline, Processes, jobs_per_hour
from tools.executor.jobs import Job, Outcome

__all__ = ["Executor", "Inline", "Job", "Outcome", "Processes", "connect", "jobs_per_hour"]


def connect(scheduler: str | None = None, workers: int = 1) -> Executor:
    """The executor at a Dask scheduler's address ("tcp://host:8786"), or so many processes on this machine.

    ``workers=0`` calls the jobs' functions in this process: for tests and for a debugger. Raises SystemExit with a
    sentence when nobody answers at the address.
    """
    if scheduler:
        # Only the instructor's environment has Dask.
        from tools.executor.cluster import Cluster

        return Cluster(scheduler)
    return Processes(workers) if workers else Inline()
