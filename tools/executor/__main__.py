"""What runs inside the process of a job; ``child.perform`` starts it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

from tools.executor import child
from tools.executor.jobs import Job


def main(folder: Path) -> None:
    """Inside the new process: the job's function, and death with the parent."""
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    threading.Thread(target=_die_with_parent, args=(lifeline, folder), daemon=True).start()
    job = Job(**json.loads((folder / "job.json").read_text(encoding="utf-8")))
    if job.memory and not child.WINDOWS:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (job.memory, job.memory))
    facts = child.call(job, folder / "files")
    part = folder / "ended.part"
    part.write_text(json.dumps(facts), encoding="utf-8")
    os.replace(part, folder / "ended.json")


def _die_with_parent(lifeline: int, folder: Path) -> None:
    os.read(lifeline, 1)
    shutil.rmtree(folder, ignore_errors=True)
    if not child.WINDOWS:
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
