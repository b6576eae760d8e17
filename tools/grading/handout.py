"""Hand lessons out: an assignment of nbgrader for each, which is the student edition, and a repository for students."""

from __future__ import annotations

import argparse
import copy
import json
import os
import sys
from pathlib import Path

from tools.grading import hidden, rubrics
from tools.grading.course import Course, add_course_argument
from tools.lessons import files, find, links, repository, student


def add_arguments(parser: argparse.ArgumentParser) -> None:
    find.add_lesson_argument(parser)
    add_course_argument(parser)
    parser.add_argument(
        "--repository", type=Path, metavar="FOLDER", help="write a repository for students into this folder, too"
    )
    parser.add_argument(
        "--address", metavar="URL", help="where students find that repository; when left out, as it was told before"
    )
    parser.add_argument(
        "--hub", metavar="URL", help="of a JupyterHub, for links by nbgitpuller in its README; else as before"
    )


def main(arguments: argparse.Namespace) -> int:
    """Make assignments, and the repository where one is asked for."""
    if (arguments.address or arguments.hub) and not arguments.repository:
        raise SystemExit("--address and --hub say what stands in the students' repository: give --repository FOLDER.")
    lessons = find.find(*arguments.lesson)
    url, hub = _addresses(arguments) if arguments.repository else ("", "")
    course = Course(arguments.course.resolve()).prepared()
    for lesson in lessons:
        points, tests, texts = hand_out(course, lesson)
        print(f"{course.release(lesson.path.stem)}: {points:g} points, {tests} hidden tests, {texts} free texts")
    print("release/ is for students. Everything else in the course's folder is not.")
    if arguments.repository:
        from tools.grading import student_repository

        print(student_repository.write(arguments.repository.resolve(), course, lessons, url, hub))
    return 0


def _addresses(arguments: argparse.Namespace) -> tuple[str, str]:
    """The students' repository's and its hub's. Raises SystemExit where one is no address."""
    from tools.grading import student_repository

    url, hub = student_repository.addresses(arguments.repository)
    try:
        url = repository.checked(arguments.address) if arguments.address else url or repository.address()
        return url, links.checked(arguments.hub) if arguments.hub else hub
    except ValueError as error:
        raise SystemExit(str(error)) from None


def hand_out(course: Course, lesson: find.Lesson) -> tuple[float, int, int]:
    """Make the assignment of one lesson; returns its points, and how many hidden tests and free texts it has.

    Raises SystemExit with nbgrader's reason, or where the result is not the student edition.
    """
    name = lesson.path.stem
    complete = files.read(lesson.path)
    texts = rubrics.rubrics(complete)
    source = without_notes(complete)
    tests = hidden.add(source, lesson.number, course.secret)
    files.write(course.source(name), files.text(source))
    files.write(course.rubric(name), json.dumps(texts, indent=1, ensure_ascii=False) + "\n")
    _generate(course, name)
    import nbformat

    release = nbformat.read(course.release(name), as_version=4)
    student.finish(release)
    refuse_secrets(course, name, release, source)
    files.write(course.release(name), nbformat.writes(release) + "\n")
    graded = [files.exercise(cell) for cell in source["cells"] if files.exercise(cell).get("grade")]
    return sum(facts["points"] for facts in graded), tests, len(texts)


def without_notes(complete: dict) -> dict:
    """A complete lesson as nbgrader's source: no notes for the instructor, no outputs, no facts about outputs."""
    source = copy.deepcopy(complete)
    source["cells"] = [cell for cell in source["cells"] if "instructor" not in cell["metadata"].get("tags", [])]
    files.clear(source)
    source["metadata"].get("lesson", {}).pop("records", None)
    return source


def refuse_secrets(course: Course, name: str, release: dict, source: dict) -> None:
    """Raise SystemExit where something that students must not see has stayed in what is for them."""
    text = "\n".join(files.source(cell) for cell in release["cells"])
    left = [what for what in (hidden.BEGIN, "BEGIN SOLUTION", course.secret) if what in text]
    for cell in source["cells"]:
        facts = files.exercise(cell)
        if facts.get("solution") and facts.get("grade") and files.source(cell) in text:
            left.append(f"the model answer {facts['grade_id']}")
    if left:
        course.release(name).unlink(missing_ok=True)
        raise SystemExit(f"{name} is not handed out, because {', '.join(left)} would be in it.")


def _generate(course: Course, name: str) -> None:
    from nbgrader.apps import NbGraderAPI

    # nbgrader calls alembic by its name, which lies beside this Python.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    course.release(name).parent.mkdir(parents=True, exist_ok=True)
    result = NbGraderAPI(config=course.settings()).generate_assignment(name, create=True, force=True)
    if not result["success"]:
        raise SystemExit(f"nbgrader made no assignment of {name}:\n{result.get('log') or result.get('error')}")
