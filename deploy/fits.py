"""Which lessons fit into little memory: one student at a hub runs each on Shapes-10, within 1 GB, else within 2 GB.

``.venv/bin/python -m deploy.fits deploy/fits.json`` goes on where an earlier call stopped. Binder gives 1 to 2 GB.
As root and while nothing else uses TensorFlow, or its libraries count for somebody else.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path

from deploy import load
from tools.lessons import find

LIMITS_GB = (1, 2)


def main(path: Path) -> int:
    """Write the record after each run; 0 when all were measured."""
    record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"lessons": {}}
    for lesson in find.find():
        known = record["lessons"].setdefault(lesson.number, {})
        for limit in LIMITS_GB:
            if str(limit) in known or any("failed" not in run for run in known.values()):
                continue
            _forget_files()
            measured = load.measure(
                load.parsed(["--students", "1", "--lesson", lesson.number, "--memory-gb", str(limit)])
            )
            known[str(limit)] = measured["students"][0]
            record |= {name: measured[name] for name in ("date", "machine", "versions")}
            path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


def _forget_files() -> None:
    """As root: libraries that lie in memory already are read anew, so that they count, as on a machine of one's own."""
    with suppress(OSError):
        Path("/proc/sys/vm/drop_caches").write_text("1")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
