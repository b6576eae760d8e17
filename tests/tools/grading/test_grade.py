"""The command that grades a class: what is kept, and the table."""

from tiny_lesson import ALL, RIGHT, handed_in, payload

from tools.grading import grade
from tools.grading.collect import Submission
from tools.grading.course import Course

RECORD = {"student": "ann", "lesson": "01_tiny", "points": {"a": 2}, "possible": {"a": 3}, "seconds": 90, "odd": []}


def test_a_record_is_kept_for_this_very_submission(tmp_path):
    course, task = Course(tmp_path), payload(handed_in())
    assert grade.kept(course, task) is None
    grade.keep(course, task, RECORD, "{}")
    assert grade.kept(course, task) == RECORD
    for other in (payload(handed_in(**RIGHT)), payload(handed_in(), cell_seconds=5), task | {"dataset": "cifar10"}):
        assert grade.kept(course, other) is None
    (course.records / "ann" / "01_tiny" / "record.json").write_text('{"of": ')
    assert grade.kept(course, task) is None


def test_the_table_says_who_needs_a_person_and_why():
    rows = [
        (Submission("bo", "", "", None, ("x.pdf",), ("x.pdf is no notebook.",)), RECORD | grade.UNREAD),
        (Submission("ann", "01_tiny", "{}", None, (), ()), RECORD | {"odd": ["Edited."], "needs_human": False}),
    ]
    first, *lines = grade.table(rows).splitlines()
    assert first.split("  ")[0] == "student"
    assert [line.split()[0] for line in lines] == ["bo", "ann"]
    assert "nothing read" in lines[0]
    assert "yes" in lines[0]
    assert "2 of 3" in lines[1]
    assert "1.5" in lines[1]
    assert "Edited." in lines[1]


def test_what_is_possible_is_read_from_the_source():
    assert sum(grade.possible(payload(handed_in())["source"]).values()) == ALL
