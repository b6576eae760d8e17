"""A student's cells in the notebook that was handed out: its checks and its order, their answers.

Metadata may be stripped, cells deleted, doubled or split, checks edited: everything odd gets a sentence.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator

from tools.lessons import files, repository, student

SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[^\n]*", re.DOTALL | re.MULTILINE)
HIDDEN = re.compile(r"\n?### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[^\n]*", re.DOTALL)


def restored(source: dict, submitted: dict) -> tuple[dict, list[str]]:
    """The source notebook with the student's cells in it, and what was odd, in sentences.

    Checks, titles, metadata and order are the source's. A cell of the student's own stays behind the cell that it
    stood behind, with ``"theirs": True`` in its metadata; so does the text of any other cell that they changed.
    """
    ours = source["cells"]
    theirs = [cell for cell in submitted["cells"] if cell["cell_type"] in ("code", "markdown", "raw")]
    belongs, odd = _belongs(ours, theirs)
    result = copy.deepcopy({name: value for name, value in source.items() if name != "cells"})
    placed: dict[int, list[dict]] = {index: [] for index in range(len(ours))}
    before, after = [], {}
    last = None
    for index, cell in enumerate(theirs):
        if index in belongs:
            last = belongs[index]
            placed[last].append(cell)
        elif files.source(cell).strip():
            (before if last is None else after.setdefault(last, [])).append(_extra(cell, index))
    result["cells"] = before
    for index, cell in enumerate(ours):
        result["cells"] += [_filled(cell, placed[index], odd), *after.get(index, [])]
    return result, odd


def is_check(cell: dict) -> bool:
    """Whether a cell of the source is the check of an exercise."""
    facts = files.exercise(cell)
    return cell["cell_type"] == "code" and bool(facts.get("grade")) and not facts.get("solution")


def handed_out(cell: dict) -> str:
    """The text of a source's cell as students got it."""
    text = HIDDEN.sub("", files.source(cell))
    if files.exercise(cell).get("solution"):
        if files.exercise(cell).get("grade"):
            return student.ANSWER
        text = SOLUTION.sub(lambda found: found[1] + student.STUB, text)
    return text


def _belongs(ours: list[dict], theirs: list[dict]) -> tuple[dict[int, int], list[str]]:
    """Which cell of ours each of theirs is: by nbgrader's id, the cell's id, its text, what it defines, its place."""
    odd: list[str] = []
    grades = {files.exercise(cell)["grade_id"]: index for index, cell in enumerate(ours) if files.exercise(cell)}
    ids = {cell["id"]: index for index, cell in enumerate(ours) if "id" in cell}
    belongs: dict[int, int] = {}
    for index, cell in enumerate(theirs):
        facts = files.exercise(cell)
        found = grades.get(facts.get("grade_id")) if facts else None
        if found is None:
            identity = cell.get("id") or cell["metadata"].get("id")
            found = ids.get(identity) if isinstance(identity, str) else None
            if found is not None and found in belongs.values():
                found = None
        if found is not None and ours[found]["cell_type"] == cell["cell_type"]:
            belongs[index] = found
    if not any(files.exercise(cell) for cell in theirs):
        odd.append("The notebook has lost nbgrader's metadata; its answers were found by ids, names and positions.")
    texts: dict[str, list[int]] = {}
    for index, cell in enumerate(ours):
        texts.setdefault(handed_out(cell).strip(), []).append(index)
    for index, cell in enumerate(theirs):
        free = [one for one in texts.get(files.source(cell).strip(), []) if one not in belongs.values()]
        if index not in belongs and free:
            belongs[index] = free[0]
    for index, cell in enumerate(theirs):
        if index not in belongs and cell["cell_type"] == "code":
            found = _by_name(ours, files.source(cell), set(belongs.values()))
            if found is not None:
                belongs[index] = found
    _by_place(ours, theirs, belongs)
    return belongs, odd


def _by_name(ours: list[dict], text: str, taken: set[int]) -> int | None:
    """The answer that this code defines, or the check that it calls."""
    for index, cell in enumerate(ours):
        if is_check(cell):
            called = re.findall(r"check\.exercise_\w+", files.source(cell))
            if any(re.search(rf"^{re.escape(one)}\(", text, re.MULTILINE) for one in called):
                return index
    made = defined(text)
    for index, cell in enumerate(ours):
        facts = files.exercise(cell)
        answer = facts.get("solution") and not facts.get("grade") and index not in taken
        if answer and set(defined(handed_out(cell))) & set(made):
            return index
    return None


def _by_place(ours: list[dict], theirs: list[dict], belongs: dict[int, int]) -> None:
    """Answers that stand between the same neighbours as the empty place."""
    for wanted, cell in enumerate(ours):
        if not files.exercise(cell).get("solution") or wanted in belongs.values():
            continue
        back = {found: index for index, found in belongs.items()}
        first = max((back[one] for one in back if one < wanted), default=-1)
        last = min((back[one] for one in back if one > wanted), default=len(theirs))
        free = [
            index
            for index in range(first + 1, last)
            if index not in belongs and theirs[index]["cell_type"] == cell["cell_type"]
        ]
        if len(free) == 1:
            belongs[free[0]] = wanted


def defined(text: str) -> list[str]:
    """Names of functions and values that code defines at its top; of what is no Python, by their looks."""
    try:
        return list(_names(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return re.findall(r"^(?:def\s+)?([A-Za-z_]\w*)\s*(?:\(.*\)\s*:|=[^=])", text, re.MULTILINE)


def _names(tree: ast.Module) -> Iterator[str]:
    for line in tree.body:
        if isinstance(line, (ast.FunctionDef, ast.ClassDef)):
            yield line.name
        elif isinstance(line, ast.Assign):
            yield from (each.id for each in line.targets if isinstance(each, ast.Name))


def _filled(cell: dict, theirs: list[dict], odd: list[str]) -> dict:
    """A cell of ours with what the student wrote in it."""
    made, facts = copy.deepcopy(cell), files.exercise(cell)
    name, given = facts.get("grade_id", ""), handed_out(cell)
    texts = [files.source(one) for one in theirs]
    if is_check(cell):
        if not texts:
            odd.append(f"The check {name} was deleted; it is back.")
        elif len(texts) > 1:
            odd.append(f"The check {name} was there {len(texts)} times; it runs once.")
        elif texts[0].strip() != given.strip():
            odd.append(f"The check {name} was edited; ours runs.")
        return made
    if not facts.get("solution"):
        changed = texts and texts[0].strip() != given.strip() and not _is_set_up(texts[0])
        made["source"] = texts[0] if changed else files.source(cell)
        if changed:
            made["metadata"]["theirs"] = True
        return made
    if not texts:
        odd.append(f"The cell of the answer {name} was deleted.")
    if len(texts) > 1:
        odd.append(f"The cell of the answer {name} was there {len(texts)} times; all of them run, in order.")
        texts = [text for text in texts if text.strip() != given.strip()] or texts[:1]
    made["source"] = "\n\n".join(texts) if texts else given
    made["metadata"]["theirs"] = made["source"].strip() != given.strip()
    return made


def _is_set_up(text: str) -> bool:
    """Whether this is a lesson's first cell, which differs by the address of the students' repository."""
    address = re.search(r'^course = "(.+)"$', text, re.MULTILINE)
    return text.strip() == repository.set_up_cell(address[1] if address else repository.PLACEHOLDER).strip()


def _extra(cell: dict, index: int) -> dict:
    made = {
        "cell_type": cell["cell_type"],
        "id": f"theirs-{index}",
        "metadata": {"theirs": True},
        "source": files.source(cell),
    }
    return made | ({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})
