"""Limits of a student's server and of all that it starts: a control group of Linux for each, version 1 or 2.

What a group holds is one sum: the server, its kernels, their children. Kernels have a group in it, with a little less
memory: when they want too much, Linux ends one of them, never the server, and nothing else on the machine.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
CLASS, HUB = "cnn-class", "hub"  # the group that holds those of the students, and that of the hub
PERIOD = 100_000  # microseconds, over which Linux shares out the cores
CONTROLLERS = ("memory", "cpu", "pids")
RESERVE = 200 << 20  # bytes that kernels leave to the server, which needs 150 MiB
PROCESSES, CHILDREN = "cgroup.procs", "cgroup.subtree_control"


class LimitError(RuntimeError):
    """Memory cannot be limited here. The message says why, and what to do."""


@dataclass(frozen=True)
class Limits:
    """Bytes, cores and processes that all of a student's programs may have together."""

    memory: int
    cores: float
    processes: int


@dataclass(frozen=True)
class Group:
    """One control group: its folder for each controller; version 2 has the same one for all."""

    folders: dict[str, Path]

    @property
    def memory(self) -> Path:
        """The folder where memory is limited; ``server`` and ``kernels`` lie in it."""
        return self.folders["memory"]

    @property
    def kernels(self) -> Path:
        """The file into which a kernel writes 0 when it starts."""
        return self.memory / "kernels" / PROCESSES

    def enter(self) -> None:
        """Put the process that calls this into the group, and whatever it starts from now on."""
        (self.memory / "server" / PROCESSES).write_text("0")
        for folder in set(self.folders.values()) - {self.memory}:
            (folder / PROCESSES).write_text("0")

    def give(self, account: int) -> None:
        """Let an account, by its number, put kernels where they belong."""
        for path in (self.kernels, self.memory / PROCESSES):
            os.chown(path, account, -1)

    def remove(self) -> None:
        """End what still runs in the group, and the group. Nothing where it is gone."""
        parts = [self.memory / "server", self.memory / "kernels"]
        for _ in range(50):
            for part in parts:
                for number in _processes(part):
                    with suppress(ProcessLookupError):
                        os.kill(number, signal.SIGKILL)
            try:
                for folder in [*parts, *set(self.folders.values())]:
                    if folder.is_dir():
                        folder.rmdir()
                return
            except OSError:  # its processes are ending
                time.sleep(0.1)


def group(name: str, limits: Limits) -> Group:
    """A new, empty group with these limits, in place of an old one. Raises LimitError where memory cannot be limited.

    Cores and processes are limited where Linux offers it.
    """
    new = Group({controller: folder / name for controller, folder in base().items()})
    try:
        new.remove()
        for controller, folder in new.folders.items():
            folder.mkdir(exist_ok=True)
            _write(folder, controller, limits)
        if (new.memory / CHILDREN).is_file():
            (new.memory / CHILDREN).write_text("+memory")
        for part, memory in (("server", limits.memory), ("kernels", limits.memory - RESERVE)):
            (new.memory / part).mkdir()
            _write(new.memory / part, "memory", replace(limits, memory=memory))
    except OSError as error:
        raise _not_allowed(error) from None
    return new


@cache
def base() -> dict[str, Path]:
    """Controller -> the folder that holds the students' groups, made if need be. Raises LimitError."""
    try:
        found = _second() if (MOUNT / "cgroup.controllers").is_file() else _first()
    except OSError as error:
        raise _not_allowed(error) from None
    if "memory" not in found:
        raise LimitError(
            f"Memory of the students is not limited: this machine has no control groups for it in {MOUNT}. In a "
            "container, its engine has to hand them on; elsewhere, Linux has to be started with cgroup_enable=memory."
        )
    return found


def _not_allowed(error: OSError) -> LimitError:
    return LimitError(
        f"Memory and cores of the students are not limited: {error.filename} cannot be written "
        f"({error.strerror}). Start the hub as root, or as a systemd service with Delegate=yes."
    )


def _first() -> dict[str, Path]:
    """Version 1: a tree for each controller, the hub's own group in each."""
    found = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        for controller in set(names.split(",")).intersection(CONTROLLERS):
            tree = MOUNT / controller
            own = tree / path.lstrip("/")
            if tree.is_dir():
                # In a container, the path is that of the machine outside.
                found[controller] = (own if own.is_dir() else tree) / CLASS
                found[controller].mkdir(exist_ok=True)
    return found


def _second() -> dict[str, Path]:
    """Version 2: one tree, in which a group has either processes or groups with limits."""
    path = Path("/proc/self/cgroup").read_text().strip().rpartition("::")[2]
    own = MOUNT / path.lstrip("/")
    own = own if own.is_dir() else MOUNT
    if own.name == HUB and (own.parent / CLASS).is_dir():
        own = own.parent  # started from where an earlier hub moved to
    offered = (own / "cgroup.controllers").read_text().split()
    wanted = [controller for controller in CONTROLLERS if controller in offered]
    words = " ".join(f"+{controller}" for controller in wanted)
    try:
        (own / CHILDREN).write_text(words)
    except OSError:
        # The hub itself is in the way: it moves into a group of its own.
        (own / HUB).mkdir(exist_ok=True)
        for number in (own / PROCESSES).read_text().split():
            (own / HUB / PROCESSES).write_text(number)
        (own / CHILDREN).write_text(words)
    (own / CLASS).mkdir(exist_ok=True)
    (own / CLASS / CHILDREN).write_text(words)
    return dict.fromkeys(wanted, own / CLASS)


def _write(folder: Path, controller: str, limits: Limits) -> None:
    """Write limits into those files of a controller that this version of control groups has."""
    memory, quota = str(limits.memory), round(limits.cores * PERIOD)
    values = {
        # A class that swaps is a class that waits.
        "memory": {
            "memory.limit_in_bytes": memory,
            "memory.memsw.limit_in_bytes": memory,
            "memory.max": memory,
            "memory.swap.max": "0",
        },
        "cpu": {
            "cpu.cfs_period_us": str(PERIOD),
            "cpu.cfs_quota_us": str(quota),
            "cpu.max": f"{quota} {PERIOD}",
        },
        "pids": {"pids.max": str(limits.processes)},
    }
    for name, value in values[controller].items():
        if (folder / name).exists():
            (folder / name).write_text(value)


def _processes(folder: Path) -> list[int]:
    """The numbers of the processes in a group; none where there is no such group."""
    try:
        return [int(word) for word in (folder / PROCESSES).read_text().split()]
    except OSError:
        return []
