"""Files are replaced whole, by one process or by two, and never when somebody changed them in the meantime."""

import os
import stat
import subprocess
import sys
import time

import pytest

from helpers.places import ROOT
from tools.lessons import files


def test_what_is_right_is_not_written_again_whatever_its_line_ends(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    assert files.write(path, "one\ntwo\n")
    assert path.read_bytes() == b"one\ntwo\n"
    path.write_bytes(b"one\r\ntwo\r\n")
    assert not files.write(path, "one\ntwo\n")
    assert path.read_bytes() == b"one\r\ntwo\r\n"
    assert not files.renew(path, path.read_bytes(), "one\ntwo\n")
    path.write_bytes(b"")
    assert files.write(path, "x")
    assert [each.name for each in path.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("there", [None, b"", b"of somebody", b"\xff\xfe"])
def test_a_file_that_changed_meanwhile_is_kept(tmp_path, there):
    path = tmp_path / "a.txt"
    if there is not None:
        path.write_bytes(there)
    for before in {None, b"", b"of somebody", b"\xff\xfe", b"other"} - {there}:
        assert not files.swap(path, before, "new")
        assert files.content(path) == there
        with pytest.raises(SystemExit, match=r"a\.txt was saved by somebody at this moment, and stays"):
            files.renew(path, before, "new")
    assert files.renew(path, there, "new")
    assert path.read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("there", [None, b"mine"])
def test_a_disk_without_links_overwrites_nothing_either(tmp_path, monkeypatch, there):
    def none(*_):
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", none)
    path = tmp_path / "a.txt"
    if there:
        path.write_bytes(there)
    assert files.swap(path, None, "new") == (there is None)
    assert path.read_bytes() == (there or b"new")


@pytest.mark.skipif(os.name == "nt", reason="links and modes of Unix")
def test_links_stay_links_and_modes_stay(tmp_path):
    path, link = tmp_path / "a.txt", tmp_path / "link.txt"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    assert files.write(link, "new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_a_killed_process_left_is_removed_after_an_hour(tmp_path):
    old, fresh, other = (tmp_path / name for name in (".a.txt.1f.part", ".a.txt.2f.part", ".b.txt.1f.part"))
    for each in (old, fresh, other):
        each.touch()
    for each in (old, other):
        os.utime(each, (time.time() - 2 * files.HOUR,) * 2)
    files.write(tmp_path / "a.txt", "new")
    assert not old.exists()
    assert fresh.exists(), "another process may be at it"
    assert other.exists()


def test_two_processes_write_the_same_file(tmp_path):
    program = (
        "import pathlib, sys; from tools.lessons import files\n"
        "for count in range(150): files.write(pathlib.Path(sys.argv[1]), f'{count} ' + sys.argv[2] * 100_000)"
    )
    path = tmp_path / "a.txt"
    calls = [
        subprocess.Popen([sys.executable, "-c", program, str(path), letter], cwd=ROOT, stderr=subprocess.PIPE)
        for letter in "ab"
    ]
    while any(each.poll() is None for each in calls):
        if path.is_file():
            letters = path.read_text().partition(" ")[2]
            assert letters in ("a" * 100_000, "b" * 100_000)
    assert [(each.returncode, each.stderr.read()) for each in calls] == [(0, b"")] * 2
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def notebook():
    return {"cells": [{"cell_type": "code", "source": ["a = 1\n", "b"], "metadata": {}}], "metadata": {}}


def test_a_signed_notebook_is_known_until_anything_is_changed():
    made = notebook()
    assert not files.untouched(files.text(made).encode())
    files.sign(made)
    assert files.untouched(files.text(made).encode())
    assert files.untouched(files.text(made).replace("\n", "\r\n").encode())
    made["cells"][0]["source"] = "a = 1\nb"
    assert files.untouched(files.text(made).encode()), "one string or lines: the same text"
    for change in ("source", "metadata", "outputs"):
        other = notebook()
        other["metadata"] = made["metadata"]
        other["cells"][0][change] = {"source": "a = 2\nb", "metadata": {"tags": []}, "outputs": [1]}[change]
        assert not files.untouched(files.text(other).encode()), change
    made["metadata"]["kernelspec"] = {}
    assert not files.untouched(files.text(made).encode())


@pytest.mark.parametrize("held", [None, b"", b"{", b"[]", b"null", b'{"cells": [], "metadata": 3}', b"[" * 100_000])
def test_what_is_no_notebook_is_none(held):
    assert files.notebook(held) is None
    assert not files.untouched(held)
