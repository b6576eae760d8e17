"""Photos of one's own: right, or a sentence with the next step, whatever the file."""

import importlib
import os
import socket
import subprocess
import sys
import warnings
from pathlib import Path

import image_files
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from PIL import Image

from helpers import data, places

LEFT, RIGHT = (200, 30, 30), (30, 30, 200)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings(action="error"):
        yield


def two_halves(rows=20, columns=40):
    """Red on the left, blue on the right."""
    image = np.empty((rows, columns, 3), np.uint8)
    image[:, : columns // 2], image[:, columns // 2 :] = LEFT, RIGHT
    return image


@pytest.mark.parametrize("name", image_files.RIGHT)
def test_an_image_of_this_kind_comes_back_as_it_is(tmp_path, name):
    pixels, off = image_files.RIGHT[name](tmp_path / name)
    got = data.photo(tmp_path / name)
    assert got.dtype == np.uint8
    assert got.shape == pixels.shape
    assert np.abs(got.astype(float) - pixels).max() <= off


@pytest.mark.parametrize("name", image_files.REFUSED)
def test_what_is_no_image_is_refused_with_the_next_step(tmp_path, name, capfd):
    write, says = image_files.REFUSED[name]
    write(tmp_path / name)
    with pytest.raises(ValueError, match=f"(?s)^{name.replace('.', '[.]')} .*{says}") as raised:
        data.photo(tmp_path / name)
    assert len(str(raised.value)) < 400
    assert "object at" not in str(raised.value)
    assert capfd.readouterr() == ("", "")


def test_there_are_more_than_a_hundred_kinds():
    assert len(image_files.RIGHT) > 75
    assert len(image_files.REFUSED) > 60


# Orientation: where the first row and the first column of the stored pixels belong, by the EXIF standard.
SEEN = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def stored_as(shown, orientation):
    """The pixels that a camera would store: its row r and its column c are where the standard says."""
    height, width = shown.shape[:2]
    rows, columns = (width, height) if orientation > 4 else (height, width)
    stored = np.empty((rows, columns, 3), np.uint8)
    for row, column in np.ndindex(rows, columns):
        at = {}
        for side, number in zip(SEEN[orientation], (row, column), strict=True):
            axis, last = ("y", height - 1) if side in ("top", "bottom") else ("x", width - 1)
            at[axis] = number if side in ("top", "left") else last - number
        stored[row, column] = shown[at["y"], at["x"]]
    return stored


@pytest.mark.parametrize("orientation", [*SEEN, 0, 9, 65_535])
@pytest.mark.parametrize(
    ("suffix", "how"),
    [
        ("jpg", {"quality": 95, "subsampling": 0}),
        ("png", {}),
        ("tif", {}),
        ("lzw.tif", {"compression": "tiff_lzw"}),
        ("webp", {"lossless": True}),
    ],
)
def test_photo_is_turned_as_the_camera_noted(tmp_path, orientation, suffix, how):
    shown, path = image_files.smooth(), tmp_path / f"photo.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    if orientation not in SEEN and "compression" in how:
        pytest.skip("libtiff does not write what no orientation is")
    Image.fromarray(stored_as(shown, orientation) if orientation in SEEN else shown).save(path, exif=exif, **how)
    got = data.photo(path).astype(int)
    assert got.shape == shown.shape
    assert np.abs(got - shown).max() < 10


# A side


@pytest.mark.parametrize(("rows", "columns"), [(20, 40), (40, 20), (3, 3), (1, 500), (5000, 1), (1, 1)])
def test_photo_with_a_side_is_the_middle_square(tmp_path, rows, columns):
    Image.fromarray(two_halves(rows, columns)).save(tmp_path / "photo.png")
    got = data.photo(tmp_path / "photo.png", side=30)
    assert got.shape == (30, 30, 3)
    if min(rows, columns) > 3:
        # The border between the halves stays in the middle: nothing is squeezed or cut on one side only.
        assert np.abs(got[15, 5].astype(int) - LEFT).max() < 10
        assert np.abs(got[15, 24].astype(int) - RIGHT).max() < 10


@pytest.mark.parametrize("side", [0, -3, 32.0, "32", True, 4001, 10**9, [32], float("nan")])
def test_a_side_that_is_none_is_named(tmp_path, side):
    Image.fromarray(two_halves()).save(tmp_path / "photo.png")
    with pytest.raises(ValueError, match=r"side is .*: a whole number of pixels is needed, from 1 to 4,000"):
        data.photo(tmp_path / "photo.png", side=side)


def test_a_side_may_be_numpys(tmp_path):
    Image.fromarray(two_halves()).save(tmp_path / "photo.png")
    assert data.photo(tmp_path / "photo.png", side=np.int64(8)).shape == (8, 8, 3)


# Paths


@pytest.mark.parametrize("path", [None, 7, b"dog.jpg", np.zeros((4, 4, 3)), Image.new("L", (3, 3)), ["dog.jpg"], 1.5])
def test_what_is_no_path_is_named(path):
    with pytest.raises(ValueError, match=r"is not the path of an image file\. Give one in quotes"):
        data.photo(path)


@pytest.mark.parametrize("path", ["https://example.org/dog.jpg", "file:///tmp/dog.jpg"])
def test_an_address_is_no_path(path):
    with pytest.raises(ValueError, match=r"dog\.jpg is an address\. Save the image"):
        data.photo(path)


@pytest.mark.parametrize("path", ["~nobody-of-that-name/x.jpg", "x" * 5000, "a/" * 3000 + "b", "nul\0.jpg", "\x1b[31m"])
def test_a_path_that_cannot_be_one_does_not_exist(path):
    with pytest.raises(FileNotFoundError, match="does not exist") as raised:
        data.photo(path)
    assert len(str(raised.value)) < 700
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("typed", ["dog.jpg", "dog.png", "Dgo.JPG", "dog", " dog.jpeg", "'dog.jpeg'"])
def test_a_missing_file_has_a_neighbour_of_a_similar_name(tmp_path, typed):
    for name in ("Dog.jpeg", "horse.png", "notes.txt"):
        (tmp_path / name).touch()
    with pytest.raises(FileNotFoundError, match=r"does not exist, but Dog\.jpeg does\. Relative paths start in"):
        data.photo(tmp_path / typed)
    with pytest.raises(FileNotFoundError, match=r"zebra\.tif does not exist\. Relative paths"):
        data.photo(tmp_path / "zebra.tif")


def test_a_folder_and_its_users_home(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="is a folder, not an image file"):
        data.photo(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    Image.fromarray(two_halves()).save(tmp_path / "a photo.png")
    assert data.photo("~/a photo.png").shape == (20, 40, 3)
    monkeypatch.chdir(tmp_path)
    assert data.photo("a photo.png").shape == (20, 40, 3)
    assert data.photo(Path("a photo.png")).shape == (20, 40, 3)


def test_a_file_under_another_is_missing(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileNotFoundError, match="does not exist"):
        data.photo(tmp_path / "file" / "dog.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_nobody_waits_for_a_device(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.jpg"))
        for path in (tmp_path / "pipe.jpg", tmp_path / "socket.jpg", "/dev/zero", "/dev/null"):
            with pytest.raises(ValueError, match="is a device or a pipe, not an image file"):
                data.photo(path)


@pytest.mark.parametrize("what", ["stat", "open"])
def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch, what):
    path = tmp_path / "dog.png"
    Image.fromarray(two_halves()).save(path)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    if what == "stat":
        monkeypatch.setattr(Path, "stat", refuse)
    else:
        monkeypatch.setattr("builtins.open", refuse)
        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ValueError, match=r"dog\.png (may not be|lies in a folder that you may not) read.*Copy it to"):
        data.photo(path)


