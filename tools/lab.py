"""Open JupyterLab in the student edition: ``python -m tools.lab``."""

from __future__ import annotations

import subprocess
import sys

from tools import environment


def main() -> int:
    environment.enter()
    folder = environment.ROOT / "notebooks" / "student"
    try:
        return subprocess.call([sys.executable, "-m", "jupyter", "lab", "--notebook-dir", str(folder), *sys.argv[1:]])
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
