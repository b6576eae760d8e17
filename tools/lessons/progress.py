"""How far the execution of lessons is: by lesson and by cell, with the time that is left."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tqdm import tqdm

QUIET_SECONDS = 30  # between two lines where no terminal is
KNOWN = 20  # seconds of work, from which on this machine's speed counts as much as the stored one


class Progress:
    """A bar in a terminal, else a line now and then.

    ``expected`` has the seconds of each code cell of each lesson, in their order, as they were stored; ``titles`` what
    a lesson is called. ``jobs`` lessons are executed at a time.
    """

    def __init__(self, expected: dict[Path, dict[str, float]], titles: dict[Path, str], jobs: int) -> None:
        self._expected, self._titles, self._jobs = expected, titles, jobs
        self._total = sum(sum(cells.values()) for cells in expected.values())
        self._over: set[Path] = set()
        self._cells: dict[Path, tuple[str, float]] = {}  # the cell that runs, and since when
        self._began = self._said = time.monotonic()
        self._terminal = sys.stdout.isatty()
        self._bar = tqdm(
            total=max(self._total, 1),
            bar_format="{percentage:3.0f}% |{bar:20}| {desc}",
            leave=False,
            file=sys.stdout,
            disable=None,
        )

    def show(self, begun: dict[Path, list[str]]) -> None:
        """Say where each lesson is; ``begun`` has the ids of the cells that have begun."""
        now = time.monotonic()
        parts = [self._where(path, ids, now) for path, ids in begun.items() if ids and path not in self._over]
        done = self._done(begun, now)
        self._bar.n = min(done, self._bar.total)
        line = "; ".join([*parts, _left(self._seconds_left(done, now))])
        if self._terminal:
            self._bar.set_description_str(line)
        elif now - self._said > QUIET_SECONDS and parts:
            self._said = now
            print(line, flush=True)

    def over(self, path: Path) -> None:
        """A lesson has ended."""
        self._over.add(path)

    def close(self) -> None:
        self._bar.close()

    def _where(self, path: Path, ids: list[str], now: float) -> str:
        if self._cells.get(path, ("", 0))[0] != ids[-1]:
            self._cells[path] = ids[-1], now
        return f"{self._titles[path]}: cell {len(ids)} of {len(self._expected[path])}, {ids[-1]!r}"

    def _done(self, begun: dict[Path, list[str]], now: float) -> float:
        """Stored seconds of what is done, the cells that run included as far as they are by the clock."""
        done = 0.0
        for path, cells in self._expected.items():
            if path in self._over:
                done += sum(cells.values())
                continue
            ids = begun.get(path, [])
            done += sum(cells.get(cell_id, 0) for cell_id in ids[:-1])
            if ids:
                done += min(cells.get(ids[-1], 0), now - self._cells[path][1])
        return done

    def _seconds_left(self, done: float, now: float) -> float:
        # This machine may be slower than the one that the seconds are from: known better with each cell.
        speed = (now - self._began + KNOWN) / (done / self._jobs + KNOWN)
        return max(0.0, self._total - done) / self._jobs * speed


def expected(ids: list[str], stored: dict[str, float], run_minutes: float) -> dict[str, float]:
    """Seconds of each code cell: the stored ones; where none are stored, the lesson's minutes in equal parts."""
    if stored:
        return {cell_id: stored.get(cell_id, 0.2) for cell_id in ids}
    return dict.fromkeys(ids, 60 * run_minutes / max(1, len(ids)))


def _left(seconds: float) -> str:
    if seconds < 90:
        return f"about {max(5, 5 * round(seconds / 5))} s left"
    return f"about {round(seconds / 60)} min left"
