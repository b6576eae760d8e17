"""What the book shows of a lesson: no solution, no teacher's note, no output of an exercise, unless it is asked to."""

import copy
import json
import re

import pytest

from tools.lessons import files, find
from tools.site import editions

LESSONS = find.find()


def solution_lines(complete, student):
    """Lines of solutions that say something, and stand nowhere else in the student edition."""
    elsewhere = "\n".join(files.source(cell) for cell in student["cells"])
    lines = set()
    for cell in complete["cells"]:
        if files.exercise(cell).get("solution"):
            found = re.search(r"### BEGIN SOLUTION\n(.*)### END SOLUTION", files.source(cell), re.S)
            lines |= {line.strip() for line in (found[1] if found else files.source(cell)).splitlines()}
    return {line for line in lines if len(line) > 12 and line not in elsewhere}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_a_lesson_gives_nothing_away(lesson):
    complete, student = files.read(lesson.path), editions.student(lesson)
    shown = editions.shown(lesson)
    texts = [files.source(cell) for cell in shown["cells"]] + [
        json.dumps(cell.get("outputs")) for cell in shown["cells"]
    ]
    text = "\n".join(texts)

    lines = solution_lines(complete, student)
    assert lines
    assert [line for line in lines if line in text] == []
    notes = [files.source(cell) for cell in complete["cells"] if "instructor" in cell["metadata"].get("tags", [])]
    assert notes
    assert [note for note in notes if note in text] == []
    assert "For the teacher" not in text
    assert "SOLUTION" not in text
    assert not re.search(r"Exercise \d+\.\d+: right", text)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_everything_else_is_there_with_its_outputs(lesson):
    complete = files.read(lesson.path)
    outputs = {cell["id"]: cell.get("outputs") for cell in editions.shown(lesson)["cells"]}
    for cell in complete["cells"]:
        facts = files.exercise(cell)
        if "instructor" in cell["metadata"].get("tags", []):
            assert cell["id"] not in outputs
        elif facts.get("solution") or facts.get("grade"):
            assert not outputs[cell["id"]]
        elif (lesson.number, cell["id"]) == ("01", "explore"):
            # It draws the kernel of exercise 1.4.
            assert [output["text"] for output in outputs["explore"]] == [editions.LEFT_OUT]
        else:
            assert outputs[cell["id"]] == cell.get("outputs")


def test_solutions_and_notes_come_when_they_are_asked_for():
    (lesson,) = find.find("01")
    shown, complete = editions.shown(lesson, solutions=True), files.read(lesson.path)
    text = "\n".join(files.source(cell) for cell in shown["cells"])
    assert len(shown["cells"]) == len(complete["cells"])
    assert "(size + 2 * padding - kernel_size) // stride + 1" in text
    assert text.count("{admonition} For the teacher") == 3
    assert any("Exercise 1.1: right" in json.dumps(cell.get("outputs")) for cell in shown["cells"])


def test_what_jupyterlab_folds_is_folded_and_exercises_are_marked():
    (lesson,) = find.find("01")
    tags = {cell["id"]: cell["metadata"]["tags"] for cell in editions.shown(lesson)["cells"]}
    assert tags["setup"] == tags["frames"] == ["hide-input"]
    assert tags["ex-1-1"] == ["exercise"]
    assert tags["check-1-1"] == ["check"]
    assert tags["photo"] == []


def code(name, source, **facts):
    return {"id": name, "cell_type": "code", "source": source, "metadata": {"nbgrader": facts}}


def test_cells_that_read_a_value_of_a_solution_are_known():
    cells = [
        code("answer", "kernel = 3\ndef double(x):\n    y = 2 * x\n    return y", solution=True),
        code("prints", "print(kernel)"),
        code("calls", "print(double(4))"),
        code("loops", "for kernel in range(3):\n    print(kernel)"),
        code("own", "print(kernel)"),
    ]
    assert editions.telling_cells({"cells": cells}) == {"prints"}


@pytest.mark.parametrize("change", ["source", "gone", "none"])
def test_a_student_edition_that_does_not_belong_to_the_lesson_is_refused(monkeypatch, tmp_path, change):
    (lesson,) = find.find("10")
    student = copy.deepcopy(editions.student(lesson))
    if change == "source":
        student["cells"][0]["source"] = "# Something else"
    if change == "gone":
        del student["cells"][3]
    if change != "none":
        (tmp_path / lesson.path.name).write_text(json.dumps(student), encoding="utf-8")
    monkeypatch.setattr(find, "STUDENT", tmp_path)
    with pytest.raises(SystemExit, match="python -m tools student"):
        editions.shown(lesson)
