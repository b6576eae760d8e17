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
    parser.add_argument(
        "--live", action="store_true", help="and open the lessons in JupyterLab, to run trainings after the stored ones"
    )
    parser.add_argument(
        "--dataset", choices=find.DATASETS, default="cifar10", help="with --live or --measure; cifar10 when left out"
    )
    parser.add_argument(
        "--measure", action="store_true", help="instead, run lessons once and store how long their slow cells take"
    )


def main(arguments: argparse.Namespace) -> int:
    """Write the decks and a list of them; with --live, the exit status of JupyterLab."""
    if arguments.measure:
        return measure(arguments)
    if arguments.live:
        from tools.slides import live

        return live.main(arguments, arguments.out.resolve() / "live")
    if arguments.rest:
        raise SystemExit(f"What is {' '.join(arguments.rest)}? Only with --live, further arguments go to JupyterLab.")
    write(find.find(*arguments.lesson), arguments.out, {})
    return 0


def write(lessons: list[find.Lesson], out: Path, takes: dict[str, dict[str, str]]) -> None:
    """The decks of these lessons, what they load, and a list of all decks that are there.

    ``takes`` says for lessons (by number) and their slow cells (by id) how long they take, in words.
    Raises SystemExit where a file lies in the way that this command did not write.
    """
    from tools.slides import assets, page
    from tools.slides.deck import Builder

    refuse_files_of_others(out, [f"{lesson.path.stem}.html" for lesson in lessons])
    assets.write(out / "assets")
    for lesson in lessons:
        slides = Builder(lesson, files.read(lesson.path), takes.get(lesson.number)).slides
        files.write(out / f"{lesson.path.stem}.html", page.deck(f"{lesson.number} · {lesson.title}", slides))
        print(f"{lesson.number} {lesson.title:<34} {len(slides):4} slides", flush=True)
    entries = []
    for lesson in find.find():
        name = f"{lesson.path.stem}.html"
        if held := files.content(out / name):
            title, count = f"{lesson.number} · {lesson.title}", held.count(b"<section ")
            entries.append((name, title, count, lesson.core_minutes))
    files.write(out / "index.html", page.index(entries))
    print(f"Slides: {out.resolve() / 'index.html'}")


def measure(arguments: argparse.Namespace) -> int:
    """Seconds of slow cells, one lesson after the other."""
    from tools.slides import seconds

    find.dataset_or_exit(arguments.dataset)
    for lesson in find.find(*arguments.lesson):
        slow = seconds.measure(lesson, arguments.dataset)
        print(f"{lesson.number}: " + (", ".join(f"{name} {each} s" for name, each in slow.items()) or "no slow cell"))
    return 0


def refuse_files_of_others(out: Path, names: list[str]) -> None:
    """Raise SystemExit where a file lies in the way that this command did not write."""
    from tools.slides import page

    if out.exists() and not out.is_dir():
        raise SystemExit(f"{out} is a file: name a folder.")
    for name in [*names, "index.html"]:
        held = files.content(out / name)
        if held is not None and page.SIGN.encode() not in held:
            raise SystemExit(f"{out / name} is there and was not written by this command: name another folder.")
