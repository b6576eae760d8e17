"""``run``: outputs in order, a failing lesson is told, Ctrl-C keeps what is finished."""

import argparse
import signal

import pytest
from tools_notebooks import executed_at_once, notebook_with, printed, runs, start, wait_for

from tools.lessons import execute, find, run


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """A folder with two tiny lessons of each edition."""
    monkeypatch.setattr(find, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(find, "STUDENT", tmp_path / "student")
    for folder, word in ((tmp_path, "complete"), (tmp_path / "student", "student")):
        notebook_with(folder / "01_first.ipynb", f"print('{word}')")
        notebook_with(folder / "02_second.ipynb", f"print('{word}')", "1 / 0")
    return tmp_path


def call(*words):
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    return run.main(parser.parse_args([str(word) for word in words]))


@pytest.mark.parametrize("edition", [pytest.param("complete", marks=pytest.mark.long), "student"])
def test_lessons_are_written_with_outputs_and_a_failing_one_is_told(lessons, capsys, edition):
    out = lessons / "out"
    assert call("--out", out, "--edition", edition) == 1
    assert printed(out / "01_first.ipynb") == f"{edition}\n"
    assert printed(lessons / "01_first.ipynb") == "old\n", "the lesson itself stays as it is"
    assert edition in (out / "01_first.html").read_text()
    index = (out / "index.html").read_text()
    assert "02_second.html" in index
    assert "ZeroDivisionError" in index
    first, second, failed, _ = capsys.readouterr().out.splitlines()
    assert first.startswith("01 Tiny")
    assert first.endswith("ok")
    assert "ZeroDivisionError: division by zero" in second
    assert failed == "1 of 2 lessons failed."


def test_one_lesson_or_several_are_chosen(lessons, monkeypatch):
    monkeypatch.setattr(execute, "execute_lessons", executed_at_once)
    notebook_with(lessons / "03_third.ipynb", "print('complete')")
    assert call("--out", lessons / "out", "--lesson", "1", "--lesson", "03") == 0
    assert sorted(path.stem for path in (lessons / "out").glob("*.ipynb")) == ["01_first", "03_third"]


def test_a_folder_with_somebody_elses_notebooks_is_refused(lessons, monkeypatch):
    monkeypatch.setattr(execute, "execute_lessons", executed_at_once)
    mine = notebook_with(lessons / "work" / "02_second.ipynb", "my answer")
    before = mine.read_bytes()
    assert call("--out", lessons / "work", "--lesson", "1") == 0, "nothing of somebody else has that name"
    for out in (lessons / "work", lessons, lessons / "student"):
        with pytest.raises(SystemExit, match=r"\.ipynb is there and was not written by this command"):
            call("--out", out)
        assert mine.read_bytes() == before


def test_lines_come_in_the_order_of_the_lessons(lessons, monkeypatch, capsys):
    def backwards(paths, dataset, timeout, jobs, done, scheduler):
        assert (dataset, jobs) == ("shapes10", 2)
        for path in reversed(paths):
            done(path, {"notebook": "", "seconds": 3.0, "problem": ""})

    monkeypatch.setattr(execute, "execute_lessons", backwards)
    assert call("--jobs", 2, "--out", lessons / "out") == 0
    assert [line[:2] for line in capsys.readouterr().out.splitlines()[:2]] == ["01", "02"]


@pytest.mark.parametrize(("cores", "jobs"), [(1, 1), (2, 2), (16, 2), (None, 1)])
def test_two_at_a_time_where_there_are_two_cores(monkeypatch, cores, jobs):
    monkeypatch.setattr(run.os, "cpu_count", lambda: cores)
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    assert parser.parse_args([]).jobs == jobs


PROGRAM = """
import argparse, sys, pathlib
from tools.lessons import find, run

if __name__ == "__main__":
    find.NOTEBOOKS = pathlib.Path(sys.argv[1])
    parser = argparse.ArgumentParser()
    run.add_arguments(parser)
    sys.exit(run.main(parser.parse_args(["--out", sys.argv[2], "--jobs", "2"])))
"""
WAITS = "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(600)"


def test_after_ctrl_c_the_finished_lesson_is_kept_and_no_kernel_is_left(tmp_path):
    """SIGINT to a real process, as ``kill`` sends it."""
    notebook_with(tmp_path / "01_first.ipynb", WAITS)
    notebook_with(tmp_path / "02_second.ipynb", "print('new')")
    out = tmp_path / "out"
    process = start(PROGRAM, tmp_path, out)
    wait_for(lambda: (out / "02_second.html").is_file() and (tmp_path / "pid").is_file())
    kernel = int((tmp_path / "pid").read_text())
    assert runs(kernel)
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert "02 Tiny" in told
    assert "Interrupted: 1 of 2 lessons are finished." in told
    assert printed(out / "02_second.ipynb") == "new\n"
    assert "02_second.html" in (out / "index.html").read_text()
    assert "01_first.html" not in (out / "index.html").read_text()
    wait_for(lambda: not runs(kernel), seconds=10)
