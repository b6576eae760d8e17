"""The repository's address: set everywhere and taken back; nothing names one that cannot work."""

import re
import subprocess
import time
import tomllib

import pytest
from project_copy import call, contents, copied

from helpers.places import ROOT
from tools.lessons import files, find, repository

URL = "https://github.com/somebody/lessons-on_cnn.2"
BARE = ("-S", "-E")


def address(project, *words):
    """The command in a Python that has nothing installed."""
    return call(project, "tools", "address", *words, options=BARE)


@pytest.fixture
def project(tmp_path):
    return copied(tmp_path / "project", "01", "04")


def notebooks(project):
    return [name for name in contents(project) if name.endswith(".ipynb")]


def test_an_address_is_put_everywhere_and_taken_back_to_the_last_byte(project):
    # The copy holds fewer lessons than the README that was copied.
    address(project, "--placeholder")
    before = contents(project)
    assert len(notebooks(project)) == 4
    began = time.monotonic()
    told = address(project, f"{URL}.git/")
    assert time.monotonic() - began < 10
    assert told.returncode == 0, told.stdout
    assert told.stdout.startswith(f"{URL} stands everywhere; 6 files changed.")
    after = contents(project)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"pyproject.toml", "README.md", *notebooks(project)}
    assert all(URL.removeprefix("https://github.com/").encode() in after[name] for name in changed)
    signed = [name for name in notebooks(project) if "student" in name]
    assert len(signed) == 2
    assert all(files.untouched(after[name]) for name in signed), "the digest of each was renewed"
    assert tomllib.loads(after["pyproject.toml"].decode())["project"]["urls"]["Repository"] == URL
    assert after["README.md"].count(b"badge") >= 4
    assert address(project).stdout == f"{URL}\n"

    assert " 0 files changed." in address(project, URL).stdout
    assert contents(project) == after
    assert address(project, "--placeholder").returncode == 0
    assert contents(project) == before


@pytest.mark.parametrize(
    "wrong",
    [
        "http://github.com/a/b",
        "git@github.com:a/b.git",
        "https://github.com/a",
        "https://github.com/a/b/tree/main",
        "https://github.com/a/b?tab=readme",
        "https://user:secret@github.com/a/b",
        "https://github.com/a/b c",
        'https://github.com/a/b"',
        "https://github.com/a//b",
        "https://gitlab.example/lessons",
        "github.com/a/b",
        "https://github.com/YOUR_ACCOUNT/cnn-on-cifar10",
        "",
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(wrong):
    with pytest.raises(ValueError, match=r"https://github\.com/OWNER/NAME|--placeholder"):
        repository.checked(wrong)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (URL, URL),
        ("https://github.com/a/b/", "https://github.com/a/b"),
        (" https://github.com/a/b.git ", "https://github.com/a/b"),
        ("https://gitlab.example:8443/group/part/lessons", "https://gitlab.example:8443/group/part/lessons"),
    ],
)
def test_addresses_are_kept_without_what_git_does_not_need(given, kept):
    assert repository.checked(given) == kept


def test_a_refused_address_changes_nothing(project):
    before = contents(project)
    told = address(project, "https://github.com/a")
    assert told.returncode == 2
    assert told.stdout.count("\n") == 1
    assert "needs the owner and the name" in told.stdout
    assert contents(project) == before


def test_set_up_cell_names_the_address_once_and_fetches_nothing_without_one():
    assert len(repository.set_up_cell(repository.PLACEHOLDER).splitlines()) < 10
    assert repository.set_up_cell(URL).count(URL) == 1
    assert max(map(len, repository.set_up_cell(URL).splitlines())) <= 120


@pytest.mark.parametrize("shell", ["google.colab._shell.Shell", "ipykernel.zmqshell.ZMQInteractiveShell"])
def test_set_up_cell_fetches_the_project_on_colab_alone_and_nothing_that_it_needs(shell, monkeypatch):
    """The cell on a shell of either kind; what it would call is noted."""
    asked, began = [], []

    class Shell:
        def __str__(self):
            return f"<{shell} object at 0x7f00>"

    class Start:
        def lesson():
            began.append(len(asked))

    monkeypatch.setattr(subprocess, "run", lambda words, **_: asked.append(words))
    cell = repository.set_up_cell(URL).replace("from helpers import start", "pass")
    exec(compile(cell, "cell", "exec"), {"get_ipython": Shell, "start": Start})
    assert len(asked) == ("colab" in shell)
    assert all("--no-deps" in words and words[-1] == f"git+{URL}" for words in asked)
    assert began == [len(asked)], "start comes last"


def test_badges_lead_to_the_student_notebook():
    colab, binder = re.findall(r"\]\((https://[^)]*ipynb)\)", repository.badges(URL, "04_first_cnn.ipynb"))
    path = URL.removeprefix("https://github.com")
    assert colab == f"https://colab.research.google.com/github{path}/blob/main/notebooks/student/04_first_cnn.ipynb"
    assert binder == f"https://mybinder.org/v2/gh{path}/main?urlpath=lab/tree/notebooks/student/04_first_cnn.ipynb"
    assert repository.badges(repository.PLACEHOLDER, "04_first_cnn.ipynb") == ""
    elsewhere = repository.badges("https://gitlab.example/a/b", "04_first_cnn.ipynb")
    assert "colab" not in elsewhere, "it opens notebooks from GitHub alone"
    assert "/v2/git/https%3A%2F%2Fgitlab.example%2Fa%2Fb/main?" in elsewhere


def test_nothing_names_another_address_than_pyproject():
    url = repository.address()
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md"]
    for path in [*pages, *find.NOTEBOOKS.rglob("*.ipynb")]:
        text = path.read_text(encoding="utf-8")
        assert "YOUR_ACCOUNT" not in text, path.name
        if url == repository.PLACEHOLDER:
            assert not re.search(r"colab\.research\.google\.com|mybinder\.org|git\+https", text), path.name
        for found in re.findall(r"git\+(https://[^\s\"\\]+)", text):
            assert found == url, path.name
