"""The tools that execute lessons: what a failing lesson looks like, and that a stored one is never half replaced."""

import nbformat
import pytest
from nbformat import v4

from tools import lessons


def notebook_with(path, *sources, tags=()):
    cells = [v4.new_code_cell(source, metadata={"tags": list(tags)}) for source in sources]
    nbformat.write(v4.new_notebook(cells=cells), path)
    return path


def test_a_lesson_runs_in_its_folder_on_the_named_dataset(tmp_path):
    source = "import os\nprint(os.environ['CNN_DATASET'], os.path.basename(os.getcwd()))"
    counted = []
    outcome = lessons.execute(notebook_with(tmp_path / "a.ipynb", source, "1 + 1"), "shapes10", on_cell=counted.append)
    assert outcome.problem == ""
    assert outcome.notebook.cells[0].outputs[0].text.split() == ["shapes10", tmp_path.name]
    assert counted[-1] == 2
    assert "execution" not in outcome.notebook.cells[0].metadata


def test_a_failing_cell_is_named_and_ends_the_run(tmp_path):
    path = notebook_with(tmp_path / "a.ipynb", "x = 1", "x / 0", "print('not reached')")
    outcome = lessons.execute(path, "shapes10")
    assert outcome.notebook.cells[1].id in outcome.problem
    assert "ZeroDivisionError" in outcome.problem
    assert not outcome.notebook.cells[2].outputs


def test_an_untouched_stub_is_no_failure(tmp_path):
    path = notebook_with(tmp_path / "a.ipynb", "raise NotImplementedError", "2", tags=["raises-exception"])
    assert lessons.execute(path, "shapes10").problem == ""


def test_a_cell_that_never_ends_is_named(tmp_path):
    path = notebook_with(tmp_path / "a.ipynb", "import time\ntime.sleep(60)")
    assert "more than 2 s" in lessons.execute(path, "shapes10", timeout=2).problem


def test_a_kernel_that_dies_is_named(tmp_path):
    path = notebook_with(tmp_path / "a.ipynb", "import os\nos._exit(1)")
    assert "kernel died" in lessons.execute(path, "shapes10").problem


def test_text_on_stderr_is_a_failure(tmp_path):
    path = notebook_with(tmp_path / "a.ipynb", "import sys\nprint('careful', file=sys.stderr)")
    assert "stderr: careful" in lessons.execute(path, "shapes10").problem


def test_unknown_lessons_and_datasets_are_named():
    with pytest.raises(SystemExit, match=r"There is no lesson 77\. There are: 01"):
        lessons.find("77")
    with pytest.raises(SystemExit, match=r"no dataset .cifar.\. The names are: cifar10, shapes10"):
        lessons.dataset_or_exit("cifar")
    assert lessons.find("1")[0].number == "01"


def test_nothing_is_executed_without_its_images(monkeypatch, tmp_path):
    monkeypatch.setenv("CIFAR10_PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="CIFAR10_PATH is"):
        lessons.dataset_or_exit("cifar10")
