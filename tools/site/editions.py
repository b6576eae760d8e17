"""What of a lesson the book shows: the student edition's cells with the complete edition's outputs, or everything.

Of exercises, the pages that everybody sees hold the stub and the check's call, and none of their outputs.
"""

from __future__ import annotations

import ast

from tools.lessons import files, find

LEFT_OUT = "(What this cell prints or draws would give a solution away; it is there once you have run your own.)"
NOTE = "::::::{{admonition}} For the teacher\n:class: tip\n\n{text}\n::::::"


def shown(lesson: find.Lesson, solutions: bool = False) -> dict:
    """The notebook that the book shows. Raises SystemExit where the student edition is older than the lesson."""
    complete = files.read(lesson.path)
    notebook = complete if solutions else _without_solutions(complete, student(lesson))
    for cell in notebook["cells"]:
        _tag(cell)
    return notebook


def student(lesson: find.Lesson) -> dict:
    """The lesson's student edition, as it is stored. Raises SystemExit where there is none."""
    path = find.STUDENT / lesson.path.name
    if not path.is_file():
        raise SystemExit(f"There is no student edition of {lesson.path.name}: call python -m tools student first.")
    return files.read(path)


def _without_solutions(complete: dict, student: dict) -> dict:
    """The student edition with the outputs of all cells that neither are an exercise nor show a solution's value."""
    cells = {cell["id"]: cell for cell in complete["cells"]}
    public = [cell["id"] for cell in complete["cells"] if not _is(cell, "instructor")]
    same = all(
        _exercise(cell) or (cell["id"] in cells and files.source(cell) == files.source(cells[cell["id"]]))
        for cell in student["cells"]
    )
    if not same or public != [cell["id"] for cell in student["cells"]]:
        title = complete["metadata"]["lesson"]["title"]
        raise SystemExit(f"The student edition of {title!r} is older than the lesson: call python -m tools student.")
    telling = telling_cells(complete)
    for cell in student["cells"]:
        if cell["cell_type"] != "code" or _exercise(cell):
            continue
        outputs = cells[cell["id"]]["outputs"]
        if cell["id"] in telling and outputs:
            outputs = [{"output_type": "stream", "name": "stdout", "text": LEFT_OUT}]
        cell["outputs"] = outputs
    return student


def telling_cells(complete: dict) -> set[str]:
    """Ids of the cells that read a name to which a solution gave its value: what they print may be that value."""
    telling, values = set(), set()
    for cell in complete["cells"]:
        if cell["cell_type"] != "code":
            continue
        read, given = _names(files.source(cell))
        if files.exercise(cell).get("solution"):
            values |= given
        elif (read - given) & values:
            telling.add(cell["id"])
        else:
            values -= given
    return telling


def _names(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell reads and those to which it gives a value, functions and classes left out."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("!", "%"))]
    try:
        statements = ast.parse("\n".join(lines)).body
    except SyntaxError:
        return set(), set()
    names = [node for one in statements for node in ast.walk(one) if isinstance(node, ast.Name)]
    outside = [one for one in statements if not isinstance(one, (ast.FunctionDef, ast.ClassDef))]
    stored = [node for one in outside for node in ast.walk(one) if isinstance(node, ast.Name)]
    return (
        {node.id for node in names if isinstance(node.ctx, ast.Load)},
        {node.id for node in stored if isinstance(node.ctx, ast.Store)},
    )


def _is(cell: dict, tag: str) -> bool:
    return tag in cell["metadata"].get("tags", [])


def _exercise(cell: dict) -> bool:
    facts = files.exercise(cell)
    return bool(facts.get("solution") or facts.get("grade"))


def _tag(cell: dict) -> None:
    """Turn what JupyterLab folds into what myst-nb folds, and mark exercises and the teacher's notes."""
    metadata, facts = cell["metadata"], files.exercise(cell)
    tags = ["hide-input"] if metadata.get("jupyter", {}).get("source_hidden") or _is(cell, "setup") else []
    tags += ["exercise"] if facts.get("solution") else ["check"] if facts.get("grade") else []
    if _is(cell, "instructor"):
        cell["source"] = NOTE.format(text=files.source(cell))
    cell["metadata"] = {"tags": tags}
    # myst-nb does not know that a cell may hold its source as one string.
    cell["source"] = files.source(cell).splitlines(keepends=True)
