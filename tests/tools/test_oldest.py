"""The oldest versions: in an environment of their own, with the newest Python, made once for each pyproject.toml."""

import subprocess
import sys

import pytest

from tools import environment, oldest, programs


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """What would be called; ``commands.failing`` is a word of the command that fails."""

    class Commands(list):
        failing = None

    made = Commands()

    def note(command, env=None):
        made.append(command)
        if "venv" in command:
            (tmp_path / "build" / "oldest").mkdir(parents=True, exist_ok=True)
        return int(made.failing in command)

    (tmp_path / "pyproject.toml").write_text("one bound")
    monkeypatch.setattr(oldest, "ROOT", tmp_path)
    monkeypatch.setattr(oldest, "VENV", tmp_path / "build" / "oldest")
    monkeypatch.setattr(oldest, "newest_python", lambda: "/usr/bin/python3.13")
    monkeypatch.setattr(programs, "call", note)
    return made


def test_it_is_made_once_with_the_lower_bounds_and_again_for_other_bounds(commands, tmp_path):
    python = oldest.made()
    create, install = commands
    assert create[:3] == install[:3] == [sys.executable, "-m", "uv"]
    assert "/usr/bin/python3.13" in create
    assert install[install.index("--python") + 1] == str(python)
    assert install[install.index("--resolution") + 1] == "lowest-direct"
    assert install[-2:] == ["--editable", f"{tmp_path}[instructor]"]
    oldest.made()
    assert len(commands) == 2
    (tmp_path / "pyproject.toml").write_text("another bound")
    oldest.made()
    assert len(commands) == 4


def test_an_installation_that_fails_is_said_and_tried_again(commands):
    commands.failing = "install"
    with pytest.raises(SystemExit, match="could not be installed"):
        oldest.made()
    commands.failing = None
    oldest.made()
    assert len(commands) == 4


def test_helpers_checks_and_then_every_lesson_are_tested(commands):
    assert oldest.test([]) == 0
    tests, lessons = commands[2:]
    assert tests[1:3] == ["-m", "pytest"]
    assert tests[-2:] == ["tests/helpers", "tests/checks"]
    assert lessons[1:4] == ["-m", "tools", "run"]
    assert tests[0] == lessons[0] == str(environment.python_of(oldest.VENV))
    assert "--lesson" not in lessons


@pytest.mark.parametrize("failing", ["pytest", "run"])
def test_a_failure_of_either_counts(commands, failing):
    commands.failing = failing
    assert oldest.test([]) == 1
    assert len(commands) == 4


def test_some_tests_can_be_named(commands):
    oldest.test(["tests/helpers", "-x"])
    assert commands[2][-3:] == ["loadfile", "tests/helpers", "-x"]
    assert len(commands) == 3


def test_the_newest_python_that_works_is_taken(monkeypatch, tmp_path):
    works = {"/bin/python3.12"}
    at = tmp_path / "versions" / "3.13.0" / "bin"
    at.mkdir(parents=True)
    (at / "python3.13").touch()
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setattr(oldest.shutil, "which", lambda name: f"/bin/{name}")

    def run(command, **_):
        return subprocess.CompletedProcess(command, 0 if command[0] in works else 127)

    monkeypatch.setattr(oldest.subprocess, "run", lambda command, **_: run([str(command[0]), *command[1:]]))
    assert oldest.newest_python() == "/bin/python3.12"
    works.add(str(at / "python3.13"))
    assert oldest.newest_python() == str(at / "python3.13")
    works.clear()
    assert oldest.newest_python() == sys.executable
