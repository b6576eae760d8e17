"""The command that grades a class: a made-up class from files to marks, what is kept, and the table."""

import pytest
import tiny_course
from tiny_lesson import ALL, RIGHT, handed_in, payload

from tools import __main__ as command
from tools.grading import grade, gradebook, sandbox
from tools.grading.collect import Submission
from tools.grading.course import Course
from tools.lessons import files

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


@pytest.mark.skipif(not sandbox.available(), reason=sandbox.ALONE)
def test_a_made_up_class_from_files_to_marks_interrupted_once(tmp_path, monkeypatch, capsys):
    course, folder = tiny_course.handed_out(tmp_path), tmp_path / "handed-in"
    release = files.read(course.release(tiny_course.NAME))
    head = RIGHT["ex1_1"].split("\n")[0]
    answers = {
        "ann": {"ex1_1": RIGHT["ex1_1"], "ex1_5": "The products cancel."},
        "bob": {"ex1_1": f"{head}\n    return 1"},
        "cem": {"ex1_1": "import os\nos._exit(0)", "ex1_5": "It is."},
    }
    for name, given in answers.items():
        files.write(folder / name / "homework.ipynb", files.text(tiny_course.filled(release, **given)))
    files.write(folder / "dora" / f"{tiny_course.NAME}.ipynb", "{")
    store, stored = gradebook.store, []

    def interrupted(course, one, *rest):
        if len(stored) == 2:  # the broken file and the first that was graded
            raise KeyboardInterrupt
        stored.append(one.student)
        store(course, one, *rest)

    def call():
        words = [str(folder), "--course", str(course.folder), "--jobs", "1"]
        arguments = command.parsed("grade", command.COMMANDS["grade"], words)
        return grade.main(arguments), capsys.readouterr().out

    with monkeypatch.context() as once:
        once.setattr(gradebook, "store", interrupted)
        status, told = call()
    assert (status, stored) == (130, ["dora", "ann"])
    assert "Interrupted. 2 of 4 are graded and stored." in told
    status, told = call()
    assert status == 0
    assert "2 of 4 are not graded now" in told
    marks = {mark.student: (mark.points, mark.possible, mark.by_hand) for mark in gradebook.marks(course)}
    assert marks == {"ann": (2, 5, True), "bob": (0, 5, False), "cem": (0, 5, True), "dora": (0, 5, True)}
    lines = {line.split()[0]: line for line in told.splitlines() if line.strip()}
    assert [name for name in marks if " yes " in lines[name]] == ["cem", "dora"]
    assert "ended the kernel" in " ".join(told.split())  # the table breaks its lines
    assert "4 pages for students" in told
    monkeypatch.setattr("tools.executor.connect", None)  # whoever asks for workers fails
    assert call()[1].splitlines()[1:] == told.splitlines()[1:]
