"""Execute lessons: one from top to bottom in a fresh kernel, or several at a time, each in a process of its own."""

from __future__ import annotations

import itertools
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from tqdm import tqdm

from helpers.places import ROOT
from tools.executor import Job, connect
from tools.lessons import files, find, freshness, kernels

LOOK_SECONDS = 0.5  # between two looks at how far lessons are
Progress = Callable[[dict[Path, list[str]]], None]


def execute_notebook(
    notebook: nbformat.NotebookNode,
    folder: Path,
    dataset: str,
    timeout: int,
    begins: Callable[[str], None] = lambda cell_id: None,
) -> dict:
    """Execute a notebook in a folder on a dataset, with ``timeout`` seconds for each cell.

    Returns "notebook" (its text with outputs), "seconds", "cells" (the seconds of each code cell by its id), and
    "problem": a sentence on the cell that failed or wrote to stderr, or "". A cell that is tagged ``raises-exception``
    may fail. A lesson's metadata gets the records that it has read. ``begins`` is told of each cell that begins.
    """
    files.clear(notebook)
    starts: list[tuple[str, float]] = []

    def begin(cell: nbformat.NotebookNode, cell_index: int) -> None:
        starts.append((cell.id, time.perf_counter()))
        if cell is not last:
            begins(cell.id)

    last = nbformat.v4.new_code_cell(freshness.LOOK)
    notebook.cells.append(last)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        kernel_manager_class=kernels.OwnKernel,
        extra_arguments=["--log-level=ERROR"],  # a warning about TCP at every start helps nobody here
        record_timing=False,
        coalesce_streams=True,
        on_cell_execute=begin,
        resources={"metadata": {"path": str(folder)}},
    )
    began, problem = time.perf_counter(), ""
    try:
        client.execute(env=find.variables(CNN_DATASET=dataset))
    except CellExecutionError as error:
        problem = f"{_cell_that_failed(notebook)}: {error.ename}: {error.evalue}"
    except CellTimeoutError:
        problem = f"{_cell_that_failed(notebook)}: it took more than {timeout} s"
    except DeadKernelError:
        problem = f"{_cell_that_failed(notebook)}: the kernel died (out of memory?)"
    notebook.cells.pop()
    if "lesson" in notebook.metadata and last.outputs and not problem:
        notebook.metadata.lesson.pop("records", None)
        if read := freshness.digests(last.outputs[0].text):
            notebook.metadata.lesson.records = read
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    problem = problem or _unexpected_output(notebook)
    return {
        "notebook": nbformat.writes(notebook) + "\n",
        "seconds": time.perf_counter() - began,
        "cells": {cell_id: end - start for (cell_id, start), (_, end) in itertools.pairwise(starts)},
        "problem": re.sub(r"\x1b\[[0-9;]*m", "", problem),
    }


def _cell_that_failed(notebook: nbformat.NotebookNode) -> str:
    for cell in reversed(notebook.cells):
        if cell.cell_type == "code" and (cell.execution_count or cell.outputs):
            return f"cell {cell.id!r}"
    return "the first cell"


def _unexpected_output(notebook: nbformat.NotebookNode) -> str:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
                return f"cell {cell.id!r}: {output.ename}: {output.evalue}"
            if output.get("name") == "stderr":
                return f"cell {cell.id!r} wrote to stderr: {output.text.strip()[:200]}"
    return ""


def execute_lessons(
    paths: list[Path],
    dataset: str,
    timeout: int,
    jobs: int,
    done: Callable[[Path, dict], None],
    scheduler: str | None = None,
    texts: dict[Path, str] | None = None,
    progress: Progress | None = None,
) -> None:
    """Execute lessons, ``jobs`` at a time here, or on the workers of a Dask scheduler.

    ``done`` gets each as soon as it is finished, in no certain order. What is executed of a lesson is its file, or its
    text in ``texts``. ``progress`` is called twice a second with the cells that have begun, by lesson, and replaces
    the executor's bar. KeyboardInterrupt (Ctrl-C) ends all kernels before it reaches the caller.
    """
    by_key = {path.stem: path for path in paths}
    texts = texts or {path: path.read_text(encoding="utf-8") for path in paths}
    work = []
    with tempfile.TemporaryDirectory(prefix="progress-") as noted:
        for key, path in by_key.items():
            folder = path.parent.relative_to(ROOT) if path.is_relative_to(ROOT) else path.parent
            facts = {"notebook": texts[path], "folder": str(folder), "dataset": dataset, "timeout": timeout}
            facts["progress"] = str(Path(noted) / key) if progress else ""
            work.append(Job(key, f"{__name__}:execute_job", facts))
        with connect(scheduler, min(jobs, len(paths))) as engine, _watched(by_key, Path(noted), progress):
            for outcome in engine.run(work, "lessons", dataset, shown=progress is None):
                nothing = {"notebook": "", "seconds": 0.0, "problem": outcome.problem}
                done(by_key[outcome.job.key], outcome.record or nothing)


@contextmanager
def _watched(by_key: dict[str, Path], noted: Path, progress: Progress | None) -> Iterator:
    """Call ``progress`` with what the jobs have noted, for as long as this lasts."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            begun = {path: noted / key for key, path in by_key.items()}
            progress({path: note.read_text().split() for path, note in begun.items() if note.is_file()})

    watcher = threading.Thread(target=watch, daemon=True)
    if progress:
        watcher.start()
    try:
        yield
    finally:
        over.set()
        if progress:
            watcher.join()


def execute_job(payload: dict, _: Path) -> dict:
    """``execute_notebook`` for one that comes as text; its folder is one of the project's."""
    notebook = nbformat.reads(payload["notebook"], as_version=4)

    def note(cell_id: str) -> None:
        if payload["progress"]:
            with open(payload["progress"], "a", encoding="utf-8") as file:
                file.write(f"{cell_id}\n")

    return execute_notebook(notebook, ROOT / payload["folder"], payload["dataset"], payload["timeout"], note)


def say(line: str) -> None:
    """Print a line, above the progress bar where there is one."""
    with tqdm.external_write_mode(file=sys.stdout):
        print(line, flush=True)
