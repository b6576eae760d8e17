"""``hub``: an environment of its own, made once, with the course's kernel."""

import json
import shutil
import subprocess
import sys

import pytest

from tools import hub, programs


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """What would have been called, in a folder that is not there yet; ``status`` is what it all returns."""

    class Commands(list):
        status = 0

        def __call__(self, command, **options):
            self.append(command)
            (tmp_path / "hub").mkdir(exist_ok=True)
            return self.status

    called = Commands()
    monkeypatch.setattr(hub, "HUB", tmp_path / "hub")
    monkeypatch.setattr(programs, "call", called)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    return called


def test_it_is_made_once_from_the_lock_and_npm(commands, tmp_path):
    python = hub.ensure()
    assert python == tmp_path / "hub" / "bin" / "python"
    create, packages, proxy = commands
    assert create[1:] == ["-m", "venv", "--clear", str(tmp_path / "hub")]
    assert packages[-2:] == ["-r", str(hub.LOCK)]
    assert proxy[0] == "/usr/bin/npm"
    assert proxy[-1] == hub.PROXY
    hub.ensure()
    assert len(commands) == 3


@pytest.mark.parametrize("stamp", ['{"lock": "another", "proxy": "older"}', "{half of"])
def test_another_lock_or_a_damaged_stamp_makes_it_anew(commands, tmp_path, stamp):
    hub.ensure()
    (tmp_path / "hub" / "installed.json").write_text(stamp)
    hub.ensure()
    assert len(commands) == 6


def test_what_cannot_be_had_is_said_and_tried_again(commands, monkeypatch):
    commands.status = 1
    with pytest.raises(SystemExit, match="Is there a network"):
        hub.ensure()
    commands.status = 0
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"needs Node\.js and npm.*apt install npm"):
        hub.ensure()
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SystemExit, match="does not run on Windows"):
        hub.ensure()


def test_the_kernel_joins_its_group_where_there_is_one(tmp_path):
    group = tmp_path / "cgroup.procs"
    group.touch()
    words = hub.kernel("PYTHON")["argv"]
    assert words[3:] == ["PYTHON", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    for variables in ({"CNN_KERNELS": str(group)}, {}):
        told = subprocess.run([*words[:3], "echo", "a b"], env=variables, capture_output=True, text=True)
        assert (told.stdout, told.stderr) == ("a b\n", "")
    assert group.read_text() == "0\n"


def test_the_courses_python_is_the_only_kernel(commands, tmp_path):
    hub.ensure()
    (file,) = tmp_path.rglob("kernel.json")
    assert file.parent.name == "python3"
    assert sys.executable in json.loads(file.read_text())["argv"]


def test_what_the_user_says_comes_last_and_wins(commands, tmp_path):
    words = hub.command("python", ["--Spawner.mem_limit=4G"])
    assert words[-3:] == ["--config", str(hub.DEPLOY / "jupyterhub_config.py"), "--Spawner.mem_limit=4G"]
