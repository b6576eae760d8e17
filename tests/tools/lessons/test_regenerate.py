"""``regenerate`` overwrites stored lessons: whole or not at all, also when one fails or somebody presses Ctrl-C."""

import argparse
import json
import os
import shutil
import signal

import nbformat
import pytest
from tools_notebooks import executed_at_once, notebook_with, printed, runs, start, wait_for

from helpers.places import ROOT
from tools.lessons import execute, files, find, regenerate, repository


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """A folder with two tiny lessons, the second of which fails; the dataset is there; what is derived is noted."""
    monkeypatch.setattr(find, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(regenerate, "DATASET", "shapes10")
    monkeypatch.setattr(regenerate, "BUILD", tmp_path / "build")
    derived = []
    monkeypatch.setattr(
        regenerate, "derive", lambda lessons, tables: derived.extend(lesson.number for lesson in lessons)
    )
    notebook_with(tmp_path / "01_first.ipynb", "print( 'new' )")
    notebook_with(tmp_path / "02_second.ipynb", "print('new')", "1 / 0")
    return tmp_path, derived


def call(*words):
    parser = argparse.ArgumentParser()
    regenerate.add_arguments(parser)
    arguments = parser.parse_args([str(word) for word in words])
    assert arguments.jobs == 1, "lessons time what they do"
    return regenerate.main(arguments)


def test_a_lesson_that_fails_keeps_its_outputs(lessons, capsys):
    folder, derived = lessons
    assert call() == 1
    assert printed(folder / "01_first.ipynb") == "new\n"
    assert printed(folder / "02_second.ipynb") == "old\n"
    assert derived == ["01"]
    assert "02 Tiny: not changed. cell" in capsys.readouterr().out
    assert not list(folder.glob("*.part"))


def test_nothing_is_derived_where_nothing_is_new(lessons, monkeypatch):
    monkeypatch.setattr(execute, "execute_lessons", executed_at_once)
    _, derived = lessons
    assert call("--lesson", "2") == 1
    assert derived == []


def test_lessons_are_chosen_by_number(lessons, monkeypatch):
    monkeypatch.setattr(execute, "execute_lessons", executed_at_once)
    folder, derived = lessons
    notebook_with(folder / "03_third.ipynb", "print('new')")
    assert call("--lesson", "1", "--lesson", "3") == 0
    assert derived == ["01", "03"]
    assert printed(folder / "02_second.ipynb") == "old\n"


def test_a_lesson_is_written_before_the_next_one_is_finished(lessons, monkeypatch):
    folder, derived = lessons

    def interrupted(paths, dataset, timeout, jobs, done, **others):
        done(
            paths[0], execute.execute_notebook(nbformat.read(paths[0], as_version=4), paths[0].parent, dataset, timeout)
        )
        assert printed(paths[0]) == "new\n"
        raise KeyboardInterrupt

    monkeypatch.setattr(execute, "execute_lessons", interrupted)
    assert call() == 130
    assert derived == ["01"]
    assert printed(folder / "02_second.ipynb") == "old\n"


def test_what_somebody_saved_meanwhile_stays_and_the_result_lies_beside(lessons, monkeypatch, capsys, tmp_path):
    folder, derived = lessons

    def edited(paths, *others, **more):
        paths[0].write_text("my edit")
        executed_at_once(paths, *others, **more)

    notebook_with(folder / "02_second.ipynb", "1").rename(folder / "03_third.ipynb")
    monkeypatch.setattr(execute, "execute_lessons", edited)
    assert call() == 1
    assert (folder / "01_first.ipynb").read_text() == "my edit"
    assert printed(tmp_path / "build" / "regenerated" / "01_first.ipynb") == "new\n"
    assert derived == ["03"]
    assert "01 Tiny: not changed. Somebody saved it meanwhile" in capsys.readouterr().out


def test_nothing_is_executed_without_its_images(lessons, monkeypatch, tmp_path):
    monkeypatch.setattr(regenerate, "DATASET", "cifar10")
    monkeypatch.setenv("CIFAR10_PATH", str(tmp_path / "nowhere"))
    with pytest.raises(SystemExit, match="CIFAR10_PATH is"):
        call()
    assert printed(lessons[0] / "01_first.ipynb") == "old\n"


def test_set_up_cell_and_format_are_put_right_and_outputs_stay(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "ruff.toml", tmp_path / "notebooks")
    sources = "import old_way", "import sys\nimport os\nx = [ os,sys ]"
    path = notebook_with(tmp_path / "notebooks" / "01_first.ipynb", *sources)
    notebook = files.read(path)
    notebook["cells"][0]["id"] = "setup"
    files.write(path, files.text(notebook))
    before, text = regenerate.prepared(path)
    assert before == path.read_bytes(), "it is written when the lesson has gone through"
    made = json.loads(text)
    first, second = made["cells"]
    assert "".join(first["source"]) == repository.set_up_cell(repository.address())
    assert "".join(second["source"]) == "import os\nimport sys\n\nx = [os, sys]"
    assert first["outputs"] == notebook["cells"][0]["outputs"]


def test_what_is_no_python_is_refused_before_anything_is_executed(lessons):
    folder, _ = lessons
    path = notebook_with(folder / "01_first.ipynb", "def broken(:")
    before = path.read_text()
    with pytest.raises(SystemExit, match=r"01_first\.ipynb was not changed, because ruff cannot read it"):
        call()
    assert path.read_text() == before


PROGRAM = """
import argparse, pathlib, sys
from tools.lessons import find, regenerate

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    find.NOTEBOOKS = folder
    regenerate.DATASET = "shapes10"
    regenerate.BUILD = folder / "build"
    derived = folder / "derived"
    regenerate.derive = lambda lessons, tables: derived.write_text(" ".join(each.number for each in lessons))
    parser = argparse.ArgumentParser()
    regenerate.add_arguments(parser)
    sys.exit(regenerate.main(parser.parse_args([])))
"""
WAITS = "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(600)"


def interrupt_alone(process):
    process.send_signal(signal.SIGINT)


def interrupt_like_a_terminal(process):
    os.killpg(process.pid, signal.SIGINT)


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
@pytest.mark.parametrize(
    "interrupt", [pytest.param(interrupt_alone, marks=pytest.mark.long), interrupt_like_a_terminal]
)
def test_ctrl_c_in_the_second_lesson_keeps_the_first(tmp_path, interrupt):
    first = notebook_with(tmp_path / "01_first.ipynb", "print('new')")
    second = notebook_with(tmp_path / "02_second.ipynb", WAITS)
    process = start(PROGRAM, tmp_path)
    wait_for((tmp_path / "pid").is_file)
    kernel = int((tmp_path / "pid").read_text())
    assert runs(kernel)
    interrupt(process)
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert "Interrupted: 1 of 2 lessons are new, the others as they were." in told
    assert printed(first) == "new\n"
    assert printed(second) == "old\n"
    assert (tmp_path / "derived").read_text() == "01"
    assert json.loads(second.read_text())["cells"]
    wait_for(lambda: not runs(kernel), seconds=10)
