"""Tests with the oldest versions that pyproject.toml allows, in an environment of their own: what Colab may have."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import programs
from tools.environment import ROOT, python_of, pythons

VENV = ROOT / "build" / "oldest"


def test(tests: list[str]) -> int:
    """Test with the oldest versions; returns the exit status.

    ``tests`` goes to pytest; when it is empty, the tests of helpers and checks run, then every lesson on Shapes-10.
    Outputs of lessons are not compared: other versions compute other last digits.
    """
    python = str(made())
    variables = {**os.environ, "CNN_DATASET": "shapes10"}
    pytest = [python, "-m", "pytest", "-q", "--disable-warnings", "-n", "2", "--dist", "loadfile"]
    status = programs.call([*pytest, *(tests or ["tests/helpers", "tests/checks"])], env=variables)
    if not tests:
        status |= programs.call([python, "-m", "tools", "run", "--out", str(VENV / "lessons")], env=variables)
    return status


def made() -> Path:
    """The Python of the environment, which is made anew when pyproject.toml has changed.

    Each package that pyproject.toml names has the version of its lower bound, the others are the newest that go with
    them. Raises SystemExit when there is no such set, or no network.
    """
    python, stamp = python_of(VENV), VENV / "made_from.txt"
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return python
    interpreter = newest_python()
    print(f"Installing the oldest versions for {interpreter} into {VENV.relative_to(ROOT)}.", flush=True)
    uv = [sys.executable, "-m", "uv", "--quiet"]
    install = ["pip", "install", "--python", str(python), "--resolution", "lowest-direct"]
    install += ["--editable", f"{ROOT}[instructor]"]
    for step in (["venv", "--clear", "--python", interpreter, str(VENV)], install):
        if programs.call([*uv, *step]):
            raise SystemExit("The oldest versions could not be installed; the lines above say why.")
    stamp.write_text(digest, encoding="utf-8")
    return python


def newest_python() -> str:
    """The newest Python on this machine that pyproject.toml allows, like Colab's; at least the one that runs this."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for major, minor in reversed(pythons()):
        name = f"python{major}.{minor}"
        # pyenv has commands that only say where they could be found, so each one is tried.
        for candidate in (shutil.which(name), *versions.glob(f"{major}.{minor}.*/bin/{name}")):
            if candidate and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
                return str(candidate)
    return sys.executable
