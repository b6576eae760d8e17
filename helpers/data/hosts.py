"""One address, and what it sends: whatever a host does ends in a HostError, within the limits below.

A thread of its own talks to the host, and is left behind when a limit has passed: no time-out of a socket covers the
look-up of a name, a certificate, redirects and headers that come a byte at a time.
"""

import http.client
import itertools
import queue
import re
import socket
import ssl
import string
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

TIMEOUT_SECONDS = 15  # for a connection, and between two pieces of the file
ANSWER_SECONDS = 30  # from the look-up of the host's name to the first piece, redirects included
CRAWL_SECONDS = 20  # a host that stays this long ...
CRAWL_BYTES_PER_SECOND = 200_000  # ... below this speed is left, while another one has not been tried
REDIRECTS = 10
PIECE = 1 << 16
GZIP = b"\x1f\x8b"  # how an archive begins, and no login page


class HostError(Exception):
    """One address did not deliver; the next one may. The message goes on after the address."""

    def __init__(self, message: str):
        super().__init__(plain(message, longest=200))


class RefusalError(HostError):
    """The host answered, but not with the bytes that it was asked for."""


def plain(text: str, longest: int) -> str:
    """The text in one line, without what could steer a terminal, cut where it has no end."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= longest else f"{text[:longest]}..."


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def proxies() -> dict[str, str]:
    """The proxies that are set, {"https": address}."""
    return {kind: address for kind, address in urllib.request.getproxies().items() if kind in ("http", "https")}


def download(address: str, part: Path, size: int, title: str, patient: bool) -> None:
    """Bring ``part`` to ``size`` bytes, of which it may have some.

    Raises HostError for all that is the host's fault, or OSError for the disk's. A host that crawls is left unless
    ``patient``; then it is said once how long it will take, and how to stop.
    """
    have = size_of(part)
    if have == size:
        return
    start = have if have < size else 0
    try:
        _receive(address, part, start, size, title, patient)
    except RefusalError:
        if not start:
            raise
        _receive(address, part, 0, size, title, patient)


def _receive(address: str, part: Path, start: int, size: int, title: str, patient: bool) -> None:
    """Append to ``part`` from ``start`` on, or write it anew where the host sends the file from its first byte."""
    with closing(_talk(address, start)) as answer:
        status, offered, content_range, piece = next(answer)
        begin = 0
        if status == http.client.PARTIAL_CONTENT:
            found = re.match(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})$", content_range)
            begin, offered = map(int, found.groups()) if found else (-1, size)
        if begin not in (0, start):
            raise RefusalError("does not go on where it was asked to")
        if not piece:
            raise RefusalError("sent nothing of the archive")
        if not begin and not GZIP.startswith(piece[:2]):
            raise RefusalError("sent something else than an archive, perhaps the login page of this network")
        if offered not in (None, size):
            raise RefusalError(f"offers a file of {offered:,} bytes, not {size:,}")
        # By default to stderr, which does not belong into a lesson's stored output.
        look = {"unit": "B", "unit_scale": True, "mininterval": 0.5, "leave": False, "file": sys.stdout}
        name = f"{title} from {plain(urllib.parse.urlsplit(address).hostname, longest=60)}"
        with open(part, "ab" if begin else "wb") as file, tqdm(desc=name, initial=begin, total=size, **look) as bar:
            _copy(itertools.chain([piece], answer), file, size - begin, patient, bar)


def _copy(pieces: Iterator[bytes], file: BinaryIO, missing: int, patient: bool, bar: tqdm) -> None:
    """Append ``missing`` bytes as they come. Raises HostError when they stop, or crawl and there is no patience."""
    since, received, warned = time.monotonic(), 0, False
    for piece in pieces:
        file.write(piece[:missing])
        bar.update(len(piece))
        missing -= len(piece)
        received += len(piece)
        if missing <= 0:
            return
        if not piece:
            raise HostError(f"broke off {missing:,} bytes before the end")
        seconds = time.monotonic() - since
        if seconds < CRAWL_SECONDS:
            continue
        speed = received / seconds / 1000
        if speed < CRAWL_BYTES_PER_SECOND / 1000:
            if not patient:
                raise HostError(f"sent only {speed:.0f} kB/s")
            if not warned:
                bar.write(
                    f"At {speed:.1f} kB/s, the rest of {bar.desc} takes {missing / speed / 60_000:,.1f} minutes. "
                    "Interrupt the kernel (or press Ctrl+C) to stop: the next run goes on from there."
                )
            warned = True
        since, received = time.monotonic(), 0


def _talk(address: str, start: int) -> Iterator:
    """Status, length, Content-Range and first piece of an answer; then one piece after the other, b"" at the end."""
    pieces = queue.Queue(maxsize=4)
    left = threading.Event()
    connections = []

    def talk() -> None:
        try:
            with _open(address, start, connections) as response:
                head = response.status, response.length, response.headers.get("Content-Range", "")
                # One piece as it comes: read() would wait until all of it is there, and never notice a crawl.
                piece = response.read1(PIECE)
                pieces.put((*head, piece))
                while piece and not left.is_set():
                    piece = response.read1(PIECE)
                    pieces.put(piece)
        except Exception as error:  # whatever the library makes of what a host sends
            pieces.put(error)

    threading.Thread(target=talk, daemon=True).start()
    seconds = ANSWER_SECONDS
    try:
        while True:
            try:
                got = pieces.get(timeout=seconds)
            except queue.Empty:
                raise HostError(f"sent nothing of the archive for {seconds} s") from None
            if isinstance(got, Exception):
                raise _host_error(got) from None
            yield got
            seconds = TIMEOUT_SECONDS
    finally:
        left.set()
        while not pieces.empty():  # make room, so that the thread comes to see it
            pieces.get()
        for connection in connections:  # or ends where it would read headers for ever
            with suppress(AttributeError, OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)


def _open(address: str, start: int, connections: list[http.client.HTTPConnection]) -> http.client.HTTPResponse:
    """The answer to a request for all from byte ``start`` on. Redirects are followed to http and https only."""
    opener = urllib.request.OpenerDirector()
    errors = (urllib.request.HTTPDefaultErrorHandler, urllib.request.HTTPErrorProcessor, urllib.request.UnknownHandler)
    for handler in (urllib.request.ProxyHandler(proxies()), _Web(connections), *(kind() for kind in errors)):
        opener.add_handler(handler)
    headers = {"User-Agent": "cnn-on-cifar10"} | ({"Range": f"bytes={start}-"} if start else {})
    for _ in range(REDIRECTS):
        if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
            raise HostError(f"leads to {address!r}, which does not begin with http:// or https://")
        try:
            return opener.open(urllib.request.Request(address, headers=headers), timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as error:
            error.close()
            location = error.headers.get("Location")
            if error.code not in (301, 302, 303, 307, 308) or not location:
                raise
            address = urllib.parse.urljoin(address, urllib.parse.quote(location, string.punctuation, "latin-1"))
    raise HostError(f"leads elsewhere more than {REDIRECTS} times")


class _Web(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Both schemes. Each connection is noted before anything is sent, to be ended from outside."""

    def __init__(self, connections: list[http.client.HTTPConnection]):
        super().__init__(context=_certificates())
        self.connections = connections

    def do_open(self, http_class, request, **options):
        def noted(*arguments, **more):
            self.connections.append(http_class(*arguments, **more))
            return self.connections[-1]

        return super().do_open(noted, request, **options)


def _certificates() -> ssl.SSLContext:
    """The system's certificates, and those of certifi where it is installed: Python for macOS comes with none."""
    context = ssl.create_default_context()
    with suppress(ImportError):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _host_error(error: Exception) -> HostError:
    """What the network raises, as the second half of a sentence that begins with the address."""
    if isinstance(error, HostError):
        return error
    if isinstance(error, urllib.error.HTTPError):
        return RefusalError(f"could not be read ({error})")
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return HostError(f"sent nothing for {TIMEOUT_SECONDS} s")
    return HostError(f"could not be read ({getattr(reason, 'strerror', None) or reason or type(error).__name__})")
