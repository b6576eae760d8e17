"""The repository for students: lessons without solutions, and what Run All, ``make lab`` and Colab need of the rest."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from pathlib import Path

from helpers.places import ROOT
from tools.grading.course import Course
from tools.lessons import files, find, links, repository

HERE = Path(__file__).parent / "for_students"
# What is copied as it is: files, and folders with all that git would keep of them.
COPIED = (
    "helpers",
    "checks",
    "data/manifest.json",
    "data/README.md",
    "data/photos",
    "data/trained",
    "tools/__init__.py",
    "tools/environment.py",
    "tools/programs.py",
    "tools/executor",
    "tools/jupyter",
    "tools/locks/student.txt",
    *(f"tools/lessons/{name}.py" for name in ("__init__", "execute", "fetch", "files", "find", "freshness", "kernels")),
    *(f"tools/lessons/{name}.py" for name in ("lab", "pages", "run", "solved", "workspace")),
    ".gitattributes",
    ".gitignore",
    "LICENSE",
    "binder",
    "environment.yml",
)
WRITTEN = {"tools/__main__.py": "main.py", "Makefile": "Makefile"}
# Tables of pyproject.toml that only instructors need.
OURS = ("project.optional-dependencies", "tool.pytest.ini_options", "tool.ruff")
LIST = ".handed-out.json"  # the files that were written, with digests, by which a later call knows them
DIGITS = 16
HUB = "Hub"  # among the addresses in pyproject.toml


def addresses(folder: Path) -> tuple[str, str]:
    """Where the repository in a folder and its hub are found, as a former call was told; "" for what is not known."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return project["urls"]["Repository"], project["urls"].get(HUB, "")
    except (OSError, ValueError, KeyError):
        return "", ""


def write(folder: Path, course: Course, lessons: list[find.Lesson], url: str, hub: str = "") -> str:
    """Write or renew the repository; returns sentences. Lessons that were handed out before stay.

    Raises SystemExit, before anything is written, where a file of somebody else is in the way.
    """
    _refuse_other_folders(folder)
    before, (old, _) = _listed(folder), addresses(folder)
    contents = _contents(course, lessons, url)
    kept = {name for name in before if re.fullmatch(r"notebooks/student/\d\d_\w+\.ipynb", name)}
    there = [lesson for lesson in find.find() if f"notebooks/student/{lesson.path.name}" in {*contents, *kept}]
    contents["pyproject.toml"] = _project(url, hub).encode()
    for name in ("GLOSSARY.md", "FORMULAS.md"):
        contents[name] = _linked((ROOT / name).read_text(encoding="utf-8"), there).encode()
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    contents["README.md"] = readme.replace("LESSONS", _table(there, url, hub)).encode()
    _refuse_files_of_others(folder, contents, before)
    changed = sum(files.write(folder / name, content) for name, content in contents.items())
    gone = [name for name in before if name not in contents and name not in kept]
    for name in gone:
        (folder / name).unlink(missing_ok=True)
    digests = {name: before[name] for name in kept} | {name: _digest(content) for name, content in contents.items()}
    files.write(folder / LIST, json.dumps(digests, indent=1, sort_keys=True) + "\n")
    told = f"{folder}: {len(digests)} files, {changed} of them changed, {len(gone)} removed. "
    if url == repository.PLACEHOLDER:
        return told + "It has no address, so no links to Colab and Binder either: give --address URL."
    if others := sorted(Path(name).name[:2] for name in kept - set(contents)) if old not in ("", url) else []:
        told += f"Lessons that name the former address {old}: {', '.join(others)}; hand them out again. "
    return told + f"Commit and push it to {url}; it needs none of this project's history."


def _contents(course: Course, lessons: list[find.Lesson], url: str) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for name in COPIED:
        for path in sorted((ROOT / name).rglob("*")) if (ROOT / name).is_dir() else [ROOT / name]:
            if path.is_file() and not re.search(r"__pycache__|\.part$|\.ipynb_checkpoints|\.lock$", str(path)):
                made[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    for name, source in WRITTEN.items():
        made[name] = (HERE / source).read_bytes()
    for lesson in lessons:
        release = files.read(course.release(lesson.path.stem))
        repository.put_set_up_cell(release, url)
        files.sign(release)
        made[f"notebooks/student/{lesson.path.name}"] = files.text(release).encode()
    return made


def _linked(text: str, there: list[find.Lesson]) -> str:
    """A page with links to the lessons that are there, and the numbers alone of the others."""
    names = "|".join(re.escape(lesson.path.name) for lesson in there)
    text = re.sub(rf"\]\(notebooks/({names})\b", r"](notebooks/student/\1", text)
    return re.sub(r"\[([^]]*)\]\(notebooks/\d\d_\w+\.ipynb[^)]*\)", r"\1", text)


def _project(url: str, hub: str) -> str:
    """pyproject.toml with the addresses of this repository and its hub, without what only instructors need."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    tables = re.split(r"(?m)^(?=\[)", text)
    kept = [table for table in tables if not re.match(rf"\[({'|'.join(map(re.escape, OURS))})[.\]]", table)]
    lines = f'Repository = "{url}"' + (f'\n{HUB} = "{hub}"' if hub else "")
    return re.sub(r'(?m)^Repository = ".*"$', lines, "".join(kept))


def _table(lessons: list[find.Lesson], url: str, hub: str) -> str:
    lines = ["| | lesson | you learn | minutes | |", "|---|---|---|---|---|"]
    for lesson in lessons:
        place = f"notebooks/student/{lesson.path.name}"
        ways = [f"[open]({place})", repository.badges(url, lesson.path.name)]
        if hub:
            ways.append(f"[on our hub]({links.link(hub, url, lesson.path.name)})")
        shown = " · ".join(filter(None, ways))
        minutes = f"{lesson.core_minutes} + {lesson.further_minutes}"
        lines.append(f"| {lesson.number} | **{lesson.title}** | {lesson.learn} | {minutes} | {shown} |")
    return "\n".join(lines)


def _listed(folder: Path) -> dict[str, str]:
    """The files that a former call has written into a folder."""
    try:
        listed = json.loads((folder / LIST).read_bytes())
        return {str(name): str(digest) for name, digest in listed.items() if ".." not in Path(name).parts}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError):
        raise SystemExit(
            f"{folder / LIST} cannot be read, so nothing is written there: name an empty folder."
        ) from None


def _refuse_other_folders(folder: Path) -> None:
    if folder == ROOT or (ROOT in folder.parents and not folder.is_relative_to(ROOT / "build")):
        raise SystemExit(f"{folder} lies in this project: name a folder outside of it, for a repository of its own.")
    if folder.exists() and not folder.is_dir():
        raise SystemExit(f"{folder} is a file: name a folder.")


def _refuse_files_of_others(folder: Path, contents: dict[str, bytes], before: dict[str, str]) -> None:
    if not before and folder.is_dir() and any(path.name != ".git" for path in folder.iterdir()):
        raise SystemExit(f"{folder} holds files that this command did not write: name an empty folder, or remove them.")
    strange = []
    for name in {*contents, *before}:
        held = files.content(folder / name)
        if held is not None and held != contents.get(name) and _digest(held) != before.get(name):
            strange.append(name)
    if strange:
        raise SystemExit(
            f"{', '.join(sorted(strange)[:5])} in {folder}: changed by somebody. "
            "Nothing is written: move these changes into the course, or delete the files there, and call this again."
        )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()[:DIGITS]
