"""The folder ``work``, where students work: lessons are copied into it once, and nothing there is ever overwritten.

A copy remembers in its metadata which edition it is (``files.sign``). When the course has another one, that is put
beside the student's file, with the answers to the exercises that are the same. What was put there is noted in
``.editions.json``, so that a student who deletes a new edition is not offered it again.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

from tools.lessons import files, find

NOTE = "new-edition"  # tag of the cell that says what was carried over


def prepare() -> None:
    """Copy the lessons that are not there yet, and offer new editions of the others; prints a sentence for each.

    Raises OSError where the folder cannot be written.
    """
    find.WORK.mkdir(parents=True, exist_ok=True)
    noted, copied = _noted(), 0
    theirs = _notebooks()
    for path in sorted(find.STUDENT.glob("[0-9][0-9]_*.ipynb")):
        held = files.content(path)
        new = files.notebook(held)
        if new is None:
            print(f"{path} is no notebook, so it is not copied: python -m tools student makes it anew.")
            continue
        number = files.edition(new) or files.digest(new)
        copies = [each for each in theirs if _is_copy(*each, path.name, new)]
        place = find.WORK / path.name
        if not copies:
            if files.swap(place, None, held):
                copied += 1
                continue
            # Another process was quicker, or it is no file.
            copies = [(place, _read(place))]
        if number not in noted.union(files.edition(copy) for _, copy in copies if copy):
            if told := _offer(path.name, new, copies):
                print(told)
            noted.add(number)
            files.write(find.WORK / ".editions.json", json.dumps(sorted(noted)) + "\n")
    if copied:
        print(f"Lessons that were copied to {find.WORK}: {copied}. Nothing that lies there is ever overwritten.")


def keep(path: Path, held: bytes) -> Path:
    """Store what somebody wrote into a generated file in the folder, under a name that is free; returns it."""
    for place in _names(path.name, "kept"):
        if files.content(place) == held or files.swap(place, None, held):
            return place


def _noted() -> set[str]:
    try:
        return set(map(str, json.loads((find.WORK / ".editions.json").read_bytes())))
    except (OSError, ValueError, TypeError):
        return set()


def _notebooks() -> list[tuple[Path, dict | None]]:
    """All notebooks of the folder, the one that was saved last at the end; None for what is none any more."""
    paths = [path for path in find.WORK.rglob("*.ipynb") if "/." not in f"/{path.relative_to(find.WORK).as_posix()}"]
    return [(path, _read(path)) for path in sorted(paths, key=lambda path: (_saved(path), path))]


def _saved(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _read(path: Path) -> dict | None:
    try:
        return files.notebook(files.content(path))
    except OSError:
        return None


def _is_copy(path: Path, notebook: dict | None, name: str, lesson: dict) -> bool:
    """Whether a student's notebook comes from this lesson, perhaps under another name."""
    if path.name == name:
        return True
    title = lesson["metadata"].get("lesson", {}).get("title")
    return bool(notebook and title and files.edition(notebook) and notebook["metadata"]["lesson"].get("title") == title)


def _names(name: str, word: str) -> Iterator[Path]:
    """The name itself, then others beside it: 04_first_cnn.ipynb, 04_first_cnn.WORD.ipynb, 04_first_cnn.WORD-2..."""
    stem = name.removesuffix(".ipynb")
    yield find.WORK / name
    yield find.WORK / f"{stem}.{word}.ipynb"
    yield from (find.WORK / f"{stem}.{word}-{count}.ipynb" for count in itertools.count(2))


def _offer(name: str, new: dict, copies: list[tuple[Path, dict | None]]) -> str:
    """Put a new edition beside the student's file; returns what there is to say: "" where it has nothing new."""
    path, old = next((each for each in reversed(copies) if each[1]), copies[-1])
    carried, others = carry(new, old) if old else ([], [])
    if old and visible(new) == visible(old):
        return ""
    told = f"This is a newer edition of the lesson than `{path.name}`, which stays as it is."
    if not old:
        told = f"This is the lesson anew: `{path.name}`, which stays as it is, cannot be read as a notebook."
    if carried:
        told += f" Your answers to {_list(carried)} were carried over."
    if others:
        told += f" Not carried over, because these exercises changed or are gone: {_list(others)}."
    if old:
        told += f" Whatever else you wrote is in `{path.name}` alone."
    note = {"cell_type": "markdown", "id": NOTE, "metadata": {"tags": [NOTE]}, "source": [told]}
    new["cells"].insert(1, note)
    places = itertools.islice(_names(name, NOTE), 1, None)
    place = next(place for place in places if files.swap(place, None, files.text(new)))
    return f"{place.name}: {told.replace('`', '')}"


def visible(notebook: dict) -> list[tuple[str, str]]:
    """Kind and text of each cell, without what was said about carrying over."""
    cells = [cell for cell in notebook["cells"] if NOTE not in str(cell["metadata"].get("tags"))]
    return [(cell["cell_type"], files.source(cell)) for cell in cells]


def carry(new: dict, old: dict) -> tuple[list[str], list[str]]:
    """Put a student's answers into a new edition: the exercises that were carried over, and those that were not.

    An exercise is the same where the cell that is handed out is: nbgrader's checksum of it stands in both editions.
    """
    answers: dict[str, list[dict]] = {}
    for cell in old["cells"]:
        facts = files.exercise(cell)
        if facts.get("solution") and not as_handed_out(cell):
            answers.setdefault(str(facts.get("grade_id")), []).append(cell)
    carried = []
    for cell in new["cells"]:
        facts = files.exercise(cell)
        theirs = answers.get(str(facts.get("grade_id")), []) if facts.get("solution") else []
        if not theirs or {str(files.exercise(each).get("checksum")) for each in theirs} != {facts.get("checksum")}:
            continue
        # A cell that was split or copied has its number twice.
        cell["source"] = "\n\n".join(map(files.source, theirs)).splitlines(keepends=True)
        for each in theirs:
            if isinstance(each.get("attachments"), dict):
                cell["attachments"] = cell.get("attachments", {}) | each["attachments"]
        carried.append(str(facts.get("grade_id")))
    return carried, [number for number in answers if number not in carried]


def as_handed_out(cell: dict) -> bool:
    """Whether nobody wrote into a cell of an exercise, by nbgrader's checksum: the same sum as nbgrader's own."""
    facts = files.exercise(cell)
    kinds = [bool(facts.get(kind)) for kind in ("grade", "solution", "locked")]
    kinds[2] = not kinds[1] and (kinds[0] or kinds[2])  # whatever the metadata say of answers and checks
    parts = [files.source(cell), cell["cell_type"], *kinds, facts.get("grade_id")]
    if facts.get("grade") and isinstance(facts.get("points"), (int, float)):
        parts.append(float(facts["points"]))
    text = "".join(map(str, parts)).encode("utf-8", "replace")
    return hashlib.md5(text, usedforsecurity=False).hexdigest() == facts.get("checksum")


def _list(numbers: list[str]) -> str:
    """ex4_1, ex4_2 -> 4.1, 4.2"""
    return ", ".join(number.removeprefix("ex").replace("_", ".") for number in numbers)
