"""What Colab gets: the project installed from a wheel, far from its folder and without its dependencies."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from helpers.places import ROOT

LESSON = """
from pathlib import Path
from helpers import start
start.lesson()
from checks import lesson01
from helpers import data, models, places, records
here, package = Path.cwd(), Path(start.__file__).parent
assert (places.DATA, places.BUILD) == (here / "data", here / "build")
assert places.TRAINED.is_relative_to(package) and places.MANIFEST.is_file()
model, history = records.stored_model("guide_cnn")
assert history["val_accuracy"] and models.RECIPES
assert records.benchmark("training")["epochs"]
assert lesson01.exercise_1_1.number == "1.1"
assert start.old_versions(dict.fromkeys(start.WATCHED, "0.1").__getitem__)
try:
    data.load("cifar10")
except data.DatasetError as error:
    assert "CIFAR10_PATH is" in str(error)
print(package)
"""


def pip(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words], check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    (path,) = folder.glob("*.whl")
    return path


def test_a_lesson_starts_from_a_wheel_alone(wheel, tmp_path):
    pip("install", "--no-deps", "--no-index", "--target", str(tmp_path / "packages"), str(wheel))
    (tmp_path / "notebooks").mkdir()
    variables = os.environ | {"PYTHONPATH": str(tmp_path / "packages"), "MPLBACKEND": "agg", "CIFAR10_PATH": "nowhere"}
    told = subprocess.run(
        [sys.executable, "-c", LESSON],
        cwd=tmp_path / "notebooks",
        env=variables,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == [str(tmp_path / "packages" / "helpers")], "no warning, and no other helpers"
    assert not list((tmp_path / "notebooks").iterdir()), "nothing is written before it is needed"


def test_the_wheel_has_all_that_lessons_use_and_nothing_twice(wheel):
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    stored = [name for name in names if name.startswith("helpers/stored/")]
    kept = subprocess.run(["git", "ls-files", "helpers", "checks", "data"], cwd=ROOT, capture_output=True, text=True)
    if kept.returncode:
        pytest.skip("no git here to say what belongs to the project")
    files = {
        name.replace("data/", "helpers/stored/", 1) if name.startswith("data/") else name
        for name in kept.stdout.split()
        if name != "data/README.md"
    }
    assert files <= set(names)
    assert len(names) == len(set(names))
    assert not [name for name in stored if "cifar-10" in name]
