"""Manifests, memories and paths of every kind: the right files or a sentence, and nothing lost or left."""

import copy
import json
import os

import numpy as np
import pytest
from fake_cifar10 import (
    ARCHIVE,
    FOLDER,
    LEFT,
    assert_is_the_fake,
    load_or_sentence,
    mutated,
    offer,
    whole_message,
)

from helpers import data, places
from helpers.data import download

NO_MANIFESTS = [None, "", "{", "[]", "null", "5", '"text"', "{}", '{"cifar10": null}', '{"cifar10": []}', "9" * 5_000]
NO_MANIFESTS += ['{"cifar10": {"title": "CIFAR-10"}}', "[" * 100_000, '{"a": ' * 100_000, "\0", "\ufeff{}"]


@pytest.mark.parametrize("text", NO_MANIFESTS, ids=range(len(NO_MANIFESTS)))
def test_a_manifest_that_is_none(data_folder, text):
    places.MANIFEST.unlink()
    if text is not None:
        places.MANIFEST.write_text(text, encoding="utf-8")
    with pytest.raises(data.DatasetError, match=r"Get data/manifest\.json anew") as error:
        data.load("cifar10")
    assert str(places.MANIFEST) in str(error.value)
    assert data.load("auto").name == "shapes10"


def test_a_manifest_in_another_encoding_or_a_folder(data_folder):
    places.MANIFEST.write_bytes("{}".encode("utf-16"))
    with pytest.raises(data.DatasetError, match="cannot be used"):
        data.load("cifar10")
    places.MANIFEST.unlink()
    places.MANIFEST.mkdir()
    with pytest.raises(data.DatasetError, match="cannot be used"):
        data.load("cifar10")


ODD = [None, True, 0, -1, 1.5, 10**400, 1e400, "", "text", "\0", "..", "a/b", "/etc", "x" * 5_000, "\ud800", [], ["a"]]
ODD += [[None], [[]], {}, {"a": 5}, {"a": {}}, {"": {"bytes": 1, "sha256": ""}}, [5, "http://127.0.0.1:1"]]


def nodes(tree, path=()):
    """The path to everything in a tree of JSON."""
    yield path
    if isinstance(tree, (dict, list)):
        for key in tree if isinstance(tree, dict) else range(len(tree)):
            yield from nodes(tree[key], (*path, key))


@pytest.mark.parametrize("have", ["nothing", "archive", "folder"])
def test_a_manifest_of_another_shape(data_folder, fake, server, have):
    """Each value of it becomes each odd one, or is missing: never wrong images, never anything else than a sentence."""
    if have == "archive":
        (data_folder / ARCHIVE).write_bytes(fake.archive)
    elif have == "folder":
        fake.write_folder(data_folder)
    manifest = {"cifar10": fake.manifest(["http://127.0.0.1:1/archive.tar.gz"])}
    generator, told = np.random.default_rng(len(have)), []
    for path in list(nodes(manifest)):
        for value in [*generator.permutation(np.array(ODD, object))[:8], "missing"]:
            changed = {"": copy.deepcopy(manifest)}
            inner = changed
            *way, last = ("", *path)
            for key in way:
                inner = inner[key]
            if value == "missing":
                del inner[last]
            else:
                inner[last] = value
            places.MANIFEST.write_text(json.dumps(changed.get("")))
            try:
                found = download.files("cifar10")
            except data.DatasetError as error:
                told.append(str(error))
            else:
                for file in [*found["training"], *found["test"]]:
                    assert file.read_bytes() == fake.files[file.name]
    assert len(told) > 200
    assert "".join(told).isprintable()
    assert (data_folder / ARCHIVE).exists() is (have == "archive")
    assert not list(data_folder.glob("*.part"))
    assert not [
        path for path in places.DATA.parent.rglob("*") if path.name not in {*LEFT, ARCHIVE, "data", *fake.files}
    ]


# The memory of what was checked

MEMORIES = ["", "{", "[]", "null", "5", '"a"', "[[]]", "[1, 2]", '[["a", 1]]', "[" * 100_000, "\0", "\ufeff{}", "NaN"]


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("damaged", [False, True])
def test_a_memory_of_another_shape_is_none(data_folder, fake, memory, damaged):
    folder = fake.write_folder(data_folder)
    (data_folder / "checked.json").write_text(memory, encoding="utf-8")
    if damaged:
        (folder / "data_batch_2.bin").write_bytes(bytes(30_730))
    assert load_or_sentence(fake) == ("" if damaged else "right")
    if not damaged:
        assert set(json.loads((data_folder / "checked.json").read_text())) >= {
            str(folder / name) for name in fake.files
        }


