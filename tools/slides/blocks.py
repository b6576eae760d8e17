"""What stands on slides: blocks of HTML with the height that they take, made of a cell's text."""

from __future__ import annotations

import functools
import html
import itertools
import re
from dataclasses import dataclass

from tools.slides import measure, sizes

FOLDED = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.S)
SENTENCE = re.compile(r"(?<=[.?!:])\s+(?=[A-Z`*(\"])")
FORMULA = re.compile(r"^\$\$(.+?)\$\$[ \t]*$", re.S | re.M)
# A column of a table is not narrower.
NARROW = 90
CELL = 12  # left and right of a cell's text


@dataclass
class Block:
    """HTML and its height in pixels, with the gap below; ``glue`` keeps it on the slide of the block before."""

    html: str
    height: float
    glue: bool = False
    head: int = 0  # the level of a heading


@dataclass
class Figure(Block):
    """An image, which is drawn as large as its slide has room; ``height`` is the least that it needs."""

    size: tuple[int, int] = (1, 1)
    source: str = ""
    alt: str = ""

    def grow(self, room: float) -> None:
        """Take all of the height, as far as width and sharpness allow."""
        wide, high = self.size
        scale = min(sizes.WIDTH / wide, (room - sizes.GAP) / high, sizes.LARGEST)
        wide, high = int(wide * scale), int(high * scale)
        alt = html.escape(self.alt)
        self.html = f'<img class="figure" src="{self.source}" alt="{alt}" width="{wide}" height="{high}">'
        self.height = high + sizes.GAP


