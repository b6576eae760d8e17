"""Fixtures of the tests in a browser: Chromium, pages of two sizes, a web server for a folder, axe.

    def test_a_page(visit, served, axe):
        screen = visit("phone")  # or "screen"; faults at the end of the test make it fail
        screen.page.goto(served(folder) + "/index.html")
        assert screen.sideways() <= 0
        axe(screen.page)

Pages of a test that failed are in build/browser.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack, suppress

import pytest
from browser import visits
from playwright.sync_api import Error, sync_playwright

from helpers.places import ROOT
from tools import programs

IMAGES = ROOT / "build" / "browser"


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window."""
    path = programs.chromium()
    if path is None:
        pytest.skip(programs.NO_CHROMIUM)
    # Its own sandbox does not work for root, or in a container; it only ever sees pages of ours.
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser):
    """visit(size="screen", forgiven=(...), **options of Playwright's new_context): a new page, see visits.Visit.

    A size is "screen" (1280x720), "phone" (390x844) or (width, height). Faults of a page make the test fail.
    """
    made = []

    def new(size="screen", forgiven=(), **options):
        made.append(visits.Visit(browser, visits.SIZES.get(size, size), forgiven, **options))
        return made[-1]

    yield new
    faults = [fault for each in made for fault in each.faults()]
    for each in made:
        each.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def page(visit):
    """A page of 1280x720."""
    return visit("screen").page


@pytest.fixture
def phone(visit):
    """A page of 390x844."""
    return visit("phone").page


@pytest.fixture(scope="session")
def served():
    """served(folder): the address of a web server for a folder, without a slash at the end."""
    with ExitStack() as servers:
        yield lambda folder: servers.enter_context(visits.serving(folder))


@pytest.fixture
def axe():
    """axe(page, *selectors, without=(selectors,)): fails where axe finds something serious or critical."""

    def nothing_serious(page, *parts, without=(), rules=()):
        found = visits.violations(page, *parts, without=without, rules=rules)
        assert not found, "\n".join(found)

    return nothing_serious


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.failed:
        IMAGES.mkdir(parents=True, exist_ok=True)
        for number, each in enumerate(visits.OPEN):
            path = IMAGES / f"{re.sub(r'[^A-Za-z0-9]+', '_', item.name)}_{number}.png"
            with suppress(Error):
                each.page.screenshot(path=path, timeout=10_000)
                report.sections.append(("Screenshot", str(path)))
    return report
