"""Marks as CSV: a table of our own, and files that Canvas and Moodle import."""

from __future__ import annotations

import argparse
import csv
import io
import re
from pathlib import Path

from tools.grading import gradebook, late, roster
from tools.grading.course import Course, add_course_argument
from tools.grading.gradebook import Mark
from tools.grading.roster import Roster
from tools.lessons import files, find

COLUMNS = ("student", "lesson", "points", "late", "total", "possible", "handed in", "to be marked by hand")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    find.add_lesson_argument(parser)
    add_course_argument(parser)
    parser.add_argument(
        "--roster", type=Path, metavar="FILE", help="Canvas' gradebook, Moodle's grading worksheet, or a list of users"
    )
    parser.add_argument("--unfinished", action="store_true", help="marks too of what waits to be marked by hand")
    late.add_arguments(parser)


def main(arguments: argparse.Namespace) -> int:
    """Late days, tables of marks, and a page for each student, from the gradebook as it is now."""
    from tools.grading import feedback

    course = Course(arguments.course.resolve())
    numbers = [number.zfill(2) for number in arguments.lesson]
    lessons = [lesson for lesson in course.lessons if not numbers or lesson[:2] in numbers]
    if not lessons:
        raise SystemExit(f"Nothing of that was handed out from {course.folder}. Call python -m tools handout first.")
    table = roster.read(arguments.roster) if arguments.roster else None
    if table:
        enrol(course, table, lessons)
    if arguments.due:
        for sentence in late.take_off(course, lessons, arguments.due, arguments.late_per_day, arguments.grace_minutes):
            print(sentence)
    for path, told in write(course, lessons, table, arguments.unfinished):
        print(path, *told, sep="\n  ")
    print(f"{feedback.write(course, lessons)} pages for students: {course.folder / 'feedback'}")
    return 0


def write(
    course: Course, lessons: list[str], table: Roster | None = None, unfinished: bool = False
) -> list[tuple[Path, list[str]]]:
    """Write ``marks.csv`` and, with a roster, the file for its platform; returns paths, each with what to say of it."""
    given = gradebook.marks(course, *lessons)
    path = course.folder / "marks.csv"
    files.write(path, of_all(given))
    waiting = sum(mark.by_hand for mark in given)
    written = [(path, [f"{waiting} of {len(given)} wait to be marked by hand."] if waiting else [])]
    if table:
        make = canvas if table.kind == "canvas" else moodle
        text, told = make(course, table, lessons, unfinished)
        path = course.folder / f"marks_for_{make.__name__}.csv"
        files.write(path, text)
        written.append((path, told))
    return written


def of_all(given: list[Mark]) -> str:
    """The table of all marks, a line for each student and lesson."""
    lines = []
    for mark in given:
        numbers = map(_number, (mark.points, mark.late, mark.total, mark.possible))
        by_hand = "yes" if mark.by_hand else ""
        lines.append([_harmless(mark.student), mark.lesson, *numbers, mark.handed_in or "", by_hand])
    return _csv([COLUMNS, *lines])


def canvas(course: Course, table: Roster, lessons: list[str], unfinished: bool = False) -> tuple[str, list[str]]:
    """Canvas' gradebook with a column for each lesson, to be imported there, and what to say of it.

    Students' columns are as Canvas has exported them. A lesson gets the column whose title names it; else a new one,
    for which Canvas asks whether to make an assignment.
    """
    told: list[str] = []
    section = table.column("Section")
    info = (section if section is not None else len(table.header) - 1) + 1
    titles = {lesson: _title(lesson, table.header[info:], told) for lesson in lessons}
    possible = [_number(gradebook.possible(course, lesson)) for lesson in lessons]
    lines = [
        [*table.header[:info], *titles.values()],
        ["    Points Possible", *[""] * (info - 1), *possible],
    ]
    cells = _marks_by_row(course, table, lessons, unfinished, told)
    lines += [
        [*row[:info], *(_number(cells.get((number, lesson))) for lesson in lessons)] for number, row in _rows(table)
    ]
    return _csv(lines), told


