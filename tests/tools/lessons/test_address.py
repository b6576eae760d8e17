"""The repository's address: set everywhere and taken back; nothing names one that cannot work."""

import http.server
import os
import re
import shutil
import sys
import threading
import time
import tomllib
from pathlib import Path

import kernels
import pytest
from IPython.core.inputtransformer2 import TransformerManager
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


def test_set_up_cell_has_seven_lines_and_with_an_address_four_more():
    for url, expected in {repository.PLACEHOLDER: 7, URL: 11}.items():
        lines = [line for line in repository.set_up_cell(url).splitlines() if line.strip()]
        assert len(lines) == expected
        assert sum(URL in line for line in lines) == (url == URL)
        assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("shell", ["google.colab._shell.Shell", "ipykernel.zmqshell.ZMQInteractiveShell"])
def test_set_up_cell_fetches_the_project_on_colab_alone_and_nothing_that_it_needs(shell):
    """The cell as IPython reads it, on a shell that notes what it is asked to call."""
    asked, began = [], []

    class Shell:
        def __str__(self):
            return f"<{shell} object at 0x7f00>"

        def system(self, line):
            asked.append(line)

    class Start:
        def lesson():
            began.append(len(asked))

    cell = TransformerManager().transform_cell(repository.set_up_cell(URL)).replace("from helpers import start", "pass")
    exec(compile(cell, "cell", "exec"), {"get_ipython": Shell, "start": Start})
    assert len(asked) == ("colab" in shell)
    assert all("--no-deps" in line and "git+{course}" in line for line in asked)
    assert began == [len(asked)], "start comes last"


@pytest.mark.skipif(not (shutil.which("git") and shutil.which("timeout")), reason="Colab has git and timeout")
def test_set_up_cell_on_colab_asks_nobody_for_a_password(tmp_path):
    """In a kernel, where commands have a terminal that nobody answers; the host wants a user name, the next is none."""

    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as host:
        threading.Thread(target=host.serve_forever, daemon=True).start()
        urls = [f"http://127.0.0.1:{host.server_port}/a/b", "http://127.0.0.1:1/a/b"]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        told = kernels.outputs(tmp_path, kernels.WITHOUT_PROJECT, *map(repository.set_up_cell, urls), PATH=path)
        host.shutdown()
    printed = [text.strip() for kind, text in told if kind == "stdout"]
    assert printed == [
        f"{url} could not be fetched: is there a network, is git installed, is the address public?" for url in urls
    ]
    raised = [text for kind, text in told if kind == "SystemExit"]
    assert raised == [
        f"No module named 'helpers'. Call `make lab` in a copy of {url}; rename a `helpers` of yours." for url in urls
    ]


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
