"""``lab``: what JupyterLab is called with on which machine, and one that really starts, with the right kernel."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tools_notebooks import wait_for

from tools import programs
from tools.lessons import files, find, lab, workspace

PLAIN = ["--ServerApp.kernel_spec_manager_class=tools.lessons.kernels.OwnKernels"]
ROOT_DIR = f"--ServerApp.root_dir={find.WORK}"


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A desktop of somebody who is not root; returns what sets something of it."""
    for name in ("WAYLAND_DISPLAY", "BROWSER", *lab.CONTAINER_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(lab, "CONTAINER_FILES", (tmp_path / ".dockerenv",))
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    return monkeypatch


def words(*rest):
    first, second, third, *others = lab.command(find.WORK, list(rest))
    assert [first, second, third] == [sys.executable, "-m", "jupyterlab"]
    return others


def test_on_a_desktop_it_says_nothing_that_is_not_needed(machine):
    assert words() == [ROOT_DIR, *PLAIN]


def test_root_is_allowed(machine):
    machine.setattr(os, "geteuid", lambda: 0, raising=False)
    assert "--allow-root" in words()


def test_windows_has_no_root(machine):
    machine.delattr(os, "geteuid")
    machine.setattr(sys, "platform", "win32")
    machine.delenv("DISPLAY")
    assert words() == [ROOT_DIR, *PLAIN]


@pytest.mark.parametrize("shown_by", ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"])
def test_a_browser_is_opened_only_where_one_can_be_seen(machine, shown_by):
    machine.delenv("DISPLAY")
    assert words() == [ROOT_DIR, *PLAIN, "--no-browser"]
    machine.setenv(shown_by, "something")
    assert words() == [ROOT_DIR, *PLAIN]


@pytest.mark.parametrize("kind", ["file", *lab.CONTAINER_VARIABLES])
def test_a_container_is_reached_from_outside(machine, kind, tmp_path):
    machine.delenv("DISPLAY")
    if kind == "file":
        (tmp_path / ".dockerenv").touch()
    else:
        machine.setenv(kind, "yes")
    assert words() == [ROOT_DIR, *PLAIN, "--ServerApp.ip=0.0.0.0", "--no-browser"]
    machine.setenv("DISPLAY", ":0")
    assert words() == [ROOT_DIR, *PLAIN], "its browser is inside: nobody else has to reach it"


@pytest.mark.parametrize("given", [["--ip=127.0.0.1"], ["--ip", "127.0.0.1"], ["--ServerApp.ip=127.0.0.1"]])
def test_what_the_user_says_comes_before_ours(machine, given, tmp_path):
    machine.delenv("DISPLAY")
    (tmp_path / ".dockerenv").touch()
    assert words(*given, "--port", "9") == [ROOT_DIR, *PLAIN, "--no-browser", *given, "--port", "9"]
    assert words("--notebook-dir", "there")[-2:] == ["--notebook-dir", "there"]
    assert ROOT_DIR not in words("--notebook-dir", "there")


@pytest.fixture
def called(monkeypatch, tmp_path):
    """Instead of JupyterLab: notes its folder and settings, ends with 3; the folders are those of a test."""
    notes = []
    monkeypatch.setattr(find, "WORK", tmp_path / "work")
    monkeypatch.setattr(find, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(programs, "call", lambda command, cwd, env: notes.append((command, cwd, env)) or 3)
    return notes


def call(**given):
    return lab.main(argparse.Namespace(rest=["--no-browser"], **given))


def test_work_is_opened_once_the_lessons_are_there(called, monkeypatch):
    monkeypatch.setattr(workspace, "prepare", find.WORK.mkdir)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "of-the-user")
    monkeypatch.setenv("JUPYTER_PATH", "more-of-the-user")
    assert call(complete=False) == 3
    ((command, folder, variables),) = called
    assert folder == find.WORK
    assert command[-1] == "--no-browser"
    assert str(find.ROOT) in variables["PYTHONPATH"]
    theirs, ours = variables["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert theirs == "of-the-user"
    assert json.loads(Path(ours, "labconfig", "default_setting_overrides.json").read_text())
    assert variables["JUPYTER_PATH"] == os.pathsep.join(["more-of-the-user", ours])
    (extension,) = Path(ours, "labextensions").glob("*/package.json")
    assert (extension.parent / json.loads(extension.read_text())["jupyterlab"]["_build"]["load"]).is_file()


def test_the_complete_lessons_are_opened_and_nothing_is_copied(called, monkeypatch):
    monkeypatch.setattr(workspace, "prepare", None)
    assert call(complete=True) == 3
    ((command, folder, _),) = called
    assert folder == find.NOTEBOOKS
    assert f"--ServerApp.root_dir={folder}" in command


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(called, capsys):
    find.WORK.write_text("a file of this name")
    assert call(complete=False) == 1
    assert not called
    assert f"{find.WORK}: File exists." in capsys.readouterr().out


def test_a_full_disk_keeps_nobody_from_what_is_there(called, monkeypatch, capsys):
    def full():
        find.WORK.mkdir()
        raise OSError(28, "No space left on device", str(find.WORK / "x"))

    monkeypatch.setattr(workspace, "prepare", full)
    assert call(complete=False) == 3
    assert "x: No space left on device." in capsys.readouterr().out


def test_jupyterlab_starts_shows_no_toast_and_has_the_kernel_of_this_python(tmp_path, monkeypatch):
    """A real one, on a machine whose kernelspec ``python3`` belongs to a Python that is gone."""
    wrong = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    files.write(wrong, json.dumps({"argv": ["/gone/python"], "display_name": "Wrong", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    program = (
        "import argparse, pathlib, sys; from tools.lessons import find, lab; find.WORK = pathlib.Path(sys.argv[1]);"
        "lab.main(argparse.Namespace(complete=False, rest=sys.argv[2:]))"
    )
    options = [f"--port={port}", "--IdentityProvider.token=", "--no-browser", "--ip=127.0.0.1"]
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "work"), *options],
        cwd=find.ROOT,
        env=os.environ | {"PYTHONPATH": str(find.ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def told(path):
        with urllib.request.urlopen(address + path, timeout=30) as answer:
            return json.load(answer)

    def ready():
        try:
            return told("/api/status")
        except OSError:
            assert process.poll() is None
            return False

    try:
        wait_for(ready)
        kernels = told("/api/kernelspecs")["kernelspecs"]
        assert [kernels[name]["spec"]["argv"][0] for name in kernels] == [sys.executable]
        (schema,) = [told("/lab/api/settings/@jupyterlab/apputils-extension:notification")["schema"]]
        assert schema["properties"]["fetchNews"]["default"] == "false"
        assert schema["properties"]["checkForUpdates"]["default"] is False
        names = [each["name"] for each in told("/api/contents")["content"]]
        assert sorted(names) == sorted(path.name for path in find.STUDENT.glob("*.ipynb"))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
