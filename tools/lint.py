"""ruff over everything, notebooks too: ``python -m tools.lint`` (``--fix`` mends and formats)."""

from __future__ import annotations

import subprocess
import sys

from tools import environment


def main() -> int:
    environment.enter(instructor=True)
    fix = "--fix" in sys.argv
    check = [sys.executable, "-m", "ruff", "check", *(["--fix"] if fix else [])]
    layout = [sys.executable, "-m", "ruff", "format", *([] if fix else ["--check"])]
    return subprocess.call(check) or subprocess.call(layout)


if __name__ == "__main__":
    sys.exit(main())
