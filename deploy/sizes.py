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


def memory_gb() -> float:
    """Memory of this machine in GB of 1,024³ bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3


def students(gigabytes: float) -> int:
    """How many students have a lesson open at the same time on a machine with that much memory; at least one."""
    return max(1, int((gigabytes - OTHERS_GB) / STUDENT_GB))


def warnings(root: Path) -> list[str]:
    """Sentences on a folder of the course that students of this machine cannot use, or should not be able to read."""
    found = []
    for folder in (root, *root.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            found.append(f"Students cannot enter {folder}: chmod o+x {folder}, or put the course elsewhere (/srv).")
    readable = [path for path in root.glob("notebooks/[0-9]*.ipynb") if path.stat().st_mode & stat.S_IROTH]
    if readable:
        found.append(
            f"Students can read the complete lessons, with solutions: cd {root} && "
            "chmod -R o= .git tests notebooks/[0-9]*.ipynb"
        )
    return found
