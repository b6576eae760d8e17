"""The list of a class, as Canvas, Moodle or nbgrader have it, and which of its rows a student's folder belongs to."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Columns that say who somebody is; those of the first line are names, in one column or two.
NAMES = ("student", "full name", "name", "first name", "last name", "surname", "first_name", "last_name", "lastname")
IDS = ("id", "sis user id", "sis login id", "identifier", "email address", "email", "id number", "username", "login")
CANVAS = [["student", "id"], ["lastname", "firstname"]]  # how its header begins, by a setting of the course


@dataclass(frozen=True)
class Roster:
    """A table of students; ``kind`` is "canvas", "worksheet" (Moodle's, of one assignment) or "users" (any other)."""

    path: Path
    kind: str
    header: list[str]
    rows: list[list[str]]

    def column(self, *names: str) -> int | None:
        """The number of the first column of one of these names, in capitals or not; None where there is none."""
        lower = [name.strip().lower() for name in self.header]
        return next((lower.index(name.lower()) for name in names if name.lower() in lower), None)

    def get(self, row: list[str], *names: str) -> str:
        """What a row has in the first column of one of these names; "" where there is none."""
        column = self.column(*names)
        return "" if column is None else row[column].strip()


def read(path: Path) -> Roster:
    """Read a CSV file with any of the usual separators. Raises SystemExit with a sentence for what is no such list."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SystemExit(f"{path} cannot be read: {error.strerror}.") from None
    try:
        text = content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    first = text.partition("\n")[0]
    try:
        lines = [line for line in csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count)) if any(line)]
    except csv.Error as error:
        raise SystemExit(f"{path} is no CSV file: {error}.") from None
    header = lines[0] if lines else []
    lower = [name.strip().lower() for name in header]
    if not set(lower) & set(NAMES) or not set(lower) & set(IDS):
        raise SystemExit(
            f"{path} is no list of students: its first line needs a name and an id, as in Canvas' gradebook (Student, "
            "ID, SIS User ID, SIS Login ID, Section), Moodle's grading worksheet (Identifier, Full name, Email "
            "address, Grade), or: id, first_name, last_name, email."
        )
    rows = [(line + [""] * len(header))[: max(len(header), len(line))] for line in lines[1:]]
    kind = "users"
    if lower[:2] in CANVAS and "section" in lower:
        kind = "canvas"
        # Lines about assignments stand before the students.
        rows = [row for row in rows if row[0].strip() and "Points Possible" not in row[0]]
    elif {"identifier", "grade"} <= set(lower):
        kind = "worksheet"
    return Roster(path, kind, header, rows)


def matched(roster: Roster, students: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """The number of each student's row, and sentences about those that have none, or more than one."""
    by_key: dict[str, set[int]] = defaultdict(set)
    for number, row in enumerate(roster.rows):
        for key in _keys(roster, row):
            by_key[key].add(number)
    rows, told, unknown = {}, [], {"not": [], "several times": []}
    for student in students:
        # "Jane Doe-4711": two students of that name, and the number that the platform gave this one.
        name, _, end = student.rpartition("-")
        found = (
            (end.isdecimal() and by_key.get(end)) or by_key.get(student.strip().lower()) or by_key.get(plain(student))
        )
        found = found or (by_key.get(plain(name)) if end.isdecimal() else None) or set()
        if len(found) == 1:
            rows[student] = next(iter(found))
        else:
            unknown["several times" if found else "not"].append(student)
    told += [f"{word.capitalize()} in {roster.path.name}: {', '.join(who)}." for word, who in unknown.items() if who]
    for number in {number for number in rows.values() if list(rows.values()).count(number) > 1}:
        same = [student for student in rows if rows[student] == number]
        told.append(f"{' and '.join(same)} are the same row of {roster.path.name}, so neither gets a mark there.")
        for student in same:
            del rows[student]
    return rows, told


def names(roster: Roster, row: list[str]) -> tuple[str, str]:
    """First and last name."""
    first = roster.get(row, "first name", "first_name", "firstname")
    last = roster.get(row, "last name", "surname", "last_name", "lastname")
    if first or last:
        return first, last
    full = roster.get(row, "full name", "student", "name")
    if "," in full:
        last, _, first = full.partition(",")
    else:
        first, _, last = full.rpartition(" ")
    return first.strip(), last.strip()


def plain(text: str) -> str:
    """Letters and digits alone, without accents: "Doe, Zoë" and "doezoe" are one name."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if letter.isalnum())


def _keys(roster: Roster, row: list[str]) -> set[str]:
    """All by which a student may be called: ids, addresses and the part before the @, names in either order."""
    keys = set()
    for column in IDS:
        value = roster.get(row, column).lower()
        keys |= {value, value.partition("@")[0], re.sub(r"\D", "", value) if column == "identifier" else ""}
    first, last = names(roster, row)
    keys |= {plain(first + last), plain(last + first)}
    return keys - {""}
