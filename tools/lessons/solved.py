"""Which exercises a student has solved: read from the outputs in their notebooks, or from an execution of them now.

An exercise counts as passed when the stored output of its check, a check that nobody changed, says that it is right,
and when that check ran after the answer's cell. A file cannot show whether an answer was edited later without being run
again, nor whether somebody typed an output: ``--run`` executes the notebooks anew, on Shapes-10.
"""

from __future__ import annotations

import argparse
import ast
import datetime
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tools.lessons import files, find, workspace

TIMEOUT = 600  # seconds a cell, with --run
CARD = re.compile(r"^#{3,4} Exercise (\d+\.\d+)(?: · (.*))?$", re.MULTILINE)
# From the best to the worst; what is said of an exercise begins with one of these.
PASSED, WRITTEN, TRIED, EMPTY, GONE = "passed", "free text written", "tried", "not filled in", "its cell is gone"
ORDER = (PASSED, WRITTEN, TRIED, EMPTY, GONE)


@dataclass(frozen=True)
class Exercise:
    """One exercise as it was handed out."""

    number: str
    name: str
    text: bool  # free text, which no check looks at
    answer: dict
    check: dict | None


@dataclass
class Report:
    """What is known of one lesson: its notebooks in the folder, and a sentence for each exercise."""

    lesson: find.Lesson
    notebooks: list[Path]
    said: dict[str, str] = field(default_factory=dict)
    exercises: list[Exercise] = field(default_factory=list)

    def count(self, text: bool) -> tuple[int, int]:
        """How many exercises with a check are passed, or texts written, and how many there are."""
        asked = [each.number for each in self.exercises if each.text == text]
        return sum(self.said[number].startswith((PASSED, WRITTEN)) for number in asked), len(asked)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER", help="where the notebooks lie; work/ when left out"
    )
    parser.add_argument("--run", action="store_true", help="execute them anew on Shapes-10, and read those outputs")
    find.add_lesson_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Print lesson by lesson what is solved; 1 where there is no notebook of any lesson."""
    folder = arguments.folder or find.WORK
    if not folder.is_dir():
        print(f"{folder} is no folder. `make lab` makes work/; or name the folder that your notebooks lie in.")
        return 1
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # names of exercises hold letters that some terminals lack
    held, broken = notebooks(folder)
    for path in broken:
        print(f"{path.relative_to(folder)} cannot be read as a notebook, and is left out.")
    made = [report(lesson, held, arguments.run) for lesson in find.find(*arguments.lesson)]
    if not any(each.notebooks for each in made):
        print(f"There is no notebook of these lessons in {folder}.")
        return 1
    for each in made:
        if each.notebooks:
            print("\n".join(_lines(each, folder)))
    print("\n".join(_summary(made, folder, arguments.run)))
    return 0


def notebooks(folder: Path) -> tuple[dict[Path, dict], list[Path]]:
    """All notebooks below a folder that can be read, and the paths of those that cannot; no hidden folder."""
    held, broken = {}, []
    for path in sorted(folder.rglob("*.ipynb")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts) or not path.is_file():
            continue
        try:
            notebook = files.notebook(path.read_bytes())
        except OSError:
            notebook = None
        if notebook is None:
            broken.append(path)
        else:
            held[path] = notebook
    return held, broken


def report(lesson: find.Lesson, held: dict[Path, dict], run: bool = False) -> Report:
    """What the notebooks of one lesson show; of several copies, the best of each exercise."""
    handed_out = find.STUDENT / lesson.path.name
    made = Report(lesson, [path for path, notebook in held.items() if _belongs(path, notebook, lesson)])
    made.exercises = exercises(files.read(handed_out if handed_out.is_file() else lesson.path))
    for path in made.notebooks:
        notebook = _executed(path, held[path]) if run else held[path]
        for exercise in made.exercises:
            said = judged(exercise, notebook["cells"])
            before = made.said.get(exercise.number)
            if before is None or _rank(said) < _rank(before):
                made.said[exercise.number] = said
    for exercise in made.exercises:
        made.said.setdefault(exercise.number, "no notebook")
    return made


def exercises(lesson: dict) -> list[Exercise]:
    """The exercises of a lesson, in their order."""
    names, found = {}, []
    checks = {files.exercise(cell).get("grade_id"): cell for cell in lesson["cells"]}
    for cell in lesson["cells"]:
        names |= dict(CARD.findall(files.source(cell)))
        facts = files.exercise(cell)
        if facts.get("solution"):
            number = str(facts["grade_id"]).removeprefix("ex").replace("_", ".")
            check = checks.get(f"test_{facts['grade_id']}")
            found.append(Exercise(number, names.get(number, ""), bool(facts.get("grade")), cell, check))
    return found


def judged(exercise: Exercise, cells: list[dict]) -> str:
    """What these cells show of an exercise: one of ``ORDER``, perhaps with a reason."""
    key = files.exercise(exercise.answer)["grade_id"]
    # A cell that was split or copied has its number twice.
    answers = [cell for cell in cells if files.exercise(cell).get("grade_id") == key]
    if not answers:
        return GONE
    filled = [cell for cell in answers if _filled(cell, exercise.answer)]
    if not filled:
        return EMPTY
    if exercise.text:
        return WRITTEN
    checks = [cell for cell in cells if files.exercise(cell).get("grade_id") == f"test_{key}"]
    if not checks:
        return f"{TRIED}: the cell with its check is gone"
    check = max(checks, key=lambda cell: _count(cell) or 0)
    if not _as_handed_out(check, exercise.check):
        return f"{TRIED}: the cell with its check was changed"
    if not _count(check) or not check.get("outputs"):
        return f"{TRIED}: its check was not run"
    if sentence := _error(check):
        return f"{TRIED}: {sentence}"
    if not re.search(rf"^Exercise {re.escape(exercise.number)}: right\.", _printed(check), re.MULTILINE):
        return f"{TRIED}: its check does not say that it is right"
    runs = [_count(cell) for cell in filled]
    if not all(runs):
        return f"{TRIED}: the cell with the answer was not run"
    if max(runs) > _count(check) or any(_began(cell) > _began(check) > "" for cell in filled):
        return f"{TRIED}: the answer was run again after its check"
    if any(map(_error, filled)):
        return f"{TRIED}: the cell with the answer ended in an error"
    if not all(map(_is_python, filled)):
        return f"{TRIED}: the answer is no Python any more"
    return PASSED


def _belongs(path: Path, notebook: dict, lesson: find.Lesson) -> bool:
    """By its name, also one with "(1)" or ".new-edition" behind it, or by its title where it was renamed."""
    facts = notebook["metadata"].get("lesson")
    title = facts.get("title") if isinstance(facts, dict) else None
    return path.stem.startswith(lesson.path.stem) or (title is not None and title == lesson.title)


def _filled(cell: dict, handed_out: dict) -> bool:
    text = files.source(cell).strip()
    return bool(text) and text != files.source(handed_out).strip() and not workspace.as_handed_out(cell)


def _as_handed_out(check: dict, handed_out: dict | None) -> bool:
    """Whether nobody wrote into a check: it is the one of this edition, or fits its own checksum."""
    same = handed_out is not None and files.source(check).strip() == files.source(handed_out).strip()
    return check["cell_type"] == "code" and (same or workspace.as_handed_out(check))


def _count(cell: dict) -> int | None:
    count = cell.get("execution_count")
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else None


def _began(cell: dict) -> str:
    """When a cell was run, as a text that sorts by time; "" where the editor keeps no times."""
    times = cell["metadata"].get("execution")
    return str(times.get("iopub.execute_input") or "") if isinstance(times, dict) else ""


def _is_python(cell: dict) -> bool:
    text = files.source(cell)
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        # What IPython alone understands is not looked at.
        return any(line.lstrip().startswith(("%", "!", "?")) for line in text.splitlines())
    return True


def _outputs(cell: dict) -> list[dict]:
    outputs = cell.get("outputs")
    return [each for each in outputs if isinstance(each, dict)] if isinstance(outputs, list) else []


def _printed(cell: dict) -> str:
    texts = [each.get("text", "") for each in _outputs(cell) if each.get("output_type") == "stream"]
    return "".join("".join(map(str, text)) if isinstance(text, list) else str(text) for text in texts)


def _error(cell: dict) -> str:
    """The sentence of the error that a cell ended in, on one line; "" where there was none."""
    for each in _outputs(cell):
        if each.get("output_type") == "error":
            said = re.sub(r"^Exercise \d+\.\d+:? ", "", str(each.get("evalue") or each.get("ename") or "an error"))
            said = " ".join(said.split())
            return said if len(said) <= 80 else f"{said[:77]}..."
    return ""


def _rank(said: str) -> int:
    return next((index for index, word in enumerate(ORDER) if said.startswith(word)), len(ORDER))


def _executed(path: Path, notebook: dict) -> dict:
    """The notebook after an execution on Shapes-10, in its own folder; without any output where that was not possible.

    Every cell may fail: the exercises behind it are looked at all the same.
    """
    from tools.lessons import execute

    copy = json.loads(json.dumps(notebook))
    files.clear(copy)
    for cell in copy["cells"]:
        tags = cell["metadata"].get("tags")
        cell["metadata"]["tags"] = [*(tags if isinstance(tags, list) else []), "raises-exception"]
    made: list[dict] = []

    def done(_: Path, result: dict) -> None:
        made.append(files.notebook(result["notebook"].encode("utf-8", "replace")) or {})
        if result["problem"]:
            print(f"{path.name}: {result['problem']}")

    print(f"Executing {path.name} on Shapes-10 ...", flush=True)
    execute.execute_lessons([path.resolve()], "shapes10", TIMEOUT, 1, done, texts={path.resolve(): files.text(copy)})
    return made[0] if made and made[0] else copy


def _lines(made: Report, folder: Path) -> list[str]:
    names = ", ".join(path.relative_to(folder).as_posix() for path in made.notebooks)
    lines = [f"{made.lesson.number} {made.lesson.title} ({names})"]
    lines += [f"  {each.number:<6}{each.name:<44}{made.said[each.number]}" for each in made.exercises]
    return [*lines, ""]


def _summary(made: list[Report], folder: Path, run: bool) -> list[str]:
    """What is solved, lesson by lesson, as a page to keep; and what it rests on."""
    rule, lines = "=" * 88, []
    totals = [[0, 0], [0, 0]]
    for each in made:
        counts = each.count(text=False), each.count(text=True)
        for total, (solved, asked) in zip(totals, counts):
            total[0] += solved
            total[1] += asked
        if each.notebooks:
            (passed, checked), (written, texts) = counts
            line = f"  {each.lesson.number} {each.lesson.title:<40}{passed:>3} of {checked} passed"
            lines.append(line + (f", {written} of {texts} texts written" if texts else ""))
    today = datetime.date.today().isoformat()
    missing = [each.lesson.number for each in made if not each.notebooks]
    return [
        rule,
        f"  Solved in {folder.resolve().name}, {today}",
        "",
        *lines,
        *([f"  no notebook of lessons {', '.join(missing)}"] if missing else []),
        "",
        f"  In all: {totals[0][0]} of {totals[0][1]} exercises passed, {totals[1][0]} of {totals[1][1]} texts written",
        rule,
        "Executed just now, on Shapes-10. Whether a text is good, only a reader can say."
        if run
        else "Read from stored outputs: an answer that was edited after its check ran still counts, and nobody can see "
        "that in a file.\n--run executes the notebooks anew. Whether a text is good, only a reader can say.",
    ]
