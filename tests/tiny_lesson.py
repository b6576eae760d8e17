"""A lesson of three exercises of lesson 01, without TensorFlow: its source, and what students hand in."""

import copy
import json

from tools.grading import hidden
from tools.lessons import student

SECRET = "tiny"
RIGHT = {
    "ex1_1": "def positions_along(size, kernel_size, stride, padding):\n"
    "    return (size + 2 * padding - kernel_size) // stride + 1",
    "ex1_3": "def max_pool(image, size):\n"
    "    rows, columns = image.shape[0] // size, image.shape[1] // size\n"
    "    parts = image[: rows * size, : columns * size].reshape(rows, size, columns, size)\n"
    "    return parts.max(axis=(1, 3))",
    "ex1_4": "diagonal = np.array([[0, 1, 1], [-1, 0, 1], [-1, -1, 0]])",
}
HEADS = {
    "ex1_1": "def positions_along(size, kernel_size, stride, padding):",
    "ex1_3": "def max_pool(image, size):",
    "ex1_4": "diagonal = None",
}
NAMES = {"ex1_1": "positions_along", "ex1_3": "max_pool", "ex1_4": "diagonal"}
POINTS = {"test_ex1_1": 1, "test_ex1_3": 2, "test_ex1_4": 2}
ALL = sum(POINTS.values())


def _cell(identity: str, text: str, **nbgrader) -> dict:
    facts = {
        "schema_version": 3,
        "cell_type": "code",
        "task": False,
        "grade": False,
        "solution": False,
        "locked": False,
    }
    metadata = {"nbgrader": facts | nbgrader} if nbgrader else {}
    return {
        "cell_type": "code",
        "id": identity,
        "metadata": metadata,
        "source": text,
        "outputs": [],
        "execution_count": None,
    }


def source() -> dict:
    """As handout makes it: solutions and hidden tests."""
    cells = [_cell("imports", "import numpy as np\n\nfrom checks import yours")]
    for name, right in RIGHT.items():
        lines = right.split("\n")
        head, body, indent = (HEADS[name], lines[1:], "    ") if name != "ex1_4" else (HEADS[name], lines, "")
        text = "\n".join([head, f"{indent}### BEGIN SOLUTION", *body, f"{indent}### END SOLUTION"])
        number = name.removeprefix("ex")
        cells.append(_cell(name.replace("_", "-"), text, grade_id=name, solution=True))
        check = f"from checks import lesson01 as check\n\ncheck.exercise_{number}({NAMES[name]})"
        facts = {"grade_id": f"test_{name}", "grade": True, "locked": True, "points": POINTS[f"test_{name}"]}
        cells.append(_cell(f"check-{number.replace('_', '-')}", check, **facts))
        if name == "ex1_1":
            text = "from helpers.teaching.convolution import output_size\n\n"
            cells.append(_cell("mine", text + "positions_along = yours(positions_along, output_size)"))
    lesson = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    hidden.add(lesson, "01", SECRET)
    return lesson


def handed_in(**answers: str) -> dict:
    """The student's notebook with these answers (text by grade_id); the others as they were handed out.

    ``first`` and ``last`` are cells of their own.
    """
    from tools.grading import submission

    lesson = copy.deepcopy(source())
    for cell in lesson["cells"]:
        cell["source"] = answers.get(cell["metadata"].get("nbgrader", {}).get("grade_id"), submission.handed_out(cell))
    if "first" in answers:
        lesson["cells"].insert(0, _cell("first", answers["first"]))
    if "last" in answers:
        lesson["cells"].append(_cell("last", answers["last"]))
    return lesson


def cell(notebook: dict, grade_id: str) -> dict:
    """The cell of a grade_id."""
    return next(one for one in notebook["cells"] if one["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def payload(notebook: dict, name: str = "ann", **limits) -> dict:
    """The job for a submission of the tiny lesson."""
    return {
        "student": name,
        "lesson": "01_tiny",
        "source": json.dumps(source()),
        "submitted": json.dumps(notebook),
        "dataset": "shapes10",
        "limits": limits,
        "sandbox": True,
    }


def said(notebook: dict, grade_id: str) -> str:
    """What stands below a cell."""
    outputs = cell(notebook, grade_id)["outputs"]
    return "\n".join("".join(one.get("text") or one.get("evalue", "")) for one in outputs).strip()


STUB = student.STUB
