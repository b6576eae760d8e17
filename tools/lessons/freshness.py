"""Whether a lesson's stored outputs are as new as the records that it reads.

A lesson that was executed remembers in its metadata what it read of ``data/trained``, each with a digest of what it
found there.
"""

from __future__ import annotations

import hashlib
import json

from helpers import places

# Run in the lesson's kernel after its last cell.
LOOK = (
    "import json, sys\n"
    "_read = sys.modules.get('helpers.records.read')\n"
    "print(json.dumps(sorted(_read.READ) if _read else []))"
)


def digests(printed: str) -> dict[str, str]:
    """What ``LOOK`` printed, each path with the digest of what lies there now."""
    return {name: digest(name) for name in json.loads(printed)}


def digest(name: str) -> str:
    """Twelve letters for a record, or for all records of a folder, below ``data/trained``; "" where there is none."""
    path = places.TRAINED / name
    found = sorted(path.glob("*.json")) if path.is_dir() else [path] if path.is_file() else []
    total = hashlib.sha256()
    for record in found:
        total.update(record.name.encode() + b"\0" + record.read_bytes().replace(b"\r\n", b"\n"))
    return total.hexdigest()[:12] if found else ""


def stale(notebook: dict) -> list[str]:
    """The records that are not what the lesson's stored outputs were made from."""
    remembered = notebook["metadata"]["lesson"].get("records", {})
    return [name for name, known in remembered.items() if digest(name) != known]
