"""Writing the student edition: only of the lessons that were asked for, and never half."""

import argparse

import pytest
from nbformat import v4
from tools_notebooks import notebook_with

from tools.lessons import find, readme, regenerate, student


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two lessons; their student edition is older, and there is one of a lesson that is gone."""
    monkeypatch.setattr(find, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(find, "STUDENT", tmp_path / "student")
    monkeypatch.setattr(student, "ROOT", tmp_path)
    for name in ("01_first", "02_second"):
        notebook_with(tmp_path / f"{name}.ipynb", "1")
        notebook_with(tmp_path / "student" / f"{name}.ipynb", "'older'")
    notebook_with(tmp_path / "student" / "03_gone.ipynb", "'older'")
    return tmp_path / "student"


def made(paths):
    return {path.name: v4.new_notebook(cells=[v4.new_code_cell("'new'")]) for path in paths}


def test_other_lessons_keep_theirs(folder, monkeypatch):
    monkeypatch.setattr(student, "generate", made)
    assert student.write(find.find("02")) == [folder / "02_second.ipynb"]
    assert "new" in (folder / "02_second.ipynb").read_text()
    assert "older" in (folder / "01_first.ipynb").read_text()
    assert (folder / "03_gone.ipynb").is_file()


def test_the_command_writes_all_and_removes_what_has_no_lesson(folder, monkeypatch, capsys):
    monkeypatch.setattr(student, "generate", made)
    assert student.main(argparse.Namespace()) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["01_first.ipynb", "02_second.ipynb"]
    assert all("new" in path.read_text() for path in folder.iterdir())
    assert "03_gone.ipynb removed: there is no such lesson" in capsys.readouterr().out


def test_nothing_is_written_where_nbgrader_refuses_one(folder, monkeypatch):
    def refused(paths):
        raise SystemExit("nbgrader made no student edition")

    monkeypatch.setattr(student, "generate", refused)
    with pytest.raises(SystemExit, match="no student edition"):
        student.main(argparse.Namespace())
    assert len(list(folder.iterdir())) == 3
    assert all("older" in path.read_text() for path in folder.iterdir())


def test_regenerate_derives_from_the_finished_lessons_alone(folder, monkeypatch):
    asked = []
    monkeypatch.setattr(student, "generate", lambda paths: asked.extend(paths) or made(paths))
    monkeypatch.setattr(readme, "write", lambda: asked.append("README"))
    regenerate.derive(find.find("01"))
    assert asked == [folder.parent / "01_first.ipynb", "README"]
