"""A folder of your own images as a dataset: one subfolder for each class, named like the class."""

import hashlib
import os
from collections import Counter
from numbers import Integral, Real
from pathlib import Path

import numpy as np

from helpers.data import Dataset
from helpers.data.photo import LONGEST_SIDE, photo, shown

# What systems write beside images; names that begin with a dot are theirs, too.
OF_THE_SYSTEM = {"thumbs.db", "desktop.ini", "__macosx"}
REASONS = 10  # files of which is said why they are left out; the others are named


def load(path: str | os.PathLike, size: int = 32, validation: float = 0.2, test: float = 0.2, seed: int = 0) -> Dataset:
    """The images below ``path`` as (n, size, size, 3) uint8 with their classes, split into three parts.

    Of each image the middle square is taken, as ``photo`` does. Of every class, ``validation`` and ``test`` are the
    shares of the two parts held out, one image at least unless the share is 0. Which image goes where depends on its
    pixels and ``seed`` alone: renamed files stay in their part. Of images with equal pixels the first is kept, and
    none if they are in two classes; two photos of one scene are not noticed, so take one of each scene. What is left
    out is printed with its reason, and so are the images of each class. Raises FileNotFoundError where there is no such
    folder, and ValueError for fewer than two classes, or a class with too few images to be in every part.
    """
    _checked(path, size, validation, test, seed)
    top = Path(os.path.expanduser(path)).resolve()
    folders, beside = _classes(top)
    images, left_out = _read(folders, size, int(seed))
    left_out = {file.name: "it lies beside the class folders, so its class is unknown." for file in beside} | left_out
    counts = Counter(label for _, label in images.values())
    counted = ", ".join(f"{folder.name} {counts[label]:,}" for label, folder in enumerate(folders))
    print(f"Images in {top.name}: {counted}.")
    _say(left_out)
    needed = 1 + (validation > 0) + (test > 0)
    few = [f"{folder.name} has {counts[label]}" for label, folder in enumerate(folders) if counts[label] < needed]
    if few:
        raise ValueError(
            f"Each class needs at least {needed} different images, one for each part of the split: {', '.join(few)}. "
            "Add images, or move the folder of that class away."
        )
    fields: dict[str, np.ndarray] = {}
    for part, keys in _split(images, validation, test).items():
        keys = np.random.default_rng(seed).permutation(keys)
        fields[f"x_{part}"] = np.array([images[key][0] for key in keys], np.uint8).reshape(-1, size, size, 3)
        fields[f"y_{part}"] = np.array([images[key][1] for key in keys], np.int64)
    train, held_out, unseen = (len(fields[f"y_{part}"]) for part in ("train", "val", "test"))
    print(f"Split: {train:,} for training, {held_out:,} for validation, {unseen:,} for the test.")
    return Dataset(top.name, tuple(folder.name for folder in folders), **fields)


def _checked(path: str | os.PathLike, size: int, validation: float, test: float, seed: int) -> None:
    """ValueError with a sentence for what cannot be meant."""
    if not isinstance(path, str | os.PathLike):
        raise ValueError(f"{path!r} is not the path of a folder. Give one in quotes: 'photos'.")
    for name, share in {"validation": validation, "test": test}.items():
        if not isinstance(share, Real) or isinstance(share, bool) or not 0 <= share < 1:
            raise ValueError(f"{name} is {share!r}: a share of the images is needed, such as 0.2, or 0 for none.")
    if validation + test >= 1:
        raise ValueError(f"validation {validation} and test {test} leave nothing to train on: give smaller shares.")
    for name, number, least, most in (("size", size, 1, LONGEST_SIDE), ("seed", seed, 0, 2**63 - 1)):
        if not isinstance(number, Integral) or isinstance(number, bool) or not least <= number <= most:
            raise ValueError(f"{name} is {number!r}: a whole number is needed, from {least} to {most:,}.")


def _classes(top: Path) -> tuple[list[Path], list[Path]]:
    """The subfolders, and the files beside them; errors where that is no dataset."""
    if not top.exists():
        raise FileNotFoundError(f"{shown(top)} does not exist. Relative paths start in {Path.cwd()}.")
    if not top.is_dir():
        raise ValueError(f"{shown(top)} is a file. Give the folder that holds one subfolder for each class.")
    found = _listed(top)
    folders = [each for each in found if each.is_dir()]
    if len(folders) < 2:
        only = f"only one class, {shown(folders[0].name)}" if folders else "no subfolder"
        raise ValueError(
            f"{shown(top)} holds {only}. Make one subfolder for each class, two at least, named like the class, and "
            "put its images in there."
        )
    return folders, [each for each in found if not each.is_dir()]


def _listed(folder: Path) -> list[Path]:
    """What lies in a folder, by name, without what the system wrote."""
    try:
        found = sorted(folder.iterdir(), key=lambda each: each.name)
    except OSError as error:
        raise ValueError(f"{shown(folder)} may not be read ({error.strerror}). Copy it to a folder of yours.") from None
    return [each for each in found if not each.name.startswith(".") and each.name.lower() not in OF_THE_SYSTEM]


def _read(folders: list[Path], size: int, seed: int) -> tuple[dict[str, tuple[np.ndarray, int]], dict[str, str]]:
    """Pixels and label of each different image, by a digest of its pixels; and by file why others are left out."""
    images: dict[str, tuple[np.ndarray, int]] = {}
    left_out, first, unsettled = {}, {}, set()
    for label, folder in enumerate(folders):
        for path in _listed(folder):
            file = f"{folder.name}/{path.name}"
            if path.is_dir():
                left_out[file] = f"it is a folder inside a class; move its images up into {shown(folder.name)}."
                continue
            try:
                pixels = photo(path, size)
            except (OSError, ValueError) as error:
                left_out[file] = str(error)
                continue
            key = hashlib.sha256(seed.to_bytes(8) + pixels.tobytes()).hexdigest()
            if key not in images:
                images[key], first[key] = (pixels, label), file
            elif images[key][1] == label:
                left_out[file] = f"it is the same image as {shown(first[key])}."
            else:
                left_out[file] = f"it is the same image as {shown(first[key])}, but in another class."
                left_out[first[key]] = f"it is the same image as {shown(file)}, but in another class."
                unsettled.add(key)
    return {key: image for key, image in images.items() if key not in unsettled}, left_out


def _say(left_out: dict[str, str]) -> None:
    """What is not in the dataset: each file with its reason, from the eleventh on by name."""
    if not left_out:
        return
    names = [shown(file) for file in left_out]
    print(f"Left out: {len(names)} {'file' if len(names) == 1 else 'files'}.")
    for name, reason in list(zip(names, left_out.values()))[:REASONS]:
        print(f"* {name}: {reason}")
    if names[REASONS:]:
        print(f"* and for reasons of these kinds: {', '.join(names[REASONS:])}")


def _split(images: dict[str, tuple[np.ndarray, int]], validation: float, test: float) -> dict[str, list[str]]:
    """Which images are in which part: of each class, in the order of their digests, the test's come first."""
    parts: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for label in sorted({label for _, label in images.values()}):
        keys = sorted(key for key, image in images.items() if image[1] == label)
        unseen = min(max(1, round(test * len(keys))), len(keys) - 1 - (validation > 0)) if test else 0
        held_out = min(max(1, round(validation * len(keys))), len(keys) - 1 - unseen) if validation else 0
        parts["test"] += keys[:unseen]
        parts["val"] += keys[unseen : unseen + held_out]
        parts["train"] += keys[unseen + held_out :]
    return parts
