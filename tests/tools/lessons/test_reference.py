"""GLOSSARY.md and FORMULAS.md: every term and formula of the lessons is there, and leads back to where it stands."""

import collections
import re

import nbformat
import pytest
from nbformat import v4

from tools.lessons import find, reference

LESSONS = find.find()


def lesson_of(tmp_path, *sources, instructor=()):
    cells = [v4.new_markdown_cell("# 05 · Title\n\nA **promise** is no term.")]
    cells += [v4.new_markdown_cell(source) for source in sources]
    for index in instructor:
        cells[index + 1].metadata.tags = ["instructor"]
    facts = {"title": "Title", "learn": "", "core_minutes": 1, "further_minutes": 0, "run_minutes": 1}
    path = tmp_path / "05_title.ipynb"
    nbformat.write(v4.new_notebook(cells=cells, metadata={"lesson": facts}), path)
    return [find._lesson(path)]


def test_pages_are_up_to_date():
    assert reference.GLOSSARY.read_text(encoding="utf-8") == reference.glossary(), "call: make readme"
    assert reference.FORMULAS.read_text(encoding="utf-8") == reference.formula_sheet(), "call: make readme"


def test_every_term_is_defined_once():
    names = collections.Counter(entry.name.casefold() for entry in reference.terms(LESSONS))
    assert not [name for name, count in names.items() if count > 1]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_every_bold_word_of_a_lesson_is_in_the_glossary_and_leads_back(lesson):
    """Read by another way than the page is written."""
    page = reference.GLOSSARY.read_text(encoding="utf-8").splitlines()
    cells = [cell for cell in nbformat.read(lesson.path, as_version=4).cells[1:] if cell.cell_type == "markdown"]
    cells = [cell.source for cell in cells if "instructor" not in cell.metadata.get("tags", [])]
    text = "\n".join(source for source in cells if "# Exercise" not in source)
    text = re.sub(r"(?s)<details>.*?</details>|^\|[^\n]*|\$\$.*?\$\$", "", text, flags=re.MULTILINE)
    bold = {part for part in re.findall(r"\*\*([^*\n]+)\*\*", text) if part[-1] not in ".:?!"}
    assert bold
    linked = {line.split("**")[1] for line in page if f"](notebooks/{lesson.path.name})" in line}
    assert bold == linked


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_every_formula_has_a_name_and_is_on_the_sheet(lesson):
    sheet = reference.FORMULAS.read_text(encoding="utf-8")
    cells = [cell for cell in nbformat.read(lesson.path, as_version=4).cells if cell.cell_type == "markdown"]
    blocks = [block.strip() for cell in cells for block in re.findall(r"(?s)\$\$(.+?)\$\$", cell.source)]
    named = {entry.text for entry in reference.formulas([lesson])}
    for block in blocks:
        assert block in named, f"no line *Formula: name* before {block}"
        assert f"$$\n{block}\n$$" in sheet


def test_a_term_is_taken_with_its_sentence_and_its_section(tmp_path):
    lessons = lesson_of(tmp_path, "## 3. How far?\n\nOne thing. The **stride** is how far\nthe window moves. Another.")
    (entry,) = reference.terms(lessons)
    assert (entry.name, entry.text, entry.section) == (
        "stride",
        "The **stride** is how far the window moves.",
        "3. How far?",
    )


@pytest.mark.parametrize(
    "source",
    [
        "**Next:** the next lesson.",
        "**A sentence stands out.** Then more.",
        "<details><summary>Answer</summary>\nA **bias**.\n</details>",
        "| **bias** | table |\n|---|---|",
        "### Exercise 5.1 · Name\n\nReturn the **bias**.",
        "```\na **bias**\n```",
    ],
)
def test_labels_answers_tables_and_cards_hold_no_terms(tmp_path, source):
    assert reference.terms(lesson_of(tmp_path, source)) == []


def test_notes_for_the_teacher_hold_no_terms(tmp_path):
    assert reference.terms(lesson_of(tmp_path, "A **bias** is added.", instructor=[0])) == []


def test_a_formula_is_taken_with_its_symbols(tmp_path):
    source = "## 2. How large?\n\n*Formula: Output size*\n$$\no = n - k + 1\n$$\n\n"
    source += "with $n$ pixels and\na kernel of $k$.\n\nMore."
    (entry,) = reference.formulas(lesson_of(tmp_path, source))
    assert (entry.name, entry.text) == ("Output size", "o = n - k + 1")
    assert entry.symbols == "with $n$ pixels and a kernel of $k$."


def test_two_formulas_in_a_cell_are_two(tmp_path):
    source = "*Formula: One*\n$$ a $$\n\nText.\n\n*Formula: Two*\n\n$$\nb\n$$"
    found = reference.formulas(lesson_of(tmp_path, source))
    assert [(entry.name, entry.text, entry.symbols) for entry in found] == [("One", "a", ""), ("Two", "b", "")]
