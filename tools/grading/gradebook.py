"""nbgrader's gradebook: the one process that runs the command writes it."""

from __future__ import annotations

from tools.grading.collect import Submission
from tools.grading.course import Course


def store(course: Course, submission: Submission, record: dict, notebook: str) -> None:
    """Write one graded submission into ``submitted``, ``autograded`` and the gradebook; marks by hand stay.

    ``record["points"]`` has the points of each grade_id that was graded by its check; the free text is left to
    formgrader. ``notebook`` is the executed notebook's text, "" where there is none.
    """
    raise NotImplementedError
