"""Check of lesson 02, exercise 2.4: a stratified split, judged by what it does rather than by one right answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from checks.grading import NotRight, call, describe, exercise, numbers, seeded, wrong

# Classes, images of each, and how many of each are to be held out. Not ten classes, and no number twice.
SPLITS = [(3, 20, 4), (5, 41, 7)]


class Split(NamedTuple):
    """What was asked, and the two arrays of indices that came back."""

    labels: np.ndarray
    held_out: int
    kept: np.ndarray
    held: np.ndarray

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(np.unique(self.labels))

    @property
    def both(self) -> np.ndarray:
        """All indices that came back."""
        return np.concatenate([self.kept, self.held])

    @property
    def counts(self) -> np.ndarray:
        """How many images of each class are held out."""
        return np.bincount(self.labels[self.held], minlength=self.classes)


@exercise("2.4")
def exercise_2_4(stratified_split: Callable) -> str:
    """``stratified_split(labels, held_out, seed)`` gives two arrays of indices, (kept, held_out)."""
    generator = seeded("2.4")
    asked = []
    for classes, each, per_class in SPLITS:
        asked.append((generator.permutation(np.repeat(np.arange(classes), each)), classes * per_class))
    splits = [Split(*case, *_parts(_call_split(stratified_split, *case), case[0])) for case in asked]
    _name_mistake(splits)
    for split in splits:
        _look(split)
    for split, case in zip(splits, asked):
        again, other = (_parts(call(stratified_split, *case, seed), case[0])[1] for seed in (0, 1))
        if not np.array_equal(np.sort(again), np.sort(split.held)):
            wrong(
                "seed 0 gave two different splits. Make the generator inside the function: np.random.default_rng(seed)."
            )
        if np.array_equal(np.sort(other), np.sort(split.held)):
            wrong("seed 0 and seed 1 hold out the same images. The seed must decide which ones are drawn.")
    return "No image in both parts, none lost, every class with the same share, and the seed brings it back."


def _name_mistake(splits: list[Split]) -> None:
    """Name what explains the splits of all cases."""

    def always(shows: Callable[[Split], bool]) -> bool:
        return all(map(shows, splits))

    first = splits[0]
    if always(lambda s: len(s.kept) == s.held_out and len(s.held) == len(s.labels) - s.held_out):
        wrong("the two parts are swapped: first what is kept for training, then what is held out.")
    if always(lambda s: len(s.both) == len(s.labels) and len(np.unique(s.both)) <= s.classes):
        wrong("these look like labels. Return the positions of the images: indices into the array of labels.")
    if always(lambda s: len(s.held) == s.classes * s.held_out):
        wrong(
            f"you hold out {first.held_out} images of each class, {len(first.held)} in all. {first.held_out} is the "
            "number for all classes together."
        )
    if always(lambda s: len(s.held) == s.classes * (s.held_out // 10)):
        wrong(f"you hold out {len(first.held)} images instead of {first.held_out}. {_not_ten(first.labels)}")
    if always(_within_classes):
        wrong(
            f"the held-out indices run from 0 to {first.held.max()} only, and a class has "
            f"{len(first.labels) // first.classes} images: these look like positions within a class. Draw from the "
            "positions of its images among all labels."
        )


def _within_classes(split: Split) -> bool:
    if len(split.held) != split.held_out or split.held.max() >= len(split.labels) // split.classes:
        return False
    return bool((split.counts != split.held_out // split.classes).any() or len(np.unique(split.both)) < len(split.both))


def _look(split: Split) -> None:
    """Say the first thing that is wrong with one split."""
    labels, held_out, kept, held = split
    both = split.both
    if len(np.unique(both)) < len(both):
        overlap = np.intersect1d(kept, held)
        if len(overlap):
            images = "1 image is" if len(overlap) == 1 else f"{len(overlap)} images are"
            wrong(f"{images} in both parts, number {overlap[0]} for one. An image belongs to one.")
        wrong("some images come twice in one part: draw without replacement (replace=False).")
    if len(both) < len(labels):
        missing = np.setdiff1d(np.arange(len(labels)), both)
        images = "1 image is" if len(missing) == 1 else f"{len(missing)} images are"
        wrong(f"{images} in neither part, number {missing[0]} for one. Keep the rest.")
    if len(held) != held_out:
        wrong(f"{held_out} images are to be held out, you hold out {len(held)}.")
    per_class = held_out // split.classes
    if (split.counts != per_class).any():
        wrong(
            f"the held-out images hold {split.counts.tolist()} of the classes; all should have {per_class}. "
            "Draw from each class by itself."
        )


def _call_split(stratified_split: Callable, labels: np.ndarray, held_out: int) -> Any:
    try:
        return call(stratified_split, labels, held_out, 0)
    except NotRight as error:
        # Does it stop because it is written for CIFAR-10's ten classes?
        if "your function stopped" in str(error):
            try:
                call(stratified_split, np.arange(100) % 10, 50, 0)
            except NotRight:
                raise error from None
            wrong(f"{str(error).partition(' It was called')[0]} {_not_ten(labels)}")
        raise


def _not_ten(labels: np.ndarray) -> str:
    return f"This test has {len(np.unique(labels))} classes, not ten: find them with np.unique(labels)."


def _parts(result: Any, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of indices, whatever they came as."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        wrong(f"return two arrays, (kept, held_out); this is {describe(result)}.")
    kept, held = (_indices(part, name, len(labels)) for name, part in zip(("kept", "held_out"), result))
    return kept, held


def _indices(part: Any, name: str, images: int) -> np.ndarray:
    mask = part.ravel() if isinstance(part, np.ndarray) else part if isinstance(part, (list, tuple)) else ()
    if len(mask) and all(isinstance(each, (bool, np.bool_)) for each in mask):
        wrong(f"{name} is a mask of True and False. Return indices: np.flatnonzero turns one into the other.")
    values = numbers(part, name)
    if values.ndim != 1:
        wrong(f"{name} should be one row of indices, yours has the shape {values.shape}.")
    if (values != np.floor(values)).any():
        wrong(f"{name} holds {values[values != np.floor(values)][0]:g}, which is no index.")
    if len(values) and (values.min() < 0 or values.max() >= images):
        wrong(
            f"{name} runs from {values.min():g} to {values.max():g}; "
            f"with {images} images, indices run from 0 to {images - 1}."
        )
    kind = np.asarray(part).dtype
    if len(values) and kind.kind not in "iu":
        wrong(f"{name} has the type {kind}. Only integers can be indices: x[{name}] would stop with an error.")
    return values.astype(int)
