"""``new``: what it writes passes at once, as it is, and nothing that is there is overwritten."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from project_copy import call, contents, copied

from helpers.places import ROOT
from tools.lessons import files, new

LESSON = ("lesson", "17", "segmentation", "--title", "Segmentation")
EXERCISE = ("exercise", "07", "6", "--name", "Count the windows", "--points", "3")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A copy of the project with lesson 07, before and after a new lesson and a new exercise."""
    project = copied(tmp_path_factory.mktemp("new") / "project", "07")
    before = contents(project)
    told = [call(project, "tools", "new", *words) for words in (LESSON, EXERCISE)]
    assert [each.returncode for each in told] == [0, 0], [each.stdout for each in told]
    return project, before, contents(project), "".join(each.stdout for each in told)


def cells(text):
    return json.loads(text)["cells"]


def test_only_these_files_are_new_or_longer(made):
    _, before, after, told = made
    assert after.keys() - before.keys() == {
        "notebooks/17_segmentation.ipynb",
        "checks/lesson17.py",
        "tests/checks/test_lesson17.py",
        "tests/checks/bank/lesson17.py",
    }
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "README.md",
        "notebooks/07_confusion_matrices.ipynb",
        "checks/lesson07.py",
        "tests/checks/test_lesson07.py",
        "tests/checks/bank/lesson07.py",
    }
    for name in [*after.keys() - before.keys(), *changed - {"README.md"}]:
        assert f"{name}\n" in told
    assert "python -m tools regenerate --lesson 17" in told


def test_what_was_there_is_still_there(made):
    _, before, after, _ = made
    name = "notebooks/07_confusion_matrices.ipynb"
    old, new_cells = cells(before[name]), cells(after[name])
    added = [cell["id"] for cell in new_cells if cell["id"] not in {cell["id"] for cell in old}]
    assert added == ["exercise-7-6", "exercise-7-6-code", "exercise-7-6-check", "exercise-7-6-use"]
    first = [cell["id"] for cell in new_cells].index(added[0])
    assert new_cells[first + 4]["id"] == "sources", "the last one before is optional, too"
    kept = new_cells[:first] + new_cells[first + 4 :]
    assert [cell["source"] for cell in kept] == [cell["source"] for cell in old]
    assert [cell.get("outputs") for cell in kept] == [cell.get("outputs") for cell in old]
    for name in ("checks/lesson07.py", "tests/checks/test_lesson07.py", "tests/checks/bank/lesson07.py"):
        trees = [
            [ast.dump(node) for node in ast.parse(text).body if not isinstance(node, (ast.Import, ast.ImportFrom))]
            for text in (before[name], after[name])
        ]
        assert trees[1][: len(trees[0])] == trees[0]
        assert len(trees[1]) > len(trees[0])


def test_the_exercise_has_its_name_its_points_and_its_function(made):
    *_, after, _ = made
    lesson = cells(after["notebooks/07_confusion_matrices.ipynb"])
    card, stub, check, _ = [cell for cell in lesson if "-7-6" in cell["id"]]
    assert "".join(card["source"]).startswith("#### Exercise 7.6 · Count the windows\n")
    assert "<details><summary>Hint</summary>" in "".join(card["source"])
    assert "".join(stub["source"]).startswith("def count_the_windows(")
    assert check["metadata"]["nbgrader"] == {
        "grade": True,
        "grade_id": "test_ex7_6",
        "locked": True,
        "points": 3,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }


@pytest.mark.long
def test_the_lesson_is_stored_as_it_is_when_it_is_executed(made, tmp_path):
    project, *_ = made
    told = call(project, "tools", "run", "--lesson", "17", "--out", str(tmp_path))
    assert told.returncode == 0, told.stdout
    name = "17_segmentation.ipynb"
    assert (tmp_path / name).read_text() == (project / "notebooks" / name).read_text()


