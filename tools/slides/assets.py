"""Scripts, styles and fonts of the slides, from packages that carry them: showing them asks no other host."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from tools.lessons import files
from tools.slides import sizes

OWN = Path(__file__).with_name("files")
REVEAL = ("sphinx_revealjs", "_static/revealjs")
MATHJAX = ("sphinx-mathjax-offline", "static/mathjax")


def write(folder: Path) -> None:
    """Put them into a folder; what is there already and the same stays untouched."""
    reveal, mathjax = packaged(*REVEAL), packaged(*MATHJAX)
    places = {
        "reveal.js": reveal / "dist/reveal.js",
        "reveal.css": reveal / "dist/reveal.css",
        "notes.js": reveal / "plugin/notes/notes.js",
        "zoom.js": reveal / "plugin/zoom/zoom.js",
        "reveal.LICENSE": reveal / "LICENSE",
        "tex-svg-full.js": mathjax / "tex-svg-full.js",
        "slides.css": OWN / "slides.css",
        "start.js": OWN / "start.js",
    }
    for name in sizes.FONTS.values():
        places[f"{name}.ttf"] = sizes.font_folder() / f"{name}.ttf"
    places["LICENSE_DEJAVU"] = sizes.font_folder() / "LICENSE_DEJAVU"
    for name, place in places.items():
        if not place.is_file():
            raise SystemExit(f"{place} is not there, which the slides need: delete .venv, and call this again.")
        files.write(folder / name, place.read_bytes())


def packaged(package: str, inside: str) -> Path:
    """A folder inside an installed package. Raises SystemExit where that is missing."""
    try:
        return Path(str(resources.files(package))) / inside
    except ModuleNotFoundError:
        raise SystemExit(f"The package {package} is missing: call python -m tools slides from the project.") from None
