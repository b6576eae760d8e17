"""How many seconds the slow cells of a lesson take, as measured on a machine that is named with them."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from tools import provenance
from tools.lessons import files

STORE = Path(__file__).with_name("seconds.json")
# A cell that takes less needs no words in class.
LONG = 5.0


def measure(lesson, dataset: str) -> dict[str, float]:
    """Execute a lesson's core once and return the seconds of its slow cells by their ids, which it also stores.

    Raises SystemExit with a sentence when a cell fails.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from tqdm import tqdm

    from tools.lessons import find, kernels
    from tools.slides import deck

    notebook = nbformat.read(lesson.path, as_version=4)
    notebook.cells = deck.core(notebook.cells)
    took: dict[str, float] = {}
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    with tqdm(total=len(notebook.cells), desc=f"{lesson.number} on {dataset}", unit="cell") as bar:

        def begins(cell, cell_index):
            took[cell.id] = -time.perf_counter()

        def ended(cell, cell_index, **_):
            took[cell.id] += time.perf_counter()
            bar.n = cell_index + 1
            bar.refresh()

        client = NotebookClient(
            notebook,
            timeout=1800,
            kernel_name="python3",
            kernel_manager_class=kernels.OwnKernel,
            on_cell_execute=begins,
            on_cell_executed=ended,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(lesson.path.parent)}},
        )
        try:
            client.execute(env=find.variables(CNN_DATASET=dataset))
        except CellExecutionError as error:
            sentence = f"a cell of its core fails ({error.ename}: {error.evalue})"
            raise SystemExit(f"Lesson {lesson.number} on {dataset}: {sentence}; nothing was stored.") from None
    set_up = {cell.id for cell in notebook.cells if "setup" in cell.metadata.get("tags", [])}
    slow = {name: round(each, 1) for name, each in took.items() if each >= LONG and name not in set_up}
    stored = _stored()
    entry = {"seconds": slow, "machine": provenance.machine(), "load": round(load, 1)}
    stored.setdefault(lesson.number, {})[dataset] = entry
    files.write(STORE, json.dumps(dict(sorted(stored.items())), indent=1) + "\n")
    return slow


def takes(lesson, dataset: str) -> dict[str, str]:
    """For each slow cell how long it takes, in words; less exact ones where nobody has measured it on this dataset."""
    measured = _stored().get(lesson.number, {})
    if dataset not in measured:
        call = f"python -m tools slides --measure --lesson {lesson.number} --dataset {dataset}"
        print(f"How long the cells of lesson {lesson.number} take on {dataset} was not measured: {call} does it.")
        words = f"a part of the {lesson.run_minutes} minutes that the lesson runs on two cores"
        return {name: words for entry in measured.values() for name in entry["seconds"]}
    entry = measured[dataset]
    here, there = provenance.machine(), entry["machine"]
    where = f"this kind of machine ({there})" if here == there else f"{there} (here: {here})"
    # What else ran then made it slower.
    about = "at most" if entry["load"] > 0.5 else "about"
    return {name: f"{about} {spoken(each)} on {where}" for name, each in entry["seconds"].items()}


def spoken(seconds: float) -> str:
    """Seconds, or minutes from two on."""
    return f"{round(seconds)} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _stored() -> dict:
    return json.loads(STORE.read_text(encoding="utf-8")) if STORE.is_file() else {}
