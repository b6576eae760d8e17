"""Tiny notebooks for the tests of the tools that execute lessons, and what a process of theirs leaves behind."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbformat import v4

from helpers.places import ROOT

FACTS = {"title": "Tiny", "learn": "Nothing", "core_minutes": 1, "further_minutes": 0, "run_minutes": 1}


def notebook_with(path: Path, *sources: str, tags=()) -> Path:
    """A notebook of these code cells, which has an old output in its first one."""
    cells = [v4.new_code_cell(source, metadata={"tags": list(tags)}) for source in sources]
    cells[0].outputs = [v4.new_output("stream", name="stdout", text="old\n")]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(v4.new_notebook(cells=cells, metadata={"lesson": FACTS}), path)
    return path


def printed(path: Path) -> str:
    """What the cells of a notebook have printed."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "".join("".join(output.get("text", "")) for cell in cells for output in cell["outputs"])


def start(program: str, *arguments: Path) -> subprocess.Popen:
    """A Python process of its own, as a terminal starts one, with the project's code."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(condition, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def executed_at_once(paths, dataset, timeout, jobs, done, scheduler=None, **others):
    """Stands for ``execute.execute_lessons`` where only what is done with its results matters; lesson 02 fails."""
    for path in paths:
        notebook_with(path.with_suffix(".new"), "1")
        text = path.with_suffix(".new").read_text(encoding="utf-8").replace("old", "new")
        problem = "cell 'x' failed" if path.name.startswith("02") else ""
        done(path, {"notebook": text, "seconds": 1.0, "cells": {}, "problem": problem})
