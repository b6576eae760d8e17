"""Run another program and wait for it."""

from __future__ import annotations

import shutil
import signal
import subprocess

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_CHROMIUM = (
    f"None of {', '.join(CHROMIUM)} is in PATH, so nothing was tested in a browser. Debian and Ubuntu have one: "
    "apt-get install chromium."
)


def chromium() -> str | None:
    """The path of a Chromium on this machine, or None."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def call(command: list[str], **options) -> int:
    """Run a program to its end; returns its exit status.

    Ctrl-C reaches the program as well, and it decides what to do: until it has ended, it means nothing here. Without
    this, ``subprocess.call`` would kill the program a quarter of a second later, in the middle of what it saves. Who
    ends this process (SIGTERM) means the program, which would go on without anybody.
    """
    running: list[subprocess.Popen] = []

    def end(number: int, frame: object) -> None:
        for process in running:
            process.terminate()

    # Handlers, and not SIG_IGN, which the program would inherit.
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda number, frame: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, end),
    }
    try:
        running.append(subprocess.Popen(command, **options))
        return running[0].wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
