"""The first cell of a lesson on Colab, simulated: the project comes from a git address of this machine, or a sentence.

In a kernel, where a command that asks for a password would wait for ever, and in an empty folder.
"""

import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import kernels
import pytest

from helpers.places import ROOT
from tools.lessons import find, repository

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="Colab has git")

COURSE = {
    "pyproject.toml": """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "cnn-on-cifar10"
version = "0.1.0"
[tool.hatch.build.targets.wheel]
only-include = ["helpers"]
""",
    "helpers/__init__.py": "",
    "helpers/start.py": "def lesson():\n    print('the lesson starts')\n",
}
INSTALLED = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


def git(folder: Path, *words: str) -> None:
    """Git without the settings of whoever calls the tests."""
    known = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    variables = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *known, *words], cwd=folder, env=os.environ | variables, check=True, capture_output=True)


def committed(folder: Path) -> str:
    """The address of a folder, once it is a repository."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "The course")
    return f"file://{folder}"


@pytest.fixture(scope="module")
def small_course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small_course")
    for name, text in COURSE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return committed(folder)


class Unwilling(http.server.BaseHTTPRequestHandler):
    """A host that wants a password for /private/... and fails at everything else."""

    def do_GET(self):
        private = self.path.startswith("/private/")
        self.send_response(401 if private else 404 if self.path.startswith("/none/") else 503)
        if private:
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def hosts():
    """Addresses of hosts on this machine: of one that refuses, of one that is silent, of none."""
    unwilling = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Unwilling)
    with unwilling, socket.create_server(("127.0.0.1", 0)) as mute:
        threading.Thread(target=unwilling.serve_forever, daemon=True).start()
        yield (*(f"http://127.0.0.1:{port}" for port in (unwilling.server_port, mute.getsockname()[1], 1)),)
        unwilling.shutdown()


def on_colab(folder: Path, *sources: str, **variables: str) -> list[tuple[str, str]]:
    """What cells leave in a kernel that thinks it is Colab's, where pip installs into ``folder / "installed"``."""
    packages = folder / "installed" / INSTALLED
    lesson = folder / "lesson"
    lesson.mkdir(exist_ok=True)
    # An installation here is another prefix: the packages of this Python stay as they are.
    first = f"{kernels.WITHOUT_PROJECT}\nsys.path[:0] = '', {str(packages)!r}"
    pip = {"PIP_PREFIX": str(folder / "installed"), "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1"}
    pip["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    told = kernels.outputs(lesson, first, *sources, **pip, **variables)
    return [(kind, text.strip()) for kind, text in told if "To exit: use" not in text]


def test_each_reason_has_its_sentence_and_then_the_lesson_starts(tmp_path, small_course):
    """Nobody is asked for a password, nothing waits for ever; at the end the same kernel installs the project."""
    without_git = tmp_path / "without_git"
    without_git.mkdir()
    broken = tmp_path / "installed" / INSTALLED
    (broken / "helpers").mkdir(parents=True)
    (broken / "helpers" / "start.py").write_text("def less")  # the half of an earlier installation
    (broken / "cnn_on_cifar10-0.1.0.dist-info").mkdir()
    (broken / "cnn_on_cifar10-0.1.0.dist-info" / "METADATA").write_text("Name: cnn-on-cifar10\nVersion: 0.1.0\n")
    without_pip = tmp_path / "python"
    without_pip.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "$@"\n')
    without_pip.chmod(0o755)
    with hosts() as (unwilling, mute, nobody):
        expected = {
            f"{unwilling}/private/course": "no repository there that everybody may read.",
            f"{unwilling}/broken/course": "the host refuses.",
            f"{nobody}/a/course": "its host cannot be reached. Is there a network?",
            f"{mute}/a/course": "nothing came for five minutes.",
        }
        cells = [repository.set_up_cell(url).replace("timeout=300", "timeout=20") for url in expected]
        cells[-1] = cells[-1].replace("timeout=20", "timeout=2")
        cell = repository.set_up_cell(small_course)
        told = on_colab(
            tmp_path,
            *cells,
            f"import os\nkept = os.environ['PATH'], sys.executable\nos.environ['PATH'] = {str(without_git)!r}",
            cell,
            f"os.environ['PATH'], sys.executable = kept[0], {str(without_pip)!r}",
            cell,
            "sys.executable = kept[1]",
            cell,
        )
    expected |= {small_course: "there is no git here. Install it.", f"{small_course} ": "there is no pip here."}
    assert [kind for kind, _ in told] == ["SystemExit"] * len(expected) + ["stdout"], told
    for (url, reason), (_, sentence) in zip(expected.items(), told):
        assert sentence.startswith(f"{url.strip()} could not be installed: {reason}"), sentence
        assert sentence.endswith("Then run this cell again.")
        assert "\n" not in sentence
    assert told[-1] == ("stdout", "the lesson starts")


@pytest.mark.parametrize(
    ("left", "sentence"),
    [
        ({"helpers/__init__.py": ""}, "cannot import name 'start' from 'helpers'"),
        ({"helpers/__init__.py": "", "helpers/start.py": "def less"}, "expected '('"),
    ],
)
@pytest.mark.long
def test_half_a_clone_beside_the_lesson_is_named(tmp_path, small_course, left, sentence):
    for name, text in left.items():
        path = tmp_path / "lesson" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    ((kind, said),) = on_colab(tmp_path, repository.set_up_cell(small_course))
    assert kind == "SystemExit"
    assert sentence in said
    assert said.endswith("or restart the kernel; rename a `helpers` of yours.")


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("bwrap"), reason="nothing here makes a file system read-only")
def test_where_pip_may_not_write_it_says_so(tmp_path, small_course):
    cell = tmp_path / "cell.py"
    cell.write_text(f"get_ipython = lambda: 'google.colab'\n{repository.set_up_cell(small_course)}")
    inside = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--bind", str(tmp_path), str(tmp_path)]
    variables = {"PIP_NO_BUILD_ISOLATION": "0", "PIP_PREFIX": str(ROOT / "nowhere"), "TMPDIR": str(tmp_path)}
    told = subprocess.run(
        [*inside, sys.executable, str(cell)], env=os.environ | variables, capture_output=True, text=True, timeout=100
    )
    assert told.stderr.startswith(f"{small_course} could not be installed: pip may not write here."), told.stderr
    assert told.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The project as it is here, in a repository of its own."""
    folder = tmp_path_factory.mktemp("course")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no git here to say what belongs to the project")
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return committed(folder)


def student_cells(number: str, url: str, folder: Path = find.STUDENT) -> list[dict]:
    """The code cells of a student notebook whose project has an address."""
    (path,) = folder.glob(f"{number}_*.ipynb")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    repository.put_set_up_cell(notebook, url)
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


LOOK = """
import tensorflow
from helpers import places
print(places.DATA, places.BUILD, tensorflow.__file__)
"""


@pytest.mark.long
@pytest.mark.parametrize("number", [lesson.number for lesson in find.find()])
def test_a_lesson_starts_in_an_empty_folder(number, tmp_path, course):
    """Its first two cells: the project is installed, and nothing else; Shapes-10 where Binder or Colab asks for it."""
    cells = ["".join(cell["source"]) for cell in student_cells(number, course)]
    assert "helpers" in cells[1], "the imports"
    told = on_colab(tmp_path, *cells[:2], LOOK, CNN_DATASET="shapes10")
    assert {kind for kind, _ in told} == {"stdout"}, told
    printed = "\n".join(text for _, text in told)
    lesson = tmp_path / "lesson"
    import tensorflow

    assert printed.endswith(f"{lesson / 'data'} {lesson / 'build'} {tensorflow.__file__}"), printed
    assert "cifar10" not in printed
    packages = {path.name for path in (tmp_path / "installed" / INSTALLED).iterdir()}
    assert packages == {"helpers", "checks", "cnn_on_cifar10-0.1.0.dist-info"}


@pytest.mark.long
def test_a_lesson_starts_from_the_repository_that_students_get(tmp_path):
    """Without complete lessons and tests, it is a project that pip installs, too."""
    students = tmp_path / "students"
    words = ["--course", str(tmp_path / "course"), "--repository", str(students), "--lesson", "04"]
    handout = [sys.executable, "-m", "tools", "handout", *words, "--address", "https://github.com/owner/students"]
    subprocess.run(handout, cwd=ROOT, check=True, capture_output=True, timeout=300)
    url = committed(students)
    cells = ["".join(cell["source"]) for cell in student_cells("04", url, students / "notebooks" / "student")]
    told = on_colab(tmp_path, *cells[:2], LOOK, CNN_DATASET="shapes10")
    assert {kind for kind, _ in told} == {"stdout"}, told
    assert {path.name for path in (tmp_path / "installed" / INSTALLED).iterdir()} >= {"helpers", "checks"}


@pytest.mark.long
@pytest.mark.parametrize("number", ["01", "04"])
def test_a_lesson_runs_to_its_end_in_an_empty_folder(number, tmp_path, course):
    """Nothing but stubs raises; exercises are read from the installed checks."""
    cells = student_cells(number, course)
    may_raise = sum("raises-exception" in cell["metadata"].get("tags", []) for cell in cells)
    told = on_colab(tmp_path, *("".join(cell["source"]) for cell in cells), CNN_DATASET="shapes10")
    raised = [(kind, text) for kind, text in told if kind.endswith(("Error", "Exit", "NotFilledIn"))]
    assert raised, "stubs that nobody filled in"
    assert len(raised) <= may_raise, raised
    assert not [text for kind, text in raised if "helpers" in text or kind == "SystemExit"]
