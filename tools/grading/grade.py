"""Grade what students have handed in: all submissions at the same time, each shut in; one table at the end."""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import os
import re
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path

from tools.grading import late
from tools.grading.course import Course, add_course_argument
from tools.lessons import files, find

SPARE_SECONDS = 120  # that a job may take longer than its submission
JOB_BYTES = 1.6e9  # what a submission takes of the memory, usually
CODE = ("checks", "tools/grading")
UNREAD = {"points": {}, "possible": {}, "seconds": 0, "peak_mb": 0, "odd": [], "needs_human": True}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="with a folder a student, or a zip of Canvas or Moodle"
    )
    find.add_lesson_argument(parser)
    add_course_argument(parser)
    parser.add_argument("--dataset", choices=find.DATASETS, default="shapes10", help="shapes10 when left out")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="submissions at a time; as many as cores and memory allow"
    )
    find.add_scheduler_argument(parser)
    parser.add_argument("--cell-seconds", type=float, default=90, metavar="N", help="that a cell may take; 90")
    parser.add_argument("--minutes", type=float, default=30, metavar="N", help="that a submission may take; 30")
    parser.add_argument("--memory-gb", type=float, default=3, metavar="N", help="that a submission may take; 3")
    parser.add_argument("--again", action="store_true", help="grade again what was graded already")
    parser.add_argument(
        "--no-sandbox", action="store_true", help="where there is no bubblewrap: only for students whom you trust"
    )
    late.add_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    """Collect, grade, store; 0 although submissions were broken."""
    from tools.grading import feedback, gradebook, marks, sandbox
    from tools.grading.collect import collect

    course = Course(arguments.course.resolve())
    numbers = {number.zfill(2) for number in arguments.lesson}
    lessons = [lesson for lesson in course.lessons if not numbers or lesson[:2] in numbers]
    if not lessons:
        raise SystemExit(f"Nothing of that was handed out from {course.folder}. Call python -m tools handout first.")
    if not arguments.no_sandbox and not arguments.scheduler and not sandbox.available():
        raise SystemExit(
            f"Nothing was graded: {sandbox.ALONE}. With --no-sandbox a submission runs with your rights, your files "
            "and your network: it cannot change how it is checked from its notebook, but your files it can."
        )
    if arguments.no_sandbox:
        print("WARNING: without a sandbox. A submission can read and change all files that you can, this course's too.")
    sources = {lesson: course.source(lesson).read_text(encoding="utf-8") for lesson in lessons}
    every = {lesson: json.loads(course.source(lesson).read_text(encoding="utf-8")) for lesson in course.lessons}
    submissions = [one for one in collect(arguments.folder, every) if one.lesson in sources or not one.lesson]
    limits = {
        "cell_seconds": arguments.cell_seconds,
        "seconds": 60 * arguments.minutes,
        "memory": int(1e9 * arguments.memory_gb),
    }
    rows, waiting = [], {}
    for one in submissions:
        payload = {
            "student": one.student,
            "lesson": one.lesson,
            "source": sources.get(one.lesson, ""),
            "submitted": one.text,
            "dataset": arguments.dataset,
            "limits": limits,
            "sandbox": not arguments.no_sandbox,
        }
        if not one.lesson or not one.text:
            record = UNREAD | {"student": one.student, "lesson": one.lesson}
            if one.lesson:
                gradebook.store(course, one, record, "")
            rows.append((one, record))
        elif (record := kept(course, payload)) and not arguments.again:
            rows.append((one, record))
        else:
            waiting[f"{one.student} {one.lesson}"] = one, payload
    if rows:
        print(
            f"{len(rows)} of {len(submissions)} are not graded now: they were before, or hold nothing that can be read."
        )
    try:
        for one, record, notebook in _graded(waiting, arguments, limits["seconds"]):
            gradebook.store(course, one, record, notebook)
            # After it: what is kept is not stored again.
            keep(course, waiting[f"{one.student} {one.lesson}"][1], record, notebook)
            rows.append((one, record))
    except KeyboardInterrupt:
        print(
            f"\nInterrupted. {len(rows)} of {len(submissions)} are graded and stored. The same command does the rest."
        )
        return 130
    if arguments.due:
        for sentence in late.take_off(course, lessons, arguments.due, arguments.late_per_day, arguments.grace_minutes):
            print(sentence)
    print(table(rows))
    for path, told in marks.write(course, lessons):
        print(path, *told, sep="\n  ")
    print(f"{feedback.write(course, lessons)} pages for students: {course.folder / 'feedback'}")
    return 0