@pytest.mark.parametrize("seed", range(30))
def test_a_mutated_memory_never_lets_a_damaged_file_pass(data_folder, fake, seed):
    folder = fake.write_folder(data_folder)
    data.load("cifar10")
    memory = data_folder / "checked.json"
    memory.write_bytes(mutated(memory.read_bytes(), np.random.default_rng(seed)))
    assert load_or_sentence(fake)
    memory.write_bytes(mutated(memory.read_bytes(), np.random.default_rng(seed)))
    (folder / "test_batch.bin").write_bytes(bytes(30_730))
    assert not load_or_sentence(fake)


def test_a_memory_that_cannot_be_written(data_folder, fake):
    fake.write_folder(data_folder)
    (data_folder / "checked.json").mkdir()
    assert load_or_sentence(fake)
    assert not list(data_folder.glob("*.part"))


# Paths


PATHS = ["~nobody-of-this-name/x", "x" * 5_000, "x/" * 5_000, "/", "/dev/null", "/dev/zero", "/etc/passwd", " ", "~"]
PATHS += ["\x1b[2J", "\udcff", "http://example.invalid/archive.tar.gz", "file:///tmp", "/proc/self/mem", "a\nb", "~/~"]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_a_path_of_every_kind(data_folder, fake, server, monkeypatch, path):
    monkeypatch.setenv("CIFAR10_PATH", path)
    offer(data_folder, fake, [server.address("good")])
    with pytest.raises(data.DatasetError) as error:
        data.load("cifar10")
    assert "CIFAR10_PATH" in whole_message(error) or "is damaged, or another version" in str(error.value)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 1_000
    assert server.requests == []
    assert data.load("auto").name == "shapes10"


def test_a_path_with_a_nul(data_folder, monkeypatch):
    source = download.entry("cifar10")
    monkeypatch.setattr(os, "environ", {"CIFAR10_PATH": "a\0b"})
    assert download.here(source) is None


@pytest.mark.parametrize("name", [ARCHIVE, f"{ARCHIVE}.part", FOLDER, f"{FOLDER}.part", "cifar10.lock"])
@pytest.mark.parametrize("kind", ["a folder with notes", "an empty folder", "a file"])
def test_something_of_the_user_s_is_in_the_way(data_folder, fake, server, name, kind):
    """A sentence names it, or it does not matter; the user's notes are never deleted."""
    thing = data_folder / name
    if kind == "a file":
        thing.write_text("notes")
    else:
        thing.mkdir()
        if kind == "a folder with notes":
            (thing / "notes.txt").write_text("notes")
    offer(data_folder, fake, [server.address("good")])
    said = ""
    try:
        assert_is_the_fake(data.load("cifar10"), fake)
    except data.DatasetError as error:
        said = str(error)
    if said:
        assert str(thing) in said
        assert kind != "an empty folder" or name == "cifar10.lock"
        assert server.requests == [] or name == f"{FOLDER}.part"
    ours = name.endswith(".part") and (kind == "a file") == name.startswith(ARCHIVE)
    if not ours and kind != "an empty folder":
        assert (thing if kind == "a file" else thing / "notes.txt").read_text() == "notes"


@pytest.mark.parametrize("kind", ["half an archive", "a whole archive", "half a folder"])
def test_what_a_killed_run_left_goes_with_the_next_one(data_folder, fake, server, kind):
    fake.write_folder(data_folder)
    if kind == "half a folder":
        (data_folder / f"{FOLDER}.part").mkdir()
        (data_folder / f"{FOLDER}.part" / "data_batch_1.bin").write_bytes(b"half")
    else:
        (data_folder / f"{ARCHIVE}.part").write_bytes(fake.archive[: 5_000 if kind[0] == "h" else None])
    (data_folder / ARCHIVE).write_bytes(fake.archive)  # this one is the user's
    assert_is_the_fake(data.load("cifar10"), fake)
    assert {path.name for path in data_folder.iterdir()} == {*LEFT, ARCHIVE} - {"cifar10.lock"}
    assert server.requests == []
