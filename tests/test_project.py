"""What stands in one place must be the same everywhere it is derived to: versions, addresses, the table of lessons."""

import re
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from helpers import models, start, training
from tools import environment, lessons, lock, readme
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


def test_readme_shows_the_lessons_that_there_are():
    text = readme.README.read_text()
    assert text == readme.with_tables(text), "call: python -m tools.readme"


STORED = [name for name in models.BUILDERS if training.stored_result(name)]


@pytest.mark.parametrize("name", STORED)
def test_readme_counts_the_parameters_of_every_model(name):
    (row,) = [line for line in readme.README.read_text().splitlines() if f"`{name}`" in line]
    assert f"{models.build(name).count_params():,}" in row


def test_the_address_of_the_repository_is_the_same_everywhere():
    name = re.escape(lessons.REPOSITORY.rsplit("/", 1)[1])
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *lessons.NOTEBOOKS.rglob("*.ipynb")]
    for path in files:
        for found in re.findall(rf"(?:github\.com/|/github/|/gh/)([\w-]+/{name})", path.read_text()):
            assert lessons.REPOSITORY.endswith(found), f"{path.name} has another address: {found}"


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


@pytest.mark.parametrize("tool", ["run", "test", "lab", "regenerate", "student", "train", "bench", "lint"])
def test_every_make_target_is_a_tool(tool):
    line = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith(f"{tool}:"))
    assert f"-m tools.{tool}" in line
    assert (ROOT / "tools" / f"{tool}.py").is_file()


def test_readme_shows_the_stored_accuracies_and_how_many_seeds_they_come_from():
    for name in STORED:
        record = training.stored_result(name)
        (row,) = [line for line in readme.models_table().splitlines() if f"`{name}`" in line]
        here = row.split("|")[-2]
        mean = float(re.search(r"([\d.]+) %", here)[1])
        assert mean == pytest.approx(100 * statistics.mean(record["test_accuracy"]), abs=0.051)
        assert ("one seed" in row) == (len(record["seeds"]) == 1)
        assert f" in {record['epochs']}" in here
        whole = training.stored_result(f"{name}_50000")
        assert ("50,000" in here) == bool(whole)
        if whole:
            assert f"{100 * statistics.mean(whole['test_accuracy']):.1f} % with 50,000" in here


def test_a_readme_without_its_markers_is_refused():
    with pytest.raises(SystemExit, match="no place for a table"):
        readme.with_tables("# A title")


def rows_of(table: str) -> dict[str, list[str]]:
    """The rows of a Markdown table: first cell -> the others."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {first.strip("`"): others for first, *others in rows}


def test_readme_shows_the_speeds_of_the_benchmark():
    rows = rows_of(readme.speed_table())
    clock = training.stored_benchmark("training")["epochs"]
    assert list(rows) == list(clock)
    assert rows["deeper_cnn"][1] == "1.00"
    for name, (seconds, _, share, *reached) in rows.items():
        assert min(clock[name]["seconds"]) - 1 <= float(seconds) <= max(clock[name]["seconds"]) + 1
        assert share == f"{100 * clock[name]['share_of_ceiling']:.0f} %"
        when = training.seconds_to(name, statistics.median(clock[name]["seconds"]))
        assert [int(cell.replace(",", "")) for cell in reached if cell] == list(when.values())


def test_readme_shows_what_every_seed_of_the_fast_recipes_reached():
    rows = rows_of(readme.fast_table())
    assert set(rows) == {"fast90", "fast94"}
    for name, (_, epochs, accuracies, minutes, units) in rows.items():
        record = training.stored_result(name)
        *seeds, mean = (float(number) for number in re.findall(r"\d+\.\d+", accuracies))
        assert seeds == [pytest.approx(100 * one, abs=0.006) for one in record["test_accuracy"]]
        assert mean == pytest.approx(statistics.mean(seeds), abs=0.006)
        assert int(epochs) == record["epochs"]
        unit = statistics.median(training.stored_benchmark("training")["epochs"]["deeper_cnn"]["seconds"])
        assert float(minutes) * 60 / unit == pytest.approx(float(units), abs=0.2)
