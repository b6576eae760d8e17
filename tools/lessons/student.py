"""Make the student edition from the complete lessons, with nbgrader.

Outputs are cleared, instructor notes dropped, solutions replaced by a stub that raises, and the cells that hold a
stub or a check tagged ``raises-exception``, there and nowhere else. Files that somebody changed are never lost.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from helpers.places import ROOT
from tools.lessons import files, find, workspace

STUB = "raise NotImplementedError  # Replace this line by your code."
ANSWER = "*Write your answer here.*"


def main(arguments: argparse.Namespace) -> int:
    """Make it; 1 when somebody saved a file at the same moment, whose file then stays."""
    lessons = find.find()
    made = write(lessons)
    for path in made:
        print(path.relative_to(ROOT))
    for path in find.STUDENT.glob("*.ipynb"):
        if path.name in {lesson.path.name for lesson in lessons}:
            continue
        if files.untouched(files.content(path)):
            path.unlink()
            print(f"{path.relative_to(ROOT)} removed: there is no such lesson")
        else:
            print(f"{path.relative_to(ROOT)} stays: there is no such lesson, and it is not as this command wrote it")
    return 0 if len(made) == len(lessons) else 1


def write(lessons: list[find.Lesson]) -> list[Path]:
    """Write the student edition of these lessons into ``notebooks/student``; returns the files.

    A file that somebody changed is kept in the folder ``work``.
    """
    import nbformat

    paths = []
    for name, notebook in generate([lesson.path for lesson in lessons]).items():
        path, new = find.STUDENT / name, nbformat.writes(notebook) + "\n"
        held = files.content(path)
        if held is not None and not files.same(held, new) and not files.untouched(held):
            print(f"{name} of the student edition was changed by somebody: kept as {workspace.keep(path, held)}")
        if files.swap(path, held, new):
            paths.append(path)
        else:
            print(f"{name} of the student edition was saved by somebody at this moment, and stays: call this again")
    return paths


def generate(paths: list[Path]) -> dict:
    """The student edition of these lessons: file name -> notebook. Raises SystemExit with nbgrader's reason."""
    import nbformat
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    # nbgrader calls alembic by its name, which lies beside this Python.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    # nbgrader copies the whole folder of an assignment, so it gets one that holds nothing else.
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        source = course / "source" / "notebooks"
        for path in paths:
            notebook = nbformat.read(path, as_version=4)
            notebook.cells = [cell for cell in notebook.cells if "instructor" not in cell.metadata.get("tags", [])]
            files.clear(notebook)
            # It says how new the outputs are, which are gone.
            notebook.metadata.get("lesson", {}).pop("records", None)
            files.write(source / path.name, nbformat.writes(notebook) + "\n")
        config = Config()
        config.CourseDirectory.root = folder
        config.CourseDirectory.db_url = f"sqlite:///{course / 'gradebook.db'}"
        config.ClearSolutions.code_stub = {"python": STUB}
        config.ClearSolutions.text_stub = ANSWER
        result = NbGraderAPI(config=config).generate_assignment("notebooks", create=True)
        if not result["success"]:
            raise SystemExit(f"nbgrader made no student edition:\n{result.get('log') or result.get('error')}")
        made = {}
        for path in paths:
            notebook = nbformat.read(course / "release" / "notebooks" / path.name, as_version=4)
            finish(notebook)
            made[path.name] = notebook
        return made


def finish(notebook) -> None:
    """Let Run All get through an untouched lesson, because stubs and checks may raise; and sign it."""
    for cell in notebook.cells:
        facts = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and (facts.get("solution") or facts.get("grade")):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "raises-exception"]
    files.sign(notebook)
