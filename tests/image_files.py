"""Small image files of every kind that a student may have, written by Pillow where it can and by hand where not.

``RIGHT`` is name -> a function that writes such a file to a path and returns the pixels that must come back, and how
far each may be off. ``REFUSED`` is name -> a function that writes what is none, and what the sentence must say.
"""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, features

ROWS, COLUMNS = 24, 40


def smooth():
    """Colours that change slowly, so that lossy formats keep them; no two corners alike."""
    row, column = np.mgrid[:ROWS, :COLUMNS]
    return np.stack([40 + 4 * column, 220 - 6 * row, 60 + 2 * row + 2 * column], axis=-1).astype(np.uint8)


def noise(*shape):
    return np.random.default_rng(3).integers(0, 256, shape, np.uint8)


def grey(values):
    """Three equal colours."""
    return np.repeat(np.asarray(values, np.uint8)[..., None], 3, axis=-1)


RIGHT = {}
REFUSED = {}


def right(name):
    return lambda write: RIGHT.setdefault(name, write)


# By Pillow: name -> (mode, format, settings, how far each pixel may be off).
SAVED = {
    "photo.jpg": ("RGB", "JPEG", {"quality": 95}, 12),
    "progressive.jpg": ("RGB", "JPEG", {"quality": 95, "progressive": True}, 12),
    "full colour.jpg": ("RGB", "JPEG", {"quality": 95, "subsampling": 0}, 8),
    "grey.jpg": ("L", "JPEG", {"quality": 95}, 6),
    "profile.jpg": (
        "RGB",
        "JPEG",
        {"quality": 95, "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()},
        12,
    ),
    "broken exif.jpg": ("RGB", "JPEG", {"quality": 95, "exif": b"Exif\0\0MM\0*\xff\xff\xff\xff\x01\x12"}, 12),
    "broken profile.jpg": ("RGB", "JPEG", {"quality": 95, "icc_profile": b"none"}, 12),
    "a jpeg.png": ("RGB", "JPEG", {"quality": 95}, 12),
    "without a suffix": ("RGB", "PNG", {}, 0),
    "UPPER.PNG": ("RGB", "PNG", {}, 0),
    "größe 犬.png": ("RGB", "PNG", {}, 0),
    "rgb.png": ("RGB", "PNG", {}, 0),
    "grey.png": ("L", "PNG", {}, 0),
    "black and white.png": ("1", "PNG", {}, 0),
    "palette.png": ("P", "PNG", {}, 0),
    "opaque.png": ("RGBA", "PNG", {}, 0),
    "grey with alpha.png": ("LA", "PNG", {}, 0),
    "rgb.bmp": ("RGB", "BMP", {}, 0),
    "grey.bmp": ("L", "BMP", {}, 0),
    "palette.bmp": ("P", "BMP", {}, 0),
    "black and white.bmp": ("1", "BMP", {}, 0),
    "rgb.tif": ("RGB", "TIFF", {}, 0),
    "lzw.tif": ("RGB", "TIFF", {"compression": "tiff_lzw"}, 0),
    "deflate.tif": ("RGB", "TIFF", {"compression": "tiff_adobe_deflate"}, 0),
    "packbits.tif": ("RGB", "TIFF", {"compression": "packbits"}, 0),
    "jpeg.tif": ("RGB", "TIFF", {"compression": "jpeg", "quality": 95}, 12),
    "fax.tif": ("1", "TIFF", {"compression": "group4"}, 0),
    "grey.tif": ("L", "TIFF", {}, 0),
    "palette.tif": ("P", "TIFF", {}, 0),
    "opaque.tif": ("RGBA", "TIFF", {}, 0),
    "lossy.webp": ("RGB", "WEBP", {"quality": 95}, 16),
    "lossless.webp": ("RGB", "WEBP", {"lossless": True}, 0),
    "opaque.webp": ("RGBA", "WEBP", {"lossless": True}, 0),
    "palette.gif": ("P", "GIF", {}, 0),
    "grey.gif": ("L", "GIF", {}, 0),
    "rgb.ppm": ("RGB", "PPM", {}, 0),
    "grey.pgm": ("L", "PPM", {}, 0),
    "black and white.pbm": ("1", "PPM", {}, 0),
    "lossless.jp2": ("RGB", "JPEG2000", {"irreversible": False}, 0),
}
if features.check("avif"):
    SAVED["photo.avif"] = ("RGB", "AVIF", {"quality": 95}, 12)


def saved(mode, format, settings, off):
    def write(path):
        image = Image.fromarray(smooth()).convert(mode)
        image.save(path, format, **settings)
        return np.asarray(image.convert("RGB")), off

    return write


RIGHT |= {name: saved(*how) for name, how in SAVED.items()}


@right("printer.jpg")
def _(path):
    Image.new("CMYK", (5, 4), (0, 255, 255, 0)).save(path, quality=95)
    return np.full((4, 5, 3), (255, 0, 0)), 10


@right("printer.tif")
def _(path):
    Image.new("CMYK", (5, 4), (255, 0, 255, 0)).save(path)
    return np.full((4, 5, 3), (0, 255, 0)), 0


@right("lab.tif")
def _(path):
    # L, a, b of pure red in sRGB under D50 are 54.3, 80.8, 69.9; Pillow adds 128 to the last two.
    Image.merge("LAB", [Image.new("L", (5, 4), value) for value in (138, 209, 198)]).save(path)
    return np.full((4, 5, 3), (255, 0, 0)), 12


@right("two photos of a telephone.jpg")
def _(path):
    first, second = Image.fromarray(smooth()), Image.new("RGB", (COLUMNS, ROWS), "blue")
    first.save(path, "MPO", quality=95, save_all=True, append_images=[second])
    return smooth(), 12


# Transparency


@right("transparent.png")
def _(path):
    alpha = np.linspace(0, 255, COLUMNS).astype(np.uint8) * np.ones((ROWS, 1), np.uint8)
    Image.fromarray(np.dstack([smooth(), alpha])).save(path)
    share = alpha[..., None] / 255
    return share * smooth() + (1 - share) * 255, 1


@right("transparent grey.png")
def _(path):
    Image.fromarray(np.array([[[0, 0], [0, 255]]], np.uint8), "LA").save(path)
    return grey([[255, 0]]), 0


def transparent_palette(path, **transparency):
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.save(path, **transparency)
    return np.array([[[255, 0, 0], [255, 255, 255], [0, 0, 255]]]), 0


RIGHT["transparent palette.png"] = lambda path: transparent_palette(path, transparency=1)
RIGHT["half transparent palette.png"] = lambda path: transparent_palette(path, transparency=b"\xff\0\xff")
RIGHT["transparent.gif"] = lambda path: transparent_palette(path, transparency=1)


@right("transparent colour.png")
def _(path):
    Image.fromarray(np.array([[[9, 8, 7], [1, 2, 3]]], np.uint8)).save(path, transparency=(9, 8, 7))
    return np.array([[[255, 255, 255], [1, 2, 3]]]), 0


@right("transparent.webp")
def _(path):
    Image.fromarray(np.array([[[0, 0, 0, 0], [0, 0, 0, 255]]], np.uint8)).save(path, lossless=True)
    return grey([[255, 0]]), 0


# Several images in one file


def moving(format):
    def write(path):
        frames = [Image.new("RGB", (5, 4), colour) for colour in ("lime", "blue", "red")]
        settings = {"lossless": True} if format == "WEBP" else {}
        frames[0].save(path, format, save_all=True, append_images=frames[1:], **settings)
        return np.full((4, 5, 3), (0, 255, 0)), 0

    return write


RIGHT |= {f"moving.{suffix}": moving(format) for suffix, format in (("gif", "GIF"), ("webp", "WEBP"), ("png", "PNG"))}
RIGHT["pages.tif"] = moving("TIFF")


@right("sizes.ico")
def _(path):
    Image.new("RGBA", (64, 64), "lime").save(path, sizes=[(16, 16), (64, 64)])
    return np.full((64, 64, 3), (0, 255, 0)), 0


# Deep grey: name -> (type, values, what they are in 8 bits, suffix).
DEEP = {
    "16 bits.png": (np.uint16, [[0, 257, 25700, 65535]], [[0, 1, 100, 255]]),
    "16 bits.tif": (np.uint16, [[0, 257, 25700, 65535]], [[0, 1, 100, 255]]),
    "16 bits, dark.tif": (np.uint16, [[0, 257, 514, 771]], [[0, 1, 2, 3]]),
    "16 bits big-endian.tif": (">u2", [[0, 257, 25700, 65535]], [[0, 1, 100, 255]]),
    "32 bits to 65,535.tif": (np.int32, [[0, 257, 25700, 65535]], [[0, 1, 100, 255]]),
    "32 bits to 255.tif": (np.int32, [[0, 1, 100, 255]], [[0, 1, 100, 255]]),
    "32 bits of a mask.tif": (np.int32, [[0, 1]], [[0, 255]]),
    "32 bits.tif": (np.int32, [[-1000, 0, 1000]], [[0, 128, 255]]),
    "floats to 1.tif": (np.float32, [[0, 0.2, 0.6, 1]], [[0, 51, 153, 255]]),
    "floats to 255.tif": (np.float32, [[0, 51, 255]], [[0, 51, 255]]),
    "floats to 65,535.tif": (np.float32, [[0, 13107, 65535]], [[0, 51, 255]]),
    "floats below 0.tif": (np.float32, [[-3, 0, 2]], [[0, 153, 255]]),
    "large floats.tif": (np.float32, [[-3e38, 0, 3e38]], [[0, 128, 255]]),
    "floats with nan.tif": (np.float32, [[np.nan, 0.2, 1, np.nan]], [[0, 51, 255, 0]]),
    "floats with inf.tif": (np.float32, [[np.inf, 0.2, 1, -np.inf]], [[255, 51, 255, 0]]),
    "nothing but nan.tif": (np.float32, [[np.nan, np.nan]], [[0, 0]]),
    "black floats.tif": (np.float32, [[0, 0]], [[0, 0]]),
}


def deep(kind, values, eight_bits):
    def write(path):
        array = np.array(values, kind)
        if kind == ">u2":
            Image.frombytes("I;16B", array.shape[::-1], array.tobytes()).save(path)
        else:
            Image.fromarray(array).save(path)
        return grey(eight_bits), 1 if 128 in np.array(eight_bits) else 0

    return write


RIGHT |= {name: deep(*how) for name, how in DEEP.items()}


@right("16 bits.pgm")
def _(path):
    path.write_bytes(b"P5 4 1 65535\n" + np.array([0, 257, 25700, 65535], ">u2").tobytes())
    return grey([[0, 1, 100, 255]]), 0


@right("10 bits.pgm")
def _(path):
    path.write_bytes(b"P5 2 1 1023\n" + np.array([0, 1023], ">u2").tobytes())
    return grey([[0, 255]]), 0


@right("text.ppm")
def _(path):
    path.write_text("P3\n# a comment\n2 1 255\n1 2 3 4 5 6\n")
    return np.array([[[1, 2, 3], [4, 5, 6]]]), 0


@right("a psd of one layer.psd")
def _(path):
    planes = smooth().transpose(2, 0, 1).tobytes()
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, ROWS, COLUMNS, 8, 3)
    path.write_bytes(head + bytes(12) + b"\0\0" + planes)
    return smooth(), 0


