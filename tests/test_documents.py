"""What the documents tell a reader to type exists: commands, their options, targets of make and their variables."""

import contextlib
import io
import re
import shlex

import pytest

from helpers.places import ROOT
from tools import __main__ as command

DOCUMENTS = [path.relative_to(ROOT) for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("deploy/*.md")])]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = dict(re.findall(r"^([a-z][\w-]*) *: *; *(.*)$", MAKEFILE, re.MULTILINE))
# What the Makefile says itself, and what stands in it for words of the reader: LESSONS is made of LESSON.
OWN = dict(re.findall(r"^([A-Z]+) *= *(.*)$", MAKEFILE, re.MULTILINE))
# A name in capitals stands for something of the reader's.
STANDS_FOR = re.compile(r"[A-Z][A-Z-]*")


def blocks(text: str) -> list[str]:
    """The commands in the sh blocks, one a line, without comments; a backslash joins lines."""
    found = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
    commands = (re.sub(r"(^|\s)#.*", "", line) for line in found.splitlines())
    return [part.strip() for line in commands for part in re.split(r"&&|;|\|", line)]


def spans(text: str) -> list[str]:
    """What stands between backticks outside of blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def fault(line: str, whole: bool = True) -> str:
    """What is wrong with a command; empty when nothing is. Half a command, as in prose, needs no arguments."""
    words = [word for word in shlex.split(line) if not re.fullmatch(r"\w+=\S*", word)]
    if words[:1] == ["make"]:
        if unknown := [word for word in words[1:] if word not in TARGETS and not STANDS_FOR.fullmatch(word)]:
            return f"no target {unknown}"
        recipes = " ".join(TARGETS[word] for word in words[1:] if word in TARGETS)
        for name, value in OWN.items():
            recipes = recipes.replace(f"$({name})", value)
        unused = [name for name in re.findall(r"\s([A-Z]+)=", line) if f"$({name})" not in recipes]
        return f"no variable {unused}" if unused and recipes else ""
    if "-m tools" not in line:
        return ""
    name, *rest = words[words.index("tools") + 1 :] or [""]
    if name in ("", "--help") or STANDS_FOR.fullmatch(name):
        return ""
    if name not in command.COMMANDS:
        return f"no command {name!r}"
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            command.parsed(name, command.COMMANDS[name], rest)
        except SystemExit as ended:
            told = said.getvalue().strip().rpartition("error: ")[2]
            missing = "required" in told and not whole
            return "" if not ended.code or missing else told
    return ""


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_what_is_to_be_typed_exists(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = [(line, True) for line in blocks(text)]
    lines += [(line, False) for line in spans(text) if "make " in line or "-m tools" in line]
    assert not {line: said for line, whole in lines if (said := fault(line, whole))}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "INSTRUCTORS.md"])
def test_there_is_something_to_type(name):
    lines = blocks((ROOT / name).read_text(encoding="utf-8"))
    assert any("-m tools " in line or line.startswith("make ") for line in lines)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("make handouts LESSON=04", "no target ['handouts']"),
        ("make slides LESSONS=04", "no variable ['LESSONS']"),
        ("python -m tools grades FOLDER", "no command 'grades'"),
        ("python3 -m tools site --lessons 04", "unrecognized arguments: --lessons 04"),
        ("CNN_DATASET=cifar10 python -m tools run --jobs none", "argument --jobs: 'none' is no number"),
        ("python -m tools new lesson 14", "the following arguments are required: topic, --title"),
    ],
)
def test_what_does_not_exist_is_found(line, said):
    assert fault(line).startswith(said)


@pytest.mark.parametrize(
    "line", ["make", "make slides LESSON=04", "python -m tools NAME --help", "git push", "make regenerate LESSON=NN"]
)
def test_what_exists_is_accepted(line):
    assert fault(line) == ""


def test_links_in_the_documents_lead_somewhere():
    for path in DOCUMENTS:
        text = (ROOT / path).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text):
            assert (ROOT / path).parent.joinpath(target).exists(), f"{path}: {target}"
