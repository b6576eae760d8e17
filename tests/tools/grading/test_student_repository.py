"""The repository for students: nothing in it that they must not see, all in it that they need, nothing lost in it."""

import argparse
import ast
import json
import re
import subprocess
import sys

import pytest

from helpers.places import ROOT
from tools.grading import handout, rubrics, student_repository
from tools.grading.course import Course
from tools.lessons import files, find, repository

URL = "https://github.com/uni/cnn-students"
LESSONS = find.find()


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course whose release is the student edition, which test_handout.py compares with what nbgrader makes."""
    made = Course(tmp_path_factory.mktemp("course"))
    for lesson in LESSONS:
        files.write(made.release(lesson.path.stem), (find.STUDENT / lesson.path.name).read_bytes())
    return made


@pytest.fixture(scope="module")
def written(course, tmp_path_factory):
    folder = tmp_path_factory.mktemp("students")
    told = student_repository.write(folder, course, LESSONS, URL, "https://hub.uni.edu/")
    assert f"push it to {URL}" in told
    return folder


def texts(folder):
    """Every text file with its content."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".h5", ".jpg", ".png")]
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_no_solution_no_model_answer_and_no_note_is_in_it(written):
    held = texts(written)
    assert [name for name, text in held.items() if re.search(r"(BEGIN|END) (SOLUTION|HIDDEN)", text)] == [
        "tools/grading/hidden.py"
    ] * (("tools/grading/hidden.py") in held)
    everything = "\n".join(held.values())
    lessons = "\n".join(text for name, text in held.items() if name.endswith((".ipynb", ".md")))
    for lesson in LESSONS:
        complete = files.read(lesson.path)
        secret = list(rubrics.rubrics(complete).values())
        for cell in complete["cells"]:
            facts, source = files.exercise(cell), files.source(cell)
            if "instructor" in cell["metadata"].get("tags", []):
                secret.append(source)
            if facts.get("solution") and facts.get("grade"):
                secret += [source, *(part for part in re.split(r"(?<=[.:?!]) ", source) if len(part) > 60)]
            for body in re.findall(r"### BEGIN SOLUTION\n(.*?)\s*### END SOLUTION", source, re.DOTALL):
                assert json.dumps(body)[1:-1] not in lessons, cell["id"]
        for text in secret:
            assert text not in everything, text
            assert json.dumps(text, ensure_ascii=False)[1:-1] not in everything, text


def test_no_cell_is_the_instructor_s_and_no_file_is(written):
    for path in written.glob("notebooks/**/*.ipynb"):
        notebook = files.read(path)
        assert path.parent.name == "student"
        assert not any("instructor" in cell["metadata"].get("tags", []) for cell in notebook["cells"])
        assert not any(cell.get("outputs") for cell in notebook["cells"])
        assert files.untouched(path.read_bytes())
    names = list(texts(written))
    for part in ("tests/", "bank", "deploy/", "tools/studies", "tools/grading", "INSTRUCTORS", "CONTRIBUTING", ".git/"):
        assert not [name for name in names if part in name], part
    assert "instructor.txt" not in " ".join(names)


def test_its_addresses_lead_to_itself(written):
    own = repository.set_up_cell(URL)
    for path in (written / "notebooks/student").glob("*.ipynb"):
        set_up = next(cell for cell in files.read(path)["cells"] if cell["id"] == "setup")
        assert files.source(set_up) == own
    assert f'Repository = "{URL}"' in (written / "pyproject.toml").read_text()
    readme = (written / "README.md").read_text()
    for lesson in LESSONS:
        name = lesson.path.name
        assert f"colab.research.google.com/github/uni/cnn-students/blob/main/notebooks/student/{name}" in readme
        assert f"mybinder.org/v2/gh/uni/cnn-students/main?urlpath=lab/tree/notebooks/student/{name}" in readme
        assert "[on our hub](https://hub.uni.edu/hub/user-redirect/git-pull?repo=https%3A%2F%2F" in readme
        assert f"lessons%2Fnotebooks%2Fstudent%2F{name})" in readme
    for text in map(readme.__add__, ((written / "GLOSSARY.md").read_text(), (written / "FORMULAS.md").read_text())):
        for link in re.findall(r"\]\((?!https?://)([^)#]+)", text):
            assert (written / link).is_file(), link


def test_its_commands_are_for_students_and_help_needs_nothing_installed(written):
    def bare(*words):
        call = [sys.executable, "-S", "-E", "-m", "tools", *words]
        return subprocess.run(call, cwd=written, capture_output=True, text=True, timeout=60)

    told = bare()
    assert told.returncode == 0, told.stderr
    assert re.findall(r"^    (\w+) ", told.stdout, re.MULTILINE) == ["lab", "run", "progress", "fetch"]
    assert bare("run", "--lessons").returncode == 2
    assert "--edition" in bare("run", "--help").stdout
    targets = re.findall(r"^(\w+):", (written / "Makefile").read_text(), re.MULTILINE)
    assert targets == ["help", "lab", "run", "progress", "fetch"]


