"""Lessons as files: JSON with one source line a line, replaced whole or not at all, and never one that changed.

A notebook of the student edition has a digest of itself in its metadata, by which it is known which edition it is, and
whether somebody changed it.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HOUR = 3600  # seconds, after which the unfinished file of a process that was killed is removed


def read(path: Path) -> dict:
    """A notebook as plain data."""
    return json.loads(path.read_text(encoding="utf-8"))


def text(notebook: dict) -> str:
    """A notebook as nbformat and Jupyter write it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def content(path: Path) -> bytes | None:
    """What a file holds; None where there is none."""
    return path.read_bytes() if path.is_file() else None


def write(path: Path, new: str | bytes) -> bool:
    """Write a file's content beside the file, then rename it; False when the file says that already."""
    if same(content(path), new):
        return False
    with _part(path, _encoded(new)) as (part, place):
        os.replace(part, place)
    return True


def swap(path: Path, before: bytes | None, new: str | bytes) -> bool:
    """``write``, but only while the file holds what it held before (None: while there is none).

    False when somebody changed it in the meantime; theirs stays.
    """
    if same(before, new):
        return same(content(path), new)
    with _part(path, _encoded(new)) as (part, place):
        if before is None:
            return _put_where_nothing_is(part, path)
        if content(place) != before:
            return False
        os.replace(part, place)
    return True


def renew(path: Path, before: bytes | None, new: str) -> bool:
    """``swap``; False when the file said that already. Raises SystemExit when somebody changed it in the meantime."""
    if not swap(path, before, new):
        raise SystemExit(f"{path.name} was saved by somebody at this moment, and stays as it is. Call this again.")
    return not same(before, new)


def same(held: bytes | None, new: str | bytes) -> bool:
    """Whether a file holds this already; a text with whatever line ends."""
    if isinstance(new, bytes) or held is None:
        return held == new
    return held.replace(b"\r\n", b"\n") == _encoded(new)


def _encoded(new: str | bytes) -> bytes:
    # Half a character, which JSON can hold as \ud800 and UTF-8 cannot, becomes \ud800 again.
    return new if isinstance(new, bytes) else new.encode("utf-8", "backslashreplace")


@contextlib.contextmanager
def _part(path: Path, new: bytes) -> Iterator[tuple[Path, Path]]:
    """A finished file to be renamed, hidden beside the place that it is for, and that place, links followed."""
    place = path.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    for old in place.parent.glob(f".{glob.escape(place.name)}.*.part"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > HOUR:
                old.unlink()
    # Two processes that write the same file have one each.
    part = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    try:
        with open(part, "wb") as file:
            file.write(new)
            file.flush()
            os.fsync(file.fileno())
        if place.is_file():
            shutil.copymode(place, part)
        yield part, place
    finally:
        part.unlink(missing_ok=True)


def _put_where_nothing_is(part: Path, path: Path) -> bool:
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError:
        # A disk without links: between the question and the answer lie microseconds.
        if os.path.lexists(path):
            return False
        os.rename(part, path)
    return True


def notebook(held: bytes | None) -> dict | None:
    """A notebook as plain data; None for what is none, as far as it matters here."""
    try:
        made = json.loads(held or b"")
        for cell in made["cells"]:
            cell["cell_type"], source(cell), exercise(cell).get("grade_id")
        edition(made)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return made


def source(cell: dict) -> str:
    """The text of a cell, which a file may hold as one string or as a list of lines."""
    return "".join(cell["source"])


def exercise(cell: dict) -> dict:
    """What nbgrader notes of a cell; {} for one that belongs to no exercise."""
    return cell["metadata"].get("nbgrader") or {}


def digest(notebook: dict) -> str:
    """Sixteen letters for all that a notebook holds, but for the digest in its own metadata."""
    plain = json.loads(json.dumps(notebook))
    plain["metadata"].get("lesson", {}).pop("edition", None)
    for cell in plain["cells"]:
        cell["source"] = source(cell)
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def sign(notebook: dict) -> None:
    """Put its digest into a notebook."""
    facts = notebook["metadata"].setdefault("lesson", {})
    facts["edition"] = digest(notebook)


def edition(notebook: dict) -> str:
    """The digest that a notebook was signed with; "" for one that never was."""
    return str(notebook["metadata"].get("lesson", {}).get("edition", ""))


def untouched(held: bytes | None) -> bool:
    """Whether a file is a signed notebook that nobody changed since."""
    made = notebook(held)
    return made is not None and edition(made) == digest(made)


def clear(notebook: dict) -> None:
    """Drop outputs and execution counts."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
            cell["metadata"].pop("execution", None)


def formatted(path: Path, content: str) -> str:
    """Code or a notebook with sorted imports, as ruff writes it; the file itself stays as it is.

    Raises SystemExit with ruff's reason for what is no Python.
    """
    for command in (["check", "--fix", "--select", "I"], ["format"]):
        call = [sys.executable, "-m", "ruff", *command, "--quiet", "--stdin-filename", str(path), "-"]
        made = subprocess.run(call, input=content, capture_output=True, encoding="utf-8")
        if made.returncode:
            raise SystemExit(f"{path.name} was not changed, because ruff cannot read it:\n{made.stdout}{made.stderr}")
        content = made.stdout
    return content
