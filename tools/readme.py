"""Write the README's tables, its badges and its image: ``python -m tools.readme``."""

from __future__ import annotations

import base64
import io
import re

from tools import environment

if __name__ == "__main__":
    # Before the imports below, which need what this installs.
    environment.enter()

import numpy as np

from tools import lessons
from tools.environment import ROOT

README = ROOT / "README.md"
OVERVIEW = lessons.NOTEBOOKS / "overview.png"
SPEED = lessons.NOTEBOOKS / "speed.png"
# The stored figure of lesson 10 that the README shows as it is.
SPEED_FIGURE = ("10", "race-figure")
# The stored figures that the README's image is put together from: (lesson, id of the cell).
FIGURES = (("01", "small"), ("03", "learn-figure"), ("04", "gallery"), ("02", "gap-figure"))
WIDTH, GAP = 720, 24  # pixels
# Model -> letter and description of the tutorial it rebuilds, and the test accuracy and epochs published there.
SOURCES = {
    "strided_cnn": ("S", "a university lab sheet of 2019", "64.5 % in 15"),
    "deeper_cnn": ("S", "the exercise of the same sheet", "50.6 % in 5"),
    "plain_cnn": ("C", "the CNN chapter of the TensorFlow tutorials", "70.3 % in 10"),
    "dense_head_cnn": ("R", "a blog post on terms, activations and the confusion matrix", "68.3 % in 3"),
    "batchnorm_cnn": (
        "G",
        "a blog post of 2018 on batch normalisation and a 900 × 900 photo; the sizes are ours",
        "78.1 % in 5",
    ),
    "guide_cnn": ("W", "a long guide of 2017 with five scripts", "about 80 % in 200"),
    "improved_cnn": ("W", "its improved model, which has 1,469,994 parameters; this one is ours", "over 85 % in 50"),
}


def models_table() -> str:
    """The table of models in Markdown: their sources, their sizes, and what our stored trainings reached."""
    from helpers import start

    with start.quiet():
        from helpers import models, training

    rows = ["| | tutorial | model | parameters | published, epochs | here, epochs |", "|---|---|---|---|---|---|"]
    for name, (letter, tutorial, published) in SOURCES.items():
        record = training.stored_result(name)
        if record is None:
            continue
        accuracies = record["test_accuracy"]
        low, high = (f"{100 * value:.1f}" for value in (min(accuracies), max(accuracies)))
        spread = f" ({low} to {high})" if len(accuracies) > 1 else " (one seed)"
        whole = training.stored_result(f"{name}_50000")
        with_all = f"; {_mean(whole['test_accuracy'])} with 50,000" if whole else ""
        rows.append(
            f"| {letter} | {tutorial} | `{name}` | {models.build(name).count_params():,} | {published} "
            f"| {_mean(accuracies)}{spread} in {record['epochs']}{with_all} |"
        )
    return "\n".join(rows)


def _mean(accuracies: list[float]) -> str:
    # As the lessons print it, so that a tie is rounded to the same side.
    return f"{np.mean(accuracies):.1%}".replace("%", " %")


def speed_table() -> str:
    """The table of ``make bench`` in Markdown: an epoch of every network, and seconds until an accuracy was reached."""
    from helpers import start

    with start.quiet():
        from helpers import training

    marks = training.MARKS
    to = " | ".join(mark.replace("%", " %") for mark in marks)
    rows = [
        f"| network | an epoch, s | units | of the ceiling | to {to} |",
        f"|---|--:|--:|--:|{'--:|' * len(marks)}",
    ]
    for name, row in training.stored_benchmark("training")["epochs"].items():
        middle = np.median(row["seconds"])
        when = training.seconds_to(name, middle)
        reached = " | ".join(f"{when[mark]:,}" if mark in when else "" for mark in marks)
        rows.append(
            f"| {name} | {middle:.0f} | {row['units']:.2f} | {row['share_of_ceiling']:.0%} | {reached} |".replace(
                "%", " %"
            )
        )
    return "\n".join(rows)


def fast_table() -> str:
    """The fast recipes in Markdown: what every seed reached on the test set, and what a whole training takes."""
    from helpers import start

    with start.quiet():
        from helpers import fast, training
        from tools import speed

    clock = training.stored_benchmark("training")["epochs"]
    rows = [
        "| recipe | parameters | epochs | test accuracy of each seed: mean | minutes, views included | units |",
        "|---|--:|--:|---|--:|--:|",
    ]
    unit = np.median(clock[speed.UNIT]["seconds"])
    for name in fast.FAST_RECIPES:
        record = training.stored_result(name)
        accuracies = ", ".join(f"{100 * value:.2f}" for value in record["test_accuracy"])
        seconds = max(training.seconds_to(name, np.median(clock[name]["seconds"])).values())
        rows.append(
            f"| `{name}` | {record['parameters']:,} | {record['epochs']} | {accuracies} %: "
            f"{100 * np.mean(record['test_accuracy']):.2f} % | {seconds / 60:.1f} | {seconds / unit:.1f} |"
        )
    return "\n".join(rows)


def lessons_table() -> str:
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


def with_tables(text: str) -> str:
    """The README's text with the present tables between their markers."""
    tables = {"lessons": lessons_table, "models": models_table, "fast": fast_table, "speed": speed_table}
    for name, table in tables.items():
        begin, end = f"<!-- {name}: written by python -m tools.readme -->", f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(text):
            raise SystemExit(f"README.md has no place for a table: the lines {begin!r} and {end!r} are missing.")
        block = f"{begin}\n{table()}\n{end}"
        text = pattern.sub(lambda _, block=block: block, text)
    return text


def stored_figure(number: str, cell_id: str):
    """A figure as it is stored in a complete lesson, as a Pillow image."""
    import nbformat
    from PIL import Image

    (lesson,) = lessons.find(number)
    for cell in nbformat.read(lesson.path, as_version=4).cells:
        for output in cell.get("outputs", []) if cell.id == cell_id else []:
            if "image/png" in output.get("data", {}):
                return Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))).convert("RGB")
    raise SystemExit(f"Lesson {number} has no stored figure in a cell {cell_id!r}: mend FIGURES in tools/readme.py.")


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
    overview.save(OVERVIEW)


def write() -> None:
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
    draw_overview()
    stored_figure(*SPEED_FIGURE).save(SPEED)


if __name__ == "__main__":
    write()
