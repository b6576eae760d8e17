"""One process at a time, on every system."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

if os.name == "nt":
    import msvcrt
else:
    import fcntl


@contextmanager
def one_at_a_time(lock: Path, title: str) -> Iterator[None]:
    """Let one process in. The system gives the lock back when its holder ends, however it ends."""
    with open(lock, "a") as file:
        if not _locked(file):
            print(f"Another notebook is fetching {title}: waiting for it.", flush=True)
            while not _locked(file):
                time.sleep(0.2)
        yield


def _locked(file: IO) -> bool:
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
