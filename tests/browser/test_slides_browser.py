"""Slides in Chromium: each fits, can be read from the last row, asks no other host, and is spoken to the teacher."""

from __future__ import annotations

import pytest

from tools.lessons import find
from tools.slides import command

# Live mode's remarks are measured with the rest.
SLOW = {"04": {"fit": "at most 75 s on this kind of machine (Some Processor(R) with a long name, 2 cores)"}}

# Pixels below and beside the slide, with hints folded and open; font sizes of what is read; images without words.
MEASURE = """() => {
  const found = [];
  [...document.querySelectorAll(".slides > section")].forEach((slide, index) => {
    Reveal.slide(index, 0, 99);
    const box = slide.getBoundingClientRect();
    const one = { number: index + 1, below: 0, beside: 0, code: [], text: [], silent: 0, empty: true };
    one.away = Math.max(Math.abs(box.left), Math.abs(box.top));
    for (const open of [false, true]) {
      for (const folded of slide.querySelectorAll("details")) folded.open = open;
      for (const element of slide.querySelectorAll(":scope > *:not(aside), :scope > *:not(aside) *")) {
        if (element.closest("mjx-assistive-mml")) continue;
        const words = [...element.childNodes].filter((node) => node.nodeType === 3 && node.textContent.trim());
        const boxes = [element, ...words].map((node) => {
          const range = document.createRange();  // of words that stick out of their element, too
          range.selectNode(node);
          return range.getBoundingClientRect();
        });
        for (const { width, height, bottom, right } of boxes.concat(element.getBoundingClientRect())) {
          if (!width || !height) continue;
          one.below = Math.max(one.below, Math.round(bottom - box.top - 720));
          one.beside = Math.max(one.beside, Math.round(right - box.left - 1280));
          one.empty &&= !words.length && element.tagName !== "IMG";
        }
        const cut = element.clientWidth && getComputedStyle(element).overflowX !== "visible";
        if (cut) one.beside = Math.max(one.beside, element.scrollWidth - element.clientWidth);
        if (words.length) {
          one[element.closest("pre") ? "code" : "text"].push(parseFloat(getComputedStyle(element).fontSize));
        }
      }
      one.silent = [...slide.querySelectorAll("img")].filter((image) => !image.alt.trim()).length;
    }
    found.push(one);
  });
  return found;
}"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    command.write(find.find(), folder, SLOW)
    return folder


@pytest.fixture
def opened(decks, visit):
    """opened(number): the page of a lesson's deck, read from its file as after unpacking a folder."""

    def open_deck(number):
        page = visit("screen").page
        page.goto(next(decks.glob(f"{number}_*.html")).as_uri())
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        page.evaluate("document.fonts.ready")
        return page

    return open_deck


@pytest.mark.parametrize("number", [lesson.number for lesson in find.find()])
def test_every_slide_fits_and_can_be_read_from_the_last_row(opened, number):
    slides = opened(number).evaluate(MEASURE)
    assert len(slides) > 20
    for slide in slides:
        assert (slide["below"], slide["beside"]) == (0, 0), slide
        assert slide["away"] < 1, slide
        assert min(slide["code"], default=24) >= 24, slide
        assert min(slide["text"], default=28) >= 28, slide
        assert not slide["silent"], slide
        assert not slide["empty"], slide


def test_a_slide_that_does_not_fit_is_noticed(opened):
    page = opened("04")
    page.evaluate("document.querySelectorAll('.slides > section')[5].innerHTML += '<p>One more line.</p>'.repeat(20)")
    page.evaluate("document.querySelectorAll('.slides > section')[6].innerHTML += '<pre>' + 'x'.repeat(200) + '</pre>'")
    page.evaluate("document.querySelectorAll('.slides > section')[7].innerHTML += '<img src=\"data:,\" width=9>'")
    slides = page.evaluate(MEASURE)
    assert slides[5]["below"] > 100
    assert slides[6]["beside"] > 100
    assert slides[7]["silent"] == 1


def test_formulas_and_fonts_are_there_without_a_network(opened):
    page = opened("01")
    assert page.locator("mjx-container svg").count() > 20
    assert "\\(" not in page.locator(".slides").inner_text()
    assert page.evaluate("[...document.fonts].filter((font) => font.status === 'loaded').length") >= 2


def test_one_key_leads_from_the_first_slide_to_the_last_and_answers_come_one_by_one(opened):
    page = opened("04")
    shown = []
    for _ in range(200):
        shown.append(page.locator("section.present .answer.visible").count())
        if page.evaluate("Reveal.isLastSlide() && !Reveal.availableFragments().next"):
            break
        page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.isLastSlide()")
    assert {0, 1, 2, 3} <= set(shown)


def test_the_speakers_window_has_the_notes_a_clock_and_the_pace(opened):
    page = opened("04")
    page.evaluate("Reveal.slide(9)")
    with page.context.expect_page() as window:
        page.keyboard.press("s")
    speaker = window.value
    speaker.locator(".speaker-controls-notes", has_text="of 45 minutes").wait_for()
    assert speaker.locator(".pacing").is_visible()
    page.evaluate("Reveal.slide(1)")
    speaker.locator(".speaker-controls-notes", has_text="Watch for").wait_for()


@pytest.mark.parametrize("holds", ["h1", ".entry", ".answer", "details", "table", ".source", ".printed", ".figure"])
def test_axe_finds_nothing_serious(decks, served, visit, axe, holds):
    page = visit("screen").page
    page.goto(f"{served(decks)}/04_first_cnn.html")  # axe reads style sheets, which it cannot from a file
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    found = page.evaluate(
        "(holds) => [...document.querySelectorAll('.slides > section')].findIndex((each) => each.querySelector(holds))",
        holds,
    )
    assert found >= 0
    page.evaluate(f"Reveal.slide({found}, 0, 99)")
    axe(page)


def test_the_list_of_decks_fits_a_phone(decks, served, visit, axe):
    screen = visit("phone")
    screen.page.goto(f"{served(decks)}/index.html")
    assert screen.page.locator("li a").count() == len(find.find())
    assert screen.sideways() <= 0
    axe(screen.page)
