"""Write the README's table of lessons, its badges and its picture: ``python -m tools.readme``."""

from __future__ import annotations

import base64
import io
import re

from tools import environment

if __name__ == "__main__":
    # Before the imports below, which need what this installs.
    environment.enter()

from tools import lessons
from tools.environment import ROOT

README = ROOT / "README.md"
OVERVIEW = lessons.NOTEBOOKS / "overview.png"
# The stored figures that the README's picture is put together from: (lesson, id of the cell).
FIGURES = (("01", "small"), ("03", "learn-figure"), ("04", "gallery"), ("02", "gap-figure"))
WIDTH, GAP = 720, 24  # pixels


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


def stored_figure(number: str, cell_id: str):
    """A figure as it is stored in a complete lesson, as a Pillow picture."""
    import nbformat
    from PIL import Image

    (lesson,) = lessons.find(number)
    for cell in nbformat.read(lesson.path, as_version=4).cells:
        for output in cell.get("outputs", []) if cell.id == cell_id else []:
            if "image/png" in output.get("data", {}):
                return Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))).convert("RGB")
    raise SystemExit(f"Lesson {number} has no stored figure in a cell {cell_id!r}: mend FIGURES in tools/readme.py.")


def draw_overview() -> None:
    """Put the stored figures into one picture, two to a row."""
    from PIL import Image

    figures = [stored_figure(*place) for place in FIGURES]
    figures = [figure.resize((WIDTH, round(figure.height * WIDTH / figure.width))) for figure in figures]
    rows = [figures[first : first + 2] for first in range(0, len(figures), 2)]
    heights = [max(figure.height for figure in row) for row in rows]
    overview = Image.new("RGB", (2 * WIDTH + 3 * GAP, sum(heights) + (len(rows) + 1) * GAP), "white")
    top = GAP
    for row, height in zip(rows, heights):
        for column, figure in enumerate(row):
            overview.paste(figure, (GAP + column * (WIDTH + GAP), top + (height - figure.height) // 2))
        top += height + GAP
    overview.save(OVERVIEW)


def write() -> None:
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    draw_overview()


if __name__ == "__main__":
    write()
