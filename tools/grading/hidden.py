"""Hidden tests: each check once more on cases that nobody has seen, where it draws cases at all."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from helpers.places import ROOT
from tools.lessons import files

BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"


def add(lesson: dict, number: str, secret: str) -> int:
    """Put a hidden test below each check of a lesson that draws its cases; returns how many there are."""
    count = 0
    for cell in lesson["cells"]:
        facts = files.exercise(cell)
        if cell["cell_type"] == "code" and facts.get("grade") and not facts.get("solution"):
            source = files.source(cell)
            if hidden := _test(source, number, secret):
                cell["source"] = f"{source}\n{hidden}"
                count += 1
    return count


def _test(source: str, number: str, secret: str) -> str:
    calls = [
        line
        for line in ast.parse(source).body
        if isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Call)
        and isinstance(line.value.func, ast.Attribute)
        and line.value.func.attr.removeprefix("exercise_").replace("_", ".") in _drawn(number)
    ]
    if not calls:
        return ""
    again = "\n".join("    " + part for call in calls for part in ast.get_source_segment(source, call).splitlines())
    return f'{BEGIN}\nfrom checks.grading import fresh_cases\n\nwith fresh_cases("{secret}"):\n{again}\n{END}'


@cache
def _drawn(number: str, folder: Path = ROOT / "checks") -> set[str]:
    """The exercises of a lesson whose checks draw cases by their number, such as ``seeded("4.1")``."""
    drawn = set()
    for path in folder.glob(f"lesson{number}*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "id", "")
                if name != "exercise" and isinstance(node.args[0].value, str):
                    drawn.add(node.args[0].value)
    return drawn