def test_what_its_code_imports_is_there(written):
    for path in written.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in ("tools", "helpers", "checks"):
                place = written / node.module.replace(".", "/")
                assert place.is_dir() or place.with_suffix(".py").is_file(), (path, node.module)
                for name in node.names if node.module in ("tools", "tools.lessons") else ():
                    assert (place / name.name).is_dir() or (place / f"{name.name}.py").is_file(), (path, name.name)


def test_lessons_are_found_where_there_are_no_complete_ones(written, monkeypatch):
    monkeypatch.setattr(find, "NOTEBOOKS", written / "notebooks")
    monkeypatch.setattr(find, "STUDENT", written / "notebooks/student")
    assert len(find.find()) == len(LESSONS)
    assert find.find("4")[0].title == "The first CNN"


def tiny(folder, course, lessons=LESSONS[:1], url=URL):
    return student_repository.write(folder, course, lessons, url)


@pytest.fixture
def small(monkeypatch):
    """A repository without data and code, which is quick to write."""
    monkeypatch.setattr(student_repository, "COPIED", ("LICENSE", "tools/__init__.py"))


def test_a_later_call_adds_lessons_keeps_git_and_removes_what_is_no_longer_written(
    small, course, tmp_path, monkeypatch
):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text("theirs")
    tiny(tmp_path, course)
    assert "0 of them changed" in tiny(tmp_path, course)
    monkeypatch.setattr(student_repository, "COPIED", ("LICENSE",))
    assert "1 removed" in tiny(tmp_path, course, LESSONS[3:4])
    assert sorted(path.name[:2] for path in (tmp_path / "notebooks/student").iterdir()) == ["01", "04"]
    assert "| 01 |" in (tmp_path / "README.md").read_text()
    assert "| 02 |" not in (tmp_path / "README.md").read_text()
    assert (tmp_path / ".git/config").read_text() == "theirs"


def test_a_later_call_keeps_the_addresses_of_an_earlier_one(small, course, tmp_path):
    assert student_repository.addresses(tmp_path) == ("", "")
    student_repository.write(tmp_path, course, LESSONS[:1], URL, "https://hub.uni.edu")
    assert student_repository.addresses(tmp_path) == (URL, "https://hub.uni.edu")
    told = student_repository.write(tmp_path, course, LESSONS[3:4], "https://github.com/uni/moved")
    assert f"Lessons that name the former address {URL}: 01; hand them out again. Commit" in told
    assert student_repository.addresses(tmp_path) == ("https://github.com/uni/moved", "")
    assert "give --address URL" in tiny(tmp_path, course, url=repository.PLACEHOLDER)


def test_handing_out_asks_for_the_addresses_once(tmp_path, monkeypatch):
    def asked(*words):
        parser = argparse.ArgumentParser()
        handout.add_arguments(parser)
        return handout._addresses(parser.parse_args(["--repository", str(tmp_path), *words]))

    assert asked() == (repository.address(), "")
    (tmp_path / "pyproject.toml").write_text(student_repository._project(URL, "https://hub.uni.edu"))
    assert asked() == (URL, "https://hub.uni.edu")
    assert asked("--address", "https://github.com/uni/moved.git")[0] == "https://github.com/uni/moved"
    for words in (("--address", "foo"), ("--hub", "hub.uni.edu")):
        with pytest.raises(SystemExit, match="is no address of a"):
            asked(*words)


def test_a_page_links_to_no_lesson_that_is_not_there(small, course, tmp_path):
    tiny(tmp_path, course)
    for name in ("GLOSSARY.md", "FORMULAS.md"):
        text = (tmp_path / name).read_text()
        assert set(re.findall(r"\]\((notebooks/[^)#]+)", text)) == {f"notebooks/student/{LESSONS[0].path.name}"}
        assert "(02" in text


def test_files_of_others_are_never_written_over(small, course, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.tex").write_text("ours")
    with pytest.raises(SystemExit, match="holds files that this command did not write"):
        tiny(other, course)
    assert [path.name for path in other.iterdir()] == ["thesis.tex"]
    folder = tmp_path / "students"
    tiny(folder, course)
    (folder / "README.md").write_text("changed by an instructor")
    with pytest.raises(SystemExit, match=r"README\.md in .*: changed by somebody"):
        tiny(folder, course, LESSONS[3:4])
    assert (folder / "README.md").read_text() == "changed by an instructor"
    assert not (folder / "notebooks/student/04_first_cnn.ipynb").exists()
    (folder / ".handed-out.json").write_text("{")
    with pytest.raises(SystemExit, match="cannot be read, so nothing is written"):
        tiny(folder, course)


@pytest.mark.parametrize("place", [ROOT, ROOT / "notebooks", ROOT / "students"])
def test_not_into_the_project_itself(small, course, place):
    with pytest.raises(SystemExit, match="lies in this project"):
        tiny(place, course)
    with pytest.raises(SystemExit, match="is a file: name a folder"):
        tiny(course.release(LESSONS[0].path.stem), course)
