"""A tiny lesson from handing out to the student's page: what students get, the gradebook, late days, marks as CSV."""

import argparse
import csv
import io
import json
from datetime import datetime

import pytest
import tiny_course
from tiny_course import ANSWER, NAME, NOTE, SOLUTION

from tools.grading import feedback, gradebook, handout, hidden, late, marks, roster, rubrics
from tools.grading.collect import Submission
from tools.grading.course import Course
from tools.lessons import files

TIME = datetime(2026, 12, 1, 12, 0)
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Quiz 1 (7),01: Convolution math (4711),Current Score
    Points Possible,,,,,10.00,5.00,(read only)
"Lee, Ann",101,S1,ann@uni.edu,Seminar 2,9,,90
"Ray, Bob",102,S2,bob@uni.edu,Seminar 2,8,,80
"Łuk, Zoë",103,S3,zl,Seminar 2,,,
"""
WORKSHEET = """\
\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,"Last modified (submission)",\
"Last modified (grade)",Feedback comments
Participant 4711,Ann Lee,ann@uni.edu,Submitted for grading,,100.00,Yes,"Tuesday, 1 December 2026, 12:00 PM",-,
Participant 4712,Bob Ray,bob@uni.edu,Submitted for grading,3.00,100.00,No,"Tuesday, 1 December 2026, 12:00 PM",-,fine
Participant 4713,Zoë Łuk,zl@uni.edu,No submission,-,100.00,Yes,-,-,
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return tiny_course.handed_out(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def course(made, tmp_path):
    """A copy of the course, to be changed."""
    import shutil

    shutil.copytree(made.folder, tmp_path / "course")
    return Course(tmp_path / "course")


def hand_in(course, student, points=None, handed_in=TIME, odd=(), needs_human=False, **answers):
    """Store a submission as if its checks had given these points."""
    notebook = tiny_course.filled(files.read(course.release(NAME)), **answers)
    for cell in notebook["cells"]:
        if cell["id"] == "ex11-check":
            text = ["Exercise 1.1: right.\n"] if points else []
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    given = Submission(student, NAME, files.text(notebook), handed_in, ("x.ipynb",), tuple(odd))
    record = {"points": {"test_ex1_1": points or 0}, "odd": [], "needs_human": needs_human}
    gradebook.store(course, given, record, files.text(notebook))


def mark(course, student):
    return next(mark for mark in gradebook.marks(course) if mark.student == student)


def read(text):
    return list(csv.reader(io.StringIO(text)))


def table(tmp_path, text, name="roster.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return roster.read(path)


def test_students_get_points_locked_checks_and_nothing_that_is_not_for_them(made):
    text = made.release(NAME).read_text(encoding="utf-8")
    for secret in (SOLUTION, ANSWER, NOTE, "45 minutes", "BEGIN", made.secret, "fresh_cases"):
        assert secret not in text
    cells = {cell["id"]: cell for cell in files.read(made.release(NAME))["cells"]}
    assert list(cells) == ["title", "setup", "card", "ex11", "ex11-check", "card5", "answer"]
    check = cells["ex11-check"]
    assert files.exercise(check)["points"] == 2
    assert files.exercise(check)["locked"]
    assert not check["metadata"]["editable"]
    assert not check["outputs"]
    assert [name for name, cell in cells.items() if "raises-exception" in cell["metadata"].get("tags", [])] == [
        "ex11",
        "ex11-check",
    ]
    assert files.untouched(made.release(NAME).read_bytes())


def test_the_source_has_a_hidden_test_with_the_course_s_secret_and_no_notes(made):
    cells = {cell["id"]: files.source(cell) for cell in files.read(made.source(NAME))["cells"]}
    assert not {"note", "marking"} & cells.keys()
    assert cells["ex11-check"].splitlines()[-2:] == ["    check.exercise_1_1(positions_along)", hidden.END]
    assert f'fresh_cases("{made.secret}")' in cells["ex11-check"]
    assert made.release(NAME).with_name("secret.txt").exists() is False
    assert made.secret == Course(made.folder).secret
    assert len(made.secret) == 32


def test_a_check_without_drawn_cases_gets_no_hidden_test():
    lesson = tiny_course.lesson()
    lesson["cells"][5]["source"] = "from checks import lesson04 as check\n\ncheck.exercise_4_4(parameters, macs)"
    assert hidden.add(lesson, "04", "s") == 0
    lesson["cells"][5]["source"] = "from checks import lesson04 as check\n\ncheck.exercise_4_1(\n    f,\n)"
    assert hidden.add(lesson, "04", "s") == 1


def test_what_would_give_a_solution_away_is_not_handed_out(course):
    source = files.read(course.source(NAME))
    release = files.read(course.release(NAME))
    release["cells"][0]["source"] = f"Hint: {ANSWER}"
    with pytest.raises(SystemExit, match="not handed out, because the model answer ex1_5"):
        handout.refuse_secrets(course, NAME, release, source)
    assert not course.release(NAME).exists()


def test_handing_out_again_keeps_secret_and_marks(course, tmp_path):
    hand_in(course, "ann", 2)
    secret = course.secret
    tiny_course.handed_out(tmp_path)
    assert course.secret == secret
    assert mark(course, "ann").points == 2


def test_a_rubric_has_model_answer_checklist_and_note():
    text = rubrics.rubrics(tiny_course.lesson())["ex1_5"]
    assert ANSWER in text
    assert "- The products cancel." in text
    assert text.endswith("**For marking**\n\nOne point for the sum.")


def test_formgrader_s_notebook_has_the_rubric_below_the_free_text_and_what_was_odd_on_top(course):
    hand_in(course, "ann", 2, odd=["Two files."], ex1_5="Because.")
    cells = files.read(course.autograded("ann", NAME))["cells"]
    assert [cell["id"] for cell in cells][-2:] == ["answer", "rubric-ex1_5"]
    assert "> - The products cancel." in cells[-1]["source"]
    assert cells[0]["source"] == "> * Two files."
    assert "Two files" not in files.read(course.submitted("ann", NAME))["cells"][0]["source"]


def test_points_of_checks_free_text_and_untouched_text(course):
    hand_in(course, "ann", 2, ex1_1="def positions_along(): pass", ex1_5="Because.")
    hand_in(course, "bob", 0)
    hand_in(course, "cyd", 0, needs_human=True)
    assert [(each.student, each.points, each.possible, each.by_hand) for each in gradebook.marks(course)] == [
        ("ann", 2, 5, True),
        ("bob", 0, 5, False),
        ("cyd", 0, 5, True),
    ]
    assert mark(course, "ann").handed_in == TIME
    assert gradebook.possible(course, NAME) == 5


def test_what_could_not_be_read_waits_for_a_person(course):
    given = Submission("ann", NAME, "", None, ("x.pdf",), ("x.pdf is a PDF.",))
    gradebook.store(course, given, {"points": {}, "needs_human": True}, "")
    assert mark(course, "ann").by_hand
    assert "x.pdf is a PDF." in course.autograded("ann", NAME).read_text()
    assert "nothing that could be graded" in _page(course, "ann")


def by_hand(course, student, points):
    with gradebook.opened(course) as book:
        grade = book.find_grade("ex1_5", NAME, NAME, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        book.find_comment("ex1_5", NAME, NAME, student).manual_comment = "Half of it. <b>"
        book.db.commit()


def test_marks_by_hand_stay_when_a_class_is_graded_again(course):
    hand_in(course, "ann", 2, ex1_5="Because.")
    by_hand(course, "ann", 1.5)
    hand_in(course, "ann", 2, ex1_5="Because.")
    assert (mark(course, "ann").points, mark(course, "ann").by_hand) == (3.5, False)
    hand_in(course, "ann", 2, ex1_5="Because of something else.")
    assert (mark(course, "ann").points, mark(course, "ann").by_hand) == (3.5, True)


def test_nbgrader_exports_the_same_marks(course, monkeypatch):
    from nbgrader.apps.exportapp import ExportApp

    hand_in(course, "ann", 2, ex1_5="Because.")
    by_hand(course, "ann", 1)
    monkeypatch.chdir(course.folder)
    app = ExportApp(config=course.settings())
    app.initialize([])
    app.start()
    (row,) = csv.DictReader((course.folder / "grades.csv").open())
    assert (row["student_id"], float(row["score"]), float(row["max_score"])) == ("ann", 3, 5)


@pytest.mark.parametrize(
    ("handed_in", "days"),
    [
        ("2026-12-01T23:59", 0),
        ("2026-12-02T00:14", 0),
        ("2026-12-02T00:15", 1),
        ("2026-12-02T23:59", 1),
        ("2026-12-03T00:00", 2),
        ("2026-11-01T00:00", 0),
    ],
)
def test_a_day_is_late_when_it_has_begun(handed_in, days):
    assert late.days(datetime.fromisoformat(handed_in), late.moment("2026-12-01T23:59"), 15) == days


def test_late_days_cost_points_never_more_than_there_are_and_the_export_knows_them(course):
    hand_in(course, "ann", 2, datetime(2026, 12, 3, 12))
    hand_in(course, "bob", 2, datetime(2027, 1, 1))
    hand_in(course, "cyd", 2, None)
    told = late.take_off(course, [NAME], late.moment("2026-12-01T23:59"), 10, 15)
    assert told == [
        f"ann, {NAME}: 2 days late, 1 points less.",
        f"bob, {NAME}: 31 days late, 5 points less.",
        "When it was handed in is not known, so nothing is taken off: cyd (01).",
    ]
    assert [each.total for each in gradebook.marks(course)] == [1, 0, 2]
    late.take_off(course, [NAME], late.moment("2027-12-01T23:59"), 10, 15)
    assert [each.total for each in gradebook.marks(course)] == [2, 2, 2]


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "", "0001-01-01T00:00"])
def test_a_time_that_is_none_is_a_sentence(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is no time: write it like"):
        late.moment(text)


def test_canvas_gets_the_columns_it_exported_and_a_mark_for_whom_it_knows(course, tmp_path):
    hand_in(course, "leeann", 2)
    hand_in(course, "bob", 2, ex1_5="Because.")
    hand_in(course, "somebody", 1)
    text, told = marks.canvas(course, table(tmp_path, CANVAS), [NAME])
    assert read(text) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "01: Convolution math (4711)"],
        ["    Points Possible", "", "", "", "", "5"],
        ["Lee, Ann", "101", "S1", "ann@uni.edu", "Seminar 2", "2"],
        ["Ray, Bob", "102", "S2", "bob@uni.edu", "Seminar 2", ""],
        ["Łuk, Zoë", "103", "S3", "zl", "Seminar 2", ""],
    ]
    assert told == [
        "Not in roster.csv: somebody.",
        "Left out until somebody has marked by hand: 1; --unfinished puts them in.",
    ]
    text, _ = marks.canvas(course, table(tmp_path, CANVAS), [NAME], unfinished=True)
    assert read(text)[3][-1] == "2"


