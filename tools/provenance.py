"""Where the numbers of a record come from: the machine, and the versions of packages."""

import importlib.metadata
import os
import platform
from pathlib import Path


def provenance(*packages: str) -> dict:
    """What a record says of its machine and of these packages."""
    return {"machine": machine(), "versions": {package: importlib.metadata.version(package) for package in packages}}


def machine() -> str:
    """Processor and number of cores, as far as Python can tell."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores"
