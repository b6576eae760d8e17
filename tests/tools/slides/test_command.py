"""The command writes where nothing of others lies, and live lessons hold stored runs, and no answer of theirs."""

import argparse
import json

import pytest

from tools.lessons import find
from tools.slides import command, live, seconds


def arguments(out, **more):
    given = {"lesson": ["04"], "out": out, "live": False, "measure": False, "dataset": "cifar10", "rest": []}
    return argparse.Namespace(**given | more)


def test_a_deck_and_a_list_that_name_no_other_host(tmp_path, capsys):
    assert command.main(arguments(tmp_path / "out")) == 0
    deck = (tmp_path / "out" / "04_first_cnn.html").read_text(encoding="utf-8")
    assert deck.count("<section ") > 30
    assert 'src="http' not in deck
    assert "fetch(" not in deck
    assert (tmp_path / "out" / "assets" / "reveal.js").is_file()
    assert "04_first_cnn.html" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "return filters * (kernel_size" not in deck
    command.main(arguments(tmp_path / "out"))  # over its own files


@pytest.mark.parametrize("name", ["index.html", "04_first_cnn.html"])
def test_a_file_of_others_is_not_overwritten(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(SystemExit, match="was not written by this command"):
        command.main(arguments(tmp_path))
    assert (tmp_path / name).read_text() == "mine"


def test_arguments_for_jupyterlab_need_live(tmp_path):
    with pytest.raises(SystemExit, match="--no-browser"):
        command.main(arguments(tmp_path, rest=["--no-browser"]))


def test_a_live_lesson_has_the_stored_run_above_a_slow_cell_and_no_solution():
    (lesson,) = find.find("04")
    cells = live.notebook(lesson, {"fit": "about 75 s"})["cells"]
    ids = [cell["id"] for cell in cells]
    before = cells[ids.index("fit") - 1]
    assert "about 75 s" in before["source"]
    assert "epoch 15" in before["source"]
    assert not cells[ids.index("fit")]["outputs"]
    assert cells[ids.index("curves")]["outputs"]
    assert not cells[ids.index("ex41-check")]["outputs"]
    assert "kernel_size * kernel_size" not in json.dumps(cells)
    assert not any("instructor" in cell["metadata"].get("tags", []) for cell in cells)


def test_a_live_lesson_that_somebody_worked_in_stays(tmp_path, capsys):
    (lesson,) = find.find("04")
    path, made = tmp_path / "04.ipynb", live.notebook(lesson, {})
    live.place(path, made)
    live.place(path, made)
    assert not capsys.readouterr().out
    path.write_text(path.read_text().replace("guess = ...", "guess = 42", 1))
    changed = path.read_text()
    live.place(path, made)
    assert path.read_text() == changed
    assert "stays" in capsys.readouterr().out


def test_a_lesson_that_nobody_timed_on_this_dataset_says_how_to_and_what_is_known(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(seconds, "STORE", tmp_path / "seconds.json")
    (lesson,) = find.find("04")
    assert seconds.takes(lesson, "cifar10") == {}
    assert "slides --measure --lesson 04 --dataset cifar10" in capsys.readouterr().out
    entry = {"seconds": {"fit": 9.0}, "machine": "A processor, 2 cores", "load": 0}
    (tmp_path / "seconds.json").write_text(json.dumps({"04": {"shapes10": entry}}))
    assert f"the {lesson.run_minutes} minutes" in seconds.takes(lesson, "cifar10")["fit"]


@pytest.mark.parametrize(
    ("load", "took", "words"), [(0.1, 75.4, "about 75 s on this kind"), (3.0, 140.0, "at most 2 minutes on this kind")]
)
def test_how_long_is_said_with_the_machine(tmp_path, monkeypatch, load, took, words):
    monkeypatch.setattr(seconds, "STORE", tmp_path / "seconds.json")
    monkeypatch.setattr(seconds.provenance, "machine", lambda: "A processor, 2 cores")
    entry = {"seconds": {"fit": took}, "machine": "A processor, 2 cores", "load": load}
    (tmp_path / "seconds.json").write_text(json.dumps({"04": {"cifar10": entry}}))
    assert seconds.takes(find.find("04")[0], "cifar10")["fit"].startswith(words)
    monkeypatch.setattr(seconds.provenance, "machine", lambda: "Another, 8 cores")
    assert "(here: Another, 8 cores)" in seconds.takes(find.find("04")[0], "cifar10")["fit"]
