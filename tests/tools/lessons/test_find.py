"""Finding lessons, and what is told about those that are not there."""

import argparse

import pytest
from tools_notebooks import notebook_with

from tools.lessons import find


def test_lessons_are_found_in_order_and_by_number(tmp_path, monkeypatch):
    monkeypatch.setattr(find, "NOTEBOOKS", tmp_path)
    for name in ("02_b", "10_c", "01_a", "draft"):
        notebook_with(tmp_path / f"{name}.ipynb", "1")
    assert [lesson.number for lesson in find.find()] == ["01", "02", "10"]
    (lesson,) = find.find("1")
    assert (lesson.path, lesson.title, lesson.run_minutes) == (tmp_path / "01_a.ipynb", "Tiny", 1)
    assert [lesson.number for lesson in find.find("10", "01", "1")] == ["01", "10"]
    with pytest.raises(SystemExit, match=r"There is no lesson 77\. There are: 01, 02, 10\."):
        find.find("1", "77")


def test_nothing_is_executed_without_its_images(monkeypatch, tmp_path):
    monkeypatch.setenv("CIFAR10_PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="CIFAR10_PATH is"):
        find.dataset_or_exit("cifar10")
    assert find.dataset_or_exit("shapes10") == "shapes10"


def test_every_dataset_of_a_run_can_be_loaded():
    """The names stand here too, because they are told before anything is installed."""
    from helpers import data

    assert "cifar10" in find.DATASETS
    assert data.load("shapes10").name in find.DATASETS
    with pytest.raises(ValueError, match=" or ".join(map(repr, find.DATASETS)).replace(" or ", ", ")):
        data.load("cifar")


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", ""])
def test_a_number_of_lessons_at_a_time_is_at_least_one(text, capsys):
    parser = argparse.ArgumentParser()
    find.add_jobs_argument(parser, default=2)
    assert parser.parse_args([]).jobs == 2
    with pytest.raises(SystemExit):
        parser.parse_args([f"--jobs={text}"])
    assert f"{text!r} is no number of lessons at a time" in capsys.readouterr().err


def test_kernels_get_the_project_first_and_keep_what_was_set(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    variables = find.variables(CNN_DATASET="shapes10")
    assert variables["PYTHONPATH"].split(find.os.pathsep) == [str(find.ROOT), "elsewhere"]
    assert variables["CNN_DATASET"] == "shapes10"
    monkeypatch.delenv("PYTHONPATH")
    assert find.variables()["PYTHONPATH"] == str(find.ROOT)
