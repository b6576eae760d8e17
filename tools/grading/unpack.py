"""All files below a folder and in its zips, read with limits: nothing is written, and nothing is followed or run."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

LARGEST = 50_000_000  # bytes of a notebook, or of a zip inside; lessons with all outputs have up to 6 MB
UNPACKED = 2_000_000_000  # bytes that one zip may have when unpacked
FILES = 50_000  # of one zip, or below one folder
DEPTH = 3  # zips within zips


@dataclass(frozen=True)
class Found:
    """One file: its path below the folder, what it holds, its time; ``odd`` says why a file was not read (None).

    ``handed_in`` is a time that was noted beside it; a file's own, in a zip too, may be that of its download.
    """

    parts: tuple[str, ...]
    content: bytes | None
    time: datetime | None
    odd: str = ""
    handed_in: datetime | None = None

    @property
    def name(self) -> str:
        """Its path below the folder, as text."""
        return "/".join(self.parts)


def walk(place: Path, noise: Collection[str]) -> Iterator[Found]:
    """Every file below a folder or in a zip, but those named, or in folders named, in ``noise``."""
    if place.is_file():
        yield from _zip((), place, noise, 1)
        return
    count = 0
    for folder, inner, names in os.walk(place, onerror=lambda error: None):
        inner[:] = sorted(set(inner) - set(noise))
        here = Path(folder)
        links = [name for name in inner if (here / name).is_symlink()]
        for name in sorted({*names, *links} - set(noise)):
            count += 1
            if count > FILES:
                yield Found((place.name,), None, None, f"More than {FILES:,} files: the rest is left aside.")
                return
            yield from _file(here / name, (here / name).relative_to(place).parts, noise)


def _file(path: Path, parts: tuple[str, ...], noise: Collection[str]) -> Iterator[Found]:
    try:
        facts = path.lstat()
        stamp = _stamp(path)
        time = stamp or datetime.fromtimestamp(facts.st_mtime).replace(microsecond=0)
        if stat.S_ISLNK(facts.st_mode):
            yield Found(parts, None, None, f"{'/'.join(parts)} is a link to something else, which is not followed.")
        elif not stat.S_ISREG(facts.st_mode):
            yield Found(parts, None, None, f"{'/'.join(parts)} is no file.")
        elif path.suffix.lower() == ".zip":
            yield from _zip(parts, path, noise, 1)
        elif facts.st_size > LARGEST:
            yield Found(parts, None, time, _too_large(parts, facts.st_size))
        else:
            yield Found(parts, path.read_bytes(), time, handed_in=stamp)
    except OSError as error:
        yield Found(parts, None, None, f"{'/'.join(parts)} cannot be read: {error.strerror}.")


def _stamp(path: Path) -> datetime | None:
    """When it was handed in, as nbgrader and its collectors note it in a file beside."""
    try:
        text = (path.parent / "timestamp.txt").read_text(encoding="utf-8").strip()
        for zone in (" UTC", " GMT"):
            text = text.removesuffix(zone) + ("+00:00" if text.endswith(zone) else "")
        return datetime.fromisoformat(text).astimezone().replace(tzinfo=None)
    except (OSError, ValueError, OverflowError):
        return None


def _zip(parts: tuple[str, ...], file: Path | io.BytesIO, noise: Collection[str], depth: int) -> Iterator[Found]:
    name = "/".join(parts) or str(getattr(file, "name", "The zip"))
    try:
        with zipfile.ZipFile(file) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            if len(entries) > FILES or sum(entry.file_size for entry in entries) > UNPACKED:
                yield Found(parts or (name,), None, None, f"{name} would unpack to far too much: it is left aside.")
                return
            for entry in entries:
                yield from _entry(packed, entry, parts, noise, depth)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        yield Found(parts or (name,), None, None, f"{name} cannot be read as a zip: {error}.")


def _entry(
    packed: zipfile.ZipFile, entry: zipfile.ZipInfo, before: tuple[str, ...], noise: Collection[str], depth: int
) -> Iterator[Found]:
    own = tuple(part for part in entry.filename.replace("\\", "/").split("/") if part not in ("", "."))
    if not own or set(own) & set(noise):
        return
    parts = (*before, *(part for part in own if part != ".."))
    name = "/".join((*before, *own))
    if ".." in own or entry.filename.startswith(("/", "\\")):
        yield Found(parts or (name,), None, None, f"{name} points outside of its zip, which is not followed.")
        return
    if stat.S_ISLNK(entry.external_attr >> 16):
        yield Found(parts, None, None, f"{name} is a link to something else, which is not followed.")
        return
    limit = LARGEST
    try:
        time = datetime(*entry.date_time) if entry.date_time[0] > 1980 else None
    except ValueError:
        time = None
    if entry.file_size > limit:
        yield Found(parts, None, time, _too_large(parts, entry.file_size))
        return
    try:
        with packed.open(entry) as stream:
            content = stream.read(limit + 1)  # what the entry says of its size may be a lie
    except Exception as error:  # encrypted, damaged, of a method unknown here: zipfile has many ways to say so
        yield Found(parts, None, time, f"{name} cannot be unpacked: {error}.")
        return
    if len(content) > limit:
        yield Found(parts, None, time, _too_large(parts, len(content)))
    elif parts[-1].lower().endswith(".zip") and depth < DEPTH:
        yield from _zip(parts, io.BytesIO(content), noise, depth + 1)
    else:
        yield Found(parts, content, time)


def _too_large(parts: tuple[str, ...], size: int) -> str:
    most = f"at most {LARGEST / 1e6:.0f} MB are read"
    return f"{'/'.join(parts)} has {size / 1e6:,.0f} MB, and {most}: ask for it without outputs."
