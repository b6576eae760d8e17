"""Execute lessons: one from top to bottom in a fresh kernel, or several at a time, each in a process of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import re
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from tqdm import tqdm

from tools.lessons import files, find


def execute_lesson(path: str, dataset: str, timeout: int) -> dict:
    """Execute a notebook in its own folder on a dataset, with ``timeout`` seconds for each cell.

    Returns "notebook" (its text with outputs), "seconds", and "problem": a sentence on the cell that failed or wrote
    to stderr, or "". A cell that is tagged ``raises-exception`` may fail.
    """
    notebook = nbformat.read(path, as_version=4)
    files.clear(notebook)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],  # a warning about TCP at every start helps nobody here
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(Path(path).parent)}},
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
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    problem = problem or _unexpected_output(notebook)
    return {
        "notebook": nbformat.writes(notebook) + "\n",
        "seconds": time.perf_counter() - began,
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
    paths: list[Path], dataset: str, timeout: int, jobs: int, done: Callable[[Path, dict], None]
) -> None:
    """Execute lessons, ``jobs`` at a time; ``done`` gets each as soon as it is finished, in no certain order.

    KeyboardInterrupt (Ctrl-C) ends all kernels before it reaches the caller.
    """
    # A fresh interpreter: this one may have loaded TensorFlow, which does not survive a fork.
    fresh = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(min(jobs, len(paths)), fresh, initializer=_ignore_interrupts) as pool,
        tqdm(total=len(paths), unit="lesson", leave=False, file=sys.stdout, disable=None) as bar,
    ):
        waiting = {pool.submit(_in_a_process, str(path), dataset, timeout): path for path in paths}
        try:
            while waiting:
                finished, _ = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
                for future in finished:
                    done(waiting.pop(future), _result(future))
                    bar.update()
                bar.refresh()
        except BaseException:
            _end(pool)
            raise


def say(line: str) -> None:
    """Print a line, above the progress bar where there is one."""
    with tqdm.external_write_mode(file=sys.stdout):
        print(line, flush=True)


def _in_a_process(path: str, dataset: str, timeout: int) -> dict:
    try:
        return execute_lesson(path, dataset, timeout)
    finally:
        # nbclient puts Python's own handler back.
        _ignore_interrupts()


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; the first one alone decides what happens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _result(future) -> dict:
    try:
        return future.result()
    except BrokenProcessPool:
        return {"notebook": "", "seconds": 0.0, "problem": "the process that executed it died (out of memory?)"}


def _end(pool: ProcessPoolExecutor) -> None:
    """Start nothing more, and end what runs: the processes, their kernels, and what a lesson has started."""
    pool.shutdown(wait=False, cancel_futures=True)
    for child in multiprocessing.active_children():
        with contextlib.suppress(psutil.NoSuchProcess):
            worker = psutil.Process(child.pid)
            # Held, so that it starts nothing while its family is listed.
            worker.suspend()
            for process in [*worker.children(recursive=True), worker]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
