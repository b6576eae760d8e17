"""Writing the student edition: only of the lessons that were asked for, and never half."""

import argparse

import nbformat
import pytest
from nbformat import v4
from tools_notebooks import notebook_with

from tools.lessons import files, find, readme, reference, regenerate, student


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two lessons; their student edition is older, and there is one of a lesson that is gone."""
    monkeypatch.setattr(find, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(find, "STUDENT", tmp_path / "student")
    monkeypatch.setattr(find, "WORK", tmp_path / "work")
    monkeypatch.setattr(student, "ROOT", tmp_path)
    for name in ("01_first", "02_second"):
        notebook_with(tmp_path / f"{name}.ipynb", "1")
    for name in ("01_first", "02_second", "03_gone"):
        older = v4.new_notebook(cells=[v4.new_code_cell("'older'")])
        files.sign(older)
        files.write(tmp_path / "student" / f"{name}.ipynb", nbformat.writes(older) + "\n")
    return tmp_path / "student"


def made(paths):
    notebooks = {path.name: v4.new_notebook(cells=[v4.new_code_cell("'new'", id="a")]) for path in paths}
    for notebook in notebooks.values():
        files.sign(notebook)
    return notebooks


def test_other_lessons_keep_theirs(folder, monkeypatch):
    monkeypatch.setattr(student, "generate", made)
    assert student.write(find.find("02")) == [folder / "02_second.ipynb"]
    assert "new" in (folder / "02_second.ipynb").read_text()
    assert "older" in (folder / "01_first.ipynb").read_text()
    assert (folder / "03_gone.ipynb").is_file()


def test_the_command_writes_all_and_removes_what_has_no_lesson(folder, monkeypatch, capsys):
    monkeypatch.setattr(student, "generate", made)
    for _ in range(2):
        assert student.main(argparse.Namespace()) == 0
        assert sorted(path.name for path in folder.iterdir()) == ["01_first.ipynb", "02_second.ipynb"]
        assert all("new" in path.read_text() for path in folder.iterdir())
    assert capsys.readouterr().out.count("03_gone.ipynb removed: there is no such lesson") == 1
    assert not find.WORK.exists(), "nobody changed anything"


CHANGES = {
    "an answer": lambda text: text.replace("'older'", "my answer"),
    "an output": lambda text: text.replace('"outputs": []', '"outputs": [{"output_type": "stream", "text": ["3"]}]'),
    "a tag": lambda text: text.replace('"metadata": {}', '"metadata": {"tags": ["mine"]}'),
    "no signature": lambda text: text.replace("edition", "other"),
    "half a save": lambda text: text[:60],
    "nothing": lambda text: "",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_somebody_changed_is_kept_to_the_last_byte(folder, monkeypatch, capsys, change):
    monkeypatch.setattr(student, "generate", made)
    first, gone, own = folder / "01_first.ipynb", folder / "03_gone.ipynb", folder / "my_own_notes.ipynb"
    theirs = change(first.read_text())
    assert theirs != first.read_text()
    for path in (first, gone, own):
        path.write_text(theirs)
    (folder / "mine").mkdir()
    (folder / "mine" / "photo.png").write_text("mine")
    files.write(find.WORK / first.name, "work of another day")
    for _ in range(2):
        assert student.main(argparse.Namespace()) == 0
    assert "new" in first.read_text()
    assert gone.read_text() == own.read_text() == theirs
    assert (folder / "mine" / "photo.png").is_file()
    assert (find.WORK / first.name).read_text() == "work of another day"
    assert (find.WORK / "01_first.kept.ipynb").read_text() == theirs
    assert len(list(find.WORK.iterdir())) == 2
    told = capsys.readouterr().out
    assert told.count("01_first.ipynb of the student edition was changed by somebody: kept as") == 1
    assert "my_own_notes.ipynb stays" in told


def test_the_same_work_is_kept_once(folder, monkeypatch):
    monkeypatch.setattr(student, "generate", made)
    for answer in ("one", "one", "two"):
        (folder / "01_first.ipynb").write_text(answer)
        student.main(argparse.Namespace())
    kept = {path.name: path.read_text() for path in find.WORK.iterdir()}
    assert kept == {"01_first.ipynb": "one", "01_first.kept.ipynb": "two"}


def test_what_is_saved_at_that_moment_is_kept(folder, monkeypatch, capsys):
    monkeypatch.setattr(student, "generate", made)
    swap = files.swap

    def saved_meanwhile(path, before, new):
        if path.name == "01_first.ipynb":
            path.write_text("my answer")
        return swap(path, before, new)

    monkeypatch.setattr(files, "swap", saved_meanwhile)
    assert student.main(argparse.Namespace()) == 1
    assert (folder / "01_first.ipynb").read_text() == "my answer"
    assert "new" in (folder / "02_second.ipynb").read_text()
    assert "saved by somebody at this moment, and stays: call this again" in capsys.readouterr().out


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
    monkeypatch.setattr(reference, "write", lambda: asked.append("GLOSSARY"))
    regenerate.derive(find.find("01"))
    assert asked == [folder.parent / "01_first.ipynb", "README", "GLOSSARY"]