# PNG by hand


def chunk(name, content=b""):
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


PASSES = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def png(pixels, *before, bits=8, colour=2, interlaced=False, after=(), end=True):
    """A PNG with chunks of one's own before and after the pixels; ``pixels`` (rows, columns, channels) as they are."""
    passes = [pixels[top::down, left::across] for top, left, down, across in PASSES] if interlaced else [pixels]
    rows = b"".join(b"\0" + row.tobytes() for part in passes for row in part if row.size)
    header = struct.pack(
        ">IIBBBBB", pixels.shape[1] * 8 // (bits if bits < 8 else 8), len(pixels), bits, colour, 0, 0, 0
    )
    if interlaced:
        header = header[:-1] + b"\1"
    pieces = [chunk(b"IHDR", header), *before, chunk(b"IDAT", zlib.compress(rows)), *after]
    return b"\x89PNG\r\n\x1a\n" + b"".join(pieces) + (chunk(b"IEND") if end else b"")


def wrong_checksum(whole):
    return whole[:-1] + bytes([whole[-1] ^ 1])


BROKEN = {
    "exif": chunk(b"eXIf", b"\0\x08\0\x02\x01\x12\0\x03"),
    "empty exif": chunk(b"eXIf"),
    "profile": chunk(b"iCCP", b"name\0\0not compressed"),
    "compressed text": chunk(b"zTXt", b"key\0\0not compressed"),
    "text that grows": chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(100_000_000))),
    "text": wrong_checksum(chunk(b"tEXt", b"key\0words")),
    "resolution": chunk(b"pHYs", b"\0"),
    "gamma": chunk(b"gAMA", b""),
    "own chunk": wrong_checksum(chunk(b"abCd", bytes(50))),
}


