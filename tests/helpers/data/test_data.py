"""The way of the images: found, fetched, checked, read and split, whatever the network and the disk do."""

import contextlib
import hashlib
import io
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from servers import Server

from helpers import data
from helpers.data import download, shapes10

ROOT = Path(__file__).resolve().parents[3]
TRAINING = [f"data_batch_{number}.bin" for number in range(1, 6)]
FOLDER = "cifar-10-batches-bin"
ARCHIVE = "cifar-10-binary.tar.gz"
RECORDS = 10


class Fake:
    """CIFAR-10 in small: the same names and format, 10 images a file, and the manifest that goes with it."""

    def __init__(self, generator):
        self.labels = {name: generator.permutation(np.arange(RECORDS) % 10) for name in [*TRAINING, "test_batch.bin"]}
        self.images = {name: generator.integers(0, 256, (RECORDS, 32, 32, 3), np.uint8) for name in self.labels}
        self.files = {name: self._encode(name) for name in self.labels}
        self.archive = self._pack()

    def _encode(self, name):
        # Written from the format's description, pixel by pixel, so that reading has something to agree with.
        content = bytearray()
        for label, image in zip(self.labels[name], self.images[name]):
            content.append(label)
            for colour in range(3):
                for row in range(32):
                    content += bytes(image[row, column, colour] for column in range(32))
        return bytes(content)

    def _pack(self):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            strangers = [
                "../escaped.txt",
                "/tmp/escaped_from_archive.txt",
                f"{FOLDER}/../../escaped.txt",
                f"{FOLDER}/new",
            ]
            members = {f"{FOLDER}/{name}": content for name, content in self.files.items()}
            for name, content in {**dict.fromkeys(strangers, b"never written"), **members}.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return buffer.getvalue()

    def manifest(self, addresses):
        entries = {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in self.files.items()
        }
        return {
            "archive": ARCHIVE,
            "bytes": len(self.archive),
            "sha256": hashlib.sha256(self.archive).hexdigest(),
            "addresses": addresses,
            "folder": FOLDER,
            "training": {name: entries[name] for name in TRAINING},
            "test": {"test_batch.bin": entries["test_batch.bin"]},
        }

    def write_folder(self, parent):
        folder = parent / FOLDER
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return folder


@pytest.fixture(scope="module")
def fake():
    return Fake(np.random.default_rng(7))


@pytest.fixture
def server(fake):
    with Server(fake.archive) as running:
        yield running


@pytest.fixture
def room(tmp_path, monkeypatch, fake, server):
    """An empty data folder with a manifest, and the switches as a fresh machine has them."""
    for name in ("CIFAR10_PATH", "CNN_DATASET", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setattr(data, "DATA", folder)
    monkeypatch.setattr(data, "VALIDATION_IMAGES", 10)
    for name, part in (("TRAINING", (50, 1)), ("VALIDATION", (10, 2)), ("TEST", (20, 3))):
        monkeypatch.setattr(data, f"SHAPES10_{name}", part)
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 1.0)
    monkeypatch.setattr(download, "CRAWL_SECONDS", 0.3)
    monkeypatch.setattr(download, "CRAWL_BYTES_PER_SECOND", 500_000)
    offer(folder, fake, [server.address("missing")])
    return folder


def offer(folder, fake, addresses):
    (folder / "manifest.json").write_text(json.dumps({"cifar10": fake.manifest(addresses)}))


def assert_is_the_fake(dataset, fake):
    """Every image is there, with its label, in the right set."""
    assert dataset.name == "cifar10"
    assert np.array_equal(dataset.x_test, fake.images["test_batch.bin"])
    assert np.array_equal(dataset.y_test, fake.labels["test_batch.bin"])
    labels = {image.tobytes(): label for name in TRAINING for image, label in zip(fake.images[name], fake.labels[name])}
    x = np.concatenate([dataset.x_train, dataset.x_val])
    y = np.concatenate([dataset.y_train, dataset.y_val])
    assert len(labels) == len(x) == len(y) == 5 * RECORDS
    assert {image.tobytes(): label for image, label in zip(x, y)} == labels


def assert_nothing_passes_for_good(folder):
    assert not (folder / FOLDER).exists()
    assert not (folder / ARCHIVE).exists()


def whole_message(error):
    """The text, which must name a next step and be about as long as two sentences."""
    text = str(error.value)
    assert any(step in text for step in ("run this again", "Copy", "CIFAR10_PATH")), text
    return text


