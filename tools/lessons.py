"""What the tools know of lessons: where they are, what they are called, and how to execute one."""

from __future__ import annotations

import json
import os
import re
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from tools.environment import ROOT

NOTEBOOKS = ROOT / "notebooks"
STUDENT = NOTEBOOKS / "student"
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
DATASETS = ("cifar10", "shapes10")

# The first code cell of every lesson, written by `make regenerate`, so that the address stands in one place.
SETUP = f"""\
# Finds the project's helpers, or fetches them where only this notebook is (Colab). Installs nothing.
import subprocess
import sys
from pathlib import Path

folders = [Path.cwd(), *Path.cwd().parents, Path("{REPOSITORY.rsplit("/", 1)[-1]}")]
root = next((folder for folder in folders if (folder / "helpers").is_dir()), folders[-1])
if not root.is_dir():
    address = "{REPOSITORY}"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", address, str(root)], check=True)
sys.path.insert(0, str(root.resolve()))

from helpers import start

start.lesson()"""


@dataclass(frozen=True)
class Lesson:
    """One complete lesson: its file and the facts in its metadata that the README's table shows."""

    path: Path
    number: str
    title: str
    learn: str
    read_minutes: int
    run_minutes: int


def find(number: str | None = None) -> list[Lesson]:
    """All complete lessons in order, or the one with that number ("4" and "04" are the same)."""
    lessons = [_lesson(path) for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))]
    if number:
        chosen = [lesson for lesson in lessons if lesson.number == number.zfill(2)]
        if not chosen:
            raise SystemExit(f"There is no lesson {number}. There are: {', '.join(entry.number for entry in lessons)}.")
        return chosen
    return lessons


def _lesson(path: Path) -> Lesson:
    facts = json.loads(path.read_text(encoding="utf-8"))["metadata"]["lesson"]
    return Lesson(path, path.name[:2], **facts)


def dataset_or_exit(name: str) -> str:
    """The dataset's name, once it is known and there: images are fetched before the first lesson, or not at all."""
    from helpers import data

    if name not in DATASETS:
        raise SystemExit(f"There is no dataset {name!r}. The names are: {', '.join(DATASETS)}.")
    try:
        data.load(name)
    except data.DatasetError as error:
        raise SystemExit(str(error)) from None
    return name


@dataclass
class Outcome:
    """What executing a lesson gave: the notebook with outputs, the seconds it took, and what went wrong."""

    notebook: nbformat.NotebookNode
    seconds: float
    problem: str = ""


def execute(
    path: Path,
    dataset: str,
    timeout: int = 1800,
    on_cell: Callable[[int], None] = lambda cells: None,
) -> Outcome:
    """Execute a notebook from top to bottom in a fresh kernel, in its own folder.

    ``on_cell`` is called with the number of cells finished. A failing cell ends the run and is told in
    ``problem``, unless it is tagged ``raises-exception``.
    """
    notebook = nbformat.read(path, as_version=4)
    clear(notebook)
    count = len(notebook.cells)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],  # a warning about TCP at every start helps nobody here
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_complete=lambda cell, cell_index: on_cell(cell_index + 1),
    )
    began, problem = time.perf_counter(), ""
    # The kernel inherits the environment of this process.
    os.environ["CNN_DATASET"] = dataset
    try:
        client.execute()
    except CellExecutionError as error:
        problem = f"{_cell_that_failed(notebook)}: {error.ename}: {error.evalue}"
    except CellTimeoutError:
        problem = f"{_cell_that_failed(notebook)}: it took more than {timeout} s"
    except DeadKernelError:
        problem = f"{_cell_that_failed(notebook)}: the kernel died (out of memory?)"
    on_cell(count)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    problem = problem or _unexpected_output(notebook)
    return Outcome(notebook, time.perf_counter() - began, re.sub(r"\x1b\[[0-9;]*m", "", problem))


def clear(notebook: nbformat.NotebookNode) -> None:
    """Drop outputs and execution counts."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)


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


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook, one source line a line, then rename it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    os.replace(part, path)