def with_broken(piece, where):
    def write(path):
        path.write_bytes(png(smooth(), piece) if where == "before" else png(smooth(), after=[piece]))
        return smooth(), 0

    return write


RIGHT |= {f"broken {what} before.png": with_broken(piece, "before") for what, piece in BROKEN.items()}
RIGHT |= {f"broken {what} after.png": with_broken(BROKEN[what], "after") for what in ("exif", "text", "own chunk")}

BY_HAND = {
    "interlaced.png": lambda: (png(noise(13, 11, 3), interlaced=True), noise(13, 11, 3)),
    "16 bits of colour.png": lambda: (
        png((smooth().astype(">u2") * 257).view(np.uint8).reshape(ROWS, -1), bits=16).replace(
            struct.pack(">II", COLUMNS * 6, ROWS), struct.pack(">II", COLUMNS, ROWS)
        ),
        smooth(),
    ),
    "two bits of grey.png": lambda: (
        png(np.array([[0b00011011]], np.uint8), bits=2, colour=0),
        grey([[0, 85, 170, 255]]),
    ),
    "without an end.png": lambda: (png(smooth(), end=False), smooth()),
    "more after the end.png": lambda: (png(smooth()) + b"and so on" * 99, smooth()),
}


def by_hand(make):
    def write(path):
        content, pixels = make()
        if content[24] == 16:  # the header holds a width, so its checksum is made anew
            content = content[:8] + chunk(b"IHDR", content[16:29]) + content[33:]
        path.write_bytes(content)
        return pixels, 0

    return write


