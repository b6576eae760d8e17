"""Every way of handing in, and every broken file: nothing is lost, nothing stops it, all that is odd is said."""

import hashlib
import io
import json
import os
import stat
import zipfile

import pytest
import tiny_course

from tools.grading import collect, unpack
from tools.lessons import files

OTHER = "04_first_cnn"


def lessons():
    """Two lessons, as students get them."""
    one, other = tiny_course.lesson(), tiny_course.lesson()
    other["metadata"]["lesson"] = tiny_course.FACTS | {"title": "Other"}
    for cell in other["cells"]:
        cell["id"] = cell["id"].replace("ex11", "ex41")
        if facts := files.exercise(cell):
            facts["grade_id"] = facts["grade_id"].replace("1_", "4_")
    return {tiny_course.NAME: one, OTHER: other}


LESSONS = lessons()
TEXT = files.text(LESSONS[tiny_course.NAME])
ANSWERED = TEXT.replace(tiny_course.SOLUTION, "return 1")


def collected(folder):
    return collect.collect(folder, LESSONS)


def put(folder, name, content=TEXT):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(**entries):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return made.getvalue()


def one(folder):
    (found,) = collected(folder)
    return found


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("ann/01_convolution_math/01_convolution_math.ipynb", "ann"),
        ("submitted/ann/01_convolution_math/01_convolution_math.ipynb", "ann"),
        ("ann/01_convolution_math.ipynb", "ann"),
        ("ann/01_convolution_math (1).ipynb", "ann"),
        ("ann/Copy of 01_convolution_math.ipynb", "ann"),
        ("ann/01_convolution_math-Copy1.ipynb", "ann"),
        ("ann/deep/er/01_CONVOLUTION_MATH.IPYNB", "ann"),
        ("doejane_123_456_01_convolution_math-1.ipynb", "doejane"),
        ("Jane Doe_4711_assignsubmission_file_/01_convolution_math.ipynb", "Jane Doe"),
        ("Jane Doe_4711_assignsubmission_file_01_convolution_math.ipynb", "Jane Doe"),
        ("All of it/Zoë O'Neil-Łuk_4711_assignsubmission_file/01_convolution_math.ipynb", "Zoë O'Neil-Łuk"),
    ],
)
def test_whoever_hands_in_and_however_the_file_is_called_it_is_found(tmp_path, name, student):
    put(tmp_path, name)
    found = one(tmp_path)
    assert (found.student, found.lesson, found.files, found.odd) == (student, tiny_course.NAME, (name,), ())
    assert json.loads(found.text)["cells"][4]["source"] == tiny_course.STUB


def test_outputs_are_left_behind_and_a_file_s_own_time_is_not_that_of_handing_in(tmp_path):
    put(tmp_path, "ann/x.ipynb")
    assert "Exercise 1.1: right" not in one(tmp_path).text
    assert one(tmp_path).handed_in is None
    put(tmp_path, "ann/timestamp.txt", "2026-11-20 12:00:00 UTC\n")
    assert one(tmp_path).handed_in.astimezone().timestamp() == 1795176000


def test_a_name_that_says_another_lesson_is_told_and_what_is_inside_counts(tmp_path):
    put(tmp_path, "ann/04_first_cnn.ipynb")
    found = one(tmp_path)
    assert found.lesson == tiny_course.NAME
    assert found.odd == ("The file is named 04_first_cnn.ipynb; by what is in it, it is 01_convolution_math.",)


@pytest.mark.parametrize("without", ["lesson", "lesson ids", "lesson ids nbgrader"])
def test_a_lesson_is_known_without_its_metadata(tmp_path, without):
    notebook = json.loads(TEXT)
    del notebook["metadata"]["lesson"]
    for number, cell in enumerate(notebook["cells"]):
        if "ids" in without:
            cell["id"] = f"other-{number}"
        if "nbgrader" in without:
            cell["metadata"] = {}
    put(tmp_path, "ann/homework 01.ipynb", files.text(notebook))
    found = one(tmp_path)
    assert found.lesson == tiny_course.NAME
    assert found.text


def test_of_two_files_the_one_with_more_answers_counts_and_the_other_is_named(tmp_path):
    os.utime(put(tmp_path, "ann/a/01_convolution_math.ipynb", ANSWERED), (1, 1))
    untouched = json.loads(TEXT)
    for cell in untouched["cells"]:
        if files.exercise(cell).get("solution"):
            cell["source"] = "as handed out"
            facts = files.exercise(cell)
            points = [float(facts["points"])] if facts["grade"] else []
            parts = ["as handed out", cell["cell_type"], bool(facts["grade"]), True, False, facts["grade_id"], *points]
            facts["checksum"] = hashlib.md5("".join(map(str, parts)).encode()).hexdigest()
    put(tmp_path, "ann/b/01_convolution_math.ipynb", files.text(untouched))
    found = one(tmp_path)
    assert "return 1" in found.text
    assert found.files == ("ann/a/01_convolution_math.ipynb", "ann/b/01_convolution_math.ipynb")
    assert "not ann/b/01_convolution_math.ipynb" in found.odd[0]


