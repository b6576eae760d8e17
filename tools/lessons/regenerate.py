"""Execute complete lessons in place on CIFAR-10, then rebuild what is derived from them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from helpers.places import BUILD
from tools.lessons import files, find, repository, slides

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
    before = {path: files.content(path) for path in by_path}
    finished, failed, status = [], [], 0

    def done(path: Path, result: dict) -> None:
        lesson, problem = by_path[path], result["problem"]
        if not problem:
            result["notebook"] = with_slides(result["notebook"])
        if not problem and not files.swap(path, before[path], result["notebook"]):
            beside = BUILD / "regenerated" / path.name
            files.write(beside, result["notebook"])
            problem = f"Somebody saved it meanwhile, so that stays; what was executed is in {beside}"
        (failed if problem else finished).append(lesson)
        execute.say(f"{lesson.number} {lesson.title}: {f'not changed. {problem}' if problem else _seconds(result)}")

    try:
        execute.execute_lessons(list(by_path), dataset, TIMEOUT, arguments.jobs, done)
    except KeyboardInterrupt:
        status = 130
        print(f"Interrupted: {len(finished)} of {len(lessons)} lessons are new, the others as they were.", flush=True)
    if finished:
        derive(finished)
        print("The student edition of these lessons, the README's tables, GLOSSARY.md and FORMULAS.md are up to date.")
    return status or (1 if failed else 0)


def _seconds(result: dict) -> str:
    return f"{result['seconds']:.0f} s"


def derive(lessons: list[find.Lesson]) -> None:
    """Rebuild what is made from these lessons."""
    from tools.lessons import readme, reference, student

    student.write(lessons)
    readme.write()
    reference.write()


def with_slides(text: str) -> str:
    """The text of an executed lesson with the slide types that its cells ask for."""
    notebook = json.loads(text)
    slides.set_types(notebook)
    return files.text(notebook)


def set_up(path: Path) -> None:
    """Put the common set-up cell and ruff's format into a lesson; its outputs stay."""
    before = files.content(path)
    notebook = json.loads(before)
    repository.put_set_up_cell(notebook, repository.address())
    files.renew(path, before, files.formatted(path, files.text(notebook)))
