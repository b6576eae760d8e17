"""A copy of the project for tests of commands that write into it, and a way to call these commands there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from helpers.places import ROOT

PARTS = ("checks", "helpers", "tools", "tests", "pyproject.toml", "README.md")


def copied(folder: Path, *numbers: str) -> Path:
    """The project without data and with these lessons alone, their student edition included."""
    unwanted = shutil.ignore_patterns("__pycache__", ".pytest_cache")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=unwanted)
        else:
            shutil.copy(ROOT / part, folder / part)
    for number in numbers:
        for path in (ROOT / "notebooks").rglob(f"{number}_*.ipynb"):
            place = folder / path.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
    return folder


def call(
    project: Path, *words: str, options: tuple[str, ...] = (), seconds: float = 300
) -> subprocess.CompletedProcess:
    """``python OPTIONS -m WORDS`` in the copy, with the copy's own code."""
    environment = os.environ | {"PYTHONPATH": str(project), "CNN_DATASET": "shapes10"}
    return subprocess.run(
        [sys.executable, *options, "-m", *words],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
    )


def contents(project: Path) -> dict[str, bytes]:
    """Every file of the copy but what Python keeps for itself."""
    paths = (path for path in project.rglob("*") if path.is_file() and "cache" not in str(path.relative_to(project)))
    return {str(path.relative_to(project)): path.read_bytes() for path in paths}
