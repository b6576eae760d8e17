"""Entering the environment: nothing is installed where the packages are there, and the same command goes on in it."""

import json
import os
import subprocess
import sys
from importlib import metadata

import pytest
from project_copy import call, copied

from tools import environment, programs

LOCK = environment.LOCKS / "instructor.txt"


@pytest.fixture
def notes(monkeypatch, tmp_path):
    """What would be installed and called; the program that is called ends with 5."""
    made = []
    # Never the environment that these tests run in: its stamp would go.
    monkeypatch.setattr(environment, "VENV", tmp_path / "no-environment")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(environment, "ensure", lambda extra: made.append(extra) or tmp_path / "python")
    monkeypatch.setattr(programs, "call", lambda command, **options: made.append((command, options)) or 5)
    monkeypatch.setattr(sys, "argv", ["tools", "run", "--lesson", "04"])
    return made


def test_where_the_packages_are_it_goes_on_at_the_root(notes, monkeypatch):
    monkeypatch.setattr(environment, "missing", lambda lock: [])
    environment.enter(instructor=True)
    assert notes == []
    assert os.path.samefile(os.getcwd(), environment.ROOT)


@pytest.mark.parametrize(("instructor", "extra"), [(False, "student"), (True, "instructor")])
def test_where_one_is_missing_the_same_command_goes_on_in_the_environment(
    notes, monkeypatch, tmp_path, instructor, extra
):
    monkeypatch.setattr(environment, "missing", lambda lock: ["keras"] if lock.stem == extra else [])
    with pytest.raises(SystemExit) as ended:
        environment.enter(instructor)
    assert ended.value.code == 5, "its status is handed on"
    assert notes[0] == extra
    command, options = notes[1]
    module = sys.modules["__main__"].__spec__.name
    assert command == [str(tmp_path / "python"), "-m", module, "run", "--lesson", "04"]
    assert options == {"cwd": environment.ROOT}


def test_inside_an_environment_that_lost_a_package_its_stamp_goes(notes, monkeypatch, tmp_path):
    (tmp_path / "installed.json").write_text("{}")
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(environment, "missing", lambda lock: ["keras"])
    with pytest.raises(SystemExit):
        environment.enter()
    assert not (tmp_path / "installed.json").exists()


def test_missing_packages_are_those_of_no_version(monkeypatch):
    gone = {"keras", "nbgrader"}

    def version(name):
        if name in gone:
            raise metadata.PackageNotFoundError
        return "0.0.1"

    monkeypatch.setattr(environment, "VENV", environment.ROOT / "no-environment")
    monkeypatch.setattr(environment.metadata, "version", version)
    assert environment.missing(LOCK) == ["keras", "nbgrader"]
    assert environment.missing(environment.LOCKS / "student.txt") == ["keras"]
    gone.clear()
    assert environment.missing(LOCK) == []


def test_in_the_projects_own_environment_the_stamp_decides(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(environment.metadata, "version", lambda name: "0.0.1")
    assert environment.missing(LOCK), "installed from no lock file, or from an older one"


@pytest.mark.skipif(os.name == "nt", reason="the environment's Python is a shell script here")
def test_a_bare_python_calls_the_one_of_the_environment_with_the_same_words(tmp_path):
    """A real process; what stands for the environment's Python prints what it is asked to do."""
    project = copied(tmp_path / "project")
    python = project / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\npwd\necho "$@"\nexit 6\n')
    python.chmod(0o755)
    code = "import json; from tools import environment as e; print(json.dumps({'student': e._digest('student')}))"
    stamp = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    (project / ".venv" / "installed.json").write_text(json.dumps(json.loads(stamp.stdout)))
    told = call(project, "tools", "run", "--lesson", "04", options=("-S", "-E"))
    assert told.returncode == 6, told.stdout
    assert told.stdout.splitlines() == [str(project.resolve()), "-m tools.__main__ run --lesson 04"]
