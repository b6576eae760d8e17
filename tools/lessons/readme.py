"""Write the README's tables, its badges and its two images."""

from __future__ import annotations

import argparse
import base64
import io
import re
from pathlib import Path

from helpers.places import ROOT
from tools.lessons import files, find, reference, repository

README = ROOT / "README.md"
OVERVIEW = find.NOTEBOOKS / "overview.png"
SPEED = find.NOTEBOOKS / "speed.png"
# The stored figure of lesson 15 that the README shows as it is.
SPEED_FIGURE = ("15", "race-figure")
# The stored figures that the README's image is put together from: (lesson, id of the cell).
FIGURES = (("01", "edges"), ("03", "learn-figure"), ("04", "gallery"), ("02", "gap-figure"))
WIDTH, GAP = 720, 24  # pixels


def main(arguments: argparse.Namespace) -> int:
    write()
    reference.write()
    print("README.md, its images, GLOSSARY.md and FORMULAS.md are up to date.")
    return 0


def write() -> None:
    before = files.content(README)
    files.renew(README, before, with_tables(README.read_text(encoding="utf-8")))
    draw_overview()
    _save(stored_figure(*SPEED_FIGURE), SPEED)


def _save(image, path: Path) -> None:
    png = io.BytesIO()
    image.save(png, "PNG")
    files.write(path, png.getvalue())


def with_tables(text: str) -> str:
    """The README's text with the present tables between their markers."""
    from tools.lessons import readme_tables

    text = with_table(text, "lessons", lessons_tables(repository.address()))
    for name, table in (
        ("models", readme_tables.models_table),
        ("fast", readme_tables.fast_table),
        ("larger network", readme_tables.larger_network),
        ("speed", readme_tables.speed_table),
        ("second machine", readme_tables.second_machine),
        ("peers", readme_tables.peers),
        ("growth", readme_tables.growth_table),
    ):
        text = with_table(text, name, table())
    return text


def with_table(text: str, name: str, table: str) -> str:
    """The text with a table between the markers of that name. Raises SystemExit where there are none."""
    begin, end = f"<!-- {name}: written by python -m tools readme -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"README.md has no place for a table: the lines {begin!r} and {end!r} are missing.")
    return pattern.sub(lambda _: f"{begin}\n{table}\n{end}", text)


def lessons_tables(url: str) -> str:
    """The course and the electives in Markdown, from the lessons' own metadata; with badges where an address is."""
    lessons = find.find()
    course = _table([lesson for lesson in lessons if not lesson.needs], url)
    electives = _table([lesson for lesson in lessons if lesson.needs], url, electives=True)
    return f"**The course**\n\n{course}\n\n**Electives**, in any order\n\n{electives}"


def _table(lessons: list[find.Lesson], url: str, electives: bool = False) -> str:
    needs = "| needs " if electives else ""
    rows = [f"| | lesson | you learn {needs}| in class + further | run | |", "|---" * (6 + electives) + "|"]
    for lesson in lessons:
        name = lesson.path.name
        badges = repository.badges(url, name)
        needs = f"| {lesson.needs} " if electives else ""
        rows.append(
            f"| {lesson.number} | **{lesson.title}** | {lesson.learn} {needs}| {in_class(lesson)} | {run(lesson)} "
            f"| [complete](notebooks/{name}) · [student](notebooks/student/{name}){' ' + badges if badges else ''} |"
        )
    return "\n".join(rows)


def in_class(lesson: find.Lesson) -> str:
    """The minutes of the core, and those of *Going further* after a plus."""
    return f"{lesson.core_minutes}" + (f" + {lesson.further_minutes}" if lesson.further_minutes else "")


def run(lesson: find.Lesson) -> str:
    """The minutes that all cells take on CIFAR-10, and on Shapes-10."""
    return f"{lesson.run_minutes} / {lesson.shapes10_minutes}"


def stored_figure(number: str, cell_id: str):
    """A figure as it is stored in a complete lesson, as a Pillow image."""
    from PIL import Image

    (lesson,) = find.find(number)
    for cell in files.read(lesson.path)["cells"]:
        for output in cell.get("outputs", []) if cell["id"] == cell_id else []:
            if "image/png" in output.get("data", {}):
                return Image.open(io.BytesIO(base64.b64decode("".join(output["data"]["image/png"])))).convert("RGB")
    raise SystemExit(
        f"Lesson {number} has no stored figure in a cell {cell_id!r}: mend FIGURES in tools/lessons/readme.py."
    )


def draw_overview() -> None:
    """Put the stored figures into one image, two to a row."""
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
    _save(overview, OVERVIEW)
