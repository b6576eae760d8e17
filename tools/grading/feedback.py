"""A page for each student and lesson: points, what the checks have said, comments; one file that asks no other host."""

from __future__ import annotations

import html
import re

from tools.grading import gradebook
from tools.grading.course import Course
from tools.lessons import files

# What a student wrote may hold addresses or scripts: a browser neither loads nor runs anything here.
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<style>
body {{ font: 18px/1.5 sans-serif; max-width: 46em; margin: 1em auto; padding: 0 1em; color: #222; background: #fff; }}
h2 {{ margin: 2em 0 .2em; font-size: 1.2em; border-top: 1px solid #767676; padding-top: 1em; }}
pre {{ font-size: 15px; overflow-x: auto; background: #f5f5f5; padding: .6em; }}
.full {{ color: #00594a; }} .none, .some {{ color: #8c3100; }} .waits {{ color: #444; }}
.says {{ border-left: 5px solid #0072b2; padding-left: .7em; overflow-wrap: anywhere; white-space: pre-wrap; }}
img {{ max-width: 100%; }}
</style></head>
<body><main>
<h1>{title}</h1>
<p>{student}</p>
{sum}
{exercises}
</main></body></html>
"""
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
MOST = 4000  # characters of an output that are shown


def write(course: Course, lessons: list[str]) -> int:
    """Write the pages of everybody who was graded in these lessons; returns how many."""
    given = gradebook.marks(course, *lessons)
    with gradebook.opened(course) as book:
        for mark in given:
            kept = book.find_submission_notebook(mark.lesson, mark.lesson, mark.student)
            grades = {grade.name: grade for grade in kept.grades}
            comments = {comment.name: comment.comment for comment in kept.comments}
            text = files.content(course.autograded(mark.student, mark.lesson)) or b""
            page = of_one(files.notebook(text) or {"cells": [], "metadata": {}}, mark, grades, comments)
            files.write(course.feedback(mark.student, mark.lesson), page)
    return len(given)


def of_one(notebook: dict, mark: gradebook.Mark, grades: dict, comments: dict) -> str:
    """The page of one submission, from its executed notebook, and its grades and comments by grade_id."""
    headings = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and not cell["metadata"].get("rubric"):
            headings |= dict(re.findall(r"(?m)^#+ Exercise (\d+\.\d+) · (.+)$", files.source(cell)))
    parts: dict[str, list[str]] = {}
    for cell in notebook["cells"]:
        facts = files.exercise(cell)
        if not (facts.get("solution") or facts.get("grade")):
            continue
        name = str(facts["grade_id"])
        number = name.removeprefix("test_").removeprefix("ex").replace("_", ".")
        part = parts.setdefault(number, [f"<h2>Exercise {number}{_heading(headings.get(number, ''))}</h2>"])
        if name in grades:
            part.insert(1, _points(grades[name]))
        if facts.get("solution"):
            part.append(_answer(cell))
        if said := _said(cell):
            part.append(f'<p class="says">{html.escape(said)}</p>')
        if comments.get(name):
            part.append(f"<p><strong>Comment:</strong> {html.escape(comments[name])}</p>")
    title = _title(notebook, mark.lesson)
    total = f"<p><strong>{mark.total:g} of {mark.possible:g} points</strong>"
    total += f", {mark.late:g} taken off because it came late" if mark.late else ""
    total += ". Some of it is still to be marked by a person.</p>" if mark.by_hand else ".</p>"
    exercises = (
        "\n".join("\n".join(part) for part in parts.values()) or "<p>There was nothing that could be graded.</p>"
    )
    return PAGE.format(title=html.escape(title), student=html.escape(mark.student), sum=total, exercises=exercises)


def _title(notebook: dict, lesson: str) -> str:
    facts = notebook["metadata"].get("lesson")
    title = facts.get("title") if isinstance(facts, dict) else None
    return f"{lesson[:2]} · {title}" if title else lesson.replace("_", " ")


def _heading(text: str) -> str:
    return f" · {html.escape(text.strip())}" if text else ""


def _points(grade) -> str:
    if grade.needs_manual_grade and grade.manual_score is None:
        return f'<p class="waits">of {grade.max_score:g} points, to be marked by a person</p>'
    kind = "full" if grade.score >= grade.max_score else "some" if grade.score else "none"
    return f'<p class="{kind}">{grade.score:g} of {grade.max_score:g} points</p>'


def _answer(cell: dict) -> str:
    source = files.source(cell)[: 10 * MOST]
    if cell["cell_type"] == "code":
        return f'<pre tabindex="0"><code>{html.escape(source)}</code></pre>'
    from nbconvert.filters import markdown2html

    # The graded notebook has this already for "<", see harmless.
    return markdown2html(html.escape(source.replace("&lt;", "<"), quote=False))


def _said(cell: dict) -> str:
    """What a cell has printed, or the sentence of its error; without the traceback."""
    said = []
    for output in cell.get("outputs", []):
        if output.get("output_type") == "stream":
            said.append("".join(output.get("text", "")))
        elif output.get("output_type") == "error":
            name, value = str(output.get("ename", "")), str(output.get("evalue", ""))
            said.append(value if name in ("NotRight", "NotFilledIn") else f"{name}: {value}")
    text = ESCAPES.sub("", "\n".join(part.strip("\n") for part in said)).strip()
    return text if len(text) <= MOST else f"{text[:MOST]} ... and {len(text) - MOST:,} characters more"
