"""How many students fit: computed from what ``deploy/load.json`` holds. And what to mend before a class comes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

# Of one student: a server and one kernel on Shapes-10, as measured, rounded up; and the limit, with two kernels.
STUDENT_GB = 1.5
LIMIT_GB = 3
# More than two cores make training on Shapes-10 hardly faster.
CORES = 2
# Of the machine: the system, the hub, its proxy.
OTHERS_GB = 1.5

ONE_ACCOUNT = (
    "All students share the account that started this hub, and can read each other's files: never for a class."
)


def memory_gb() -> float:
    """Memory of this machine in GB of 1,024³ bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3


def students(gigabytes: float) -> int:
    """How many students have a lesson open at the same time on a machine with that much memory; at least one."""
    return max(1, int((gigabytes - OTHERS_GB) / STUDENT_GB))


def warnings(root: Path, python: Path) -> list[str]:
    """Sentences on what accounts of students cannot use, or should not be able to read.

    ``root`` is the folder of the course, ``python`` the program that its environment starts.
    """
    found = []
    for folder in dict.fromkeys([*python.resolve().parents, root, *root.parents]):
        if folder.is_dir() and not folder.stat().st_mode & stat.S_IXOTH:
            found.append(
                f"Students cannot enter {folder}: have the course in /srv, with a Python of the system, or chmod o+x."
            )
    readable = [path for path in root.glob("notebooks/[0-9]*.ipynb") if path.stat().st_mode & stat.S_IROTH]
    if readable:
        found.append(
            f"Students can read the complete lessons, with solutions: cd {root} && "
            "chmod -R o= .git tests notebooks/[0-9]*.ipynb"
        )
    return found
