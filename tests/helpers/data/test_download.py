"""Fetching: whatever the network and the disk do, the files are right or a sentence says why not."""

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path

import pytest
from fake_cifar10 import (
    ARCHIVE,
    FOLDER,
    assert_is_the_fake,
    assert_nothing_passes_for_good,
    offer,
    whole_message,
)
from servers import Server

from helpers import data, places
from helpers.data import download


def test_fetches_checks_and_unpacks_once(data_folder, fake, server, capfd):
    offer(data_folder, fake, [server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert_is_the_fake(data.load("cifar10"), fake)
    assert server.requests == [("good", None)]
    assert {path.name for path in data_folder.iterdir()} == {"manifest.json", FOLDER, "checked.json", "cifar10.lock"}
    out, err = capfd.readouterr()
    assert err == ""
    assert "CIFAR-10 from 127.0.0.1" in out  # the progress bar


def test_only_known_files_leave_the_archive(data_folder, fake, server, tmp_path):
    offer(data_folder, fake, [server.address("good")])
    data.load("cifar10")
    assert {path.name for path in (data_folder / FOLDER).iterdir()} == set(fake.files)
    assert not list(tmp_path.rglob("*escaped*"))
    assert not Path("/tmp/escaped_from_archive.txt").exists()


@pytest.mark.parametrize(
    "behaviour", ["from_the_start", "without_length", "moved", "breaking", "crawling", "unhurried", "another_part"]
)
def test_a_host_with_its_own_ways_is_enough(data_folder, fake, server, behaviour):
    if behaviour == "another_part":
        (data_folder / f"{ARCHIVE}.part").write_bytes(fake.archive[:5000])
    offer(data_folder, fake, [server.address(behaviour)])
    assert_is_the_fake(data.load("cifar10"), fake)


FAULTS = {
    "missing": "404",
    "overloaded": "503",
    "portal": "login page",
    "portal_of_unknown_length": "login page",
    "other_length": "offers a file of",
    "wrong": "other bytes",
    "endless": "other bytes",
    "truncated": "broke off",
    "silent": "sent nothing",
    "stalled": "sent nothing",
}


@pytest.mark.parametrize(("behaviour", "fault"), FAULTS.items())
def test_a_failing_host_is_named_and_the_next_one_tried(data_folder, fake, server, behaviour, fault):
    address = server.address(behaviour)
    offer(data_folder, fake, [address])
    with pytest.raises(data.DatasetError, match=fault) as error:
        data.load("cifar10")
    assert address in whole_message(error)
    assert_nothing_passes_for_good(data_folder)

    offer(data_folder, fake, [address, server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)


def test_no_network_names_every_address(data_folder, fake):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}/archive.tar.gz"  # bound, but nobody listens
        unknown = "http://no-such-host.invalid/archive.tar.gz"
        offer(data_folder, fake, [closed, unknown])
        with pytest.raises(data.DatasetError, match="could not be fetched") as error:
            data.load("cifar10")
    assert closed in whole_message(error)
    assert unknown in whole_message(error)
    assert_nothing_passes_for_good(data_folder)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_certificate_that_nobody_vouches_for_is_refused(data_folder, fake, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server(fake.archive, context) as server:
        offer(data_folder, fake, [server.address("good")])
        with pytest.raises(data.DatasetError, match="certificate"):
            data.load("cifar10")
    assert server.requests == []


@pytest.mark.parametrize("behaviour", ["crawling", "trickling"])
def test_a_crawling_host_is_left_for_another(data_folder, fake, server, behaviour):
    offer(data_folder, fake, [server.address(behaviour), server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    (first, _), (second, wanted) = server.requests
    assert (first, second) == (behaviour, "good")
    begin = int(wanted.removeprefix("bytes=").removesuffix("-"))  # what the first one sent is not fetched again
    assert 0 < begin < len(fake.archive)
    if behaviour == "trickling":
        assert begin < download.PIECE  # nobody waited until a whole piece was together


def test_a_crawling_host_is_better_than_none(data_folder, fake, server):
    offer(data_folder, fake, [server.address("crawling"), server.address("missing")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert [behaviour for behaviour, _ in server.requests] == ["crawling", "missing", "crawling"]


def test_goes_on_where_an_earlier_download_broke_off(data_folder, fake, server):
    (data_folder / f"{ARCHIVE}.part").write_bytes(fake.archive[:5000])
    offer(data_folder, fake, [server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert server.requests == [("good", "bytes=5000-")]


@pytest.mark.parametrize("length", [5000, None, 10**7], ids=["part", "whole", "too much"])
def test_a_spoiled_beginning_is_thrown_away(data_folder, fake, server, length):
    (data_folder / f"{ARCHIVE}.part").write_bytes(bytes(len(fake.archive) if length is None else length))
    offer(data_folder, fake, [server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert server.requests[-1] == ("good", None)


# The disk


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk(data_folder, fake, server):
    part = data_folder / f"{ARCHIVE}.part"
    part.symlink_to("/dev/full")
    offer(data_folder, fake, [server.address("good")])
    with pytest.raises(data.DatasetError, match=r"could not be written into .*No space left") as error:
        data.load("cifar10")
    assert str(data_folder) in whole_message(error)
    assert not part.is_symlink()
    assert_nothing_passes_for_good(data_folder)


def test_too_little_space_is_said_before_fetching(data_folder, fake, server, monkeypatch):
    usage = shutil.disk_usage(data_folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=len(fake.archive)))
    offer(data_folder, fake, [server.address("good")])
    with pytest.raises(data.DatasetError, match=r"could not be written into .* it needs .* MB"):
        data.load("cifar10")
    assert server.requests == []


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


def test_a_read_only_folder_says_so(shared_folder, fake, server):
    offer(shared_folder, fake, [server.address("good")])
    with read_only(shared_folder), pytest.raises(data.DatasetError, match="could not be written into") as error:
        data.load("cifar10")
    assert str(shared_folder) in whole_message(error)
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
        with pytest.raises(data.DatasetError, match=r"^Letters could not be written .* LETTERS_PATH\.$"):
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
