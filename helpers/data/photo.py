"""An image file of your own, as the array that a network takes."""

import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError


def photo(path: str | os.PathLike, side: int | None = None) -> np.ndarray:
    """An image file as (rows, columns, 3) uint8; with ``side`` its middle square, scaled to side × side pixels.

    Rotated as its camera noted (EXIF), transparent pixels white. Raises FileNotFoundError, ValueError for no image.
    """
    path = Path(path).expanduser()
    if side is not None and side < 1:
        raise ValueError(f"side is {side}: an image has at least one pixel on each side.")
    if not path.is_file():
        what = "is a folder, not an image file" if path.is_dir() else "does not exist"
        raise FileNotFoundError(f"{path} {what}. Relative paths start in {Path.cwd()}.")
    try:
        with Image.open(path) as file:
            image = ImageOps.exif_transpose(file)
        if image.mode.startswith("I"):
            # 16 bits of grey, which Pillow would cut off at 255.
            image = Image.fromarray((np.asarray(image) / 257).clip(0, 255).astype(np.uint8))
        image = image.convert("RGBA")
    except Exception as error:  # every format has its own errors for a damaged file
        known = not isinstance(error, UnidentifiedImageError)
        reason = f"{type(error).__name__}: {error}" if known else "it holds no format that is known here"
        raise ValueError(
            f"{path.name} cannot be read as an image ({reason}). Save it as JPEG or PNG with an image viewer, and "
            "give the path of that file."
        ) from None
    image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    if side is not None:
        image = ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)
    return np.array(image)
