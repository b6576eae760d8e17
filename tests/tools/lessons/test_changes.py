"""What counts as a change between two executions of a lesson, and which sentences and asserts are named for it."""

import made_up_course as course
import pytest
from nbformat import v4

from tools.lessons import changes


def lesson(*parts, printed=(), drawn=()):
    """A notebook as plain data: (id, text) as in ``made_up_course``, with what cells print and draw."""
    cells = []
    for name, text in parts:
        prose = text[0] == "#" or name.endswith("-read")
        cells.append({"id": name, "cell_type": "markdown" if prose else "code", "source": text, "metadata": {}})
        if not prose:
            cells[-1]["outputs"] = [v4.new_output("stream", text=dict(printed)[name])] if name in dict(printed) else []
        if name in dict(drawn):
            cells[-1]["outputs"].append(v4.new_output("display_data", data={"image/png": dict(drawn)[name]}))
    return {"cells": cells}


@pytest.mark.parametrize(
    ("old", "new", "numbers", "times"),
    [
        ("accuracy 62.7%", "accuracy  64.0%", [("62.7", "64.0")], []),
        ("28,800 weights, −0.5", "28,900 weights, −0.6", [("28,800", "28,900"), ("−0.5", "−0.6")], []),
        ("12 s an epoch, loss 1.5", "14 s an epoch, loss 1.6", [("1.5", "1.6")], [("12", "14")]),
        ("11 to 22 s", "12 to 22 s", [], [("11", "12")]),
        ("40ms", "41ms", [], [("40", "41")]),
        ("about 51 times as fast", "about 63 times as fast", [], [("51", "63")]),
        ("5 times as large", "6 times as large", [("5", "6")], []),
        ("conv2d_1 of 3x3", "conv2d_1 of 3x3", [], []),
        ("1e-05", "2e-05", [("1e-05", "2e-05")], []),
    ],
)
def test_numbers_are_told_from_times(old, new, numbers, times):
    found, lines = changes.compare_text(f"before\n{old}", f"before\n{new}")
    assert lines == []
    assert [(each.old, each.new) for each in found if not each.is_time] == numbers
    assert [(each.old, each.new) for each in found if each.is_time] == times


def test_other_words_are_shown_as_lines():
    numbers, lines = changes.compare_text("right\n5 of 7\nend", "wrong\n6 of 7\nmore\nend")
    assert [(each.old, each.new) for each in numbers] == [("5", "6")]
    assert lines == [("right", "wrong"), ("", "more")]


def test_a_change_is_absolute_and_relative():
    (number,), _ = changes.compare_text("loss 2.0", "loss 1.5")
    assert (number.absolute, number.relative) == (-0.5, -0.25)
    (number,), _ = changes.compare_text("0 wrong", "3 wrong")
    assert number.relative is None


@pytest.mark.parametrize(
    ("sentence", "states"),
    [
        ("On CIFAR-10 it reaches 62.7 % here.", True),
        ("It reaches about 63 % of all.", True),
        ("It reaches about 6 of ten.", False),  # one digit may be anything
        ("It reaches 64 % by now, see.", False),
        ("Lesson 62 reaches something else entirely.", False),
    ],
)
def test_sentences_that_state_an_old_value_are_marked(sentence, states):
    parts = ("s1", "## 1. So"), ("test", "run()"), ("test-read", sentence)
    old, new = (
        lesson(*parts, printed=[("test", "accuracy 0.627")]),
        lesson(*parts, printed=[("test", "accuracy 0.641")]),
    )
    (section,) = changes.compare(old, new)
    assert any(reader.states == ("0.627",) for reader in section.readers) == states


def test_other_sections_are_named_only_where_they_state_three_digits_of_an_old_value():
    parts = [
        *(("s1", "## 1. So"), ("test", "run()"), ("test-fold", "assert accuracy > 0.6"), ("test-read", "It is so.")),
        *(("s2", "## 2. And?"), ("b-read", "We had 62.7 % there. Two had 15 epochs."), ("c", "assert 2 > 1")),
        *(("s3", "## 3. And?"), ("d-read", "About 63 % were right in 10 classes.")),
    ]
    old, new = (lesson(*parts, printed=[("test", f"accuracy {value}%")]) for value in (62.7, 64.1))
    here, there = changes.compare(old, new)
    assert [(reader.text, reader.is_assert) for reader in here.readers] == [("assert accuracy > 0.6", True)]
    assert [reader.text for reader in there.readers] == ["We had 62.7 % there."]


def test_sentences_after_a_changed_figure_come_first_and_need_no_number():
    parts = ("s1", "## 1. So"), ("a-read", "There are 12 of these."), ("draw", "draw()"), ("b-read", "The top is dark.")
    old, new = (lesson(*parts, drawn=[("draw", course.square(shade))]) for shade in (40, 41))
    (section,) = changes.compare(old, new)
    assert [reader.text for reader in section.readers] == ["The top is dark.", "There are 12 of these."]
    (figure,) = section.cells[0].figures
    assert figure.share == 0.5


def test_figures_of_two_sizes_new_ones_and_broken_ones_are_changes_without_a_share():
    parts = ("s1", "## 1. So"), ("draw", "draw()"), ("b-read", "The top is dark.")
    for old in ([], [("draw", "bm90aGluZw==")]):
        (section,) = changes.compare(lesson(*parts, drawn=old), lesson(*parts, drawn=[("draw", course.square(4))]))
        assert section.cells[0].figures[0].share is None


def test_times_alone_make_nobody_read_again():
    parts = ("s1", "## 1. So"), ("fit", "fit()"), ("fit-read", "It takes 12 s."), ("a", "assert 12 > 3")
    (section,) = changes.compare(lesson(*parts, printed=[("fit", "12 s")]), lesson(*parts, printed=[("fit", "14 s")]))
    assert (len(section.cells[0].times), section.matters, section.readers) == (1, False, [])
