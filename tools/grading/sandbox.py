"""One kernel for the cells of a student, shut in by bubblewrap, with watched memory, processes, time and output.

Inside there is no network, nothing of the grader's files but what a lesson reads, and no way to a process outside. What
comes out of it is never trusted: text of bounded length.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import zmq
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

from helpers.places import ROOT, TRAINED

START_SECONDS = 90  # that a kernel may take to answer for the first time
GRACE_SECONDS = 4  # that an interrupted cell may take to end
POLL_SECONDS = 0.1
WATCH_SECONDS = 0.2
MESSAGE_BYTES = 64 * 2**20  # of one message of the kernel: ZeroMQ hangs up at a longer one
QUEUE = 8  # messages that wait unread
DISK_BYTES = 512 * 2**20  # that a submission may write
SPARE_BYTES = 200 * 2**20  # of the machine's memory, below which the kernel that grows is ended
ALONE = "bubblewrap is not installed here (apt-get install bubblewrap), or it may not make namespaces"


@dataclass(frozen=True)
class Limits:
    """What one submission may take: seconds a cell and in all, bytes of memory, and processes at a time."""

    cell_seconds: float = 90
    seconds: float = 1800
    memory: int = 3 * 10**9
    processes: int = 64
    cell_output: int = 10**6  # characters of text


class Gone(Exception):
    """The kernel has ended, or had to be ended; a sentence says why."""


@functools.cache
def available() -> bool:
    """Whether bubblewrap can shut a kernel in on this machine."""
    bubblewrap = shutil.which("bwrap")
    if not bubblewrap:
        return False
    call = [bubblewrap, "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]
    return subprocess.run(call, capture_output=True, timeout=20).returncode == 0


class Kernel:
    """A running kernel. ``code`` is a folder of modules that it may import, ``folder`` an empty one for its sockets."""

    def __init__(self, folder: Path, code: Path, dataset: str, limits: Limits, alone: bool = True) -> None:
        self.limits, self.why, self._alone = limits, "", alone
        self._work = folder / "work"
        self._work.mkdir(parents=True)
        self._sockets = folder / "sockets"
        self._sockets.mkdir()
        connection, _ = write_connection_file(
            str(self._sockets / "kernel.json"), transport="ipc", ip=str(self._sockets / "k")
        )
        program = [sys.executable, "-m", "ipykernel_launcher", "-f", connection, "--log-level=CRITICAL"]
        environment = _environment(code, dataset, Path("/tmp/work") if alone else self._work)
        if alone:
            program = [*_walls(code, self._sockets), *program]
        self._process = subprocess.Popen(
            program,
            cwd="/" if alone else self._work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.peak = 0
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        context = zmq.Context()
        context.setsockopt(zmq.MAXMSGSIZE, MESSAGE_BYTES)
        context.setsockopt(zmq.RCVHWM, QUEUE)
        context.setsockopt(zmq.LINGER, 0)
        self.client = BlockingKernelClient(context=context)
        self.client.load_connection_file(connection)
        self.client.session.digest_history_size = 2**10
        self.client.start_channels(hb=False)
        try:
            for message in self.messages(self.client.kernel_info(), time.monotonic() + START_SECONDS):
                if message["msg_type"] == "kernel_info_reply":
                    break
        except Gone:
            self.close()
            raise
        self._heard()

    def _heard(self) -> None:
        """Wait until outputs reach us: a subscription takes a moment, and what is said before it is lost."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            wanted = self.client.kernel_info()
            for message in self.messages(wanted, time.monotonic() + 1):
                if message["msg_type"] == "status":
                    return

    def messages(self, parent: str, deadline: float) -> Iterator[dict]:
        """What comes from the kernel in answer to one request, as it comes, until the deadline.

        Raises Gone when the kernel has ended.
        """
        poller, channels = zmq.Poller(), {}
        # What a kernel has said before its reply is read before it.
        for channel in (self.client.iopub_channel, self.client.stdin_channel, self.client.shell_channel):
            channels[channel.socket] = channel
            poller.register(channel.socket, zmq.POLLIN)
        while (left := deadline - time.monotonic()) > 0:
            ready = dict(poller.poll(1000 * min(left, POLL_SECONDS)))
            if not ready and (self._process.poll() is not None or self._ended.is_set()):
                raise Gone(self.why or "the kernel died")
            for socket, channel in channels.items():
                if socket not in ready:
                    continue
                try:
                    message = channel.get_msg(timeout=0)
                    if message["parent_header"].get("msg_id") == parent and isinstance(message["content"], dict):
                        yield message
                except Exception as error:  # whatever a submission sends that is no message
                    if isinstance(error, Gone):
                        raise

    def request(self, code: str, answering: bool = False) -> str:
        """Ask the kernel to execute code; returns the request's id. ``answering``: it may ask back."""
        return self.client.execute(code, allow_stdin=answering, stop_on_error=False, store_history=not answering)

    def execute(self, code: str, say: Callable[[dict], None], seconds: float | None = None) -> str:
        """Execute a cell; ``say`` gets each message as it comes. Returns "" or a sentence: it had to be interrupted.

        Raises Gone where it does not end when it is told to, and where the kernel ends.
        """
        seconds = seconds or self.limits.cell_seconds
        request, replied, idle, stopped = self.request(code), False, False, ""
        deadline = time.monotonic() + seconds
        while True:
            for message in self.messages(request, deadline):
                replied = replied or message["msg_type"] == "execute_reply"
                idle = idle or message["content"].get("execution_state") == "idle"
                if replied and idle:
                    return stopped
                if message["msg_type"] == "execute_reply":
                    # The last outputs may still be on their way, or lost.
                    deadline = time.monotonic() + 1
                    break
                say(message)
            else:
                if replied:
                    return stopped
                if stopped:
                    self.end(f"it could not be interrupted after {seconds:g} s")
                    raise Gone(self.why)
                stopped = f"it took more than {seconds:g} s and was interrupted"
                self.interrupt()
                deadline = time.monotonic() + GRACE_SECONDS

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return not self._ended.is_set() and self._process.poll() is None

    def interrupt(self) -> None:
        """As the stop button does."""
        self.client.control_channel.send(self.client.session.msg("interrupt_request"))

    def end(self, why: str) -> None:
        """Kill all of its processes; ``why`` is the sentence for it."""
        self.why = self.why or why
        self._ended.set()
        if not self._alone:
            for member in _family(self._process.pid):
                with contextlib.suppress(psutil.Error, OSError):
                    member.kill()
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, 9)
        self._process.kill()  # of bubblewrap: the system ends all that is inside
        self._process.wait()

    def close(self) -> None:
        """End it, whatever it is doing."""
        self.end("it was ended")
        self._watcher.join()
        self.client.stop_channels()
        self.client.context.destroy(linger=0)

    def _watch(self) -> None:
        """End the kernel when its processes take too much."""
        while not self._ended.wait(WATCH_SECONDS):
            family = _family(self._process.pid, self.limits.processes + 3)
            if len(family) > self.limits.processes + 3:
                self.end(f"it started more than {self.limits.processes} processes")
                return
            memory = _memory(family, self.limits.memory)
            self.peak = max(self.peak, memory)
            if memory > self.limits.memory:
                self.end(f"it took more than {self.limits.memory / 1e9:g} GB of memory")
            elif memory > 10**9 and psutil.virtual_memory().available < SPARE_BYTES:
                self.end("the machine had no memory left for it")


