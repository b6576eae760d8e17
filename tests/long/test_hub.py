"""A hub that really runs, with students at its web pages: some minutes. ``python -m tools test --long -k hub``."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy import limits, load
from deploy.visitor import Visitor
from tools.lessons import files, find, links

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("npm"), reason="JupyterHub needs Linux or macOS, and npm for its proxy"
)
NAME = f"{load.PREFIX}1"


@pytest.fixture
def hub(tmp_path):
    """The address of a hub for one student."""
    with load.running(load.parsed([]), tmp_path, 1) as address:
        yield address


@pytest.fixture
def student(hub):
    """One with a server."""
    visitor = Visitor(hub, NAME)
    visitor.log_in(load.PASSWORD)
    visitor.start_server()
    return visitor


def test_a_class_works_while_one_is_stopped_and_one_is_refused():
    try:
        limits.base()
    except limits.LimitError as error:
        pytest.skip(str(error))
    record = load.measure(load.parsed(["--students", "2", "--lesson", "01", "--greedy", "--late", "1"]))
    assert [student.get("failed") for student in record["students"]] == [None, None]
    assert all(student["cells"] > 30 for student in record["students"])
    assert record["greedy"]["became"] == "kernel ended"
    assert record["greedy"]["server_lives"]
    assert record["refused"] == [f"{load.PREFIX}late0 got no server: status 429"]
    log = load.LOG.read_text(encoding="utf-8", errors="replace")
    assert "not recognized" not in log, "every setting is one that JupyterHub has"
    assert "Traceback" not in log


def test_what_a_student_wrote_outlives_the_server(student, tmp_path):
    path = tmp_path / "homes" / NAME / "cnn-on-cifar10" / "01_convolution_math.ipynb"
    notebook = files.read(path)
    notebook["cells"][0]["source"] = ["my own"]
    path.write_text(json.dumps(notebook), encoding="utf-8")
    again = Visitor(student.hub, NAME)
    again.log_in(load.PASSWORD)
    again.start_server()
    assert again.read("cnn-on-cifar10/01_convolution_math.ipynb")["cells"][0]["source"] == "my own"


def test_a_link_fetches_a_lesson_and_its_kernel_has_the_course(student, repository):
    address = links.link(student.hub, repository.as_uri(), "01_convolution_math.ipynb")
    page = student.web.get(address, timeout=60)
    assert page.url.startswith(f"{student.home}/git-pull")
    words = {name: value for name, (value,) in parse_qs(urlsplit(page.url).query).items()}
    pull = {"repo": words["repo"], "branch": words["branch"], "targetpath": words["targetPath"]}
    told = student.web.get(f"{student.home}/git-pull/api", params=pull, timeout=120).text
    assert '"phase": "finished"' in told, told
    path = words["urlpath"].removeprefix("lab/tree/")
    first = next(cell for cell in student.read(path)["cells"] if cell["cell_type"] == "code")
    kernel = student.open_kernel(path)
    assert kernel.run(first["source"]) == ""
    assert kernel.run("import helpers.start, os\nassert os.environ['CNN_DATASET'] == 'shapes10'") == ""


@pytest.fixture
def repository(tmp_path) -> Path:
    """What a class gets, as a repository of git."""
    folder = tmp_path / "course"
    shutil.copytree(find.STUDENT, folder / "notebooks" / "student")
    identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.edu"]
    for words in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "."],
        [*identity, "commit", "--quiet", "-m", "1"],
    ):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return folder
