"""How many pixels text and formulas take, known before there is a browser: the fonts are ours."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tools.slides import sizes


@dataclass
class _Line:
    """Pixels that run along a line of some width, and how many lines it took so far."""

    room: float
    x: float = 0
    word: float = 0
    lines: int = 1

    def add(self, text: str, kind: str, size: int) -> None:
        for piece in re.split(r"(\s+)", text):
            if not piece:
                continue
            if piece.isspace():
                self.end_word()
                self.x += sizes.width(" ", kind, size)
            else:
                self.word += sizes.width(piece, kind, size)

    def end_word(self) -> None:
        if self.x and self.x + self.word > self.room:
            self.lines, self.x = self.lines + 1, 0
        self.x, self.word = self.x + self.word, 0

    def end_line(self) -> None:
        self.end_word()
        self.lines, self.x = self.lines + 1, 0


def lines_of(token, width: float, kind: str = "text", size: int = sizes.TEXT) -> int:
    """How many lines the text of an inline token takes."""
    line = _Line(width)
    styles = [kind]
    for child in token.children or []:
        if child.type in ("strong_open", "em_open"):
            styles.append("bold" if child.type == "strong_open" or kind == "bold" else "italic")
        elif child.type in ("strong_close", "em_close"):
            styles.pop()
        elif child.type == "softbreak":
            line.add(" ", kind, size)
        elif child.type == "hardbreak":
            line.end_line()
        elif child.type == "code_inline":
            line.add(child.content, "code", max(sizes.INLINE_CODE, size - 5))
            line.word += 8
        elif child.type.startswith("math_inline"):
            line.word += formula_width(child.content, size)
        elif child.type == "text":
            line.add(child.content, styles[-1], size)
    line.end_word()
    return line.lines


def widest(token) -> float:
    """Pixels of an inline token in one line."""
    wide = 0.0
    for child in token.children or []:
        if child.type == "code_inline":
            wide += sizes.width(child.content, "code", sizes.INLINE_CODE) + 8
        elif child.type.startswith("math_inline"):
            wide += formula_width(child.content)
        else:
            wide += sizes.width(child.content or " ", "bold")
    return wide


def extra(token) -> int:
    """Pixels that formulas in a text add to its lines."""
    return sum(
        20 for child in token.children or [] if child.type.startswith("math_inline") and r"\frac" in child.content
    )


def formula_width(text: str, size: int = sizes.TEXT) -> float:
    """About how wide a formula in a line is: its letters, without commands."""
    plain = re.sub(r"\\(?:text|mathrm|mathbf|left|right|frac|hat|bar)\b", "", text)
    plain = re.sub(r"\\[a-zA-Z]+", "m", plain)
    return 0.62 * size * len(re.sub(r"[{}\s\\]", "", plain))


def formula_height(text: str) -> float:
    """About how high a formula on lines of its own is."""
    rows = 1 + len(re.findall(r"\\\\", text))
    tall = bool(re.search(r"\\(?:frac|sum|prod|int|lfloor|sqrt|begin)", text))
    return rows * (88 if tall else 50) + 2 * sizes.GAP
