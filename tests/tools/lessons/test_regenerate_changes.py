"""``regenerate`` in a made-up course with git: what is executed and why, what the others get of it, and the report."""

import argparse
import json
import os
import shutil
import signal

import made_up_course as course
import pytest

from helpers import places
from tools.lessons import execute, files, find, inputs, readme, reference, regenerate, student


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """A course whose lessons have been executed and committed."""
    folder = course.made(tmp_path_factory.mktemp("made") / "course")
    with pytest.MonkeyPatch.context() as monkeypatch:
        place(folder, monkeypatch)
        assert call() == 0
    course.commit(folder)
    return folder


@pytest.fixture
def executions(committed, tmp_path, monkeypatch):
    """A copy of that course, and who was executed and derived in it."""
    return place(shutil.copytree(committed, tmp_path / "course"), monkeypatch)


@pytest.fixture(autouse=True)
def ctrl_c():
    """A shell that starts the tests in the background has them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def place(folder, monkeypatch):
    monkeypatch.setattr(places, "ROOT", folder)
    monkeypatch.setattr(places, "MANIFEST", folder / "data" / "manifest.json")
    monkeypatch.setattr(find, "NOTEBOOKS", folder / "notebooks")
    monkeypatch.setattr(find, "STUDENT", folder / "notebooks" / "student")
    monkeypatch.setattr(reference, "ROOT", folder)
    monkeypatch.setattr(reference, "GLOSSARY", folder / "GLOSSARY.md")
    monkeypatch.setattr(reference, "FORMULAS", folder / "FORMULAS.md")
    monkeypatch.setattr(regenerate, "BUILD", folder.parent / "build")
    monkeypatch.setattr(regenerate, "DATASET", "shapes10")
    monkeypatch.setattr(files, "formatted", lambda path, content: content)
    executions = course.Executions(folder)
    executions.derived = []
    monkeypatch.setattr(execute, "execute_lessons", executions)
    monkeypatch.setattr(student, "write", lambda lessons: executions.derived.extend(each.number for each in lessons))
    monkeypatch.setattr(readme, "write", lambda: executions.derived.append("README"))
    return executions


def call(*words):
    parser = argparse.ArgumentParser()
    regenerate.add_arguments(parser)
    return regenerate.main(parser.parse_args(list(words)))


def first(executions):
    return executions.folder / "notebooks" / "01_first.ipynb"


def page(executions):
    return (regenerate.BUILD / "regenerated" / "report.html").read_text(encoding="utf-8")


def last_line(capsys):
    return capsys.readouterr().out.rstrip().splitlines()[-1]


def test_where_nothing_changed_nothing_is_executed_unless_asked(executions, capsys):
    held = first(executions).read_bytes()
    assert call() == 0
    assert executions.asked == []
    told = capsys.readouterr().out
    assert "01 Tiny: as it is, nothing changed since its outputs were stored." in told
    assert "Nothing that is printed or drawn differs from the last commit (" in told
    assert first(executions).read_bytes() == held
    assert call("--all", "--lesson", "02") == 0
    assert executions.asked == ["02"]


def test_a_changed_text_is_derived_and_needs_no_execution(executions, capsys):
    course.replace(first(executions), "Nobody knows why", "A **riddle** is what nobody solves")
    assert call() == 0
    assert executions.asked == []
    assert executions.derived == ["01", "02", "README"]
    assert "**riddle**" in (executions.folder / "GLOSSARY.md").read_text()
    assert "README.md, GLOSSARY.md and FORMULAS.md are up to date." in last_line(capsys)


def test_the_lessons_that_import_a_changed_module_are_executed(executions, capsys):
    amounts = executions.folder / "helpers" / "amounts.py"
    course.replace(amounts, "AMOUNT = 12.5", "# A remark\nAMOUNT = 12.5")
    assert call() == 0
    assert executions.asked == []
    course.replace(amounts, "12.5", "12.8")
    assert call("--list") == 0
    assert executions.asked == []
    assert "01 Tiny: to be executed, helpers/amounts.py changed." in capsys.readouterr().out
    assert call() == 0
    assert call() == 0
    assert executions.asked == ["01"], "and once is enough"


def planted_cell(executions, monkeypatch):
    course.replace(first(executions), "print(7)", "print(8)")


def planted_output(executions, monkeypatch):
    course.replace(first(executions), '"7\\n"', '"9\\n"')


def planted_package(executions, monkeypatch):
    version = inputs.metadata.version
    monkeypatch.setattr(inputs.metadata, "version", lambda name: "0.1" if name == "numpy" else version(name))


def planted_data(executions, monkeypatch):
    (executions.folder / "data" / "manifest.json").write_text('{"shapes10": {"training": {"a": 1}}}')


def planted_record(executions, monkeypatch):
    notebook = files.read(first(executions))
    notebook["metadata"]["lesson"]["records"] = {"studies/none": "0123456789ab"}
    files.write(first(executions), files.text(notebook))


@pytest.mark.parametrize(
    ("plant", "reason"),
    [
        (planted_cell, "its code cells changed"),
        (planted_output, "its outputs are not those of its last execution"),
        (planted_package, "numpy is 0.1, was"),
        (planted_data, "the data of shapes10 changed"),
        (planted_record, "the record studies/none changed"),
    ],
)
def test_each_changed_input_is_named(executions, monkeypatch, capsys, plant, reason):
    plant(executions, monkeypatch)
    assert call("--lesson", "1") == 0
    assert executions.asked == ["01"]
    assert reason in capsys.readouterr().out


def test_a_broken_lesson_reaches_nobody(executions, capsys):
    course.replace(first(executions), "amounts.AMOUNT > 10", "amounts.AMOUNT > 20")
    course.replace(first(executions), "Nobody knows why", "A **riddle** is what nobody solves")
    held = first(executions).read_bytes()
    glossary = (executions.folder / "GLOSSARY.md").read_bytes()
    for words, told in (((), "01 failed: as before, the student edition too. "), (("--lesson", "02"), "")):
        executions.derived.clear()
        assert call(*words) == bool(told)
        assert executions.derived == ["02"]
        assert (executions.folder / "GLOSSARY.md").read_bytes() == glossary
        assert last_line(capsys) == (
            f"The student edition of 02 is up to date. {told}README.md, GLOSSARY.md and FORMULAS.md are as before: "
            "they wait until the cells of 01 have been executed."
        )
    assert first(executions).read_bytes() == held
    assert call() == 1
    assert "cell &#39;amount-fold&#39;: AssertionError" in page(executions)


def test_a_derivation_that_fails_is_told_last(executions, monkeypatch, capsys):
    def refused(lessons):
        raise SystemExit("nbgrader made no student edition")

    monkeypatch.setattr(student, "write", refused)
    assert call() == 1
    assert last_line(capsys).startswith("The lessons are stored; what is derived from them is not up to date.")


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_was_executed_before_an_interruption_is_not_executed_again(executions, capsys, number, status):
    executions.before_each = lambda path: os.kill(os.getpid(), number) if path.name.startswith("02") else None
    assert call("--all") == status
    assert executions.asked == ["01"]
    assert executions.derived == ["01", "README"], "the text of 02 is that of its outputs"
    assert "Interrupted: 1 of 2 lessons are new, the others as they were." in capsys.readouterr().out
    course.replace(executions.folder / "helpers" / "amounts.py", "12.5", "12.8")
    course.replace(first(executions).with_name("02_second.ipynb"), "print(1)", "print(2)")
    assert call() == status
    assert executions.derived[2:] == ["01"], "what is new in 02 has not been executed yet"
    executions.before_each = lambda path: None
    assert call() == 0
    assert executions.asked == ["01", "01", "02"]


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_ctrl_c_between_a_lesson_and_what_is_remembered_of_it_waits(executions, monkeypatch):
    remember = inputs.remember

    def disturbed(lesson, facts):
        os.kill(os.getpid(), signal.SIGINT)
        remember(lesson, facts)

    monkeypatch.setattr(inputs, "remember", disturbed)
    course.replace(executions.folder / "helpers" / "amounts.py", "12.5", "12.8")
    assert call() == 130
    assert call("--list") == 0
    assert call() == 0
    assert executions.asked == ["01"]


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
def test_ctrl_c_while_something_is_derived_is_told(executions, monkeypatch, capsys):
    monkeypatch.setattr(student, "write", lambda lessons: os.kill(os.getpid(), signal.SIGINT))
    assert call("--all") == 130
    assert "call this again, it executes none of them a second time" in last_line(capsys)


def test_outputs_of_which_nothing_is_remembered_are_executed_or_trusted(executions, capsys):
    inputs.path().unlink()
    assert call("--list") == 0
    assert capsys.readouterr().out.count("to be executed, nothing is remembered of how its outputs were made.") == 2
    second = first(executions).with_name("02_second.ipynb")
    notebook = files.read(second)
    files.clear(notebook)
    files.write(second, files.text(notebook))
    course.replace(executions.folder / "helpers" / "amounts.py", "12.5", "12.8")
    assert call("--trust-stored") == 0
    assert executions.asked == ["02"], "what has no outputs cannot be trusted"
    told = capsys.readouterr().out
    assert "01 is trusted, though these changed since its last commit: helpers/amounts.py." in told
    assert call() == 0
    assert executions.asked == ["02"]
    assert "01 Tiny: as it is, its stored outputs are trusted, and nothing changed since." in capsys.readouterr().out


def test_what_is_remembered_and_unreadable_is_not_thrown_away(executions):
    inputs.path().write_text("<<<<<<< HEAD\n")
    with pytest.raises(SystemExit, match=r"executed\.json cannot be read .* in the middle of a merge"):
        call()
    assert inputs.path().read_text() == "<<<<<<< HEAD\n"


def test_what_is_remembered_of_a_lesson_that_is_gone_is_dropped(executions):
    first(executions).unlink()
    assert call("--all") == 0
    assert list(json.loads(inputs.path().read_text())) == ["02_second.ipynb"]


def test_the_report_has_changed_numbers_and_who_states_them(executions, capsys):
    course.replace(executions.folder / "helpers" / "amounts.py", "12.5", "15.0")
    assert call() == 0
    told = capsys.readouterr().out
    assert ": 1 number and 1 time. To read again: 1 sentence and 1 assert, 1 of them with an old value." in told
    assert f"Report: {regenerate.BUILD / 'regenerated' / 'report.html'}" in told
    html = page(executions)
    assert "<td>12.5</td><td>15.0</td><td>+2.5</td><td>+20 %</td>" in html
    assert "<td>2.5</td><td>3.0</td><td>+0.5</td><td>+20 %</td>" in html.partition("<h3>Times</h3>")[2]
    assert "<mark>says 12.5</mark> The amount is 12.5" in html
    assert "<code>assert amounts.AMOUNT &gt; 10</code>" in html
    assert not {part for part in ("Nobody knows", "Lesson 02 asks", "Seven is 7", "<img") if part in html}
    assert "http" not in html


def test_the_report_has_changed_figures_side_by_side(executions, capsys):
    course.replace(executions.folder / "helpers" / "amounts.py", "40", "41")
    assert call() == 0
    assert ": 1 figure. To read again: 1 sentence." in capsys.readouterr().out
    html = page(executions)
    assert "50 % of the pixels differ." in html
    assert html.count("<img ") == html.count(': A square of two halves"') == 3
    before, now = html.find(course.square(40)), html.find(course.square(41))
    assert 0 < before < now
    assert "The upper half is dark." in html
    assert call("--all") == 0
    course.commit(executions.folder)
    assert call("--all") == 0
    assert "<img" not in page(executions), "the same pixels"


def test_without_git_the_report_compares_with_the_files_before(executions, capsys):
    shutil.rmtree(executions.folder / ".git")
    course.replace(executions.folder / "helpers" / "amounts.py", "12.5", "12.8")
    assert call() == 0
    assert "Changed against what the files held before this call (there is no commit): 1 number" in (
        capsys.readouterr().out
    )


def test_a_new_lesson_is_compared_with_nothing(executions):
    course.lesson(first(executions).with_name("03_third.ipynb"), course.SECOND)
    assert call() == 0
    assert "<td>not in the last commit</td>" in page(executions)
