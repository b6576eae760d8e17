"""Where the lessons are, and what each says of itself. Nothing here needs more than the standard library."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from helpers.places import ROOT
from tools.lessons import files

NOTEBOOKS = ROOT / "notebooks"
STUDENT = NOTEBOOKS / "student"
# Of the students; where the checkout cannot be written into (one that a class shares), everybody has one at home.
WORK = ROOT / "work" if os.access(ROOT, os.W_OK) else Path.home() / "cnn-on-cifar10"
OF_FILES = ("records", "edition")  # what metadata say of one file, not of the lesson
DATASETS = ("cifar10", "shapes10")


@dataclass(frozen=True)
class Lesson:
    """One complete lesson: its file and the facts in its metadata that the README's tables show.

    ``run_minutes`` are those on CIFAR-10. An elective says what it ``needs``; a lesson of the course itself does not.
    """

    path: Path
    number: str
    title: str
    learn: str
    core_minutes: int
    further_minutes: int
    run_minutes: int
    shapes10_minutes: int = 1
    needs: str = ""


def find(*numbers: str) -> list[Lesson]:
    """All complete lessons in order, or those with these numbers ("4" and "04" are the same).

    In the repository for students, which has no complete ones: those of the student edition.

    Raises SystemExit with a sentence for a number that no lesson has.
    """
    pattern = "[0-9][0-9]_*.ipynb"
    lessons = [_lesson(path) for path in sorted(NOTEBOOKS.glob(pattern)) or sorted(STUDENT.glob(pattern))]
    wanted = {number.zfill(2) for number in numbers}
    for number in sorted(wanted - {lesson.number for lesson in lessons}):
        known = ", ".join(lesson.number for lesson in lessons)
        raise SystemExit(f"There is no lesson {number}. There are: {known}.")
    return [lesson for lesson in lessons if not wanted or lesson.number in wanted]


def _lesson(path: Path) -> Lesson:
    try:
        facts = files.read(path)["metadata"]["lesson"]
        return Lesson(path, path.name[:2], **{name: fact for name, fact in facts.items() if name not in OF_FILES})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SystemExit(f"{path} is no lesson: it is no JSON, or its metadata lack something ({error}).") from None


def add_lesson_argument(parser: argparse.ArgumentParser) -> None:
    """``--lesson``, which may be given several times."""
    parser.add_argument(
        "--lesson", action="append", default=[], metavar="NN", help="only this one, for example 04; may be repeated"
    )


def add_jobs_argument(parser: argparse.ArgumentParser, default: int) -> None:
    """``--jobs``: how many lessons are executed at the same time."""
    parser.add_argument(
        "--jobs", type=_at_least_one, default=default, metavar="N", help=f"lessons at a time; {default} when left out"
    )


def add_scheduler_argument(parser: argparse.ArgumentParser) -> None:
    """``--scheduler``: other machines that work along, see tools/executor/README.md."""
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask scheduler, for example tcp://host:8786")


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of lessons at a time: 1 or more")
    return int(text)


def dataset_or_exit(name: str) -> str:
    """The dataset's name, once its images are there: they are fetched before the first lesson, or not at all."""
    from helpers import data

    try:
        data.load(name)
    except data.DatasetError as error:
        raise SystemExit(str(error)) from None
    return name


def variables(**more: str) -> dict[str, str]:
    """The environment variables of a program that starts kernels, and ``more``.

    Kernels find the project's code beside the lessons, whatever is installed.
    """
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, **more}
