"""Archives of every kind: the right files or a sentence, and nothing lost or left."""

import bz2
import copy
import gzip
import io
import os
import tarfile
import zipfile

import numpy as np
import pytest
from fake_cifar10 import ARCHIVE, FOLDER, LEFT, assert_is_the_fake, load_or_sentence, mutated, offer

from helpers import data


def put(folder, fake, archive):
    """An archive of the user's whose SHA-256 fits the manifest."""
    other = copy.copy(fake)
    other.archive = archive
    offer(folder, other, ["http://127.0.0.1:1/archive.tar.gz"])
    (folder / ARCHIVE).write_bytes(archive)


def pack(members):
    """A tar.gz of (name, content or a TarInfo that says what it is)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members:
            if isinstance(content, bytes):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
            else:
                content.name = name
                archive.addfile(content)
    return buffer.getvalue()


def special(kind, target=""):
    member = tarfile.TarInfo()
    member.type, member.linkname = kind, target
    return member


def good_members(fake):
    return [(f"{FOLDER}/{name}", content) for name, content in fake.files.items()]


def zipped(fake):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in good_members(fake):
            archive.writestr(name, content)
    return buffer.getvalue()


def without(fake, *dropped):
    return [(name, content) for name, content in good_members(fake) if not name.endswith(dropped)]


FIRST, LAST = f"{FOLDER}/data_batch_1.bin", f"{FOLDER}/test_batch.bin"
NO_ARCHIVES = {
    "one byte": lambda fake: b"\x1f",
    "page": lambda fake: b"<html>404</html>",
    "zeros": lambda fake: bytes(10_000),
    "zip": zipped,
    "bzip2": lambda fake: bz2.compress(gzip.decompress(fake.archive)),
    "tar alone": lambda fake: gzip.decompress(fake.archive),
    "gzip alone": lambda fake: gzip.compress(b"no tar" * 5_000),
    "gzip of nothing": lambda fake: gzip.compress(b""),
    "gzip of gzip": lambda fake: gzip.compress(fake.archive),
    "truncated": lambda fake: fake.archive[: len(fake.archive) // 2],
    "head of gzip": lambda fake: fake.archive[:10],
    "empty tar": lambda fake: pack([]),
    "a file missing": lambda fake: pack(without(fake, "data_batch_3.bin")),
    "a file shorter": lambda fake: pack([*without(fake, "test_batch.bin"), (LAST, b"short")]),
    "a file longer": lambda fake: pack([*without(fake, "test_batch.bin"), (LAST, bytes(50_000))]),
    "a file of zeros": lambda fake: pack([*without(fake, "test_batch.bin"), (LAST, bytes(30_730))]),
    "twice, the last one of zeros": lambda fake: pack([*good_members(fake), (LAST, bytes(30_730))]),
    "symbolic link": lambda fake: pack([*without(fake, LAST), (LAST, special(tarfile.SYMTYPE, "data_batch_1.bin"))]),
    "symbolic link outside": lambda fake: pack([*without(fake, LAST), (LAST, special(tarfile.SYMTYPE, "/etc/passwd"))]),
    "hard link": lambda fake: pack([*without(fake, LAST), (LAST, special(tarfile.LNKTYPE, FIRST))]),
    "hard link outside": lambda fake: pack([*without(fake, LAST), (LAST, special(tarfile.LNKTYPE, "/etc/passwd"))]),
    "device": lambda fake: pack([*without(fake, LAST), (LAST, special(tarfile.CHRTYPE))]),
    "pipe": lambda fake: pack([*without(fake, LAST), (LAST, special(tarfile.FIFOTYPE))]),
    "folder": lambda fake: pack([*without(fake, LAST), (LAST, special(tarfile.DIRTYPE))]),
    "sparse": lambda fake: pack([*without(fake, LAST), (LAST, special(tarfile.GNUTYPE_SPARSE))]),
    "absolute paths": lambda fake: pack([(f"/{name}", content) for name, content in good_members(fake)]),
    "another folder": lambda fake: pack([(name.split("/")[1], content) for name, content in good_members(fake)]),
}
STRANGERS = {
    "symbolic links": [("a", special(tarfile.SYMTYPE, "/etc/passwd")), (FOLDER, special(tarfile.SYMTYPE, "/tmp"))],
    "link at its own path": [(FIRST, special(tarfile.SYMTYPE, "/etc/passwd"))],
    "hard links": [("a", special(tarfile.LNKTYPE, "/etc/passwd")), (LAST, special(tarfile.LNKTYPE, "nowhere"))],
    "devices": [("null", special(tarfile.CHRTYPE)), (LAST, special(tarfile.BLKTYPE)), ("p", special(tarfile.FIFOTYPE))],
    "out of the folder": [(name, b"never") for name in ("../escaped", "/tmp/escaped", f"{FOLDER}/../../escaped")],
    "twice, the first of zeros": [(FIRST, bytes(30_730)), (LAST, bytes(30_730))],
    "a large one of a good name": [(FIRST, bytes(5_000_000))],
    "odd names": [(name, b"") for name in ("", ".", "..", "\n", "\x1b[2J", "x" * 300, "ä/\udcff", f"./{FIRST}")],
}


@pytest.mark.parametrize("where", ["put there", "fetched"])
@pytest.mark.parametrize("kind", NO_ARCHIVES)
def test_no_archive_of_these_files(data_folder, fake, server, kind, where):
    archive = NO_ARCHIVES[kind](fake)
    put(data_folder, fake, archive)
    if where == "fetched":
        (data_folder / ARCHIVE).rename(data_folder / f"{ARCHIVE}.part")
    with pytest.raises(data.DatasetError, match=r"Get data/manifest\.json anew") as error:
        data.load("cifar10")
    assert ARCHIVE in str(error.value)
    assert not (data_folder / FOLDER).exists()
    assert not (data_folder / f"{FOLDER}.part").exists()
    if where == "put there":
        assert (data_folder / ARCHIVE).read_bytes() == archive
    assert data.load("auto").name == "shapes10"
    (data_folder / ARCHIVE).unlink(missing_ok=True)
    offer(data_folder, fake, [server.address("good")])
    assert load_or_sentence(fake)
    assert {path.name for path in data_folder.iterdir()} == LEFT


@pytest.mark.parametrize("kind", STRANGERS)
def test_strangers_in_a_whole_archive_are_passed_over(data_folder, fake, tmp_path, kind):
    put(data_folder, fake, pack([*STRANGERS[kind], *good_members(fake)]))
    assert_is_the_fake(data.load("cifar10"), fake)
    assert {path.name for path in (data_folder / FOLDER).iterdir()} == set(fake.files)
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))
    assert not list(tmp_path.rglob("*escaped*"))
    assert not os.path.exists("/tmp/escaped")


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("layer", ["gzip", "tar", "heads"])
def test_mutated_archives_never_give_wrong_files(data_folder, fake, layer, seed):
    """The manifest's SHA-256 fits each of them, so that nothing but the readers stands in their way."""
    generator = np.random.default_rng([seed, len(layer)])
    if layer == "gzip":
        archive = mutated(fake.archive, generator)
    else:
        content = bytearray(gzip.decompress(fake.archive))
        if layer == "tar":
            content = mutated(content, generator)
        else:  # what tells names, sizes and kinds
            heads = [at for at in range(0, len(content), 512) if content[at + 257 : at + 262] == b"ustar"]
            for _ in range(3):
                at = int(generator.choice(heads))
                content[at + int(generator.integers(265))] = int(generator.integers(256))
                content[at + 148 : at + 156] = b"        "
                content[at + 148 : at + 156] = b"%06o\0 " % sum(content[at : at + 512])  # as a writer would have it
        archive = gzip.compress(bytes(content), 1)
    put(data_folder, fake, archive or b"!")
    load_or_sentence(fake)
    assert {path.name for path in data_folder.iterdir()} <= LEFT | {ARCHIVE}
