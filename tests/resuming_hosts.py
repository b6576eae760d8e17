"""Hosts that, asked to go on with a download, do something else; asked for the whole file, they send it."""

from faulty_hosts import ANSWERS, in_several_parts
from servers import head, part


def refuses_to_go_on(request):
    yield head("416 Range Not Satisfiable") if request.begin else part(request) + request.content


def goes_on_from_the_start(request):
    yield (
        part(request, 0, Content_Range=f"bytes 0-{len(request.content) - 1}/{len(request.content)}").replace(
            b"200 OK", b"206 Partial Content"
        )
        + request.content
    )


def goes_on_elsewhere(request):
    """The length that was asked for, but from another byte on."""
    said = f"bytes 1000-{len(request.content) - 1}/{len(request.content)}"
    yield part(request, Content_Range=said) + request.content[request.begin :]


def goes_on_without_saying_where(request):
    body = request.content[request.begin :]
    yield (head("206 Partial Content", Content_Length=len(body)) if request.begin else part(request)) + body


def goes_on_in_strange_words(request):
    yield part(request, Content_Range="from where you want, to the end") + request.content[request.begin :]


def goes_on_without_a_total(request):
    size = len(request.content)
    yield part(request, Content_Range=f"bytes {request.begin}-{size - 1}/*") + request.content[request.begin :]


def goes_on_in_several_parts(request):
    yield from in_several_parts(request) if request.begin else iter([part(request) + request.content])


def goes_on_by_half_the_file_at_most(request):
    size = len(request.content)
    body = request.content[request.begin : request.begin + size // 2]
    said = f"bytes {request.begin}-{request.begin + len(body) - 1}/{size}"
    yield part(request, Content_Range=said, Content_Length=len(body) if request.begin else size) + body


def goes_on_in_another_file(request):
    yield part(request, Content_Range="bytes 5-9/10") + b"12345" if request.begin else part(request) + request.content


def goes_on_with_a_page(request):
    yield ANSWERS["page"] if request.begin else part(request) + request.content


RESUMING = {
    tale.__name__: tale
    for tale in (
        *(refuses_to_go_on, goes_on_from_the_start, goes_on_elsewhere, goes_on_without_saying_where),
        *(goes_on_in_strange_words, goes_on_without_a_total, goes_on_in_several_parts),
        *(goes_on_by_half_the_file_at_most, goes_on_in_another_file, goes_on_with_a_page),
    )
}
