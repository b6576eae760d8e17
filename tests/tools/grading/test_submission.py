"""A student's cells in the notebook that was handed out, whatever happened to theirs."""

import copy

import pytest
from tiny_lesson import NAMES, RIGHT, cell, handed_in, source

from tools.grading import submission
from tools.lessons import files, repository


def put(notebook):
    made, odd = submission.restored(source(), notebook)
    return made, odd, [name for name in RIGHT if files.source(cell(made, name)) == RIGHT[name]]


def checks_are_ours(made):
    ours = [files.source(one) for one in source()["cells"] if submission.is_check(one)]
    return [files.source(one) for one in made["cells"] if submission.is_check(one)] == ours


def test_an_honest_one_has_nothing_odd():
    made, odd, right = put(handed_in(**RIGHT, last="print(1)"))
    assert (odd, right) == ([], list(RIGHT))
    assert checks_are_ours(made)
    assert files.source(made["cells"][-1]) == "print(1)"
    assert made["cells"][-1]["metadata"] == {"theirs": True}
    assert submission.restored(source(), handed_in())[1] == []


@pytest.mark.parametrize("url", ["https://github.com/uni/cnn-students", repository.PLACEHOLDER])
def test_the_set_up_cell_of_the_students_repository_is_no_change_of_theirs(url):
    notebook = handed_in()
    notebook["cells"][0]["source"] = repository.set_up_cell(url)
    made = submission.restored(source(), notebook)[0]
    assert not any(one["metadata"].get("theirs") for one in made["cells"])
    assert made["cells"][0]["source"] == source()["cells"][0]["source"]
    notebook["cells"][0]["source"] += "\nimport subprocess"
    assert submission.restored(source(), notebook)[0]["cells"][0]["metadata"]["theirs"]


def strip_metadata(cells):
    for one in cells:
        one["metadata"] = {}


def strip_all(cells):
    for one in cells:
        one["metadata"], one["id"] = {}, "x"


def of_colab(cells):
    for one in cells:
        one["metadata"] = {"id": one.pop("id")}


@pytest.mark.parametrize("lose", [strip_metadata, strip_all, of_colab])
def test_lost_metadata(lose):
    notebook = handed_in(**RIGHT)
    lose(notebook["cells"])
    made, odd, right = put(notebook)
    assert right == list(RIGHT)
    assert checks_are_ours(made)
    assert len(made["cells"]) == len(source()["cells"])
    assert "lost nbgrader's metadata" in odd[0]


def test_a_syntax_error_is_found_by_its_place():
    notebook = handed_in(**RIGHT | {"ex1_3": "def max_pool(image, size)\n    return"})
    strip_all(notebook["cells"])
    made, _, right = put(notebook)
    assert files.source(cell(made, "ex1_3")).startswith("def max_pool(image, size)\n")
    assert right == ["ex1_1", "ex1_4"]


@pytest.mark.parametrize("place", ["test_ex1_3", "ex1_3"])
def test_deleted_doubled_edited(place):
    deleted, doubled, edited = (handed_in(**RIGHT) for _ in range(3))
    deleted["cells"].remove(cell(deleted, place))
    doubled["cells"].append(copy.deepcopy(cell(doubled, place)) | {"id": "again"})
    cell(edited, place)["source"] = "print('right')"
    for notebook in (deleted, doubled):
        made, odd, _ = put(notebook)
        assert checks_are_ours(made)
        assert len(odd) == 1
        assert place in odd[0]
        assert len(made["cells"]) == len(source()["cells"])
    made, odd, _ = put(edited)
    assert checks_are_ours(made)
    assert len(odd) == place.startswith("test")


def test_an_untouched_copy_of_the_cell_does_not_undo_the_answer():
    notebook = handed_in(**RIGHT)
    stub = cell(handed_in(), "ex1_3")
    notebook["cells"].append(stub | {"id": "again"})
    _, odd, right = put(notebook)
    assert right == list(RIGHT)
    assert len(odd) == 1


def test_points_and_flags_in_their_metadata_count_for_nothing():
    notebook = handed_in(**RIGHT)
    cell(notebook, "test_ex1_3")["metadata"]["nbgrader"] |= {"points": 100, "solution": True}
    made, _, _ = put(notebook)
    assert cell(made, "test_ex1_3")["metadata"] == cell(source(), "test_ex1_3")["metadata"]


def test_an_answer_in_a_new_cell_stands_behind_its_neighbour():
    notebook = handed_in(**RIGHT | {"ex1_4": "diagonal = None"})
    own = {"cell_type": "code", "id": "own", "metadata": {}, "source": RIGHT["ex1_4"], "outputs": []}
    notebook["cells"].insert(notebook["cells"].index(cell(notebook, "ex1_4")) + 1, own)
    made, _, _ = put(notebook)
    texts = [files.source(one) for one in made["cells"]]
    assert texts.index("diagonal = None") + 1 == texts.index(RIGHT["ex1_4"])
    assert f"check.exercise_1_4({NAMES['ex1_4']})" in texts[texts.index(RIGHT["ex1_4"]) + 1]
