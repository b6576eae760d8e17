"""The environment that every tool runs in: made on first use, not touched again until the locked versions change.

Only the standard library is imported here, because this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "tools" / "locks"
VENV = ROOT / ".venv"
OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)


def enter(instructor: bool = False) -> None:
    """Go on inside an environment that has the packages: this one if it does, else ``.venv``, made if need be.

    Raises SystemExit with one sentence when the Python does not fit or the installation fails.
    """
    extra = "instructor" if instructor else "student"
    if missing(LOCKS / f"{extra}.txt"):
        if Path(sys.prefix).resolve() == VENV.resolve():
            # Already inside: the stamp said "installed" and a package is gone all the same.
            (VENV / "installed.json").unlink(missing_ok=True)
        python = ensure(extra)
        module = sys.modules["__main__"].__spec__.name
        try:
            sys.exit(subprocess.call([str(python), "-m", module, *sys.argv[1:]], cwd=ROOT))
        except KeyboardInterrupt:
            sys.exit(130)
    os.chdir(ROOT)


def missing(lock: Path) -> list[str]:
    """The packages of a lock file that this Python does not have in any version.

    Versions are pip's business, except in ``.venv``, where the stamp of the lock file decides.
    """
    if Path(sys.prefix).resolve() == VENV.resolve() and lock.stem not in _installed():
        return ["the locked versions"]
    absent = []
    for name in direct_packages(lock):
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            absent.append(name)
    return absent


def direct_packages(lock: Path) -> list[str]:
    """The packages that pyproject.toml asks for itself, for the student's or the instructor's lock file."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    if lock.stem == "instructor":
        lines += project["optional-dependencies"]["instructor"]
    return [re.match(r"[A-Za-z0-9._-]+", line)[0] for line in lines]


def ensure(extra: str) -> Path:
    """Make ``.venv`` with the locked versions of "student" or "instructor"; returns its Python."""
    version = sys.version_info[:2]
    if not OLDEST_PYTHON <= version <= NEWEST_PYTHON:
        raise SystemExit(
            f"This is Python {version[0]}.{version[1]}; TensorFlow needs 3.11, 3.12 or 3.13. "
            "Install one of them and name it: make run PYTHON=python3.12"
        )
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.is_file():
        print(f"Making the environment {VENV.name} with Python {version[0]}.{version[1]}.", flush=True)
        if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]):
            raise SystemExit(
                "The environment could not be made; the lines above say why. On Debian and Ubuntu the module "
                "venv is a package of its own: sudo apt install python3-venv"
            )
    if extra not in _installed():
        lock = LOCKS / f"{extra}.txt"
        print(f"Installing the packages of {lock.relative_to(ROOT)}: a few minutes, the first time only.", flush=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(lock)]
        if subprocess.call(command):
            raise SystemExit(
                "Packages could not be installed; the lines above say why. Is there a network and a package "
                "index? Call the same command again: it goes on where it stopped."
            )
        # The instructor's lock holds everything that the student's does.
        stamps = {"student": _digest("student"), **({extra: _digest(extra)} if extra != "student" else {})}
        (VENV / "installed.json").write_text(json.dumps(stamps), encoding="utf-8")
    return python


def _installed() -> set[str]:
    """Which of the lock files, as they are now, were installed completely."""
    stamp = VENV / "installed.json"
    try:
        stamps = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    return {extra for extra, digest in stamps.items() if digest == _digest(extra)}


def _digest(extra: str) -> str:
    return hashlib.sha256((LOCKS / f"{extra}.txt").read_bytes()).hexdigest()
