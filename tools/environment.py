"""The environment that commands run in: made on first use, not touched again until the locked versions change.

Only the standard library is imported here, because this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tools import programs

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "tools" / "locks"
VENV = ROOT / ".venv"
PROJECT = "cnn-on-cifar10"
MENDED = "CNN_ENVIRONMENT_MENDED"


def enter(instructor: bool = False) -> None:
    """Go on inside an environment that has the packages and the project: this one, else ``.venv``, made if need be.

    There, the same command runs again, and its exit status is handed on. Raises SystemExit with one sentence when the
    Python does not fit or the installation fails.
    """
    refuse_other_pythons()
    extra = "instructor" if instructor else "student"
    absent = missing(extra)
    if not absent:
        os.chdir(ROOT)
        return
    if inside():
        if os.environ.get(MENDED):
            raise SystemExit(f"{VENV} lacks {', '.join(absent)} after its installation too: delete it and try again.")
        # The stamp said "installed" and something is gone all the same.
        (VENV / "installed.json").unlink(missing_ok=True)
        os.environ[MENDED] = "yes"
    python = ensure(extra)
    status = programs.call([str(python), "-m", "tools", *sys.argv[1:]], cwd=ROOT)
    # A negative status names the signal that ended it; shells add 128.
    sys.exit(128 - status if status < 0 else status)


def inside() -> bool:
    """True when this Python is that of ``.venv``."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def missing(extra: str) -> list[str]:
    """What this Python lacks of what a "student" or an "instructor" needs.

    Versions are pip's business, except in ``.venv``, where the stamp of the lock file decides, and where the project
    has to be installed from this folder, unless ``.venv`` is a link to that of another checkout.
    """
    if inside() and extra not in _installed():
        return ["the locked versions"]
    here = {re.sub(r"[-_.]+", "-", package.name).lower() for package in metadata.distributions()}
    absent = [name for name in direct_packages(extra) if name not in here]
    if inside():
        # What pyproject.toml has just got is locked by a command that runs in here.
        absent = [name for name in absent if name in _locked(extra)]
    if inside() and not VENV.is_symlink() and _source_of_project() != ROOT:
        absent.append("the project itself")
    return absent


def direct_packages(extra: str) -> list[str]:
    """The packages that pyproject.toml asks for itself, for a "student" or an "instructor"."""
    import tomllib  # a Python that is too old has none

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    if extra == "instructor":
        lines += project["optional-dependencies"]["instructor"]
    return [re.match(r"[A-Za-z0-9._-]+", line)[0] for line in lines]


def pythons() -> list[tuple[int, int]]:
    """The versions of Python that pyproject.toml allows, the oldest first."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    major, first, end = map(int, re.search(r'requires-python = ">=(\d+)\.(\d+),<\d+\.(\d+)"', text).groups())
    return [(major, minor) for minor in range(first, end)]


def refuse_other_pythons() -> None:
    """Raise SystemExit with one sentence when this Python is none that pyproject.toml allows."""
    version = sys.version_info[:2]
    if version not in pythons():
        *others, newest = (f"{major}.{minor}" for major, minor in pythons())
        raise SystemExit(
            f"This is Python {version[0]}.{version[1]}; TensorFlow needs {', '.join(others)} or {newest}. "
            f"Install one of them and name it: make run PYTHON=python{others[-1]}"
        )


def ensure(extra: str) -> Path:
    """Make ``.venv`` with the locked versions for a "student" or an "instructor", and the project; returns its Python.

    Raises SystemExit with one sentence when venv or pip fail.
    """
    python = python_of(VENV)
    if not python.is_file():
        print(f"Making the environment {VENV.name} with Python {'.'.join(map(str, sys.version_info[:2]))}.", flush=True)
        if programs.call([sys.executable, "-m", "venv", "--clear", str(VENV)]):
            raise SystemExit(
                "The environment could not be made; the lines above say why. On Debian and Ubuntu the module "
                "venv is a package of its own: sudo apt install python3-venv"
            )
    if extra not in _installed():
        lock = LOCKS / f"{extra}.txt"
        print(f"Installing the packages of {lock.relative_to(ROOT)}: a few minutes, the first time.", flush=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        steps = [["-r", str(lock)]]
        if not VENV.is_symlink():
            steps += [["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]]
        if any(programs.call([*pip, *step]) for step in steps):
            raise SystemExit(
                "Packages could not be installed; the lines above say why. Is there a network and a package "
                "index? Call the same command again: it goes on where it stopped."
            )
        # The instructor's lock holds everything that the student's does.
        stamps = {name: _digest(name) for name in {"student", extra}}
        (VENV / "installed.json").write_text(json.dumps(stamps), encoding="utf-8")
    return python


def python_of(environment: Path) -> Path:
    """The Python of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _source_of_project() -> Path | None:
    """The folder from which the project is installed as editable; None when it is not, or as a copy."""
    try:
        source = json.loads(metadata.distribution(PROJECT).read_text("direct_url.json") or "{}")
    except metadata.PackageNotFoundError:
        return None
    if not source.get("dir_info", {}).get("editable"):
        return None
    return Path(url2pathname(urlsplit(source["url"]).path)).resolve()


def _locked(extra: str) -> set[str]:
    """The packages that the lock file of a "student" or an "instructor" names."""
    texts = [(LOCKS / f"{name}.txt").read_text(encoding="utf-8") for name in {"student", extra}]
    return {name for text in texts for name in re.findall(r"(?m)^([a-z0-9][a-z0-9-]*)==", text)}


def _installed() -> set[str]:
    """Which of the lock files, as they are now, were installed completely."""
    stamp = VENV / "installed.json"
    try:
        stamps = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    return {extra for extra, digest in stamps.items() if digest == _digest(extra)}


def _digest(extra: str) -> str:
    paths = [LOCKS / f"{name}.txt" for name in sorted({"student", extra})]
    # A repository for students has no lock file of the instructor.
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths if path.is_file())).hexdigest()
