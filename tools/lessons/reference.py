"""GLOSSARY.md and FORMULAS.md, made from the lessons: each term where it is defined, each formula where it is used.

A term is bold in the sentence that defines it, once in the series. A formula stands between ``$$`` below a line
``*Formula: its name*``; a paragraph behind it that begins with "with" or "where" says what its symbols mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from helpers.places import ROOT
from tools.lessons import files, find

GLOSSARY = ROOT / "GLOSSARY.md"
FORMULAS = ROOT / "FORMULAS.md"
BOLD = re.compile(r"(?<!\*)\*\*(?!\*)([^*]+?)\*\*(?!\*)")
FORMULA = re.compile(
    r"^\*Formula: (?P<name>[^*]+)\*\s*\$\$(?P<formula>.+?)\$\$(?:\s*(?P<symbols>(?:with|where) .+?)(?:\n\n|\Z))?",
    re.M | re.S,
)
# What is no running text: folded answers, code, tables, headings, formulas.
OTHER = re.compile(r"<details>.*?</details>|```.*?```|\$\$.*?\$\$|^\|[^\n]*$|^#[^\n]*$", re.M | re.S)
SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z*$`(\"“])")


@dataclass(frozen=True)
class Entry:
    """A term with the sentence that defines it, or a formula with its symbols, and where it stands."""

    name: str
    text: str
    lesson: find.Lesson
    section: str
    symbols: str = ""


def terms(lessons: list[find.Lesson] | None = None) -> list[Entry]:
    """Every bold term in the order of the lessons. Bold that ends in a punctuation mark is a label, and no term."""
    entries = []
    for lesson, section, source in _prose(lessons):
        if re.search(r"^#+ Exercise", source, re.M):
            continue
        for paragraph in re.split(r"\n\s*\n|\n(?=[*-] )", OTHER.sub("\n\n", source)):
            for sentence in SENTENCE.split(" ".join(paragraph.split())):
                for name in BOLD.findall(sentence):
                    if name[-1] not in ".:?!":
                        entries.append(Entry(name, sentence.strip().removeprefix("* "), lesson, section))
    return entries


def formulas(lessons: list[find.Lesson] | None = None) -> list[Entry]:
    """Every named formula in the order of the lessons."""
    return [
        Entry(
            found["name"].strip(), found["formula"].strip(), lesson, section, " ".join((found["symbols"] or "").split())
        )
        for lesson, section, source in _prose(lessons)
        for found in FORMULA.finditer(source)
    ]


def _prose(lessons: list[find.Lesson] | None) -> list[tuple[find.Lesson, str, str]]:
    """(lesson, heading of the section, text) of every Markdown cell that students see, behind the title cell."""
    found = []
    for lesson in find.find() if lessons is None else lessons:
        section = ""
        for cell in files.read(lesson.path)["cells"][1:]:
            source = "".join(cell["source"])
            if cell["cell_type"] != "markdown" or "instructor" in cell["metadata"].get("tags", []):
                continue
            heading = re.search(r"^##+ (.+)$", source, re.M)
            section = heading[1] if heading and not heading[1].startswith("Exercise") else section
            found.append((lesson, section, source))
    return found


def glossary() -> str:
    """GLOSSARY.md: the terms in alphabetical order."""
    rows = sorted(terms(), key=lambda entry: entry.name.casefold().lstrip("$"))
    lines = [
        "# Glossary",
        "",
        "Each term in the words of the lesson that defines it. Written by `python -m tools readme` from the lessons.",
        "",
    ]
    lines += [f"* **{entry.name}**: {_plain(entry.text)} ({_link(entry)})" for entry in rows]
    return "\n".join(lines) + "\n"


def formula_sheet() -> str:
    """FORMULAS.md: the formulas lesson by lesson."""
    lines = ["# Formulas", "", "From the lessons, in their order. Written by `python -m tools readme`.", ""]
    last = None
    for entry in formulas():
        if entry.lesson != last:
            lines += [f"## {entry.lesson.number} {entry.lesson.title}", ""]
            last = entry.lesson
        lines += [f"**{entry.name}** ({_link(entry)})", "", "$$", entry.text, "$$", ""]
        lines += [entry.symbols, ""] if entry.symbols else []
    return "\n".join(lines).rstrip() + "\n"


def write() -> None:
    for path, text in ((GLOSSARY, glossary()), (FORMULAS, formula_sheet())):
        files.write(path, text)


def _plain(sentence: str) -> str:
    """A sentence without bold: the term stands before it already."""
    return BOLD.sub(r"\1", sentence)


def _link(entry: Entry) -> str:
    where: Path = entry.lesson.path.relative_to(ROOT)
    section = re.sub(r"^\d+\. ", "", entry.section)
    section = re.sub(r" \(optional, \d+ minutes\)$", "", section)
    return f"[{entry.lesson.number}]({where.as_posix()}), *{section}*"
