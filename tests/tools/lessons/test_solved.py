"""``python -m tools progress``: what made-up notebooks of a student show, and what does not count as passed."""

import argparse
import json
import random

import nbformat
import pytest
from nbformat import v4
from nbgrader.utils import compute_checksum

from tools import __main__ as command
from tools.lessons import files, find, solved

NAME = "04_first_cnn.ipynb"
STUBS = {"ex4_1": "def side(size):\n    raise NotImplementedError", "ex4_2": "count = None"}
ANSWER = "def side(size):\n    return size - 2"
PRAISE = "Exercise 4.1: right. Two pixels less.\n"


def graded(cell, key, *, points=None, solution=False):
    facts = {"grade_id": key, "grade": points is not None, "solution": solution, "locked": not solution}
    cell.metadata["nbgrader"] = facts | {"schema_version": 3, "task": False}
    if points is not None:
        cell.metadata.nbgrader["points"] = points
    cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    return cell


def lesson():
    """A lesson as it is handed out: two exercises with a check, one free text."""
    cells = [v4.new_markdown_cell("# 04 · The first CNN", id="title"), v4.new_code_cell("import checks", id="setup")]
    for key, stub in STUBS.items():
        number = key[2:].replace("_", ".")
        cells.append(v4.new_markdown_cell(f"### Exercise {number} · Name of {number}\n●○○", id=f"card-{key}"))
        cells.append(graded(v4.new_code_cell(stub, id=key), key, solution=True))
        cells.append(graded(v4.new_code_cell(f"check({key})", id=f"test-{key}"), f"test_{key}", points=2))
    cells.append(v4.new_markdown_cell("#### Exercise 4.3 · In words\n●○○", id="card-3"))
    text = v4.new_markdown_cell("*Write your answer here.*", id="ex4_3")
    cells.append(graded(text, "ex4_3", points=3, solution=True))
    facts = {"title": "The first CNN", "learn": "It", "core_minutes": 1, "further_minutes": 0, "run_minutes": 1}
    return v4.new_notebook(cells=cells, metadata={"lesson": facts})


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.setattr(find, "NOTEBOOKS", tmp_path / "none")
    monkeypatch.setattr(find, "STUDENT", tmp_path / "student")
    monkeypatch.setattr(find, "WORK", tmp_path / "work")
    for folder in ("student", "work"):
        (tmp_path / folder).mkdir()
    nbformat.write(lesson(), tmp_path / "student" / NAME)
    return tmp_path / "work"


def answered():
    """A student's notebook in which 4.1 is right, as JupyterLab would have saved it: cells by their id."""
    notebook = lesson()
    cells = {cell.id: cell for cell in notebook.cells}
    cells["setup"].execution_count = 1
    cells["ex4_1"].update(source=ANSWER, execution_count=2)
    cells["test-ex4_1"].update(execution_count=3, outputs=[v4.new_output("stream", name="stdout", text=PRAISE)])
    return notebook, cells


def shown(work, notebook=None, name=NAME):
    """What is said of each exercise."""
    if notebook is not None:
        (work / name).parent.mkdir(exist_ok=True)
        nbformat.write(notebook, work / name)
    (each,) = find.find()
    return solved.report(each, solved.notebooks(work)[0]).said


def call(*words):
    parser = argparse.ArgumentParser()
    solved.add_arguments(parser)
    return solved.main(parser.parse_args([str(word) for word in words]))


def test_a_right_answer_is_passed_and_what_nobody_touched_is_not_filled_in(work):
    assert shown(work, answered()[0]) == {"4.1": "passed", "4.2": "not filled in", "4.3": "not filled in"}


def test_an_untouched_lesson_has_nothing_filled_in(work):
    assert set(shown(work, lesson()).values()) == {"not filled in"}


def test_a_written_text_is_not_judged_and_an_empty_one_is_none(work):
    notebook, cells = answered()
    cells["ex4_3"].source = "Because the border is lost."
    assert shown(work, notebook)["4.3"] == "free text written"
    cells["ex4_3"].source = "  \n"
    assert shown(work, notebook)["4.3"] == "not filled in"


def error(sentence):
    return [v4.new_output("error", ename="NotRight", evalue=sentence, traceback=[])]


def right_line(text=PRAISE, **more):
    return {"outputs": [v4.new_output("stream", name="stdout", text=text)], "execution_count": 3} | more