def test_canvas_with_names_in_two_columns(course, tmp_path):
    hand_in(course, "leeann", 2)
    two = "LastName,FirstName,ID,SIS User ID,SIS Login ID,Section,01: Convolution math (4711)\n"
    text, _ = marks.canvas(course, table(tmp_path, two + "    Points Possible,,,,,,5\nLee,Ann,101,S1,al,1,\n"), [NAME])
    assert read(text)[1:] == [["    Points Possible", *[""] * 5, "5"], ["Lee", "Ann", "101", "S1", "al", "1", "2"]]


def test_a_lesson_that_canvas_does_not_know_gets_a_column_of_its_own(course, tmp_path):
    hand_in(course, "ann", 2)
    unknown = CANVAS.replace("01: Convolution math (4711)", "Essay (8)")
    text, told = marks.canvas(course, table(tmp_path, unknown), [NAME])
    assert read(text)[0][-1] == "01 convolution math"
    assert "Canvas will ask" in told[0]


def test_moodle_s_worksheet_comes_back_with_grades_in_its_own_scale(course, tmp_path):
    hand_in(course, "Ann Lee", 2)
    hand_in(course, "Bob Ray-4712", 2)
    worksheet = table(tmp_path, WORKSHEET)
    text, told = marks.moodle(course, worksheet, [NAME])
    lines = read(text)
    assert lines[0] == worksheet.header
    assert lines[0][0] == "Identifier"
    assert [line[4] for line in lines[1:]] == ["40", "3.00", "-"]
    assert lines[2] == worksheet.rows[1]
    assert told == [
        "Bob Ray: Moodle says that this grade cannot be changed.",
        "Grades scaled from 5 points to the maximum grade in roster.csv: 1.",
    ]
    with pytest.raises(SystemExit, match="say which lesson that is"):
        marks.moodle(course, worksheet, [NAME, "02_images"])


