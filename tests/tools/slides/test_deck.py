"""What goes onto which slide: nothing too high, nothing twice, no solution, no result beside its guess."""

import base64
import io

import pytest
from nbformat import v4
from PIL import Image

from tools.lessons.find import Lesson
from tools.slides import code, sizes
from tools.slides.deck import Builder

LESSON = Lesson(path=None, number="99", title="Made up", learn="", core_minutes=45, further_minutes=0, run_minutes=1)
TITLE = "# 99 · Made up\n\nA promise.\n\n*After this lesson you can*\n\n* count."


def markdown(text, *tags, **metadata):
    return v4.new_markdown_cell(text, metadata={"tags": list(tags), **metadata})


def written(text, printed="", png="", alt="", **metadata):
    outputs = [v4.new_output("stream", text=printed)] if printed else []
    if png:
        more = {"image/png": {"alt": alt}} if alt else {}
        outputs.append(v4.new_output("display_data", data={"image/png": png}, metadata=more))
    return v4.new_code_cell(text, outputs=outputs, metadata=metadata, id=metadata.pop("id", "some"))


def drawn(wide, high):
    held = io.BytesIO()
    Image.new("L", (wide, high)).save(held, "PNG")
    return base64.b64encode(held.getvalue()).decode()


def built(*cells, takes=None):
    """The slides of a lesson with these cells, and what stands on each as one text."""
    slides = Builder(LESSON, {"cells": [markdown(TITLE), markdown("## 1. Why?\n\nBecause."), *cells]}, takes).slides
    assert all(slide.used <= sizes.HIGH - sizes.TOP for slide in slides)
    return slides, ["\n".join(block.html for block in slide.blocks) for slide in slides]


def where(texts, words):
    (place,) = [index for index, text in enumerate(texts) if words in text]
    return place


def test_title_goals_and_sections_come_first():
    _, texts = built(markdown("## 2. How?\n\nSo."))
    assert ["<h1>" in texts[0], "After this" in texts[1], "2. How?" in texts[2]] == [True] * 3
    assert where(texts, "<h2>1. Why?") == 3


def test_a_long_text_is_split_between_paragraphs_into_parts_of_about_the_same_height():
    paragraph = "Words that fill more than one line of a slide, as they go on and on. " * 3
    slides, texts = built(markdown("\n\n".join(f"P{number} {paragraph}" for number in range(8))))
    holds = [text.count("<p>P") for text in texts if "<p>P" in text]
    assert sum(holds) == 8
    assert max(holds) - min(holds) <= 1
    assert len(slides) >= 5


def test_a_paragraph_that_is_longer_than_a_slide_is_split_between_sentences():
    _, texts = built(markdown("This sentence is one of very many. " * 60))
    assert sum(text.count("This sentence is one") for text in texts) == 60


def test_a_long_table_goes_on_below_its_head():
    rows = "\n".join(f"| row {number} | x |" for number in range(30))
    _, texts = built(markdown(f"| name | value |\n|---|---|\n{rows}"))
    parts = [text for text in texts if "<table" in text]
    assert len(parts) >= 2
    assert all("<th scope" in part for part in parts)
    assert [f"<td>row {number}</td>" in "".join(parts) for number in range(30)] == [True] * 30


def test_code_and_what_it_prints_stay_together_if_they_fit_and_are_split_if_not():
    _, texts = built(written("x = 1", printed="short\n"), written("y = 2\n" * 12, printed="long\n" * 12))
    assert where(texts, "short") == next(index for index, text in enumerate(texts) if 'class="source"' in text)
    assert 'class="source"' not in texts[where(texts, "long\nlong")]


def test_a_line_that_is_too_long_goes_on_behind_a_mark_and_loses_nothing():
    words = " ".join(f"word{number}" for number in range(60))
    parts = code.folded_line(words)
    assert max(map(len, parts)) <= sizes.COLUMNS
    assert " ".join(part.removeprefix(code.MARK) for part in parts) == words


def test_code_that_is_too_wide_is_formatted_anew():
    call = "result = function(" + ", ".join(f"argument_{number}=number_{number}" for number in range(6)) + ")"
    _, texts = built(written(call))
    assert "".join(texts).count('<span class="row">') >= 8


@pytest.mark.parametrize(
    ("lines", "begins"),
    [
        (["a = 1"] * 12 + [""] + ["b = 2"] * 12, [0, 13]),  # at a blank line
        (["a = 1"] * 14 + ["for x in y:"] + ["    b = 2"] * 10, [0, 14]),  # before a statement
        (["a = 1"] * 14 + ["if x:", "    y = 1", "else:", "    y = 2", "z = 3", "z = 4"], [0, 14]),  # not before else
    ],
)
def test_long_code_is_split_where_a_thought_ends(lines, begins):
    assert [begin for begin, _ in code.pieces(lines, 17)] == begins


