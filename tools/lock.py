"""Write the lock files and environment.yml from pyproject.toml.

Versions that are locked stay where the bounds allow it; delete a lock file to take the newest ones.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

from tools import programs
from tools.environment import LOCKS, ROOT, direct_packages

CONDA_PYTHON = "3.12"
INCLUDES_STUDENT = "-r student.txt\n"
HUB = ROOT / "deploy" / "requirements.txt"
COURSE = ("pyproject.toml", "--group", "build")


def compiled(locked: str, *needs: str) -> str:
    """What parts of pyproject.toml need, resolved for Python 3.11 to 3.13 on Linux, macOS and Windows at once.

    One version of each package, preferably that of the text ``locked``, with the SHA-256 of each of its files. No
    address of an index gets into it. Raises SystemExit where uv finds no versions that fit together.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lock.txt"
        path.write_text(locked, encoding="utf-8")
        command = [sys.executable, "-m", "uv", "pip", "compile", *needs, "--universal"]
        command += ["--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes", "--no-header"]
        command += ["--no-annotate", "--quiet", "--output-file", str(path)]
        if programs.call(command, cwd=ROOT):
            raise SystemExit("The versions were not locked; the lines above say why. Nothing was changed.")
        return path.read_text(encoding="utf-8")


def blocks(text: str) -> dict[str, str]:
    """Package name -> its lines in a lock file: the version, then its hashes."""
    found = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]
    return {block.partition("==")[0]: block for block in found}


def locked_versions(extra: str) -> dict[str, str]:
    """Package name -> version of what the lock of a "student" or an "instructor" installs."""
    text = (LOCKS / f"{extra}.txt").read_text(encoding="utf-8")
    inherited = locked_versions("student") if extra == "instructor" else {}
    return inherited | {name: re.search(r"==([^ ;]+)", block)[1] for name, block in blocks(text).items()}


def environment_yml() -> str:
    """The text of environment.yml, for ``conda env create``."""
    versions = locked_versions("student")
    packages = [f"      - {name}=={versions[name]}" for name in direct_packages("student")]
    return "\n".join(
        [
            "# Written by python -m tools lock from pyproject.toml and the lock file. For conda; Binder has binder/.",
            "name: cnn-on-cifar10",
            "channels:",
            "  - conda-forge",
            "dependencies:",
            f"  - python={CONDA_PYTHON}",
            "  - pip",
            "  - pip:",
            *packages,
            "      - -e .",
            "",
        ]
    )


def main(arguments: argparse.Namespace | None = None) -> int:
    student, instructor = (LOCKS / f"{extra}.txt" for extra in ("student", "instructor"))
    before = {path: path.read_text(encoding="utf-8") if path.is_file() else "" for path in (student, instructor, HUB)}
    locked = compiled(before[student], *COURSE)
    with tempfile.TemporaryDirectory() as folder:
        # Written where it belongs only when all are there.
        constraint = Path(folder) / "student.txt"
        constraint.write_text(locked, encoding="utf-8")
        same = ("--constraint", str(constraint))
        # uv would read the file that the first line names.
        locked_before = before[student] + before[instructor].removeprefix(INCLUDES_STUDENT)
        more = blocks(compiled(locked_before, *COURSE, "--extra", "instructor", *same))
        hub = compiled(before[HUB], "--group", "hub", *same)
    own = [block for name, block in more.items() if name not in blocks(locked)]
    for path, text in ((student, locked), (instructor, "".join([INCLUDES_STUDENT, *own])), (HUB, hub)):
        path.write_text(text, encoding="utf-8", newline="\n")
    (ROOT / "environment.yml").write_text(environment_yml(), encoding="utf-8", newline="\n")
    return 0
