"""Executing lessons: what a failing one looks like, the dataset of each, several at a time."""

import json
import os
import sys
import threading

import nbformat
import pytest
from tools_notebooks import notebook_with

from tools.lessons import execute


def executed(path, dataset="shapes10", timeout=60):
    result = execute.execute_notebook(nbformat.read(path, as_version=4), path.parent, dataset, timeout)
    assert json.loads(json.dumps(result)) == result, "it travels between processes and machines"
    return json.loads(result["notebook"])["cells"], result["problem"]


def test_a_lesson_runs_in_its_folder_on_the_named_dataset(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_DATASET", "cifar10")
    source = "import os\nprint(os.environ['CNN_DATASET'], os.path.basename(os.getcwd()))"
    cells, problem = executed(notebook_with(tmp_path / "a.ipynb", source, "1 + 1"))
    assert problem == ""
    assert cells[0]["outputs"][0]["text"] == [f"shapes10 {tmp_path.name}\n"]
    assert "execution" not in cells[0]["metadata"]
    assert [cell["execution_count"] for cell in cells] == [1, 2]
    assert os.environ["CNN_DATASET"] == "cifar10", "this process has its own"


def test_a_lesson_finds_the_code_beside_it_from_anywhere(tmp_path):
    source = "import helpers.places\nprint(helpers.places.ROOT)"
    cells, problem = executed(notebook_with(tmp_path / "a.ipynb", source))
    assert problem == ""
    assert cells[0]["outputs"][0]["text"] == [f"{execute.find.ROOT}\n"]


def test_the_kernel_is_that_of_this_python_whatever_kernelspecs_there_are(tmp_path, monkeypatch):
    spec = tmp_path / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": ["/gone/python", "-m", "x"], "display_name": "Wrong", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    cells, problem = executed(notebook_with(tmp_path / "a.ipynb", "import sys\nprint(sys.executable)"))
    assert problem == ""
    assert cells[0]["outputs"][0]["text"] == [f"{sys.executable}\n"]


def test_a_failing_cell_is_named_and_ends_the_run(tmp_path):
    cells, problem = executed(notebook_with(tmp_path / "a.ipynb", "x = 1", "x / 0", "print('not reached')"))
    assert cells[1]["id"] in problem
    assert "ZeroDivisionError" in problem
    assert not cells[2]["outputs"]


def test_an_untouched_stub_is_no_failure(tmp_path):
    path = notebook_with(tmp_path / "a.ipynb", "raise NotImplementedError", "2", tags=["raises-exception"])
    assert executed(path)[1] == ""


def test_a_cell_that_never_ends_is_named(tmp_path):
    path = notebook_with(tmp_path / "a.ipynb", "import time\ntime.sleep(60)")
    assert "more than 2 s" in executed(path, timeout=2)[1]


def test_a_kernel_that_dies_is_named(tmp_path):
    assert "kernel died" in executed(notebook_with(tmp_path / "a.ipynb", "import os\nos._exit(1)"))[1]


def test_text_on_stderr_is_a_failure(tmp_path):
    path = notebook_with(tmp_path / "a.ipynb", "import sys\nprint('careful', file=sys.stderr)")
    assert "stderr: careful" in executed(path)[1]


MEET = """
import pathlib, time
pathlib.Path("{mine}").touch()
until = time.monotonic() + 60
while not pathlib.Path("{other}").exists():
    assert time.monotonic() < until, "the other lesson is not executed at the same time"
    time.sleep(0.05)
print("met")
"""


def test_two_lessons_are_executed_at_the_same_time(tmp_path):
    paths = [
        notebook_with(tmp_path / f"{mine}.ipynb", MEET.format(mine=mine, other=other)) for mine, other in ("ab", "ba")
    ]
    results = {}
    execute.execute_lessons(paths, "shapes10", 90, 2, lambda path, result: results.update({path: result["problem"]}))
    assert results == dict.fromkeys(paths, "")


def test_each_lesson_is_handed_over_as_soon_as_it_is_finished(tmp_path):
    """The second one waits for a file that is written when the first one has been handed over."""
    first = notebook_with(tmp_path / "a.ipynb", "print('a')")
    second = notebook_with(tmp_path / "b.ipynb", MEET.format(mine="b", other="a-is-done"))
    order = []

    def done(path, result):
        order.append((path.stem, result["problem"]))
        assert threading.current_thread() is threading.main_thread()
        (tmp_path / f"{path.stem}-is-done").touch()

    execute.execute_lessons([second, first], "shapes10", 90, 2, done)
    assert order == [("a", ""), ("b", "")]


def test_a_process_that_dies_fails_its_lesson_alone(tmp_path, monkeypatch):
    """Where nothing can be executed at all, that is told as a lesson's problem, not as a traceback."""
    path = notebook_with(tmp_path / "a.ipynb", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)")
    results = []
    execute.execute_lessons([path], "shapes10", 60, 1, lambda path, result: results.append(result))
    assert [result["problem"] for result in results] == [
        "a: the system killed its process (SIGKILL), perhaps because memory ran out."
    ]
    assert results[0]["notebook"] == ""


@pytest.mark.parametrize("raised", [KeyboardInterrupt, pytest.param(ValueError, marks=pytest.mark.long)])
def test_an_error_on_the_way_ends_what_is_executed(tmp_path, raised):
    quick = notebook_with(tmp_path / "a.ipynb", "1")
    slow = notebook_with(tmp_path / "b.ipynb", "import time\ntime.sleep(300)")

    def done(path, result):
        raise raised

    with pytest.raises(raised):
        execute.execute_lessons([quick, slow], "shapes10", 600, 2, done)
