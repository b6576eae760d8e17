"""A course of two tiny lessons in a git repository of its own, and an execution of lessons that needs no kernel."""

import base64
import contextlib
import importlib.util
import io
import json
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import v4
from PIL import Image
from tools_notebooks import FACTS

import helpers
from tools.lessons import files

MODULES = {"helpers/start.py": "", "helpers/amounts.py": "AMOUNT = 12.5\nSHADE = 40\n", "checks/__init__.py": ""}
FIRST = [
    ("title", "# 01 · Tiny"),
    ("s1", "## 1. How much?"),
    ("amount", 'from helpers import amounts\n\nprint(f"amount {amounts.AMOUNT}, after {amounts.AMOUNT / 5:.1f} s")'),
    ("amount-read", "The amount is 12.5, and **ballast** is what is above 10. Nobody knows why. Lesson 02 asks."),
    ("amount-fold", "assert amounts.AMOUNT > 10"),
    ("s2", "## 2. What does it look like?"),
    ("square", "FIGURE = amounts.SHADE"),
    ("square-read", "The upper half is dark."),
    ("s3", "## 3. What else?"),
    ("seven", "print(7)"),
    ("seven-read", "Seven is 7."),
]
SECOND = [("title", "# 02 · Tiny"), ("one", "print(1)"), ("one-read", "One is 1.")]


def lesson(path: Path, parts: list[tuple[str, str]]) -> None:
    """Write a lesson of these cells; those whose text begins like prose are text cells."""
    cells = []
    for name, text in parts:
        prose = text[0] == "#" or name.endswith("-read")
        cells.append((v4.new_markdown_cell if prose else v4.new_code_cell)(text, id=name))
    nbformat.write(v4.new_notebook(cells=cells, metadata={"lesson": FACTS}), path)


def made(folder: Path) -> Path:
    """The course, nothing executed yet, committed."""
    for name, text in (MODULES | {"helpers/__init__.py": "", "data/manifest.json": "{}"}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "notebooks").mkdir()
    lesson(folder / "notebooks" / "01_first.ipynb", FIRST)
    lesson(folder / "notebooks" / "02_second.ipynb", SECOND)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, "-C", str(folder), *words], check=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "As it is")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


class Executions:
    """Stands for ``execute.execute_lessons``: runs the cells here, and remembers which lessons were asked for.

    ``FIGURE = shade`` draws an image whose upper half has this shade.
    """

    def __init__(self, folder: Path, before_each=lambda path: None) -> None:
        self.folder, self.before_each, self.asked = folder, before_each, []

    def __call__(self, paths, dataset, timeout, jobs, done, texts, progress):
        for path in paths:
            self.before_each(path)
            self.asked.append(path.name[:2])
            done(path, self._executed(json.loads(texts[path])))

    def _executed(self, notebook):
        names, count, problem = {}, 0, ""
        for cell in notebook["cells"]:
            if cell["cell_type"] != "code" or problem:
                continue
            count, told = count + 1, io.StringIO()
            try:
                with contextlib.redirect_stdout(told), self._modules():
                    exec(files.source(cell), names)
            except Exception as error:
                problem = f"cell {cell['id']!r}: {type(error).__name__}: {error}"
            cell["execution_count"] = count
            cell["outputs"] = [v4.new_output("stream", text=told.getvalue())] if told.getvalue() else []
            if "FIGURE" in names:
                facts = {"image/png": {"alt": "A square of two halves"}}
                data = {"image/png": square(names.pop("FIGURE"))}
                cell["outputs"].append(v4.new_output("display_data", data=data, metadata=facts))
        cells = {cell["id"]: 2.0 for cell in notebook["cells"]}
        return {"notebook": files.text(notebook), "seconds": 4.0, "cells": cells, "problem": problem}

    @contextlib.contextmanager
    def _modules(self):
        """The course's own module, as long as a cell runs."""
        spec = importlib.util.spec_from_file_location("helpers.amounts", self.folder / "helpers" / "amounts.py")
        module = importlib.util.module_from_spec(spec)
        exec((self.folder / "helpers" / "amounts.py").read_text(), vars(module))
        sys.modules["helpers.amounts"] = helpers.amounts = module
        try:
            yield
        finally:
            del sys.modules["helpers.amounts"], helpers.amounts


def square(shade: int) -> str:
    """A white image of 20 x 20 pixels, the upper half of which has a shade of grey; PNG in base64."""
    image = Image.new("RGB", (20, 20), "white")
    image.paste((shade, shade, shade), (0, 0, 20, 10))
    png = io.BytesIO()
    image.save(png, "PNG")
    return base64.b64encode(png.getvalue()).decode()
