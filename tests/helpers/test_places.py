"""Where files lie: in a checkout, in one that cannot be written into, and without one."""

import importlib.util
from pathlib import Path

import pytest

from helpers import places


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the module in a project of its own, imported from a notebook's folder."""
    package = tmp_path / "project" / "helpers"
    package.mkdir(parents=True)
    (package / "places.py").write_bytes(Path(places.__file__).read_bytes())
    (tmp_path / "notebook").mkdir()
    monkeypatch.chdir(tmp_path / "notebook")

    def imported():
        spec = importlib.util.spec_from_file_location("copied_places", package / "places.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return imported


def checkout(tmp_path, monkeypatch, writable: bool):
    (tmp_path / "project" / "pyproject.toml").touch()
    monkeypatch.setattr("os.access", lambda path, mode: writable)
    return tmp_path / "project"


def test_in_a_checkout_everything_lies_in_it(copy, tmp_path, monkeypatch):
    root = checkout(tmp_path, monkeypatch, writable=True)
    found = copy()
    assert (root, root / "data", root / "build") == (found.ROOT, found.DATA, found.BUILD)
    assert (root / "data" / "manifest.json", root / "data" / "trained") == (found.MANIFEST, found.TRAINED)


def test_in_a_checkout_for_reading_what_is_written_lies_beside_the_notebook(copy, tmp_path, monkeypatch):
    root = checkout(tmp_path, monkeypatch, writable=False)
    found = copy()
    assert (root, root / "data" / "trained") == (found.ROOT, found.TRAINED)
    assert (tmp_path / "notebook" / "data", tmp_path / "notebook" / "build") == (found.DATA, found.BUILD)
    # Somebody fetched CIFAR-10 for the whole class.
    (root / "data" / "cifar-10-batches-bin").mkdir(parents=True)
    assert root / "data" == copy().DATA


def test_without_a_checkout_what_comes_along_lies_in_the_package(copy, tmp_path):
    found = copy()
    stored, here = tmp_path / "project" / "helpers" / "stored", tmp_path / "notebook"
    assert (stored / "manifest.json", stored / "trained") == (found.MANIFEST, found.TRAINED)
    assert (here / "data", here / "build") == (found.DATA, found.BUILD)
