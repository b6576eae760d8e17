"""Every complete lesson as it is stored: whole, in order, and clean. nbval runs them; this reads them.

The rules stand in ``lesson_rules.py``. A lesson that breaks a rule is planted for each of them.
"""

import copy
import json
import re

import lesson_rules as rules
import nbformat
import pytest
from nbformat import v4

from helpers import places
from tools.lessons import find, freshness

LESSONS = find.find()


@pytest.fixture(scope="module")
def notebooks():
    return {lesson.number: nbformat.read(lesson.path, as_version=4) for lesson in LESSONS}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_lesson(lesson, rule, notebooks):
    rule(lesson, notebooks[lesson.number].cells)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_lesson_is_a_notebook_of_format_4_5(lesson, notebooks):
    notebook = notebooks[lesson.number]
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_no_output_is_older_than_a_record_that_its_lesson_reads(lesson, notebooks):
    notebook = notebooks[lesson.number]
    read = notebook.metadata.lesson.get("records", {})
    old = freshness.stale(notebook)
    assert not old, f"{old} changed since lesson {lesson.number} was executed: make regenerate LESSON={lesson.number}"
    asks = any("records." in cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert bool(read) == asks, "a lesson that reads records remembers which"


def test_a_record_that_changed_makes_a_lesson_stale(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "TRAINED", tmp_path)
    (tmp_path / "studies" / "ladder").mkdir(parents=True)
    record, benchmark = tmp_path / "studies" / "ladder" / "000.json", tmp_path / "benchmark.json"
    names = ["studies/ladder", "benchmark.json", "studies/none"]
    record.write_text("{}")
    benchmark.write_text("{}")
    notebook = {"metadata": {"lesson": {"records": freshness.digests(json.dumps(names))}}}
    assert freshness.stale(notebook) == []
    record.write_text("{ }")
    assert freshness.stale(notebook) == ["studies/ladder"]
    record.rename(record.with_name("001.json"))
    benchmark.unlink()
    assert freshness.stale(notebook) == names[:2]
    (tmp_path / "studies" / "none").mkdir()
    assert freshness.stale(notebook) == names[:2], "an empty folder holds no record either"


def test_every_rule_is_in_the_list():
    written = [value for name, value in vars(rules).items() if getattr(value, "__module__", "") == rules.__name__]
    assert [rule for rule in written if rule.__code__.co_varnames[:2] == ("lesson", "cells")] == rules.RULES


# Planted lessons: each is a good one with one thing broken.


def cell_of(cells, condition):
    return next(cell for cell in cells if condition(cell))


def starts(text):
    return lambda cell: cell.source.startswith(text)


def figure(cells):
    return cells.index(cell_of(cells, rules.shows_figure))


def stub(cells):
    return cell_of(cells, lambda cell: cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code")


def compared(cells):
    return cell_of(cells, lambda cell: "nbval-check-output" in rules.tags(cell))


def after_figure(cells, *new):
    """Put these cells after the first figure, where its sentence stood."""
    cells[figure(cells) + 1 : figure(cells) + 2] = new


def prints(text, name="stdout"):
    return v4.new_output("stream", name=name, text=text)


def without(key):
    return lambda cells: cells[5].metadata.pop(key)


def only_mentions_its_sources(cells):
    cells.remove(cell_of(cells, starts("## Sources")))
    cells[4].source += "\n\nIn this lesson: check your understanding of the sources."


def has_the_recap_at_its_beginning(cells):
    cells.insert(3, cells.pop(cells.index(cell_of(cells, starts("## In this lesson")))))


def has_an_empty_recap(cells):
    cell_of(cells, starts("## In this lesson")).source = "## In this lesson\n"


def has_a_section_after_the_sources(cells):
    cells.append(v4.new_markdown_cell("## One thing more\n\nA sentence."))


def note(text):
    return v4.new_markdown_cell(text, metadata={"tags": ["instructor"]})


BROKEN = [
    (rules.was_executed_from_top_to_bottom_without_trouble, breaking)
    for breaking in (
        lambda cells: compared(cells).update(execution_count=99),
        lambda cells: compared(cells).outputs.append(prints("careful", "stderr")),
        lambda cells: compared(cells).outputs.append(prints("<object at 0x7f3a2b1c9d10>")),
        lambda cells: compared(cells).outputs.append(prints("read /home/somebody/image.png")),
        lambda cells: compared(cells).outputs.append(prints("50 %\r100 %")),
        lambda cells: compared(cells).outputs.append(v4.new_output("error", ename="E", evalue="", traceback=[])),
    )
]
BROKEN += [
    (rules.starts_with_its_title_and_the_common_set_up, lambda cells: cells[0].update(source="# 04 · Another title\n")),
    (
        rules.starts_with_its_title_and_the_common_set_up,
        lambda cells: cell_of(cells, lambda cell: cell.id == "setup").update(source="import keras"),
    ),
    (
        rules.starts_with_its_title_and_the_common_set_up,
        lambda cells: cells.insert(1, v4.new_code_cell("import sys")),
    ),
    (
        rules.names_no_address_that_cannot_work,
        lambda cells: cells[4].update(source="https://github.com/YOUR_ACCOUNT/cnn-on-cifar10"),
    ),
    (rules.names_no_address_that_cannot_work, lambda cells: compared(cells).update(source="sys.path.insert(0, '..')")),
    (rules.ends_with_recap_questions_and_sources, only_mentions_its_sources),
    (rules.ends_with_recap_questions_and_sources, has_the_recap_at_its_beginning),
    (rules.ends_with_recap_questions_and_sources, has_an_empty_recap),
    (rules.ends_with_recap_questions_and_sources, has_a_section_after_the_sources),
    (rules.ids_are_unique_and_slides_are_set, lambda cells: cells[5].update(id=cells[4].id)),
    (rules.ids_are_unique_and_slides_are_set, without("slideshow")),
    (rules.nothing_may_raise, lambda cells: compared(cells).metadata.tags.append("raises-exception")),
    (rules.compared_outputs_have_text, lambda cells: compared(cells).update(outputs=[])),
    (rules.compared_outputs_have_text, lambda cells: compared(cells).update(source="plots.gallery(images, titles);")),
    (
        rules.compared_outputs_have_text,
        lambda cells: cells[figure(cells)].update(
            metadata={"tags": ["nbval-check-output"]},
            outputs=[output for output in cells[figure(cells)].outputs if "image/png" in output.get("data", {})],
        ),
    ),
    (rules.compared_outputs_have_text, lambda cells: [cell.metadata.pop("tags", None) for cell in cells]),
    (rules.every_figure_is_read_by_a_sentence, lambda cells: after_figure(cells, v4.new_code_cell("1 + 1"))),
    (
        rules.every_figure_is_read_by_a_sentence,
        lambda cells: after_figure(cells, v4.new_markdown_cell("## A new section\n\nA sentence on it.")),
    ),
    (
        rules.every_figure_is_read_by_a_sentence,
        lambda cells: after_figure(cells, v4.new_markdown_cell("### Only a heading")),
    ),
    (
        rules.every_figure_is_read_by_a_sentence,
        lambda cells: after_figure(cells, note("The left one is larger."), v4.new_code_cell("1 + 1")),
    ),
    (rules.every_figure_is_read_by_a_sentence, lambda cells: cells.__delitem__(slice(figure(cells) + 1, None))),
    (
        rules.every_exercise_has_card_stub_and_check,
        lambda cells: stub(cells).update(source="def f():\n    return 1"),
    ),
    (rules.every_exercise_has_card_stub_and_check, lambda cells: cells.remove(stub(cells))),
    (
        rules.every_exercise_has_card_stub_and_check,
        lambda cells: cell_of(
            cells, lambda cell: cell.metadata.get("nbgrader", {}).get("grade")
        ).metadata.nbgrader.update(points=0),
    ),
    (
        rules.every_exercise_has_card_stub_and_check,
        lambda cells: cells.remove(cell_of(cells, lambda cell: cell.metadata.get("nbgrader", {}).get("grade"))),
    ),
    (rules.every_exercise_has_card_stub_and_check, lambda cells: cells.remove(cell_of(cells, starts("### Exercise")))),
    (rules.code_cells_hold_one_idea, lambda cells: compared(cells).update(source="a = 1\n" * 26)),
    (rules.there_are_notes_for_the_teacher, lambda cells: [cell.metadata.pop("tags", None) for cell in cells]),
]


def further(cells):
    """The index of the heading *Going further*."""
    return cells.index(cell_of(cells, starts(rules.FURTHER)))


def part(cells):
    return cell_of(cells[further(cells) :], starts("### "))


def guess(cells):
    """The index of the first cell that asks for a guess, and that of the code cell behind it."""
    return next(
        index for index, cell in enumerate(cells) if cell.cell_type == "code" and rules.GUESS.search(cell.source)
    )


def without_uses(cells):
    for cell in cells:
        cell.source = cell.source.replace("= yours(", "= unused(")


def swapped_exercises(cells):
    cards = [cell for cell in cells if re.match("#{3,4} Exercise", cell.source)][:2]
    cards[0].source, cards[1].source = cards[1].source, cards[0].source


BROKEN += [
    (rules.has_a_core_that_fits_a_class_hour, lambda cells: cells.pop(further(cells))),
    (
        rules.has_a_core_that_fits_a_class_hour,
        lambda cells: cells.__setitem__(slice(3, 3), [v4.new_code_cell("1 + 1")] * rules.CORE_CELLS),
    ),
    (
        rules.has_a_core_that_fits_a_class_hour,
        lambda cells: cell_of(cells, starts("## Before you start")).update(source="word " * rules.CORE_WORDS),
    ),
    (rules.has_a_core_that_fits_a_class_hour, lambda cells: cells.extend([v4.new_code_cell("1")] * rules.CELLS)),
    (
        rules.says_minutes_of_optional_parts_and_folds_them,
        lambda cells: part(cells).metadata.pop("jp-MarkdownHeadingCollapsed"),
    ),
    (rules.says_minutes_of_optional_parts_and_folds_them, lambda cells: part(cells).update(source="### A part\n")),
    (
        rules.begins_with_questions_on_earlier_lessons,
        lambda cells: cells.remove(cell_of(cells, starts("## Before you start"))),
    ),
    (
        rules.begins_with_questions_on_earlier_lessons,
        lambda cells: cell_of(cells, starts("## Before you start")).update(source="## Before you start\n\nNothing."),
    ),
    (
        rules.describes_every_figure_in_words,
        lambda cells: [output.update(metadata={}) for output in cells[figure(cells)].outputs],
    ),
    (rules.code_fits_on_a_projector, lambda cells: compared(cells).update(source="x" * 81)),
    (
        rules.predictions_are_written_down_and_not_spoilt,
        lambda cells: cells.insert(guess(cells) + 1, v4.new_code_cell("assert number == 3")),
    ),
    (
        rules.predictions_are_written_down_and_not_spoilt,
        lambda cells: cells.__setitem__(slice(guess(cells) + 1, guess(cells) + 1), [v4.new_code_cell("1")] * 2),
    ),
    (
        rules.predictions_are_written_down_and_not_spoilt,
        lambda cells: [cell.update(source=rules.GUESS.sub("x = 1", cell.source)) for cell in cells],
    ),
    (
        rules.no_answer_stands_beside_its_guess,
        lambda cells: cells[guess(cells) - 1].update(source="Guess. (2,432 and 25,632 will come out.)"),
    ),
    (
        rules.no_answer_stands_beside_its_guess,
        lambda cells: cells[guess(cells) + 1].update(
            source=cells[guess(cells) + 1].source + "\ncounts = [2432, 25632]"
        ),
    ),
    (rules.functions_of_students_run_on, without_uses),
    (rules.exercises_stand_in_order, swapped_exercises),
    (
        rules.exercises_have_a_hint_and_free_text_a_checklist,
        lambda cells: cell_of(cells, starts("### Exercise")).update(source="### Exercise 4.1 · Name\n\nReturn it."),
    ),
    (
        rules.exercises_have_a_hint_and_free_text_a_checklist,
        lambda cells: [cell.update(source=cell.source.replace("Checklist", "List")) for cell in cells],
    ),
    (
        rules.folded_cells_hold_asserts,
        lambda cells: cell_of(cells, lambda cell: "fold" in rules.tags(cell)).metadata.pop("jupyter"),
    ),
    (
        rules.folded_cells_hold_asserts,
        lambda cells: cell_of(cells, lambda cell: "fold" in rules.tags(cell)).update(source="1 + 1"),
    ),
    (
        rules.slides_are_what_the_cells_ask_for,
        lambda cells: cells[further(cells) + 1].metadata.update(slideshow={"slide_type": "slide"}),
    ),
]


@pytest.mark.parametrize(("rule", "breaking"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
def test_a_lesson_that_breaks_the_rule_is_found(rule, breaking, notebooks):
    (lesson,) = [lesson for lesson in LESSONS if lesson.number == "04"]
    cells = copy.deepcopy(notebooks["04"].cells)
    rule(lesson, cells)
    breaking(cells)
    with pytest.raises(AssertionError):
        rule(lesson, cells)


@pytest.mark.skipif(rules.LAST not in {lesson.number for lesson in LESSONS}, reason="The last lesson is not here.")
def test_the_course_ends_with_its_page(notebooks):
    (lesson,) = [lesson for lesson in LESSONS if lesson.number == rules.LAST]
    cells = copy.deepcopy(notebooks[lesson.number].cells)
    rules.ends_with_recap_questions_and_sources(lesson, cells)
    assert cells.pop().source.startswith(rules.COURSE)
    with pytest.raises(AssertionError):
        rules.ends_with_recap_questions_and_sources(lesson, cells)


def test_every_rule_has_a_broken_lesson():
    assert {rule for rule, _ in BROKEN} == set(rules.RULES)