# What was done to the notebook whose 4.1 is right, and what is then said of it.
NOT_PASSED = {
    "wrong": ({"test-ex4_1": {"outputs": error("Exercise 4.1: one pixel\ntoo few.")}}, "tried: one pixel too few."),
    "crashed": ({"test-ex4_1": {"outputs": error("")}}, "tried: NotRight"),
    "right, then an error": (
        {"test-ex4_1": {"outputs": [*right_line()["outputs"], *error("Exercise 4.1: hidden.")]}},
        "tried: hidden.",
    ),
    "no check run": ({"test-ex4_1": {"outputs": [], "execution_count": None}}, "tried: its check was not run"),
    "an output without a run": ({"test-ex4_1": {"execution_count": None}}, "tried: its check was not run"),
    "a count that is none": ({"test-ex4_1": {"execution_count": True}}, "tried: its check was not run"),
    "another exercise's line": ({"test-ex4_1": right_line("Exercise 4.10: right.\n")}, "tried: its check does not"),
    "praise in the middle": ({"test-ex4_1": right_line(f"no {PRAISE}")}, "tried: its check does not say"),
    "check changed": ({"test-ex4_1": {"source": f"print('{PRAISE[:-1]}')"}}, "tried: the cell with its check was ch"),
    "answer not run": ({"ex4_1": {"execution_count": None}}, "tried: the cell with the answer was not run"),
    "answer run later": ({"ex4_1": {"execution_count": 4}}, "tried: the answer was run again after its check"),
    "answer put back": ({"ex4_1": {"source": STUBS["ex4_1"]}}, "not filled in"),
    "answer emptied": ({"ex4_1": {"source": ""}}, "not filled in"),
    "answer in an error": ({"ex4_1": {"outputs": error("no")}}, "tried: the cell with the answer ended in an error"),
    "answer broken later": ({"ex4_1": {"source": "def side(:"}}, "tried: the answer is no Python any more"),
}


@pytest.mark.parametrize(("changes", "said"), NOT_PASSED.values(), ids=NOT_PASSED)
def test_is_not_passed(work, changes, said):
    notebook, cells = answered()
    for name, change in changes.items():
        cells[name].update(change)
    assert shown(work, notebook)["4.1"].startswith(said)


@pytest.mark.parametrize(
    ("answer", "check", "passed"), [("09:00:01", "09:00:02", True), ("09:00:03", "09:00:02", False)]
)
def test_times_count_where_the_editor_keeps_them(work, answer, check, passed):
    notebook, cells = answered()
    for name, time in (("ex4_1", answer), ("test-ex4_1", check)):
        cells[name].metadata["execution"] = {"iopub.execute_input": f"2026-01-01T{time}Z"}
    assert (shown(work, notebook)["4.1"] == "passed") is passed


def test_deleted_cells(work):
    notebook, cells = answered()
    notebook.cells.remove(cells["test-ex4_1"])
    assert shown(work, notebook)["4.1"] == "tried: the cell with its check is gone"
    notebook.cells.remove(cells["ex4_1"])
    assert shown(work, notebook)["4.1"] == "its cell is gone"


def copied(cells, notebook, name, **changes):
    copy = nbformat.from_dict(json.loads(json.dumps(cells[name])))
    copy.update(id=f"{name}-copy", **changes)
    notebook.cells.append(copy)


def test_duplicated_cells(work):
    notebook, cells = answered()
    copied(cells, notebook, "ex4_1", source="def side(size):\n    return 7", execution_count=None)
    assert shown(work, notebook)["4.1"] == "tried: the cell with the answer was not run"
    notebook.cells[-1].execution_count = 9
    assert shown(work, notebook)["4.1"] == "tried: the answer was run again after its check"
    copied(cells, notebook, "test-ex4_1", execution_count=10, outputs=error("Exercise 4.1: no."))
    assert shown(work, notebook)["4.1"] == "tried: no."
    notebook.cells[-1].update(right_line(execution_count=11))
    assert shown(work, notebook)["4.1"] == "passed"


def test_of_several_copies_the_best_counts_and_a_renamed_one_is_known_by_its_title(work):
    shown(work, lesson())
    assert shown(work, answered()[0], "04_first_cnn.new-edition.ipynb")["4.1"] == "passed"
    (work / "04_first_cnn.new-edition.ipynb").unlink()
    assert shown(work, answered()[0], "homework/mine.ipynb")["4.1"] == "passed"
    assert shown(work, lesson(), "04_other.ipynb")["4.2"] == "not filled in"


def test_an_older_edition_counts_by_its_own_checksum(work):
    later = lesson()
    for cell in later.cells:
        if cell.id == "test-ex4_1":
            cell.source = "check(ex4_1, tolerance=1)"
            cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    nbformat.write(later, find.STUDENT / NAME)
    assert shown(work, answered()[0])["4.1"] == "passed"


def test_the_complete_edition_has_no_checksums(work):
    notebook, _ = answered()
    for cell in notebook.cells:
        cell.metadata.get("nbgrader", {}).pop("checksum", None)
    assert shown(work, notebook) == {"4.1": "passed", "4.2": "not filled in", "4.3": "not filled in"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"cells": 3}', b'{"cells": [{}], "metadata": {}}', b"\xff\xfe", b"null", b"[" * 9999],
)
def test_broken_files_are_named_and_left_out(work, content, capsys):
    shown(work, answered()[0])
    (work / "broken.ipynb").write_bytes(content)
    (work / "folder.ipynb").mkdir()
    assert call(work) == 0
    told = capsys.readouterr().out
    assert told.startswith("broken.ipynb cannot be read as a notebook, and is left out.\n04 The first CNN (")
    assert "  4.1   Name of 4.1                                 passed\n" in told
    assert "1 of 2 passed, 0 of 1 texts written" in told


