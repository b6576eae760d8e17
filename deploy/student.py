"""What starts as a student: copies the lessons that are not there yet into ``~/cnn-on-cifar10``, then is the server.

Runs on a hub and in the image; the arguments go to ``jupyterhub-singleuser``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(words: list[str]) -> None:
    sys.path.insert(0, str(ROOT))
    from tools.lessons import find, workspace

    # Also where the course could be written into, as in an image that everybody has to himself.
    find.WORK = Path.home() / "cnn-on-cifar10"
    try:
        workspace.prepare()
    except OSError as error:
        print(f"The lessons could not be copied into {find.WORK} ({error.strerror}): is the disk full?", flush=True)
    os.execv(sys.executable, [sys.executable, "-m", "jupyterhub.singleuser", *words])


if __name__ == "__main__":
    main(sys.argv[1:])
