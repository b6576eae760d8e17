"""Blocks of code, printed text and figures: lines that fit across a slide, and pieces that fit on one."""

from __future__ import annotations

import ast
import base64
import functools
import html
import re
import struct
import subprocess
import sys

from tools.slides import sizes
from tools.slides.blocks import Block, Figure

MOST = (sizes.ROOM - sizes.GAP - 2 * sizes.PAD) // sizes.SMALLEST[1]  # lines on a slide
GUESS = re.compile(r"^guess\w* = \.\.\.", re.M)
# What a stored run says of a student who is not there.
OF_NOBODY = re.compile(r"^(?:your guess: none yet \(.*\)|From here on, your own \w+ is used\.)\n?", re.M)
SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION", re.S | re.M)
MARK = "↪ "  # begins a line that goes on


def source_blocks(text: str) -> list[Block]:
    """A cell's code in pieces of at most a slide, split at blank lines, else between statements."""
    # The words of plots.alt are those of the image.
    text = without(text, calls="plots.alt(").strip("\n")
    if max(map(len, text.splitlines()), default=0) > sizes.COLUMNS:
        text = _narrower(text)
    lines = text.splitlines()
    shown = highlighted(text)
    blocks = []
    for begin, end in pieces(lines, MOST):
        inner = "".join(f'<span class="row">{line or " "}</span>' for line in shown[begin:end])
        blocks.append(_pre("source", inner, lines[begin:end]))
    return blocks


def stub(text: str) -> str:
    """A cell of an exercise as its student gets it: without what stands between nbgrader's marks."""
    return SOLUTION.sub(lambda found: found[1] + ("...  # your code" if found[1] else "# your code"), text)


def text_blocks(text: str, kind: str = "printed") -> list[Block]:
    """Printed text, in pieces of at most a slide; a line that is too long goes on below, behind a mark."""
    lines = [part for line in text.rstrip("\n").splitlines() for part in folded_line(line)]
    count = -(-len(lines) // MOST)
    each = -(-len(lines) // count) if count else 0
    parts = [lines[begin : begin + each] for begin in range(0, len(lines), each or 1)]
    return [_pre(kind, html.escape("\n".join(part)), part) for part in parts]


def output_blocks(cell: dict, reads: str) -> list[Block]:
    """What a cell printed and drew. ``reads`` is the alternative text of a figure that has none of its own."""
    blocks: list[Block] = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "image/png" in data:
            alt = output.get("metadata", {}).get("image/png", {}).get("alt") or reads
            blocks.append(figure("".join(data["image/png"]), alt))
            continue
        text = OF_NOBODY.sub("", "".join(output.get("text", "") or data.get("text/plain", "")))
        if text.strip():
            blocks += text_blocks(text)
    return blocks


def figure(png: str, alt: str) -> Figure:
    """An image of base64. It needs its own size at least, or all of a slide where it is larger."""
    wide, high = struct.unpack(">II", base64.b64decode(png[:44])[16:24])
    scale = min(1.0, sizes.WIDTH / wide, (sizes.ROOM - sizes.GAP) / high)
    source = "data:image/png;base64," + png.replace("\n", "")
    return Figure("", high * scale + sizes.GAP, size=(wide, high), source=source, alt=alt)


def pieces(lines: list[str], most: int) -> list[tuple[int, int]]:
    """Begins and ends of pieces that take at most ``most`` rows, cut at the best place of the second half."""
    found, begin = [], 0
    while begin < len(lines):
        first, end, rows = begin, begin, 0
        while end < len(lines) and rows + _rows(lines[end]) <= most:
            rows, end = rows + _rows(lines[end]), end + 1
        if end < len(lines):
            end = max(range(begin + max(1, (end - begin) // 3), end + 1), key=lambda at: (_quality(lines, at), at))
        end = begin = max(end, begin + 1)
        while not lines[end - 1].strip():
            end -= 1
        found.append((first, end))
        while begin < len(lines) and not lines[begin].strip():
            begin += 1
    return found


def _quality(lines: list[str], at: int) -> int:
    """How good a place the beginning of line ``at`` is: blank above, a statement, shallow."""
    if at >= len(lines):
        return 9
    line = lines[at]
    if not lines[at - 1].strip() and not line.startswith(" "):
        return 8
    if re.match(r"[)\]}]|else|elif|except|finally", line.strip()) or lines[at - 1].lstrip().startswith(("@", "#")):
        return -1
    return 6 - (len(line) - len(line.lstrip())) // 4 if line.strip() else 0


def without(text: str, *kinds: type, calls: str = "") -> str:
    """Code without its statements of these kinds (of ``ast``), and without calls that begin so."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return text
    lines: list[str | None] = list(text.splitlines())
    for node in body:
        call = isinstance(node, ast.Expr) and calls and ast.unparse(node).startswith(calls)
        if call or isinstance(node, kinds):
            lines[node.lineno - 1 : node.end_lineno] = [None] * (node.end_lineno - node.lineno + 1)
    return "\n".join(line for line in lines if line is not None)


@functools.cache
def _lexer_and_formatter():
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return PythonLexer(stripnl=False), HtmlFormatter(nowrap=True, style="a11y-high-contrast-light")


def style() -> str:
    """The style sheet of highlighted code."""
    return _lexer_and_formatter()[1].get_style_defs(".source")


def highlighted(text: str) -> list[str]:
    """Lines of Python as HTML; a text of several lines is closed at the end of each and opened again."""
    from pygments import highlight

    return highlight(text, *_lexer_and_formatter()).rstrip("\n").split("\n")


def _narrower(text: str) -> str:
    """Code as ruff writes it for narrower lines; as it is where ruff cannot read it."""
    call = [sys.executable, "-m", "ruff", "format", "--quiet", "--isolated", f"--line-length={sizes.COLUMNS - 1}", "-"]
    made = subprocess.run(call, input=text, capture_output=True, encoding="utf-8")
    return text if made.returncode else made.stdout.rstrip("\n")


def folded_line(line: str) -> list[str]:
    """A line of text in parts that fit across, cut at spaces where there are some."""
    parts, rest = [], line
    while len(rest) > sizes.COLUMNS:
        at = rest.rfind(" ", len(MARK) + 20, sizes.COLUMNS)
        at = at if at > 0 else sizes.COLUMNS
        parts.append(rest[:at])
        rest = MARK + rest[at:].lstrip()
    return [*parts, rest]


def _rows(line: str) -> int:
    """Rows that a line of code takes; the browser hangs its further ones in by four."""
    return 1 if len(line) <= sizes.COLUMNS else -(-len(line) // (sizes.COLUMNS - 12))


def _pre(kind: str, inner: str, lines: list[str]) -> Block:
    longest = max(map(len, lines), default=0)
    size, line = next((each for each in sizes.CODE if longest <= sizes.columns(each[0])), sizes.SMALLEST)
    if size > sizes.SMALLEST[0] and len(lines) * line > sizes.ROOM / 2:
        size, line = sizes.SMALLEST  # what it leads to should stand on the same slide
    high = sum(map(_rows, lines)) * line + 2 * sizes.PAD + sizes.GAP
    style = f"font-size: {size}px; line-height: {line}px"
    return Block(f'<pre class="{kind}"><code style="{style}">{inner}</code></pre>', high)
