"""A JupyterHub for a class on this machine: makes its environment on first use, then starts it."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

from tools import programs
from tools.environment import ROOT, python_of
from tools.lessons import files

DEPLOY = ROOT / "deploy"
LOCK = DEPLOY / "requirements.txt"
HUB = ROOT / "build" / "hub"
# From npm, because JupyterHub's proxy is a program for Node.js. There is no list of its parts here, since such a list
# holds the addresses that they came from.
PROXY = "configurable-http-proxy@5.2.0"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    state = "/var/lib/cnn-hub" if hasattr(os, "geteuid") and os.geteuid() == 0 else "~/.local/state/cnn-hub"
    parser.add_argument("--state", default=state, metavar="FOLDER", help=f"what the hub keeps; {state} when left out")
    parser.add_argument("--install", action="store_true", help="make the environment only")


def main(arguments: argparse.Namespace) -> int:
    """The hub until it is ended; its exit status."""
    python = ensure()
    if arguments.install:
        print(f"The hub is installed in {HUB}.")
        return 0
    state = Path(arguments.state).expanduser()
    try:
        # The hub's keys lie there.
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(f"{state} cannot be made ({error.strerror}): name another folder by --state.") from None
    return programs.call(command(python, arguments.rest), cwd=state, env=variables())


def command(python: Path, rest: list[str]) -> list[str]:
    """The words that start the hub; those of the user come after ours and win."""
    return [str(python), "-m", "jupyterhub", "--config", str(DEPLOY / "jupyterhub_config.py"), *rest]


def variables() -> dict[str, str]:
    """The environment variables of the hub: it finds the modules of ``deploy`` whatever its working directory is."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def ensure() -> Path:
    """Make ``build/hub`` with the locked versions, the proxy and the course's kernel; returns its Python.

    Raises SystemExit with one sentence when something cannot be had.
    """
    if sys.platform == "win32":
        raise SystemExit("JupyterHub does not run on Windows: use a server with Linux.")
    python, stamp = python_of(HUB), HUB / "installed.json"
    wanted = {"lock": hashlib.sha256(LOCK.read_bytes()).hexdigest(), "proxy": PROXY}
    if _content(stamp) != wanted:
        npm = shutil.which("npm")
        if not npm:
            raise SystemExit("JupyterHub's proxy needs Node.js and npm. On Debian and Ubuntu: sudo apt install npm")
        print(f"Making the environment of the hub in {HUB}: a minute, the first time.", flush=True)
        pip = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            str(LOCK),
        ]
        steps = [
            [sys.executable, "-m", "venv", "--clear", str(HUB)],
            pip,
            [npm, "install", "--prefix", str(HUB), "--no-save", "--no-fund", "--no-audit", "--loglevel=error", PROXY],
        ]
        if any(programs.call(step) for step in steps):
            raise SystemExit("The hub could not be installed; the lines above say why. Is there a network?")
        stamp.write_text(json.dumps(wanted), encoding="utf-8")
    # Looked at each time, because the environment of the course may have moved.
    place = HUB / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    files.write(place, json.dumps(kernel(Path(sys.executable))))
    return python


def _content(stamp: Path) -> dict | None:
    try:
        return json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def kernel(python: Path) -> dict:
    """The kernel that all students' notebooks run in: that of the course's environment.

    It joins the control group of the student's kernels first, where the hub has made one.
    """
    join = 'if [ -w "$CNN_KERNELS" ]; then echo 0 > "$CNN_KERNELS"; fi; exec "$0" "$@"'
    words = ["/bin/sh", "-c", join, str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    return {"argv": words, "display_name": "Python 3 (ipykernel)", "language": "python"}
