"""What every complete lesson keeps to: a function for each rule, which asserts it for the cells of one lesson."""

import copy
import importlib
import itertools
import re

from tools.lessons import repository, slides

ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users|tmp|work|mnt)/|[A-Z]:\\\\")
ENDING = ["## In this lesson", "## Check your understanding", "## Going further", "## Sources"]
FURTHER = "## Going further"
# The last lesson, and how it ends, after its sources.
LAST, COURSE = "16", "## The course on one page"
CORE_CELLS, CORE_WORDS, CELLS, CODE_WIDTH = 62, 2300, 95, 80
# Between digits, where they part thousands.
THOUSANDS = re.compile(r"(?<=\d)[,_](?=\d{3})")
# How code cells ask for a guess.
GUESS = re.compile(r"^guess\w* = \.\.\.", re.MULTILINE)


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
    assert set_up.metadata.get("jupyter", {}).get("source_hidden"), "call: python -m tools regenerate"


def names_no_address_that_cannot_work(lesson, cells):
    for cell in cells:
        assert "YOUR_ACCOUNT" not in cell.source, cell.id
        assert "sys.path" not in cell.source, f"{cell.id}: the project is installed"


def core(cells):
    """The cells before *Going further*."""
    return list(itertools.takewhile(lambda cell: not cell.source.startswith(FURTHER), cells))


def ends_with_recap_questions_and_sources(lesson, cells):
    """The last sections, in this order, each with something in it."""
    ending = [*ENDING, COURSE] if lesson.number == LAST else ENDING
    prose = [cell.source for cell in cells if cell.cell_type == "markdown" and "instructor" not in tags(cell)]
    lines = "\n\n".join(prose).splitlines()
    sections = [index for index, line in enumerate(lines) if line.startswith("## ")][-len(ending) :]
    assert [lines[index].strip() for index in sections] == ending
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
        if cell.cell_type == "code" and "setup" not in tags(cell):
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= 25, f"{cell.id}: {len(lines)} lines"


def there_are_notes_for_the_teacher(lesson, cells):
    assert sum("instructor" in tags(cell) for cell in cells) >= 3


def has_a_core_that_fits_a_class_hour(lesson, cells):
    inside = core(cells)
    read = [cell for cell in inside if cell.cell_type == "markdown" and "instructor" not in tags(cell)]
    words = sum(len(cell.source.split()) for cell in read)
    assert len(inside) <= CORE_CELLS, f"{len(inside)} cells in the core"
    assert words <= CORE_WORDS, f"{words} words in the core"
    assert len(cells) <= CELLS, f"{len(cells)} cells"


def says_minutes_of_optional_parts_and_folds_them(lesson, cells):
    """Headings behind *Going further* are collapsed; those of parts say how long each takes."""
    parts = 0
    for cell in cells[len(core(cells)) :]:
        heading = re.match(r"(##|###) (.*)", cell.source) if cell.cell_type == "markdown" else None
        if not heading or heading[0] in (ENDING[-1], COURSE):
            continue
        assert cell.metadata.get("jp-MarkdownHeadingCollapsed"), f"{cell.id}: not collapsed"
        if heading[1] == "###":
            assert re.search(r"\(optional, \d+ minutes\)$", heading[2]), f"{cell.id}: no minutes"
            parts += 1
    assert parts


def begins_with_questions_on_earlier_lessons(lesson, cells):
    if lesson.number == "01":
        return
    first = next(cell for cell in cells if cell.source.startswith("## "))
    assert first.source.startswith("## Before you start"), first.id
    assert first.source.count("<details>") >= 3, first.id


def describes_every_figure_in_words(lesson, cells):
    for cell in cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                text = output.get("metadata", {}).get("image/png", {}).get("alt", "")
                assert len(text.split()) >= 4, f"{cell.id}: alternative text is {text!r}"


def code_fits_on_a_projector(lesson, cells):
    for cell in cells:
        if cell.cell_type == "code" and "setup" not in tags(cell):
            long = [line for line in cell.source.splitlines() if len(line) > CODE_WIDTH]
            assert not long, f"{cell.id}: {long[0]}"


