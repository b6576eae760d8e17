"""What is executed and what comes back, both plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

KILLED_TRIES = 2  # of a job whose process is killed: most often it was the job's own memory
LOST_TRIES = 4  # of a job whose worker goes: most often it was not the job's fault


@dataclass(frozen=True)
class Job:
    """A call of ``function`` ("package.module:name") as ``function(payload, folder)`` in a process of its own.

    It returns a record, a dict that JSON can hold, and the files that it writes into the empty ``folder`` come back
    too. ``payload`` is data that JSON can hold. ``key`` names the job among all others.

    Jobs with the same ``group`` are timed: they run on one machine, one after the other, and nothing beside them.
    ``seconds`` and ``memory`` (bytes; not on Windows) limit what one job may take.
    """

    key: str
    function: str
    payload: dict = field(default_factory=dict)
    group: str = ""
    seconds: float | None = None
    memory: int | None = None


@dataclass
class Outcome:
    """The record and the files (bytes by name) of a job, or ``problem``, a sentence that says what went wrong.

    ``log`` is the end of what the job printed, ``where`` the machine. ``tries`` says how often a job that ends like
    this is tried in all: more than once where the job itself may not be to blame.
    """

    job: Job
    record: dict | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    problem: str = ""
    log: str = ""
    where: str = ""
    tries: int = 1