def test_of_two_files_with_the_same_answers_the_newer_one_counts(tmp_path):
    os.utime(put(tmp_path, "ann/a.ipynb", ANSWERED.replace("return 1", "return 2")), (1e9, 1e9))
    os.utime(put(tmp_path, "ann/b.ipynb", ANSWERED), (1.1e9, 1.1e9))
    assert one(tmp_path).files[0] == "ann/b.ipynb"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"{broken", "is no notebook that can be read"),
        (TEXT[:300].encode(), "is no notebook that can be read"),
        (b"%PDF-1.4 ...", "is a PDF, not a notebook"),
        (b"<!doctype html><html>", "is a web page, not a notebook"),
        (b"PK\x03\x04 ...", "is a zip, not a notebook"),
        (b"[1, 2]", "is no notebook that can be read"),
        (b'{"cells": [1]}', "is no notebook that can be read"),
        (b'{"cells": [{"cell_type": "code", "source": 3, "metadata": {}}], "metadata": {}}', "is no notebook"),
        (b"[" * 100_000, "is no notebook that can be read"),
        (b"\xff\xfe\x00\xd8", "is no notebook that can be read"),
        (os.urandom(1000), "is no notebook that can be read"),
    ],
)
def test_a_broken_file_is_told_and_has_no_text(tmp_path, content, sentence):
    put(tmp_path, "ann/01_convolution_math.ipynb", content)
    put(tmp_path, "bob/01_convolution_math.ipynb")
    ann, bob = collected(tmp_path)
    assert (ann.student, ann.lesson, ann.text) == ("ann", tiny_course.NAME, "")
    assert sentence in ann.odd[0]
    assert ann.odd[0].startswith("ann/01_convolution_math.ipynb ")
    assert bob.text
    assert not bob.odd


def test_a_readable_file_beside_a_broken_one_is_taken(tmp_path):
    put(tmp_path, "ann/01_convolution_math.ipynb", "{broken")
    put(tmp_path, "ann/01_convolution_math (1).ipynb")
    found = one(tmp_path)
    assert found.files[0] == "ann/01_convolution_math (1).ipynb"
    assert "ann/01_convolution_math.ipynb is no notebook" in found.odd[0]


def test_what_is_no_lesson_is_told_and_what_lies_beside_as_usual_is_not(tmp_path):
    for name in ("essay.pdf", "helper.py", "dog.jpg", ".DS_Store", ".ipynb_checkpoints/01_convolution_math.ipynb"):
        put(tmp_path, f"ann/{name}", b"x")
    put(tmp_path, "__MACOSX/ann/._01_convolution_math.ipynb", b"x")
    assert [(each.student, each.lesson, each.odd) for each in collected(tmp_path)] == [
        ("ann", "", ("ann/essay.pdf is no lesson that was handed out, so it is left aside.",))
    ]
    put(tmp_path, "ann/01_convolution_math.ipynb")
    found = one(tmp_path)
    assert found.text
    assert "essay.pdf" in found.odd[0]


def test_with_one_lesson_asked_for_whoever_sent_something_else_is_in_the_table(tmp_path):
    put(tmp_path, "ann/essay.pdf", b"%PDF")
    (found,) = collect.collect(tmp_path, {OTHER: LESSONS[OTHER]})
    assert (found.student, found.lesson, found.text) == ("ann", OTHER, "")


def test_links_are_not_followed(tmp_path):
    secret = put(tmp_path / "outside", "secret.ipynb")
    (tmp_path / "in/ann").mkdir(parents=True)
    (tmp_path / "in/ann/01_convolution_math.ipynb").symlink_to(secret)
    (tmp_path / "in/bob").symlink_to(secret.parent)
    (tmp_path / "in/cyd").mkdir()
    (tmp_path / "in/cyd/loop").symlink_to("..")
    os.mkfifo(tmp_path / "in/cyd/01_convolution_math.ipynb")
    found = collected(tmp_path / "in")
    assert not any(each.text for each in found)
    told = " ".join(sentence for each in found for sentence in each.odd)
    assert told.count("is a link to something else, which is not followed") == 3
    assert "cyd/01_convolution_math.ipynb is no file" in told


def test_zips_of_canvas_and_moodle_and_zips_in_them(tmp_path):
    inner = zipped(**{"my work/01_convolution_math.ipynb": TEXT, "__MACOSX/x": "x"})
    canvas = put(
        tmp_path,
        "submissions.zip",
        zipped(
            **{
                "doejane_LATE_12_34_04_first_cnn-2.ipynb": files.text(LESSONS[OTHER]),
                "doejane_12_35_01_convolution_math.ipynb": TEXT,
                "leeann_13_36_homework.zip": inner,
                "rayjo_14_37_01_convolution_math.ipynb": TEXT,
                "rayjo_15_38_01_convolution_math.ipynb": TEXT,
            }
        ),
    )
    found = {(each.student, each.lesson): each for each in collected(canvas)}
    assert sorted(found) == [
        ("doejane", tiny_course.NAME),
        ("doejane", OTHER),
        ("leeann", tiny_course.NAME),
        ("rayjo-14", tiny_course.NAME),
        ("rayjo-15", tiny_course.NAME),
    ]
    assert all(each.text for each in found.values())
    assert found["doejane", OTHER].odd == ("Canvas says that it came late.",)
    moodle = put(tmp_path, "course.zip", zipped(**{"Jane Doe_4711_assignsubmission_file_/work.zip": inner}))
    assert [(each.student, bool(each.text)) for each in collected(moodle)] == [("Jane Doe", True)]


