"""Test helpers, tools and lessons: ``python -m tools.test``. More arguments go to pytest's first run (the tests).

Lessons run on Shapes-10 under nbval: outputs of cells tagged ``nbval-check-output`` are compared with the stored
ones, every other cell must run without an error. Two files at a time: most of the time goes into single-threaded
work, building models and starting kernels.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tools import environment

CELL_TIMEOUT = 300  # seconds; a dead kernel is only noticed when it runs out


def main() -> int:
    environment.enter(instructor=True)
    os.environ["CNN_DATASET"] = "shapes10"
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    tests = subprocess.call([*pytest, "tests", *sys.argv[1:]])
    lessons = subprocess.call(
        [
            *pytest,
            "--nbval-lax",
            "--nbval-current-env",
            f"--nbval-cell-timeout={CELL_TIMEOUT}",
            "--durations=10",
            *(str(path) for path in sorted((environment.ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))),
        ]
    )
    return tests or lessons


if __name__ == "__main__":
    sys.exit(main())
