"""Jobs that the executors' tests run, and ``python executor_jobs.py``: a command like ``study``, with such jobs.

The command is given a scheduler's address ("" for this machine), a number of processes, a dataset, a file of jobs, and
a file to which it adds each outcome at once.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def square(payload, folder):
    (folder / "number.txt").write_text(str(payload["number"]))
    return {"square": payload["number"] ** 2, "threads": os.environ.get("OMP_NUM_THREADS")}


def fail(payload, folder):
    print("about to fail")
    raise ValueError("the loss was no number")


def say_no(payload, folder):
    raise SystemExit("There is no such recipe.")


def wait(payload, folder):
    """Says in a file that it has begun, with the processes to look for, and waits."""
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    begun = Path(payload["begun"])
    begun.with_suffix(".part").write_text(json.dumps([os.getpid(), grandchild.pid, os.getppid()]))
    begun.with_suffix(".part").rename(begun)
    time.sleep(payload["pause"])
    return {"waited": True}


def wait_first(payload, folder):
    """Waits for ever the first time, and not at all the next."""
    return wait(payload | {"pause": 0 if Path(payload["begun"]).exists() else 60}, folder)


def die(payload, folder):
    """Is killed as often as its payload says, then gives its record."""
    deaths = Path(payload["deaths"])
    with open(deaths, "a") as file:
        file.write("x")
    if deaths.stat().st_size <= payload["times"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"deaths": deaths.stat().st_size - 1}


def eat(payload, folder):
    return {"bytes": len(bytearray(payload["bytes"]))}


def times(payload, folder):
    began = time.time()
    time.sleep(0.2)
    return {"began": began, "ended": time.time()}


if __name__ == "__main__":
    from tools.executor import Job, connect

    scheduler, workers, dataset, jobs, outcomes = sys.argv[1:]
    if scheduler:
        from tools.executor import cluster

        # As long as tests have patience.
        cluster.JOIN_SECONDS, cluster.CONNECT_SECONDS = 2, 4
    jobs = [Job(**job) for job in json.loads(Path(jobs).read_text())]
    with connect(scheduler, int(workers)) as executor, open(outcomes, "w") as file:
        # In two rounds, as a study that decides on the second by what the first gave.
        for part in jobs[:2], jobs[2:]:
            for outcome in executor.run(part, "test", dataset):
                facts = {"key": outcome.job.key, "record": outcome.record, "problem": outcome.problem}
                facts |= {"files": sorted(outcome.files), "where": outcome.where}
                file.write(json.dumps(facts) + "\n")
                file.flush()
