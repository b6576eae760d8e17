"""The folder ``work``: copied once, never overwritten, and new editions come beside with the answers that still fit."""

import copy
import json
import os
import random
import stat

import nbformat
import pytest
from nbformat import v4
from nbgrader.utils import compute_checksum

from tools.lessons import files, find, workspace

NAME = "04_first_cnn.ipynb"
BESIDE = "04_first_cnn.new-edition.ipynb"
FIRST = {
    "ex4_1": "def side(size):\n    raise NotImplementedError",
    "ex4_2": "def work(size):\n    raise NotImplementedError",
    "ex4_3": "count = None\nraise NotImplementedError",
    "ex4_4": "area = None\nraise NotImplementedError",
    "ex4_5": "*Write your answer here.*",
}
# Exercise 4.2 has another signature, 4.3 is gone, 4.6 is new.
SECOND = FIRST | {"ex4_2": "def work(size, stride):\n    raise NotImplementedError", "ex4_6": "x = None"}
del SECOND["ex4_3"]
ANSWERS = {
    "ex4_1": "def side(size):\n    return size - 2",
    "ex4_2": "def work(size):\n    return size**2",
    "ex4_3": "count = 17",
    "ex4_5": "Because the borders are lost.",
}


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(find, "STUDENT", tmp_path / "student")
    monkeypatch.setattr(find, "WORK", tmp_path / "work")
    return tmp_path / "work"


def publish(stubs, text="Read this.", name=NAME):
    """Put an edition of a lesson where ``student`` puts it; nbgrader's own function gives the checksums."""
    cells = [v4.new_markdown_cell("# 04 · Title", id="title"), v4.new_markdown_cell(text, id="text")]
    for key, stub in stubs.items():
        prose = stub.startswith("*")
        cell = (v4.new_markdown_cell if prose else v4.new_code_cell)(stub, id=key.replace("_", "-"))
        facts = {"grade_id": key, "solution": True, "grade": prose, "locked": False, "schema_version": 3, "task": False}
        cell.metadata["nbgrader"] = facts | ({"points": 2} if prose else {})
        cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
        cells.append(cell)
    notebook = v4.new_notebook(cells=cells, metadata={"lesson": {"title": f"Title of {name}"}})
    files.sign(notebook)
    find.STUDENT.mkdir(exist_ok=True)
    (find.STUDENT / name).write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def type_in(path, answers):
    notebook = files.read(path)
    for cell in notebook["cells"]:
        key = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = answers.get(key, cell["source"])
    path.write_text(json.dumps(notebook), encoding="utf-8")


def sources(path):
    """Number of the exercise -> text of its cell."""
    cells = nbformat.read(path, as_version=4).cells
    return {cell.metadata.nbgrader.grade_id: cell.source for cell in cells if "nbgrader" in cell.metadata}


