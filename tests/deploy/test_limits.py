"""Limits of a student: in this machine's control groups where it has some, and in made-up ones of either version."""

import errno
import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import limits

MEGABYTE = 1 << 20
LIMITS = limits.Limits(memory=1000 * MEGABYTE, cores=1.5, processes=50)
FILES = {
    1: {
        "memory": ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"],
        "cpu": ["cpu.cfs_quota_us", "cpu.cfs_period_us"],
        "pids": ["pids.max"],
    },
    2: {
        "memory": ["memory.max", "memory.swap.max", "memory.peak"],
        "cpu": ["cpu.max"],
        "pids": ["pids.max"],
    },
}


class MadeUpLinux:
    """Control groups in a folder: a new one has its files at once, and a process is in one group alone."""

    def __init__(self, folder: Path, version: int, monkeypatch):
        self.folder, self.version = folder, version
        self.write, self.mkdir = Path.write_text, Path.mkdir
        self.own = "/system.slice/cnn-hub.service"
        for name in ["memory", "cpu", "pids"] if version == 1 else [self.own.lstrip("/")]:
            (folder / name).mkdir(parents=True)
        if version == 2:
            self.fill(folder)
            self.fill(folder / self.own.lstrip("/"))
        monkeypatch.setattr(limits, "MOUNT", folder)
        monkeypatch.setattr(Path, "write_text", lambda path, text, **more: self.written(path, text))
        monkeypatch.setattr(Path, "mkdir", lambda path, **more: self.made(path, **more))
        monkeypatch.setattr(Path, "rmdir", shutil.rmtree)
        self.read = Path.read_text
        lines = {1: f"9:pids:/\n4:memory:{self.own}\n1:cpu,cpuacct:/\n0::/\n", 2: f"0::{self.own}\n"}
        monkeypatch.setattr(Path, "read_text", self.reading(self.read, lines[version]))

    @staticmethod
    def reading(before, groups: str):
        def read(path, *words, **more):
            return groups if str(path) == "/proc/self/cgroup" else before(path, *words, **more)

        return read

    def made(self, path: Path, **more) -> None:
        new = not path.exists()
        self.mkdir(path, **more)
        if new:
            self.fill(path)

    def fill(self, path: Path) -> None:
        files = FILES[self.version]
        names = [path.relative_to(self.folder).parts[0]] if self.version == 1 else list(files)
        for name in [*itertools.chain(*(files[name] for name in names)), "cgroup.procs"]:
            self.write(path / name, "")
        if self.version == 2:
            self.write(path / "cgroup.controllers", "cpuset cpu io memory pids\n")
            self.write(path / "cgroup.subtree_control", "")

    def written(self, path: Path, text: str) -> None:
        if path.name == "cgroup.procs":
            number = str(os.getpid()) if text == "0" else text
            for other in self.folder.rglob("cgroup.procs"):
                words = [word for word in other.read_text().split() if word != number]
                self.write(other, "".join(f"{word}\n" for word in words))
            self.write(path, path.read_text() + f"{number}\n")
            return
        if path.name == "cgroup.subtree_control" and path.with_name("cgroup.procs").read_text():
            raise OSError(errno.EBUSY, "Device or resource busy", str(path))
        self.write(path, text)


@pytest.fixture(autouse=True)
def fresh():
    limits.base.cache_clear()
    yield
    limits.base.cache_clear()


def test_version_1_has_a_tree_for_each_controller(tmp_path, monkeypatch):
    linux = MadeUpLinux(tmp_path / "cgroup", 1, monkeypatch)
    group = limits.group("eva", LIMITS)
    memory, cpu, pids = (linux.folder / name / "cnn-class" / "eva" for name in ("memory", "cpu", "pids"))
    assert group.folders == {"memory": memory, "cpu": cpu, "pids": pids}
    assert (memory / "memory.limit_in_bytes").read_text() == str(1000 * MEGABYTE)
    assert (memory / "memory.memsw.limit_in_bytes").read_text() == str(1000 * MEGABYTE), "no swap on top"
    assert (memory / "kernels" / "memory.limit_in_bytes").read_text() == str(800 * MEGABYTE)
    assert (cpu / "cpu.cfs_quota_us").read_text() == "150000"
    assert (pids / "pids.max").read_text() == "50"


