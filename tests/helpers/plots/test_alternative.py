"""Text for readers who cannot see a figure: the author's, else what stands in the figure; kept on the way to HTML."""

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient

from helpers import plots
from helpers.plots import alternative
from tools.lessons import pages


def test_the_authors_text_is_used_for_the_current_figure():
    figure, _ = plt.subplots()
    plots.alt("A cat \n and   a dog.")
    assert plots.alternative_text(figure) == "A cat and a dog."


def test_another_figure_can_be_named():
    first, second = plt.figure(), plt.figure()
    plots.alt("The first one", first)
    assert plots.alternative_text(first) == "The first one"
    assert plots.alternative_text(second) != "The first one"


@pytest.mark.parametrize("nothing", ["", "  ", "...", "3"])
def test_a_text_without_a_word_is_refused(nothing):
    with pytest.raises(ValueError, match="describes no figure"):
        plots.alt(nothing)


def test_lines_are_described_by_their_ends():
    axes = plots.lines([1, 2, 15], {"training": [0.31, 0.5, 0.634]}, "epoch", "accuracy")
    axes.set_title("Both curves")
    text = alternative.described(axes.figure)
    assert text == "Both curves (accuracy against epoch): training 0.31 at 1 to 0.634 at 15."


@pytest.mark.parametrize("lying", [True, False])
def test_bars_are_described_by_their_lengths(lying):
    figure, axes = plt.subplots()
    (axes.barh if lying else axes.bar)(["cat", "dog"], [0.25, 0.5], label="recall")
    assert alternative.described(figure) == "recall: cat 0.25, dog 0.5."


def test_images_are_described_by_their_titles():
    figure = plots.gallery([np.zeros((4, 4, 3))] * 2, ["cat", "dog"])
    assert alternative.described(figure) == "2 images: cat, dog."


def test_a_colour_bar_is_no_panel():
    axes = plots.signed_map(np.eye(3), "Edges")
    assert alternative.described(axes.figure) == "1 image: Edges."


def test_a_long_description_ends_in_time():
    figure, axes = plt.subplots()
    axes.bar([f"{'long' * 40} {index}" for index in range(30)], range(30))
    text = alternative.described(figure)
    assert len(text) <= alternative.LONGEST
    assert text.endswith("…")


def test_a_notebook_keeps_the_text_and_its_html_shows_it():
    """A quotation mark and an ampersand, too."""
    notebook = nbformat.v4.new_notebook()
    code = [
        "from helpers import start\nstart.lesson()\nstart.lesson()",
        "from helpers import plots\nimport matplotlib.pyplot as plt",
        "plt.plot([1, 2], label='loss')\nplots.alt('A \"line\" & more')",
        "plt.plot([1, 2], label='loss');",
    ]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in code]
    NotebookClient(notebook, kernel_name="python3").execute()
    found = [
        output.metadata["image/png"]["alt"]
        for cell in notebook.cells
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert found == ['A "line" & more', "loss 1 at 0 to 2 at 1."]
    page = pages.page(nbformat.writes(notebook), "A lesson")
    assert BeautifulSoup(page, "html.parser").find("img", alt='A "line" & more')
    assert BeautifulSoup(page, "html.parser").find("img", alt="loss 1 at 0 to 2 at 1.")
