"""The repository's address: where it stands, and what lessons and README make of it.

It stands in pyproject.toml alone. While it is the placeholder, nothing names it.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from helpers.places import ROOT

PLACEHOLDER = "https://github.com/YOUR_ACCOUNT/cnn-on-cifar10"
COLAB = "https://colab.research.google.com"
BINDER = "https://mybinder.org"


def address() -> str:
    """The address in pyproject.toml."""
    import tomllib

    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]


def checked(url: str) -> str:
    """An address that git can fetch from, without ".git" and "/" at its end. Raises ValueError with a sentence."""
    url = url.strip().rstrip("/").removesuffix(".git")
    parts = urlsplit(url)
    names = parts.path.split("/")[1:]
    if parts.scheme != "https" or not re.fullmatch(r"https://[\w.-]+\.\w+(:\d+)?(/[\w.~-]+)+", url, re.ASCII):
        raise ValueError(f"{url!r} is no address of a repository: it looks like https://github.com/OWNER/NAME.")
    if len(names) < 2 or (parts.hostname == "github.com" and len(names) != 2):
        raise ValueError(f"{url!r} needs the owner and the name of the repository: https://github.com/OWNER/NAME.")
    if "YOUR_ACCOUNT" in names:
        raise ValueError("YOUR_ACCOUNT stands for the name of an account. To have no address, give --placeholder.")
    return url


# Whatever fails in this cell ends in one sentence: a Python without the project, a `helpers` of somebody else.
SET_UP = """\
try:
    from helpers import start

    start.lesson()
except Exception as error:
    raise SystemExit(
        f"{error}. Call `make lab` in the folder of the course; rename a `helpers` of yours."
    ) from error
"""
# Colab has the dependencies, and its TensorFlow has to stay. Neither git nor pip asks for a password and waits. What an
# earlier call installed is written over, because half of it may be missing.
ON_COLAB = """\
course = "URL"
if "google.colab" in str(get_ipython()):
    import importlib
    import os
    import subprocess
    import sys

    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-color", "--no-input", "--no-deps", "--ignore-installed"]
    asks_nobody = os.environ | {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "LC_ALL": "C"}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    try:
        subprocess.run([*pip, f"git+{course}"], env=asks_nobody, **pipes, check=True, text=True, timeout=300)
    except subprocess.SubprocessError as error:
        said = f"{error.output} {error}"
        reasons = {
            "timed out": "nothing came for five minutes. Is there a network?",
            "Cannot find command 'git'": "there is no git here. Install it.",
            "No module named pip": f"there is no pip here. Call {sys.executable} -m ensurepip.",
            "returned error": "the host refuses. Is the address right, and is it public?",
            "unable to access": "its host cannot be reached. Is there a network?",
            "git clone": "no repository there that everybody may read. Is the address right, and is it public?",
            "Read-only file system": "pip may not write here. Take a Python of your own.",
            "Permission denied": "pip may not write here. Take a Python of your own.",
        }
        why = next((reasons[sign] for sign in reasons if sign in said), " ".join(said.split())[:300])
        raise SystemExit(f"{course} could not be installed: {why} Then run this cell again.") from None
    importlib.invalidate_caches()
"""


def set_up_cell(url: str) -> str:
    """The first code cell of every lesson. With an address, it installs the project on Colab, and nothing else."""
    if url == PLACEHOLDER:
        return SET_UP.rstrip()
    here = "the folder of the course"
    return ON_COLAB.replace("URL", url) + SET_UP.rstrip().replace(here, "a copy of {course}, or restart the kernel")


def put_set_up_cell(notebook: dict, url: str) -> None:
    """Write the set-up cell into a notebook, its source folded; its outputs and everything else stay."""
    for cell in notebook["cells"]:
        if cell["id"] == "setup":
            cell["source"] = set_up_cell(url).splitlines(keepends=True)
            cell["metadata"]["jupyter"] = {"source_hidden": True}


def launches(url: str, notebook: str) -> dict[str, str]:
    """Where a student notebook opens: "Colab", "Binder" -> address. Colab opens notebooks from GitHub alone."""
    if url == PLACEHOLDER:
        return {}
    parts = urlsplit(url)
    on_github = parts.hostname == "github.com"
    where = f"gh{parts.path}/main" if on_github else f"git/{quote(url, safe='')}/main"
    colab = {"Colab": f"{COLAB}/github{parts.path}/blob/main/notebooks/student/{notebook}"} if on_github else {}
    return colab | {"Binder": f"{BINDER}/v2/{where}?urlpath=lab/tree/notebooks/student/{notebook}"}


def badges(url: str, notebook: str) -> str:
    """The badges of a student notebook in Markdown."""
    images = {"Colab": f"{COLAB}/assets/colab-badge.svg", "Binder": f"{BINDER}/badge_logo.svg"}
    links = launches(url, notebook).items()
    return " ".join(f"[![Open in {name}]({images[name]})]({link})" for name, link in links)
