"""What is printed and drawn otherwise in a new execution of a lesson, and what the lesson says near it.

A number belongs to the section of its cell. What rests on it are the asserts of that section and its sentences that
hold numbers or follow the figure; those that state the old value are marked, wherever in the lesson they stand.
"""

from __future__ import annotations

import ast
import base64
import io
import itertools
import re
import textwrap
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from tools.lessons import files, reference

NUMBER = re.compile(
    r"(?<![\w.])[-+−]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?(?=(?:ms|µs|s|k|M|x)?(?!\w))"  # 28,800, −0.5, 1e-05, 40ms
)
# Behind a number that is a time, or a ratio of times: another one at each run, on each machine.
UNIT = re.compile(
    r"\s*(?:to \d[\d.,]* ?)?(?:(?:µs|ms|s|sec|seconds?|min|minutes?|h|hours?)\b|times as (?:fast|long|slow))"
)
DRAWN_TIMES = re.compile(r"\b(?:seconds|minutes|perf_counter|timeit)\b")
# Numbers in prose that name something.
NAMES = re.compile(r"\b(?:[Ee]xercises?|[Ll]essons?|[Ss]ections?|[Rr]ounds?) \d[\d.]*|\[[^]]*\]\([^)]*\)")
NO_PROSE = re.compile(r"```.*?```|\$\$.*?\$\$|^[#●][^\n]*$|^\*Formula:[^\n]*$", re.M | re.S)
WORDS = 3  # of a sentence, at least: "Here:" rests on nothing
MARKED = (213, 94, 0)  # Okabe and Ito's vermillion


@dataclass(frozen=True)
class Number:
    """A printed number that changed: both as they are printed, and the line in which the new one stands."""

    line: str
    old: str
    new: str
    is_time: bool

    @property
    def absolute(self) -> float:
        return value(self.new) - value(self.old)

    @property
    def relative(self) -> float | None:
        """The change as a share of the old value; None where that is 0."""
        return self.absolute / abs(value(self.old)) if value(self.old) else None


@dataclass(frozen=True)
class Figure:
    """A figure that changed: old and new as PNG in base64 ("" where there is none), and what is written of each.

    ``marked`` is the new one in grey with these pixels in colour; ``share`` is None where the sizes differ.
    """

    old: str
    new: str
    texts: tuple[str, str]
    share: float | None
    marked: str
    shows_times: bool


@dataclass
class Cell:
    """A code cell whose outputs changed: numbers, lines of words (old, new), figures."""

    id: str
    edited: bool  # its code is another one, too
    numbers: list[Number] = field(default_factory=list)
    times: list[Number] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)


@dataclass(frozen=True)
class Reader:
    """A sentence or an assert that may rest on what changed, and the old values that it states."""

    cell: str
    text: str
    is_assert: bool
    states: tuple[str, ...] = ()
    follows: bool = False  # a figure that changed


@dataclass
class Section:
    """What changed in one section of a lesson, and what is to be read again."""

    title: str
    cells: list[Cell] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)

    @property
    def matters(self) -> bool:
        """Whether more than times changed."""
        return any(cell.numbers or cell.lines or cell.figures for cell in self.cells)


def compare(old: dict, new: dict) -> list[Section]:
    """The sections in which something changed, in the order of the new lesson; notebooks as plain data."""
    before = {cell["id"]: cell for cell in old["cells"] if cell["cell_type"] == "code"}
    parts = _sections(new)
    sections = []
    for title, cells in parts:
        changed = [
            found
            for cell in cells
            if cell["cell_type"] == "code" and (found := _compare_cell(before.get(cell["id"]), cell))
        ]
        sections.append(Section(title, changed))
    numbers = [number for section in sections for cell in section.cells for number in cell.numbers]
    for section, (_, cells) in zip(sections, parts):
        section.readers = _readers(section, cells, numbers)
    return [section for section in sections if section.cells or section.readers]


def _sections(notebook: dict) -> list[tuple[str, list[dict]]]:
    """The cells by section: an exercise belongs to the section that it stands in."""
    parts: list[tuple[str, list[dict]]] = [("Beginning", [])]
    for cell in notebook["cells"]:
        heading = re.search(r"^##+ (.+)$", files.source(cell), re.M) if cell["cell_type"] == "markdown" else None
        if heading and not heading[1].startswith("Exercise"):
            parts.append((heading[1], []))
        parts[-1][1].append(cell)
    return parts


def _compare_cell(old: dict | None, new: dict) -> Cell | None:
    """What changed below a code cell; None for nothing. A cell that was not there had no outputs."""
    source = files.source(new)
    cell = Cell(new["id"], old is None or files.source(old) != source)
    old = old or {"outputs": []}
    if printed(old) != printed(new):
        numbers, cell.lines = compare_text(printed(old), printed(new))
        cell.numbers = [number for number in numbers if not number.is_time]
        cell.times = [number for number in numbers if number.is_time]
    for (one, old_text), (other, text) in itertools.zip_longest(drawn(old), drawn(new), fillvalue=("", "")):
        if one == other:
            continue
        share, marked = difference(one, other) if one and other else (None, "")
        if share != 0:
            shows_times = bool(DRAWN_TIMES.search(f"{source} {text}"))
            cell.figures.append(Figure(one, other, (old_text, text), share, marked, shows_times))
    return cell if cell.numbers or cell.times or cell.lines or cell.figures else None