RIGHT |= {name: by_hand(make) for name, make in BY_HAND.items()}


# TIFF by hand


def tiff(pixels, *, tile=None, **tags):
    """An uncompressed TIFF of one strip, or of one tile of that side with the pixels in its corner."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    data = pixels
    if tile:
        data = np.zeros((tile, tile, *pixels.shape[2:]), pixels.dtype)
        data[: len(pixels), : pixels.shape[1]] = pixels
    bits = data.dtype.itemsize * 8
    entries = {256: pixels.shape[1], 257: len(pixels), 258: bits, 259: 1, 262: 2 if channels == 3 else 1, 277: channels}
    entries |= {322: tile, 323: tile, 325: data.nbytes} if tile else {278: len(pixels), 279: data.nbytes}
    entries |= {int(tag): value for tag, value in tags.items()}
    start = 8 + 2 + 12 * (len(entries) + 1) + 4
    entries[324 if tile else 273] = start + 6
    listed = b""
    for tag, value in sorted(entries.items()):
        count = channels if tag == 258 else 1
        listed += struct.pack("<HHII", tag, 3 if tag == 258 else 4, count, start if count > 1 else value)
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + listed + bytes(4)
    return head + struct.pack("<3H", bits, bits, bits) + data.tobytes()


@right("tiled.tif")
def _(path):
    path.write_bytes(tiff(noise(13, 11, 3), tile=16))
    return noise(13, 11, 3), 0


@right("32 bits without a sign.tif")
def _(path):
    path.write_bytes(tiff(np.array([[0, 2**31, 2**32 - 1]], np.uint32)))
    return grey([[0, 128, 255]]), 1


@right("16 bits of colour.tif")
def _(path):
    path.write_bytes(tiff(smooth().astype(np.uint16) * 257))
    return smooth(), 0


# Shapes


def shaped(rows, columns):
    def write(path):
        Image.fromarray(noise(rows, columns, 3)).save(path, "PNG")
        return noise(rows, columns, 3), 0

    return write


RIGHT |= {f"{rows} × {columns}.png": shaped(rows, columns) for rows, columns in ((1, 1), (1, 5000), (5000, 1))}


# What is refused, each with words of its sentence


def file_of(content, says):
    return (lambda path: path.write_bytes(content)), says


def encoded(format, mode="RGB", **settings):
    held = io.BytesIO()
    Image.fromarray(noise(64, 64, 3)).convert(mode).save(held, format, **settings)
    return held.getvalue()


def twelve_bits():
    content = encoded("JPEG")
    where = content.index(b"\xff\xc0") + 4
    return content[:where] + b"\x0c" + content[where + 1 :]


def huge_jpeg():
    content = encoded("JPEG")
    where = content.index(b"\xff\xc0") + 5
    return content[:where] + b"\xea\x60\xea\x60" + content[where + 4 :]


def huge_png(side):
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT") + chunk(b"IEND")


def turned_bit():
    content = bytearray(encoded("PNG"))
    content[len(content) // 2] ^= 16
    return bytes(content)


SAVE = "Save it as JPEG or PNG with an image viewer, and give the path of that file"
REFUSED |= {
    "notes.jpg": file_of(b"Dear diary", f"of no format that is known here.*{SAVE}"),
    "page.jpg": file_of(b"\n<!DOCTYPE html>\n<html><body>404</body></html>", "a web page.*Open the image itself"),
    "drawing.svg": file_of(b"<?xml version='1.0'?>\n<svg xmlns='x'></svg>", r"SVG\)\)\. Export it as PNG"),
    "paper.pdf": file_of(b"%PDF-1.7\n...", "a PDF document.*as PNG"),
    "figure.eps": file_of(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", SAVE),
    "iphone.heic": file_of(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(90), f"a HEIC photo.*iPhone.*{SAVE}"),
    "iphone.jpg": file_of(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(90), f"a HEIC photo.*{SAVE}"),
    "film.mp4": file_of(b"\0\0\0\x18ftypisom" + bytes(90), "a video.*one frame"),
    "film.mov": file_of(b"\0\0\0\x18ftypqt  " + bytes(90), "a video.*one frame"),
    "camera.dng": file_of(tiff(noise(5, 5, 3)), f"a raw photo.*{SAVE}"),
    "camera.NEF": file_of(tiff(noise(5, 5, 3)), f"a raw photo.*{SAVE}"),
    "empty.png": file_of(b"", "it is empty.*Copy or download it again"),
    "zeros.jpg": file_of(bytes(999), f"of no format that is known here.*{SAVE}"),
    "images.zip": file_of(b"PK\3\4" + bytes(99), SAVE),
    "array.npy": file_of(b"\x93NUMPY\1\0" + bytes(99), SAVE),
    "twelve bits.jpg": file_of(twelve_bits(), SAVE),
    "huge.jpg": file_of(huge_jpeg(), "too large: 120,000,000 pixels.*Make it smaller"),
    "huge.png": file_of(huge_png(60_000), "too large: 120,000,000 pixels.*Make it smaller"),
    "large.png": file_of(huge_png(11_000), "too large: 120,000,000 pixels.*Make it smaller"),
    "turned bit.png": file_of(turned_bit(), f"a checksum is wrong.*{SAVE}"),
    "no pixels.png": file_of(huge_png(60), SAVE),
    "rare compression.tif": file_of(tiff(noise(5, 5, 3), **{"259": 34000}), SAVE),
    "wide.tif": file_of(tiff(noise(5, 5, 3), **{"256": 2**31 - 1}), "too large|cannot be read.*Save"),
    "only.gif": file_of(b"GIF89a", SAVE),
}
WHOLE = {
    "jpg": encoded("JPEG"),
    "progressive.jpg": encoded("JPEG", progressive=True),
    "png": encoded("PNG"),
    "gif": encoded("GIF"),
    "bmp": encoded("BMP"),
    "tif": encoded("TIFF"),
    "lzw.tif": encoded("TIFF", compression="tiff_lzw"),
    "webp": encoded("WEBP"),
    "ppm": encoded("PPM"),
    "jp2": encoded("JPEG2000"),
    "ico": encoded("ICO"),
    "float.tif": encoded("TIFF", "F"),
}
if features.check("avif"):
    WHOLE["avif"] = encoded("AVIF")
for suffix, content in WHOLE.items():
    for percent in (1, 20, 60, 95):
        name = f"{percent} per cent.{suffix}"
        REFUSED[name] = file_of(content[: max(4, len(content) * percent // 100)], "cannot be read.*Save")
