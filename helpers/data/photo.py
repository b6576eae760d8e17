"""An image file of your own, as the array that a network takes."""

import contextlib
import difflib
import io
import itertools
import math
import os
import re
import reprlib
import stat
import warnings
import zlib
from numbers import Integral
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

# Those that say in their first bytes what they are, and that Pillow decodes itself.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "ICO", "PPM", "JPEG2000", "PSD", "QOI")
# Pixels of a file that is read, and of the array: above, its sides are halved.
LARGEST, READ = 120_000_000, 16_000_000
LONGEST_SIDE = 4_000
# By the orientation that a camera notes (EXIF).
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SAVE = "Save it as JPEG or PNG with an image viewer, and give the path of that file."
# What is taken for an image file, by what stands in its beginning, and how to get one.
OTHERS = {
    rb"^.{4}ftyp(hei|hev|mif1|msf1)": ("a HEIC photo", f"An iPhone takes JPEG as the format Most Compatible. {SAVE}"),
    rb"^.{4}ftyp(?!avi)": ("a video", "Save one frame of it as JPEG or PNG."),
    rb"%PDF-": ("a PDF document", "Save a page of it, or a screenshot, as PNG."),
    rb"<svg": ("a drawing of lines (SVG)", "Export it as PNG."),
    rb"<(!doctype )?html": ("a web page", "Open the image itself in your browser, and save that."),
    rb"^$": ("empty", "Copy or download it again."),
}
# Many of these hold a small image that would be taken for the photo.
RAW = {".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".rw2"}


def photo(path: str | os.PathLike, side: int | None = None) -> np.ndarray:
    """An image file as (rows, columns, 3) uint8; with ``side`` its middle square, scaled to side × side pixels.

    Rotated as its camera noted (EXIF), transparent pixels white, the first of several images. Sides are halved until at
    most 16 million pixels are left. White in 16 bits of grey is 65,535; in 32 bits, or floats, it is 1, 255 or 65,535,
    the first that no value lies above; with others, or ones below 0, the lowest is black and the highest white; NaN is
    black. Raises FileNotFoundError, and ValueError for what is no image file, or one of more than 120 million pixels.
    """
    whole = isinstance(side, Integral) and not isinstance(side, bool)
    if side is not None and not (whole and 1 <= side <= LONGEST_SIDE):
        raise ValueError(f"side is {side!r}: a whole number of pixels is needed, from 1 to {LONGEST_SIDE:,}.")
    path = _file(path)
    try:
        with warnings.catch_warnings(action="ignore"), _opened(path) as file:
            if math.prod(file.size) > LARGEST:
                raise Image.DecompressionBombError
            # JPEG alone can leave out pixels while it is decoded.
            if (factor := _factor(file.size)) > 1:
                file.draft(None, tuple(max(1, length // factor) for length in file.size))
            file.load()
            image = _rgb(file)
            with contextlib.suppress(Exception):  # the pixels are there, whatever is wrong with the EXIF
                image = image.transpose(TURNS[file.getexif()[0x0112]])
    except (Image.DecompressionBombError, MemoryError):
        raise ValueError(
            f"{shown(path.name)} is too large: {LARGEST:,} pixels are read at most. Make it smaller with an image "
            "viewer, and give the path of that file."
        ) from None
    except Exception as error:  # every format has its own errors for a damaged file
        raise ValueError(_refusal(path, error)) from None
    del file  # its pixels may fill the memory
    if side is not None:
        image = ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)
    return np.array(image)


def _file(path: str | os.PathLike) -> Path:
    """The path of a regular file; FileNotFoundError or ValueError with what is there instead."""
    name = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(name, str):
        raise ValueError(f"{reprlib.repr(path)} is not the path of an image file. Give one in quotes: 'dog.jpg'.")
    if re.match(r"\w+://", name):
        raise ValueError(f"{shown(name)} is an address. Save the image, and give the path of that file.")
    path = Path(os.path.expanduser(name))
    try:
        mode = path.stat().st_mode
    except PermissionError:
        raise ValueError(f"{shown(path)} lies in a folder that you may not read. Copy it to another one.") from None
    except (OSError, ValueError):  # nothing there, a name that cannot be one
        names = {}
        with contextlib.suppress(OSError, ValueError):
            names = {other.lower(): other for other in os.listdir(path.parent)}
        near = difflib.get_close_matches(path.name[:255].lower(), names, 1, cutoff=0.5)
        hint = f", but {shown(names[near[0]])} does" if near else ""
        missing = f"{shown(path)} does not exist{hint}. Relative paths start in {Path.cwd()}."
        raise FileNotFoundError(missing) from None
    if stat.S_ISDIR(mode):
        raise FileNotFoundError(f"{shown(path)} is a folder, not an image file. Give the path of a file in it.")
    if path.suffix.lower() in RAW:
        raise ValueError(f"{shown(path.name)} is a raw photo. Export it with the program of its camera. {SAVE}")
    if not stat.S_ISREG(mode):
        raise ValueError(f"{shown(path)} is a device or a pipe, not an image file. Give the path of a file.")
    return path


def _opened(path: Path) -> Image.Image:
    """The image before it is decoded; of a PNG that is damaged elsewhere than in its pixels, the pixels alone."""
    Image.init()
    formats = [name for name in FORMATS if name in Image.OPEN]
    try:
        with Image.open(path, formats=formats) as image:
            if image.format == "PNG":
                image.verify()
        return Image.open(path, formats=formats)
    except Image.DecompressionBombError:
        raise
    except Exception:
        with path.open("rb") as file:
            content = file.read(8)
            if content != b"\x89PNG\r\n\x1a\n":
                raise
            content += file.read()
    kept, position = [content[:8]], 8
    while position < len(content):
        chunk = content[position : position + 12 + int.from_bytes(content[position : position + 4])]
        if chunk[4:8] in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            if zlib.crc32(chunk[4:-4]).to_bytes(4) != chunk[-4:]:
                raise ValueError("a checksum is wrong")
            kept.append(chunk)
        position += len(chunk)
    return Image.open(io.BytesIO(b"".join(kept)), formats=["PNG"])


def _factor(size: tuple[int, int]) -> int:
    """The power of two by which both sides are divided so that ``READ`` pixels are left at most."""
    powers = (2**number for number in itertools.count())
    return next(power for power in powers if math.prod(-(-length // power) for length in size) <= READ)


def _rgb(image: Image.Image) -> Image.Image:
    """In RGB and with at most ``READ`` pixels; a band of rows at a time, because a copy of all may fill the memory."""
    factor = _factor(image.size)
    rows = max(1, 500_000 // image.width // factor) * factor
    bands = [(0, top, image.width, min(top + rows, image.height)) for top in range(0, image.height, rows)]
    deep = image.mode[0] in "IF"
    # A TIFF of 32-bit whole numbers has them without a sign, unless it says so; Pillow reads them with one.
    unsigned = deep and image.format == "TIFF" and image.tag_v2.get(339, (1,)) == (1,)

    def values(band: tuple[int, int, int, int]) -> np.ndarray:
        numbers = np.asarray(image.crop(band))
        return numbers.astype(np.uint32 if unsigned and image.mode == "I" else np.float64).astype(np.float64)

    low, high = 0.0, 65_535.0
    if deep and not (image.mode.startswith("I;16") or image.format in ("PNG", "PPM")):
        finite = (part[np.isfinite(part)] for part in map(values, bands))
        ends = [end for part in finite if part.size for end in (part.min(), part.max())] or [0.0]
        fitting = [white for white in (1.0, 255.0, 65_535.0) if 0 <= min(ends) <= max(ends) <= white]
        low, high = (0.0, fitting[0]) if fitting else (min(ends), max(ends))
    made = Image.new("RGB", [-(-length // factor) for length in image.size])
    for band in bands:
        if deep:
            grey = (values(band) - low) / max(high - low, 1e-300) * 255
            part = Image.fromarray(np.rint(np.nan_to_num(grey).clip(0, 255)).astype(np.uint8)).convert("RGB")
        else:
            part = image.crop(band)
            if part.has_transparency_data:
                part = part.convert("RGBA")
                part = Image.alpha_composite(Image.new("RGBA", part.size, "white"), part)
            part = part.convert("RGB")
        made.paste(part.reduce(factor) if factor > 1 else part, (0, band[1] // factor))
    return made


def _refusal(path: Path, error: Exception) -> str:
    """Why a file is none of an image, and the next step."""
    try:
        with path.open("rb") as file:
            head = file.read(1000)
    except OSError as problem:
        return f"{shown(path)} may not be read ({problem.strerror}). Copy it to a folder of yours."
    kinds = (words for pattern, words in OTHERS.items() if re.search(pattern, head, re.IGNORECASE | re.DOTALL))
    unknown = isinstance(error, UnidentifiedImageError)
    reason = "of no format that is known here, or damaged" if unknown else f"damaged or of a rare kind: {error}"
    what, advice = next(kinds, (reason, SAVE))
    return f"{shown(path.name)} cannot be read as an image (it is {what}). {advice}"


def shown(path: str | Path) -> str:
    """A path in a sentence: without control characters, and not for ever."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(path))
    return text if len(text) <= 300 else f"{text[:150]}...{text[-100:]}"
