"""``python -m tools``: what it says, what it needs before it runs, what it does with wrong arguments."""

import argparse
import os
import subprocess
import sys

import pytest

from helpers.places import ROOT
from tools import __main__ as command
from tools import environment

COMMANDS = list(command.COMMANDS)


def bare(*words):
    """A Python that has the standard library and this project, and nothing that was ever installed."""
    return subprocess.run(
        [sys.executable, "-S", "-E", "-m", "tools", *words], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_without_a_command_it_lists_all_with_one_line_each():
    told = bare()
    assert told.returncode == 0, told.stderr
    lines = [line.split(maxsplit=1) for line in told.stdout.splitlines() if line.startswith("  ")]
    assert [name for name, _ in lines] == COMMANDS
    assert all(says[0].isupper() and len(says) < 80 for _, says in lines)
    assert bare("--help").stdout == told.stdout
    assert len(COMMANDS) == len(set(COMMANDS))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_needs_nothing_that_has_to_be_installed(name):
    told = bare(name, "--help")
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"usage: python -m tools {name} ")
    # argparse breaks lines.
    assert command.COMMANDS[name].says in " ".join(told.stdout.split())


def test_the_bare_python_really_lacks_what_is_installed():
    code = "import importlib.util as u; print([n for n in ('tensorflow', 'nbformat', 'numpy') if u.find_spec(n)])"
    told = subprocess.run([sys.executable, "-S", "-E", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert told.stdout == "[]\n"


def test_an_unknown_command_is_told_with_the_choices():
    told = bare("regenrate")
    assert told.returncode == 2
    assert told.stderr == f"There is no command 'regenrate'. The commands are: {', '.join(COMMANDS)}.\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "--dataset", "cifar"], "invalid choice: 'cifar' (choose from"),
        (["run", "--jobs", "0"], "'0' is no number of lessons at a time: 1 or more"),
        (["run", "--lessons", "04"], "unrecognized arguments: --lessons 04"),
        (["regenerate", "04"], "unrecognized arguments: 04"),
        (["student", "04"], "unrecognized arguments: 04"),
        (["train", "--seeds", "one"], "invalid int value: 'one'"),
        (["train", "guide_cnn", "--out", "mine", "--dataset", "mnist"], "invalid choice: 'mnist'"),
        (["show"], "the following arguments are required"),
        (["show", "layers"], "invalid choice: 'layers'"),
        (["show", "results", "--model", "guide_cnn", "--from", "mine"], "not allowed with argument"),
        (["new"], "the following arguments are required: lesson|exercise"),
        (["new", "lesson", "123", "topic", "--title", "T"], "'123' is no number of a lesson: two digits"),
        (["new", "lesson", "12", "Deep Networks", "--title", "T"], "'Deep Networks' is no topic"),
        (["new", "exercise", "04", "0", "--name", "N"], "'0' is no number from 1 on"),
        (["address", "https://github.com/a/b", "--placeholder"], "not allowed with argument"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_installed(monkeypatch, capsys, words, sentence):
    monkeypatch.setattr(environment, "enter", None)
    with pytest.raises(SystemExit) as ended:
        command.main(words)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


@pytest.fixture
def called(monkeypatch):
    """Every command only notes what it was called with, and which environment was entered before."""
    notes = []
    monkeypatch.setattr(environment, "enter", lambda instructor=False: notes.append(instructor))

    def noting(name):
        def main(arguments):
            notes.append((name, vars(arguments)))
            return 7

        return main

    for name, entry in command.COMMANDS.items():
        changed = vars(entry) | {"main": noting(name)}
        monkeypatch.setitem(command.COMMANDS, name, command.Command(**changed))
    return notes


INSTRUCTOR = {"handout", "grade", "marks", "slides", "site", "test", "lint", "new", "regenerate", "student"}
INSTRUCTOR |= {"mutants", "lock"}
NOTHING = {"address", "links"}
ARGUMENTS = {
    "new": ["lesson", "12", "topic", "--title", "T"],
    "show": ["results"],
    "grade": ["handed-in"],
    "links": ["https://hub.example.org"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_enters_its_environment_once_and_its_status_is_handed_on(called, name):
    assert command.main([name, *ARGUMENTS.get(name, [])]) == 7
    entered = [] if name in NOTHING else [name in INSTRUCTOR]
    assert called[:-1] == entered
    assert called[-1][0] == name


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["test", "-k", "data", "tests/helpers", "-x"],
            {"oldest": False, "long": False, "browser": False, "rest": ["-k", "data", "tests/helpers", "-x"]},
        ),
        (["test", "--oldest"], {"oldest": True, "long": False, "browser": False, "rest": []}),
        (["lab", "--no-browser", "--port", "8889"], {"complete": False, "rest": ["--no-browser", "--port", "8889"]}),
        (["lab", "--complete"], {"complete": True, "rest": []}),
        (["lint", "--fix"], {"fix": True}),
        (["address"], {"url": None, "placeholder": False}),
        (
            ["train", "fast90", "--seeds", "1", "2", "--replace"],
            {
                "names": ["fast90"],
                "seeds": [1, 2],
                "all_images": False,
                "out": None,
                "epochs": None,
                "dataset": None,
                "replace": True,
                "workers": 1,
                "scheduler": None,
            },
        ),
        (
            ["show", "outputs", "--from", "mine", "--image", "dog.jpg"],
            {"what": "outputs", "model": None, "source": "mine", "image": "dog.jpg", "number": 0, "out": None},
        ),
        (
            ["study", "ladder", "--dry-run", "--workers", "2", "--scheduler", "tcp://host:8786"],
            {
                "names": ["ladder"],
                "list": False,
                "dry_run": True,
                "replace": False,
                "workers": 2,
                "scheduler": "tcp://host:8786",
            },
        ),
        (["bench", "explain"], {"parts": ["explain"]}),
        (
            ["regenerate", "--lesson", "04", "--lesson", "5"],
            {"lesson": ["04", "5"], "jobs": 1, "all": False, "list": False, "trust_stored": False},
        ),
        (
            ["new", "exercise", "4", "5", "--name", "Count"],
            {"kind": "exercise", "number": "04", "count": 5, "name": "Count", "points": 2},
        ),
    ],
)
def test_arguments_reach_the_command(called, words, expected):
    command.main(words)
    assert called[-1] == (words[0], expected)


def test_ctrl_c_ends_a_command_without_a_traceback(monkeypatch):
    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "enter", lambda instructor=False: None)
    changed = vars(command.COMMANDS["fetch"]) | {"main": interrupted}
    monkeypatch.setitem(command.COMMANDS, "fetch", command.Command(**changed))
    assert command.main(["fetch"]) == 130


def test_a_command_without_a_status_went_well(monkeypatch):
    monkeypatch.setattr(environment, "enter", lambda instructor=False: None)
    monkeypatch.setitem(sys.modules, "later_module", argparse.Namespace(main=lambda arguments: None))
    changed = vars(command.COMMANDS["bench"]) | {"main": command.later("later_module")}
    monkeypatch.setitem(command.COMMANDS, "bench", command.Command(**changed))
    assert command.main(["bench"]) == 0


TARGETS = {
    "run": "run --dataset shapes10",
    "run LESSON=04": "run --dataset shapes10 --lesson 04",
    "run DATASET=cifar10": "run --dataset cifar10",
    "test": "test",
    "test-oldest": "test --oldest",
    "test-long": "test --long",
    "test-browser": "test --browser",
    "mutants LESSON=04": "mutants 04",
    "lab": "lab",
    "lab COMPLETE=1": "lab --complete",
    "regenerate LESSON=04": "regenerate --lesson 04",
    "regenerate ALL=1": "regenerate --all",
    "student": "student",
    "handout": "handout",
    "handout LESSON=04 REPOSITORY=../students": "handout --lesson 04 --repository ../students",
    "grade FOLDER=handed-in LESSON=04": "grade handed-in --lesson 04",
    "marks LESSON=04 ROSTER=class.csv": "marks --lesson 04 --roster class.csv",
    "slides LESSON=04": "slides --lesson 04",
    "slides LESSON=04 LIVE=1": "slides --lesson 04 --live",
    "site": "site",
    "site SOLUTIONS=1": "site --solutions",
    "hub": "hub",
    "links HUB=https://hub.example.org": "links https://hub.example.org",
    "readme": "readme",
    "address URL=https://github.com/a/b": "address https://github.com/a/b",
    "train MODEL=fast90": "train fast90",
    "train MODEL=guide_cnn EPOCHS=3 OUT=mine": "train guide_cnn --epochs 3 --out mine",
    "demo": "demo",
    "demo MODEL=strided_cnn PORT=9000": "demo --model strided_cnn --port 9000",
    "show": "show results",
    "show WHAT=outputs FROM=mine": "show outputs --from mine",
    "show WHAT=importance MODEL=plain_cnn": "show importance --model plain_cnn",
    "study STUDY=ladder": "study ladder",
    "bench": "bench",
    "fetch": "fetch",
    "lint": "lint",
    "lock": "lock",
    "new": "new --help",
    "": "",
}


@pytest.mark.parametrize(("target", "expected"), TARGETS.items())
def test_every_make_target_is_one_call(target, expected):
    told = subprocess.run(
        ["make", "--dry-run", "PYTHON=py", *target.split()],
        cwd=ROOT,
        # These tests may themselves be called by a make, whose flags are not for this one.
        env={name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")},
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = told.stdout.splitlines()
    assert line.split() == ["py", "-m", "tools", *expected.split()]


def test_make_has_no_target_that_is_no_command():
    text = (ROOT / "Makefile").read_text()
    targets = [line.split(":")[0] for line in text.splitlines() if ": ;" in line or ":;" in line.replace(" ", "")]
    assert set(targets) - {"help", "test-oldest", "test-long", "test-browser"} == set(COMMANDS)
    assert set(targets) == {target.split()[0] for target in TARGETS if target} | {"help"}
