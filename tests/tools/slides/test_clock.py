"""Minutes of sections, read from the notes for the teacher."""

import pytest

from tools.lessons import files, find
from tools.slides import clock, deck


def test_minutes_follow_each_other_and_sections_may_share_them():
    note = "*Before you start*: 3 · section 1: 12, with 5.1 in pairs · 2: 20, while it trains · 3 and 4: 10."
    spans = clock.spans(["Ask 2 students: 5 minutes.", note], 45)
    assert {name: (span.begin, span.end) for name, span in spans.items()} == {
        "Before you start": (0, 3),
        "1": (3, 15),
        "2": (15, 35),
        "3": (35, 45),
        "4": (35, 45),
    }


def test_minutes_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="add up to 30, and the lesson has 45"):
        clock.spans(["Section 1: 10 · 2: 20."], 45)


def test_a_note_without_minutes_has_none():
    assert clock.spans(["Pause here, for 2 minutes."], 45) == {}


@pytest.mark.parametrize("lesson", find.find(), ids=lambda lesson: lesson.number)
def test_lessons_of_a_class_hour_note_the_minutes_of_each_numbered_section(lesson):
    cells = deck.core(files.read(lesson.path)["cells"])
    if len(cells) == len(files.read(lesson.path)["cells"]) or not lesson.further_minutes:
        return
    texts = [files.source(cell) for cell in cells]
    notes = [files.source(cell) for cell in cells if "instructor" in cell["metadata"].get("tags", [])]
    sections = {text.split(".")[0].removeprefix("## ") for text in texts if text[:4].rstrip(".0123456789") == "## "}
    numbered = {section for section in sections if section.isdigit()}
    assert numbered <= set(clock.spans(notes, lesson.core_minutes))
