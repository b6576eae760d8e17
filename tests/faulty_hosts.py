"""Hosts that do not deliver, each in its own way, and addresses that lead nowhere."""

import gzip
import string

from servers import RESET, Request, head, part

LOGIN_PAGE = b"<!DOCTYPE html><html><body>Please accept the terms of this network.</body></html>"
ESCAPES = "\x1b[2J\x1b]0;owned\x07\x08\x9b31m\x85"  # clears the screen, renames the window
LONG = "x" * 60_000
GZIP = b"\x1f\x8b\x08"


def redirect(location: str, status: str = "302 Found") -> bytes:
    return head(status, Location=location, Content_Length=0)


# What is said at once, whatever was asked for
ANSWERS: dict[str, bytes] = {
    "not_found": head("404 Not Found", Content_Length=0),
    "gone": head("410 Gone"),
    "forbidden": head("403 Forbidden"),
    "wants_a_password": head("401 Unauthorized", WWW_Authenticate='Basic realm="all"'),
    "wants_a_proxy_password": head("407 Proxy Authentication Required", Proxy_Authenticate='Basic realm="all"'),
    "too_many_requests": head("429 Too Many Requests", Retry_After=3600),
    "broken_inside": head("500 Internal Server Error"),
    "overloaded": head("503 Service Unavailable"),
    "error_without_end": head("503 Service Unavailable") + bytes(5_000_000),
    "no_content": head("204 No Content"),
    "not_modified": head("304 Not Modified"),
    "choices": head("300 Multiple Choices"),
    "switches_protocols": head("101 Switching Protocols", Upgrade="websocket"),
    "status_of_no_kind": head("999 Strange"),
    "status_in_letters": head("abc Strange"),
    "status_below_zero": head("-1 Strange"),
    "no_reason": b"HTTP/1.1 500\r\n\r\n",
    "reason_with_escapes": head(f"500 {ESCAPES}"),
    "reason_without_end": head(f"500 {LONG}"),
    "says_nothing": b"",
    "old_http": LOGIN_PAGE,
    "secure_shell": b"SSH-2.0-OpenSSH_9.6\r\n",
    "binary": bytes(range(256)) * 10,
    "tls_alert": b"\x15\x03\x01\x00\x02\x02\x46",
    "status_line_too_long": b"HTTP/1.1 200 " + b"O" * 100_000,
    "header_too_long": head(Strange="x" * 100_000),
    "too_many_headers": head(**{f"H{number}": number for number in range(300)}),
    "redirect_without_location": head("302 Found"),
    "redirect_to_ftp": redirect("ftp://127.0.0.1/archive.tar.gz"),
    "redirect_to_a_file": redirect("file:///etc/hostname"),
    "redirect_to_data": redirect("data:application/gzip;base64,H4sI"),
    "redirect_to_a_script": redirect("javascript:alert(1)"),
    "redirect_to_broken_ipv6": redirect("http://[::1/archive.tar.gz"),
    "redirect_to_bad_ipv6": redirect("http://[hello]/archive.tar.gz"),
    "redirect_to_a_long_label": redirect(f"http://{'a' * 70}.invalid/archive.tar.gz"),
    "redirect_to_an_empty_label": redirect("http://a..invalid/archive.tar.gz"),
    "redirect_to_umlauts": redirect("http://köln.invalid/ä.tar.gz"),
    "redirect_to_no_host": redirect("http:///archive.tar.gz"),
    "redirect_to_port_abc": redirect("http://127.0.0.1:abc/"),
    "redirect_to_port_99999": redirect("http://127.0.0.1:99999/"),
    "redirect_to_port_0": redirect("http://127.0.0.1:0/"),
    "redirect_to_nothing": redirect(""),
    "redirect_with_spaces": redirect("http://127.0.0.1 :80/a b"),
    "redirect_with_escapes": redirect(f"http://{ESCAPES}.invalid/{ESCAPES}"),
    "redirect_with_escapes_in_a_scheme": redirect(f"x{ESCAPES}://invalid"),
    "redirect_without_end": redirect(f"http://{LONG}.invalid"),
    "permanently_to_ftp": redirect("ftp://127.0.0.1/", "308 Permanent Redirect"),
    "page": head(Content_Type="text/html; charset=utf-8", Content_Length=len(LOGIN_PAGE)) + LOGIN_PAGE,
    "page_of_unknown_length": head(Content_Type="text/html") + LOGIN_PAGE,
    "portal": head() + b"<html>Log in to this network to go on.</html>\r\n",  # 47 bytes, no type, no length
    "portal_in_chunks": head(Transfer_Encoding="chunked") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(LOGIN_PAGE), LOGIN_PAGE),
    "page_compressed": head(Content_Encoding="gzip", Content_Type="text/html") + gzip.compress(LOGIN_PAGE),
    "empty": head(),
    "empty_of_length_0": head(Content_Length=0),
    "chunk_size_in_words": head(Transfer_Encoding="chunked") + b"ten\r\n0123456789\r\n",
    "chunk_size_below_zero": head(Transfer_Encoding="chunked") + b"-5\r\n0123456789\r\n",
    "chunk_without_end": head(Transfer_Encoding="chunked") + b"5;" + b"x" * 100_000,
    "chunk_broken_off": head(Transfer_Encoding="chunked") + b"ffff\r\n" + GZIP,
    "chunked_nothing": head(Transfer_Encoding="chunked") + b"0\r\n\r\n",
    "length_below_zero": head(Content_Length=-5) + GZIP,
    "length_in_words": head(Content_Length="many") + GZIP,
    "length_of_5000_digits": head(Content_Length="9" * 5_000) + GZIP,
    "length_of_100_digits": head(Content_Length="9" * 100) + GZIP,
    "range_not_satisfiable": head("416 Range Not Satisfiable", Content_Range="bytes */5"),
    "range_with_escapes": head("206 Partial Content", Content_Range=f"bytes {ESCAPES}-5/10") + GZIP,
    "range_without_end": head("206 Partial Content", Content_Range=f"bytes {'1' * 60_000}-5/10") + GZIP,
    "range_of_another_file": head("206 Partial Content", Content_Range="bytes 0-5/10") + GZIP,
    "part_of_no_range": head("206 Partial Content") + GZIP,
}