def moodle(course: Course, table: Roster, lessons: list[str], unfinished: bool = False) -> tuple[str, list[str]]:
    """Moodle's grading worksheet of one lesson, with its grades; or, of a list of users, one with a column a lesson.

    A worksheet whose maximum grade is another one gets scaled grades. Raises SystemExit where a worksheet could be of
    several lessons.
    """
    told: list[str] = []
    if table.kind != "worksheet":
        cells = _marks_by_row(course, table, lessons, unfinished, told)
        lines = [[*row, *(_number(cells.get((number, lesson))) for lesson in lessons)] for number, row in _rows(table)]
        return _csv([[*table.header, *map(_name, lessons)], *lines]), told
    if len(lessons) != 1:
        raise SystemExit(
            f"{table.path.name} is the worksheet of one assignment: say which lesson that is, --lesson NN."
        )
    cells = _marks_by_row(course, table, lessons, unfinished, told)
    possible, grade = gradebook.possible(course, lessons[0]), table.column("Grade")
    lines, scaled = [], 0
    for number, row in _rows(table):
        total = cells.get((number, lessons[0]))
        if total is not None and table.get(row, "Grade can be changed").lower() == "no":
            told.append(f"{' '.join(roster.names(table, row))}: Moodle says that this grade cannot be changed.")
        elif total is not None:
            most = _read_number(table.get(row, "Maximum grade")) or possible
            scaled += most != possible
            row = [*row[:grade], _number(total * most / possible), *row[grade + 1 :]]
        lines.append(row)
    if scaled:
        told.append(f"Grades scaled from {possible:g} points to the maximum grade in {table.path.name}: {scaled}.")
    return _csv([table.header, *lines]), told


def enrol(course: Course, table: Roster, lessons: list[str]) -> None:
    """Put names and addresses into the gradebook, for formgrader, and the times that Moodle's worksheet has."""
    import dateutil.parser

    students = [mark.student for mark in gradebook.marks(course, *lessons)]
    rows, _ = roster.matched(table, dict.fromkeys(students))
    with gradebook.opened(course) as book:
        for student, number in rows.items():
            row = table.rows[number]
            first, last = roster.names(table, row)
            email = table.get(row, "Email address", "Email") or None
            book.update_or_create_student(student, first_name=first, last_name=last, email=email)
            time = table.get(row, "Last modified (submission)")
            if table.kind == "worksheet" and len(lessons) == 1 and any(map(str.isdigit, time)):
                try:
                    moment = dateutil.parser.parse(time).astimezone()
                except (ValueError, OverflowError):
                    continue
                book.update_or_create_submission(lessons[0], student, timestamp=moment)


def _marks_by_row(
    course: Course, table: Roster, lessons: list[str], unfinished: bool, told: list[str]
) -> dict[tuple[int, str], float]:
    """What stands in the rows of a roster, by row and lesson; ``told`` gets a sentence for what does not."""
    given = gradebook.marks(course, *lessons)
    rows, unknown = roster.matched(table, dict.fromkeys(mark.student for mark in given))
    told += unknown
    waiting = [mark for mark in given if mark.by_hand and mark.student in rows]
    if waiting and not unfinished:
        told.append(f"Left out until somebody has marked by hand: {len(waiting)}; --unfinished puts them in.")
    return {
        (rows[mark.student], mark.lesson): mark.total
        for mark in given
        if mark.student in rows and (unfinished or not mark.by_hand)
    }


def _rows(table: Roster) -> enumerate:
    return enumerate(table.rows)


def _name(lesson: str) -> str:
    """04_first_cnn -> 04 first cnn"""
    return lesson.replace("_", " ")


def _title(lesson: str, titles: list[str], told: list[str]) -> str:
    """The column of a lesson: the only one whose title has its topic in it, or begins with its number."""
    number, topic = lesson.split("_", 1)
    words = {
        title: re.sub(r"[^a-z0-9]+", "_", re.sub(r"\(\d+\)\s*$", "", title).lower()).strip("_") for title in titles
    }
    begin = re.compile(rf"(lesson_|notebook_|assignment_|lab_)?0*{int(number)}(_|$)")
    for fits in (lambda text: topic in text, lambda text: bool(begin.match(text))):
        found = [title for title, text in words.items() if fits(text)]
        if len(found) == 1:
            return found[0]
    told.append(f"{lesson} has no column of its own in Canvas' file: Canvas will ask whether to make an assignment.")
    return _name(lesson)


def _number(value: float | None) -> str:
    """At most two decimals, with a point; nothing for None."""
    return "" if value is None else f"{round(value, 2):g}"


def _read_number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return 0.0


def _harmless(text: str) -> str:
    """A name that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in "=+-@" else text


def _csv(lines: list) -> str:
    made = io.StringIO()
    csv.writer(made).writerows(lines)
    return made.getvalue()
