"""The hub's settings, as traitlets reads them: what a student gets. The hub itself runs in tests/long/test_hub.py."""

import ast
import json
import os
import sys
from pathlib import Path

import pytest
from traitlets.config.loader import PyFileConfigLoader

from deploy import sizes, tables
from helpers.places import ROOT

DEPLOY = ROOT / "deploy"


@pytest.fixture
def read(monkeypatch, tmp_path):
    """The settings of a hub that this account starts in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["jupyterhub"])
    monkeypatch.delenv("CNN_DATASET", raising=False)
    monkeypatch.delenv("CIFAR10_PATH", raising=False)

    def settings(account: int = 1000):
        monkeypatch.setattr(os, "geteuid", lambda: account)
        return PyFileConfigLoader(str(DEPLOY / "jupyterhub_config.py")).load_config()

    return settings


def test_a_student_starts_on_shapes10_and_cifar10_is_there_once_for_all(read, monkeypatch, tmp_path):
    assert read().Spawner.environment["CNN_DATASET"] == "shapes10"
    monkeypatch.setenv("CIFAR10_PATH", str(tmp_path))
    assert read().Spawner.environment["CIFAR10_PATH"] == str(tmp_path)
    monkeypatch.setenv("CIFAR10_PATH", str(tmp_path / "nowhere"))
    assert "CIFAR10_PATH" not in read().Spawner.environment, "each lesson would stop because of it"


def test_each_student_is_an_account_where_the_hub_may_make_some(read):
    classes = {
        node.name
        for node in ast.parse((DEPLOY / "spawner.py").read_text(encoding="utf-8")).body
        if hasattr(node, "name")
    }
    for account, name in ((0, "AccountSpawner"), (1000, "FolderSpawner")):
        assert read(account).JupyterHub.spawner_class == f"deploy.spawner.{name}"
        assert name in classes
    assert read().FolderSpawner.home_dir_template == str(Path.cwd() / "homes" / "{username}")


def test_nobody_is_let_in_who_is_not_of_the_class(read):
    config = read()
    assert config.JupyterHub.authenticator_class == "pam"
    assert config.PAMAuthenticator.allowed_groups == {"cnn-students"}
    assert not config.Authenticator.get("allow_all")


def test_memory_cores_and_the_number_of_students_are_limited(read):
    config = read()
    assert config.Spawner.mem_limit == "3G"
    assert config.Spawner.cpu_limit == 2
    assert config.JupyterHub.active_server_limit == sizes.students(sizes.memory_gb()) >= 1
    (culler,) = config.JupyterHub.services
    assert culler["command"][1:3] == ["-m", "jupyterhub_idle_culler"]
    (role,) = config.JupyterHub.load_roles
    assert role["services"] == [culler["name"]]


def test_the_server_starts_by_a_file_that_students_can_reach(read):
    python, script = read().Spawner.cmd
    assert (python, Path(script)) == (sys.executable, DEPLOY / "student.py")
    for name, folder in (("JUPYTER_CONFIG_PATH", "labconfig"), ("JUPYTER_PATH", "labextensions")):
        assert Path(read().Spawner.environment[name], folder).is_dir()


def test_a_machine_holds_as_many_students_as_its_memory():
    assert [sizes.students(gigabytes) for gigabytes in (1, 4, 16, 64)] == [1, 1, 9, 41]


def test_what_students_could_not_enter_or_should_not_read_is_said(tmp_path):
    course, python = tmp_path / "course", tmp_path / "home" / "bin" / "python"
    (course / "notebooks").mkdir(parents=True)
    python.parent.mkdir(parents=True)
    python.touch()

    def said() -> list[str]:
        # Folders above are the machine's.
        return [sentence for sentence in sizes.warnings(course, link) if str(tmp_path) in sentence]

    link = tmp_path / "link"
    link.symlink_to(python)
    tmp_path.chmod(0o755)
    assert said() == []
    (course / "notebooks" / "01_complete.ipynb").touch(0o644)
    (solutions,) = said()
    assert solutions.endswith(f"cd {course} && chmod -R o= .git tests notebooks/[0-9]*.ipynb")
    (tmp_path / "home").chmod(0o700)
    entered, _ = said()
    assert entered.startswith(f"Students cannot enter {tmp_path / 'home'}: have the course in /srv, with a Python of")


def test_the_sizes_are_above_what_was_measured():
    record = json.loads((DEPLOY / "load.json").read_text(encoding="utf-8"))
    students = record["students"]
    assert len(students) >= 8
    assert not [student for student in students if "failed" in student]
    assert record["greedy"]["became"] == "kernel ended"
    assert record["greedy"]["server_lives"]
    most = max(student["rss_mib"] for student in students) / 1024
    assert most <= sizes.STUDENT_GB < 1.5 * most
    assert 2 * most <= sizes.LIMIT_GB


def test_the_tables_in_the_documents_are_those_of_the_records():
    text = tables.README.read_text(encoding="utf-8")
    assert tables.with_tables(text) == text, "python -m deploy.tables"
    for name in ("class", "machines", "fits"):
        assert f"<!-- end of {name} -->" in text