# Large ones

PEAK = """
import sys
from pathlib import Path
from helpers.data.photo import photo
whole, small = photo(sys.argv[1]), photo(sys.argv[1], side=224)
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(whole.shape, small.shape, whole[0, 0].tolist(), whole[-1, -1].tolist())
print(int(peak.split()[1]) // 1024)
"""
LARGE = """
import sys
from PIL import Image
image = Image.new("RGB", (12_000, 9_000), "white")
image.paste("black", (6_000, 0, 12_000, 9_000))
image.save(sys.argv[1])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak of a process is read from /proc")
@pytest.mark.parametrize(("name", "megabytes"), [("photo.jpg", 250), ("photo.png", 520)])
def test_a_photo_of_108_million_pixels_needs_little_memory(tmp_path, name, megabytes):
    path = str(tmp_path / name)
    subprocess.run([sys.executable, "-c", LARGE, path], check=True, timeout=300)
    call = [sys.executable, "-c", PEAK, path]
    done = subprocess.run(call, capture_output=True, text=True, cwd=places.ROOT, timeout=300, check=True)
    said, peak = done.stdout.splitlines()
    assert said == "(2250, 3000, 3) (224, 224, 3) [255, 255, 255] [0, 0, 0]"
    assert int(peak) < megabytes, peak


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "I;16", "F", "CMYK"])
def test_a_reduced_image_is_the_mean_of_its_pixels(tmp_path, monkeypatch, mode):
    monkeypatch.setattr(importlib.import_module("helpers.data.photo"), "READ", 200)
    pixels = image_files.smooth()
    image = Image.fromarray(pixels)
    if mode in ("I;16", "F"):
        values = pixels[..., 0] * np.uint16(257) if mode == "I;16" else pixels[..., 0].astype(np.float32)
        image, pixels = Image.fromarray(values), image_files.grey(pixels[..., 0])
    else:
        image = image.convert(mode)
        pixels = np.asarray(image.convert("RGB"))
    path = tmp_path / ("photo.tif" if mode in ("F", "CMYK") else "photo.png")
    image.save(path)
    got = data.photo(path)
    assert got.shape == (6, 10, 3), "quarters: 12 × 20 are 240 pixels"
    assert np.abs(got - pixels.reshape(6, 4, 10, 4, 3).mean(axis=(1, 3))).max() < 1


@pytest.mark.parametrize(("rows", "columns", "shape"), [(1, 5000, (1, 157)), (5000, 1, (157, 1)), (39, 41, (10, 11))])
def test_odd_shapes_are_reduced_too(tmp_path, monkeypatch, rows, columns, shape):
    monkeypatch.setattr(importlib.import_module("helpers.data.photo"), "READ", 200)
    Image.fromarray(two_halves(rows, columns)).save(tmp_path / "photo.png")
    assert data.photo(tmp_path / "photo.png").shape == (*shape, 3)


def test_an_exhausted_memory_is_a_sentence(tmp_path, monkeypatch):
    Image.fromarray(two_halves()).save(tmp_path / "photo.png")

    def exhausted(*_):
        raise MemoryError

    monkeypatch.setattr(Image.Image, "crop", exhausted)
    with pytest.raises(ValueError, match=r"photo\.png is too large"):
        data.photo(tmp_path / "photo.png")


# Any bytes

FLIPS = some.lists(some.tuples(some.floats(0, 1, exclude_max=True), some.integers(0, 255)), min_size=1, max_size=8)


@pytest.mark.parametrize("suffix", image_files.WHOLE)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(changes=FLIPS, kept=some.floats(0, 1), header=some.booleans())
def test_damaged_bytes_are_an_image_or_a_sentence(tmp_path_factory, suffix, changes, kept, header):
    content = bytearray(image_files.WHOLE[suffix])
    for where, byte in changes:
        content[int(where * (min(200, len(content)) if header else len(content)))] = byte
    path = tmp_path_factory.getbasetemp() / f"damaged.{suffix}"
    path.write_bytes(content[: max(1, int(len(content) * kept))] if kept < 0.5 else content)
    got = said = None
    try:
        got = data.photo(path, side=None if header else 8)
    except ValueError as error:
        said = str(error)
    if said:
        assert said.startswith(path.name)
    else:
        assert got.dtype == np.uint8
        assert got.ndim == 3
        assert got.shape[2] == 3
        assert got.size