def test_lesson_tests_and_checks_accept_it(made):
    project, *_ = made
    tests = ["tests/test_lessons.py", *(f"tests/checks/test_lesson{n}.py" for n in ("07", "17"))]
    chosen = "(not lesson07 or exercise_7_6) and not older and not breaks_the_rule and not has_a_broken"
    told = call(project, "pytest", "-q", "-p", "no:cacheprovider", *tests, "-k", chosen)
    assert told.returncode == 0, told.stdout[-3000:]
    told = call(project, "ruff", "check", "--no-cache", "checks", "tests/checks", "notebooks")
    assert told.returncode == 0, told.stdout


@pytest.mark.long
def test_every_test_of_a_lesson_passes_after_what_contributing_says(tmp_path):
    """In the whole project: the commands that CONTRIBUTING.md and ``new`` name, then the tests that read lessons."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = [shlex.split(line) for line in re.findall(r"^python -m tools (new .*)$", text, re.MULTILINE)]
    assert [words[1] for words in named] == ["lesson", "exercise"]
    for words in (*named, ["student"], ["readme"]):
        told = call(tmp_path, "tools", *words)
        assert told.returncode == 0, told.stdout
    names = ("test_bank", "test_every_exercise", "test_lesson07", "test_lesson17")
    tests = ["tests/test_lessons.py", "tests/test_student.py", *(f"tests/checks/{name}.py" for name in names)]
    tests += [f"tests/tools/lessons/test_{name}.py" for name in ("find", "readme", "reference", "slides")]
    tests += ["tests/tools/slides", "tests/tools/site"]
    told = call(tmp_path, "pytest", "-q", "-n", "2", "-m", "not long", "-p", "no:cacheprovider", *tests, seconds=1800)
    assert told.returncode == 0, told.stdout[-3000:]


REFUSED = {
    LESSON: "notebooks/17_segmentation.ipynb is there already. Nothing was changed.",
    (
        "lesson",
        "7",
        "topic",
        "--title",
        "T",
    ): "notebooks/07_confusion_matrices.ipynb is there already. Nothing was changed.",
    ("lesson", "16", "topic", "--title", "T"): "checks/lesson16.py is there already. Nothing was changed.",
    EXERCISE: "Exercise 7.6 is there already. Nothing was changed.",
    ("exercise", "7", "1", "--name", "N"): "Exercise 7.1 is there already. Nothing was changed.",
    ("exercise", "7", "9", "--name", "N"): (
        "Exercises are numbered in their order: the next one is 7.7. Nothing was changed."
    ),
    ("exercise", "18", "1", "--name", "N"): "There is no lesson 18. There are: 07, 17.",
}
# All of them in one process, which takes a second to start.
ONE_AFTER_ANOTHER = """
import argparse, json, sys
from tools.lessons import new

parser = argparse.ArgumentParser()
new.add_arguments(parser)
for words in json.loads(sys.argv[1]):
    try:
        assert new.main(parser.parse_args(words)) == 1
    except SystemExit as ended:
        print(ended)
"""


def test_what_is_there_is_not_overwritten(made):
    project, *_ = made
    before = contents(project)
    told = subprocess.run(
        [sys.executable, "-c", ONE_AFTER_ANOTHER, json.dumps([*REFUSED])],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == [*REFUSED.values()]
    assert contents(project) == before


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("Count the windows", "count_the_windows"),
        ("What's 32 × 32?", "what_s_32_32"),
        ("3 windows", ""),
        ("Return", ""),
        ("×", ""),
        ("Taken", ""),
    ],
)
def test_a_name_becomes_a_function_that_the_lesson_does_not_have(name, function):
    assert new._function(name, "taken = 1") == function


def test_imports_go_where_imports_are_and_are_merged():
    text = '"""Checks,\nfrom here\nimport nothing."""\n\nfrom __future__ import annotations\n\nfrom os import path\n'
    made = new._extended(files.Path("checks/lesson99.py"), text, "from os import sep\n", "\n\nSEP = sep, path\n")
    assert made == text.replace("import path", "import path, sep") + "\nSEP = sep, path\n"
