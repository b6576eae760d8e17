"""Write the lock files and environment.yml from pyproject.toml: ``python -m tools.lock`` (needs ``pip install uv``)."""

from __future__ import annotations

import re
import subprocess

from tools.environment import LOCKS, ROOT, direct_packages

CONDA_PYTHON = "3.12"


def compile_lock(extra: str) -> None:
    """Resolve for Python 3.11 to 3.13 on Linux, macOS and Windows at once, one version of each package."""
    command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11"]
    command += ["--fork-strategy", "fewest", "--no-header", "--no-annotate", "--quiet"]
    command += ["--output-file", str(LOCKS / f"{extra}.txt")]
    if extra == "instructor":
        # The instructor's environment is the student's with more in it.
        command += ["--extra", "instructor", "--constraint", str(LOCKS / "student.txt")]
    subprocess.run(command, cwd=ROOT, check=True)


def locked_versions(extra: str) -> dict[str, str]:
    """Package name -> version of a lock file."""
    lines = (LOCKS / f"{extra}.txt").read_text(encoding="utf-8").splitlines()
    pairs = [re.match(r"([A-Za-z0-9._-]+)==([^ ;]+)", line) for line in lines]
    return {pair[1]: pair[2] for pair in pairs if pair}


def environment_yml() -> str:
    """The text of environment.yml, for ``conda env create`` and Binder."""
    versions = locked_versions("student")
    packages = [f"      - {name}=={versions[name]}" for name in direct_packages(LOCKS / "student.txt")]
    return "\n".join(
        [
            "# Written by python -m tools.lock from pyproject.toml and the lock file. For conda and Binder.",
            "name: cnn-on-cifar10",
            "channels:",
            "  - conda-forge",
            "dependencies:",
            f"  - python={CONDA_PYTHON}",
            "  - pip",
            "  - pip:",
            *packages,
            "",
        ]
    )


def main() -> None:
    LOCKS.mkdir(exist_ok=True)
    for extra in ("student", "instructor"):
        compile_lock(extra)
    (ROOT / "environment.yml").write_text(environment_yml(), encoding="utf-8")


if __name__ == "__main__":
    main()
