"""A dataset's files: found on this machine, or fetched once, and checked against the SHA-256 of ``data/manifest.json``.

Nothing is unpacked before its archive is checked, and nothing gets its final name before it is complete.
"""

import errno
import hashlib
import http.client
import json
import os
import shutil
import ssl
import sys
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

from tqdm import tqdm

from helpers import places

if os.name == "nt":
    import msvcrt
else:
    import fcntl

TIMEOUT_SECONDS = 15  # for an answer, and between two pieces of it
CRAWL_SECONDS = 20  # a host that stays this long ...
CRAWL_BYTES_PER_SECOND = 200_000  # ... below this speed is left, while another one has not been tried
ATTEMPTS = 3  # connections to one host, as long as each brings the download further
PIECE = 1 << 16


class DatasetError(OSError):
    """A dataset cannot be had. The message names the file or the address, and what to do."""


class HostError(Exception):
    """One address did not deliver; the next one may."""


def files(name: str) -> dict[str, list[Path]]:
    """The checked files of one dataset of the manifest, {"training": [...], "test": [...]}. Raises DatasetError.

    The variable CIFAR10_PATH (the archive, the folder or its parent) goes first, then data/, then the network.
    """
    source = entry(name)
    variable = source["variable"]
    named = os.environ.get(variable, "")
    found = here(source)
    if named and found is None:
        raise DatasetError(
            f"{variable} is {named!r}, but neither {source['archive']} nor {source['folder']} is there. "
            f"Name the archive, the folder or the folder's parent, or unset {variable}."
        )
    folder = found if found and found.is_dir() else places.DATA / source["folder"]
    remedy = f"Delete the folder {folder} and run this again: it will be fetched anew."
    if not _local(folder, source):
        _prepare(folder, found, source)
    elif named and found == folder:
        remedy = f"Copy the folder again, or unset {variable}."
    _check_folder(folder, source, remedy)
    return {part: [folder / file for file in source[part]] for part in ("training", "test")}


def entry(name: str) -> dict:
    """The manifest's entry of a dataset, and what follows from its name; empty for a dataset that is drawn."""
    source = json.loads(places.MANIFEST.read_text(encoding="utf-8")).get(name, {})
    if source:
        source |= {"variable": f"{name.upper()}_PATH", "lock": f"{name}.lock"}
        source["files"] = {**source["training"], **source["test"]}
    return source


def here(source: dict) -> Path | None:
    """The folder with the dataset's files, or the archive, on this machine, checked or not; None without either."""
    named = os.environ.get(source["variable"], "")
    return _local(Path(named).expanduser() if named else places.DATA, source)


def fetch(source: dict, archive: Path) -> None:
    """Download the archive from the first address that delivers it; DatasetError when none does.

    What has come by then is kept as ``.part``, from which the next try goes on.
    """
    part = archive.with_name(archive.name + ".part")
    tries = dict.fromkeys(source["addresses"], 0)
    failures = {}
    waiting = deque(tries)
    while waiting:
        address = waiting.popleft()
        tries[address] += 1
        before = _size(part)
        try:
            _download(address, part, source, patient=all(tries.values()))
            if sha256(part) == source["sha256"]:
                os.replace(part, archive)
                return
            part.unlink()
            raise HostError("sent other bytes than the published archive")
        except HostError as error:
            failures[address] = str(error)
            # Also after a wrong SHA-256 of what was begun elsewhere: this host then starts from nothing.
            if tries[address] < ATTEMPTS and _size(part) != before:
                waiting.append(address)
    tried = "; ".join(f"{address} {reason}" for address, reason in failures.items())
    raise DatasetError(
        f"{source['title']} could not be fetched: {tried}. Check the network and run this again, "
        f"or put {archive.name} into {archive.parent} or name it in {source['variable']}."
    )


def unpack(archive: Path, folder: Path, source: dict) -> None:
    """Write the published archive's known files into ``folder``, which appears complete or not at all."""
    if archive.stat().st_size != source["bytes"] or sha256(archive) != source["sha256"]:
        raise DatasetError(
            f"{archive} is damaged, or another version than the binary one: its SHA-256 is not the published "
            f"{source['sha256'][:12]}... Delete it, and run this again or get it from {source['addresses'][0]}"
        )
    unfinished = folder.with_name(folder.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    # Only these names are written, each to a path of our own making: the archive cannot choose any.
    wanted = {f"{source['folder']}/{name}": unfinished / name for name in source["files"]}
    with tarfile.open(archive, "r|gz") as members:
        for member in members:
            if member.isreg() and member.name in wanted:
                with open(wanted[member.name], "wb") as file:
                    shutil.copyfileobj(members.extractfile(member), file)
    for name, published in source["files"].items():
        _check_file(unfinished / name, published, f"Delete {archive} and run this again.")
    os.replace(unfinished, folder)


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _local(path: Path, source: dict) -> Path | None:
    """The folder with the dataset's files or the archive, at ``path`` or in it; None when there is neither."""
    if path.is_file():
        return path.resolve()
    for folder in (path, path / source["folder"]):
        if any((folder / name).exists() for name in source["files"]):
            return folder.resolve()
    archive = path / source["archive"]
    return archive.resolve() if archive.is_file() else None


def _check_folder(folder: Path, source: dict, remedy: str) -> None:
    """Compare each file with its published SHA-256, once: checked.json keeps size and time of what was found good."""
    memory = places.DATA / "checked.json"
    try:
        known = json.loads(memory.read_text())
    except (OSError, ValueError):
        known = {}
    good = {}
    for name, published in source["files"].items():
        path = folder / name
        with suppress(OSError):
            good[str(path)] = [path.stat().st_size, path.stat().st_mtime_ns, published["sha256"]]
        if str(path) not in good or known.get(str(path)) != good[str(path)]:
            _check_file(path, published, remedy)
    if {**known, **good} != known:
        # Where data/ is read-only, the files are checked each time.
        with suppress(OSError):
            unfinished = memory.with_name(f"{memory.name}.{os.getpid()}.part")
            unfinished.write_text(json.dumps({**known, **good}))
            os.replace(unfinished, memory)


def _check_file(path: Path, published: dict, remedy: str) -> None:
    try:
        good = path.stat().st_size == published["bytes"] and sha256(path) == published["sha256"]
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}). {remedy}") from None
    if not good:
        raise DatasetError(f"{path} is damaged: its bytes are not the published ones. {remedy}")


