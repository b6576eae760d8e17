"""Lessons as files: JSON with one source line a line, replaced whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def read(path: Path) -> dict:
    """A notebook as plain data."""
    return json.loads(path.read_text(encoding="utf-8"))


def text(notebook: dict) -> str:
    """A notebook as nbformat and Jupyter write it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def write(path: Path, content: str) -> bool:
    """Write a text beside the file, then rename it; False when the file says that already."""
    if path.is_file() and path.read_text(encoding="utf-8") == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(content, encoding="utf-8", newline="\n")
    os.replace(part, path)
    return True


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
