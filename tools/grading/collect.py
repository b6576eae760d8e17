"""Take in what students handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Submission:
    """One lesson of one student: the notebook's text ("" where none could be read), and what was odd, in sentences.

    ``files`` names all that was handed in for it, the one that was taken first. ``handed_in`` is in local time,
    None where nothing says it.
    """

    student: str
    lesson: str
    text: str
    handed_in: datetime | None
    files: tuple[str, ...]
    odd: tuple[str, ...]


def collect(folder: Path, lessons: dict[str, dict]) -> list[Submission]:
    """All submissions below a folder, or in a zip, ordered by student and lesson. ``lessons``: name -> source notebook.

    Raises SystemExit where there is no such folder; never because of what lies in it.
    """
    raise NotImplementedError