@functools.cache
def parser():
    """Markdown as notebooks have it: tables, and formulas between dollars, which MathJax shows."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    def formula(text: str, options: dict) -> str:
        text = html.escape(text.strip())
        return rf"\[{text}\]" if options["display_mode"] else rf"\({text}\)"

    markdown = MarkdownIt("commonmark").enable("table")
    return markdown.use(dollarmath_plugin, renderer=formula, allow_digits=False)


def inline(text: str) -> str:
    """One line of Markdown as HTML."""
    return parser().renderInline(text)


def rendered(text: str) -> str:
    """Markdown as HTML, as one piece."""
    return parser().render(text)


def prose(text: str, width: float = sizes.WIDTH) -> list[Block]:
    """The blocks of a Markdown cell: paragraphs, items of lists, tables, formulas, folded hints, answers."""
    blocks: list[Block] = []
    pieces = FOLDED.split(text)
    for index, piece in enumerate(pieces):
        if index % 3 == 0:
            blocks += _plain(piece, width)
        elif index % 3 == 2:
            blocks.append(_folded(pieces[index - 1].strip(), piece, width))
    return blocks


def _folded(summary: str, text: str, width: float) -> Block:
    """An answer appears at the next key; anything else unfolds when it is clicked, and there is room for that."""
    inner = _plain(text, width - 2 * sizes.INDENT)
    made, high = "".join(block.html for block in inner), sum(block.height for block in inner)
    label = html.escape(summary)
    if summary == "Answer":
        first = re.sub(r"^<p>", "", made, count=1)
        made = f"<p><strong>{label}:</strong> {first}" if first != made else f"<p><strong>{label}:</strong></p>{made}"
        return Block(f'<div class="answer fragment">{made}</div>', high + sizes.LINE / 2 + sizes.GAP, glue=True)
    open_high = high + sizes.LINE + 2 * sizes.GAP
    return Block(f"<details><summary>{label}</summary>{made}</details>", open_high)


def _plain(text: str, width: float) -> list[Block]:
    # A formula may follow its name on the next line: lines of its own make it a block.
    tokens = parser().parse(FORMULA.sub(r"\n\n$$\1$$\n\n", text))
    blocks = _inside(tokens, width)
    for block, after in itertools.pairwise(blocks):
        # A formula stays with the line that names it or leads to it, and with the one that says what its letters are.
        leads = re.match(r"<p><em>.*</em></p>\s*$|.*:</p>\s*$", block.html)
        after.glue = bool(after.glue or block.head or leads or after.html.startswith("<p>where "))
    return blocks


def _end(tokens: list, index: int) -> int:
    depth = 0
    for place in range(index, len(tokens)):
        depth += tokens[place].nesting
        if depth == 0:
            return place + 1
    return len(tokens)


def _block(tokens: list, width: float) -> list[Block]:
    kind = tokens[0].type
    if kind == "heading_open":
        tag = tokens[0].tag
        size, line = sizes.HEADINGS.get(tag, sizes.HEADINGS["h4"])
        high = line * measure.lines_of(tokens[1], width, "bold", size) + sizes.GAP
        return [Block(_html(tokens), high, head=int(tag[1]))]
    if kind in ("bullet_list_open", "ordered_list_open"):
        return _items(tokens, width)
    if kind == "table_open":
        return _table(tokens)
    if kind == "math_block":
        return [
            Block(f'<div class="formula">{_html(tokens)}</div>', measure.formula_height(tokens[0].content), glue=True)
        ]
    if kind in ("fence", "code_block"):
        from tools.slides import code

        return code.text_blocks(tokens[0].content, "quoted")
    if kind == "hr":
        return []
    if kind == "paragraph_open":
        return _paragraph(tokens, width)
    # HTML of a lesson's own: as many lines as its text would take.
    text = re.sub(r"<[^>]+>", "", _html(tokens))
    return [Block(_html(tokens), sizes.LINE * max(1, -(-sizes.width(text) // width)) + sizes.GAP)]


def _paragraph(tokens: list, width: float) -> list[Block]:
    high = sizes.LINE * measure.lines_of(tokens[1], width) + measure.extra(tokens[1]) + sizes.GAP
    if high <= sizes.ROOM:
        return [Block(_html(tokens), high)]
    sentences = SENTENCE.split(tokens[1].content)
    if len(sentences) == 1:
        return [Block(_html(tokens), high)]
    half = len(sentences) // 2
    return _plain(" ".join(sentences[:half]), width) + _plain(" ".join(sentences[half:]), width)


def _items(tokens: list, width: float) -> list[Block]:
    """A list as blocks of one item each, so that it can go on on the next slide."""
    tag, inner = tokens[0].tag, tokens[1:-1]
    number = int(tokens[0].attrs.get("start", 1)) if tag == "ol" else 0
    blocks, index = [], 0
    while index < len(inner):
        end = _end(inner, index)
        item = inner[index:end]
        high = sum(block.height for block in _inside(item[1:-1], width - sizes.INDENT))
        start = f' start="{number + len(blocks)}"' if tag == "ol" else ""
        blocks.append(Block(f"<{tag}{start}>{_html(item)}</{tag}>", high))
        index = end
    return blocks


def _inside(tokens: list, width: float) -> list[Block]:
    blocks, index = [], 0
    while index < len(tokens):
        end = _end(tokens, index)
        blocks += _block(tokens[index:end], width)
        index = end
    return blocks


def _table(tokens: list) -> list[Block]:
    """A table with fixed columns; one that is too high goes on on the next slide below the same head."""
    rows, row = [], []
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "inline":
            row.append(token)
        elif token.type == "tr_close":
            rows.append(row)
    natural = [max(measure.widest(cell) for cell in column) + 2 * CELL + 2 for column in zip(*rows)]
    columns = _fit(natural)
    heights = [
        sizes.LINE * max(measure.lines_of(cell, wide - 2 * CELL - 2) for cell, wide in zip(each, columns))
        + max(map(measure.extra, each))
        + 9
        for each in rows
    ]
    parts: list[list[int]] = [[]]
    for index in range(1, len(rows)):
        part = parts[-1]
        if part and heights[0] + sum(heights[each] for each in part) + heights[index] > sizes.ROOM - sizes.GAP:
            parts.append(part := [])
        part.append(index)
    blocks = []
    for part in parts:
        high = heights[0] + sum(heights[index] for index in part) + sizes.GAP + 2
        blocks.append(Block(_table_html(rows, part, columns), high))
    return blocks


def _fit(natural: list[float]) -> list[int]:
    """Widths of columns: what they need, or less for the widest ones."""
    columns = list(natural)
    while sum(columns) > sizes.WIDTH:
        widest_column = max(columns)
        columns = [max(NARROW, wide - 10) if wide == widest_column else wide for wide in columns]
        if max(columns) <= NARROW:
            break
    return [int(wide) for wide in columns]


def _table_html(rows: list[list], part: list[int], columns: list[int]) -> str:
    widths = "".join(f'<col style="width: {wide}px">' for wide in columns)
    head = "".join(f'<th scope="col">{_inline_html(cell)}</th>' for cell in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{_inline_html(cell)}</td>" for cell in rows[index]) + "</tr>" for index in part
    )
    whole = f'<table style="width: {sum(columns)}px"><colgroup>{widths}</colgroup>'
    return f"{whole}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html(tokens: list) -> str:
    markdown = parser()
    return markdown.renderer.render(tokens, markdown.options, {})


def _inline_html(token) -> str:
    return _html([token])
