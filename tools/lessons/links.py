"""A page with a link for each lesson: it logs a student in at a JupyterHub, fetches the lesson by git and opens it."""

from __future__ import annotations

import argparse
from html import escape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tools.lessons import files, find, repository

# In the student's home folder; lessons that the hub copies itself lie elsewhere.
FOLDER = "lessons"
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lessons</title>
<h1>Lessons</h1>
<p>Each link opens a lesson in your folder <code>{folder}</code>. What you wrote there stays, also when a lesson gets a
new edition.</p>
<ol>
{items}
</ol>
</html>
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("hub", help="the hub's address, for example https://hub.university.edu")
    parser.add_argument("--repository", metavar="URL", help="that of the students; as in pyproject.toml when left out")
    find.add_lesson_argument(parser)
    parser.add_argument("--branch", default="main", help="main when left out")
    default = find.ROOT / "build" / "links.html"
    parser.add_argument("--out", type=Path, default=default, metavar="FILE", help="build/links.html when left out")


def main(arguments: argparse.Namespace) -> int:
    """Write the page."""
    url = arguments.repository or repository.address()
    if url == repository.PLACEHOLDER:
        raise SystemExit("The students' repository has no address yet: give --repository URL.")
    try:
        hub = checked(arguments.hub)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    items = [
        f'<li><a href="{escape(link(hub, url, lesson.path.name, arguments.branch))}">'
        f"{escape(lesson.title)}</a>: {escape(lesson.learn)}</li>"
        for lesson in find.find(*arguments.lesson)
    ]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    files.write(arguments.out, PAGE.format(folder=FOLDER, items="\n".join(items)))
    print(f"{arguments.out}: {len(items)} links. Put the page, or its links, where the class finds them.")
    return 0


def checked(hub: str) -> str:
    """The address of a hub. Raises ValueError with a sentence."""
    if urlsplit(hub).scheme not in ("http", "https") or not urlsplit(hub).netloc:
        raise ValueError(f"{hub!r} is no address of a hub: it looks like https://hub.university.edu.")
    return hub


def link(hub: str, url: str, notebook: str, branch: str = "main") -> str:
    """The address at a hub that fetches a git repository by nbgitpuller and opens one of its student notebooks."""
    path = f"notebooks/student/{notebook}"
    words = {"repo": url, "branch": branch, "targetPath": FOLDER, "urlpath": f"lab/tree/{FOLDER}/{path}"}
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(words)}"
