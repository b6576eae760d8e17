"""Execute complete lessons in place on CIFAR-10, those whose inputs changed, then rebuild what is derived from them."""

from __future__ import annotations

import argparse
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helpers import start
from helpers.places import BUILD
from tools.lessons import files, find, repository, slides

DATASET = "cifar10"
TIMEOUT = 3600  # seconds a cell
INTERRUPTED, TERMINATED = 130, 143  # what shells say of a program that Ctrl-C, or SIGTERM, has ended
UNCHANGED = "nothing changed since its outputs were stored"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    find.add_lesson_argument(parser)
    # Lessons time what they do: beside another one, the seconds would be wrong.
    find.add_jobs_argument(parser, default=1)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="execute what is unchanged, too")
    which.add_argument("--list", action="store_true", help="say what would be executed and why, and do nothing")
    which.add_argument(
        "--trust-stored",
        action="store_true",
        help="take the outputs of lessons of which nothing is remembered as made from what lies here now",
    )


@dataclass
class Work:
    """A lesson in this call: its file before, its text as it is to be executed, what it is made from and why."""

    lesson: find.Lesson
    before: bytes
    text: str
    inputs: dict
    then: dict | None
    reasons: list[str]
    trusted: bool = False
    state: str = "not executed"  # then "executed", "failed"; "not reached" where Ctrl-C came first
    problem: str = ""
    seconds: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.lesson.number} {self.lesson.title}"

    @property
    def finished(self) -> bool:
        """Whether the file is what its outputs were made from."""
        return self.state in ("executed", "not executed")


def main(arguments: argparse.Namespace) -> int:
    """Regenerate lessons; 0 when all went through, 1 when one failed, 130 after Ctrl-C, 143 after SIGTERM.

    A lesson is replaced whole, as soon as it is finished, or keeps its file. What is derived is rebuilt from the
    finished ones, after Ctrl-C too.
    """
    came = []

    def terminated(number: int, frame: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, terminated)
    try:
        status = _regenerate(arguments)
    except KeyboardInterrupt:
        print("Interrupted before anything was executed.", flush=True)
        status = INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)
    return TERMINATED if came else status


def _regenerate(arguments: argparse.Namespace) -> int:
    from tools.lessons import inputs

    known = inputs.remembered()
    works = [_work(lesson, known.get(lesson.path.name), arguments) for lesson in find.find(*arguments.lesson)]
    for work in works:
        what = f"to be executed, {inputs.short(work.reasons)}" if work.reasons else f"as it is, {_unchanged(work)}"
        print(f"{work.name}: {what}.")
    if arguments.list:
        return 0
    due = [work for work in works if work.reasons]
    if due:
        find.dataset_or_exit(DATASET)
    for work in works:
        if not work.reasons:
            files.renew(work.lesson.path, work.before, with_slides(work.text))
            if work.trusted:
                _remember(work, work.text)
    interrupted = _execute(due, arguments.jobs) if due else False
    try:
        return _finish(works, known, interrupted)
    except KeyboardInterrupt:
        print(
            "Interrupted: the lessons that were executed are stored. What is derived from them and the report are "
            "not finished; call this again, it executes none of them a second time.",
            flush=True,
        )
        return INTERRUPTED


def _work(lesson: find.Lesson, then: dict | None, arguments: argparse.Namespace) -> Work:
    from tools.lessons import inputs, report

    before, text = prepared(lesson.path)
    notebook = json.loads(text)
    now = inputs.of(notebook, DATASET)
    trusted = arguments.trust_stored and then is None and _was_executed(notebook)
    if arguments.all:
        reasons = ["--all asks for it"]
    elif trusted:
        reasons = []
        if newer := report.changed_since_stored(lesson.path, now["modules"]):
            print(f"{lesson.number} is trusted, though these changed since its last commit: {', '.join(newer)}.")
    else:
        reasons = inputs.changed(now, notebook, then)
    return Work(lesson, before, text, now, then, reasons, trusted)


def _unchanged(work: Work) -> str:
    trusted = work.trusted or (work.then or {}).get("trusted")
    return "its stored outputs are trusted, and nothing changed since" if trusted else UNCHANGED


