"""Datasets: ``load(name)`` gives uint8 images and integer labels, split into training, validation and test.

``photo(path)`` reads an image file of your own.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from helpers.data import download, shapes10
from helpers.data.download import DatasetError

DATA = Path(__file__).resolve().parents[2] / "data"
IMAGE_SHAPE = (32, 32, 3)
PLANE = 32 * 32
RECORD = 1 + 3 * PLANE
VALIDATION_IMAGES = 5_000
SPLIT_SEED = 0
CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
# How many images of Shapes-10, and the seed that draws them.
SHAPES10_TRAINING = (5_000, 1)
SHAPES10_VALIDATION = (500, 2)
SHAPES10_TEST = (1_000, 3)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images (n, 32, 32, 3) uint8 and labels (n,) int64 of one dataset.

    ``masks_*`` (n, 32, 32) bool say where the object is; they are None where nobody knows (CIFAR-10).
    """

    name: str
    class_names: tuple[str, ...]
    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    masks_train: np.ndarray | None = None
    masks_val: np.ndarray | None = None
    masks_test: np.ndarray | None = None


def load(name: str = "auto", validation: bool = True) -> Dataset:
    """The dataset "cifar10" or "shapes10"; "auto" is the one that the variable CNN_DATASET names.

    Where CNN_DATASET is not set, "auto" is CIFAR-10, or Shapes-10 with a message when CIFAR-10 cannot be had.
    ``validation=False`` keeps all training images together, in their original order, and ``x_val`` empty.

    Raises DatasetError when CIFAR-10 was asked for by name and cannot be had, ValueError for an unknown name.
    """
    loaders = {"cifar10": _cifar10, "shapes10": _shapes10}
    if name in loaders:
        return loaders[name](validation)
    if name != "auto":
        raise ValueError(f"There is no dataset {name!r}: choose 'cifar10', 'shapes10' or 'auto'.")
    wanted = os.environ.get("CNN_DATASET", "")
    if wanted in loaders:
        return loaders[wanted](validation)
    if wanted:
        raise ValueError(f"CNN_DATASET is {wanted!r}: set it to 'cifar10' or 'shapes10', or unset it.")
    try:
        return _cifar10(validation)
    except DatasetError as error:
        print(f"{error}\nUntil then this goes on with Shapes-10: drawn images of the same size, ten other classes.")
        return _shapes10(validation)


def photo(path: str | os.PathLike, side: int | None = None) -> np.ndarray:
    """An image file as (rows, columns, 3) uint8; with ``side`` its middle square, scaled to side × side pixels.

    It is turned the way its camera noted (EXIF), grey becomes three equal colours, and transparent places white.
    Raises FileNotFoundError where there is no file, ValueError for a file that is no image or is damaged.
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


def stratified_split(labels: np.ndarray, held_out: int, seed: int = SPLIT_SEED) -> tuple[np.ndarray, np.ndarray]:
    """Indices (kept, held_out), both in ascending order, with the same share of every class held out.

    Raises ValueError when ``held_out`` does not divide evenly over the classes.
    """
    classes = np.unique(labels)
    per_class, rest = divmod(held_out, len(classes))
    if rest:
        raise ValueError(f"{held_out} images do not divide evenly over {len(classes)} classes.")
    generator = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), dtype=bool)
    for label in classes:
        members = np.flatnonzero(labels == label)
        chosen[generator.choice(members, per_class, replace=False)] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _cifar10(validation: bool) -> Dataset:
    source = json.loads((DATA / "manifest.json").read_text())["cifar10"]
    folder = download.cifar10_folder(DATA, source)
    records = _records([folder / name for name in source["training"]])
    test = _records([folder / name for name in source["test"]])
    labels = _labels(records)
    kept, held_out = stratified_split(labels, VALIDATION_IMAGES if validation else 0)
    return Dataset(
        name="cifar10",
        class_names=CIFAR10_CLASSES,
        x_train=_images(records, kept),
        y_train=labels[kept],
        x_val=_images(records, held_out),
        y_val=labels[held_out],
        x_test=_images(test, np.arange(len(test))),
        y_test=_labels(test),
    )


def _shapes10(validation: bool) -> Dataset:
    training, held_out, test = (
        shapes10.draw(*part) for part in (SHAPES10_TRAINING, SHAPES10_VALIDATION, SHAPES10_TEST)
    )
    if not validation:
        training = tuple(np.concatenate(both) for both in zip(training, held_out))
        held_out = tuple(column[:0] for column in held_out)
    return Dataset(
        name="shapes10",
        class_names=shapes10.CLASS_NAMES,
        x_train=training[0],
        y_train=training[1],
        masks_train=training[2],
        x_val=held_out[0],
        y_val=held_out[1],
        masks_val=held_out[2],
        x_test=test[0],
        y_test=test[1],
        masks_test=test[2],
    )


def _records(paths: list[Path]) -> np.ndarray:
    """All records of some files, (n, 3073) uint8, read straight into one array."""
    sizes = [path.stat().st_size for path in paths]
    for path, size in zip(paths, sizes):
        if size % RECORD:
            raise ValueError(f"{path} has {size:,} bytes, which is not a whole number of records of {RECORD:,} bytes.")
    records = np.empty((sum(sizes) // RECORD, RECORD), np.uint8)
    begin = 0
    for path, size in zip(paths, sizes):
        with open(path, "rb") as file:
            file.readinto(records[begin : begin + size // RECORD])
        begin += size // RECORD
    return records


def _labels(records: np.ndarray) -> np.ndarray:
    return records[:, 0].astype(np.int64)


def _images(records: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The images of some rows, (n, 32, 32, 3): three colour planes each become one plane of three colours.

    500 at a time, so that what is picked out and turned round stays in the processor's cache.
    """
    pixels = np.empty((len(rows), PLANE, 3), np.uint8)
    for begin in range(0, len(rows), 500):
        some = records[rows[begin : begin + 500], 1:]
        for colour in range(3):
            pixels[begin : begin + 500, :, colour] = some[:, colour * PLANE : (colour + 1) * PLANE]
    return pixels.reshape(-1, *IMAGE_SHAPE)