def printed(cell: dict) -> str:
    """What a cell has printed, errors included; no text that stands for a figure."""
    texts = []
    for output in cell["outputs"]:
        if output["output_type"] == "error":
            texts.append(f"{output['ename']}: {output['evalue']}")
        elif "image/png" not in output.get("data", {}):
            texts.append("".join(output.get("text") or output.get("data", {}).get("text/plain", "")))
    return "\n".join(text.rstrip("\n") for text in texts)


def drawn(cell: dict) -> list[tuple[str, str]]:
    """The figures of a cell as PNG in base64, and what is written of each for those who cannot see it."""
    return [
        (
            "".join(output["data"]["image/png"]).replace("\n", ""),
            output.get("metadata", {}).get("image/png", {}).get("alt", ""),
        )
        for output in cell["outputs"]
        if "image/png" in output.get("data", {})
    ]


def compare_text(old: str, new: str) -> tuple[list[Number], list[tuple[str, str]]]:
    """The numbers that changed in lines with the same words, and the lines with other words, old and new."""
    before, after = old.splitlines(), new.splitlines()
    words = [[" ".join(NUMBER.sub("#", line).split()) for line in lines] for lines in (before, after)]
    numbers, others = [], []
    for kind, i, end_i, j, end_j in SequenceMatcher(None, *words, autojunk=False).get_opcodes():
        if kind != "equal":
            others += itertools.zip_longest(before[i:end_i], after[j:end_j], fillvalue="")
            continue
        for one, other in zip(before[i:end_i], after[j:end_j]):
            for first, second in zip(NUMBER.finditer(one), NUMBER.finditer(other)):
                if first[0] != second[0]:
                    is_time = bool(UNIT.match(other[second.end() :]))
                    numbers.append(Number(" ".join(other.split()), first[0], second[0], is_time))
    return numbers, others


def value(number: str) -> float:
    """0.5 for "0.5", 28800 for "28,800", -1 for "−1"."""
    return float(number.replace(",", "").replace("−", "-"))


def difference(old: str, new: str) -> tuple[float | None, str]:
    """The share of pixels that differ, and the new figure with these marked; (None, "") for figures of two sizes."""
    import numpy as np
    from PIL import Image

    images = []
    for png in (old, new):
        try:
            images.append(np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")))
        except OSError:
            return None, ""
    if images[0].shape != images[1].shape:
        return None, ""
    differs = (images[0] != images[1]).any(axis=-1)
    marked = np.repeat((0.35 * images[1].mean(axis=-1, keepdims=True) + 0.65 * 255), 3, axis=-1).astype("uint8")
    marked[differs] = MARKED
    png = io.BytesIO()
    Image.fromarray(marked).quantize(32).save(png, "PNG", optimize=True)
    return float(differs.mean()), base64.b64encode(png.getvalue()).decode()


def _readers(section: Section, cells: list[dict], numbers: list[Number]) -> list[Reader]:
    """What is to be read again in a section; where nothing changed in it, sentences with an old value of 3 digits."""
    drawn_in = {cell.id for cell in section.cells if cell.figures}
    near = [number for cell in section.cells for number in cell.numbers]
    readers = []
    for previous, cell in zip([None, *cells], cells):
        if cell["cell_type"] == "code":
            asserted = _asserts(files.source(cell)) if section.matters else []
            readers += [Reader(cell["id"], text, True, _stated(text, near, 2)) for text in asserted]
            continue
        follows = previous is not None and previous["id"] in drawn_in
        for sentence in sentences(files.source(cell)):
            states = _stated(sentence, near, 2) or _stated(sentence, numbers, 3)
            if states or (section.matters and (follows or NUMBER.search(NAMES.sub("", sentence)))):
                readers.append(Reader(cell["id"], sentence, False, states, follows))
    return sorted(readers, key=lambda reader: (not reader.states, not reader.follows))


def sentences(markdown: str) -> list[str]:
    """The sentences of a text cell, and the rows of its tables."""
    text = re.sub(r"</?\w[^>]*>", "\n\n", NO_PROSE.sub("\n\n", markdown))
    found = []
    for paragraph in re.split(r"\n\s*\n|\n(?=[*|-]|\d+\. )", text):
        plain = " ".join(paragraph.split())
        if set(plain) - set("|-: "):
            parts = [re.sub(r"\*+(?=\S)|(?<=\S)\*+", "", part.strip()) for part in reference.SENTENCE.split(plain)]
            found += [part for part in parts if len(part.split()) >= WORDS]
    return found


def _asserts(source: str) -> list[str]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # a line for IPython
        return [line.strip() for line in source.splitlines() if line.strip().startswith("assert ")]
    return [
        textwrap.dedent(ast.get_source_segment(source, node) or "") for node in nodes if isinstance(node, ast.Assert)
    ]


def _stated(text: str, numbers: list[Number], digits: int) -> tuple[str, ...]:
    """The old values that a text states, rounded as it pleases, where it would have to state something else now."""
    found = []
    for token in NUMBER.findall(NAMES.sub("", text)):
        if len(re.sub(r"e.*|\D", "", token).lstrip("0")) < digits or "e" in token:
            continue
        decimals = len(token.partition(".")[2])
        stated = abs(value(token))
        for number in numbers:
            for factor in (1, 100):  # 0.723 is 72.3 %
                old, new = (round(abs(value(each)) * factor, decimals) for each in (number.old, number.new))
                if factor == 100 and not abs(value(number.old)) <= 1:
                    continue
                if old == stated != new and number.old not in found:
                    found.append(number.old)
    return tuple(found)
