"""Run another program and wait for it."""

from __future__ import annotations

import signal
import subprocess


def call(command: list[str], **options) -> int:
    """Run a program to its end; returns its exit status.

    Ctrl-C reaches the program as well, and it decides what to do: until it has ended, it means nothing here. Without
    this, ``subprocess.call`` would kill the program a quarter of a second later, in the middle of what it saves.
    """
    # A handler, and not SIG_IGN, which the program would inherit.
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        return subprocess.call(command, **options)
    finally:
        signal.signal(signal.SIGINT, before)
