"""A web server on this machine that says byte for byte what a test wants, as slowly as it wants."""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

RESET = object()


@dataclass
class Request:
    """What a behaviour has to know: the file, from where on it was asked for, and the address of a behaviour."""

    content: bytes
    begin: int
    address: Callable[[str], str]


# Bytes are sent, seconds waited; RESET ends the connection as a crashed machine does.
Behaviour = Callable[[Request], Iterator[bytes | float | object]]


class Server:
    """Serves ``content`` at ``address(behaviour)``; ``requests`` lists (behaviour, Range header) as they came in.

    Use it in a ``with`` statement: leaving it also frees the answers that hang.
    """

    def __init__(self, content: bytes, context=None, more: dict[str, Behaviour] | None = None):
        self.content = content
        self.behaviours = BEHAVIOURS | (more or {})
        self.requests: list[tuple[str, str | None]] = []
        self.closing = threading.Event()
        self.scheme = "http" if context is None else "https"
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with suppress(OSError):  # the client may leave, which is what some tests want to see
                    outer._answer(self.request if context is None else context.wrap_socket(self.request, True))

        class TCP(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 50

        self.tcp = TCP(("127.0.0.1", 0), Handler)

    def __enter__(self) -> Server:
        threading.Thread(target=self.tcp.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.tcp.shutdown()
        self.tcp.server_close()

    def address(self, behaviour: str) -> str:
        return f"{self.scheme}://127.0.0.1:{self.tcp.server_address[1]}/{behaviour}/archive.tar.gz"

    def _answer(self, client: socket.socket) -> None:
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            piece = client.recv(4096)
            if not piece:
                return
            asked += piece
        behaviour = asked.split(b"/")[1].decode()
        wanted = re.search(rb"\r\nRange: (bytes=(\d+)-)\r\n", asked)
        self.requests.append((behaviour, wanted and wanted[1].decode()))
        request = Request(self.content, int(wanted[2]) if wanted else 0, self.address)
        for step in self.behaviours.get(behaviour, missing)(request):
            if isinstance(step, bytes):
                client.sendall(step)
            elif step is RESET:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
                return
            elif self.closing.wait(step):
                return
        client.shutdown(socket.SHUT_WR)
        while client.recv(65_536):  # until the client has read everything
            pass


def head(status: str = "200 OK", **headers: object) -> bytes:
    """head("200 OK", Content_Length=5): the head of an answer."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def part(request: Request, begin: int | None = None, **headers: object) -> bytes:
    """The head for the file from ``begin`` on, by default from where it was asked for."""
    size = len(request.content)
    begin = request.begin if begin is None else begin
    kind = {"Content_Type": "application/gzip", "Content_Length": size - begin}
    if not begin:
        return head(**kind | headers)
    return head("206 Partial Content", **kind | {"Content_Range": f"bytes {begin}-{size - 1}/{size}"} | headers)


# What a host should do


def good(request):
    yield part(request) + request.content[request.begin :]


def from_the_start(request):
    """Knows no Range, as many small servers."""
    yield part(request, 0) + request.content


def without_length(request):
    yield head() + request.content


def moved(request):
    yield head("302 Found", Location=request.address("good"), Content_Length=0)


def chunked(request):
    yield head(Transfer_Encoding="chunked")
    for position in range(0, len(request.content), 10_000):
        chunk = request.content[position : position + 10_000]
        yield b"%x;name=value\r\n%s\r\n" % (len(chunk), chunk)
    yield b"0\r\n\r\n"


def unhurried(request):
    """The whole file, in about a second."""
    yield from in_steps(request, 0.05, len(request.content) // 20)


# What hosts do


def missing(request):
    yield head("404 Not Found")


def breaking(request):
    """Goes on where it was asked to, and breaks off after 40 % of the file each time."""
    end = request.begin + len(request.content) * 2 // 5
    yield part(request) + request.content[request.begin : end]


def stalled(request):
    yield part(request) + request.content[request.begin : request.begin + len(request.content) // 2]
    yield 30.0


def crawling(request):
    """200 kB/s at most."""
    yield from in_steps(request, 0.05, 10_000)


def trickling(request):
    """4 kB/s at most: a minute for the file, and 16 s until 64 kB are together."""
    yield from in_steps(request, 0.05, 200)


def in_steps(request, seconds, size):
    yield part(request)
    for position in range(request.begin, len(request.content), size):
        yield request.content[position : position + size]
        yield seconds


BEHAVIOURS: dict[str, Behaviour] = {
    behaviour.__name__: behaviour
    for behaviour in (
        *(good, from_the_start, without_length, moved, chunked, unhurried),
        *(missing, breaking, stalled, crawling, trickling),
    )
}
