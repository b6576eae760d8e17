"""Points taken off for late days."""

from __future__ import annotations

import argparse
import math
from datetime import datetime, timedelta

from tools.grading import gradebook
from tools.grading.course import Course

DAY = timedelta(days=1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    late = parser.add_argument_group("late days")
    late.add_argument("--due", type=moment, metavar="TIME", help="until when it was due here: 2026-12-01T23:59")
    late.add_argument(
        "--late-per-day", type=share, default=10.0, metavar="N", help="per cent of the points for each day; 10"
    )
    late.add_argument("--grace-minutes", type=share, default=15.0, metavar="N", help="that are not late yet; 15")


def moment(text: str) -> datetime:
    """A time of this machine's zone, from an argument."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write it like 2026-12-01T23:59") from None


def share(text: str) -> float:
    """A number from 0 on, from an argument."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on")
    return value


def days(handed_in: datetime, due: datetime, grace_minutes: float) -> int:
    """Days that were begun after the time when it was due; 0 within the grace."""
    over = handed_in.astimezone() - due.astimezone()
    return 0 if over <= timedelta(minutes=grace_minutes) else math.ceil(over / DAY)


def take_off(course: Course, lessons: list[str], due: datetime, per_day: float, grace_minutes: float) -> list[str]:
    """Write into the gradebook what late days cost: ``per_day`` per cent of the possible points each.

    Returns a sentence for each late submission, and one for those whose time is not known.
    """
    told, unknown = [], []
    given = gradebook.marks(course, *lessons)
    with gradebook.opened(course) as book:
        for lesson in lessons:
            book.update_or_create_assignment(lesson, duedate=due)
        for mark in given:
            if mark.handed_in is None:
                unknown.append(f"{mark.student} ({mark.lesson[:2]})")
                continue
            count = days(mark.handed_in, due, grace_minutes)
            cost = round(mark.possible * min(1.0, count * per_day / 100), 2)
            book.find_submission_notebook(mark.lesson, mark.lesson, mark.student).late_submission_penalty = cost
            if count:
                word = "day" if count == 1 else "days"
                told.append(f"{mark.student}, {mark.lesson}: {count} {word} late, {cost:g} points less.")
        book.db.commit()
    if unknown:
        told.append(f"When it was handed in is not known, so nothing is taken off: {', '.join(unknown)}.")
    return told
