"""LiteRT for browsers, from npm once: the four files that a page needs, known by their SHA-256."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from helpers.records.schema import replacing

PACKAGE = "@litertjs/core@2.5.3"
HELPER = "@litertjs/wasm-utils@2.5.3"
# What it is called here -> where npm puts it, and its SHA-256. "compat" is what every browser runs: no relaxed SIMD,
# no threads, and on improved_cnn as fast as the others.
FILES = {
    "core.js": (
        "@litertjs/core/dist/index.js",
        "e7daccc3a31eef890848a737ccb863ded5f046a6b40c3fdc0556495adeb5d9b3",
    ),
    "wasm-utils.js": (
        "@litertjs/wasm-utils/dist/index.js",
        "e0e20bc28ab001ac732cf40d15b6eebd24fb0deaeb95eeba5100f51eebf015f2",
    ),
    "litert.js": (
        "@litertjs/core/wasm/litert_wasm_compat_internal.js",
        "4d8f894b7883654fd6e8439730aa41e79ceaab7d19184fc4f1f0b0f1a2a2c8a5",
    ),
    "litert_wasm_compat_internal.wasm": (
        "@litertjs/core/wasm/litert_wasm_compat_internal.wasm",
        "5255c8ad06eabdbd2522cdebf6b22fc10faf74625c23a49b9e072570cd1fa41c",
    ),
}
NO_NPM = (
    "npm is not in PATH, and the demo needs it once, for the program that runs networks in a browser. Install Node.js "
    "(Debian and Ubuntu: apt-get install npm), then call this again."
)


def fetch(folder: Path) -> None:
    """Put the files into a folder, from npm unless they are there already; SystemExit with a sentence where npm fails.

    A page has no names of packages: the one import of another package becomes one of a file.
    """
    if _complete(folder):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit(NO_NPM)
    print(f"{PACKAGE} is fetched by npm, once.", flush=True)
    with tempfile.TemporaryDirectory() as place:
        words = ["install", "--prefix", place, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]
        done = subprocess.run([npm, *words, PACKAGE, HELPER], capture_output=True, text=True, cwd=place)
        if done.returncode:
            why = next((line for line in done.stderr.splitlines() if line.strip()), "no reason given")
            raise SystemExit(
                f"npm could not fetch {PACKAGE} ({why.strip()}). Is there a network? Then call this again."
            )
        for name, (inside, digest) in FILES.items():
            content = (Path(place) / "node_modules" / inside).read_bytes()
            if hashlib.sha256(content).hexdigest() != digest:
                raise SystemExit(f"{inside} of {PACKAGE} is not what it was when the demo was made: nothing is used.")
            if name == "core.js":
                content = content.replace(b'from "@litertjs/wasm-utils"', b'from "./wasm-utils.js"')
            with replacing(folder / name) as part:
                part.write_bytes(content)
    (folder / "PACKAGE").write_text(PACKAGE, encoding="utf-8")


def _complete(folder: Path) -> bool:
    mark = folder / "PACKAGE"  # written last
    return (
        mark.is_file()
        and mark.read_text(encoding="utf-8") == PACKAGE
        and all((folder / name).is_file() for name in FILES)
    )
