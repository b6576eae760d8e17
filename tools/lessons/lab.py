"""Open JupyterLab: in the folder ``work``, or in the complete lessons."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tools import programs
from tools.lessons import find, workspace

# How a container says that it is one: by a file, or a variable.
CONTAINER_FILES = (Path("/.dockerenv"), Path("/run/.containerenv"))
CONTAINER_VARIABLES = ("container", "KUBERNETES_SERVICE_HOST")
SETTINGS = find.ROOT / "tools" / "jupyter"
ALIASES = {"--notebook-dir": "--ServerApp.root_dir", "--ip": "--ServerApp.ip"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--complete", action="store_true", help="the complete lessons, instead of the folder work")


def main(arguments: argparse.Namespace) -> int:
    """JupyterLab until it is ended; its exit status, or 1 where there is no folder to open."""
    folder = find.NOTEBOOKS if arguments.complete else find.WORK
    if not arguments.complete:
        try:
            workspace.prepare()
        except OSError as error:
            print(f"Not all lessons could be copied into {folder}, because of {error.filename}: {error.strerror}.")
            if not folder.is_dir():
                return 1
    # nbgrader, where it is installed, takes the working directory for that of the course.
    return programs.call(command(folder, arguments.rest), cwd=folder, env=find.variables(**settings()))


def settings() -> dict[str, str]:
    """The variables by which JupyterLab finds ``tools/jupyter``, after what the user has set.

    Settings that everybody can change: no toasts about news and versions over the lesson, and long lines of code are
    wrapped. And an extension that gives figures their alternative text.
    """
    names = ("JUPYTER_CONFIG_PATH", "JUPYTER_PATH")
    return {name: os.pathsep.join(filter(None, [os.environ.get(name), str(SETTINGS)])) for name in names}


def command(folder: Path, rest: list[str]) -> list[str]:
    """The words that start JupyterLab in a folder, on this machine; those of the user come before ours."""
    options = {
        "--ServerApp.root_dir": str(folder),
        "--ServerApp.kernel_spec_manager_class": "tools.lessons.kernels.OwnKernels",
    }
    if in_container() and not can_show_a_browser():
        options["--ServerApp.ip"] = "0.0.0.0"  # the browser is outside
    given = {ALIASES.get(word.partition("=")[0], word.partition("=")[0]) for word in rest}
    words = [f"{name}={value}" for name, value in options.items() if name not in given]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")
    if not can_show_a_browser():
        words.append("--no-browser")
    return [sys.executable, "-m", "jupyterlab", *words, *rest]


def in_container() -> bool:
    return any(path.exists() for path in CONTAINER_FILES) or any(map(os.environ.get, CONTAINER_VARIABLES))


def can_show_a_browser() -> bool:
    """False where Python would look for one in vain, or open one of letters over the terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
