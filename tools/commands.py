"""Commands that mostly call another program: pytest with nbval, ruff."""

from __future__ import annotations

import argparse
import os
import sys

from tools import oldest, programs
from tools.lessons import find

CELL_TIMEOUT = 300  # seconds; a dead kernel is only noticed when it runs out
FILES = 3  # of tests or lessons at a time
NBVAL = ["-p", "tools.lessons.kernels", "--nbval-lax", "--nbval-current-env", f"--nbval-cell-timeout={CELL_TIMEOUT}"]


def add_test_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--oldest", action="store_true", help="with the oldest versions that pyproject.toml allows, installed apart"
    )
    parser.add_argument(
        "--long", action="store_true", help="campaigns instead: processes killed, memory, many examples; an hour"
    )
    parser.add_argument(
        "--browser", action="store_true", help="JupyterLab, slides and pages in Chromium instead; status 1 without one"
    )


def test(arguments: argparse.Namespace) -> int:
    """Test helpers, tools and lessons on Shapes-10.

    In lessons, nbval compares the outputs of cells tagged ``nbval-check-output`` with the stored ones; every other
    cell must run without an error. Some files at a time, tests and lessons in one run, so that the two cores of a
    small machine always have work: some tests wait for processes that they have started. With arguments for pytest, the
    tests that are no lessons, or the files that are named.
    """
    if arguments.oldest:
        return oldest.test(arguments.rest)
    if arguments.browser:
        return _test_browser(arguments.rest)
    if arguments.long:
        return _test_long(arguments.rest)
    pytest = [sys.executable, "-m", "pytest", "-q", "--dist", "loadfile", "-n", str(FILES), "-m", "not long"]
    everything = [*NBVAL, "--durations=10", "tests", *(str(lesson.path) for lesson in find.find())]
    # More threads than cores would wait for one another: six lessons took 1.09 times as long on two cores.
    threads = max(1, (os.cpu_count() or 1) // FILES)
    variables = find.variables(CNN_DATASET="shapes10", TF_NUM_INTRAOP_THREADS=str(threads))
    return programs.call([*pytest, *(arguments.rest or everything)], env=variables)


def _test_browser(rest: list[str]) -> int:
    """The tests of ``tests/browser``, two files at a time; 1 where there is no Chromium, since nothing was tested."""
    if programs.chromium() is None:
        print(programs.NO_CHROMIUM)
        return 1
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--durations=10"]
    return programs.call([*pytest, "tests/browser", *rest], env=find.variables(CNN_DATASET="shapes10"))


def _test_long(rest: list[str]) -> int:
    """The campaigns of ``tests/long``, then long tests and properties with many examples; with arguments the first."""
    pytest = [sys.executable, "-m", "pytest", "-q", "--durations=0", "--durations-min=10"]
    variables = find.variables(CNN_DATASET="shapes10")
    campaigns = programs.call([*pytest, "tests/long", *rest], env=variables)
    if rest:
        return campaigns
    properties = ["-m", "hypothesis or long", "--hypothesis-profile", "long", "-n", "2", "tests"]
    return programs.call([*pytest, *properties], env=variables) or campaigns


def add_lint_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fix", action="store_true", help="mend what can be mended, and format")


def lint(arguments: argparse.Namespace) -> int:
    """Ruff over everything, notebooks too."""
    check = [sys.executable, "-m", "ruff", "check", *(["--fix"] if arguments.fix else [])]
    layout = [sys.executable, "-m", "ruff", "format", *([] if arguments.fix else ["--check"])]
    return programs.call(check) or programs.call(layout)
