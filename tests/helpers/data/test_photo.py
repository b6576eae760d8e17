"""Photos of one's own."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from helpers import data, places

ROOT = places.ROOT

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
