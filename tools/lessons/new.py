"""Scaffold a lesson, or an exercise of a lesson: cells with all their metadata, check and test."""

from __future__ import annotations

import argparse
import ast
import builtins
import json
import keyword
import re
from pathlib import Path

from helpers.places import ROOT
from tools.lessons import files, find, readme, repository, slides, templates

EXERCISES = 3  # of a new lesson


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="lesson|exercise")
    lesson = kinds.add_parser("lesson", help="new lesson 17 segmentation --title 'Segmentation'")
    lesson.add_argument("number", type=_lesson_number, help="two digits")
    lesson.add_argument("topic", type=_topic, help="the rest of the file's name: small letters, digits, _")
    lesson.add_argument("--title", type=_title, required=True)
    exercise = kinds.add_parser("exercise", help="new exercise 04 6 --name 'Count the windows' --points 2")
    exercise.add_argument("number", type=_lesson_number, metavar="lesson", help="two digits")
    exercise.add_argument("count", type=_positive, metavar="exercise", help="its number in the lesson")
    exercise.add_argument("--name", type=_title, required=True)
    exercise.add_argument("--points", type=_positive, default=2)


def _lesson_number(text: str) -> str:
    if not re.fullmatch(r"\d{1,2}", text, re.ASCII) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a lesson: two digits, for example 14")
    return text.zfill(2)


def _title(text: str) -> str:
    if not text.strip() or re.search(r'["\\|\n]', text):
        raise argparse.ArgumentTypeError(f'{text!r} is no title: some words, without ", |, \\ and line ends')
    return text.strip()


