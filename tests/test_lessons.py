"""Every complete lesson as it is stored: whole, in order, and clean. nbval runs them; this reads them."""

import importlib
import re

import nbformat
import pytest

from tools import lessons

LESSONS = lessons.find()
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users|tmp|work|mnt)/|[A-Z]:\\\\")


@pytest.fixture(params=LESSONS, ids=lambda lesson: lesson.number)
def lesson(request):
    return request.param


@pytest.fixture
def cells(lesson):
    notebook = nbformat.read(lesson.path, as_version=4)
    nbformat.validate(notebook)
    return notebook.cells


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def output_text(output) -> str:
    return output.get("text", "") + output.get("data", {}).get("text/plain", "")


def test_was_executed_from_top_to_bottom_without_trouble(cells):
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        for output in cell.outputs:
            assert output.output_type != "error", cell.id
            assert output.get("name") != "stderr", cell.id
            text = output_text(output)
            assert not re.search(r"\bat 0x[0-9a-f]{6,}", text), f"{cell.id}: address of an object"
            assert not ABSOLUTE_PATH.search(text), f"{cell.id}: absolute path"
            assert not re.search(r"[\b\r]", text), f"{cell.id}: control characters"


def test_starts_with_its_title_and_the_common_set_up(cells, lesson):
    assert cells[0].source.startswith(f"# {lesson.number} · {lesson.title}")
    set_up = next(cell for cell in cells if cell.cell_type == "code")
    assert set_up.id == "setup"
    assert set_up.source == lessons.SETUP, "call: make regenerate"


def test_ends_with_recap_questions_and_sources(cells):
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown").lower()
    for part in ("in this lesson", "check your understanding", "sources"):
        assert part in prose


def test_ids_are_unique_and_slides_are_set(cells):
    ids = [cell.id for cell in cells]
    assert len(set(ids)) == len(ids)
    assert all(cell.metadata.get("slideshow", {}).get("slide_type") for cell in cells)


def test_nothing_may_raise(cells):
    assert not [cell.id for cell in cells if "raises-exception" in tags(cell)]


def test_compared_outputs_are_text(cells):
    compared = [cell for cell in cells if "nbval-check-output" in tags(cell)]
    assert compared
    for cell in compared:
        assert cell.outputs, f"{cell.id} is compared and has no output"
        assert not any("image/png" in output.get("data", {}) for output in cell.outputs), cell.id


def test_every_figure_is_read_by_a_sentence(cells):
    for cell, after in zip(cells, [*cells[1:], None]):
        if cell.cell_type == "code" and any("image/png" in output.get("data", {}) for output in cell.outputs):
            assert after is not None, cell.id
            assert after.cell_type == "markdown", f"{cell.id}: no sentence after the figure"


def test_every_exercise_has_card_stub_and_check(cells, lesson):
    """Code exercises: card, stub with solution markers, graded check. Free text: a graded answer."""
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    cards = set(re.findall(r"### Exercise (\d+\.\d+)", prose))
    assert len(cards) >= 3
    facts = {cell.metadata.nbgrader["grade_id"]: cell for cell in cells if "nbgrader" in cell.metadata}
    checks = importlib.import_module(f"checks.lesson{lesson.number}")
    for number in cards:
        name = number.replace(".", "_")
        answer = facts[f"ex{name}"]
        if answer.cell_type == "markdown":
            assert answer.metadata.nbgrader["points"] > 0
            continue
        assert "### BEGIN SOLUTION" in answer.source
        check = facts[f"test_ex{name}"]
        assert check.metadata.nbgrader["points"] > 0
        function = getattr(checks, f"exercise_{name}")
        assert function.number == number
        assert function.__name__ in check.source
    assert len(facts) == sum(2 if facts[f"ex{n.replace('.', '_')}"].cell_type == "code" else 1 for n in cards)


def test_code_cells_hold_one_idea(cells):
    for cell in cells:
        if cell.cell_type == "code":
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= 25, f"{cell.id}: {len(lines)} lines"


def test_there_are_notes_for_the_teacher(cells):
    assert sum("instructor" in tags(cell) for cell in cells) >= 3