def test_a_list_of_users_gets_a_column_for_each_lesson(course, tmp_path):
    hand_in(course, "ann", 2)
    users = table(tmp_path, "First name;Last name;Email address\nAnn;Lee;ann@uni.edu\nZoë;Łuk;zl@uni.edu\n")
    text, told = marks.moodle(course, users, [NAME])
    assert read(text) == [
        ["First name", "Last name", "Email address", "01 convolution math"],
        ["Ann", "Lee", "ann@uni.edu", "2"],
        ["Zoë", "Łuk", "zl@uni.edu", ""],
    ]
    assert told == []


def test_names_addresses_and_moodle_s_times_reach_the_gradebook(course, tmp_path):
    hand_in(course, "Ann Lee-4711", 2, None)
    marks.enrol(course, table(tmp_path, WORKSHEET), [NAME])
    with gradebook.opened(course) as book:
        student = book.find_student("Ann Lee-4711")
        assert (student.first_name, student.last_name, student.email) == ("Ann", "Lee", "ann@uni.edu")
    assert mark(course, "Ann Lee-4711").handed_in == TIME


@pytest.mark.parametrize(
    ("student", "row"),
    [("luk zoe", 2), ("Łuk, Zoë", 2), ("zoełuk", 2), ("zl", 2), ("103", 2), ("S3", 2), ("ann", 0), ("ANN@uni.edu", 0)],
)
def test_a_student_is_found_by_name_or_id(tmp_path, student, row):
    rows, told = roster.matched(
        table(tmp_path, CANVAS.replace("Łuk", "Luk") if "luk" in student else CANVAS), [student]
    )
    assert (rows, told) == ({student: row}, [])


