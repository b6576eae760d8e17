"""One submission, graded: its cells in a kernel that is shut in, its checks in this process.

A kernel that dies or does not stop is started again without the cell that did it, so that the rest counts.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from tools.grading import judge, sandbox, submission
from tools.grading.outputs import Outputs
from tools.lessons import files

RESTARTS = 4
AGENT = ("agent.py", "exchange.py", "exchange_models.py")
# In a cell of a student's: what no exercise needs.
SUSPICIOUS = {
    r"\bchecks\b(?!\s+import\s+yours)": "the checks",
    r"gradebook|\bsource/|\.\./|/proc/|/etc/|/root|/home/|\.git\b": "files that are not its own",
    r"\b(subprocess|socket|ctypes|urllib|requests|multiprocessing|pickle|atexit)\b|os\.(system|fork|kill|_exit)": (
        "other programs, processes or the network"
    ),
    r"get_ipython\(\)|iopub|raw_input|kernelapp|parent_header": "the kernel itself",
}


def grade(payload: dict, folder: Path) -> dict:
    """Grade one submission: a job of the executor. ``folder`` gets ``notebook.ipynb`` with outputs and verdicts.

    ``payload``: "student", "lesson", "source" and "submitted" (notebooks as text), "dataset", "limits" (of
    ``sandbox.Limits``), "sandbox" (False: without walls). The record: "student", "lesson", "points" and "possible" by
    grade_id, "seconds", "peak_mb", "odd" (sentences), "needs_human".
    """
    began = time.monotonic()
    source, submitted = json.loads(payload["source"]), files.notebook(payload["submitted"].encode())
    record = {"student": payload["student"], "lesson": payload["lesson"], "points": {}, "possible": {}}
    checks = [cell for cell in source["cells"] if submission.is_check(cell)]
    for cell in checks:
        facts = files.exercise(cell)
        record["points"][facts["grade_id"]], record["possible"][facts["grade_id"]] = 0, facts["points"]
    if submitted is None:
        return record | {"seconds": 0, "peak_mb": 0, "odd": ["No notebook could be read."], "needs_human": True}
    notebook, odd = submission.restored(source, submitted)
    human = bool(odd)
    for cell in notebook["cells"]:
        if cell["metadata"].get("theirs"):
            odd += _suspicions(cell)
    attempt = Attempt(source, notebook, payload, folder)
    attempt.run()
    (folder / "notebook.ipynb").write_text(files.text(notebook), encoding="utf-8")
    record["points"] |= attempt.points
    return record | {
        "seconds": round(time.monotonic() - began, 1),
        "peak_mb": round(attempt.peak / 1e6),
        "odd": list(dict.fromkeys([*odd, *attempt.odd])),
        "needs_human": human or attempt.human,
    }


class Attempt:
    """One run through a notebook, whose outputs it fills in."""

    def __init__(self, source: dict, notebook: dict, payload: dict, folder: Path) -> None:
        self.points: dict[str, float] = {}
        self.odd: list[str] = []
        self.human, self.peak = False, 0
        self._cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        ours = [cell for cell in source["cells"] if cell["cell_type"] == "code"]
        texts = [files.source(cell) for cell in ours if not files.exercise(cell).get("solution")]
        self._judge = judge.Judge(payload["lesson"][:2], texts)
        self._payload, self._near = payload, folder
        self._limits = sandbox.Limits(**payload.get("limits", {}))
        self._alone = bool(payload.get("sandbox", True))
        self._deadline = time.monotonic() + self._limits.seconds
        self._skipped: set[int] = set()
        self._passed: set[int] = set()
        self._kept: dict[str, Any] = {}
        self._computed = self._needed(ours)
        self._restarts = 0
        self._kernel: sandbox.Kernel | None = None

    def _needed(self, ours: list[dict]) -> dict[str, list[str]]:
        """The names that checks take from cells of ours: what such a cell has computed is kept at once. By cell id."""
        wanted = {name for cell in ours if submission.is_check(cell) for name in self._judge.names(files.source(cell))}
        answers, found = set(), {}
        for cell in ours:
            made = set(submission.defined(files.source(cell))) & wanted
            if files.exercise(cell).get("solution"):
                answers |= made
            elif made and not submission.is_check(cell):
                found[cell["id"]] = sorted(name for name in made if not self._judge.given(name))
        return {key: [name for name in names if name not in answers] for key, names in found.items()}

    def run(self) -> None:
        """Execute and judge cell after cell."""
        # Removed with the job's folder even if this process is killed; the path of a socket must be short.
        near = self._near if len(str(self._near)) < 45 else None
        self._folder = Path(tempfile.mkdtemp(prefix="k-", dir=near))
        try:
            self._code = self._folder / "code"
            self._code.mkdir()
            for name in AGENT:
                shutil.copy(Path(__file__).with_name(name), self._code / name)
            for index, cell in enumerate(self._cells):
                if time.monotonic() > self._deadline:
                    self._note(
                        "The rest", f"not executed, because all together took more than {self._limits.seconds:g} s"
                    )
                    break
                if not self._ready(index):
                    break
                outputs = Outputs(self._limits.cell_output)
                (self._check if submission.is_check(cell) else self._execute)(index, cell, outputs)
                cell["outputs"], cell["execution_count"] = outputs.made, None
                if outputs.cut:
                    self.odd.append(f"{_place(cell)} has written too much; its output is cut.")
        finally:
            if self._kernel:
                self._close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _execute(self, index: int, cell: dict, outputs: Outputs) -> None:
        try:
            stopped = self._kernel.execute(files.source(cell), outputs.say)
            if stopped:
                self._skipped.add(index)
                self._note(_place(cell), stopped)
                outputs.stop("TimeoutError", f"This cell was interrupted: {stopped}.")
            for name, value in self._look_up(cell).items():
                self._kept.setdefault(name, value)
        except sandbox.Gone as gone:
            self._skipped.add(index)
            self._note(_place(cell), f"ended the kernel: {gone}", True)
            outputs.stop("DeadKernelError", f"This cell ended the kernel: {gone}. What follows ran without it.")

    def _look_up(self, cell: dict) -> dict[str, Any]:
        names = self._computed.get(cell["id"])
        return self._judge.look_up(names, self._kernel) if names else {}

    def _check(self, index: int, cell: dict, outputs: Outputs) -> None:
        facts = files.exercise(cell)
        verdict = self._judge.run(files.source(cell), self._kernel, outputs.say, self._kept)
        if verdict.printed:
            outputs.write(verdict.printed)
        if verdict.passed:
            self.points[facts["grade_id"]] = facts["points"]
            self._passed.add(index)
        else:
            self.points[facts["grade_id"]] = 0
            outputs.stop(verdict.kind, verdict.sentence)
        if verdict.human:
            self._note(_place(cell), f"a person has to look, because {verdict.human}", True)
        cell["source"] = submission.HIDDEN.sub("", files.source(cell))

    def _ready(self, index: int) -> bool:
        """A kernel that has executed all cells before this one; False where none can be had any more."""
        while self._kernel is None or not self._kernel.alive:
            if self._kernel is not None:
                self._close()
                self._restarts += 1
                if self._restarts > RESTARTS:
                    self._note("The rest", f"not executed, because the kernel was ended {self._restarts} times", True)
                    return False
            where = Path(tempfile.mkdtemp(prefix="s", dir=self._folder))
            self._kernel = sandbox.Kernel(where, self._code, self._payload["dataset"], self._limits, self._alone)
            for before in range(index):
                if not self._again(before):
                    break
        return True

    def _again(self, index: int) -> bool:
        """Execute a cell once more, for what it defines; False where it ended the kernel this time."""
        cell = self._cells[index]
        if index in self._skipped:
            return True
        try:
            if submission.is_check(cell):
                if index in self._passed:
                    self._judge.remind(files.source(cell), self._kernel)
            elif self._kernel.execute(files.source(cell), lambda message: None):
                self._skipped.add(index)
        except sandbox.Gone as gone:
            self._skipped.add(index)
            self._note(_place(cell), f"ended the kernel when it ran again: {gone}", True)
            return False
        return True

    def _close(self) -> None:
        self.peak = max(self.peak, self._kernel.peak)
        self._kernel.close()

    def _note(self, where: str, what: str, human: bool = True) -> None:
        self.odd.append(f"{where}: {what}.")
        self.human = self.human or human


def _place(cell: dict) -> str:
    return files.exercise(cell).get("grade_id") or f"Cell {cell.get('id')}"


def _suspicions(cell: dict) -> list[str]:
    """What a grader may want to look at; nothing of it counts against the student."""
    if cell["cell_type"] != "code":
        return []
    found = [(what, re.search(rule, files.source(cell))) for rule, what in SUSPICIOUS.items()]
    return [f"{_place(cell)} mentions {what}: {match[0]!r}." for what, match in found if match]
