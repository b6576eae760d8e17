"""How far lessons are: cell, lesson and time left, by stored seconds and by how fast this machine is."""

from pathlib import Path

import pytest

from tools.lessons import progress

FIRST, SECOND = Path("01_first.ipynb"), Path("02_second.ipynb")


@pytest.fixture
def clock(monkeypatch):
    """A list whose one element is the time."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_line_now_and_then_where_no_terminal_is(clock, capsys):
    expected = {FIRST: {"a": 100.0, "b": 200.0}, SECOND: {"c": 300.0}}
    shown = progress.Progress(expected, {FIRST: "lesson 01", SECOND: "lesson 02"}, 1)
    clock[0] = 10
    shown.show({FIRST: ["a"]})
    assert capsys.readouterr().out == ""
    clock[0] = 100
    shown.show({FIRST: ["a", "b"]})
    assert capsys.readouterr().out == "lesson 01: cell 2 of 2, 'b'; about 8 min left\n"
    clock[0] = 310
    shown.over(FIRST)
    shown.show({FIRST: ["a", "b"], SECOND: ["c"]})
    assert capsys.readouterr().out == "lesson 02: cell 1 of 1, 'c'; about 5 min left\n"
    shown.close()


def test_a_slow_machine_is_known_by_what_is_done(clock, capsys):
    shown = progress.Progress({FIRST: {"a": 100.0, "b": 100.0}}, {FIRST: "lesson 01"}, 1)
    clock[0] = 340  # (340 + 20) / (100 + 20): three times as slow
    shown.show({FIRST: ["a", "b"]})
    assert capsys.readouterr().out == "lesson 01: cell 2 of 2, 'b'; about 5 min left\n"


def test_without_stored_seconds_the_minutes_are_parted():
    assert progress.expected(["a", "b"], {}, 3) == {"a": 90.0, "b": 90.0}
    assert progress.expected(["a", "b"], {"b": 7}, 3)["b"] == 7
