"""The image and Binder's files: the one list of versions, Shapes-10 first, and no solution in them."""

import re
import shlex
import subprocess

import pytest

from helpers.places import ROOT
from tools import environment, lock

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
BINDER = ROOT / "binder"


def instructions() -> list[tuple[str, str]]:
    """(name, words) of each instruction of the Dockerfile."""
    text = re.sub(r"(?m)^#.*\n", "", DOCKERFILE.read_text(encoding="utf-8")).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def copied() -> list[str]:
    return [source for name, words in instructions() if name == "COPY" for source in shlex.split(words)[:-1]]


def test_every_copied_file_is_there_and_belongs_to_the_project():
    kept = subprocess.run(["git", "ls-files", *copied()], cwd=ROOT, capture_output=True, text=True)
    if kept.returncode:
        pytest.skip("no git here to say what belongs to the project")
    for source in copied():
        assert any(name == source or name.startswith(f"{source}/") for name in kept.stdout.split()), source


def test_complete_lessons_and_tests_stay_outside():
    parts = [source.split("/") for source in copied()]
    assert ["notebooks", "student"] in parts
    assert ["notebooks"] not in parts
    assert not {".", "*", "tests", "course", ".git"} & {first for first, *_ in parts}


def test_the_image_installs_the_locks_and_nothing_else():
    commands = [words for name, words in instructions() if name == "RUN" and "pip install" in words]
    *locks, project = [shlex.split(command)[2:] for command in commands]
    assert [words[-1] for words in locks] == ["/opt/locks/student.txt", "/opt/locks/hub.txt"]
    assert all("--require-hashes" in words for words in locks)
    assert {"--no-deps", "--no-build-isolation", "--editable", "."} <= set(project)
    assert "COPY tools/locks/student.txt /opt/locks/student.txt\n" in DOCKERFILE.read_text(encoding="utf-8")
    assert "COPY deploy/requirements.txt /opt/locks/hub.txt\n" in DOCKERFILE.read_text(encoding="utf-8")


def test_both_locks_fit_into_one_environment():
    hub = lock.blocks(lock.HUB.read_text(encoding="utf-8"))
    student = lock.blocks((lock.LOCKS / "student.txt").read_text(encoding="utf-8"))
    assert {"jupyterhub", "nbgitpuller", "jupyterhub-idle-culler", "jupyterlab-widgets"} <= hub.keys()
    assert not [name for name in hub.keys() & student.keys() if hub[name] != student[name]], "python -m tools lock"
    assert "tensorflow" not in hub, "kernels are those of the course"
    assert not re.search("//|index-url|find-links", lock.HUB.read_text(encoding="utf-8"))


def test_the_image_runs_as_nobody_in_particular_on_shapes10():
    names = [name for name, _ in instructions()]
    assert names.index("USER") > max(place for place, name in enumerate(names) if name in ("RUN", "COPY"))
    words = dict(instructions())
    assert words["USER"] == "1000"
    assert "CNN_DATASET=shapes10" in words["ENV"]


def test_binder_and_the_image_have_the_python_of_conda():
    version = lock.CONDA_PYTHON
    assert tuple(map(int, version.split("."))) in environment.pythons()
    assert dict(instructions())["FROM"] == f"python:{version}-slim"
    assert (BINDER / "runtime.txt").read_text(encoding="utf-8") == f"python-{version}\n"


def test_binder_installs_the_lock_itself_and_then_the_project():
    lines = (BINDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if not line.startswith("#")]
    option, path = line.split()
    assert option == "-r"
    assert (BINDER / path).resolve() == lock.LOCKS / "student.txt"
    assert "--no-deps --no-build-isolation --editable ." in (BINDER / "postBuild").read_text(encoding="utf-8")
    assert not (BINDER / "environment.yml").exists(), "it would win over requirements.txt"


@pytest.mark.parametrize(("variable", "expected"), [({}, "shapes10"), ({"CNN_DATASET": "cifar10"}, "cifar10")])
def test_binder_starts_on_shapes10_unless_told_otherwise(variable, expected):
    script = BINDER / "start"
    assert script.stat().st_mode & 0o111
    told = subprocess.run(
        [script, "sh", "-c", 'echo "$CNN_DATASET" "$0"', "a b"],
        env={"PATH": "/usr/bin:/bin", **variable},
        capture_output=True,
        text=True,
    )
    assert told.stdout == f"{expected} a b\n"


def test_binder_and_the_image_give_figures_their_words():
    told = subprocess.run(
        [BINDER / "start", "sh", "-c", 'echo "$JUPYTER_PATH" "$JUPYTER_CONFIG_PATH"'],
        env={"PATH": "/usr/bin:/bin", "JUPYTER_PATH": "/more"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    ours = f"{ROOT}/tools/jupyter"
    assert told.stdout == f"{ours}:/more {ours}\n"
    assert "JUPYTER_PATH=/opt/course/tools/jupyter" in dict(instructions())["ENV"]
