"""What makes two machines fit for the same trials: the project's code, the versions, the data."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from pathlib import Path

from helpers import places

CODE = ("helpers", "checks", "tools")
SUFFIXES = (".py", ".mplstyle")
PACKAGES = ("tensorflow", "keras", "numpy")


def describe(payload: dict, folder: Path) -> dict:
    """What a worker does first: the SHA-256 of each file of code, the versions, and what is wrong with its data.

    ``payload["dataset"]`` names the data that must be there; "" for none.
    """
    root = places.ROOT
    paths = [root / "data" / "manifest.json"]
    paths += [path for part in CODE for path in (root / part).rglob("*") if path.suffix in SUFFIXES]
    return {
        "files": {path.relative_to(root).as_posix(): _digest(path) for path in sorted(paths)},
        "versions": {
            "Python": ".".join(platform.python_version_tuple()[:2]),
            **{name: _version(name) for name in PACKAGES},
        },
        "data": _fault_of(payload["dataset"]),
        "folder": str(root),
        "machine": platform.node(),
    }


def refusal(here: dict, there: dict) -> str:
    """Why a worker that describes itself as ``there`` cannot have jobs from ``here``, and what to do; "" if it can."""
    files, others = here["files"], there["files"]
    differing = sorted(name for name in files | others if files.get(name) != others.get(name))
    if differing:
        return (
            f"{len(differing)} file(s) of its project are not the same as here, the first is {differing[0]}: check "
            "out the same commit on both sides, without changes of their own"
        )
    for name, version in here["versions"].items():
        if there["versions"].get(name) != version:
            return f"it has {name} {there['versions'].get(name)}, here is {version}: install the same version there"
    return there["data"].rstrip(".")


def _digest(path: Path) -> str:
    # Git may have written other line ends on another system.
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _fault_of(dataset: str) -> str:
    """What is wrong with a dataset on this machine, and what to do. Nothing is fetched here, by a hundred workers."""
    from helpers.data import download

    try:
        source = download.entry(dataset)
        if not source:
            return ""
        if not download.here(source):
            title, folder, variable = source["title"], source["folder"], source["variable"]
            return f"it has no {title}: copy {folder} into {places.DATA} there, or name it in {variable}"
        download.files(dataset)
    except download.DatasetError as error:
        return str(error)
    return ""