# What depends on the file or takes time. It would end after a minute at last, should nobody leave.


def reset_at_once(request: Request):
    yield RESET


def reset_in_the_body(request):
    yield part(request) + request.content[request.begin : request.begin + 5_000]
    yield 0.05
    yield RESET


def reset_in_the_head(request):
    yield part(request)[:-10]
    yield RESET


def other_length(request):
    yield head(Content_Length=len(request.content) + 1) + request.content + b"!"


def zeros(request):
    yield head(Content_Length=len(request.content)) + bytes(len(request.content))


def other_archive(request):
    yield part(request) + (GZIP + bytes(len(request.content)))[request.begin : len(request.content)]


def one_bit_flipped(request):
    flipped = bytearray(request.content)
    flipped[len(flipped) * 3 // 4] ^= 4
    yield part(request) + flipped[request.begin :]


def gzip_without_end(request):
    yield head() + GZIP
    for _ in range(2_000):
        yield bytes(65_536)


def truncated(request):
    yield part(request, 0) + request.content[: len(request.content) // 2]


def truncated_without_length(request):
    yield head() + request.content[: len(request.content) // 2]


def truncated_in_a_chunk(request):
    yield head(Transfer_Encoding="chunked") + b"%x\r\n" % len(request.content) + request.content[:9_000]


def from_the_middle(request):
    yield part(request, 1_000) + request.content[1_000:]


def in_several_parts(request):
    parts = head("206 Partial Content", Content_Type="multipart/byteranges; boundary=next")
    yield parts + b"--next\r\n\r\n" + request.content


def redirect_to_itself(request):
    yield redirect(request.address("redirect_to_itself"))


def forth(request):
    yield redirect(request.address("back"))


def back(request):
    yield redirect(request.address("forth"))


def redirect_with_an_endless_body(request):
    yield head("302 Found", Location=request.address("not_found"))
    for _ in range(2_000):
        yield bytes(65_536)


def redirects_slowly(request):
    yield 0.3
    yield redirect(request.address("redirects_slowly"))


def silent(request):
    yield 60.0


def silent_after_the_head(request):
    yield part(request)
    yield 60.0


def silent_after_a_byte(request):
    yield part(request) + request.content[request.begin : request.begin + 1]
    yield 60.0


def silent_in_a_chunk(request):
    yield head(Transfer_Encoding="chunked") + b"5"
    yield 60.0


def drip(content: bytes):
    for byte in content:
        yield bytes([byte])
        yield 0.1


def head_byte_by_byte(request):
    yield from drip(part(request) * 10)


def headers_byte_by_byte(request):
    yield part(request)[:-2]
    yield from drip(string.printable.encode()[:62] * 10)


def headers_without_end(request):
    yield b"HTTP/1.1 200 OK\r\n"
    for number in range(600):
        yield b"Set-Cookie: %d\r\n" % number
        yield 0.1


def continues_without_end(request):
    for _ in range(600):
        yield b"HTTP/1.1 100 Continue\r\n\r\n"
        yield 0.1


def continues_in_a_flood(request):
    for _ in range(20_000):
        yield b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000


def chunk_size_byte_by_byte(request):
    yield head(Transfer_Encoding="chunked") + b"3\r\n" + GZIP + b"\r\n1;"
    yield from drip(b"x" * 600)


def stalled_in_the_middle(request):
    yield part(request) + request.content[request.begin : request.begin + len(request.content) // 5]
    yield 60.0


SLOW = {
    tale.__name__: tale
    for tale in (
        *(redirect_with_an_endless_body, redirects_slowly, silent, silent_after_the_head, silent_after_a_byte),
        *(silent_in_a_chunk, head_byte_by_byte, headers_byte_by_byte, headers_without_end, continues_without_end),
        *(continues_in_a_flood, chunk_size_byte_by_byte, stalled_in_the_middle),
    )
}
QUICK = {
    tale.__name__: tale
    for tale in (
        *(reset_at_once, reset_in_the_body, reset_in_the_head, other_length, zeros, other_archive, one_bit_flipped),
        *(gzip_without_end, truncated, truncated_without_length, truncated_in_a_chunk, from_the_middle),
        *(in_several_parts, redirect_to_itself, forth, back),
    )
}
FAULTY = {name: lambda request, answer=answer: iter([answer]) for name, answer in ANSWERS.items()} | QUICK | SLOW


# In a manifest; data/README.md invites to add one.
ADDRESSES: dict[str, str] = {
    "no address": "",
    "no scheme": "127.0.0.1/archive.tar.gz",
    "no scheme but a port": "localhost:80/archive.tar.gz",
    "two slashes": "//127.0.0.1/archive.tar.gz",
    "scheme only": "https://",
    "a path": "/home/me/cifar-10-binary.tar.gz",
    "a file": "file:///etc/hostname",
    "a file of Windows": r"C:\data\cifar-10-binary.tar.gz",
    "ftp": "ftp://127.0.0.1/archive.tar.gz",
    "data": "data:,H4sI",
    "mail": "mailto:me@invalid",
    "of a bucket": "s3://bucket/archive.tar.gz",
    "no host": "http:///archive.tar.gz",
    "broken IPv6": "http://[::1/archive.tar.gz",
    "bad IPv6": "http://[hello]/archive.tar.gz",
    "long label": f"http://{'a' * 70}.invalid/archive.tar.gz",
    "empty label": "http://a..invalid/archive.tar.gz",
    "umlauts in the host": "http://köln.invalid/archive.tar.gz",
    "umlauts in the path": "http://127.0.0.1:1/größe.tar.gz",
    "letters of half a pair": "http://\ud800.invalid/",
    "port abc": "http://127.0.0.1:abc/",
    "port 99999": "http://127.0.0.1:99999/",
    "port 0": "http://127.0.0.1:0/",
    "password": "http://me:secret@127.0.0.1:1/",
    "space": "http://127.0.0.1:1/a b",
    "line break": "http://127.0.0.1:1/\r\nHost: elsewhere",
    "NUL": "http://127.0.0.1:1/\0",
    "escapes": f"http://{ESCAPES}.invalid/{ESCAPES}",
    "without end": f"http://{LONG}.invalid/",
    "unknown host": "http://no-such-host.invalid/archive.tar.gz",
    "nobody listens": "http://127.0.0.1:1/archive.tar.gz",
    "nobody listens there either": "https://[::1]:1/archive.tar.gz",
}