# Fetching


def test_fetches_checks_and_unpacks_once(room, fake, server, capfd):
    offer(room, fake, [server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert_is_the_fake(data.load("cifar10"), fake)
    assert server.requests == [("good", None)]
    assert {path.name for path in room.iterdir()} == {"manifest.json", FOLDER, "checked.json", "cifar10.lock"}
    out, err = capfd.readouterr()
    assert err == ""
    assert "CIFAR-10 from 127.0.0.1" in out  # the progress bar


def test_only_known_files_leave_the_archive(room, fake, server, tmp_path):
    offer(room, fake, [server.address("good")])
    data.load("cifar10")
    assert {path.name for path in (room / FOLDER).iterdir()} == set(fake.files)
    assert not list(tmp_path.rglob("*escaped*"))
    assert not Path("/tmp/escaped_from_archive.txt").exists()


@pytest.mark.parametrize(
    "behaviour", ["from_the_start", "without_length", "moved", "breaking", "crawling", "unhurried"]
)
def test_a_host_with_its_own_ways_is_enough(room, fake, server, behaviour):
    offer(room, fake, [server.address(behaviour)])
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
    "another_part": "another part",
    "silent": "sent nothing",
    "stalled": "sent nothing",
}


@pytest.mark.parametrize(("behaviour", "fault"), FAULTS.items())
def test_a_failing_host_is_named_and_the_next_one_tried(room, fake, server, behaviour, fault):
    address = server.address(behaviour)
    if behaviour == "another_part":
        (room / f"{ARCHIVE}.part").write_bytes(fake.archive[:5000])
    offer(room, fake, [address])
    with pytest.raises(data.DatasetError, match=fault) as error:
        data.load("cifar10")
    assert address in whole_message(error)
    assert_nothing_passes_for_good(room)

    offer(room, fake, [address, server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)


def test_no_network_names_every_address(room, fake):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}/archive.tar.gz"  # bound, but nobody listens
        unknown = "http://no-such-host.invalid/archive.tar.gz"
        offer(room, fake, [closed, unknown])
        with pytest.raises(data.DatasetError, match="could not be fetched") as error:
            data.load("cifar10")
    assert closed in whole_message(error)
    assert unknown in whole_message(error)
    assert_nothing_passes_for_good(room)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_certificate_that_nobody_vouches_for_is_refused(room, fake, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server(fake.archive, context) as server:
        offer(room, fake, [server.address("good")])
        with pytest.raises(data.DatasetError, match="certificate"):
            data.load("cifar10")
    assert server.requests == []


@pytest.mark.parametrize("behaviour", ["crawling", "trickling"])
def test_a_crawling_host_is_left_for_another(room, fake, server, behaviour):
    offer(room, fake, [server.address(behaviour), server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    (first, _), (second, wanted) = server.requests
    assert (first, second) == (behaviour, "good")
    begin = int(wanted.removeprefix("bytes=").removesuffix("-"))  # what the first one sent is not fetched again
    assert 0 < begin < len(fake.archive)
    if behaviour == "trickling":
        assert begin < download.PIECE  # nobody waited until a whole piece was together


def test_a_crawling_host_is_better_than_none(room, fake, server):
    offer(room, fake, [server.address("crawling"), server.address("missing")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert [behaviour for behaviour, _ in server.requests] == ["crawling", "missing", "crawling"]


def test_goes_on_where_an_earlier_download_broke_off(room, fake, server):
    (room / f"{ARCHIVE}.part").write_bytes(fake.archive[:5000])
    offer(room, fake, [server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert server.requests == [("good", "bytes=5000-")]


@pytest.mark.parametrize("length", [5000, None, 10**7], ids=["part", "whole", "too much"])
def test_a_spoiled_beginning_is_thrown_away(room, fake, server, length):
    (room / f"{ARCHIVE}.part").write_bytes(bytes(len(fake.archive) if length is None else length))
    offer(room, fake, [server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert server.requests[-1] == ("good", None)


# The disk


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk(room, fake, server):
    part = room / f"{ARCHIVE}.part"
    part.symlink_to("/dev/full")
    offer(room, fake, [server.address("good")])
    with pytest.raises(data.DatasetError, match="is full") as error:
        data.load("cifar10")
    assert str(room) in whole_message(error)
    assert not part.is_symlink()
    assert_nothing_passes_for_good(room)


def test_too_little_room_is_said_before_fetching(room, fake, server, monkeypatch):
    usage = shutil.disk_usage(room)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=len(fake.archive)))
    offer(room, fake, [server.address("good")])
    with pytest.raises(data.DatasetError, match=r"is full: CIFAR-10 needs .* MB"):
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
def shelf(room, monkeypatch, fake):
    """A data folder that others than its owner can reach, which pytest's own are not."""
    if not hasattr(os, "geteuid"):
        pytest.skip("needs the rights of a Unix file system")
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        folder = Path(name).resolve() / "data"
        shutil.copytree(room, folder)
        monkeypatch.setattr(data, "DATA", folder)
        yield folder


def test_a_read_only_folder_says_so(shelf, fake, server):
    offer(shelf, fake, [server.address("good")])
    with read_only(shelf), pytest.raises(data.DatasetError, match="could not be written into") as error:
        data.load("cifar10")
    assert str(shelf) in whole_message(error)
    assert server.requests == []


def test_a_read_only_folder_with_the_files_in_it_works(shelf, fake):
    fake.write_folder(shelf)
    with read_only(shelf):
        assert_is_the_fake(data.load("cifar10"), fake)
    assert not (shelf / "checked.json").exists()


def test_a_file_that_may_not_be_read(shelf, fake):
    path = fake.write_folder(shelf) / "data_batch_2.bin"
    path.chmod(0)
    with read_only(shelf), pytest.raises(data.DatasetError, match="cannot be read") as error:
        data.load("cifar10")
    assert str(path) in whole_message(error)


# Local copies


@pytest.mark.parametrize("kind", ["folder", "parent", "archive", "parent of archive", "home"])
@pytest.mark.parametrize("where", ["data", "named"])
def test_a_local_copy_needs_no_network(room, fake, server, tmp_path, monkeypatch, kind, where):
    place = room if where == "data" else tmp_path / "lent"
    if "archive" in kind:
        place.mkdir(exist_ok=True)
        (place / ARCHIVE).write_bytes(fake.archive)
    else:
        fake.write_folder(place)
    if where == "named":
        named = {"folder": place / FOLDER, "archive": place / ARCHIVE, "home": Path("~", "lent")}
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        monkeypatch.setenv("CIFAR10_PATH", str(named.get(kind, place)))
    assert_is_the_fake(data.load("cifar10"), fake)
    assert_is_the_fake(data.load("cifar10"), fake)
    assert server.requests == []
    assert (place / ARCHIVE).exists() == ("archive" in kind)  # a user's archive stays


@pytest.mark.parametrize("kind", ["nowhere", "empty folder", "python version"])
def test_a_path_without_the_files(room, fake, server, tmp_path, monkeypatch, kind):
    place = tmp_path / "lent"
    if kind != "nowhere":
        place.mkdir()
    if kind == "python version":
        (place / "cifar-10-batches-py").mkdir()
    monkeypatch.setenv("CIFAR10_PATH", str(place))
    offer(room, fake, [server.address("good")])
    with pytest.raises(data.DatasetError, match="CIFAR10_PATH") as error:
        data.load("cifar10")
    assert str(place) in whole_message(error)
    assert server.requests == []


@pytest.mark.parametrize("content", ["truncated", "html", "python version", "other bytes", "empty"])
@pytest.mark.parametrize("where", ["data", "named"])
def test_a_damaged_archive_is_not_unpacked(room, fake, tmp_path, monkeypatch, content, where):
    archive = (room if where == "data" else tmp_path) / ARCHIVE
    contents = {
        "truncated": fake.archive[:-1],
        "html": b"<html>404</html>",
        "python version": fake.archive[::-1] * 2,
        "other bytes": bytes(len(fake.archive)),
        "empty": b"",
    }
    archive.write_bytes(contents[content])
    if where == "named":
        monkeypatch.setenv("CIFAR10_PATH", str(archive))
    with pytest.raises(data.DatasetError, match="is damaged, or another version") as error:
        data.load("cifar10")
    assert str(archive) in whole_message(error)
    assert not (room / FOLDER).exists()


@pytest.mark.parametrize("checked", [False, True], ids=["never loaded", "loaded before"])
@pytest.mark.parametrize("damage", ["one byte", "shorter", "gone"])
@pytest.mark.parametrize("where", ["data", "named"])
def test_a_damaged_or_missing_file_is_named(room, fake, tmp_path, monkeypatch, where, damage, checked):
    folder = fake.write_folder(room if where == "data" else tmp_path / "lent")
    if where == "named":
        monkeypatch.setenv("CIFAR10_PATH", str(folder))
    if checked:
        data.load("cifar10")
    path = folder / "data_batch_3.bin"
    content = bytearray(path.read_bytes())
    content[4000] ^= 1
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content if damage == "one byte" else content[:-3073])
        os.utime(path, ns=(1, 1))
    with pytest.raises(data.DatasetError, match="missing" if damage == "gone" else "damaged") as error:
        data.load("cifar10")
    assert str(path) in whole_message(error)
    assert ("Delete the folder" if where == "data" else "unset CIFAR10_PATH") in str(error.value)


def test_files_are_checked_once_and_remembered(room, fake, monkeypatch):
    fake.write_folder(room)
    data.load("cifar10")
    with monkeypatch.context() as patch:
        patch.setattr(download, "sha256", lambda path: pytest.fail(f"{path} was checked again"))
        assert_is_the_fake(data.load("cifar10"), fake)
    (room / "checked.json").write_text("{ half a no")
    assert_is_the_fake(data.load("cifar10"), fake)


def test_what_was_remembered_counts_for_one_manifest_only(room, fake):
    fake.write_folder(room)
    data.load("cifar10")
    manifest = json.loads((room / "manifest.json").read_text())
    manifest["cifar10"]["test"]["test_batch.bin"]["sha256"] = "0" * 64
    (room / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(data.DatasetError, match=r"test_batch\.bin is damaged"):
        data.load("cifar10")


def test_an_unpacking_that_was_killed_is_begun_again(room, fake):
    (room / ARCHIVE).write_bytes(fake.archive)
    unfinished = room / f"{FOLDER}.part"
    unfinished.mkdir()
    (unfinished / "data_batch_1.bin").write_bytes(b"half")
    assert_is_the_fake(data.load("cifar10"), fake)
    assert not unfinished.exists()


# Two notebooks

NOTEBOOK = """
import sys
from pathlib import Path
from helpers import data
from helpers.data import download
data.DATA = Path(sys.argv[1])
data.VALIDATION_IMAGES = 10
download.TIMEOUT_SECONDS = 30
print("ready", flush=True)
sys.stdin.readline()
print(data.load("cifar10").x_test.sum())
"""


def notebook(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", NOTEBOOK, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_notebooks_fetch_once_and_both_get_the_images(room, fake, server):
    offer(room, fake, [server.address("unhurried")])
    both = [notebook(room), notebook(room)]
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=60) for process in both]
    total = str(fake.images["test_batch.bin"].sum())
    assert [out.split()[-1] for out, _ in outputs] == [total, total]
    assert [err for _, err in outputs] == ["", ""]
    assert len(server.requests) == 1


def test_a_notebook_that_waits_says_so_and_takes_what_another_fetched(room, fake, server):
    offer(room, fake, [server.address("good")])
    with download._one_at_a_time(room / "cifar10.lock"):
        process = notebook(room)
        process.stdin.write("go\n")
        process.stdin.flush()
        assert process.stdout.readline() == "Another notebook is fetching CIFAR-10: waiting for it.\n"
        fake.write_folder(room)
    out, err = process.communicate(timeout=60)
    assert (out.strip(), err) == (str(fake.images["test_batch.bin"].sum()), "")
    assert server.requests == []


def test_a_killed_notebook_blocks_nobody_and_its_download_goes_on(room, fake, server):
    offer(room, fake, [server.address("stalled")])
    process = notebook(room)
    process.stdin.write("go\n")
    process.stdin.flush()
    part = room / f"{ARCHIVE}.part"
    for _ in range(600):
        # Python's file buffer keeps the last few kilobytes back.
        if part.exists() and part.stat().st_size > len(fake.archive) // 4:
            break
        time.sleep(0.05)
    process.kill()
    process.communicate()
    begun = part.stat().st_size
    offer(room, fake, [server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert server.requests[-1] == ("good", f"bytes={begun}-")


# Which dataset


def test_auto_without_cifar10_says_so_once_and_goes_on_with_shapes10(room, server, capfd):
    dataset = data.load()
    assert dataset.name == "shapes10"
    out, err = capfd.readouterr()
    assert err == ""
    assert server.address("missing") in out
    assert out.count("CIFAR-10 could not be fetched") == 1
    assert "CIFAR10_PATH" in out
    assert "Shapes-10" in out


def test_auto_takes_cifar10_where_it_is(room, fake, capfd):
    fake.write_folder(room)
    assert_is_the_fake(data.load(), fake)
    assert capfd.readouterr() == ("", "")


def test_a_dataset_that_was_asked_for_is_never_replaced(room, monkeypatch):
    monkeypatch.setenv("CNN_DATASET", "cifar10")
    with pytest.raises(data.DatasetError):
        data.load("auto")
    monkeypatch.setenv("CNN_DATASET", "shapes10")
    with pytest.raises(data.DatasetError):
        data.load("cifar10")


def test_the_switch_chooses_shapes10_without_a_word(room, fake, server, monkeypatch, capfd):
    fake.write_folder(room)
    monkeypatch.setenv("CNN_DATASET", "shapes10")
    assert data.load("auto").name == "shapes10"
    assert data.load("cifar10").name == "cifar10"
    assert capfd.readouterr() == ("", "")
    assert server.requests == []


def test_unknown_names_are_answered_with_the_known_ones(room, monkeypatch):
    with pytest.raises(ValueError, match=r"'mnist'.*'cifar10', 'shapes10' or 'auto'"):
        data.load("mnist")
    monkeypatch.setenv("CNN_DATASET", "CIFAR-10")
    with pytest.raises(ValueError, match=r"CNN_DATASET is 'CIFAR-10'.*'cifar10' or 'shapes10'"):
        data.load("auto")


# What is in a dataset


def read_batch(path):
    records = data._records([path])
    return data._images(records, np.arange(len(records))), data._labels(records)


def test_reads_the_binary_format(fake, tmp_path):
    path = tmp_path / "batch.bin"
    path.write_bytes(fake.files["data_batch_4.bin"])
    images, labels = read_batch(path)
    assert images.dtype == np.uint8
    assert labels.dtype == np.int64
    assert np.array_equal(images, fake.images["data_batch_4.bin"])
    assert np.array_equal(labels, fake.labels["data_batch_4.bin"])
    path.write_bytes(fake.files["data_batch_4.bin"][:-1])
    with pytest.raises(ValueError, match=r"batch\.bin has 30,729 bytes"):
        read_batch(path)


def test_more_images_than_are_turned_round_at_a_time(tmp_path):
    records = np.random.default_rng(3).integers(0, 256, (1234, 3073), np.uint8)
    path = tmp_path / "batch.bin"
    records.tofile(path)
    images, labels = read_batch(path)
    assert np.array_equal(
        images, np.stack([records[:, 1 + 1024 * c : 1025 + 1024 * c] for c in range(3)], -1).reshape(-1, 32, 32, 3)
    )
    assert np.array_equal(labels, records[:, 0])


def test_all_training_images_in_their_original_order(room, fake):
    fake.write_folder(room)
    dataset = data.load("cifar10", validation=False)
    assert np.array_equal(dataset.x_train, np.concatenate([fake.images[name] for name in TRAINING]))
    assert np.array_equal(dataset.y_train, np.concatenate([fake.labels[name] for name in TRAINING]))
    assert dataset.x_val.shape == (0, 32, 32, 3)
    assert dataset.y_val.shape == (0,)
    assert_is_the_fake(dataset, fake)


@pytest.mark.parametrize("seed", range(5))
def test_the_split_takes_the_same_share_of_every_class(seed):
    generator = np.random.default_rng(seed)
    classes = int(generator.integers(2, 12))
    labels = generator.permutation(np.repeat(np.arange(classes), generator.integers(20, 50, classes)))
    kept, held_out = data.stratified_split(labels, 7 * classes, seed)
    assert np.bincount(labels[held_out]).tolist() == [7] * classes
    assert sorted([*kept, *held_out]) == list(range(len(labels)))
    assert (np.diff(kept) > 0).all()
    assert (np.diff(held_out) > 0).all()
    again = data.stratified_split(labels, 7 * classes, seed)[1]
    assert np.array_equal(held_out, again)
    assert not np.array_equal(held_out, data.stratified_split(labels, 7 * classes, seed + 1)[1])
    with pytest.raises(ValueError, match="do not divide evenly"):
        data.stratified_split(labels, 7 * classes + 1)


def test_the_split_that_stored_weights_were_trained_with():
    """If this fails, the validation images have changed, and stored figures no longer belong to them."""
    held_out = data.stratified_split(np.arange(50_000) * 7 % 10, 5_000)[1]
    assert (
        hashlib.sha256(held_out.astype("<i8").tobytes()).hexdigest()
        == "9fddc4878d33ec0a4daf75791c2718291332caf490e8ae08525f1d3ffda4ec10"
    )


def test_shapes10(monkeypatch):
    dataset = data.load("shapes10")
    assert dataset.class_names == shapes10.CLASS_NAMES
    for part, size in (("train", 5_000), ("val", 500), ("test", 1_000)):
        x, y, masks = (getattr(dataset, f"{column}_{part}") for column in ("x", "y", "masks"))
        assert x.shape == (size, 32, 32, 3)
        assert x.dtype == np.uint8
        assert np.bincount(y).tolist() == [size // 10] * 10
        assert y.dtype == np.int64
        assert masks.shape == (size, 32, 32)
        assert masks.dtype == bool
    seen = {image.tobytes() for x in (dataset.x_train, dataset.x_val, dataset.x_test) for image in x}
    assert len(seen) == 6_500


def test_shapes10_without_validation(room):
    split, whole = data.load("shapes10"), data.load("shapes10", validation=False)
    for column in ("x", "y", "masks"):
        both = [getattr(split, f"{column}_train"), getattr(split, f"{column}_val")]
        assert np.array_equal(getattr(whole, f"{column}_train"), np.concatenate(both))
        assert len(getattr(whole, f"{column}_val")) == 0
        assert np.array_equal(getattr(whole, f"{column}_test"), getattr(split, f"{column}_test"))
    assert whole.x_val.shape == (0, 32, 32, 3)


# CIFAR-10 itself


def test_the_manifest_is_complete():
    source = json.loads((ROOT / "data" / "manifest.json").read_text())["cifar10"]
    assert len(source["addresses"]) > 1
    assert all(address.startswith("https://") and address.endswith(ARCHIVE) for address in source["addresses"])
    assert list(source["training"]) == TRAINING
    assert list(source["test"]) == ["test_batch.bin"]
    for published in [source, *source["training"].values(), *source["test"].values()]:
        assert len(bytes.fromhex(published["sha256"])) == 32
    assert {record["bytes"] for record in [*source["training"].values(), *source["test"].values()]} == {10_000 * 3_073}


@pytest.mark.skipif(
    not (data.DATA / FOLDER).is_dir() and "CIFAR10_PATH" not in os.environ, reason="CIFAR-10 is not on this machine"
)
def test_cifar10_itself():
    whole = data.load("cifar10", validation=False)
    assert whole.x_train.shape == (50_000, 32, 32, 3)
    assert whole.x_test.shape == (10_000, 32, 32, 3)
    assert np.bincount(whole.y_train).tolist() == [5_000] * 10
    assert np.bincount(whole.y_test).tolist() == [1_000] * 10
    assert whole.class_names[whole.y_train[444]] == "truck"
    assert whole.masks_train is None
    # The published means of the channels, of 0..1.
    assert whole.x_train.mean((0, 1, 2)) / 255 == pytest.approx([0.49140, 0.48216, 0.44653], abs=1e-5)

    split = data.load("cifar10")
    kept, held_out = data.stratified_split(whole.y_train, 5_000)
    assert len(split.x_train) == 45_000
    assert np.array_equal(split.x_val, whole.x_train[held_out])
    assert np.array_equal(split.x_train[::1000], whole.x_train[kept[::1000]])
    assert np.array_equal(split.y_train, whole.y_train[kept])


# Photos of one's own.

LEFT, RIGHT = (200, 30, 30), (30, 30, 200)


def two_halves(rows=20, columns=40):
    """Red on the left, blue on the right."""
    image = np.empty((rows, columns, 3), np.uint8)
    image[:, : columns // 2], image[:, columns // 2 :] = LEFT, RIGHT
    return image


def test_photo_gives_the_pixels_of_the_file(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (7, 13, 3), np.uint8)
    Image.fromarray(image).save(tmp_path / "photo.png")
    got = data.photo(tmp_path / "photo.png")
    assert got.dtype == np.uint8
    assert np.array_equal(got, image)
    assert np.array_equal(data.photo(str(tmp_path / "photo.png")), image)


# What a camera notes when it is turned, and where the left half of the stored image belongs then.
@pytest.mark.parametrize(("orientation", "side"), [(1, "left"), (3, "right"), (6, "top"), (8, "bottom")])
def test_photo_is_turned_as_the_camera_noted(tmp_path, orientation, side):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(two_halves()).save(tmp_path / "photo.jpg", exif=exif, quality=95)
    got = data.photo(tmp_path / "photo.jpg").astype(int)
    assert got.shape == ((20, 40, 3) if side in ("left", "right") else (40, 20, 3))
    edge = {"left": got[:, :8], "right": got[:, -8:], "top": got[:8], "bottom": got[-8:]}[side]
    assert np.abs(edge - LEFT).max() < 40


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, bool])
def test_photo_makes_three_equal_colours_of_grey(tmp_path, kind):
    grey = np.array([[0, 1], [0, 1]], kind) if kind is bool else np.array([[0, 128], [200, 255]], kind)
    eight_bits = grey * np.uint8(255) if kind is bool else grey.astype(np.uint8)
    stored = grey * kind(257) if kind is np.uint16 else grey
    Image.fromarray(stored).save(tmp_path / "grey.png")
    got = data.photo(tmp_path / "grey.png")
    assert got.shape == (2, 2, 3)
    assert np.array_equal(got, np.repeat(eight_bits[..., None], 3, axis=2))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_photo_puts_transparent_images_on_white(tmp_path, mode):
    pixels = np.array([[[0, 0, 0, 0], [0, 0, 0, 255]]], np.uint8)
    Image.fromarray(pixels).convert(mode).save(tmp_path / "logo.png")
    assert data.photo(tmp_path / "logo.png")[0].tolist() == [[255] * 3, [0] * 3]


def test_photo_of_a_printer_and_a_moving_image(tmp_path):
    Image.new("CMYK", (5, 4), (0, 255, 255, 0)).save(tmp_path / "print.jpg")
    red = data.photo(tmp_path / "print.jpg")
    assert red.shape == (4, 5, 3)
    assert red[0, 0, 0] > 180 > 80 > red[0, 0, 1]
    frames = [Image.new("RGB", (5, 4), colour) for colour in ("lime", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    assert data.photo(tmp_path / "moving.gif")[0, 0].tolist() == [0, 255, 0]


@pytest.mark.parametrize(("rows", "columns"), [(20, 40), (40, 20), (3, 3), (1, 500)])
def test_photo_with_a_side_is_the_middle_square(tmp_path, rows, columns):
    Image.fromarray(two_halves(rows, columns)).save(tmp_path / "photo.png")
    got = data.photo(tmp_path / "photo.png", side=30)
    assert got.shape == (30, 30, 3)
    if min(rows, columns) > 3:
        # The border between the halves stays in the middle: nothing is squeezed or cut on one side only.
        assert np.abs(got[15, 5].astype(int) - LEFT).max() < 10
        assert np.abs(got[15, 24].astype(int) - RIGHT).max() < 10


def no_image(folder):
    (folder / "notes.jpg").write_text("Dear diary")
    return folder / "notes.jpg"


def half_an_image(folder):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(folder / "half.png")
    content = (folder / "half.png").read_bytes()
    (folder / "half.png").write_bytes(content[: len(content) // 2])
    return folder / "half.png"


def empty_file(folder):
    (folder / "empty.png").touch()
    return folder / "empty.png"


def bomb(folder):
    # 60,000 × 60,000 pixels in a few bytes: what the header says must be refused before memory is asked for.
    def chunk(name, content):
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    (folder / "bomb.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    )
    return folder / "bomb.png"


@pytest.mark.parametrize("make", [no_image, half_an_image, empty_file, bomb])
def test_photo_says_in_a_sentence_that_a_file_is_no_image(tmp_path, make):
    path = make(tmp_path)
    with pytest.raises(ValueError, match=rf"{path.name} cannot be read as an image \(.*JPEG or PNG"):
        data.photo(path)


def test_photo_names_a_path_where_nothing_lies(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"dog\.jpg does not exist"):
        data.photo(tmp_path / "dog.jpg")
    with pytest.raises(FileNotFoundError, match="is a folder"):
        data.photo(tmp_path)
    Image.fromarray(two_halves()).save(tmp_path / "photo.png")
    with pytest.raises(ValueError, match="side is 0"):
        data.photo(tmp_path / "photo.png", side=0)
