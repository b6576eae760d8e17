"""The pages around the lessons, and what is done to a lesson that Sphinx has read. tests/browser has the whole book."""

import json
import re

import numpy as np
import pytest
from docutils import nodes
from sphinx import addnodes

from tools.lessons import find, repository
from tools.site import command, doctree, explorer, sources, texts

LESSONS = find.find()


def section(title, *children):
    made = nodes.section()
    made += nodes.title("", title)
    made.extend(children)
    return made


def paragraph(text):
    made = nodes.paragraph()
    made += nodes.Text(text)
    return made


def test_optional_parts_are_folded_below_their_headings():
    part = section("Why? (optional, 2 minutes)", paragraph("Because."), section("Exercise", paragraph("Do it.")))
    other = section("How? (optional, 2 minutes)", paragraph("So."))
    page = nodes.document(None, None)
    page += section("Lesson", section("Going further", paragraph("All of it is optional."), part), other)
    doctree.fold(page)
    assert [type(child).__name__ for child in part] == ["title", "raw", "paragraph", "section", "raw"]
    assert "Open: 2 minutes" in part[1].astext()
    assert len(other) == 2  # it stands elsewhere


def test_terms_are_linked_once_and_only_in_running_text():
    sources_ = section("Sources", paragraph("A book on kernels and the learning rate."))
    code, bold = nodes.paragraph(), nodes.paragraph()
    code += nodes.literal("", "stride")
    bold += nodes.strong("", "learning rate")
    page = nodes.document(None, None)
    text = paragraph("In class the Learning rate and the rate; the learning rate again, and a kernel-wise stride.")
    page += section("The stride", text, code, bold, sources_)
    doctree.link_terms(page, {"learning rate", "rate", "kernel", "stride", "class"})
    links = {link["reftarget"]: link.astext() for link in page.findall(addnodes.pending_xref)}
    assert links == {"learning rate": "Learning rate", "rate": "rate", "stride": "stride"}
    assert text.astext().startswith("In class the Learning rate and the rate; the learning rate again")


def test_every_source_has_its_citation_and_lessons():
    cited = sources.citations()
    assert list(cited) == ["S", "C", "R", "G", "W"]
    assert "Samarth Goenka" in cited["G"]
    for letter, (name, _) in sources.ABOUT.items():
        assert any(name in sources._prose(lesson) for lesson in LESSONS), letter


def test_a_page_of_a_source_has_layers_published_and_own_figures():
    page = sources.page("S", LESSONS)
    assert "| Conv2D 5×5×32, stride 2, same | 16 × 16 × 32 | 2,432 | 614,400 |" in page
    assert "**181,162**" in page
    assert "**252,378**" in page
    assert "| published | 15 | 64.5 % |" in page
    assert re.search(r"\| here, 45,000 training images \| 15 \| 62\.4 % \(61\.8 to 63\.0\), 3 trainings \|", page)


def test_one_training_has_no_interval():
    assert sources.accuracy([0.61]) == "61.0 % (one training: no interval)"
    assert sources.accuracy([0.6, 0.62]) == "61.0 % (48.3 to 73.7), 2 trainings"


def test_links_to_colab_and_binder_need_an_address():
    lesson = LESSONS[0]
    assert "Open in" not in texts.below_title(lesson, repository.PLACEHOLDER)
    with_address = texts.below_title(lesson, "https://github.com/someone/cnn")
    assert "[Open in Colab](https://colab.research.google.com/github/someone/cnn/blob/main/notebooks/" in with_address
    assert "[Open in Binder](https://mybinder.org/v2/gh/someone/cnn/main?urlpath=lab/tree/notebooks/" in with_address
    assert "svg" not in with_address  # an image would ask another host
    assert "Download the student edition" in with_address


def test_the_glossary_has_each_term_with_a_link_to_its_section():
    text = texts.glossary(LESSONS)
    assert "\naccuracy\n  The accuracy of a classifier" in text
    assert "([01](lessons/01_convolution_math.ipynb#4-how-large-is-the-feature-map))" in text
    assert "confidence" in texts.terms(LESSONS)


def test_explorer_has_whole_numbers_and_the_kernels_of_lesson_01():
    data = json.loads(explorer.data())
    shapes = {image["name"]: (image["rows"], image["columns"]) for image in data["images"]}
    assert shapes["the tower"] == (100, 100)
    assert shapes["the 5×5 image of lesson 01"] == (5, 5)
    assert all(image.dtype == np.uint8 for image in explorer.images().values())
    assert "</" not in explorer.data()  # it stands in a script element


@pytest.mark.parametrize("name", ["notes.txt", "index.html"])
def test_a_folder_of_somebody_is_not_written_over(tmp_path, name):
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(SystemExit, match="did not write"):
        command.refuse(tmp_path)
    (tmp_path / command.MARK).write_text("{}", encoding="utf-8")
    command.refuse(tmp_path)


def test_an_empty_folder_and_none_at_all_may_be_written(tmp_path):
    command.refuse(tmp_path)
    command.refuse(tmp_path / "new")
