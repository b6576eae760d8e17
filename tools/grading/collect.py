"""Take in what students handed in, whichever way it comes, and say what was odd. Nothing that lies there stops it.

A folder a student, as nbgrader has it or with files of any name in it; the zips that Canvas and Moodle make of all
submissions; zips in folders and folders in zips. Which lesson a file is says what is in it, else its name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tools.grading import unpack
from tools.grading.unpack import Found
from tools.lessons import files, workspace

# Canvas: name, LATE where it was, two numbers, the file's own name with -1, -2 ... for each further time.
CANVAS = re.compile(r"(?P<student>[^_]+)(?P<late>_LATE)?_(?P<number>\d+)_\d+_(?P<file>.+)")
# Moodle: a folder for each student, or this before each file's name.
MOODLE = re.compile(r"(?P<student>.+)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.*))?")
# What systems put beside files of their own accord, and folders that hold all students.
NOISE = {"__MACOSX", ".DS_Store", "Thumbs.db", ".ipynb_checkpoints", "__pycache__", "timestamp.txt", "desktop.ini"}
OF_ALL = {"submitted", "submissions"}


@dataclass(frozen=True)
class Submission:
    """One lesson of one student: the notebook's text ("" where none could be read), and what was odd, in sentences.

    ``files`` names all that was handed in for it, the one that was taken first. ``handed_in`` is in local time,
    None where nothing says it. ``lesson`` is "" for what belongs to no lesson. ``text`` is without outputs.
    """

    student: str
    lesson: str
    text: str
    handed_in: datetime | None
    files: tuple[str, ...]
    odd: tuple[str, ...]


@dataclass(frozen=True)
class _File:
    """A file of a student: what it was called there, and the notebook in it, if there is one."""

    found: Found
    student: str
    number: str
    name: str
    late: bool
    notebook: dict | None = None


def collect(folder: Path, lessons: dict[str, dict]) -> list[Submission]:
    """All submissions below a folder, or in a zip, ordered by student and lesson. ``lessons``: name -> source notebook.

    Raises SystemExit where there is no such folder; never because of what lies in it.
    """
    if not folder.is_dir() and not folder.is_file():
        raise SystemExit(f"{folder} is neither a folder nor a zip: name what students have handed in.")
    known = {name: _marks(lesson) for name, lesson in lessons.items()}
    every = _numbered([_file(found) for found in unpack.walk(folder, NOISE)])
    groups: dict[tuple[str, str], list[_File]] = defaultdict(list)
    for file in every:
        groups[file.student, _lesson(file, known)].append(file)
    taken = {key: _taken(*key, each, lessons[key[1]]) for key, each in groups.items() if key[1]}
    for (student, lesson), each in groups.items():
        told = [sentence for file in each if (sentence := _stray(file))]
        if lesson or not told:
            continue
        names = tuple(file.found.name for file in each)
        theirs = [key for key in taken if key[0] == student]
        if len(theirs) == 1:
            one = taken[theirs[0]]
            taken[theirs[0]] = replace(one, files=(*one.files, *names), odd=(*one.odd, *told))
        else:
            only = next(iter(lessons)) if len(lessons) == 1 and not theirs else ""
            taken[student, only] = Submission(student, only, "", None, names, tuple(told))
    return sorted(taken.values(), key=lambda one: (one.student, one.lesson))


def _file(found: Found) -> _File:
    """Whose file it is, and what is in it."""
    parts = list(found.parts)
    while len(parts) > 1 and parts[0] in OF_ALL:
        parts.pop(0)
    alone = len(parts) == 1 or parts[0].lower().endswith(".zip")
    student, number, name, late = Path(parts[0]).stem if alone else parts[0], "", parts[-1], False
    for part in parts:
        of_canvas = part is parts[-1] or part.lower().endswith(".zip")
        match = MOODLE.fullmatch(part) or (CANVAS.fullmatch(part) if of_canvas else None)
        if match:
            student, number = match["student"], match["number"]
            name, late = (match["file"] or name) if part is parts[-1] else name, "_LATE_" in part
            break
    student = re.sub(r'[\x00-\x1f/\\:*?"<>|]+', "_", student).strip(" .")[:80] or "unknown"
    notebook = files.notebook(found.content) if name.lower().endswith((".ipynb", ".json")) else None
    if notebook:
        # A class of a hundred has gigabytes of outputs, and grading makes its own.
        files.clear(notebook)
    return _File(replace(found, content=(found.content or b"")[:100]), student, number, name, late, notebook)


def _numbered(every: list[_File]) -> list[_File]:
    """Students of one name get the number that Canvas or Moodle gave them behind it."""
    numbers: dict[str, set[str]] = defaultdict(set)
    for file in every:
        numbers[file.student].add(file.number)
    return [
        replace(file, student=f"{file.student}-{file.number}") if len(numbers[file.student] - {""}) > 1 else file
        for file in every
    ]


def _marks(lesson: dict) -> tuple[str, set[str], set[str]]:
    """By what a lesson is known: its title, the ids of its cells, and those of its exercises."""
    title = lesson["metadata"].get("lesson", {}).get("title", "")
    ids = {cell["id"] for cell in lesson["cells"] if "id" in cell}
    return title, ids, {files.exercise(cell)["grade_id"] for cell in lesson["cells"] if files.exercise(cell)}


def _lesson(file: _File, known: dict[str, tuple[str, set[str], set[str]]]) -> str:
    """Which lesson a file is: by its metadata, by most of its exercises or cells, by its name; "" for none."""
    if file.notebook:
        facts = file.notebook["metadata"].get("lesson")
        title = facts.get("title") if isinstance(facts, dict) else None
        for name, (own, _, _) in known.items():
            if title and title == own:
                return name
        cells = {str(cell.get("id")) for cell in file.notebook["cells"]}
        exercises = {str(files.exercise(cell).get("grade_id")) for cell in file.notebook["cells"]}
        shared = {name: 3 * len(exercises & theirs) + len(cells & ids) for name, (_, ids, theirs) in known.items()}
        best = max(shared, key=shared.get, default="")
        # Some cells, such as the first one, have the same id in every lesson.
        if best and shared[best] > 3:
            return best
    elif not file.found.odd and not file.name.lower().endswith((".ipynb", ".json", ".pdf", ".html", ".zip")):
        return ""
    named = [_words(part) for part in (*file.found.parts[:-1], file.name)]
    for name in known:
        number, _, topic = name.partition("_")
        if any(topic in words for words in named) or re.search(rf"(?<!\d){number}(?!\d)", named[-1]):
            return name
    return ""


def _words(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower())


def _stray(file: _File) -> str:
    """What to say of a file that belongs to no lesson; "" for what lies beside a notebook as a matter of course."""
    if (
        file.found.odd
        or file.notebook
        or not file.name.lower().endswith((".py", ".txt", ".csv", ".md", ".png", ".jpg"))
    ):
        return file.found.odd or f"{file.found.name} is no lesson that was handed out, so it is left aside."
    return ""


def _taken(student: str, lesson: str, each: list[_File], source: dict) -> Submission:
    """The notebook that counts, of all files that a student handed in for a lesson."""
    answers = {files.exercise(cell).get("grade_id") for cell in source["cells"] if files.exercise(cell).get("solution")}

    def rank(file: _File) -> tuple:
        return file.notebook is not None, _answered(file.notebook, answers), file.found.time or datetime.min, file.name

    ranked = sorted(each, key=rank, reverse=True)
    best, *others = ranked
    odd = [file.found.odd or _unreadable(file.found) for file in ranked if file.notebook is None]
    if also := ", ".join(file.found.name for file in others if file.notebook):
        odd.append(f"{best.found.name} is graded, because it has most answers, else is newest; not {also}.")
    if best.notebook and lesson.partition("_")[2] not in _words(best.name):
        odd.append(f"The file is named {best.name}; by what is in it, it is {lesson}.")
    if best.late:
        odd.append("Canvas says that it came late.")
    names = tuple(file.found.name for file in ranked)
    text = files.text(best.notebook) if best.notebook else ""
    return Submission(student, lesson, text, best.found.handed_in, names, tuple(odd))


def _unreadable(found: Found) -> str:
    start = (found.content or b"").lstrip()
    kind = "is no notebook that can be read" if start else "is empty"
    for begin, what in ((b"%PDF", "a PDF"), (b"PK\x03\x04", "a zip"), (b"<", "a web page")):
        if start.startswith(begin):
            kind = f"is {what}, not a notebook"
    return f"{found.name} {kind}: ask for the .ipynb file."


def _answered(notebook: dict | None, answers: set[str]) -> int:
    """How many exercises a notebook has an answer to: a cell that is not as it was handed out."""
    theirs = [cell for cell in (notebook or {}).get("cells", []) if files.exercise(cell).get("grade_id") in answers]
    return sum(not workspace.as_handed_out(cell) for cell in theirs)
