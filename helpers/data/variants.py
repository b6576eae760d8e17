"""Other test sets for CIFAR-10's classes, read when you have their files: CIFAR-10.1 and CIFAR-10-C.

Nothing is fetched. A folder is named by CIFAR10_1_PATH or CIFAR10_C_PATH, or lies in data/ as CIFAR-10.1 or CIFAR-10-C.

CIFAR-10.1 (Recht et al. 2018, arXiv:1806.00451), version 6: cifar10.1_v6_data.npy and cifar10.1_v6_labels.npy, 2,000
new images; github.com/modestyachts/CIFAR-10.1. CIFAR-10-C (Hendrycks and Dietterich 2019, arXiv:1903.12261): NAME.npy
for each corruption, the 10,000 test images five times from the weakest to the strongest, and labels.npy for all of
them; doi.org/10.5281/zenodo.2535967.
"""

import json
import os
from pathlib import Path

import numpy as np

from helpers import places
from helpers.data import download
from helpers.data.download import DatasetError

VARIABLES = {"CIFAR-10.1": "CIFAR10_1_PATH", "CIFAR-10-C": "CIFAR10_C_PATH"}
NEW_IMAGES, TEST_IMAGES, STRENGTHS = 2_000, 10_000, 5


def folder(name: str) -> Path | None:
    """The folder of "CIFAR-10.1" or "CIFAR-10-C" on this machine, None without one; DatasetError when named wrongly."""
    named = os.environ.get(VARIABLES[name], "")
    path = Path(named).expanduser() if named else places.DATA / name
    if path.is_dir():
        return path
    if named:
        raise DatasetError(f"{VARIABLES[name]} names {named}, and there is no such folder. Mend it or unset it.")
    return None


def cifar10_1() -> tuple[np.ndarray, np.ndarray]:
    """Images (2000, 32, 32, 3) uint8 and labels (2000,) int64. Raises DatasetError where the files are not these."""
    where = _known("CIFAR-10.1")
    files = json.loads(places.MANIFEST.read_text(encoding="utf-8")).get("cifar10_1", {}).get("files", {})
    for name, facts in files.items():
        path = where / name
        if not path.is_file() or download.sha256(path) != facts["sha256"]:
            raise DatasetError(
                f"{path} is missing or is not the published file: its SHA-256 must begin with {facts['sha256'][:12]}. "
                "Get it anew from github.com/modestyachts/CIFAR-10.1, folder datasets."
            )
    images = _array(where / "cifar10.1_v6_data.npy", (NEW_IMAGES, 32, 32, 3))
    return np.array(images), _labels(where / "cifar10.1_v6_labels.npy", NEW_IMAGES)


def cifar10_c(corruption: str, strength: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (10000, 32, 32, 3) uint8 of one corruption, such as "gaussian_noise", at strength 1 to 5; labels int64.

    Their SHA-256 is not checked: we know of no source that publishes it. Raises ValueError for another strength,
    DatasetError where the files are missing or of another form.
    """
    if strength not in range(1, STRENGTHS + 1):
        raise ValueError(f"strength is {strength!r}: choose a whole number from 1 to {STRENGTHS}.")
    where, count = _known("CIFAR-10-C"), STRENGTHS * TEST_IMAGES
    names = sorted(path.stem for path in where.glob("*.npy") if path.stem != "labels")
    if corruption not in names:
        raise DatasetError(f"{where} has no {corruption}.npy. It has: {', '.join(names) or 'none'}.")
    part = slice((strength - 1) * TEST_IMAGES, strength * TEST_IMAGES)
    images = _array(where / f"{corruption}.npy", (count, 32, 32, 3))
    return np.array(images[part]), _labels(where / "labels.npy", count)[part]


def _known(name: str) -> Path:
    if (path := folder(name)) is None:
        raise DatasetError(
            f"{name} is not here. Put its files into {places.DATA / name}, or name their folder in {VARIABLES[name]}."
        )
    return path


def _array(path: Path, shape: tuple[int, ...], kind: type = np.uint8) -> np.ndarray:
    """What a file of NumPy holds, still on the disk; DatasetError unless it has this shape and kind of numbers."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(f"{path} cannot be read as an array of NumPy: {error}. Get the file anew.") from None
    if array.shape != shape or not np.issubdtype(array.dtype, kind):
        raise DatasetError(
            f"{path} holds {array.dtype} of the shape {array.shape}; {kind.__name__} of the shape {shape} is expected."
        )
    return array


def _labels(path: Path, count: int) -> np.ndarray:
    labels = np.array(_array(path, (count,), np.integer), np.int64)
    if labels.min() < 0 or labels.max() > 9:
        raise DatasetError(f"{path} holds labels from {labels.min()} to {labels.max()}; 0 to 9 are expected.")
    return labels