def held(folder):
    """Every file of a folder with what it holds and who may write it, but for what is noted."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".editions.json"
    }


def test_lessons_are_copied_once_to_the_last_byte(folders, capsys):
    publish(FIRST)
    publish(FIRST, name="05_deeper.ipynb")
    workspace.prepare()
    assert {name: content for name, (content, _) in held(folders).items()} == {
        path.name: path.read_bytes() for path in find.STUDENT.iterdir()
    }
    assert f"copied to {folders}: 2." in capsys.readouterr().out
    before = held(folders)
    workspace.prepare()
    assert held(folders) == before
    assert capsys.readouterr().out == ""


def test_a_new_edition_lies_beside_with_the_answers_that_still_fit(folders, capsys):
    publish(FIRST)
    workspace.prepare()
    type_in(folders / NAME, ANSWERS)
    before = held(folders)
    publish(SECOND, "Read this as well.")
    capsys.readouterr()
    workspace.prepare()
    after = held(folders)
    assert after.keys() - before.keys() == {BESIDE}
    assert before.items() <= after.items()
    assert sources(folders / BESIDE) == SECOND | {key: ANSWERS[key] for key in ("ex4_1", "ex4_5")}
    notebook = nbformat.read(folders / BESIDE, as_version=4)
    nbformat.validate(notebook)
    note = notebook.cells[1].source
    assert f"`{NAME}`, which stays as it is" in note
    assert "Your answers to 4.1, 4.5 were carried over." in note
    assert "changed or are gone: 4.2, 4.3." in note
    assert [cell.source for cell in notebook.cells if cell.id == "text"] == ["Read this as well."]
    assert capsys.readouterr().out == f"{BESIDE}: {note.replace('`', '')}\n"


def test_an_untouched_lesson_is_not_overwritten_either(folders):
    publish(FIRST)
    workspace.prepare()
    before = held(folders)
    publish(SECOND)
    workspace.prepare()
    assert before.items() <= held(folders).items()
    note = nbformat.read(folders / BESIDE, as_version=4).cells[1].source
    assert "carried" not in note, "nothing was written that could be"


def half(path):
    path.write_bytes(path.read_bytes()[:700])


def without_lesson(path):
    notebook = files.read(path)
    notebook["metadata"] = {}
    path.write_text(json.dumps(notebook))


def with_strange_metadata(path):
    notebook = files.read(path)
    notebook["metadata"]["lesson"] = ["of mine"]
    path.write_text(json.dumps(notebook))


def with_a_cell_less(path):
    notebook = files.read(path)
    del notebook["cells"][2]
    path.write_text(json.dumps(notebook))


def beside(path):
    (path.parent / "mine").mkdir()
    (path.parent / "mine" / "notes.ipynb").write_text("{}")
    (path.parent / "photo.png").write_bytes(b"\x89PNG")
    (path.parent / BESIDE).write_text("mine")


DEEDS = {
    "half a save": half,
    "empty": lambda path: path.write_bytes(b""),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00{"),
    "other JSON": lambda path: path.write_text("[1, null]"),
    "no metadata": without_lesson,
    "strange metadata": with_strange_metadata,
    "a deleted cell": with_a_cell_less,
    "read-only": lambda path: path.chmod(0o444),
    "own files": beside,
    "a folder of that name": lambda path: (path.unlink(), path.mkdir(), (path / "x").write_text("mine")),
    "a link": lambda path: path.symlink_to(path.rename(path.with_name("elsewhere.ipynb"))),
    "a broken link": lambda path: (path.unlink(), path.symlink_to(path.parent / "nowhere" / "x")),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
def test_whatever_a_student_does_is_kept(folders, deed):
    publish(FIRST)
    workspace.prepare()
    type_in(folders / NAME, ANSWERS)
    deed(folders / NAME)
    before = held(folders)
    for stubs in (FIRST, SECOND, FIRST | {"ex4_7": "y = None"}):
        publish(stubs)
        for _ in range(2):
            workspace.prepare()
        after = held(folders)
        assert before.items() <= after.items()
    new = [name for name in after if name not in before]
    assert len(new) in (2, 3)
    assert all(files.notebook((folders / name).read_bytes()) for name in new)


def test_a_damaged_file_is_named_and_the_lesson_comes_anew(folders, capsys):
    publish(FIRST)
    workspace.prepare()
    half(folders / NAME)
    workspace.prepare()
    assert sources(folders / BESIDE) == FIRST
    assert f"{NAME}, which stays as it is, cannot be read as a notebook" in capsys.readouterr().out


def test_the_file_that_was_saved_last_hands_its_answers_on(folders):
    publish(FIRST)
    workspace.prepare()
    type_in(folders / NAME, ANSWERS)
    os.utime(folders / NAME, (1, 1))
    publish(SECOND)
    workspace.prepare()
    type_in(folders / BESIDE, {"ex4_2": "def work(size, stride):\n    return 2"})
    publish(SECOND | {"ex4_6": "z = None"})
    workspace.prepare()
    third = folders / "04_first_cnn.new-edition-2.ipynb"
    assert sources(third)["ex4_1"] == ANSWERS["ex4_1"]
    assert sources(third)["ex4_2"].endswith("return 2")
    notes = [cell for cell in files.read(third)["cells"] if "new-edition" in cell["metadata"].get("tags", [])]
    assert len(notes) == 1
    assert "new-edition.ipynb`, which stays" in files.source(notes[0])


def test_a_new_edition_that_was_deleted_or_taken_over_is_not_offered_again(folders):
    publish(FIRST)
    workspace.prepare()
    type_in(folders / NAME, ANSWERS)
    publish(SECOND)
    workspace.prepare()
    offered = (folders / BESIDE).read_bytes()
    (folders / BESIDE).unlink()
    workspace.prepare()
    assert list(held(folders)) == [NAME]
    (folders / NAME).write_bytes(offered)
    (folders / ".editions.json").write_text("[{half")
    workspace.prepare()
    assert list(held(folders)) == [NAME]


def test_a_lesson_that_was_renamed_or_moved_is_known_and_one_that_was_deleted_comes_again(folders):
    publish(FIRST)
    workspace.prepare()
    type_in(folders / NAME, ANSWERS)
    (folders / "done").mkdir()
    mine = (folders / NAME).rename(folders / "done" / "Anna 04.ipynb")
    workspace.prepare()
    assert list(held(folders)) == ["done/Anna 04.ipynb"]
    publish(SECOND)
    workspace.prepare()
    assert sources(folders / BESIDE)["ex4_1"] == ANSWERS["ex4_1"]
    (folders / BESIDE).unlink()
    mine.unlink()
    workspace.prepare()
    assert list(held(folders)) == [NAME]


def test_an_edition_with_nothing_new_to_see_is_not_offered(folders, capsys):
    publish(FIRST)
    workspace.prepare()
    type_in(folders / NAME, ANSWERS)
    path = find.STUDENT / NAME
    notebook = files.read(path)
    notebook["metadata"]["lesson"]["run_minutes"] = 9
    files.sign(notebook)
    path.write_text(files.text(notebook))
    capsys.readouterr()
    workspace.prepare()
    assert list(held(folders)) == [NAME]
    assert capsys.readouterr().out == ""


def test_an_answer_in_two_cells_is_carried_over_in_one(folders):
    publish(FIRST)
    workspace.prepare()
    notebook = files.read(folders / NAME)
    first = next(cell for cell in notebook["cells"] if cell["id"] == "ex4-1")
    second = copy.deepcopy(first) | {"id": "other", "source": "def side(size):\n    return half(size)"}
    first["source"] = "def half(size):\n    return size // 2"
    notebook["cells"].append(second)
    (folders / NAME).write_text(json.dumps(notebook))
    publish(SECOND)
    workspace.prepare()
    assert sources(folders / BESIDE)["ex4_1"] == f"{first['source']}\n\n{second['source']}"


def test_another_process_that_was_quicker_is_not_overwritten(folders, monkeypatch):
    publish(FIRST)
    swap = files.swap

    def later(path, before, new):
        path.write_bytes((find.STUDENT / NAME).read_bytes())
        return swap(path, before, new)

    monkeypatch.setattr(files, "swap", later)
    workspace.prepare()
    assert list(held(folders)) == [NAME]


def test_a_damaged_student_edition_is_not_copied(folders, capsys):
    publish(FIRST)
    half(find.STUDENT / NAME)
    workspace.prepare()
    assert held(folders) == {}
    assert "python -m tools student makes it anew" in capsys.readouterr().out


def mutated(value, chance):
    """JSON with some of its values replaced by values of other kinds."""
    if chance.random() < 0.03:
        return chance.choice([None, 7, "x", [], {}, [1], {"a": None}, True, "\ud800"])
    if isinstance(value, dict):
        return {key: mutated(each, chance) for key, each in value.items() if chance.random() > 0.01}
    return [mutated(each, chance) for each in value] if isinstance(value, list) else value


def test_a_notebook_of_any_shape_is_kept_and_ends_nothing(folders):
    publish(FIRST)
    workspace.prepare()
    type_in(folders / NAME, ANSWERS)
    whole, kinds = files.read(folders / NAME), set()
    publish(SECOND)
    for seed in range(150):
        text = json.dumps(mutated(whole, random.Random(seed)))
        (folders / NAME).write_text(text)
        (folders / ".editions.json").unlink(missing_ok=True)
        workspace.prepare()
        assert (folders / NAME).read_text() == text
        nbformat.validate(nbformat.read(folders / BESIDE, as_version=4))
        kinds.add(sources(folders / BESIDE)["ex4_1"])
        (folders / BESIDE).unlink()
    assert kinds >= {FIRST["ex4_1"], ANSWERS["ex4_1"]}


def test_what_nbgrader_calls_untouched_is_what_we_call_so():
    cells = [cell for path in find.STUDENT.glob("*.ipynb") for cell in nbformat.read(path, as_version=4).cells]
    cells = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")]
    assert len(cells) > 40
    assert {cell.cell_type for cell in cells} == {"code", "markdown"}
    for cell in cells:
        assert compute_checksum(cell) == cell.metadata.nbgrader.checksum
        assert workspace.as_handed_out(cell)
        cell.source += " "
        assert not workspace.as_handed_out(cell)


def test_the_student_edition_is_signed():
    for path in find.STUDENT.glob("*.ipynb"):
        assert files.untouched(path.read_bytes()), f"{path.name}: call make student"
