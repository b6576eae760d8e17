"""Set the repository's address in pyproject.toml, in the first cell of all lessons and in the README's badges."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from helpers.places import ROOT
from tools.lessons import files, find, readme, repository


def add_arguments(parser: argparse.ArgumentParser) -> None:
    one = parser.add_mutually_exclusive_group()
    one.add_argument("url", nargs="?", help="https://github.com/OWNER/NAME; printed when left out")
    one.add_argument("--placeholder", action="store_true", help="name no address anywhere")


def main(arguments: argparse.Namespace) -> int:
    if not arguments.url and not arguments.placeholder:
        print(repository.address())
        return 0
    try:
        url = repository.PLACEHOLDER if arguments.placeholder else repository.checked(arguments.url)
    except ValueError as error:
        print(error)
        return 2
    changed = put_everywhere(url)
    print(f"{url} stands everywhere; {len(changed)} files changed. Nothing was executed, all outputs are as they were.")
    return 0


def put_everywhere(url: str) -> list[Path]:
    """Write the address into all files that hold it; returns those that changed."""
    project = ROOT / "pyproject.toml"
    notebooks = sorted([*find.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"), *find.STUDENT.glob("[0-9][0-9]_*.ipynb")])
    before = {path: files.content(path) for path in [project, *notebooks, readme.README]}
    text = re.sub(r'(?m)^Repository = ".*"$', f'Repository = "{url}"', project.read_text(encoding="utf-8"))
    contents = {project: text}
    for path in notebooks:
        notebook = files.notebook(before[path])
        if notebook is None:
            print(f"{path.relative_to(ROOT)} is no notebook and stays as it is.")
            continue
        untouched = files.untouched(before[path])
        repository.put_set_up_cell(notebook, url)
        if untouched:
            files.sign(notebook)
        contents[path] = files.text(notebook)
    page = readme.README.read_text(encoding="utf-8")
    contents[readme.README] = readme.with_table(page, "lessons", readme.lessons_tables(url))
    return [path for path, new in contents.items() if files.renew(path, before[path], new)]
