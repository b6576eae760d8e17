"""Rubrics for free text: the model answer, the card's checklist, and what the instructor's note says of marking."""

from __future__ import annotations

import re

from tools.lessons import files

CHECKLIST = re.compile(r"<details><summary>Checklist</summary>\s*(.*?)\s*</details>", re.DOTALL)


def rubrics(lesson: dict) -> dict[str, str]:
    """For each free text of a complete lesson what to look for, as Markdown: grade_id -> rubric."""
    cells, found = lesson["cells"], {}
    for index, cell in enumerate(cells):
        facts = files.exercise(cell)
        if not (facts.get("grade") and facts.get("solution")):
            continue
        number = facts["grade_id"].removeprefix("ex").replace("_", ".")
        parts = {"Model answer": files.source(cell)}
        cards = [files.source(card) for card in cells[:index] if f"Exercise {number}" in files.source(card)]
        if cards and (checklist := CHECKLIST.search(cards[-1])):
            parts["Checklist on the card"] = checklist[1]
        if notes := [files.source(note) for note in cells if _says_how_to_mark(note, number, cells[index + 1 :][:1])]:
            parts["For marking"] = "\n\n".join(re.sub(r"^\*\*For marking [\d.]+\*\* ", "", note) for note in notes)
        found[facts["grade_id"]] = "\n\n".join(f"**{name}**\n\n{text}" for name, text in parts.items())
    return found


def _says_how_to_mark(note: dict, number: str, following: list[dict]) -> bool:
    if "instructor" not in note["metadata"].get("tags", []):
        return False
    text = files.source(note)
    beside = any(note is cell for cell in following) and re.search(r"\b(mark|point)s?\b", text)
    return f"For marking {number}." in text or bool(beside)


def cell(rubric: str, grade_id: str, points: float) -> dict:
    """A Markdown cell with a rubric, to stand below a free text where a person marks it."""
    quoted = "\n".join(f"> {line}".rstrip() for line in rubric.splitlines())
    source = f"**Rubric, {points:g} points.** Students never see this cell.\n\n{quoted}"
    return {"cell_type": "markdown", "id": f"rubric-{grade_id}", "metadata": {"rubric": True}, "source": source}
