"""A graded notebook that formgrader can show: nothing in it runs in the browser of whoever marks it.

Formgrader puts HTML of Markdown cells and outputs into a page that may change marks.
"""

from __future__ import annotations

import re

from tools.lessons import files

BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
IMAGES = ("image/png", "image/jpeg")
LONGEST = 100_000  # characters of one output


def make(notebook: dict, release: dict) -> None:
    """Change a notebook: only what was handed out is HTML; what students wrote is text, outputs are text and images."""
    ours = {(cell.get("id"), files.source(cell)) for cell in release["cells"]}
    notebook["metadata"] = {key: release["metadata"][key] for key in release["metadata"]}
    for cell in notebook["cells"]:
        cell["metadata"] = {"nbgrader": cell["metadata"]["nbgrader"]} if files.exercise(cell) else {}
        if cell["cell_type"] == "code":
            cell["outputs"] = [_output(output) for output in cell.get("outputs", []) if isinstance(output, dict)]
        elif (cell.get("id"), files.source(cell)) not in ours:
            cell["cell_type"] = "markdown"
            cell["source"] = files.source(cell).replace("<", "&lt;")
            cell["attachments"] = {
                str(name): data for name, each in dict(cell.get("attachments") or {}).items() if (data := _images(each))
            }


def _output(output: dict) -> dict:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": _text(output.get("text"))}
    if kind == "error":
        lines = [_text(line) for line in list(output.get("traceback") or [])[:200]]
        words = {name: _text(output.get(name)) for name in ("ename", "evalue")}
        return {"output_type": "error", **words, "traceback": lines or [words["evalue"]]}
    data = output.get("data")
    plain = {"text/plain": _text(data.get("text/plain"))} if isinstance(data, dict) and "text/plain" in data else {}
    return {"output_type": "display_data", "data": plain | _images(data), "metadata": {}}


def _images(data: object) -> dict[str, str]:
    """What is an image among the forms of an output or of an attachment."""
    found = {}
    for kind in IMAGES:
        value = data.get(kind) if isinstance(data, dict) else None
        value = "".join(value) if isinstance(value, list) and all(isinstance(part, str) for part in value) else value
        if isinstance(value, str) and BASE64.fullmatch(value):
            found[kind] = value
    return found


def _text(value: object) -> str:
    text = "".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n... and {len(text) - LONGEST:,} characters more"
