"""A page on what a regeneration changed against the last commit, and what is to be read again because of it.

It is one file without anything from elsewhere: images are in it.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from helpers import places
from tools.lessons import changes, files, find, inputs

TEMPLATE = Path(__file__).with_name("report.html")


@dataclass
class Entry:
    """One lesson on the page: whether it was executed and why, its ``state``, and what changed in it."""

    lesson: find.Lesson
    why: str
    state: str  # "executed", "not executed", "failed", "not reached"
    problem: str = ""
    seconds: float = 0.0
    compared: bool = True  # False for a lesson that the last commit does not have
    sections: list[changes.Section] = field(default_factory=list)

    def cells(self) -> list[changes.Cell]:
        return [cell for section in self.sections for cell in section.cells]

    def count(self) -> dict[str, int]:
        """How much of each changed, and how much is to be read."""
        cells, readers = self.cells(), [reader for section in self.sections for reader in section.readers]
        return {
            "numbers": sum(len(cell.numbers) for cell in cells),
            "lines": sum(len(cell.lines) for cell in cells),
            "figures": sum(len(cell.figures) for cell in cells),
            "times": sum(len(cell.times) for cell in cells),
            "sentences": sum(not reader.is_assert for reader in readers),
            "asserts": sum(reader.is_assert for reader in readers),
            "states": sum(bool(reader.states) and not reader.is_assert for reader in readers),
        }


def last_commit(folder: Path) -> str:
    """The short name of the last commit, "" where there is no git, no repository or no commit yet."""
    return (_git(folder, "rev-parse", "--short", "HEAD") or b"").decode().strip()


def committed(path: Path) -> bytes | None:
    """A file as the last commit has it, None where it has none."""
    return _git(path.parent, "show", f"HEAD:./{path.name}")


def changed_since_stored(lesson: Path, modules: dict[str, str]) -> list[str]:
    """Which files of the project are others than they were in the lesson's last commit, given their digests of now."""
    commit = (_git(lesson.parent, "log", "-1", "--format=%H", "--", lesson.name) or b"").decode().strip()
    listed = _git(lesson.parent, "diff", "--name-only", commit, "--") if commit else None
    names = sorted(set((listed or b"").decode().split("\n")) & set(modules))
    held = {name: _git(places.ROOT, "show", f"{commit}:{name}") for name in names}
    return [name for name in names if inputs.code_digest(name, held[name] or b"") != modules[name]]


def _git(folder: Path, *words: str) -> bytes | None:
    try:
        made = subprocess.run(["git", "-C", str(folder), *words], capture_output=True)
    except OSError:
        return None
    return made.stdout if made.returncode == 0 else None


def compare(entry: Entry, before: bytes | None, commit: str) -> None:
    """Fill in what changed in a lesson: against the last commit, or against what its file held before this call."""
    old = committed(entry.lesson.path) if commit else before
    now = files.content(entry.lesson.path)
    old, now = (json.loads(held) if files.notebook(held) else None for held in (old, now))
    entry.compared = old is not None
    if old and now:
        entry.sections = changes.compare(old, now)


def total(entries: list[Entry]) -> dict[str, int]:
    counts = [entry.count() for entry in entries]
    return {name: sum(count[name] for count in counts) for name in Entry.count(entries[0])}


def against(commit: str) -> str:
    """What is compared with, in words."""
    return f"the last commit ({commit})" if commit else "what the files held before this call (there is no commit)"


def summary(entries: list[Entry], commit: str) -> str:
    """One sentence for the terminal."""
    found = total(entries)
    if not any(found.values()):
        return f"Nothing that is printed or drawn differs from {against(commit)}."
    parts = _list(
        [
            amount(found["numbers"], "number"),
            amount(found["lines"], "line", "with other words"),
            amount(found["figures"], "figure"),
            amount(found["times"], "time"),
        ]
    )
    read = _list([amount(found["sentences"], "sentence"), amount(found["asserts"], "assert")])
    states = f", {found['states']} of them with an old value" if found["states"] else ""
    return f"Changed against {against(commit)}: {parts}. To read again: {read or 'nothing'}{states}."


def amount(count: int, name: str, rest: str = "") -> str:
    """ "1 figure", "2 figures", "" for none."""
    return f"{count} {name}{'s' * (count != 1)} {rest}".rstrip() if count else ""


def _list(parts: list[str]) -> str:
    parts = [part for part in parts if part]
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def write(path: Path, entries: list[Entry], commit: str) -> None:
    """Write the page."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"amount": amount, "signed": _signed, "percent": _percent}
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    files.write(path, template.render(entries=entries, against=against(commit), summary=summary(entries, commit)))


def _signed(number: float) -> str:
    """+0.5, −12; nothing that arithmetic with floats adds."""
    return f"{number:+.6g}".replace("-", "−")


def _percent(share: float | None) -> str:
    if share is None:
        return "–"
    return f"{100 * share:+.2g} %".replace("-", "−") if abs(share) < 1 else f"{100 * share:+,.0f} %".replace("-", "−")
