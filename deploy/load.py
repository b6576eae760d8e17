"""A class at the hub, measured: some students at once log in, open a lesson and run it; one wants too much memory.

``.venv/bin/python -m deploy.load --students 8 --out deploy/load.json`` writes the record that sizes.py reads.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import pwd
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from deploy import sizes
from deploy.visitor import KernelEnded, Refused, Visitor
from deploy.watch import Watch
from tools import hub
from tools.lessons import find

PASSWORD = "for the load test"
LOG = hub.HUB / f"load-{os.getpid()}.log"
# Two load tests at a time do not meet.
PREFIX = f"load{os.getpid()}-"
GREEDY = f"{PREFIX}greedy"
TOO_MUCH = "many = b'x' * (8 << 30)"


def main(words: list[str] | None = None) -> int:
    """Measure, print a line for each student, write the record; 1 where a student did not get through."""
    arguments = parsed(words)
    record = measure(arguments)
    text = json.dumps(record, indent=1) + "\n"
    for student in record["students"]:
        print(json.dumps(student))
    print(json.dumps({name: record[name] for name in ("together", "greedy", "refused")}))
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")
    return int(any("failed" in student for student in record["students"]))


def parsed(words: list[str] | None) -> argparse.Namespace:
    """What to measure, from the words of the command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.load", description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=2, metavar="N", help="at the same time; 2 when left out")
    parser.add_argument("--lesson", default="04", metavar="NN", help="what they run; 04 when left out")
    parser.add_argument("--memory-gb", type=float, default=sizes.LIMIT_GB, metavar="N", help="limit of each")
    parser.add_argument("--cores", type=float, default=2, metavar="N", help="limit of each; 2 when left out")
    parser.add_argument("--greedy", action="store_true", help="one more, whose kernel wants 8 GB")
    parser.add_argument("--late", type=int, default=0, metavar="N", help="more, who find the hub full")
    parser.add_argument("--accounts", action="store_true", help="as accounts of this machine, removed afterwards")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write the record")
    arguments = parser.parse_args(words)
    arguments.words = sys.argv[1:] if words is None else words
    return arguments


def measure(arguments: argparse.Namespace) -> dict:
    """The record of one class."""
    lesson = find.find(arguments.lesson)[0].path.name
    names = [f"{PREFIX}{number}" for number in range(1, arguments.students + 1)]
    guests = [*names, *([GREEDY] if arguments.greedy else [])]
    record = {"command": " ".join(["python -m deploy.load", *arguments.words]), **_machine()}
    with tempfile.TemporaryDirectory(prefix="hub-") as folder, running(arguments, Path(folder), len(guests)) as address:
        with Watch(guests) as watch, ThreadPoolExecutor(len(guests)) as pool:
            begin = time.monotonic()
            greedy = pool.submit(want_too_much, address, lesson) if arguments.greedy else None
            students = list(pool.map(lambda name: work(address, name, lesson), names))
            seconds = time.monotonic() - begin
            record["greedy"] = greedy.result() if greedy else None
        # All servers still run.
        record["refused"] = [refused(address, f"{PREFIX}late{number}") for number in range(arguments.late)]
    record["students"] = [student | watch.of(student["name"]) for student in students]
    record["together"] = {"seconds": round(seconds, 1), **watch.together()}
    record["limits"] = {"memory_gb": arguments.memory_gb, "cores": arguments.cores}
    return record | {"lesson": lesson, "dataset": "shapes10"}


def work(address: str, name: str, lesson: str) -> dict:
    """One student's day: what it took, in seconds, and the cells that failed without being expected to."""
    told: dict = {"name": name}
    visitor, clock = Visitor(address, name), Clock(told)
    try:
        visitor.log_in(PASSWORD)
        clock.lap("log_in_seconds")
        visitor.start_server()
        clock.lap("server_seconds")
        path = f"cnn-on-cifar10/{lesson}"
        notebook = visitor.read(path)
        kernel = visitor.open_kernel(path)
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        surprises = []
        for number, cell in enumerate(cells):
            raised = kernel.run(cell["source"])
            if number == 0:
                clock.lap("first_cell_seconds")
            if raised and "raises-exception" not in cell["metadata"].get("tags", []):
                surprises.append(f"{cell['id']}: {raised}")
        clock.lap("other_cells_seconds")
        told["cells"] = len(cells)
        if surprises:
            told["failed"] = "; ".join(surprises)
    except (Refused, KernelEnded, TimeoutError, OSError, LookupError) as error:
        told["failed"] = f"{type(error).__name__}: {error}"
    return told


