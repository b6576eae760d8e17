"""What stands in one place must be the same everywhere it is derived to: versions; and how the environment is made."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from helpers import start
from tools import environment, lock
from tools.environment import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements(extra: str) -> list[Requirement]:
    lines = PROJECT["dependencies"] + (PROJECT["optional-dependencies"]["instructor"] if extra == "instructor" else [])
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("extra", ["student", "instructor"])
def test_locked_versions_lie_within_the_bounds(extra):
    versions = lock.locked_versions(extra)
    for requirement in requirements(extra):
        assert requirement.specifier.contains(versions[requirement.name]), requirement


def test_the_instructor_has_everything_that_the_student_has():
    student, instructor = lock.locked_versions("student"), lock.locked_versions("instructor")
    assert student.items() <= instructor.items()
    assert "nbgrader" in instructor
    assert "nbgrader" not in student


def test_environment_yml_is_up_to_date():
    assert (ROOT / "environment.yml").read_text() == lock.environment_yml(), "call: python -m tools.lock"


def test_lessons_warn_below_the_bounds_of_the_package_metadata():
    bounds = {requirement.name: str(requirement.specifier) for requirement in requirements("student")}
    for package, oldest in start.OLDEST.items():
        assert bounds[package] == f">={oldest}"


def test_old_versions_are_named_and_new_ones_are_not():
    newest = dict.fromkeys(start.OLDEST, "99.1rc2")
    assert start.old_versions(newest.__getitem__) == []
    (sentence,) = start.old_versions((newest | {"keras": "3.9.10"}).__getitem__)
    assert "keras 3.9.10" in sentence
    assert "3.13.2" in sentence


def test_another_python_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    with pytest.raises(SystemExit, match=r"This is Python 3\.10; TensorFlow needs 3\.11.*PYTHON=python3"):
        environment.ensure("student")


@pytest.fixture
def fake_install(monkeypatch, tmp_path):
    """An empty place for the environment, and a record of the commands that would be called."""
    commands = []

    def call(command, **_):
        commands.append(command)
        if "venv" in command:
            python = Path(command[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.touch()
        return call.result

    call.result = 0
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment.os, "name", "posix")
    monkeypatch.setattr(subprocess, "call", call)
    return commands, call


def test_a_second_call_installs_nothing(fake_install):
    commands, _ = fake_install
    environment.ensure("student")
    assert len(commands) == 2
    environment.ensure("student")
    assert len(commands) == 2
    environment.ensure("instructor")
    assert str(commands[2][-1]).endswith("instructor.txt")
    environment.ensure("student")
    assert len(commands) == 3


def test_a_failed_installation_is_tried_again(fake_install):
    commands, call = fake_install
    environment.ensure("student")
    (environment.VENV / "installed.json").write_text('{"student": "of an older lock file"}')
    call.result = 1
    with pytest.raises(SystemExit, match="goes on where it stopped"):
        environment.ensure("student")
    call.result = 0
    environment.ensure("student")
    assert len(commands) == 4