def test_version_2_moves_the_hub_out_of_the_way(tmp_path, monkeypatch):
    linux = MadeUpLinux(tmp_path / "cgroup", 2, monkeypatch)
    own = linux.folder / "system.slice" / "cnn-hub.service"
    linux.write(own / "cgroup.procs", "4711\n")
    group = limits.group("eva", LIMITS)
    eva = own / "cnn-class" / "eva"
    assert set(group.folders.values()) == {eva}
    assert (own / "hub" / "cgroup.procs").read_text() == "4711\n"
    for folder in (own, own / "cnn-class"):
        assert (folder / "cgroup.subtree_control").read_text() == "+memory +cpu +pids"
    assert (eva / "memory.max").read_text() == str(1000 * MEGABYTE)
    assert (eva / "memory.swap.max").read_text() == "0"
    assert (eva / "kernels" / "memory.max").read_text() == str(800 * MEGABYTE)
    assert (eva / "cpu.max").read_text() == "150000 100000"
    assert (eva / "pids.max").read_text() == "50"


def test_a_hub_that_starts_again_makes_no_groups_in_groups(tmp_path, monkeypatch):
    linux = MadeUpLinux(tmp_path / "cgroup", 2, monkeypatch)
    own = linux.folder / linux.own.lstrip("/")
    linux.write(own / "cgroup.procs", "4711\n")
    before = limits.base()
    limits.base.cache_clear()
    monkeypatch.setattr(Path, "read_text", linux.reading(linux.read, f"0::{linux.own}/hub\n"))
    assert limits.base() == before == dict.fromkeys(limits.CONTROLLERS, own / "cnn-class")


def test_a_server_is_in_its_group_and_never_beside_groups_of_version_2(tmp_path, monkeypatch):
    MadeUpLinux(tmp_path / "cgroup", 2, monkeypatch)
    group = limits.group("eva", LIMITS)
    group.enter()
    assert (group.memory / "server" / "cgroup.procs").read_text() == f"{os.getpid()}\n"
    assert (group.memory / "cgroup.procs").read_text() == ""


def test_a_machine_without_groups_is_told_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MOUNT", tmp_path)
    with pytest.raises(limits.LimitError, match=r"this machine has no control groups for it"):
        limits.group("eva", LIMITS)


@pytest.mark.parametrize("of_an_earlier_hub", [False, True])
def test_a_hub_without_the_right_to_make_groups_is_told_what_to_do(tmp_path, monkeypatch, of_an_earlier_hub):
    linux = MadeUpLinux(tmp_path / "cgroup", 1, monkeypatch)
    if of_an_earlier_hub:
        limits.base()

    def refuse(path, **more):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(limits.LimitError, match=rf"{linux.folder}.*Start the hub as root.*Delegate=yes"):
        limits.group("eva", LIMITS)


def start(group: limits.Group, code: str, kernel: bool) -> subprocess.Popen:
    """A Python without packages, in a group as a server or as a kernel is."""

    def enter():
        group.enter()
        if kernel:
            group.kernels.write_text("0")

    words = [sys.executable, "-S", "-E", "-c", code]
    return subprocess.Popen(words, preexec_fn=enter, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_linux_ends_the_kernel_that_wants_too_much_and_nobody_else():
    wanted = limits.Limits(memory=limits.RESERVE + 64 * MEGABYTE, cores=2, processes=20)
    try:
        group = limits.group(f"test-{os.getpid()}", wanted)
        others = limits.group(f"test-{os.getpid()}-others", wanted)
    except limits.LimitError as error:
        pytest.skip(str(error))
    try:
        waiting = "print('here', flush=True); input()"
        server, neighbour = start(group, waiting, kernel=False), start(others, waiting, kernel=True)
        assert (server.stdout.readline(), neighbour.stdout.readline()) == ("here\n", "here\n")
        kernel = start(group, "many = b'x' * (200 << 20); print('got them')", kernel=True)
        assert kernel.communicate()[0] == "", "200 MB, where 64 are allowed"
        assert kernel.returncode == -9
        assert (server.poll(), neighbour.poll()) == (None, None)
    finally:
        group.remove()
        others.remove()
    assert (server.wait(), neighbour.wait()) == (-9, -9), "what is left running ends with the group"
    assert not group.memory.exists()
