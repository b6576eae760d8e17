"""A lesson of three cells for the tests of grading, without TensorFlow, and a course in which it was handed out."""

import json
from pathlib import Path
from unittest import mock

from nbformat import v4

from tools.grading import handout
from tools.grading.course import Course
from tools.lessons import files, find

NAME = "01_convolution_math"
FACTS = {"title": "Tiny", "learn": "Little", "core_minutes": 1, "further_minutes": 0, "run_minutes": 1}
SOLUTION = "return (length + 2 * padding - kernel) // stride + 1"
ANSWER = "Because the kernel's numbers add up to nothing."
NOTE = "**For marking 1.5.** One point for the sum."
STUB = f"""\
def positions_along(length, kernel, stride, padding):
    ### BEGIN SOLUTION
    {SOLUTION}
    ### END SOLUTION"""
CHECK = "from checks import lesson01 as check\n\ncheck.exercise_1_1(positions_along)"
CARD = "#### Exercise 1.5 · Why white?\n\n<details><summary>Checklist</summary>\n\n- The products cancel.\n\n</details>"


def graded(grade_id, points=None, solution=False):
    """nbgrader's metadata of a cell."""
    facts = {"grade_id": grade_id, "grade": points is not None, "solution": solution, "locked": not solution}
    return {"nbgrader": facts | {"schema_version": 3, "task": False} | ({"points": points} if points else {})}


def lesson():
    """The complete lesson: a stub, its check, a free text, notes for the instructor."""
    cells = [
        v4.new_markdown_cell("# 01 · Tiny", id="title"),
        v4.new_code_cell("from helpers import start", id="setup"),
        v4.new_markdown_cell("**45 minutes.**", id="note", metadata={"tags": ["instructor"]}),
        v4.new_markdown_cell("#### Exercise 1.1 · Count", id="card"),
        v4.new_code_cell(STUB, id="ex11", metadata=graded("ex1_1", solution=True)),
        v4.new_code_cell(CHECK, id="ex11-check", metadata=graded("test_ex1_1", points=2)),
        v4.new_markdown_cell(CARD, id="card5"),
        v4.new_markdown_cell(ANSWER, id="answer", metadata=graded("ex1_5", points=3, solution=True)),
        v4.new_markdown_cell(NOTE, id="marking", metadata={"tags": ["instructor"]}),
    ]
    cells[5].outputs = [v4.new_output("stream", name="stdout", text="Exercise 1.1: right.\n")]
    return json.loads(json.dumps(v4.new_notebook(cells=cells, metadata={"lesson": FACTS})))


def handed_out(folder: Path) -> Course:
    """A course in which the tiny lesson was handed out."""
    path = folder / f"{NAME}.ipynb"
    files.write(path, files.text(lesson()))
    course = Course(folder / "course").prepared()
    # nbgrader starts alembic for one number in a new gradebook, which takes three seconds.
    with mock.patch("nbgrader.api.get_alembic_version", return_value="50a4d84c131a"):
        handout.hand_out(course, find._lesson(path))
    return course


def filled(release: dict, **answers: str) -> dict:
    """What a student hands in: ``answers`` by grade_id in the cells for them."""
    notebook = json.loads(json.dumps(release))
    for cell in notebook["cells"]:
        name = files.exercise(cell).get("grade_id")
        if name in answers:
            cell["source"] = answers[name]
    return notebook
