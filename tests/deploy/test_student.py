"""What starts as a student: the lessons are copied, then the server takes over."""

import os
import subprocess
import sys

from deploy import student
from helpers.places import ROOT
from tools.lessons import find, workspace


def test_the_start_of_a_student_needs_no_package_of_the_course(tmp_path):
    """It runs in the hub's Python, which has no TensorFlow."""
    code = "import os, sys; os.execv = lambda *words: print(*words); from deploy import student; student.main(['--a'])"
    told = subprocess.run(
        [sys.executable, "-S", "-E", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines()[-1].endswith("'-m', 'jupyterhub.singleuser', '--a']")
    copied = sorted(path.name for path in (tmp_path / "cnn-on-cifar10").glob("*.ipynb"))
    assert copied == sorted(path.name for path in find.STUDENT.glob("*.ipynb"))


def test_a_full_disk_does_not_keep_the_server_from_starting(monkeypatch, tmp_path, capsys):
    def full():
        raise OSError(28, "No space left on device")

    started = []
    monkeypatch.setattr(find, "WORK", tmp_path)
    monkeypatch.setattr(workspace, "prepare", full)
    monkeypatch.setattr(os, "execv", lambda *words: started.append(words))
    student.main([])
    assert len(started) == 1
    assert "could not be copied" in capsys.readouterr().out
