"""Execute complete lessons and write notebooks and HTML to build/lessons."""

from __future__ import annotations

import argparse
import html
import os
from pathlib import Path

from helpers.places import BUILD
from tools.lessons import files, find, pages

TIMEOUT = 1800  # seconds a cell
LESSONS = BUILD / "lessons"

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Lessons</title>
<style>
body {{ font: 18px/1.5 sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }}
td {{ padding: .5em 1em .5em 0; vertical-align: top; }}
tr {{ border-bottom: 1px solid #ddd; }}
</style></head>
<body><h1>Lessons</h1><p>Executed on {dataset}.</p><table>
{rows}
</table></body></html>
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dataset", choices=find.DATASETS, default="shapes10", help="shapes10 (drawn, quick; the default) or cifar10"
    )
    find.add_lesson_argument(parser)
    find.add_jobs_argument(parser, default=min(2, os.cpu_count() or 1))
    find.add_scheduler_argument(parser)
    parser.add_argument("--edition", choices=("complete", "student"), default="complete")
    parser.add_argument("--out", type=Path, default=LESSONS, help="where to write; build/lessons")


def main(arguments: argparse.Namespace) -> int:
    """Run lessons; 0 when all went through, 1 when one failed, 130 after Ctrl-C. What is finished is kept."""
    from tools.lessons import execute

    lessons = find.find(*arguments.lesson)
    _refuse_folder_of_others(arguments.out, [lesson.path.name for lesson in lessons])
    dataset = find.dataset_or_exit(arguments.dataset)
    folder = find.STUDENT if arguments.edition == "student" else find.NOTEBOOKS
    by_path = {folder / lesson.path.name: lesson for lesson in lessons}
    results: dict[str, dict] = {}
    printed = []

    def done(path: Path, result: dict) -> None:
        lesson = by_path[path]
        if result["notebook"]:
            files.write(arguments.out / path.name, result["notebook"])
            files.write(arguments.out / f"{path.stem}.html", pages.page(result["notebook"], lesson.title))
        results[lesson.number] = result
        # In the order of the lessons, whichever was finished first.
        for each in lessons[len(printed) :]:
            if each.number not in results:
                break
            printed.append(each)
            _print(each, results[each.number])

    status = 0
    try:
        execute.execute_lessons(list(by_path), dataset, TIMEOUT, arguments.jobs, done, arguments.scheduler)
    except KeyboardInterrupt:
        status = 130
        for lesson in lessons[len(printed) :]:
            if lesson.number in results:
                _print(lesson, results[lesson.number])
        print(f"Interrupted: {len(results)} of {len(lessons)} lessons are finished.")
    finished = [lesson for lesson in lessons if lesson.number in results]
    failed = sum(bool(results[lesson.number]["problem"]) for lesson in finished)
    if failed:
        print(f"{failed} of {len(finished)} lessons failed.")
    if finished:
        files.write(arguments.out / "index.html", _page(dataset, finished, results))
        print(f"Lessons with outputs: {arguments.out.resolve() / 'index.html'}")
    return status or (1 if failed else 0)


def _refuse_folder_of_others(out: Path, names: list[str]) -> None:
    """Raise SystemExit where a notebook lies that this command did not write: there is no page of it."""
    for place in (out / name for name in names):
        if out != LESSONS and os.path.lexists(place) and not place.with_suffix(".html").is_file():
            raise SystemExit(f"{place} is there and was not written by this command: name another folder.")


def _print(lesson: find.Lesson, result: dict) -> None:
    from tools.lessons import execute

    line = f"{lesson.number} {lesson.title:<34} {result['seconds']:6.0f} s  {result['problem'] or 'ok'}"
    execute.say(line)


def _page(dataset: str, lessons: list[find.Lesson], results: dict[str, dict]) -> str:
    rows = "\n".join(
        f'<tr><td>{lesson.number}</td><td><a href="{lesson.path.stem}.html">{html.escape(lesson.title)}</a><br>'
        f"{html.escape(lesson.learn)}</td><td>{results[lesson.number]['seconds']:.0f} s</td>"
        f"<td>{html.escape(results[lesson.number]['problem'] or 'ok')}</td></tr>"
        for lesson in lessons
    )
    return PAGE.format(dataset=dataset, rows=rows)
