"""The book in Chromium: complete, quiet, readable in both sizes and themes; its explorer computes what NumPy does."""

from __future__ import annotations

import re
from argparse import Namespace

import numpy as np
import pytest

from helpers.teaching.convolution import convolve
from tools.lessons import find
from tools.site import command, explorer, sources

LESSONS = [f"lessons/{lesson.path.stem}.html" for lesson in find.find()]
AROUND = [f"{name}.html" for name in ("index", "lessons", "explorer", "glossary", "formulas", "results", "search")]
SOURCES = [f"sources/{letter.lower()}.html" for letter in sources.ABOUT]
# axe reads style sheets once more, and takes an address inside one for an address of the page.
FORGIVEN = (r"\d/(lessons/)?basic\.css", r"404 \(File not found\) .*basic\.css")
KERNELS = {
    name: np.array([[eval(str(weight)) for weight in row] for row in rows]) for name, rows in explorer.KERNELS.items()
}


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """The folder of the book, built once."""
    out = tmp_path_factory.mktemp("book") / "site"
    assert command.main(Namespace(out=out, solutions=False, lesson=[])) == 0
    return out


@pytest.fixture
def opened(book, served, visit):
    """opened(page, size, theme): the visit of a page of the book."""
    address = served(book)

    def new(page, size="screen", theme="light"):
        made = visit(size, FORGIVEN, color_scheme=theme)
        made.page.goto(f"{address}/{page}", wait_until="networkidle")
        return made

    return new


def test_the_book_is_small_and_names_no_other_host(book):
    assert sum(path.stat().st_size for path in book.rglob("*")) < 60e6
    asked = re.compile(
        r"<(?:script|img|iframe|source)[^>]* src=\"(?:https?:)?//[^\"]*|<link[^>]* href=\"https?://[^\"]*"
    )
    for path in book.rglob("*.html"):
        assert asked.findall(path.read_text(encoding="utf-8")) == [], path
    for path in book.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?https?:", path.read_text(encoding="utf-8")), path


def test_no_solution_is_in_any_file(book):
    for path in [*book.rglob("*.html"), *book.rglob("*.js"), *book.rglob("*.ipynb")]:
        text = path.read_text(encoding="utf-8")
        assert "BEGIN SOLUTION" not in text, path
        assert "For the teacher" not in text, path
    # As Pygments writes it, and as the search's index would.
    assert "positions_along(image.shape" not in re.sub("<[^>]+>", "", (book / LESSONS[0]).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [*LESSONS, *AROUND, *SOURCES])
def test_a_page_is_quiet_and_readable(opened, axe, page):
    screen, phone = opened(page), opened(page, "phone", "dark")
    assert max(screen.sideways(), phone.sideways()) <= 0
    axe(phone.page)
    if page not in LESSONS[1:]:  # axe takes its time, and lessons have the same colours
        axe(screen.page)
    images = screen.page.eval_on_selector_all("main img", "found => found.map(each => each.alt.trim())")
    assert all(images), "an image without words"
    words = screen.page.inner_text("main")
    assert "$$" not in words
    assert "\\frac" not in words
    if page in LESSONS:
        assert images


def test_formulas_are_typeset_by_what_lies_here(opened):
    page = opened("formulas.html").page
    assert page.locator("mjx-container").count() > 60
    assert page.locator("mjx-merror").count() == 0


def test_parts_are_folded_and_open_by_mouse_and_by_address(opened):
    page = opened(LESSONS[0]).page
    part = page.locator("details.further").first
    assert part.get_attribute("open") is None
    part.locator("summary").first.click()
    assert part.get_attribute("open") is not None
    hint = page.locator("details:not(.further):not(.hide)").first
    hint.locator("summary").click()
    assert "divide and round down" in hint.inner_text()
    name = page.locator("section:has(> details.further)").nth(1).get_attribute("id")
    page.goto(f"{page.url.split('#')[0]}#{name}")
    page.wait_for_function(f"document.getElementById('{name}').querySelector('details.further').open")
    # Set-up and what JupyterLab folds.
    assert page.locator("details.hide").first.get_attribute("open") is None


def test_a_way_through_the_lessons_and_to_the_glossary(opened):
    page = opened("lessons.html").page
    page.locator("main").get_by_role("link", name="The first CNN").click()
    page.locator("a.right-next").click()
    assert page.locator("article h1").inner_text().startswith("05")
    page.locator("a.left-prev").click()
    assert page.locator("article h1").inner_text().startswith("04")
    term = page.locator("main a[href*='glossary.html#term-']").first
    name = term.inner_text()
    term.click()
    assert page.locator("dt:target").inner_text().casefold().startswith(name.casefold())