def _was_executed(notebook: dict) -> bool:
    """Whether the outputs are those of one execution from top to bottom."""
    counts = [cell["execution_count"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return counts == list(range(1, len(counts) + 1))


def _execute(due: list[Work], jobs: int) -> bool:
    """Execute lessons and store each that went through; True when Ctrl-C ended it."""
    from tools.lessons import execute, progress

    by_path = {work.lesson.path: work for work in due}
    expected = {path: _expected(work) for path, work in by_path.items()}
    shown = progress.Progress(expected, {path: f"lesson {work.lesson.number}" for path, work in by_path.items()}, jobs)
    minutes = sum(sum(cells.values()) for cells in expected.values()) / 60 / jobs
    execute.say(f"{len(due)} to execute, about {max(1, round(minutes))} min in all.")

    def done(path: Path, result: dict) -> None:
        work = by_path[path]
        with _undisturbed():
            work.seconds, work.problem = result["seconds"], result["problem"] or _store(work, result)
            work.state = "failed" if work.problem else "executed"
            shown.over(path)
        told = f"not changed. {work.problem}" if work.problem else f"{work.seconds:.0f} s"
        execute.say(f"{work.name}: {told}")

    texts = {path: work.text for path, work in by_path.items()}
    try:
        execute.execute_lessons(list(by_path), DATASET, TIMEOUT, jobs, done, texts=texts, progress=shown.show)
    except KeyboardInterrupt:
        for work in due:
            work.state = "not reached" if work.state == "not executed" else work.state
        return True
    finally:
        shown.close()
    return False


def _expected(work: Work) -> dict[str, float]:
    from tools.lessons import progress

    ids = [cell["id"] for cell in json.loads(work.text)["cells"] if cell["cell_type"] == "code"]
    return progress.expected(ids, (work.then or {}).get("seconds", {}), work.lesson.run_minutes)


def _store(work: Work, result: dict) -> str:
    """Put an executed lesson into its place and remember what it was made from; the problem, if there is one."""
    text, path = with_slides(result["notebook"]), work.lesson.path
    if not files.swap(path, work.before, text):
        beside = BUILD / "regenerated" / path.name
        files.write(beside, text)
        return f"Somebody saved it meanwhile, so that stays; what was executed is in {beside}"
    _remember(work, text, result["cells"])
    return ""


def _remember(work: Work, text: str, seconds: dict[str, float] | None = None) -> None:
    from tools.lessons import inputs

    facts = work.inputs | {"outputs": inputs.outputs(json.loads(text))}
    facts["seconds"] = {name: round(each) for name, each in (seconds or {}).items() if each >= inputs.NOTABLE}
    inputs.remember(work.lesson.path, facts | ({"trusted": True} if work.trusted else {}))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait until this is over."""
    came: list[int] = []
    numbers = signal.SIGINT, signal.SIGTERM
    before = {number: signal.signal(number, lambda number, frame: came.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in came[:1]:
        signal.raise_signal(number)


def _finish(works: list[Work], known: dict, interrupted: bool) -> int:
    """Rebuild what is derived, write the report, and say what is new and what is not; the exit status."""
    executed, failed, missed = (
        [work for work in works if work.state == state] for state in ("executed", "failed", "not reached")
    )
    if interrupted:
        asked = len(executed + failed + missed)
        print(f"Interrupted: {len(executed)} of {asked} lessons are new, the others as they were.", flush=True)
    # After Ctrl-C nobody waits for what the next call will do as well.
    finished = [work.lesson for work in (executed if interrupted else works) if work.finished]
    waits = _waits(works, known)
    problem = ""
    try:
        derive(finished, tables=not waits)
    except SystemExit as error:
        problem = str(error)
    _report(works)
    if problem:
        print(f"{problem}\nThe lessons are stored; what is derived from them is not up to date. Call this again.")
        return 1
    print(_told(finished, failed, missed, waits), flush=True)
    return INTERRUPTED if interrupted else 1 if failed else 0


def _waits(works: list[Work], known: dict) -> list[str]:
    """The lessons whose text must not reach README and glossary yet: their code cells are not what was executed."""
    from tools.lessons import inputs

    finished = {work.lesson.path for work in works if work.finished}
    waiting = {work.lesson.number for work in works if work.state == "failed"}
    for path in _paths():
        notebook = files.notebook(files.content(path))
        changed = notebook is None or (known and inputs.own_code_changed(notebook, known.get(path.name)))
        if changed and path not in finished:
            waiting.add(path.name[:2])
    return sorted(waiting)


def _paths() -> list[Path]:
    """All lessons, those too that somebody has made unreadable meanwhile."""
    return sorted(find.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def _report(works: list[Work]) -> None:
    from tools.lessons import inputs, report

    commit = report.last_commit(find.NOTEBOOKS)
    entries = []
    for work in works:
        why = inputs.short(work.reasons) or _unchanged(work)
        entries.append(report.Entry(work.lesson, why, work.state, work.problem, work.seconds))
        report.compare(entries[-1], work.before, commit)
    place = BUILD / "regenerated" / "report.html"
    report.write(place, entries, commit)
    print(f"{report.summary(entries, commit)}\nReport: {place}")


def _told(finished: list[find.Lesson], failed: list[Work], missed: list[Work], waits: list[str]) -> str:
    """The last line: what is up to date, and what is not."""
    parts = []
    if finished:
        every = len(finished) == len(_paths())
        parts.append(f"The student edition of {'all lessons' if every else _numbers(finished)} is up to date.")
    for works, what in ((failed, "failed"), (missed, "not executed")):
        if works:
            lessons = [work.lesson for work in works]
            parts.append(f"{_numbers(lessons)} {what}: as before, the student edition too.")
    names = "README.md, GLOSSARY.md and FORMULAS.md"
    if waits:
        parts.append(f"{names} are as before: they wait until the cells of {', '.join(waits)} have been executed.")
    elif finished:
        parts.append(f"{names} are up to date.")
    return " ".join(parts)


def _numbers(lessons: list[find.Lesson]) -> str:
    return ", ".join(lesson.number for lesson in lessons)


def derive(lessons: list[find.Lesson], tables: bool = True) -> None:
    """Rebuild what is made from these lessons, and what is made from all of them: README, glossary and formulas."""
    from tools.lessons import readme, reference, student

    if lessons:
        student.write(lessons)
    if lessons and tables:
        with start.quiet():  # TensorFlow has much to say when it comes in
            start.set_up_keras()
        readme.write()
        reference.write()


def with_slides(text: str) -> str:
    """The text of an executed lesson with the slide types that its cells ask for."""
    notebook = json.loads(text)
    slides.set_types(notebook)
    return files.text(notebook)


def prepared(path: Path) -> tuple[bytes, str]:
    """What a lesson's file holds, and its text with the common set-up cell and in ruff's format; the outputs stay."""
    before = files.content(path)
    notebook = json.loads(before)
    repository.put_set_up_cell(notebook, repository.address())
    return before, files.formatted(path, files.text(notebook))