def test_any_damage_inside_a_notebook_is_survived_and_passes_nothing_new(work):
    generator, whole = random.Random(4), json.loads(nbformat.writes(answered()[0]))
    (each,) = find.find()
    for _ in range(300):
        damaged = json.loads(json.dumps(whole))
        cell = generator.choice(damaged["cells"])
        key = generator.choice(["outputs", "execution_count", "metadata", "source", "cell_type", "nbgrader"])
        place = cell["metadata"] if key == "nbgrader" else cell
        place[key] = generator.choice([None, 3, "text", [], {}, [3], [None], {"outputs": 3}, True])
        read = files.notebook(json.dumps(damaged).encode())
        if read is not None:
            said = solved.report(each, {find.WORK / NAME: read}).said
            assert set(said) == {"4.1", "4.2", "4.3"}
            assert said["4.2"] != "passed"


def test_the_summary_is_by_lesson_and_says_what_it_cannot_know(work, capsys):
    shown(work, answered()[0])
    assert call() == 0
    told = capsys.readouterr().out
    assert "  04 The first CNN                             1 of 2 passed, 0 of 1 texts written\n" in told
    assert "In all: 1 of 2 exercises passed, 0 of 1 texts written" in told
    assert "an answer that was edited after its check ran still counts" in told


def test_no_folder_and_no_notebook_are_said(work, tmp_path, capsys):
    assert call(tmp_path / "nowhere") == 1
    assert "is no folder. `make lab` makes work/" in capsys.readouterr().out
    (work / ".ipynb_checkpoints").mkdir()
    shown(work, answered()[0], ".ipynb_checkpoints/" + NAME)
    assert call() == 1
    assert "There is no notebook of these lessons" in capsys.readouterr().out


def test_with_run_the_outputs_are_those_of_an_execution_now(work, monkeypatch, capsys):
    notebook, cells = answered()
    cells["ex4_1"].source = "def side(size):\n    return size"  # edited after its check had run
    assert shown(work, notebook)["4.1"] == "passed"

    def execute_lessons(paths, dataset, timeout, jobs, done, texts):
        made = json.loads(texts[paths[0]])
        assert dataset == "shapes10"
        assert not any(cell.get("outputs") for cell in made["cells"])
        assert all("raises-exception" in cell["metadata"]["tags"] for cell in made["cells"])
        for count, cell in enumerate(made["cells"], start=1):
            if cell["cell_type"] == "code":
                cell["execution_count"] = count
            if cell["id"] == "test-ex4_1":
                cell["outputs"] = error("Exercise 4.1: too many.")
        done(paths[0], {"notebook": json.dumps(made), "problem": "cell 'x' wrote to stderr: y"})

    monkeypatch.setattr("tools.lessons.execute.execute_lessons", execute_lessons)
    assert call(work, "--run") == 0
    told = capsys.readouterr().out
    assert "tried: too many.\n" in told
    assert f"{NAME}: cell 'x' wrote to stderr: y\n" in told
    assert "Executed just now, on Shapes-10." in told


def test_an_execution_that_was_not_possible_passes_nothing(work, monkeypatch):
    def execute_lessons(paths, dataset, timeout, jobs, done, texts):
        done(paths[0], {"notebook": "", "problem": "the kernel died"})

    monkeypatch.setattr("tools.lessons.execute.execute_lessons", execute_lessons)
    nbformat.write(answered()[0], work / NAME)
    (each,) = find.find()
    assert solved.report(each, solved.notebooks(work)[0], run=True).said["4.1"] == "tried: its check was not run"


@pytest.mark.long
def test_with_run_in_a_real_kernel(work):
    notebook, cells = answered()
    cells["setup"].source = "def check(f):\n    assert f(9) == 7\n    print('Exercise 4.1: right.')\n\n\nex4_1 = None"
    cells["ex4_1"].source = "def ex4_1(size):\n    return size - 2"
    nbformat.write(notebook, work / NAME)
    (each,) = find.find()
    assert solved.report(each, solved.notebooks(work)[0], run=True).said["4.1"] == "passed"


def test_every_lesson_of_the_student_edition_is_read():
    for each in find.find():
        asked = solved.exercises(files.read(find.STUDENT / each.path.name))
        assert len(asked) >= 3, each.number
        assert all(exercise.name and exercise.text == (exercise.check is None) for exercise in asked), each.number


def test_the_command_is_there():
    assert command.COMMANDS["progress"].main is solved.main
