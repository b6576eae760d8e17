"""Lock files and environment.yml: within the bounds, whole, without an address, and written from pyproject.toml."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tools import environment, lock, programs
from tools.environment import LOCKS, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("student", "instructor")


@pytest.mark.parametrize("extra", EXTRAS)
def test_locked_versions_lie_within_the_bounds(extra):
    versions = lock.locked_versions(extra)
    lines = PROJECT["dependencies"] + (PROJECT["optional-dependencies"]["instructor"] if extra == "instructor" else [])
    for requirement in map(Requirement, lines):
        assert requirement.specifier.contains(versions[requirement.name]), requirement


def test_the_instructor_has_everything_that_the_student_has():
    student, instructor = map(lock.locked_versions, EXTRAS)
    assert student.items() < instructor.items()
    assert {"nbgrader", "uv", "distributed"} <= instructor.keys() - student.keys()
    assert "hatchling" in student, "the project itself is installed without a network"


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_file_has_a_hash_and_none_an_address(extra):
    text = (LOCKS / f"{extra}.txt").read_text(encoding="utf-8")
    for name, block in lock.blocks(text).items():
        first, *hashes = block.splitlines()
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)? \\", first), first
        assert hashes, name
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in hashes), name
    assert not re.search("//|index-url|find-links", text)


def test_environment_yml_is_up_to_date():
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == lock.environment_yml(), (
        "call: python -m tools lock"
    )


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Lock files of their own, and what uv was asked for; ``lines`` is what it finds."""
    monkeypatch.setattr(lock, "LOCKS", tmp_path)
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    monkeypatch.setattr(lock, "HUB", tmp_path / "hub.txt")
    monkeypatch.setattr(lock, "direct_packages", lambda extra: ["keras"])
    (tmp_path / "student.txt").write_text(line("keras", 1))
    return tmp_path


def line(name: str, version: int) -> str:
    return f"{name}=={version} \\\n    --hash=sha256:{version:064}\n"


def test_locking_keeps_what_was_locked_and_gives_the_instructor_what_the_student_lacks(folder, monkeypatch):
    def uv(command, cwd):
        path = folder / command[command.index("--output-file") + 1]
        seen.append(path.read_text())
        more = line("ruff", 7) if "instructor" in command else ""
        course = line("keras", 1) if "pyproject.toml" in command else line("jupyterhub", 6)
        path.write_text(line("jax", 2) + course + more)
        return 0

    seen = []
    monkeypatch.setattr(programs, "call", uv)
    (folder / "instructor.txt").write_text("-r student.txt\n" + line("ruff", 7))
    (folder / "hub.txt").write_text(line("jupyterhub", 5))
    assert lock.main() == 0
    stood = [line("keras", 1), line("keras", 1) + line("ruff", 7), line("jupyterhub", 5)]
    assert seen == stood, "uv prefers what stands in the file already"
    assert (folder / "hub.txt").read_text() == line("jax", 2) + line("jupyterhub", 6), "without the course's packages"
    assert (folder / "student.txt").read_text() == line("jax", 2) + line("keras", 1)
    assert (folder / "instructor.txt").read_text() == "-r student.txt\n" + line("ruff", 7)
    assert lock.locked_versions("instructor") == {"jax": "2", "keras": "1", "ruff": "7"}
    assert "- keras==1\n" in (folder / "environment.yml").read_text()


def test_locking_that_fails_changes_nothing(folder, monkeypatch):
    monkeypatch.setattr(programs, "call", lambda command, cwd: 1)
    with pytest.raises(SystemExit, match="not locked"):
        lock.main()
    assert {path.name for path in folder.iterdir()} == {"student.txt"}
    assert (folder / "student.txt").read_text() == line("keras", 1)


def test_the_direct_packages_of_an_instructor_are_more():
    student, instructor = map(environment.direct_packages, EXTRAS)
    assert set(student) < set(instructor)
    assert "scikit-learn" in student
    assert "pytest-xdist" in instructor
