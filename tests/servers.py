"""A web server on this machine that delivers a file, or fails to in one of the ways that real hosts do."""

from __future__ import annotations

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOGIN_PAGE = b"<!DOCTYPE html><html><body>Please accept the terms of this network.</body></html>"


class Server:
    """Serves ``content`` at ``address(behaviour)``; ``requests`` lists (behaviour, Range header) as they came in.

    Use it in a ``with`` statement: leaving it also frees the answers that hang.
    """

    def __init__(self, content: bytes, context=None):
        self.content = content
        self.requests: list[tuple[str, str | None]] = []
        self.closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                behaviour = self.path.split("/")[1]
                outer.requests.append((behaviour, self.headers.get("Range")))
                with suppress(OSError):  # the client may leave, which is what some tests want to see
                    getattr(outer, f"_{behaviour}")(self)

            def log_message(self, *arguments):
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if context is not None:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
            self.scheme = "https"

    def __enter__(self) -> Server:
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()

    def address(self, behaviour: str) -> str:
        return f"{self.scheme}://127.0.0.1:{self.http.server_port}/{behaviour}/archive.tar.gz"

    def _head(self, handler, begin=0, status=None, length=None, kind="application/gzip", said=None):
        handler.send_response(status or (206 if begin else 200))
        handler.send_header("Content-Type", kind)
        if begin:
            last = len(self.content) - 1
            handler.send_header("Content-Range", f"bytes {begin if said is None else said}-{last}/{last + 1}")
        if length is not None:
            handler.send_header("Content-Length", str(length))
        handler.end_headers()

    def _begin(self, handler) -> int:
        wanted = handler.headers.get("Range")
        return int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0

    def _send(self, handler, begin=0, end=None, **head):
        self._head(handler, begin, length=len(self.content) - begin, **head)
        handler.wfile.write(self.content[begin:end])

    # What a host should do

    def _good(self, handler):
        self._send(handler, self._begin(handler))

    def _from_the_start(self, handler):
        """Knows no Range, as many small servers."""
        self._send(handler)

    def _without_length(self, handler):
        self._head(handler)
        handler.wfile.write(self.content)

    def _moved(self, handler):
        handler.send_response(302)
        handler.send_header("Location", self.address("good"))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def _unhurried(self, handler):
        """The whole file, in about a second."""
        self._steps(handler, 0.05, len(self.content) // 20)

    # What hosts do

    def _missing(self, handler):
        handler.send_error(404)

    def _overloaded(self, handler):
        handler.send_error(503)

    def _portal(self, handler):
        self._head(handler, kind="text/html; charset=utf-8", length=len(LOGIN_PAGE))
        handler.wfile.write(LOGIN_PAGE)

    def _portal_of_unknown_length(self, handler):
        self._head(handler, kind="text/html")
        handler.wfile.write(LOGIN_PAGE)

    def _other_length(self, handler):
        self._head(handler, length=len(self.content) + 1)
        handler.wfile.write(self.content + b"!")

    def _wrong(self, handler):
        self._head(handler, length=len(self.content))
        handler.wfile.write(bytes(len(self.content)))

    def _endless(self, handler):
        self._head(handler)
        while not self.closing.is_set():
            handler.wfile.write(bytes(65_536))

    def _truncated(self, handler):
        self._send(handler, end=len(self.content) // 2)

    def _breaking(self, handler):
        """Goes on where it was asked to, and breaks off after 40 % of the file each time."""
        begin = self._begin(handler)
        self._send(handler, begin, end=begin + len(self.content) * 2 // 5)

    def _another_part(self, handler):
        """The length that was asked for, but from another byte on."""
        self._send(handler, self._begin(handler), said=1000)

    def _silent(self, handler):
        self.closing.wait(30)

    def _stalled(self, handler):
        begin = self._begin(handler)
        self._send(handler, begin, end=len(self.content) // 2)
        handler.wfile.flush()
        self.closing.wait(30)

    def _crawling(self, handler):
        """200 kB/s at most."""
        self._steps(handler, 0.05, 10_000)

    def _trickling(self, handler):
        """4 kB/s at most: a minute for the file, and 16 s until 64 kB are together."""
        self._steps(handler, 0.05, 200)

    def _steps(self, handler, seconds, size):
        begin = self._begin(handler)
        self._head(handler, begin, length=len(self.content) - begin)
        for place in range(begin, len(self.content), size):
            handler.wfile.write(self.content[place : place + size])
            if self.closing.wait(seconds):
                return
