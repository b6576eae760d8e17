"""A dataset's files: found on this machine, or fetched once, and checked against the SHA-256 of ``data/manifest.json``.

Nothing is unpacked before its archive is checked, and nothing gets its final name before it is complete.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import tarfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from helpers import places
from helpers.data import hosts

if os.name == "nt":
    import msvcrt
else:
    import fcntl

ATTEMPTS = 3  # connections to one host, as long as each brings the download further
MANIFEST_REMEDY = "Get data/manifest.json anew from the project (git checkout data/manifest.json), and run this again."


class DatasetError(OSError):
    """A dataset cannot be had. The message names the file or the address, and what to do."""

    def __init__(self, message: str):
        super().__init__(hosts.plain(message, longest=5000))


def files(name: str) -> dict[str, list[Path]]:
    """The checked files of one dataset of the manifest, {"training": [...], "test": [...]}. Raises DatasetError.

    The variable CIFAR10_PATH (the archive, the folder or its parent) goes first, then data/, then the network.
    """
    source = entry(name)
    if not source:
        raise DatasetError(f"{places.MANIFEST} has no entry {name!r}. {MANIFEST_REMEDY}")
    try:
        folder = _found(source)
    except DatasetError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        if getattr(error, "errno", None) in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
            _remove_unfinished(source)  # do not leave the disk full
            raise _no_space(source) from None
        reason = f"{error.strerror}: {error.filename}" if getattr(error, "filename", None) else error
        raise DatasetError(
            f"{source['title']} could not be written into {places.DATA} ({reason}). Make that folder one that you can "
            f"write into and run this again, or name in {source['variable']} where the unpacked files are."
        ) from None
    return {part: [folder / file for file in source[part]] for part in ("training", "test")}


def entry(name: str) -> dict:
    """The manifest's entry of a dataset, and what follows from its name; empty for a dataset that is drawn.

    Raises DatasetError when the manifest is missing or of another shape.
    """
    try:
        source = json.loads(places.MANIFEST.read_text(encoding="utf-8")).get(name, {})
        if source == {}:
            return source
        known = {**source["training"], **source["test"]}
        parts = [source, *known.values()]
        good = (
            isinstance(source["title"], str)
            and isinstance(source["addresses"], list)
            and all(isinstance(address, str) for address in source["addresses"])
            and all(source[key] for key in ("addresses", "training", "test"))
            and all(re.fullmatch(r"\w[\w.-]{,99}", file) for file in (source["archive"], source["folder"], *known))
            and all(isinstance(part["sha256"], str) and isinstance(part["bytes"], int) for part in parts)
            and all(0 < part["bytes"] < 1 << 50 for part in parts)
        )
        if not good:
            raise ValueError(f"{name!r} has another shape")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        fault = f"{type(error).__name__}: {error}"
        raise DatasetError(f"{places.MANIFEST} cannot be used ({fault}). {MANIFEST_REMEDY}") from None
    needed = sum(part["bytes"] for part in parts)
    return source | {"variable": f"{name.upper()}_PATH", "lock": f"{name}.lock", "files": known, "needed": needed}


def here(source: dict) -> Path | None:
    """The folder with the dataset's files, or the archive, on this machine, checked or not; None without either."""
    named = os.environ.get(source["variable"], "")
    try:
        return _local(Path(named).expanduser() if named else places.DATA, source)
    except (OSError, RuntimeError, ValueError):  # too long for a path, the home of nobody, a folder of somebody else
        return None