def predictions_are_written_down_and_not_spoilt(lesson, cells):
    """A cell for the guess; then, without an assert that gives it away, the computation beside the guess."""
    code = [cell for cell in cells if cell.cell_type == "code"]
    asked = [index for index, cell in enumerate(code) if GUESS.search(cell.source)]
    assert len(asked) >= 2, "fewer than two guesses"
    for index in asked:
        following = code[index + 1 : index + 3]
        assert "assert" not in code[index].source, code[index].id
        assert "assert" not in following[0].source, f"{following[0].id} spoils the guess before it"
        assert any("compare(" in cell.source for cell in following), f"{code[index].id}: the guess is not compared"


def no_answer_stands_beside_its_guess(lesson, cells):
    """What ``compare`` computed is a literal neither before the guess nor in the code that computes it."""
    for index, cell in enumerate(cells):
        if cell.cell_type != "code" or not GUESS.search(cell.source):
            continue
        following = [after for after in cells[index + 1 :] if after.cell_type == "code" and "fold" not in tags(after)]
        following = following[:2]
        shown = "".join(output_text(output) for after in following for output in after.outputs)
        sources = "\n".join([cells[index - 1].source, cell.source, *(after.source for after in following)])
        for result in re.findall(r"^computed: +(.+)", shown, re.MULTILINE):
            numbers = re.findall(r"\d+(?:\.\d+)?", THOUSANDS.sub("", result))
            literal = r"\D{1,5}".join(map(re.escape, numbers))
            telling = len(numbers) > 1 or any(len(number) > 2 for number in numbers)
            found = telling and re.search(rf"(?<![\d.]){literal}(?!\.?\d)", THOUSANDS.sub("", sources))
            assert not found, f"{cell.id}: {result} stands in the cells around the guess"


def functions_of_students_run_on(lesson, cells):
    """Two thirds of what students write is used later in the lesson: theirs, when it passed its check."""
    code = [cell for cell in cells if cell.cell_type == "code"]
    written, used = [], []
    for index, cell in enumerate(code):
        if not cell.metadata.get("nbgrader", {}).get("solution"):
            continue
        outside = re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", "", cell.source, flags=re.DOTALL)
        for name in re.findall(r"^def (\w+)\(", outside, re.MULTILINE):
            written.append(name)
            later = "\n".join(after.source for after in code[index + 1 :] if "nbgrader" not in after.metadata)
            taken = re.search(rf"^(\w+) = yours\(\s*{name}\b", later, re.MULTILINE)
            if taken and re.search(rf"\b{taken[1]}\b(?! = yours)", later[taken.end() :]):
                used.append(name)
    assert len(used) >= 2 / 3 * len(written), f"not used later: {set(written) - set(used)}"


def exercises_stand_in_order(lesson, cells):
    cards = re.findall(r"^####? Exercise (\d+\.\d+)", "\n".join(cell.source for cell in cells), re.MULTILINE)
    assert cards == [f"{int(lesson.number)}.{count}" for count in range(1, len(cards) + 1)]


def exercises_have_a_hint_and_free_text_a_checklist(lesson, cells):
    for cell, answer in itertools.pairwise(cells):
        if cell.cell_type == "markdown" and re.search(r"^####? Exercise", cell.source, re.MULTILINE):
            assert "<summary>Hint</summary>" in cell.source, f"{cell.id}: no hint"
            if answer.cell_type == "markdown":
                assert "<summary>Checklist</summary>" in cell.source, f"{cell.id}: no checklist"


def folded_cells_hold_asserts(lesson, cells):
    for cell in cells:
        if "fold" in tags(cell):
            assert cell.metadata.get("jupyter", {}).get("source_hidden"), f"{cell.id} is not folded"
            assert "assert" in cell.source, f"{cell.id} is folded and asserts nothing"


def slides_are_what_the_cells_ask_for(lesson, cells):
    asked = copy.deepcopy(cells)
    slides.set_types({"cells": asked})
    assert [cell.metadata.slideshow for cell in cells] == [cell.metadata["slideshow"] for cell in asked]


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
    has_a_core_that_fits_a_class_hour,
    says_minutes_of_optional_parts_and_folds_them,
    begins_with_questions_on_earlier_lessons,
    describes_every_figure_in_words,
    code_fits_on_a_projector,
    predictions_are_written_down_and_not_spoilt,
    no_answer_stands_beside_its_guess,
    functions_of_students_run_on,
    exercises_stand_in_order,
    exercises_have_a_hint_and_free_text_a_checklist,
    folded_cells_hold_asserts,
    slides_are_what_the_cells_ask_for,
]
