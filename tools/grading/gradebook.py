"""nbgrader's gradebook: the one process that runs the command writes it; marks given by hand stay."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tools.grading import harmless, rubrics
from tools.grading.collect import Submission
from tools.grading.course import Course
from tools.lessons import files


@dataclass(frozen=True)
class Mark:
    """One student's points in one lesson; ``by_hand`` where a person still has to look at it."""

    student: str
    lesson: str
    points: float
    possible: float
    late: float  # points that are taken off because it came late
    handed_in: datetime | None  # local time
    by_hand: bool

    @property
    def total(self) -> float:
        """What counts: not less than nothing."""
        return max(0.0, round(self.points - self.late, 2))


def store(course: Course, submission: Submission, record: dict, notebook: str) -> None:
    """Write one graded submission into ``submitted``, ``autograded`` and the gradebook; marks by hand stay.

    ``record["points"]`` has the points of each grade_id that was graded by its check; the free text is left to
    formgrader, and so is each check without full marks where ``record["needs_human"]``. ``notebook`` is the executed
    notebook's text, "" where there is none.
    """
    student, lesson = submission.student, submission.lesson
    course.handed_out(lesson)
    submitted, graded = course.submitted(student, lesson), course.autograded(student, lesson)
    before = _answers(files.notebook(files.content(graded)))
    files.write(submitted, submission.text)
    shown = _with_rubrics(course, lesson, notebook, (*submission.odd, *record.get("odd", [])))
    files.write(graded, shown)
    stamp = {}
    if submission.handed_in:
        stamp["timestamp"] = submission.handed_in.astimezone(UTC)
        files.write(submitted.with_name("timestamp.txt"), f"{stamp['timestamp']:%Y-%m-%d %H:%M:%S} UTC\n")
    answers, stubs = (
        _answers(files.notebook(shown.encode())),
        _answers(files.notebook(course.release(lesson).read_bytes())),
    )
    with opened(course) as book:
        book.update_or_create_student(student)
        book.update_or_create_submission(lesson, student, **stamp)
        kept = book.find_submission_notebook(lesson, lesson, student)
        for grade in kept.grades:
            name = grade.name
            written = name in stubs  # a free text is answer and grade in one cell
            untouched = answers.get(name, "").strip() in ("", stubs.get(name, "").strip())
            if written:
                grade.auto_score = 0.0 if untouched and notebook else None
            else:
                grade.auto_score = float(record.get("points", {}).get(name, 0.0))
            if grade.manual_score is not None:
                # Marked by hand already; to be looked at once more where the answer is another one now.
                grade.needs_manual_grade = bool(grade.needs_manual_grade) or before != answers
            elif written:
                grade.needs_manual_grade = grade.auto_score is None
            else:
                grade.needs_manual_grade = bool(record.get("needs_human")) and grade.auto_score < grade.max_score
        for comment in kept.comments:
            empty = answers.get(comment.name, "").strip() == stubs.get(comment.name, "").strip()
            comment.auto_comment = "No response." if empty else None
        book.db.commit()


def marks(course: Course, *lessons: str) -> list[Mark]:
    """What everybody has, by lesson and student; only what was graded."""
    found = []
    with opened(course) as book:
        for lesson in lessons or course.lessons:
            for row in book.submission_dicts(lesson):
                late = book.find_submission_notebook(lesson, lesson, row["student"]).late_submission_penalty or 0.0
                time = row["timestamp"] and row["timestamp"].replace(tzinfo=UTC).astimezone().replace(tzinfo=None)
                by_hand = bool(row["needs_manual_grade"])
                found.append(Mark(row["student"], lesson, row["score"], row["max_score"], late, time, by_hand))
    return sorted(found, key=lambda mark: (mark.lesson, mark.student))


def possible(course: Course, lesson: str) -> float:
    """The points of a lesson that was handed out."""
    with opened(course) as book:
        return float(book.find_assignment(lesson).max_score)


@contextmanager
def opened(course: Course) -> Iterator[Any]:
    """nbgrader's gradebook of a course. Raises SystemExit where nothing was handed out yet."""
    if not course.gradebook.is_file():
        raise SystemExit(f"{course.folder} has no gradebook yet: call python -m tools handout first.")
    from nbgrader.api import Gradebook
    from sqlalchemy.exc import SAWarning

    with warnings.catch_warnings():
        # Of nbgrader's own doing, on every new submission.
        warnings.simplefilter("ignore", SAWarning)
        with Gradebook(f"sqlite:///{course.gradebook}") as book:
            yield book


def _answers(notebook: dict | None) -> dict[str, str]:
    """What stands in the cells for answers: grade_id -> text."""
    cells = (notebook or {}).get("cells", [])
    return {
        files.exercise(cell)["grade_id"]: files.source(cell) for cell in cells if files.exercise(cell).get("solution")
    }


def _with_rubrics(course: Course, lesson: str, notebook: str, odd: tuple[str, ...]) -> str:
    """The executed notebook as formgrader shows it: below each free text its rubric, on top what was odd."""
    texts = json.loads(course.rubric(lesson).read_text(encoding="utf-8"))
    shown = files.notebook(notebook.encode()) or _nothing()
    harmless.make(shown, files.read(course.release(lesson)))
    cells = []
    for cell in shown["cells"]:
        cells.append(cell)
        facts = files.exercise(cell)
        if facts.get("grade_id") in texts and facts.get("grade"):
            cells.append(rubrics.cell(texts[facts["grade_id"]], facts["grade_id"], facts["points"]))
    if odd:
        said = "\n".join("> * " + sentence.replace("<", "&lt;") for sentence in dict.fromkeys(odd))
        cells.insert(0, {"cell_type": "markdown", "id": "rubric-odd", "metadata": {"rubric": True}, "source": said})
    shown["cells"] = cells
    return files.text(shown)


def _nothing() -> dict:
    told = {
        "cell_type": "markdown",
        "id": "nothing",
        "metadata": {},
        "source": "*There is nothing that can be graded.*",
    }
    return {"cells": [told], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