def _family(number: int, most: int = 10**5) -> list[psutil.Process]:
    """The processes that a process has started, and those that they have; no more than so many, which is quick."""
    try:
        if not Path(f"/proc/{number}/task/{number}/children").is_file():
            return psutil.Process(number).children(recursive=True)
        waiting, found = [number], []
        while waiting and len(found) <= most:
            for task in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    children = [int(child) for child in task.read_text().split()]
                    waiting += children
                    found += children
        return [psutil.Process(child) for child in found[: most + 1] if psutil.pid_exists(child)]
    except (psutil.Error, OSError):
        return []


def _memory(family: list[psutil.Process], limit: int) -> int:
    """Bytes of all processes; what they share is counted once where it matters."""
    total = 0
    for kind in ("rss", "pss"):
        total = 0
        for member in family:
            with contextlib.suppress(psutil.Error):
                total += member.memory_info().rss if kind == "rss" else member.memory_full_info().pss
        if total <= limit:
            break
    return total


def _environment(code: Path, dataset: str, home: Path) -> dict[str, str]:
    """Nothing of the grader's own variables: there may be passwords among them."""
    kept = ("LANG", "LC_ALL", "PATH", "LD_LIBRARY_PATH", "CIFAR10_PATH", "TZ")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(home),
        "CNN_DATASET": dataset,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(code)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": str(home / ".matplotlib"),
        "IPYTHONDIR": str(home / ".ipython"),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
    }


def _walls(code: Path, sockets: Path) -> list[str]:
    """bubblewrap's arguments: what is there inside, read-only but for a folder to work in."""
    import matplotlib

    limited = ["--size", str(DISK_BYTES), "--tmpfs"]
    arguments = [
        "bwrap", "--unshare-all", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL", "--die-with-parent",
        "--new-session", "--hostname", "grading", "--proc", "/proc", "--dev", "/dev", *limited, "/dev/shm", *limited,
        "/tmp", "--dir", "/tmp/work",
    ]  # fmt: skip
    system = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store"]
    system += [f"/etc/{name}" for name in ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "fonts", "localtime", "passwd")]
    parts = [ROOT / "helpers", ROOT / "checks", ROOT / "pyproject.toml", TRAINED, *_data()]
    python = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).parent]
    seen: set[str] = set()
    for path in [*map(Path, system), *python, *[path.resolve() for path in python], *parts, code]:
        if path.exists() and str(path) not in seen:
            seen.add(str(path))
            arguments += ["--ro-bind", str(path), str(path)]
    fonts = Path(matplotlib.get_cachedir())
    for path in fonts.glob("fontlist-*.json"):  # to make it again takes seconds
        arguments += ["--ro-bind", str(path), f"/tmp/work/.matplotlib/{path.name}"]
    return [*arguments, "--bind", str(sockets), str(sockets), "--remount-ro", "/", "--chdir", "/tmp/work"]


def _data() -> list[Path]:
    """Images that lessons read."""
    stored = TRAINED.parent
    found = [path for path in stored.glob("*") if path.name != "README.md"]
    named = os.environ.get("CIFAR10_PATH")
    return [*found, *([Path(named)] if named else [])]


def for_kernels() -> Any:
    """A new folder for a kernel's sockets, short enough for the name of one."""
    import tempfile

    return tempfile.TemporaryDirectory(prefix="k-", dir="/tmp" if os.path.isdir("/tmp") else None)
