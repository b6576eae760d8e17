"""One submission through a kernel of its own: what it gets, what is said, and that nothing in it makes a verdict."""

import json
from pathlib import Path

import pytest
import tiny_lesson
from tiny_lesson import ALL, RIGHT, handed_in, payload, said

from tools.grading import attempt, sandbox
from tools.lessons import files

WRONG = {
    "ex1_1": "def positions_along(size, kernel_size, stride, padding):\n    return 1",
    "ex1_3": "def max_pool(image, size):\n    return image",
    "ex1_4": "diagonal = np.eye(3)",
}
shut_in = pytest.mark.skipif(not sandbox.available(), reason=sandbox.ALONE)


def graded(folder: Path, notebook: dict, **limits):
    """The record and the executed notebook."""
    record = attempt.grade(payload(notebook, **{"cell_seconds": 60, **limits}), folder)
    return record, files.read(folder / "notebook.ipynb")


@shut_in
def test_half_of_it_right_beside_what_ends_the_kernel_and_what_forges(tmp_path):
    forged = (
        "import os, checks.lesson01 as check, checks.grading as grading\n"
        "check.exercise_1_1 = check.exercise_1_4 = grading.call = lambda *answers: print('right')\n"
        "os.makedirs('checks')\nopen('checks/__init__.py', 'w').write('')\n"
        "assert not os.path.exists('/etc/shadow') and not os.path.exists(os.path.dirname(check.__file__) + '/../tests')"
    )
    answers = {"first": forged, "ex1_1": WRONG["ex1_1"], "ex1_3": RIGHT["ex1_3"], "ex1_4": "import os\nos._exit(0)"}
    record, notebook = graded(tmp_path, handed_in(**answers))
    assert notebook["cells"][0]["outputs"] == []  # nothing of the grader's is there
    assert record["points"] == {"test_ex1_1": 0, "test_ex1_3": 2, "test_ex1_4": 0}
    assert said(notebook, "test_ex1_1").startswith("Exercise 1.1: for size 9, kernel size 3, stride 2, padding 1 you")
    assert said(notebook, "test_ex1_3").startswith("Exercise 1.3: right. It agrees on 4 random maps")
    assert "ended the kernel" in said(notebook, "ex1_4")
    assert record["needs_human"]
    assert any("ex1_4: ended the kernel" in sentence for sentence in record["odd"])
    assert "HIDDEN" not in json.dumps(notebook)
    assert tiny_lesson.SECRET not in json.dumps(notebook)


@pytest.mark.long
@shut_in
@pytest.mark.parametrize("case", ["right", "untouched", "wrong", "no sandbox"])
def test_whole_submissions(case, tmp_path):
    answers, points = {"right": (RIGHT, ALL), "untouched": ({}, 0), "wrong": (WRONG, 0), "no sandbox": (RIGHT, ALL)}[
        case
    ]
    task = payload(handed_in(**answers), cell_seconds=60) | {"sandbox": case != "no sandbox"}
    record = attempt.grade(task, tmp_path)
    assert sum(record["points"].values()) == points
    assert sum(record["possible"].values()) == ALL
    assert record["odd"] == []
    assert not record["needs_human"]
    notebook = files.read(tmp_path / "notebook.ipynb")
    if case == "untouched":
        assert said(notebook, "test_ex1_3") == "Exercise 1.3 is not filled in yet."
        assert "the course's own positions_along" in "".join(notebook["cells"][3]["outputs"][0]["text"])
    elif points:
        assert "your own positions_along" in "".join(notebook["cells"][3]["outputs"][0]["text"])
