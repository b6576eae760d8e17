"""A page in Chromium that notes what a user would not see: errors in the console, requests that failed or left."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page

SIZES = {"screen": (1280, 720), "phone": (390, 844)}  # CSS pixels
LOCAL_HOSTS = ("127.0.0.1", "localhost")
SERIOUS = ("serious", "critical")


OPEN: list[Visit] = []  # what is seen when a test fails


class Visit:
    """One page and what went on in it.

    ``errors`` holds errors of the console and of scripts, ``failed`` requests without a good answer, ``elsewhere``
    those to another host. What one of the regular expressions ``forgiven`` finds is no fault.
    """

    def __init__(self, browser: Browser, size: tuple[int, int], forgiven: tuple[str, ...] = (), **options):
        width, height = size
        self.context = browser.new_context(viewport={"width": width, "height": height}, **options)
        self.errors: list[str] = []
        self.failed: list[str] = []
        self.elsewhere: list[str] = []
        self.requests: list[str] = []
        self.forgiven = [*forgiven]
        self.page: Page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("response", self._response)
        # Of the context, so that frames, workers and further windows count as well.
        self.context.on("request", self._request)
        self.context.on("requestfailed", self._request_failed)
        OPEN.append(self)

    def close(self) -> None:
        OPEN.remove(self)
        with suppress(Error):  # the browser has crashed
            self.context.close()

    def faults(self) -> list[str]:
        """A sentence for each thing that went wrong."""
        said = [
            *(f"Error in the console: {error}" for error in self.errors),
            *(f"Request that failed: {request}" for request in self.failed),
            *(f"Request to another host: {address}" for address in self.elsewhere),
        ]
        return [sentence for sentence in said if not any(re.search(each, sentence) for each in self.forgiven)]

    def sideways(self) -> int:
        """How many CSS pixels wider than the window the page is: a reader would have to scroll to the side."""
        return self.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def _console(self, message) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _response(self, response) -> None:
        if response.status >= 400:
            self.failed.append(f"{response.status} {response.request.method} {response.url}")

    def _request(self, request) -> None:
        self.requests.append(request.url)
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss", "ftp") and parts.hostname not in LOCAL_HOSTS:
            self.elsewhere.append(request.url)

    def _request_failed(self, request) -> None:
        # A page that is left, or a download, aborts what is still under way.
        if request.failure != "net::ERR_ABORTED":
            self.failed.append(f"{request.failure} {request.method} {request.url}")


def violations(page: Page, *parts: str, without: tuple[str, ...] = (), rules: tuple[str, ...] = ()) -> list[str]:
    """What axe finds serious or critical, one line each with the first elements.

    In the whole page, or in the elements that the CSS selectors ``parts`` name; ``without`` those that others name;
    only some ``rules``, where they are given.
    """
    context: dict = {"exclude": [[selector] for selector in without]} if without else {}
    if parts:
        context["include"] = [[selector] for selector in parts]
    options: dict = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = Axe().run(page, context=context or None, options=options).response["violations"]
    return [_line(violation) for violation in found if violation["impact"] in SERIOUS]


def _line(violation: dict) -> str:
    places = "; ".join(str(node["target"]) for node in violation["nodes"][:3])
    said = violation["nodes"][0].get("failureSummary", "").replace("\n", " ")
    return f"{violation['id']} ({violation['impact']}), {len(violation['nodes'])} times: {places}: {said}"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":  # browsers ask for it on their own
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A web server for a folder; the address of its top, without a slash at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
