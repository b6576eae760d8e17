"""Entering the environment: made once, mended when something is gone, and the same command goes on in it."""

import json
import os
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from project_copy import call, copied

from tools import environment, programs


@pytest.fixture
def venv(monkeypatch, tmp_path):
    """A place for the environment, never the one that these tests run in: its stamp would go."""
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment.os, "name", "posix")
    monkeypatch.delenv(environment.MENDED, raising=False)
    return tmp_path / ".venv"


@pytest.fixture
def inside(venv, monkeypatch):
    """This Python is that of the environment, and everything is there."""
    venv.mkdir()
    monkeypatch.setattr(sys, "prefix", str(venv))
    stamp(venv, "student", "instructor")
    monkeypatch.setattr(environment, "_source_of_project", lambda: environment.ROOT)
    return venv


def stamp(venv: Path, *extras: str) -> None:
    (venv / "installed.json").write_text(json.dumps({extra: environment._digest(extra) for extra in extras}))


@pytest.fixture
def commands(venv, monkeypatch):
    """What would be called; every program ends with ``commands.status``."""

    class Commands(list):
        status = 0

    made = Commands()

    def note(command, **_):
        made.append(command[1:])
        if "venv" in command and not made.status:
            python = Path(command[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.touch()
        return made.status

    monkeypatch.setattr(programs, "call", note)
    return made


# The Python that may be used


def test_the_range_of_pythons_is_that_of_pyproject():
    assert environment.pythons() == [(3, 11), (3, 12), (3, 13)]
    classifier = "requires-python" + ' = ">=3.11,<3.14"'
    assert classifier in (environment.ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("version", [(3, 10, 1), (3, 14, 0)])
def test_another_python_is_refused_in_a_sentence(commands, monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit, match=r"This is Python 3\.1\d; TensorFlow needs 3\.11, 3\.12 or 3\.13.*=python3"):
        environment.enter()
    assert not commands


# Making it


def test_it_is_made_with_the_locked_packages_and_then_the_project(commands, venv, capsys):
    assert environment.ensure("student") == venv / "bin" / "python"
    create, packages, project = commands
    assert create == ["-m", "venv", "--clear", str(venv)]
    assert packages[-2:] == ["-r", str(environment.LOCKS / "student.txt")]
    assert project[-2:] == ["--editable", str(environment.ROOT)]
    assert {"--no-deps", "--no-build-isolation"} <= set(project), "it needs no network, and changes no package"
    assert "a few minutes, the first time" in capsys.readouterr().out


def test_a_second_call_installs_nothing_and_the_instructor_gets_what_is_missing(commands):
    environment.ensure("student")
    environment.ensure("student")
    assert len(commands) == 3
    environment.ensure("instructor")
    assert commands[3][-1].endswith("instructor.txt")
    environment.ensure("student")
    assert len(commands) == 5


def test_another_lock_file_is_installed(commands, venv, monkeypatch, tmp_path):
    environment.ensure("instructor")
    locks = tmp_path / "locks"
    locks.mkdir()
    for extra in ("student", "instructor"):
        (locks / f"{extra}.txt").write_bytes((environment.LOCKS / f"{extra}.txt").read_bytes())
    monkeypatch.setattr(environment, "LOCKS", locks)
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    environment.ensure("instructor")
    assert len(commands) == 3, "the same lock files"
    (locks / "student.txt").write_text("keras==1")
    environment.ensure("instructor")
    assert len(commands) == 5, "the instructor's lock file names the student's"


def test_a_damaged_stamp_is_none(commands, venv):
    environment.ensure("student")
    (venv / "installed.json").write_text("{half of")
    environment.ensure("student")
    assert len(commands) == 5


def test_a_linked_environment_keeps_the_project_of_its_own_checkout(commands, venv, tmp_path):
    (tmp_path / "other" / "bin").mkdir(parents=True)
    (tmp_path / "other" / "bin" / "python").touch()
    venv.symlink_to(tmp_path / "other")
    environment.ensure("student")
    assert [command[-2] for command in commands] == ["-r"]


def test_a_failed_installation_is_said_and_tried_again(commands, venv):
    environment.ensure("student")
    (venv / "installed.json").unlink()
    commands.status = 1
    with pytest.raises(SystemExit, match="goes on where it stopped"):
        environment.ensure("student")
    assert not (venv / "installed.json").exists()
    commands.status = 0
    environment.ensure("student")
    assert len(commands) == 3 + 1 + 2


def test_a_venv_that_cannot_be_made_is_said(commands):
    commands.status = 1
    with pytest.raises(SystemExit, match="sudo apt install python3-venv"):
        environment.ensure("student")
    assert len(commands) == 1


# What is missing


def test_elsewhere_a_package_counts_in_any_version(venv, monkeypatch):
    assert environment.missing("student") == []
    names = [name for name in environment.direct_packages("instructor") if name not in ("keras", "nbgrader")]
    found = [type("Package", (), {"name": name.replace("-", "_").title()}) for name in names]
    monkeypatch.setattr(environment.metadata, "distributions", lambda: found)
    assert environment.missing("instructor") == ["keras", "nbgrader"]
    assert environment.missing("student") == ["keras"]


def test_in_the_projects_own_environment_the_stamp_decides(inside):
    assert environment.missing("student") == []
    (inside / "installed.json").unlink()
    assert environment.missing("student") == ["the locked versions"]


def test_in_the_projects_own_environment_the_project_is_this_folder(inside, monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "_source_of_project", lambda: tmp_path / "where it lay before")
    assert environment.missing("student") == ["the project itself"]
    # A linked environment is that of another checkout, and stays it.
    inside.rename(tmp_path / "other")
    inside.symlink_to(tmp_path / "other")
    assert environment.missing("student") == []


@pytest.mark.parametrize(
    ("direct_url", "source"),
    [
        ('{"dir_info": {"editable": true}, "url": "file:///a/b%20c"}', Path("/a/b c").resolve()),
        ('{"dir_info": {}, "url": "file:///a/b"}', None),
        ('{"vcs_info": {"vcs": "git"}, "url": "https://host/a/b"}', None),
        (None, None),
    ],
)
def test_only_an_editable_installation_has_a_folder(monkeypatch, direct_url, source):
    package = type("Package", (), {"read_text": lambda self, name: {"direct_url.json": direct_url}[name]})()
    monkeypatch.setattr(environment.metadata, "distribution", lambda name: {"cnn-on-cifar10": package}[name])
    assert environment._source_of_project() == source


def test_a_project_that_is_not_installed_has_no_folder(monkeypatch):
    def distribution(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(environment.metadata, "distribution", distribution)
    assert environment._source_of_project() is None


# Entering it


def test_where_everything_is_there_it_goes_on_at_the_root(commands, monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "missing", lambda extra: [])
    monkeypatch.chdir(tmp_path)
    environment.enter(instructor=True)
    assert commands == []
    assert os.path.samefile(os.getcwd(), environment.ROOT)


@pytest.mark.parametrize(("instructor", "extra"), [(False, "student"), (True, "instructor")])
@pytest.mark.parametrize(("ended", "status"), [(0, 0), (5, 5), (-15, 143)])
def test_where_something_is_missing_the_same_command_goes_on_in_the_environment(
    commands, monkeypatch, tmp_path, instructor, extra, ended, status
):
    made = []
    monkeypatch.setattr(environment, "missing", lambda extra: ["keras"])
    monkeypatch.setattr(environment, "ensure", lambda extra: made.append(extra) or tmp_path / "python")
    monkeypatch.setattr(sys, "argv", ["tools", "run", "--lesson", "04"])
    spec = type("Spec", (), {"name": "tools.__main__"})
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", spec)
    commands.status = ended
    with pytest.raises(SystemExit) as exit:
        environment.enter(instructor)
    assert exit.value.code == status
    assert made == [extra]
    assert commands == [["-m", "tools", "run", "--lesson", "04"]]


def test_an_environment_that_lost_something_is_mended_once(inside, commands, monkeypatch):
    monkeypatch.setattr(environment, "_source_of_project", lambda: None)
    (inside / "bin").mkdir()
    (inside / "bin" / "python").touch()
    with pytest.raises(SystemExit) as exit:
        environment.enter()
    assert exit.value.code == 0
    assert [command[-2] for command in commands[:2]] == ["-r", "--editable"]
    with pytest.raises(SystemExit, match="lacks the project itself after its installation"):
        environment.enter()
    assert len(commands) == 3


@pytest.fixture
def project(tmp_path):
    """A copy of the project; ``project(script)`` says what stands for its environment's Python."""
    folder = copied(tmp_path / "project")
    code = "import json; from tools import environment as e; print(json.dumps({'student': e._digest('student')}))"
    known = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)

    def with_script(script):
        python = folder / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\n{script}")
        python.chmod(0o755)
        (folder / ".venv" / "installed.json").write_text(known.stdout)
        return folder

    return with_script


unix = pytest.mark.skipif(os.name == "nt", reason="the environment's Python is a shell script here")


@unix
def test_a_bare_python_calls_the_one_of_the_environment_with_the_same_words(project):
    """A real process without packages; the script prints what it is asked to do."""
    folder = project('pwd\necho "$@"\nexit 6\n')
    told = call(folder, "tools", "run", "--lesson", "04", options=("-S", "-E"))
    assert told.returncode == 6, told.stdout
    assert told.stdout.splitlines() == [str(folder.resolve()), "-m tools run --lesson 04"]


@unix
def test_ctrl_c_reaches_what_runs_and_it_may_end_as_it_likes(project):
    folder = project("trap 'sleep 0.5; echo saved; exit 7' INT\necho ready\nwhile :; do sleep 0.05; done\n")
    command = [sys.executable, "-S", "-E", "-m", "tools", "run"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, start_new_session=True) as running:
        assert running.stdout.readline() == "ready\n"
        os.killpg(running.pid, signal.SIGINT)
        assert running.communicate(timeout=30)[0] == "saved\n"
    assert running.returncode == 7


@pytest.mark.skipif(environment._source_of_project() != environment.ROOT, reason="installed from another folder")
def test_a_kernel_in_the_folder_of_lessons_finds_the_project():
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", "import helpers, checks; print(helpers.__file__)"]
    told = subprocess.run(command, cwd=environment.ROOT / "notebooks", env=variables, capture_output=True, text=True)
    assert told.stdout.strip() == str(environment.ROOT / "helpers" / "__init__.py"), told.stderr
