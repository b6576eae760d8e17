"""Minutes of a lesson's sections, as its notes for the teacher have them, and a running clock from them.

A note lists them as ``*Before you start*: 3 · section 1: 12, with 5.1 in pairs · sections 5 and 6: 7``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BEFORE = "Before you start"
NOTED = re.compile(
    rf"(?:({BEFORE})\*?|(?:[Ss]ections? |· )(\d+)(?:(?:, \d+)* and (\d+))?)"  # what
    r": (\d+)(?![\d.]*\d* ?%)"
)


@dataclass(frozen=True)
class Span:
    """Minutes of one or more sections that follow each other."""

    begin: int
    minutes: int

    @property
    def end(self) -> int:
        return self.begin + self.minutes


def spans(notes: list[str], core_minutes: int) -> dict[str, Span]:
    """The minutes of sections: ``"4"`` or ``"Before you start"`` -> when. {} where no note has them.

    Sections that share minutes ("sections 5 and 6: 7") have the same span. Raises ValueError where they don't add up
    to ``core_minutes``.
    """
    for note in notes:
        found, clock = {}, 0
        for before, first, last, minutes in NOTED.findall(note):
            span = Span(clock, int(minutes))
            names = [before] if before else [str(n) for n in range(int(first), int(last or first) + 1)]
            found |= dict.fromkeys(names, span)
            clock = span.end
        if len(found) > 1:
            if clock != core_minutes:
                raise ValueError(f"the minutes of the sections add up to {clock}, and the lesson has {core_minutes}")
            return found
    return {}


def section_name(heading: str) -> str:
    """The name under which the minutes of a section are noted: its number, or its heading."""
    number = re.match(r"(\d+)\. ", heading)
    return number[1] if number else heading


def stamp(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
