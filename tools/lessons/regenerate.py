"""Execute complete lessons in place on CIFAR-10, then rebuild the student edition and the README's tables."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.lessons import files, find, repository

DATASET = "cifar10"
TIMEOUT = 3600  # seconds a cell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    find.add_lesson_argument(parser)
    # Lessons time what they do: beside another one, the seconds would be wrong.
    find.add_jobs_argument(parser, default=1)


def main(arguments: argparse.Namespace) -> int:
    """Regenerate lessons; 0 when all went through, 1 when one failed, 130 after Ctrl-C.

    A lesson is replaced whole, as soon as it is finished, or keeps its stored outputs. What is derived is rebuilt
    from the finished ones, after Ctrl-C too.
    """
    from tools.lessons import execute

    lessons = find.find(*arguments.lesson)
    dataset = find.dataset_or_exit(DATASET)
    by_path = {lesson.path: lesson for lesson in lessons}
    for path in by_path:
        set_up(path)
    finished, failed, status = [], [], 0

    def done(path: Path, result: dict) -> None:
        lesson = by_path[path]
        (failed if result["problem"] else finished).append(lesson)
        if not result["problem"]:
            files.write(path, result["notebook"])
        told = f"not changed. {result['problem']}" if result["problem"] else f"{result['seconds']:.0f} s"
        execute.say(f"{lesson.number} {lesson.title}: {told}")

    try:
        execute.execute_lessons(list(by_path), dataset, TIMEOUT, arguments.jobs, done)
    except KeyboardInterrupt:
        status = 130
        print(f"Interrupted: {len(finished)} of {len(lessons)} lessons are new, the others as they were.", flush=True)
    if finished:
        derive(finished)
        print("The student edition of these lessons and the README's tables are up to date.")
    return status or (1 if failed else 0)


def derive(lessons: list[find.Lesson]) -> None:
    """Rebuild what is made from these lessons."""
    from tools.lessons import readme, student

    student.write(lessons)
    readme.write()


def set_up(path: Path) -> None:
    """Put the common set-up cell and ruff's format into a lesson; its outputs stay."""
    notebook = files.read(path)
    repository.put_set_up_cell(notebook, repository.address())
    files.write(path, files.formatted(path, files.text(notebook)))
