"""That the tests in a browser would notice: planted faults in small pages."""

import pytest
from browser import visits

GOOD = (
    "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>t</title>"
)
IMAGE = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@pytest.fixture
def opened(browser, served, tmp_path):
    """opened(html, size): the visit of a page with this text; its faults are looked at here."""
    made = []

    def new(html, size="screen"):
        (tmp_path / "page.html").write_text(GOOD + html, encoding="utf-8")
        made.append(visits.Visit(browser, visits.SIZES[size]))
        made[-1].page.goto(served(tmp_path) + "/page.html", wait_until="networkidle")
        return made[-1]

    yield new
    for each in made:
        each.close()


def test_a_good_page_has_no_fault(opened, axe):
    visit = opened(f"<main><h1>Title</h1><img alt='a dot' src='{IMAGE}'></main>", "phone")
    assert visit.faults() == []
    assert visit.sideways() <= 0
    axe(visit.page)


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<script>console.error('lost')</script>", "console: lost"),
        ("<script>nothing.there()</script>", "nothing is not defined"),
        ("<img alt='' src='missing.png'>", "404 GET"),
        (
            "<link rel=stylesheet href='https://fonts.example.org/a.css'>",
            "another host: https://fonts.example.org/a.css",
        ),
        ("<script>new WebSocket('ws://live.example.org/')</script>", "live.example.org"),
    ],
)
def test_faults_of_a_page_are_noticed(opened, html, said):
    assert said in "\n".join(opened(html).faults())


def test_a_page_wider_than_a_phone_is_noticed(opened):
    assert opened("<div style='width:500px'>wide</div>", "phone").sideways() > 100


def test_axe_names_an_image_without_words_and_can_leave_parts_out(opened):
    visit = opened(f"<main><h1>Title</h1><img id=dot src='{IMAGE}'></main>")
    assert "image-alt" in "\n".join(visits.violations(visit.page))
    assert visits.violations(visit.page, without=("#dot",)) == []
    assert visits.violations(visit.page, "h1") == []
