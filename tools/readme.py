"""Write the README's table of lessons and its badges, between their markers: ``python -m tools.readme``."""

from __future__ import annotations

import re

from tools import lessons
from tools.environment import ROOT

README = ROOT / "README.md"


def table() -> str:
    """The table of lessons in Markdown, from the lessons' own metadata."""
    owner_and_name = lessons.REPOSITORY.removeprefix("https://github.com/")
    rows = ["| | lesson | you learn | read / run (min) | | |", "|---|---|---|---|---|---|"]
    for lesson in lessons.find():
        name = lesson.path.name
        colab = f"https://colab.research.google.com/github/{owner_and_name}/blob/main/notebooks/student/{name}"
        binder = f"https://mybinder.org/v2/gh/{owner_and_name}/main?urlpath=lab/tree/notebooks/student/{name}"
        rows.append(
            f"| {lesson.number} | **{lesson.title}** | {lesson.learn} | {lesson.read_minutes} / {lesson.run_minutes} "
            f"| [complete](notebooks/{name}) · [student](notebooks/student/{name}) "
            f"| [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab}) "
            f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder}) |"
        )
    return "\n".join(rows)


def with_table(text: str) -> str:
    """The README's text with the present table between its markers."""
    begin, end = "<!-- lessons: written by python -m tools.readme -->", "<!-- end of lessons -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"README.md has no place for the table: the lines {begin!r} and {end!r} are missing.")
    return pattern.sub(lambda _: f"{begin}\n{table()}\n{end}", text)


def write() -> None:
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