def test_of_two_in_a_zip_the_newer_one_counts_and_its_time_is_not_that_of_handing_in(tmp_path):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for day, answer in ((20, "return 2"), (21, "return 1")):
            entry = zipfile.ZipInfo(f"ann/{day}.ipynb", (2026, 11, day, 12, 0, 2))
            packed.writestr(entry, ANSWERED.replace("return 1", answer))
    found = one(put(tmp_path, "all.zip", made.getvalue()))
    assert (found.files[0], found.handed_in) == ("ann/21.ipynb", None)


def test_a_zip_that_points_outside_or_holds_links_is_told_and_writes_nothing(tmp_path):
    link = zipfile.ZipInfo("bob/01_convolution_math.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("ann/../../../evil/01_convolution_math.ipynb", TEXT)
        packed.writestr("/etc/01_convolution_math.ipynb", TEXT)
        packed.writestr("ann\\..\\..\\01_convolution_math.ipynb", TEXT)
        packed.writestr(link, "/etc/passwd")
    place = put(tmp_path, "all.zip", made.getvalue())
    before = sorted(tmp_path.rglob("*"))
    found = collected(place)
    assert not any(each.text for each in found)
    assert sum("points outside of its zip" in odd for each in found for odd in each.odd) == 3
    assert sum("is a link" in odd for each in found for odd in each.odd) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_bombs_and_huge_files_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "LARGEST", 10_000)
    monkeypatch.setattr(unpack, "UNPACKED", 50_000)
    put(tmp_path, "ann/01_convolution_math.ipynb", b" " * 20_000)
    put(tmp_path, "bob/bomb.zip", zipped(a=b"0" * 40_000, b=b"0" * 40_000))
    put(tmp_path, "cyd/one.zip", zipped(**{"01_convolution_math.ipynb": b"0" * 20_000}))
    nested = TEXT.encode()
    for _ in range(6):
        nested = zipped(**{"01_convolution_math.zip": nested})
    put(tmp_path, "dan/01_convolution_math.zip", nested)
    liar = zipped(**{"01_convolution_math.ipynb": b" " * 20_000})
    size = (20_000).to_bytes(4, "little")
    put(tmp_path, "eve/work.zip", liar.replace(size, (5).to_bytes(4, "little")))
    found = {each.student: each for each in collected(tmp_path)}
    assert not any(each.text for each in found.values())
    assert "has 0 MB, and at most 0 MB are read" in found["ann"].odd[0]
    assert "would unpack to far too much" in found["bob"].odd[0]
    assert "at most 0 MB are read" in found["cyd"].odd[0]
    assert "is a zip, not a notebook" in found["dan"].odd[0] or "left aside" in found["dan"].odd[0]
    assert found["eve"].odd


def test_a_zip_that_is_damaged_or_locked_is_told(tmp_path):
    good = zipped(**{"01_convolution_math.ipynb": TEXT})
    put(tmp_path, "ann/work.zip", good[: len(good) // 2])
    damaged = bytearray(good)
    damaged[60:90] = b"x" * 30
    put(tmp_path, "bob/work.zip", bytes(damaged))
    locked = bytearray(good)
    locked[6] |= 1
    locked[good.index(b"PK\x01\x02") + 8] |= 1
    put(tmp_path, "cyd/work.zip", bytes(locked))
    found = {each.student: each for each in collected(tmp_path)}
    assert "cannot be read as a zip" in found["ann"].odd[0]
    assert "cannot be unpacked" in found["bob"].odd[0]
    assert "cannot be unpacked" in found["cyd"].odd[0]


def test_names_of_students_are_names_of_folders(tmp_path):
    made = zipped(
        **{
            "...hidden/01_convolution_math.ipynb": TEXT,
            'a:b*"c/01_convolution_math.ipynb': TEXT,
            f"{'x' * 200}/01_convolution_math.ipynb": TEXT,
        }
    )
    students = [each.student for each in collected(put(tmp_path, "all.zip", made))]
    assert sorted(students) == sorted(["hidden", "a_b_c", "x" * 80])


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(SystemExit, match="neither a folder nor a zip"):
        collected(tmp_path / "nowhere")
    assert collected(tmp_path) == []
    assert "cannot be read as a zip" in one(put(tmp_path, "notes.txt", b"no zip")).odd[0]
