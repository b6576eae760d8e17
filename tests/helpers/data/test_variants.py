"""CIFAR-10.1 and CIFAR-10-C: small files of the same format are read, every other one is a sentence."""

import hashlib
import json

import numpy as np
import pytest

from helpers import places
from helpers.data import DatasetError, variants

GENERATOR = np.random.default_rng(0)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Both test sets with few images, in a data folder of their own."""
    monkeypatch.setattr(variants, "NEW_IMAGES", 20)
    monkeypatch.setattr(variants, "TEST_IMAGES", 4)
    monkeypatch.setattr(places, "DATA", tmp_path)
    monkeypatch.setattr(places, "MANIFEST", tmp_path / "manifest.json")
    for variable in variants.VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    new, changed = tmp_path / "CIFAR-10.1", tmp_path / "CIFAR-10-C"
    new.mkdir()
    changed.mkdir()
    np.save(new / "cifar10.1_v6_data.npy", GENERATOR.integers(0, 256, (20, 32, 32, 3), np.uint8))
    np.save(new / "cifar10.1_v6_labels.npy", np.tile(np.arange(10, dtype=np.int32), 2))
    for name in ("gaussian_noise", "fog"):
        np.save(changed / f"{name}.npy", GENERATOR.integers(0, 256, (20, 32, 32, 3), np.uint8))
    np.save(changed / "labels.npy", np.tile(np.array([3, 8, 8, 0], np.uint8), 5))
    publish(tmp_path)
    return tmp_path


def publish(folder):
    """A manifest with the SHA-256 of the files as they now are."""
    paths = (folder / "CIFAR-10.1").glob("*.npy")
    files = {path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in paths}
    (folder / "manifest.json").write_text(json.dumps({"cifar10_1": {"files": files}}))


def test_cifar10_1_is_read(small):
    images, labels = variants.cifar10_1()
    assert (images.shape, images.dtype, labels.dtype) == ((20, 32, 32, 3), np.uint8, np.int64)
    assert np.array_equal(images, np.load(small / "CIFAR-10.1" / "cifar10.1_v6_data.npy"))
    assert labels[:11].tolist() == [*range(10), 0]


@pytest.mark.parametrize("strength", [1, 3, 5])
def test_cifar10_c_is_read_at_one_strength(small, strength):
    images, labels = variants.cifar10_c("fog", strength)
    whole = np.load(small / "CIFAR-10-C" / "fog.npy")
    assert np.array_equal(images, whole[4 * strength - 4 : 4 * strength])
    assert labels.tolist() == [3, 8, 8, 0]


def test_a_variable_names_the_folder(small, monkeypatch, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (small / "CIFAR-10-C").rename(elsewhere)
    assert variants.folder("CIFAR-10-C") is None
    with pytest.raises(DatasetError, match=r"is not here\. Put its files into .* CIFAR10_C_PATH"):
        variants.cifar10_c("fog", 1)
    monkeypatch.setenv("CIFAR10_C_PATH", str(elsewhere))
    assert variants.folder("CIFAR-10-C") == elsewhere
    assert len(variants.cifar10_c("fog", 1)[0]) == 4
    monkeypatch.setenv("CIFAR10_C_PATH", str(small / "nowhere"))
    with pytest.raises(DatasetError, match="no such folder"):
        variants.folder("CIFAR-10-C")


def test_another_file_than_the_published_one_is_refused(small):
    path = small / "CIFAR-10.1" / "cifar10.1_v6_labels.npy"
    np.save(path, np.zeros(20, np.int32))
    with pytest.raises(DatasetError, match="SHA-256 must begin with"):
        variants.cifar10_1()
    path.unlink()
    with pytest.raises(DatasetError, match="missing"):
        variants.cifar10_1()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("fog.npy", np.zeros((20, 32, 32, 3), np.float32), "holds float32"),
        ("fog.npy", np.zeros((20, 3, 32, 32), np.uint8), "shape"),
        ("labels.npy", np.full(20, 10), "labels from 10 to 10"),
        ("labels.npy", np.zeros(20), "holds float64"),
        ("labels.npy", np.array([None] * 20), "cannot be read"),
        ("fog.npy", b"not an array", "cannot be read"),
        ("fog.npy", b"", "cannot be read"),
    ],
)
def test_files_of_another_form_are_sentences(small, name, content, sentence):
    path = small / "CIFAR-10-C" / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content, allow_pickle=True)
    with pytest.raises(DatasetError, match=sentence):
        variants.cifar10_c("fog", 2)


def test_what_is_not_there_is_named(small):
    with pytest.raises(DatasetError, match=r"no snow\.npy. It has: fog, gaussian_noise"):
        variants.cifar10_c("snow", 1)
    with pytest.raises(ValueError, match="from 1 to 5"):
        variants.cifar10_c("fog", 6)


def test_the_manifest_of_the_project_names_both_files():
    files = json.loads(places.MANIFEST.read_text(encoding="utf-8"))["cifar10_1"]["files"]
    assert sorted(files) == ["cifar10.1_v6_data.npy", "cifar10.1_v6_labels.npy"]
    assert all(len(facts["sha256"]) == 64 for facts in files.values())
