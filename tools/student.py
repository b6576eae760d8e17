"""Make the student edition from the complete lessons, with nbgrader: ``python -m tools.student``.

Outputs are cleared, instructor notes dropped, solutions replaced by a stub that raises, and the cells that hold a
stub or a check tagged ``raises-exception``, there and nowhere else.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from tools import environment

STUB = "raise NotImplementedError  # Replace this line by your code."
ANSWER = "*Write your answer here.*"


def main() -> int:
    environment.enter(instructor=True)
    for path in write_all():
        print(path.relative_to(environment.ROOT))
    return 0


def write_all() -> list[Path]:
    """Write the student edition of every lesson into ``notebooks/student``; returns the files."""
    from tools import lessons

    notebooks = generate([lesson.path for lesson in lessons.find()])
    shutil.rmtree(lessons.STUDENT, ignore_errors=True)
    for name, notebook in notebooks.items():
        lessons.write(notebook, lessons.STUDENT / name)
    return [lessons.STUDENT / name for name in notebooks]


def generate(paths: list[Path]) -> dict:
    """The student edition of these lessons: file name -> notebook. Raises SystemExit with nbgrader's reason."""
    import nbformat
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    from tools import lessons

    # nbgrader calls alembic by its name, which lies beside this Python.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    # nbgrader copies the whole folder of an assignment, so it gets one that holds nothing else.
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        source = course / "source" / "notebooks"
        source.mkdir(parents=True)
        for path in paths:
            notebook = nbformat.read(path, as_version=4)
            notebook.cells = [cell for cell in notebook.cells if "instructor" not in cell.metadata.get("tags", [])]
            lessons.clear(notebook)
            lessons.write(notebook, source / path.name)
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
            _tag(notebook)
            made[path.name] = notebook
        return made


def _tag(notebook) -> None:
    """Let Run All get through an untouched lesson: stubs and checks may raise."""
    for cell in notebook.cells:
        facts = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and (facts.get("solution") or facts.get("grade")):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "raises-exception"]


if __name__ == "__main__":
    sys.exit(main())
