"""The student edition: made from the complete lessons as they are now, without solutions, and able to run untouched."""

import re

import nbformat
import pytest

from tools.lessons import files, find, repository, student

LESSONS = find.find()


@pytest.fixture(scope="module")
def generated():
    return student.generate([lesson.path for lesson in LESSONS])


def test_is_up_to_date(generated):
    stored = {path.name: nbformat.read(path, as_version=4) for path in find.STUDENT.glob("[0-9][0-9]_*.ipynb")}
    assert stored.keys() >= generated.keys(), "call: make student"
    for name, notebook in generated.items():
        assert nbformat.writes(stored.pop(name)) == nbformat.writes(notebook), f"{name} is stale; call: make student"
    for name in stored:
        held = (find.STUDENT / name).read_bytes()
        assert not files.untouched(held), f"there is no lesson {name} any more; call: make student"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_holds_no_solution_and_no_note(lesson, generated):
    complete = nbformat.read(lesson.path, as_version=4)
    text = nbformat.writes(generated[lesson.path.name])
    assert "BEGIN SOLUTION" not in text
    kept = "\n".join(cell.source for cell in generated[lesson.path.name].cells)
    solutions = 0
    for cell in complete.cells:
        if "instructor" in cell.metadata.get("tags", []):
            assert cell.source not in kept
        for solution in re.findall(r"### BEGIN SOLUTION\n(.*?)\n\s*### END SOLUTION", cell.source, re.DOTALL):
            solutions += 1
            assert solution not in kept, cell.id
    assert solutions >= 2


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_only_stubs_and_checks_may_raise(lesson, generated):
    for cell in generated[lesson.path.name].cells:
        facts = cell.metadata.get("nbgrader")
        expected = cell.cell_type == "code" and facts is not None
        assert ("raises-exception" in cell.metadata.get("tags", [])) == expected, cell.id
        assert not cell.get("outputs")


def test_a_solution_without_its_end_is_refused(tmp_path):
    notebook = nbformat.read(LESSONS[0].path, as_version=4)
    cell = next(cell for cell in notebook.cells if "END SOLUTION" in cell.source)
    cell.source = cell.source.replace("### END SOLUTION", "")
    path = tmp_path / LESSONS[0].path.name
    nbformat.write(notebook, path)
    with pytest.raises(SystemExit, match="no student edition"):
        student.generate([path])


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_begins_like_the_complete_lesson(lesson, generated):
    set_up = next(cell for cell in generated[lesson.path.name].cells if cell.cell_type == "code")
    assert set_up.source == repository.set_up_cell(repository.address())