def test_code_without_a_good_place_is_split_all_the_same():
    pieces = code.pieces(["    x"] * 50, 18)
    assert [end - begin for begin, end in pieces] == [18, 18, 14]


def test_a_guess_ends_a_slide_and_takes_its_question_along():
    long = "\n\n".join(["A line."] * 8)
    _, texts = built(
        markdown(f"{long}\n\nHow many?"), written("guess = ..."), written("compare(guess, 42)", "computed:   42\n")
    )
    asked = next(index for index, text in enumerate(texts) if "..." in text and 'class="source"' in text)
    assert "How many?" in texts[asked]
    assert where(texts, "computed") > asked


def test_solutions_checks_set_up_and_folded_cells_are_left_out_and_hints_are_folded():
    solution = "def f(x):\n    ### BEGIN SOLUTION\n    return secret(x)\n    ### END SOLUTION"
    slides, texts = built(
        written("start()", tags=["setup"]),
        markdown(
            "### Exercise 99.1 · Count\n\n●○○ · 3 minutes\n\nReturn it.\n\n"
            "<details><summary>Hint</summary>\nA hint.\n</details>"
        ),
        written(solution, nbgrader={"solution": True, "grade": False}),
        written("check.exercise_99_1(f)", nbgrader={"grade": True, "solution": False}),
        written("assert 1 == 1", tags=["fold"]),
        markdown("Told.", "instructor"),
        markdown("A model answer.", nbgrader={"solution": True, "grade": True}),
        markdown("## Going further\n\nMore."),
        written("further = 1"),
    )
    everything = "\n".join(texts)
    for hidden in ("secret", "SOLUTION", "start", "check", "assert", "Told", "model answer", "More", "further"):
        assert hidden not in everything
    card = where(texts, "Exercise 99.1")
    assert "your code" in texts[card]
    assert "<details><summary>Hint</summary>" in texts[card]
    assert "Told." in "".join(slides[card].notes)
    assert "Exercise: 3 minutes." in "".join(slides[card].notes)


def test_an_answer_appears_at_the_next_key_on_the_slide_of_its_question():
    text = "\n\n".join(
        f"{n}. Question {n}?\n<details><summary>Answer</summary>It is {n}.</details>" for n in range(1, 9)
    )
    _, texts = built(markdown(f"## Check\n\n{text}"))
    for number in range(1, 9):
        page = texts[where(texts, f"Question {number}?")]
        assert page.index(f"Question {number}?") < page.index(f"It is {number}.")
        assert f'start="{number}"' in page
    assert sum(text.count('class="answer fragment"') for text in texts) == 8


def test_a_figure_takes_the_room_that_is_left_and_says_what_it_shows():
    _, texts = built(
        written("draw()", png=drawn(800, 500), alt='Two "curves"'), markdown("The curves fall. They meet.")
    )
    assert 'alt="Two &quot;curves&quot;"' in "".join(texts)
    _, texts = built(written("draw()", png=drawn(800, 900)), markdown("The curves fall. They meet."))
    page = texts[where(texts, "<img")]
    assert 'alt="Figure. The curves fall."' in page
    assert int(page.split('height="')[1].split('"')[0]) > 600


def test_a_formula_that_follows_its_name_is_a_block_and_stays_with_it():
    _, texts = built(markdown("*Formula: ReLU*\n$$\\max(x, 0)$$"))
    page = texts[where(texts, r"\[\max(x, 0)\]")]
    assert "<em>Formula: ReLU</em>" in page
    assert "$" not in page


def test_what_a_stored_run_says_of_nobody_is_left_out():
    printed = "From here on, your own f is used.\nyour guess: none yet (replace ... in the cell above)\ncomputed:   7\n"
    _, texts = built(written("compare(guess, f(7))", printed))
    assert "computed:   7" in "".join(texts)
    assert "none yet" not in "".join(texts)
    assert "your own" not in "".join(texts)


def test_live_a_slow_cell_says_how_long_it_takes_and_shows_the_stored_run_next():
    _, texts = built(written("model.fit()", "epoch 1\n", id="fit"), takes={"fit": "about 75 s"})
    slow = where(texts, "about 75 s")
    assert "model" in texts[slow]
    assert "stored run" in texts[slow + 1]
    assert "epoch 1" in texts[slow + 1]
