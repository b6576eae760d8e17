"""``python -m tools slides``: a deck of each lesson's core, which needs no network."""

from __future__ import annotations

import argparse
from pathlib import Path

from helpers.places import BUILD
from tools.lessons import files, find

SLIDES = BUILD / "slides"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    find.add_lesson_argument(parser)
    parser.add_argument("--out", type=Path, default=SLIDES, help="the folder to write; build/slides")


def main(arguments: argparse.Namespace) -> int:
    """Write the decks and a list of them; returns 0."""
    from tools.slides import assets, page

    lessons = find.find(*arguments.lesson)
    out = arguments.out
    refuse_files_of_others(out, [f"{lesson.path.stem}.html" for lesson in lessons])
    assets.write(out / "assets")
    for lesson in lessons:
        slides = build(lesson)
        files.write(out / f"{lesson.path.stem}.html", page.deck(f"{lesson.number} · {lesson.title}", slides))
        print(f"{lesson.number} {lesson.title:<34} {len(slides):4} slides", flush=True)
    entries = []
    for lesson in find.find():
        made = files.content(out / f"{lesson.path.stem}.html")
        if made:
            count = made.count(b"<section ")
            entries.append(
                (f"{lesson.path.stem}.html", f"{lesson.number} · {lesson.title}", count, lesson.core_minutes)
            )
    files.write(out / "index.html", page.index(entries))
    print(f"Slides: {out.resolve() / 'index.html'}")
    return 0


def build(lesson: find.Lesson, runs: dict | None = None) -> list:
    """The slides of a lesson."""
    from tools.slides.deck import Builder

    return Builder(lesson, files.read(lesson.path), runs).slides


def refuse_files_of_others(out: Path, names: list[str]) -> None:
    """Raise SystemExit where a file lies in the way that this command did not write."""
    from tools.slides import page

    if out.exists() and not out.is_dir():
        raise SystemExit(f"{out} is a file: name a folder.")
    for name in [*names, "index.html"]:
        held = files.content(out / name)
        if held is not None and page.SIGN.encode() not in held:
            raise SystemExit(f"{out / name} is there and was not written by this command: name another folder.")
