"""What lies on this machine already, and two notebooks that want it at the same time."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_cifar10 import ARCHIVE, FOLDER, assert_is_the_fake, offer, whole_message

from helpers import data, places
from helpers.data import download


@pytest.mark.parametrize("kind", ["folder", "parent", "archive", "parent of archive", "home"])
@pytest.mark.parametrize("where", ["data", "named"])
def test_a_local_copy_needs_no_network(data_folder, fake, server, tmp_path, monkeypatch, kind, where):
    path = data_folder if where == "data" else tmp_path / "lent"
    if "archive" in kind:
        path.mkdir(exist_ok=True)
        (path / ARCHIVE).write_bytes(fake.archive)
    else:
        fake.write_folder(path)
    if where == "named":
        named = {"folder": path / FOLDER, "archive": path / ARCHIVE, "home": Path("~", "lent")}
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        monkeypatch.setenv("CIFAR10_PATH", str(named.get(kind, path)))
    assert_is_the_fake(data.load("cifar10"), fake)
    assert_is_the_fake(data.load("cifar10"), fake)
    assert server.requests == []
    assert (path / ARCHIVE).exists() == ("archive" in kind)  # a user's archive stays


@pytest.mark.parametrize("kind", ["nowhere", "empty folder", "python version"])
def test_a_path_without_the_files(data_folder, fake, server, tmp_path, monkeypatch, kind):
    path = tmp_path / "lent"
    if kind != "nowhere":
        path.mkdir()
    if kind == "python version":
        (path / "cifar-10-batches-py").mkdir()
    monkeypatch.setenv("CIFAR10_PATH", str(path))
    offer(data_folder, fake, [server.address("good")])
    with pytest.raises(data.DatasetError, match="CIFAR10_PATH") as error:
        data.load("cifar10")
    assert str(path) in whole_message(error)
    assert server.requests == []


@pytest.mark.parametrize("content", ["truncated", "html", "python version", "other bytes", "empty"])
@pytest.mark.parametrize("where", ["data", "named"])
def test_a_damaged_archive_is_not_unpacked(data_folder, fake, tmp_path, monkeypatch, content, where):
    archive = (data_folder if where == "data" else tmp_path) / ARCHIVE
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
    assert not (data_folder / FOLDER).exists()


@pytest.mark.parametrize("checked", [False, True], ids=["never loaded", "loaded before"])
@pytest.mark.parametrize("damage", ["one byte", "shorter", "gone"])
@pytest.mark.parametrize("where", ["data", "named"])
def test_a_damaged_or_missing_file_is_named(data_folder, fake, tmp_path, monkeypatch, where, damage, checked):
    folder = fake.write_folder(data_folder if where == "data" else tmp_path / "lent")
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
    with pytest.raises(data.DatasetError, match="cannot be read" if damage == "gone" else "is damaged") as error:
        data.load("cifar10")
    assert str(path) in whole_message(error)
    assert ("Delete the folder" if where == "data" else "unset CIFAR10_PATH") in str(error.value)


def test_files_are_checked_once_and_remembered(data_folder, fake, monkeypatch):
    fake.write_folder(data_folder)
    data.load("cifar10")
    with monkeypatch.context() as patch:
        patch.setattr(download, "sha256", lambda path: pytest.fail(f"{path} was checked again"))
        assert_is_the_fake(data.load("cifar10"), fake)
    (data_folder / "checked.json").write_text("{ half a no")
    assert_is_the_fake(data.load("cifar10"), fake)


def test_what_was_remembered_counts_for_one_manifest_only(data_folder, fake):
    fake.write_folder(data_folder)
    data.load("cifar10")
    manifest = json.loads((data_folder / "manifest.json").read_text())
    manifest["cifar10"]["test"]["test_batch.bin"]["sha256"] = "0" * 64
    (data_folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(data.DatasetError, match=r"test_batch\.bin is damaged"):
        data.load("cifar10")


def test_an_unpacking_that_was_killed_is_begun_again(data_folder, fake):
    (data_folder / ARCHIVE).write_bytes(fake.archive)
    unfinished = data_folder / f"{FOLDER}.part"
    unfinished.mkdir()
    (unfinished / "data_batch_1.bin").write_bytes(b"half")
    assert_is_the_fake(data.load("cifar10"), fake)
    assert not unfinished.exists()


# Two notebooks

NOTEBOOK = """
import sys
from pathlib import Path
from helpers import data, places
from helpers.data import cifar10, download
places.DATA = Path(sys.argv[1])
places.MANIFEST = places.DATA / "manifest.json"
cifar10.VALIDATION_IMAGES = 10
print("ready", flush=True)
sys.stdin.readline()
print(data.load("cifar10").x_test.sum())
"""


def notebook(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", NOTEBOOK, str(folder)],
        cwd=places.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_notebooks_fetch_once_and_both_get_the_images(data_folder, fake, server):
    offer(data_folder, fake, [server.address("unhurried")])
    both = [notebook(data_folder), notebook(data_folder)]
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=60) for process in both]
    total = str(fake.images["test_batch.bin"].sum())
    assert [out.split()[-1] for out, _ in outputs] == [total, total]
    assert [err for _, err in outputs] == ["", ""]
    assert len(server.requests) == 1


def test_a_notebook_that_waits_says_so_and_takes_what_another_fetched(data_folder, fake, server):
    offer(data_folder, fake, [server.address("good")])
    with download.one_at_a_time(data_folder / "cifar10.lock", "CIFAR-10"):
        process = notebook(data_folder)
        process.stdin.write("go\n")
        process.stdin.flush()
        assert process.stdout.readline() == "Another notebook is fetching CIFAR-10: waiting for it.\n"
        fake.write_folder(data_folder)
    out, err = process.communicate(timeout=60)
    assert (out.strip(), err) == (str(fake.images["test_batch.bin"].sum()), "")
    assert server.requests == []


def test_a_killed_notebook_blocks_nobody_and_its_download_goes_on(data_folder, fake, server):
    offer(data_folder, fake, [server.address("stalled")])
    process = notebook(data_folder)
    process.stdin.write("go\n")
    process.stdin.flush()
    part = data_folder / f"{ARCHIVE}.part"
    for _ in range(600):
        # Python's file buffer keeps the last few kilobytes back.
        if part.exists() and part.stat().st_size > len(fake.archive) // 4:
            break
        time.sleep(0.05)
    process.kill()
    process.communicate()
    begun = part.stat().st_size
    offer(data_folder, fake, [server.address("good")])
    assert_is_the_fake(data.load("cifar10"), fake)
    assert server.requests[-1] == ("good", f"bytes={begun}-")


def test_a_machine_says_what_it_has_without_fetching_or_checking(data_folder, fake, server, tmp_path, monkeypatch):
    source = download.entry("cifar10")
    assert download.here(source) is None
    assert download.entry("shapes10") == {}  # drawn
    monkeypatch.setattr(download, "sha256", None)
    folder = fake.write_folder(tmp_path / "lent")
    monkeypatch.setenv("CIFAR10_PATH", str(tmp_path / "lent"))
    assert download.here(source) == folder.resolve()
    assert server.requests == []