@contextmanager
def one_at_a_time(lock: Path, title: str) -> Iterator[None]:
    """Let one process in. The system gives the lock back when its holder ends, however it ends."""
    with open(lock, "a") as file:
        if not _locked(file):
            print(f"Another notebook is fetching {title}: waiting for it.", flush=True)
            while not _locked(file):
                time.sleep(0.2)
        yield


def _locked(file: TextIO) -> bool:
    """Take the lock if it is free, and say whether it is ours."""
    try:
        if os.name == "nt":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network drives know no locks: then go on without one, the SHA-256 still guards the result.
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    return True


def _prepare(folder: Path, archive: Path | None, source: dict) -> None:
    """Have the files in ``folder``: unpacked from ``archive``, or fetched first when that is None."""
    data, title = folder.parent, source["title"]
    part = data / (source["archive"] + ".part")
    needed = source["bytes"] + sum(published["bytes"] for published in source["files"].values())
    try:
        data.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(data / source["lock"], title):
            # Another notebook may have finished while this one waited.
            archive = archive or _local(data, source)
            if _local(folder, source):
                return
            fetched = archive is None
            if fetched:
                if shutil.disk_usage(data).free < needed - _size(part):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                archive = data / source["archive"]
                fetch(source, archive)
            unpack(archive, folder, source)
            if fetched:
                archive.unlink()
    except OSError as error:
        if isinstance(error, DatasetError):
            raise
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
            # Do not leave the disk full.
            part.unlink(missing_ok=True)
            shutil.rmtree(data / (source["folder"] + ".part"), ignore_errors=True)
        raise DatasetError(
            f"{title} could not be written into {data} ({error.strerror}): it needs {needed / 1e6:,.0f} MB there. Free "
            f"some space, make that folder writable, or name a folder elsewhere in {source['variable']}."
        ) from None


def _download(address: str, part: Path, source: dict, patient: bool) -> None:
    """Bring ``part`` to its full size. Raises HostError for all that is the host's fault, OSError for the disk's."""
    have, size = _size(part), source["bytes"]
    if have == size:
        return
    headers = {"User-Agent": "cnn-on-cifar10"}
    if 0 < have < size:
        headers["Range"] = f"bytes={have}-"
    with _host_errors():
        request = urllib.request.Request(address, headers=headers)
        response = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=_certificates())
    with response:
        # Not every host can begin in the middle: one that answers 200 sends the file from its first byte.
        begin = have if response.status == http.client.PARTIAL_CONTENT else 0
        if response.headers.get_content_type() == "text/html":
            raise HostError("answered with a web page, perhaps the login page of this network")
        if response.length is not None and begin + response.length != size:
            raise HostError(f"offers a file of {begin + response.length:,} bytes, not {size:,}")
        # By default to stderr, which does not belong into a lesson's stored output.
        look = {"unit": "B", "unit_scale": True, "mininterval": 0.5, "leave": False, "file": sys.stdout}
        name = f"{source['title']} from {urllib.parse.urlsplit(address).hostname}"
        with open(part, "ab" if begin else "wb") as file, tqdm(desc=name, initial=begin, total=size, **look) as bar:
            _copy(response, file, size - begin, patient, bar)


def _copy(response: http.client.HTTPResponse, file: BinaryIO, missing: int, patient: bool, bar: tqdm) -> None:
    """Append ``missing`` bytes as they come. Raises HostError when they stop, or crawl and there is no patience."""
    since, received = time.monotonic(), 0
    while missing > 0:
        with _host_errors():
            # One piece as it comes: read() would wait until all of it is there, and never notice a crawl.
            piece = response.read1(min(PIECE, missing))
        if not piece:
            raise HostError(f"broke off {missing:,} bytes before the end")
        file.write(piece)
        bar.update(len(piece))
        missing -= len(piece)
        received += len(piece)
        seconds = time.monotonic() - since
        if seconds > CRAWL_SECONDS:
            if received / seconds < CRAWL_BYTES_PER_SECOND and not patient:
                raise HostError(f"sent only {received / seconds / 1000:.0f} kB/s")
            since, received = time.monotonic(), 0


def _certificates() -> ssl.SSLContext:
    """The system's certificates, and those of certifi where it is installed: Python for macOS comes with none."""
    context = ssl.create_default_context()
    with suppress(ImportError):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


@contextmanager
def _host_errors() -> Iterator[None]:
    """Turn what the network raises into the second half of a sentence that begins with the address."""
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise HostError(f"sent nothing for {TIMEOUT_SECONDS} s") from None
        known = str(error) if isinstance(error, urllib.error.HTTPError) else getattr(reason, "strerror", None) or reason
        raise HostError(f"could not be read ({known})") from None
