"""Slide types: a section begins a slide, a full screen the next one, and what spoils an exercise is left out."""

import base64
import io

import pytest
from nbformat import v4
from PIL import Image

from tools.lessons import slides


def types(*cells):
    notebook = {"cells": list(cells)}
    slides.set_types(notebook)
    return [cell["metadata"]["slideshow"]["slide_type"] for cell in notebook["cells"]]


def prose(lines, head="", **metadata):
    return v4.new_markdown_cell(head + "\n\n".join(["A line of text."] * lines), metadata=metadata)


def code(lines=1, printed=0, figure=0, **metadata):
    outputs = [v4.new_output("stream", text="1\n" * printed)] if printed else []
    if figure:
        png = io.BytesIO()
        Image.new("L", (4, figure)).save(png, "PNG")
        outputs.append(v4.new_output("display_data", data={"image/png": base64.b64encode(png.getvalue()).decode()}))
    return v4.new_code_cell("x = 1\n" * lines, outputs=outputs, metadata=metadata)


def test_a_section_begins_a_slide_and_short_cells_stay_on_it():
    assert types(prose(1, "# Title\n\n"), prose(1, "## 1. Why?\n\n"), code(), prose(2)) == ["slide", "slide", "-", "-"]


@pytest.mark.parametrize("full", [prose(13), code(18), code(2, printed=15), code(2, figure=450)])
def test_what_does_not_fit_begins_another_one(full):
    assert types(prose(6, "## 1. Why?\n\n"), full, prose(1)) == ["slide", "subslide", "-"]


def test_a_tall_figure_counts_as_high_as_it_is_shown():
    assert slides.height(code(1, figure=3000)) == slides.height(code(1, figure=1000)) <= slides.SCREEN


def test_folded_text_takes_no_room():
    folded = "<details><summary>Hint</summary>\n" + "\n\n".join(["A line."] * 50) + "\n</details>"
    assert slides.height(v4.new_markdown_cell(f"Why?\n\n{folded}")) < 150


def test_a_card_has_a_screen_of_its_own():
    assert types(prose(1, "## 1. Why?\n\n"), prose(2, "### Exercise 1.1 · Count\n\n")) == ["slide", "subslide"]


@pytest.mark.parametrize(
    "metadata",
    [{"tags": ["setup"]}, {"tags": ["fold"]}, {"nbgrader": {"solution": True}}, {"nbgrader": {"grade": True}}],
)
def test_solutions_checks_and_folded_cells_are_left_out_and_take_no_room(metadata):
    cells = [prose(6, "## 1. Why?\n\n"), code(15, **metadata), prose(6)]
    assert types(*cells) == ["slide", "skip", "-"]


def test_notes_for_the_teacher_are_speaker_notes():
    assert types(prose(1, "## 1. Why?\n\n"), prose(30, tags=["instructor"]), code()) == ["slide", "notes", "-"]


def test_nothing_behind_the_core_is_shown():
    assert types(prose(1, "## 1. Why?\n\n"), prose(1, "## Going further\n\n"), code(), prose(1, "## Sources\n\n")) == [
        "slide",
        "skip",
        "skip",
        "skip",
    ]