def want_too_much(address: str, lesson: str) -> dict:
    """A student whose kernel takes 8 GB: what became of it, and whether a new one works at once."""
    visitor = Visitor(address, GREEDY)
    visitor.log_in(PASSWORD)
    visitor.start_server()
    kernel = visitor.open_kernel(f"cnn-on-cifar10/{lesson}")
    begin = time.monotonic()
    try:
        became = kernel.run(TOO_MUCH) or "it got them"
    except KernelEnded:
        became = "kernel ended"
    seconds = round(time.monotonic() - begin, 1)
    again = visitor.open_kernel(f"cnn-on-cifar10/{lesson}").run("1 + 1")
    return {"became": became, "after_seconds": seconds, "server_lives": again == ""}


def refused(address: str, name: str) -> str:
    """What the hub tells a student for whom no memory is left."""
    visitor = Visitor(address, name)
    visitor.log_in(PASSWORD)
    try:
        visitor.start_server()
    except Refused as error:
        return str(error).partition(" at ")[0]
    return f"{name} got a server"


class Clock:
    """Writes seconds since the last lap into a record."""

    def __init__(self, record: dict):
        self.record, self.last = record, time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.record[name], self.last = round(now - self.last, 1), now


@contextmanager
def running(arguments: argparse.Namespace, folder: Path, servers: int):
    """A hub with one password for all, until the end; gives its address. Its log is ``LOG``."""
    python = hub.ensure()
    ports = _free_ports(3)
    address = f"http://127.0.0.1:{ports[0]}"
    spawner = "AccountSpawner" if arguments.accounts else "FolderSpawner"
    words = [
        f"--JupyterHub.bind_url={address}",
        f"--JupyterHub.hub_bind_url=http://127.0.0.1:{ports[1]}",
        f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{ports[2]}",
        "--JupyterHub.authenticator_class=shared-password",
        f"--SharedPasswordAuthenticator.user_password={PASSWORD}",
        "--Authenticator.allow_all=True",
        f"--JupyterHub.spawner_class=deploy.spawner.{spawner}",
        f"--JupyterHub.active_server_limit={servers}",
        f"--Spawner.mem_limit={arguments.memory_gb}G",
        f"--Spawner.cpu_limit={arguments.cores}",
    ]
    with open(LOG, "wb") as log:
        process = subprocess.Popen(hub.command(python, words), cwd=folder, env=hub.variables(), stdout=log, stderr=log)
        try:
            _wait(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=120)
            _remove_accounts()


def _wait(address: str, process: subprocess.Popen) -> None:
    """Until the hub answers. Raises SystemExit where it ended instead."""
    for _ in range(600):
        with suppress(requests.ConnectionError):
            if requests.get(f"{address}/hub/health", timeout=10).ok:
                return
        if process.poll() is not None:
            break
        time.sleep(0.2)
    raise SystemExit(f"The hub did not start; {LOG} says why.")


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _remove_accounts() -> None:
    for account in pwd.getpwall():
        if account.pw_name.startswith(PREFIX) and account.pw_uid >= 1000:
            subprocess.run(["userdel", "--remove", account.pw_name], check=False, capture_output=True)


def _machine() -> dict:
    """What the numbers hold for."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    programs = {
        "tensorflow": hub.ROOT / ".venv",
        "keras": hub.ROOT / ".venv",
        "jupyterhub": hub.HUB,
        "jupyterlab": hub.HUB,
    }
    return {
        "date": datetime.date.today().isoformat(),
        "machine": {
            "processor": model,
            "cores": os.cpu_count(),
            "memory_gb": round(sizes.memory_gb(), 1),
            "system": platform.platform(),
            "load_before": round(os.getloadavg()[0], 2),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: _version(where, name) for name, where in programs.items()},
        },
    }


def _version(environment: Path, package: str) -> str:
    (found,) = environment.glob(f"lib/python*/site-packages/{package}-*.dist-info")
    return found.name.removesuffix(".dist-info").rpartition("-")[2]


if __name__ == "__main__":
    sys.exit(main())
