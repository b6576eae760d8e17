"""From the cells of a lesson to its slides: the core, in order, every slide full at most.

No solution, no check, nothing folded, no set-up. A guess ends a slide, so that its result is on the next one.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from tools.lessons import files, slides
from tools.slides import blocks, clock, code, sizes
from tools.slides.blocks import Block, Figure

# Text goes on on the next slide rather than fill one: one idea a slide.
PROSE = 0.8 * sizes.ROOM
CARD = re.compile(r"#{3,4} Exercise (\d+\.\d+) · (.*)")


@dataclass
class Slide:
    """What stands on one, the line above it, what the teacher reads beside it, and the seconds it is meant to take."""

    head: str
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    section: str = ""
    closed: bool = False
    card: bool = False
    seconds: float = 0.0
    kind: str = ""

    @property
    def used(self) -> float:
        return sum(block.height for block in self.blocks)

    def grow(self) -> None:
        """Give its figure the room that is left."""
        figures = [block for block in self.blocks if isinstance(block, Figure)]
        if len(self.blocks) == len(figures) == 1 and figures[0].height >= sizes.ROOM:
            self.kind += " full"  # nothing above it but the number
            figures[0].grow(sizes.HIGH - sizes.TOP)
            return
        for each in figures:
            others = sum(block.height for block in self.blocks if block not in figures)
            each.grow((sizes.ROOM - others) / len(figures))


class Builder:
    """Puts cells onto slides, one after the other; ``takes`` says of slow cells how long, in live mode."""

    def __init__(self, lesson, notebook: dict, takes: dict[str, str] | None = None):
        self.lesson, self.takes = lesson, takes or {}
        self.top = f"{lesson.number} · {lesson.title}"
        self.slides: list[Slide] = []
        self.section = ""
        self.noted: list[str] = []
        self.hints: tuple[str, list[Block]] = "", []
        cells = core(notebook["cells"])
        for index, cell in enumerate(cells):
            self._cell(cell, cells[index + 1 :])
        self._end_card()
        goals = 1 + max((at for at, slide in enumerate(self.slides) if not slide.section), default=-1)
        self.slides[goals:goals] = self._overview()
        for slide in self.slides:
            slide.grow()
        self._time()

    def _cell(self, cell: dict, after: list[dict]) -> None:
        text = files.source(cell)
        tags = cell["metadata"].get("tags", [])
        facts = files.exercise(cell)
        if "instructor" in tags:
            self.noted.append(text)
            self.slides[-1].notes.append(blocks.rendered(text))
            return
        if cell["cell_type"] == "code" and facts.get("solution"):
            self._stub(text)
            return
        self._end_card()
        if slides.fixed(cell, further=False) == "skip":
            return
        if cell["cell_type"] == "markdown":
            self._prose(text)
        else:
            if not self.section:
                text = code.without(text, ast.Import, ast.ImportFrom)
            if text.strip():
                self._code(cell, text, after)

    def _prose(self, text: str) -> None:
        made = blocks.prose(text)
        if not made:
            return
        heading = made[0].head
        if heading == 1:
            self._title(made)
            return
        if heading == 2:
            self.section = text.splitlines()[0].lstrip("# ")
            self._new(made, head=self.top)
            return
        card = CARD.match(text)
        if card:
            self._card(text, card[1], made)
            return
        if not heading:
            made = self._beside_figure(made)
        if made:
            self._place(made, fresh=bool(heading))

    def _beside_figure(self, made: list[Block]) -> list[Block]:
        """Put what reads a figure below it, as far as there is room; returns the rest."""
        now = self.slides[-1]
        if now.closed or not isinstance(now.blocks[-1], Figure):
            return made
        while made and now.used + made[0].height <= sizes.ROOM:
            now.blocks.append(made.pop(0))
        return made

    def _card(self, text: str, number: str, made: list[Block]) -> None:
        """An exercise, without its hints: these come below what students are given, or on the next slide."""
        folded = [block for block in made if block.html.startswith("<details")]
        self._place([block for block in made if block not in folded], fresh=True)
        self.slides[-1].card = True
        self.hints = number, folded
        if minutes := re.search(r"·\s*(\d+) minutes?", text):
            self.slides[-1].notes.append(f"<p>Exercise: {minutes[1]} minutes.</p>")

    def _end_card(self) -> None:
        number, folded = self.hints
        self.hints = "", []
        if not number:
            return
        for block in folded:
            if self.slides[-1].used + block.height > sizes.ROOM:
                self._new([*blocks.prose(f"### Exercise {number}"), block], head=self.section)
            else:
                self.slides[-1].blocks.append(block)
        self.slides[-1].closed = True

    def _title(self, made: list[Block]) -> None:
        cut = next((at for at, block in enumerate(made) if "After this lesson" in block.html), len(made))
        self._new(made[:cut], head="", kind="title")
        if made[cut:]:
            self._new(made[cut:], head=self.top)
        self.slides[-1].closed = True

    def _stub(self, text: str) -> None:
        """What students are given, on the slide of their card or on the next one."""
        self._place(code.source_blocks(code.stub(text)), fresh=False)
        self._end_card()
        self.slides[-1].closed = True

    def _code(self, cell: dict, text: str, after: list[dict]) -> None:
        source = code.source_blocks(text)
        printed = code.output_blocks(cell, read_by(after))
        takes = self.takes.get(cell["id"])
        if code.GUESS.search(text):
            self._guess(source)
            return
        if takes:
            self._training(source, printed, takes)
            return
        before = self.slides[-1]
        joins = not before.closed and not any(
            isinstance(block, Figure) or block.html.startswith('<pre class="printed"') for block in before.blocks
        )
        alone = sum(block.height for block in [*source, *printed])
        if joins and alone > sizes.ROOM and before.used + source[0].height <= sizes.ROOM:
            before.blocks.append(source[0])
            self._new([*source[1:], *printed], head=self.section or self.top)
        else:
            self._place([*source, *printed], fresh=not joins)

    def _guess(self, source: list[Block]) -> None:
        """Below its question, which moves on with it where there is no room; the result is on a later slide."""
        now = self.slides[-1]
        asked = []
        if now.used + source[0].height > sizes.ROOM and len(now.blocks) > 1 and not now.blocks[-2].head:
            asked = [now.blocks.pop()]
        self._place([*asked, *source], fresh=bool(asked))
        self.slides[-1].closed = True

    def _training(self, source: list[Block], printed: list[Block], takes: str) -> None:
        """The code, with how long it takes; then the stored run, and where to run it."""
        self._place([_remark(f"Takes {takes}."), *source], fresh=True)
        section = clock.section_name(self.section)
        self._place([_remark(f"The stored run, on CIFAR-10. Yours: in JupyterLab, section {section}."), *printed], True)
        self.slides[-1].closed = True

    def _place(self, made: list[Block], fresh: bool, kind: str = "") -> None:
        """Onto the slide that is there, where all of it fits, else onto new ones."""
        now = self.slides[-1]
        if not fresh and not now.closed and now.used + sum(block.height for block in made) <= sizes.ROOM:
            now.blocks += made
            return
        self._new(made, head=self.section or self.top, kind=kind)

    def _new(self, made: list[Block], head: str, kind: str = "") -> None:
        """Onto as many new slides as it needs."""
        for part in packed(made):
            self.slides.append(Slide(head, part, section=self.section, kind=kind))
            head = self.section or self.top

    def _overview(self) -> list[Slide]:
        """The sections, with their minutes where the notes have them."""
        spans = self._spans()
        lines = [Block("<h2>Sections</h2>", sizes.HEADINGS["h2"][1] + sizes.GAP, head=2)]
        names = list(dict.fromkeys(slide.section for slide in self.slides if slide.section))
        for name in names:
            span = spans.get(clock.section_name(name))
            minutes = f'<span class="minutes">{span.minutes} min</span>' if span else ""
            lines.append(Block(f'<p class="entry">{blocks.inline(name)}{minutes}</p>', sizes.LINE + 4))
        return [Slide(self.top, part, kind="overview") for part in packed(lines)]

    def _spans(self) -> dict[str, clock.Span]:
        try:
            return clock.spans(self.noted, self.lesson.core_minutes)
        except ValueError as error:
            raise SystemExit(f"Lesson {self.lesson.number}: {error}. Change the note for the teacher.") from None

    def _time(self) -> None:
        """Seconds for each slide, and the clock in its notes. Without minutes in the notes, all are alike."""
        spans, core = self._spans(), self.lesson.core_minutes
        groups: dict[object, list[Slide]] = {}
        for slide in self.slides:
            span = spans.get(clock.section_name(slide.section)) if spans else clock.Span(0, core)
            groups.setdefault(span, []).append(slide)
        for span, members in groups.items():
            if span is None:
                for slide in members:
                    slide.notes.insert(0, f"<p>No minutes of its own among the {core}.</p>")
                continue
            shares = [3 if slide.card else 1 for slide in members]
            now = 60.0 * span.begin
            for slide, share in zip(members, shares):
                slide.seconds = 60 * span.minutes * share / sum(shares)
                clock_now = clock.stamp(now)
                note = f"At {clock_now} of {core} minutes; this section takes minutes {span.begin} to {span.end}."
                if not spans:
                    note = f"At about {clock_now} of {core} minutes: no note says how many a section takes."
                slide.notes.insert(0, f"<p><strong>{note}</strong></p>")
                now += slide.seconds


def core(cells: list[dict]) -> list[dict]:
    """The cells before *Going further*, or before the sources of a lesson that has none."""
    kept = []
    for cell in cells:
        if re.match(r"## (?:Going further|Sources)", files.source(cell)):
            break
        kept.append(cell)
    return kept


def read_by(after: list[dict]) -> str:
    """The first sentence that reads a figure, which stands in for its missing alternative text."""
    for cell in after[:2]:
        if cell["cell_type"] == "markdown" and "instructor" not in cell["metadata"].get("tags", []):
            plain = re.sub(r"[*`#$]", "", files.source(cell)).strip()
            return "Figure. " + blocks.SENTENCE.split(plain)[0][:200]
    return "Figure"


def packed(made: list[Block]) -> list[list[Block]]:
    """Blocks in parts of at most a slide, those of text about equally full; what is glued stays together if it fits."""
    units: list[list[Block]] = []
    for block in made:
        if units and block.glue and sum(each.height for each in units[-1]) + block.height <= sizes.ROOM:
            units[-1].append(block)
        else:
            units.append([block])
    heights = [sum(block.height for block in unit) for unit in units]
    is_text = not any(isinstance(block, Figure) or block.html.startswith("<pre") for block in made)
    most = sizes.ROOM if not is_text or sum(heights) <= sizes.ROOM else PROSE
    fewest = _filled(heights, most)
    if is_text:
        # The smallest height that needs no more slides.
        for lower in range(int(max(heights)), int(most), 10):
            if len(_filled(heights, lower)) == len(fewest):
                fewest = _filled(heights, lower)
                break
    return [[block for index in part for block in units[index]] for part in fewest]


def _filled(heights: list[float], most: float) -> list[list[int]]:
    parts: list[list[int]] = []
    used = 0.0
    for index, high in enumerate(heights):
        if not parts or used + high > most:
            parts.append([])
            used = 0.0
        parts[-1].append(index)
        used += high
    return parts


def _remark(text: str) -> Block:
    rows = -(-sizes.width(text) // (sizes.WIDTH - 80))
    return Block(f'<p class="remark">{text}</p>', rows * sizes.LINE + sizes.GAP)
