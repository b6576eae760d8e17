"""Fetching: whatever the network and the disk do, the files are right or a sentence says why not."""

import contextlib
import errno
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from fake_cifar10 import (
    ARCHIVE,
    FOLDER,
    LEFT,
    assert_is_the_fake,
    assert_nothing_passes_for_good,
    offer,
    whole_message,
)

from helpers import data, places
from helpers.data import download, hosts


def test_fetches_checks_and_unpacks_once(data_folder, fake, server, capfd):
    offer(data_folder, fake, [server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert_is_the_fake(data.load("cifar10"), fake)
    assert server.requests == [("good", None)]
    assert {path.name for path in data_folder.iterdir()} == LEFT
    out, err = capfd.readouterr()
    assert err == ""
    assert "CIFAR-10 from 127.0.0.1" in out  # the progress bar


def test_only_known_files_leave_the_archive(data_folder, fake, server, tmp_path):
    offer(data_folder, fake, [server.address("good")])
    data.load("cifar10")
    assert {path.name for path in (data_folder / FOLDER).iterdir()} == set(fake.files)
    assert not list(tmp_path.rglob("*escaped*"))
    assert not Path("/tmp/escaped_from_archive.txt").exists()


# The disk


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk(data_folder, fake, server):
    part = data_folder / f"{ARCHIVE}.part"
    part.symlink_to("/dev/full")
    offer(data_folder, fake, [server.address("good")])
    with pytest.raises(
        data.DatasetError, match=r"could not be written into .*: the disk is full.* Free some space"
    ) as error:
        data.load("cifar10")
    assert str(data_folder) in whole_message(error)
    assert not part.is_symlink()
    assert "write into and" not in str(error.value)
    assert_nothing_passes_for_good(data_folder)


def test_too_little_space_is_said_before_fetching(data_folder, fake, server, monkeypatch):
    usage = shutil.disk_usage(data_folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=len(fake.archive)))
    (data_folder / f"{ARCHIVE}.part").write_bytes(fake.archive[:100])
    offer(data_folder, fake, [server.address("good")])
    with pytest.raises(data.DatasetError, match=r"the disk is full. It needs .* MB there. Free some"):
        data.load("cifar10")
    assert server.requests == []
    assert (data_folder / f"{ARCHIVE}.part").read_bytes() == fake.archive[:100]  # it is not what fills the disk


@contextlib.contextmanager
def read_only(folder):
    """Take away the right to write; root, who may write anywhere, becomes nobody for a while."""
    root = os.geteuid() == 0
    os.chmod(folder, 0o555)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        os.chmod(folder, 0o755)


@pytest.fixture
def shared_folder(data_folder, monkeypatch, fake):
    """A data folder that others than its owner can reach, which pytest's own are not."""
    if not hasattr(os, "geteuid"):
        pytest.skip("needs the rights of a Unix file system")
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        folder = Path(name).resolve() / "data"
        shutil.copytree(data_folder, folder)
        monkeypatch.setattr(places, "DATA", folder)
        monkeypatch.setattr(places, "MANIFEST", folder / "manifest.json")
        yield folder


@pytest.mark.parametrize("step", ["fetching", "unpacking"])
@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EIO", "EROFS", "EACCES", "EMFILE"])
def test_whatever_the_disk_says_while_it_is_written_to(data_folder, fake, server, monkeypatch, step, code):
    number = getattr(errno, code)

    def fail(*arguments, **options):
        raise OSError(number, os.strerror(number), str(data_folder / "somewhere"))

    offer(data_folder, fake, [server.address("good")])
    with monkeypatch.context() as patch:
        patch.setattr(*((hosts, "_copy") if step == "fetching" else (shutil, "copyfileobj")), fail)
        with pytest.raises(data.DatasetError, match="could not be written into") as error:
            data.load("cifar10")
    full = code in ("ENOSPC", "EDQUOT")
    assert ("Free some space" in whole_message(error)) is full
    assert ("Make that folder one that you can write into" in whole_message(error)) is not full
    assert_nothing_passes_for_good(data_folder)
    if full:
        assert not list(data_folder.glob("*.part"))
    assert_is_the_fake(data.load("cifar10"), fake)
    assert not list(data_folder.glob("*.part"))


def test_a_read_only_folder_says_so(shared_folder, fake, server):
    offer(shared_folder, fake, [server.address("good")])
    with read_only(shared_folder), pytest.raises(data.DatasetError, match="one that you can write into") as error:
        data.load("cifar10")
    assert str(shared_folder) in whole_message(error)
    assert "Free some space" not in str(error.value)
    assert server.requests == []


def test_a_read_only_folder_with_the_files_in_it_works(shared_folder, fake):
    fake.write_folder(shared_folder)
    with read_only(shared_folder):
        assert_is_the_fake(data.load("cifar10"), fake)
    assert not (shared_folder / "checked.json").exists()


def test_a_file_that_may_not_be_read(shared_folder, fake):
    path = fake.write_folder(shared_folder) / "data_batch_2.bin"
    path.chmod(0)
    with read_only(shared_folder), pytest.raises(data.DatasetError, match="cannot be read") as error:
        data.load("cifar10")
    assert str(path) in whole_message(error)


# Another dataset


def test_everything_that_is_said_and_written_is_the_manifest_s(data_folder, fake, server, monkeypatch, capfd):
    """Title, folder, lock and variable belong to the entry: nothing but the reader is CIFAR-10's."""
    entry = fake.manifest([server.address("missing")]) | {"title": "Letters", "folder": "letters", "archive": "let.tgz"}
    (data_folder / "manifest.json").write_text(json.dumps({"letters": entry}))
    with pytest.raises(data.DatasetError, match=r"^Letters could not be fetched.*LETTERS_PATH") as error:
        download.files("letters")
    assert "let.tgz" in str(error.value)
    assert (data_folder / "letters.lock").exists()
    usage = shutil.disk_usage(data_folder)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=0))
        with pytest.raises(data.DatasetError, match=r"^Letters could not be written .* LETTERS_PATH where"):
            download.files("letters")
    monkeypatch.setenv("LETTERS_PATH", "nowhere")
    with pytest.raises(data.DatasetError, match=r"^LETTERS_PATH is 'nowhere', but neither let\.tgz nor letters"):
        download.files("letters")
    lent = fake.write_folder(data_folder)
    monkeypatch.setenv("LETTERS_PATH", str(lent))
    found = download.files("letters")
    assert [path.name for path in found["training"]] == list(entry["training"])
    assert found["test"] == [lent / "test_batch.bin"]
    assert "CIFAR" not in "".join(capfd.readouterr()) + str(error.value)
