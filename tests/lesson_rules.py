"""What every complete lesson keeps to: a function for each rule, which asserts it for the cells of one lesson."""

import importlib
import re

from tools.lessons import repository

ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users|tmp|work|mnt)/|[A-Z]:\\\\")
ENDING = ["## In this lesson", "## Check your understanding", "## Sources"]


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def shows_figure(cell) -> bool:
    return any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))


def output_text(output) -> str:
    return output.get("text", "") + output.get("data", {}).get("text/plain", "")


def was_executed_from_top_to_bottom_without_trouble(lesson, cells):
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


def starts_with_its_title_and_the_common_set_up(lesson, cells):
    assert cells[0].source.startswith(f"# {lesson.number} · {lesson.title}\n")
    set_up = next(cell for cell in cells if cell.cell_type == "code")
    assert set_up.id == "setup"
    assert set_up.source == repository.set_up_cell(repository.address()), "call: python -m tools regenerate"


def names_no_address_that_cannot_work(lesson, cells):
    for cell in cells:
        assert "YOUR_ACCOUNT" not in cell.source, cell.id
        assert "sys.path" not in cell.source, f"{cell.id}: the project is installed"


def ends_with_recap_questions_and_sources(lesson, cells):
    """The last three sections, in this order, each with something in it."""
    prose = [cell.source for cell in cells if cell.cell_type == "markdown" and "instructor" not in tags(cell)]
    lines = "\n\n".join(prose).splitlines()
    sections = [index for index, line in enumerate(lines) if line.startswith("## ")][-3:]
    assert [lines[index].strip() for index in sections] == ENDING
    for begin, end in zip(sections, [*sections[1:], len(lines)]):
        assert any(line.strip() for line in lines[begin + 1 : end]), f"{lines[begin]}: nothing follows"


def ids_are_unique_and_slides_are_set(lesson, cells):
    ids = [cell.id for cell in cells]
    assert len(set(ids)) == len(ids)
    assert all(cell.metadata.get("slideshow", {}).get("slide_type") for cell in cells)


def nothing_may_raise(lesson, cells):
    assert not [cell.id for cell in cells if "raises-exception" in tags(cell)]


def compared_outputs_have_text(lesson, cells):
    """nbval compares what is printed; of a figure it compares nothing but its size."""
    compared = [cell for cell in cells if "nbval-check-output" in tags(cell)]
    assert compared
    for cell in compared:
        printed = [output_text(output) for output in cell.outputs if "image/png" not in output.get("data", {})]
        assert "".join(printed).strip(), f"{cell.id} is compared and prints nothing"
        # nbval does not heed it, and finds one output more than is stored.
        assert not cell.source.endswith(";"), f"{cell.id} is compared and ends with a semicolon"


def every_figure_is_read_by_a_sentence(lesson, cells):
    """In the student edition too, which has no notes for the teacher; a heading reads nothing."""
    cells = [cell for cell in cells if "instructor" not in tags(cell)]
    for cell, after in zip(cells, [*cells[1:], None]):
        if shows_figure(cell):
            assert after is not None, cell.id
            assert after.cell_type == "markdown", f"{cell.id}: no sentence after the figure"
            assert not after.source.startswith("## "), f"{cell.id}: a new section begins after the figure"
            text = re.sub(r"<details>.*?</details>", "", after.source, flags=re.DOTALL)
            lines = [line for line in text.splitlines() if line.strip() and line[0] not in "#●"]
            assert re.search(r"\w[^.!?]*[.!?:]", " ".join(lines)), f"{cell.id}: no sentence after the figure"


def every_exercise_has_card_stub_and_check(lesson, cells):
    """Code exercises: card, stub with solution markers, graded check. Free text: a graded answer."""
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    cards = set(re.findall(r"### Exercise (\d+\.\d+)", prose))
    assert len(cards) >= 3
    facts = {cell.metadata.nbgrader["grade_id"]: cell for cell in cells if "nbgrader" in cell.metadata}
    checks = importlib.import_module(f"checks.lesson{lesson.number}")
    expected = set()
    for number in cards:
        name = number.replace(".", "_")
        assert f"ex{name}" in facts, f"{number}: no stub"
        answer = facts[f"ex{name}"]
        expected.add(f"ex{name}")
        if answer.cell_type == "markdown":
            assert answer.metadata.nbgrader["points"] > 0, number
            continue
        assert "### BEGIN SOLUTION" in answer.source, number
        assert f"test_ex{name}" in facts, f"{number}: no check"
        check = facts[f"test_ex{name}"]
        expected.add(f"test_ex{name}")
        assert check.metadata.nbgrader["points"] > 0, number
        function = getattr(checks, f"exercise_{name}")
        assert function.number == number
        assert function.__name__ in check.source, number
    assert set(facts) == expected, "a graded cell belongs to no card"


def code_cells_hold_one_idea(lesson, cells):
    for cell in cells:
        if cell.cell_type == "code":
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= 25, f"{cell.id}: {len(lines)} lines"


def there_are_notes_for_the_teacher(lesson, cells):
    assert sum("instructor" in tags(cell) for cell in cells) >= 3


RULES = [
    was_executed_from_top_to_bottom_without_trouble,
    starts_with_its_title_and_the_common_set_up,
    names_no_address_that_cannot_work,
    ends_with_recap_questions_and_sources,
    ids_are_unique_and_slides_are_set,
    nothing_may_raise,
    compared_outputs_have_text,
    every_figure_is_read_by_a_sentence,
    every_exercise_has_card_stub_and_check,
    code_cells_hold_one_idea,
    there_are_notes_for_the_teacher,
]
