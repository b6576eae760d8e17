"""Build the book: pages of all lessons with stored outputs, without running anything or asking another host.

Sphinx with myst-nb and its book theme, because they come from PyPI, build without a network, and read notebooks as they
are; Jupyter Book 2 and Quarto fetch what they need.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import io
import json
import shutil
import tempfile
import time
from base64 import b64decode
from pathlib import Path

from helpers.places import BUILD
from tools.lessons import files, find, readme, repository

OUT = BUILD / "site"
STATIC = Path(__file__).resolve().parent / "static"
MARK = "site.json"  # by which a folder is known as one that this command wrote
# What MathJax asks for on these pages; the rest of its 24 MB are other inputs, other outputs and speech.
MATHJAX = ("tex-chtml.js", "input/tex/extensions", "output/chtml/fonts")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--solutions", action="store_true", help="with solutions and the notes for teachers")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where to write; build/site when left out")
    find.add_lesson_argument(parser)


def main(arguments: argparse.Namespace) -> int:
    """Build it; 1 with Sphinx's warnings, and the old book as it was, when there are any."""
    out = (arguments.out or OUT).resolve()
    refuse(out)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "source", Path(folder) / "html"
        write_source(source, find.find(*arguments.lesson), arguments.solutions)
        if warnings := build(source, made):
            print(f"{warnings}\nThe book was not built: these warnings have to go first.")
            return 1
        files.write(made / MARK, json.dumps({"solutions": arguments.solutions}) + "\n")
        if out.exists():
            shutil.rmtree(out)
        shutil.copytree(made, out)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{out / 'index.html'}: {size / 1e6:.0f} MB in {time.monotonic() - begin:.0f} s")
    return 0


def refuse(out: Path) -> None:
    """Raise SystemExit for a folder that holds something else than an older book."""
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise SystemExit(f"{out} holds something that this command did not write: name another folder by --out.")


def write_source(source: Path, lessons: list[find.Lesson], solutions: bool) -> None:
    """What Sphinx reads: a notebook for each lesson, the pages around them, and their settings."""
    from helpers import start
    from tools.site import sources, texts

    alt: dict[str, str] = {}
    for lesson in lessons:
        notebook = lesson_page(lesson, solutions)
        alt |= figure_texts(notebook)
        files.write(source / "lessons" / lesson.path.name, files.text(notebook))
        files.write(source / "student" / lesson.path.name, (find.STUDENT / lesson.path.name).read_bytes())
    pages = {
        "index": texts.start(lessons, solutions),
        "lessons": texts.lesson_list(lessons),
        "explorer": texts.explorer_page(lessons),
        "glossary": texts.glossary(lessons),
        "formulas": texts.formulas(lessons),
        "sources/index": sources.index(),
    }
    with start.quiet():
        pages["results"] = sources.results()
        pages |= {f"sources/{letter.lower()}": sources.page(letter, lessons) for letter in sources.ABOUT}
    for name, text in pages.items():
        files.write(source / f"{name}.md", text)
    for image in (readme.OVERVIEW, readme.SPEED):
        files.write(source / image.name, image.read_bytes())
    files.write(source / "settings.json", json.dumps({"site_alt": alt, "site_terms": texts.terms(lessons)}))


def lesson_page(lesson: find.Lesson, solutions: bool) -> dict:
    """A lesson's notebook with the links below its title and the explorer where it has one for kernels."""
    from tools.site import editions, explorer, texts

    notebook = editions.shown(lesson, solutions)
    title = notebook["cells"][0]
    heading, rest = files.source(title).split("\n", 1)
    links = texts.below_title(lesson, repository.address())
    for place, cell in reversed(list(enumerate(notebook["cells"]))):
        if cell["cell_type"] == "code" and "widgets.kernels(" in files.source(cell):
            added = {"id": "explorer", "cell_type": "markdown", "metadata": {}, "source": explorer.markdown()}
            notebook["cells"].insert(place + 1, added)
            links += " · [Convolution explorer](../explorer.md)"
    title["source"] = "\n".join([heading, "", links, rest])
    return notebook


def figure_texts(notebook: dict) -> dict[str, str]:
    """File name that myst-nb gives to a figure -> its alternative text."""
    texts = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if png := "".join(output.get("data", {}).get("image/png", "")):
                text = output["metadata"].get("image/png", {}).get("alt", "")
                texts[f"{hashlib.sha256(b64decode(png)).hexdigest()}.png"] = text
    return texts


def settings(source: Path) -> dict:
    """Sphinx's configuration, without a conf.py."""
    return {
        "project": "Convolutional neural networks on CIFAR-10",
        "html_title": "CNNs on CIFAR-10",
        "extensions": ["myst_nb", "tools.site.doctree"],
        "nb_execution_mode": "off",
        "nb_merge_streams": True,
        "nb_code_prompt_show": "Show the code",
        "nb_code_prompt_hide": "Hide the code",
        "myst_enable_extensions": ["dollarmath", "amsmath", "colon_fence", "attrs_block"],
        "myst_dmath_double_inline": True,
        "myst_heading_anchors": 4,
        # Lessons have cards of the fourth level below sections of the second.
        "suppress_warnings": ["myst.header"],
        "mathjax_path": "mathjax/tex-chtml.js",
        "exclude_patterns": ["student"],
        "html_theme": "sphinx_book_theme",
        "html_theme_options": {
            "use_download_button": False,
            "home_page_in_toc": True,
            "pygments_light_style": "a11y-high-contrast-light",
            "pygments_dark_style": "a11y-high-contrast-dark",
            "search_bar_text": "Search the lessons",
            "footer_content_items": "",
            # The search is in the sidebar already.
            "navbar_persistent": [],
        },
        # Without it, the theme complains in the console before anybody has chosen light or dark.
        "html_context": {"default_mode": "auto"},
        "html_static_path": [str(STATIC)],
        "html_css_files": ["site.css"],
        "html_js_files": ["site.js", "explorer.js"],
        "html_favicon": str(STATIC / "favicon.svg"),
        "html_copy_source": False,
        "html_show_sphinx": False,
        "html_show_copyright": False,
        "html_last_updated_fmt": None,
        **json.loads((source / "settings.json").read_text(encoding="utf-8")),
    }


def build(source: Path, out: Path) -> str:
    """Run Sphinx; returns its warnings, "" when there is none."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    warnings = io.StringIO()
    with docutils_namespace(), contextlib.redirect_stdout(io.StringIO()):
        app = Sphinx(
            source,
            None,
            out,
            out.parent / "doctrees",
            "html",
            settings(source),
            status=None,
            warning=warnings,
            warningiserror=True,
        )
        app.build()
    mathjax = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
    for name in MATHJAX:
        (shutil.copytree if (mathjax / name).is_dir() else shutil.copy)(mathjax / name, _place(out, name))
    return warnings.getvalue().strip()


def _place(out: Path, name: str) -> Path:
    place = out / "_static" / "mathjax" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    return place