def _graded(waiting: dict, arguments: argparse.Namespace, seconds: float) -> Iterator[tuple]:
    """Each submission with its record and its executed notebook, as soon as it is graded."""
    from tools.executor import Job, connect

    if not waiting:
        return
    jobs = [
        Job(key, "tools.grading.attempt:grade", payload, seconds=seconds + SPARE_SECONDS)
        for key, (_, payload) in waiting.items()
    ]
    with connect(arguments.scheduler, min(len(jobs), arguments.jobs or at_a_time())) as executor:
        for outcome in executor.run(jobs, "submissions", arguments.dataset):
            one, payload = waiting[outcome.job.key]
            record = outcome.record or UNREAD | {
                "student": one.student,
                "lesson": one.lesson,
                "possible": possible(payload["source"]),
                "odd": [outcome.problem],
            }
            yield one, record, outcome.files.get("notebook.ipynb", b"").decode()


def at_a_time() -> int:
    """How many submissions this machine grades at a time."""
    import psutil

    return max(1, min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
                      int(psutil.virtual_memory().available / JOB_BYTES)))  # fmt: skip


def possible(source: str) -> dict[str, float]:
    """The points of each check of a source notebook, by grade_id."""
    facts = [files.exercise(cell) for cell in json.loads(source)["cells"] if cell["cell_type"] == "code"]
    return {one["grade_id"]: one["points"] for one in facts if one.get("grade") and not one.get("solution")}


def keep(course: Course, payload: dict, record: dict, notebook: str) -> None:
    """Store a record with what it was made of, so that it is made once."""
    folder = _place(course, payload)
    files.write(folder / "notebook.ipynb", notebook)
    files.write(folder / "record.json", json.dumps({"of": digest(payload), **record}, indent=1) + "\n")


def kept(course: Course, payload: dict) -> dict | None:
    """The record of this very submission, if there is one."""
    try:
        record = json.loads(files.content(_place(course, payload) / "record.json") or b"{}")
    except ValueError:  # written by half
        return None
    return record if record.pop("of", None) == digest(payload) else None


def digest(payload: dict) -> str:
    """Of all that the result depends on: the submission, what was handed out, limits, and the code that grades."""
    return hashlib.sha256(json.dumps([payload, code(payload["lesson"][:2])], sort_keys=True).encode()).hexdigest()


@functools.cache
def code(number: str) -> list[str]:
    """Digests of the checks of a lesson and of what grades; comments and docstrings make no difference."""
    from tools.lessons import inputs

    paths = [path for part in CODE for path in sorted((find.ROOT / part).rglob("*.py"))]
    return [
        inputs.code_digest(path.name, path.read_bytes())
        for path in paths
        if not re.match(rf"lesson(?!{number})\d\d", path.name)
    ]


def _place(course: Course, payload: dict) -> Path:
    return course.records / payload["student"] / payload["lesson"]


def table(rows: list[tuple]) -> str:
    """Student, lesson, points, minutes, whether a person is needed, and what was odd."""
    lines = [("student", "lesson", "points", "minutes", "needs a human", "what was odd")]
    for one, record in sorted(rows, key=lambda row: (row[0].lesson, row[0].student)):
        got, of = sum(record["points"].values()), sum(record["possible"].values())
        odd = " ".join(dict.fromkeys((*one.odd, *record["odd"])))
        points = f"{got:g} of {of:g}" if of else "nothing read"
        human = "yes" if record["needs_human"] else ""
        lines.append((one.student, one.lesson or "?", points, f"{record['seconds'] / 60:.1f}", human, odd))
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    width = max(shutil.get_terminal_size((160, 24)).columns, sum(widths) + 70)
    told = []
    for line in lines:
        first = "  ".join(f"{part:<{size}}" for part, size in zip(line, widths)) + "  "
        room = width - len(first)
        parts = textwrap.wrap(line[5], room) or [""]
        told += [first + parts[0], *(" " * len(first) + part for part in parts[1:])]
    return "\n".join(line.rstrip() for line in told)