def test_two_of_one_name_and_two_for_one_row_get_no_mark_of_the_other(tmp_path):
    same = table(tmp_path, "id,first_name,last_name,email\n1,Ann,Lee,a@x.edu\n2,Ann,Lee,b@x.edu\n")
    assert roster.matched(same, ["Ann Lee", "Ann Lee-2"]) == (
        {"Ann Lee-2": 1},
        ["Several times in roster.csv: Ann Lee."],
    )
    rows, told = roster.matched(table(tmp_path, CANVAS), ["ann", "leeann"])
    assert rows == {}
    assert told == ["ann and leeann are the same row of roster.csv, so neither gets a mark there."]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "Student\nLee\n", "\x00\x01"])
def test_what_is_no_class_list_is_a_sentence(tmp_path, text):
    with pytest.raises(SystemExit, match=r"is no list of students|is no CSV file"):
        table(tmp_path, text)
    with pytest.raises(SystemExit, match="cannot be read"):
        roster.read(tmp_path / "nowhere.csv")


def _page(course, student):
    feedback.write(course, [NAME])
    return course.feedback(student, NAME).read_text(encoding="utf-8")


def test_a_student_s_page_says_points_verdict_and_comment_and_nothing_else(course):
    hand_in(
        course,
        "ann",
        2,
        ex1_1="def f(): return '<script>'",
        ex1_5="Because. <script>alert(1)</script> ![x](http://x.edu/y)",
    )
    by_hand(course, "ann", 1.5)
    late.take_off(course, [NAME], late.moment("2026-11-30T23:59"), 10, 15)
    page = _page(course, "ann")
    assert "<strong>3 of 5 points</strong>, 0.5 taken off because it came late." in page
    assert "Exercise 1.1 · Count" in page
    assert "Exercise 1.1: right." in page
    assert "2 of 2 points" in page
    assert "1.5 of 3 points" in page
    assert "Half of it. &lt;b&gt;" in page
    assert "<script" not in page
    assert "default-src 'none'" in page
    for secret in (ANSWER, NOTE, "The products cancel", made_secret(course), "fresh_cases", "Rubric"):
        assert secret not in page


def made_secret(course):
    return course.secret


def test_a_page_says_what_waits_for_a_person(course):
    hand_in(course, "ann", 2, ex1_5="Because.")
    page = _page(course, "ann")
    assert "Some of it is still to be marked by a person" in page
    assert "of 3 points, to be marked by a person" in page


def test_the_command_writes_all_of_it(course, tmp_path, capsys):
    hand_in(course, "=ann", 2)
    hand_in(course, "bob", 2, ex1_5="Because.")
    path = table(tmp_path, CANVAS).path
    parser = argparse.ArgumentParser()
    marks.add_arguments(parser)
    words = ["--course", str(course.folder), "--lesson", "1", "--roster", str(path), "--due", "2026-12-01T23:59"]
    assert marks.main(parser.parse_args(words)) == 0
    told = capsys.readouterr().out
    assert "1 of 2 wait to be marked by hand." in told
    assert "2 pages for students" in told
    rows = read((course.folder / "marks.csv").read_text())
    assert rows[1] == ["'=ann", NAME, "2", "0", "2", "5", "2026-12-01 12:00:00", ""]
    assert (course.folder / "marks_for_canvas.csv").is_file()
    with pytest.raises(SystemExit, match="Nothing of that was handed out"):
        marks.main(parser.parse_args(["--course", str(course.folder), "--lesson", "05"]))


def test_a_course_without_a_gradebook_and_a_lesson_that_was_not_handed_out_are_sentences(course, tmp_path):
    with pytest.raises(SystemExit, match="no gradebook yet: call python -m tools handout first"):
        gradebook.marks(Course(tmp_path / "none"), NAME)
    with pytest.raises(SystemExit, match="05_x was not handed out"):
        course.handed_out("05_x")
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SystemExit, match="cannot be the course's folder"):
        Course(blocked).prepared()
    assert json.loads(course.rubric(NAME).read_text()).keys() == {"ex1_5"}