def _positive(text: str) -> int:
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _topic(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no topic: small letters, digits and _, for example segmentation")
    return text


def main(arguments: argparse.Namespace) -> int:
    """Write what is new; 0 when that was done, 1 with a sentence when something is there already, or not as it must be.

    The README's table is made before anything is written: all of it, or nothing.
    """
    try:
        before = {path: files.content(path) for path in [readme.README, *_files(arguments.number)]}
        if arguments.kind == "lesson":
            contents = new_lesson(arguments.number, arguments.topic, arguments.title)
        else:
            contents = new_exercise(arguments.number, arguments.count, arguments.name, arguments.points)
        page = readme.README.read_text(encoding="utf-8")
        readme.with_table(page, "lessons", readme.lessons_tables(repository.address()))
    except (OSError, SyntaxError, ValueError) as error:
        print(f"{error} Nothing was changed.")
        return 1
    for path, content in contents.items():
        files.renew(path, before.get(path), content)
        print(path.relative_to(ROOT))
    if arguments.kind == "lesson":
        page = readme.with_table(page, "lessons", readme.lessons_tables(repository.address()))
        files.renew(readme.README, before[readme.README], page)
    print(
        "What is derived: python -m tools student, then python -m tools readme. Replace the scaffold by yours, then: "
        f"python -m tools regenerate --lesson {arguments.number}"
    )
    return 0


def new_lesson(number: str, topic: str, title: str) -> dict[Path, str]:
    """A lesson with its exercises: file -> content. Raises FileExistsError when there is one of that number."""
    if there := _files(number):
        raise FileExistsError(f"{there[0].relative_to(ROOT)} is there already.")
    path = find.NOTEBOOKS / f"{number}_{topic}.ipynb"
    texts = {
        path: files.text(templates.lesson(number, title, repository.set_up_cell(repository.address()))),
        _checks(number): templates.CHECKS.format(number=number, title=title),
        _tests(number): templates.TESTS.format(number=number),
        _bank(number): templates.BANK.format(number=number),
    }
    for count in range(1, EXERCISES + 1):
        texts = _with_exercise(texts, path, number, count, name=f"Name {count}", points=2)
    return texts


def new_exercise(number: str, count: int, name: str, points: int) -> dict[Path, str]:
    """An exercise at the end of a lesson's others: file -> content. Raises FileExistsError when it is there."""
    (lesson,) = find.find(number)
    texts = {path: path.read_text(encoding="utf-8") for path in (lesson.path, *_code(number))}
    key = f"{int(number)}_{count}"
    if f'"ex{key}"' in texts[lesson.path] or f"def exercise_{key}(" in texts[_checks(number)]:
        raise FileExistsError(f"Exercise {int(number)}.{count} is there already.")
    if count != (following := len(re.findall(r"### Exercise \d", texts[lesson.path])) + 1):
        raise ValueError(f"Exercises are numbered in their order: the next one is {int(number)}.{following}.")
    return _with_exercise(texts, lesson.path, number, count, name, points)


def _with_exercise(texts: dict[Path, str], path: Path, number: str, count: int, name: str, points: int) -> dict:
    """The files of a lesson with one exercise more."""
    words = {
        "number": number,
        "exercise": f"{int(number)}.{count}",
        "key": f"{int(number)}_{count}",
        "function": _function(name, texts[path]) or f"exercise_{count}",
        "praise": templates.PRAISE,
    }
    notebook = json.loads(texts[path])
    cells = notebook["cells"]
    heads = ["".join(cell["source"]).partition("\n")[0].strip() for cell in cells]
    if "## In this lesson" not in heads:
        raise ValueError(f"{path.relative_to(ROOT)} has no section '## In this lesson', before which exercises come.")
    added = templates.exercise(number, count, name, words["function"], points)
    before = heads.index("## In this lesson")
    further = heads.index("## Going further") if "## Going further" in heads else len(heads)
    if any(head.startswith("#### Exercise") for head in heads[further:]):
        # Exercises are numbered in their order: after one of an optional part comes another optional one.
        before = heads.index("## Sources")
        added[0]["source"][0] = f"#{added[0]['source'][0]}"
    cells[before:before] = added
    templates.renumber(cells)
    slides.set_types(notebook)
    checks, tests, bank = _code(number)
    return {
        path: files.text(notebook),
        checks: _extended(checks, texts[checks], templates.CHECK_IMPORTS, templates.CHECK.format(**words)),
        tests: _extended(tests, texts[tests], templates.TEST_IMPORTS.format(**words), templates.TEST.format(**words)),
        bank: files.formatted(bank, texts[bank] + templates.ANSWERS.format(**words)),
    }


def _function(name: str, notebook: str) -> str:
    """The name of an exercise as the name of a function that neither lesson nor check has yet, or ""."""
    function = re.sub(r"\W+", "_", name.lower(), flags=re.ASCII).strip("_")
    notebook += templates.CHECK + templates.CHECK_IMPORTS + templates.TEST + " ".join(dir(builtins))
    taken = keyword.iskeyword(function) or not function.isidentifier() or re.search(rf"\b{function}\b", notebook)
    return "" if taken else function


def _extended(path: Path, text: str, imports: str, addition: str) -> str:
    """Code with more imports, which ruff sorts and merges with those that are there, and more at its end."""
    lines = text.splitlines(keepends=True)
    others = [
        node.lineno - 1
        for node in ast.parse(text).body
        if isinstance(node, (ast.Import, ast.ImportFrom)) and getattr(node, "module", "") != "__future__"
    ]
    first = others[0] if others else len(lines)
    return files.formatted(path, "".join([*lines[:first], imports, *lines[first:], addition]))


def _files(number: str) -> list[Path]:
    """What there is of a lesson: itself, its checks, their tests and answers."""
    return [*find.NOTEBOOKS.glob(f"{number}_*.ipynb"), *(path for path in _code(number) if path.exists())]


def _code(number: str) -> tuple[Path, Path, Path]:
    return _checks(number), _tests(number), _bank(number)


def _checks(number: str) -> Path:
    return ROOT / "checks" / f"lesson{number}.py"


def _tests(number: str) -> Path:
    return ROOT / "tests" / "checks" / f"test_lesson{number}.py"


def _bank(number: str) -> Path:
    return ROOT / "tests" / "checks" / "bank" / f"lesson{number}.py"
