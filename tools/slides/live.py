"""Slides beside a real kernel: the lesson in JupyterLab with stored outputs, a training cell below its stored run.

Students' cells are stubs there, as in the student edition: nothing that is projected gives a solution away.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tools import programs
from tools.lessons import files, find, lab

# Of JupyterLab on a projector: the largest letters with which 80 characters fit across 1,280 pixels. Those of the
# teacher lie in another folder, and stay.
SETTINGS = {
    "@jupyterlab/apputils-extension/themes": {"overrides": {"code-font-size": "22px", "content-font-size1": "21px"}}
}
NAMES = {"cifar10": "CIFAR-10", "shapes10": "Shapes-10"}


def main(arguments: argparse.Namespace, out: Path) -> int:
    """Write decks and lessons, then run JupyterLab until it is ended; its exit status."""
    from tools.slides import command, seconds

    lessons = find.find(*arguments.lesson)
    takes = {lesson.number: seconds.takes(lesson, arguments.dataset) for lesson in lessons}
    find.dataset_or_exit(arguments.dataset)
    command.write(lessons, out, takes)
    folder = out / "lessons"
    for lesson in lessons:
        place(folder / lesson.path.name, notebook(lesson, takes[lesson.number]))
    print(f"JupyterLab opens beside the slides; its runs are on {NAMES[arguments.dataset]}.", flush=True)
    for name, settings in SETTINGS.items():
        files.write(out / "settings" / f"{name}.jupyterlab-settings", json.dumps(settings))
    options = {
        "--LabApp.user_settings_dir": out / "settings",
        "--LabApp.workspaces_dir": out / "workspaces",  # of another day, with panels that take the room of the code
        "--LabApp.default_url": f"/doc/tree/{lessons[0].path.name}",
    }
    rest = [*(f"{name}={value}" for name, value in options.items()), *arguments.rest]
    variables = find.variables(CNN_DATASET=arguments.dataset, **lab.settings())
    return programs.call(lab.command(folder, rest), cwd=folder, env=variables)


def notebook(lesson: find.Lesson, takes: dict[str, str]) -> dict:
    """The student edition of a lesson with the stored outputs; those of slow cells stand above them, as text."""
    made = files.read(find.STUDENT / lesson.path.name)
    stored = {cell["id"]: cell for cell in files.read(lesson.path)["cells"]}
    cells = []
    for cell in made["cells"]:
        outputs = stored.get(cell["id"], {}).get("outputs", [])
        if cell["id"] in takes:
            cells.append(stored_run(cell["id"], takes[cell["id"]], outputs))
        elif cell["cell_type"] == "code" and not files.exercise(cell):
            cell["outputs"] = outputs
        cells.append(cell)
    made["cells"] = cells
    files.sign(made)
    return made


def stored_run(name: str, takes: str, outputs: list[dict]) -> dict:
    """A Markdown cell that shows what a cell gave when the lesson was executed for the course."""
    lines, attachments = [f"**The cell below takes {takes}.** Its stored run, on CIFAR-10:"], {}
    for number, output in enumerate(outputs):
        data = output.get("data", {})
        if "image/png" in data:
            attachments[f"{number}.png"] = {"image/png": "".join(data["image/png"])}
            alt = output.get("metadata", {}).get("image/png", {}).get("alt", "").translate(str.maketrans("[]\n", "() "))
            lines.append(f"![{alt}](attachment:{number}.png)")
        else:
            text = "".join(output.get("text", "") or data.get("text/plain", "")).rstrip("\n")
            lines.append(f"```text\n{text}\n```")
    cell = {"cell_type": "markdown", "id": f"{name}-stored", "metadata": {}, "source": "\n\n".join(lines)}
    return cell | ({"attachments": attachments} if attachments else {})


def place(path: Path, made: dict) -> None:
    """Write a lesson; one that somebody worked in stays as it is."""
    held = files.content(path)
    if held is not None and not files.untouched(held):
        print(f"{path} was changed since it was written, and stays: delete it for a fresh one.")
        return
    files.write(path, json.dumps(made, indent=1, ensure_ascii=False) + "\n")
