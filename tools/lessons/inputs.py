"""What the stored outputs of each lesson were made from, and whether that is what lies here now.

``notebooks/executed.json``, which git keeps, remembers of each lesson that was executed: its code cells, the project's
modules that they import, themselves or through others, packages, data, a digest of the outputs, and the seconds of its
longer cells. Text cells are no input, nor is the set-up cell, which is the same everywhere. The records that a lesson
has read stand in its own metadata, see ``freshness``.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import platform
import tempfile
from importlib import metadata
from modulefinder import ModuleFinder
from pathlib import Path

from helpers import places
from helpers.start import WATCHED
from tools.lessons import files, find, freshness

SET_UP = "from helpers import start\n"
CODE = ("helpers", "checks")
NOTABLE = 1  # seconds of a cell, from which on they are remembered


def path() -> Path:
    """Where it is remembered, beside the lessons."""
    return find.NOTEBOOKS / "executed.json"


def remembered() -> dict[str, dict]:
    """What is remembered, by the name of the lesson's file. Raises SystemExit for a file that cannot be read."""
    held = files.content(path())
    if held is None:
        return {}
    try:
        known = json.loads(held)
        if not all(isinstance(facts, dict) for facts in known.values()):
            raise ValueError("it holds something else")
    except (ValueError, AttributeError) as error:
        raise SystemExit(
            f"{path()} cannot be read ({error}). Is it in the middle of a merge? Take either side (git checkout "
            "--theirs) and call this again; without it, all lessons count as changed."
        ) from None
    return known


def remember(lesson: Path, facts: dict) -> None:
    """Put what one lesson was made from into the file, whoever else writes into it at the moment."""
    while True:
        held = files.content(path())
        known = {
            name: old for name, old in remembered().items() if name == lesson.name or (find.NOTEBOOKS / name).is_file()
        }
        known[lesson.name] = facts
        if files.swap(path(), held, json.dumps(known, indent=1, sort_keys=True) + "\n"):
            return


def of(notebook: dict, dataset: str) -> dict:
    """The inputs of a complete lesson as they are now, digests by name. Raises SystemExit for what is no Python."""
    modules = _modules(notebook)
    data = {dataset: _manifest_entry(dataset)}
    if "helpers/data/photo.py" in modules:
        data["photos"] = _digest(b"".join(p.name.encode() + p.read_bytes() for p in sorted(places.PHOTOS.glob("*"))))
    return {"code": _code(notebook), "modules": modules, "packages": _packages(), "data": data}


def outputs(notebook: dict) -> str:
    """A digest of all that stands below the code cells."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return _digest(json.dumps(_joined([[cell["execution_count"], cell["outputs"]] for cell in cells]), sort_keys=True))


def changed(now: dict, notebook: dict, then: dict | None) -> list[str]:
    """Why a lesson has to be executed, as parts of a sentence; [] where its outputs are what they would be."""
    if then is None:
        return ["nothing is remembered of how its outputs were made"]
    reasons = []
    if then["code"] != now["code"]:
        reasons.append("its code cells changed")
    elif then["outputs"] != outputs(notebook):
        reasons.append("its outputs are not those of its last execution")
    reasons += _differences(then["modules"], now["modules"], "{0} changed")
    reasons += [
        f"{name} is {now['packages'].get(name)}, was {then['packages'].get(name)}"
        for name in sorted(then["packages"] | now["packages"])
        if then["packages"].get(name) != now["packages"].get(name)
    ]
    reasons += _differences(then["data"], now["data"], "the data of {0} changed")
    return reasons + [f"the record {name} changed" for name in freshness.stale(notebook)]


def own_code_changed(notebook: dict, then: dict | None) -> bool:
    """Whether the code cells of a lesson are others than those that were executed last."""
    return then is None or then["code"] != _code(notebook)


def short(reasons: list[str], most: int = 3) -> str:
    """Reasons in one line."""
    more = f", and {len(reasons) - most} more" if len(reasons) > most else ""
    return ", ".join(reasons[:most]) + more


def _differences(then: dict, now: dict, sentence: str) -> list[str]:
    return [sentence.format(name) for name in sorted(then | now) if then.get(name) != now.get(name)]


def _code(notebook: dict) -> str:
    """Order, text and permission to fail of each code cell."""
    cells = [
        [files.source(cell), "raises-exception" in cell["metadata"].get("tags", [])]
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and cell["id"] != "setup"
    ]
    return _digest(json.dumps(cells))


def _modules(notebook: dict) -> dict[str, str]:
    """The files of the project that the code imports, and what else lies in the folders of its packages."""
    from IPython.core.inputtransformer2 import TransformerManager

    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and cell["id"] != "setup"]
    text = SET_UP + "\n".join(TransformerManager().transform_cell(files.source(cell)) for cell in cells)
    finder = ModuleFinder(path=[str(places.ROOT)])
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "lesson.py"
        script.write_text(text, encoding="utf-8")
        try:
            finder.run_script(str(script))
        except SyntaxError as error:
            raise SystemExit(f"A code cell is no Python ({error.msg}): {error.text}") from None
    found = {Path(module.__file__) for name, module in finder.modules.items() if name.split(".")[0] in CODE}
    for folder in {file.parent for file in found if file.name == "__init__.py"}:
        found |= {file for file in folder.iterdir() if file.is_file() and file.suffix not in (".py", ".pyc")}
    return {file.relative_to(places.ROOT).as_posix(): _file(file) for file in sorted(found)}


def _file(file: Path) -> str:
    return code_digest(file.name, file.read_bytes())


@functools.cache
def code_digest(name: str, content: bytes) -> str:
    """A digest of what a file of code says to Python: comments, docstrings and line breaks make no output."""
    content = content.replace(b"\r\n", b"\n")
    if not name.endswith(".py"):
        return _digest(content)
    tree = ast.parse(content)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node, clean=False):
            node.body[0].value.value = ""
    return _digest(ast.dump(tree))


def _manifest_entry(dataset: str) -> str:
    entry = json.loads(places.MANIFEST.read_text(encoding="utf-8")).get(dataset, {})
    return _digest(json.dumps([entry.get("training"), entry.get("test")], sort_keys=True)) if entry else "drawn"


def _packages() -> dict[str, str]:
    versions = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for name in WATCHED:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def _joined(value):
    """JSON in which a text is a text: a file may hold it as a list of lines."""
    if isinstance(value, dict):
        return {key: _joined(part) for key, part in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(part, str) for part in value):
            return "".join(value)
        return [_joined(part) for part in value]
    return value


def _digest(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:12]
