"""Run another program and wait for it."""

from __future__ import annotations

import subprocess


def call(command: list[str], **options) -> int:
    """Run a program to its end; returns its exit status.

    Ctrl-C reaches the program as well, and it decides what to do. ``subprocess.call`` would kill it a quarter of a
    second later, in the middle of what it saves.
    """
    with subprocess.Popen(command, **options) as program:
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:
                continue