def test_the_student_edition_can_be_downloaded(opened):
    page = opened(LESSONS[3]).page
    with page.expect_download() as download:
        page.get_by_text("Download the student edition").click()
    path = find.STUDENT / "04_first_cnn.ipynb"
    assert download.value.suggested_filename == path.name
    assert download.value.path().read_bytes() == path.read_bytes()


def test_search_finds_a_lesson(opened):
    page = opened("search.html?q=receptive").page
    page.wait_for_selector("ul.search li")
    assert "04 · The first CNN" in page.locator("ul.search").inner_text()


def test_light_and_dark_can_be_chosen(opened):
    page = opened("index.html").page
    colours = {}
    for mode in ("light", "dark"):
        page.locator(".theme-switch-button:visible").click()
        page.locator(f".theme-change-button[data-mode={mode}]:visible").click()
        page.reload()  # the choice is kept
        colours[mode] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colours["light"] != colours["dark"]


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_explorer_computes_what_numpy_computes(opened, padding):
    page = opened("explorer.html").page
    compute = """([image, weights, stride, padding]) => {
        const data = JSON.parse(document.querySelector("[data-explorer] script").textContent);
        const { convolve, unpacked } = window.convolutionExplorer;
        const found = convolve(unpacked(data.images[image]), weights, stride, padding);
        return [found.rows, found.columns, [...found.values]];
    }"""
    for number, image in enumerate(explorer.images().values()):
        for weights in KERNELS.values():
            for stride in (1, 2, 3, 8):
                expected = convolve(image.astype(float), weights, stride=stride, padding=padding)
                rows, columns, values = page.evaluate(compute, [number, weights.ravel().tolist(), stride, padding])
                assert (rows, columns) == expected.shape
                np.testing.assert_allclose(values, expected.ravel(), atol=1e-9)


@pytest.mark.parametrize("where", ["explorer.html", LESSONS[0]])
def test_explorer_by_keyboard_and_mouse(opened, where):
    page = opened(where).page
    # In the lesson it stands in a folded part.
    page.evaluate("for (const part of document.querySelectorAll('details.further')) part.open = true")
    page.get_by_label("Image", exact=True).select_option("the 5×5 image of lesson 01")
    box, message = page.locator(".explorer"), page.locator(".explorer-message")
    result = box.locator("canvas").nth(1)
    result.focus()
    page.keyboard.press("ArrowRight")
    # The window of lesson 01, section 2.
    assert "Row 0, column 1: the nine products add up to −23." in box.inner_text()
    assert "8 × (−1)" in box.inner_text()
    page.keyboard.press("ArrowDown")
    assert "Row 1, column 1" in box.inner_text()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    assert "Row 1, column 0" in box.inner_text()

    result.scroll_into_view_if_needed()
    place = result.bounding_box()
    page.mouse.move(place["x"] + 0.5 * place["width"], place["y"] + 0.9 * place["height"])
    assert "Row 2, column 1" in box.inner_text()

    page.get_by_label("Padding").select_option("same")
    page.get_by_label("Stride").fill("2")
    assert "rows: ⌊(5 + 2 − 3) / 2⌋ + 1 = 3" in box.inner_text()
    page.get_by_label("Weight in row 0, column 0").fill("x")
    assert "A weight is a number" in message.inner_text()
    page.get_by_label("Weight in row 0, column 0").fill("1/4")
    assert message.inner_text() == ""
    assert page.get_by_label("Kernel", exact=True).input_value() == "your own"
    page.get_by_label("Stride").fill("0")
    assert "0 is none" in message.inner_text()


def test_explorer_takes_a_photo_and_refuses_what_is_none(opened, tmp_path, book):
    page = opened("explorer.html").page
    chooser = page.get_by_label("or a photo of yours")
    photo = next((book / "_images").glob("overview*.png"))
    chooser.set_input_files(photo)
    page.wait_for_function("document.querySelector('.explorer figcaption').textContent.includes('×128')")
    (tmp_path / "notes.png").write_text("no image", encoding="utf-8")
    chooser.set_input_files(tmp_path / "notes.png")
    page.wait_for_function("document.querySelector('.explorer-message').textContent.includes('notes.png is no image')")


def test_the_book_works_from_a_folder(book, visit):
    made = visit("screen", FORGIVEN)
    made.page.goto((book / "explorer.html").as_uri())
    assert "add up to" in made.page.locator(".explorer-sum").inner_text()
    made.page.goto((book / "formulas.html").as_uri())
    made.page.wait_for_selector("mjx-container")