def fetch(source: dict, archive: Path) -> None:
    """Bring the archive to its published bytes, from the first address that delivers; DatasetError when none does.

    What has come by then stays, and the next try goes on from there.
    """
    tries = dict.fromkeys(source["addresses"], 0)
    failures = {}
    waiting = deque(tries)
    while waiting:
        address = waiting.popleft()
        tries[address] += 1
        before = hosts.size_of(archive)
        try:
            hosts.download(address, archive, source["bytes"], source["title"], patient=all(tries.values()))
            if sha256(archive) == source["sha256"]:
                return
            archive.unlink()
            raise hosts.HostError("sent other bytes than the published archive")
        except hosts.HostError as error:
            failures[address] = str(error)
            after = hosts.size_of(archive)
            if before and not after:
                # Perhaps it was begun wrongly, elsewhere: the same host is asked for all of it.
                waiting.appendleft(address)
            elif tries[address] < ATTEMPTS and after != before:
                waiting.append(address)
    tried = "; ".join(f"{hosts.plain(address, longest=200)} {reason}" for address, reason in failures.items())
    proxies = ", ".join(f"{kind}_proxy={address.rpartition('@')[2]}" for kind, address in hosts.proxies().items())
    check = f"the network and the proxy ({proxies})" if proxies else "the network"
    raise DatasetError(
        f"{source['title']} could not be fetched: {tried}. Check {check} and run this again, or put "
        f"{source['archive']} into {archive.parent} or name it in {source['variable']}."
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
    remedy = f"{archive.name} is not the archive of the manifest's files. {MANIFEST_REMEDY}"
    try:
        _extract(archive, unfinished, source)
        for name, published in source["files"].items():
            _check_file(unfinished / name, published, remedy)
        os.replace(unfinished, folder)
    except Exception as error:  # the disk's, or whatever the library makes of an archive that is none
        if getattr(error, "errno", None) or isinstance(error, DatasetError):
            raise
        raise DatasetError(f"{archive} cannot be unpacked ({type(error).__name__}: {error}). {remedy}") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _extract(archive: Path, folder: Path, source: dict) -> None:
    # Only these names are written, each to a path of our own making: the archive cannot choose any.
    wanted = {f"{source['folder']}/{name}": (folder / name, source["files"][name]["bytes"]) for name in source["files"]}
    with tarfile.open(archive, "r|gz") as members:
        for member in members:
            path, size = wanted.get(member.name, (None, None))
            if member.isreg() and member.size == size:
                with open(path, "wb") as file:
                    shutil.copyfileobj(members.extractfile(member), file)


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        known = dict(json.loads(memory.read_text()))
    except (OSError, ValueError, TypeError, RecursionError):
        known = {}
    good = {}
    for name, published in source["files"].items():
        path = folder / name
        with suppress(OSError):
            good[str(path)] = [path.stat().st_size, path.stat().st_mtime_ns, published["sha256"]]
        if str(path) not in good or known.get(str(path)) != good[str(path)]:
            _check_file(path, published, remedy)
    if {**known, **good} != known:
        # Where data/ is read-only, or this was half written, the files are checked each time.
        with suppress(OSError):
            memory.write_text(json.dumps({**known, **good}))


def _check_file(path: Path, published: dict, remedy: str) -> None:
    try:
        good = path.stat().st_size == published["bytes"] and sha256(path) == published["sha256"]
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}). {remedy}") from None
    if not good:
        raise DatasetError(f"{path} is damaged: its bytes are not the published ones. {remedy}")


def _found(source: dict) -> Path:
    """The folder with the dataset's files, each checked; unpacked or fetched first where it is not there."""
    variable = source["variable"]
    named = hosts.plain(os.environ.get(variable, ""), longest=200)
    found = here(source)
    if named and found is None:
        raise DatasetError(
            f"{variable} is {named!r}, but neither {source['archive']} nor {source['folder']} is there, or you may not "
            f"read it. Name the archive, the folder or the folder's parent, or unset {variable}."
        )
    folder = found if found and found.is_dir() else places.DATA / source["folder"]
    remedy = f"Delete the folder {folder} and run this again: it will be fetched anew."
    if not _local(folder, source):
        _prepare(folder, found, source)
    elif named and found == folder:
        remedy = f"Copy the folder again, or unset {variable}."
    _check_folder(folder, source, remedy)
    if (places.DATA / source["folder"]).is_dir():
        # Of this run, or of one that was killed.
        _remove_unfinished(source)
    return folder


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
    part = data / f"{source['archive']}.part"
    data.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(data / source["lock"], title):
        # Another notebook may have finished while this one waited.
        archive = archive or _local(data, source)
        if _local(folder, source):
            return
        for path in (folder, data / source["archive"], part):
            with suppress(OSError):
                path.rmdir()  # an empty one is in nobody's way
            if path.is_dir() or folder.exists():
                raise DatasetError(
                    f"{path} is in the way, and holds no {title}: move it elsewhere, and run this again."
                )
        if archive is None:
            if shutil.disk_usage(data).free < source["needed"] - hosts.size_of(part):
                raise _no_space(source)
            # It stays a .part, so that whoever comes after a kill knows it for ours.
            archive = part
            fetch(source, archive)
        unpack(archive, folder, source)


def _no_space(source: dict) -> DatasetError:
    return DatasetError(
        f"{source['title']} could not be written into {places.DATA}: the disk is full. It needs "
        f"{source['needed'] / 1e6:,.0f} MB there. Free some space and run this again, or name in {source['variable']} "
        "where the unpacked files are."
    )


def _remove_unfinished(source: dict) -> None:
    with suppress(OSError):
        (places.DATA / f"{source['archive']}.part").unlink(missing_ok=True)
    shutil.rmtree(places.DATA / f"{source['folder']}.part", ignore_errors=True)
