"""Checks of lesson 13, Transfer: drawing a few labels and what may learn on here, the new head beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import by_rules, call, exercise, numbers, seeded, wrong
from checks.lesson13_head import exercise_13_1, reference_with_new_head

__all__ = [
    "exercise_13_1",
    "exercise_13_2",
    "exercise_13_3",
    "reference_few_of_each",
    "reference_may_learn",
    "reference_with_new_head",
]

# --- 13.2: a few images of each class


@exercise("13.2")
def exercise_13_2(few_of_each: Callable) -> str:
    """``few_of_each(labels, count, generator)`` gives indices: ``count`` images of each class, at random."""
    generator = seeded("13.2")
    for classes, count in ((3, 2), (5, 4), (10, 3)):
        labels = generator.permutation(np.repeat(np.arange(classes), generator.integers(30, 50, classes)))
        seeds = [int(seed) for seed in generator.integers(1_000, size=4)]
        draws = [_drawn(few_of_each, labels, count, seed) for seed in seeds]
        first = np.concatenate([np.flatnonzero(labels == label)[:count] for label in range(classes)])
        if all(np.array_equal(np.sort(draw), np.sort(first)) for draw in draws):
            wrong("you always take the first images of each class. Draw them at random, by `generator.choice`.")
        if all(np.array_equal(np.sort(draw), np.sort(draws[0])) for draw in draws[1:]):
            wrong("four generators with other seeds gave the same images. Draw with the generator that is passed.")
        if not np.array_equal(draws[0], _drawn(few_of_each, labels, count, seeds[0])):
            wrong(
                "twice the same seed gave different images. Draw with the generator that is passed, and with nothing "
                "else: then your experiment can be repeated."
            )
        _all_can_be_drawn(few_of_each, labels)
    return "Another seed draws other images: that is how you see the noise of a small training set."


def _drawn(few_of_each: Callable, labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """What the answer draws, when it has the right number of images of each class."""
    answer = call(few_of_each, labels, count, _Generator(seed))
    classes = labels.max() + 1
    case = f"{len(labels)} labels of {classes} classes and count = {count}"
    array = numbers(answer, "the indices")
    if array.ndim == 2 and array.shape == (classes, count):
        wrong("you return a list for each class. One flat list of indices is wanted; np.concatenate joins them.")
    if array.shape == labels.shape and np.isin(array, (0, 1)).all():
        wrong("you return a mark for every image. Indices are wanted: np.flatnonzero gives them.")
    if array.ndim != 1:
        wrong(f"for {case} the result has the shape {array.shape}. One flat list of indices is wanted.")
    if (array != np.trunc(array)).any() or array.min(initial=0) < 0 or array.max(initial=0) >= len(labels):
        wrong(f"for {case} your result holds a number that is no index from 0 to {len(labels) - 1}.")
    array = array.astype(int)
    if len(array) == count:
        wrong(f"for {case} there are {count} indices in all. `count` images of *each* class are wanted.")
    if np.array_equal(np.sort(array), np.repeat(np.arange(classes), count)):
        wrong("you return labels. The *indices* of the images are wanted.")
    if len(np.unique(array)) < len(array):
        wrong("an index comes more than once. Draw without replacement: `replace=False`.")
    found = np.bincount(labels[array], minlength=classes)
    if len(array) == count * classes and (found != count).any():
        wrong(
            f"for {case} the number of images is right, but class {found.argmax()} has {found.max()} of them. Draw "
            "from each class by itself."
        )
    for label, number in enumerate(found):
        if number != count:
            wrong(f"for {case} class {label} has {number} images in your result; {count} are wanted.")
    return array


class _Generator(np.random.Generator):
    """A random generator whose use is no change of an input."""

    def __new__(cls, seed: int):
        return super().__new__(cls)

    def __init__(self, seed: int):
        super().__init__(np.random.PCG64(seed))
        self.seed = seed

    def __deepcopy__(self, memo: dict) -> _Generator:
        return _Generator(self.seed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Generator) and other.seed == self.seed

    __hash__ = None


def _all_can_be_drawn(few_of_each: Callable, labels: np.ndarray) -> None:
    """Whether late images have a chance: in 16 draws of 3, none of the last quarter is a one in a million."""
    drawn = np.concatenate([_drawn(few_of_each, labels, 3, seed) for seed in range(16)])
    for label in range(labels.max() + 1):
        members = np.flatnonzero(labels == label)
        if not np.isin(drawn, members[3 * len(members) // 4 :]).any():
            wrong(f"of class {label} you never draw one of the last images. Every image should have its chance.")


def reference_few_of_each(labels: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Of a random order of all images, the first of each class."""
    order = generator.permutation(len(labels))
    return np.concatenate([order[np.asarray(labels)[order] == label][:count] for label in np.unique(labels)])


# --- 13.3: which layers learn on?

NORMALIZATION = "BatchNormalization"


@exercise("13.3")
def exercise_13_3(may_learn: Callable) -> str:
    """``may_learn(kinds, first)`` gives True or False for each layer: from ``first`` on, but no normalization."""
    generator = seeded("13.3")
    kinds = np.array(["Conv2D", NORMALIZATION, "ReLU", "DepthwiseConv2D", "Add"])
    cases = [(["Conv2D", NORMALIZATION, "ReLU", "DepthwiseConv2D", NORMALIZATION, "Dense"], first) for first in (3, 0)]
    for length, first in ((9, 4), (14, 5), (20, 11)):
        drawn = kinds[generator.integers(0, len(kinds), length)].tolist()
        drawn[first - 1 : first + 2] = ["Conv2D", "Conv2D", NORMALIZATION]
        drawn[0] = NORMALIZATION
        cases.append((drawn, first))
    by_rules(
        lambda kinds, first: _flags(call(may_learn, kinds, first), len(kinds)),
        cases,
        lambda kinds, first: np.array(reference_may_learn(kinds, first), int),
        _learning_mistakes,
        lambda kinds, first: f"{len(kinds)} layers and first = {first}",
        "Go through the layers by their index: is it at least `first`, and what kind is the layer?",
    )
    return "What normalization has measured on 1.28 million images stays as it is."


def reference_may_learn(kinds: list[str], first: int) -> list[bool]:
    """True from ``first`` on, except for batch normalization."""
    return [index >= first and kind != NORMALIZATION for index, kind in enumerate(kinds)]


def _flags(answer: Any, length: int) -> np.ndarray:
    array = numbers(np.asarray(answer, int) if _booleans(answer) else answer, "the list")
    if array.shape != (length,) and array.ndim == 1 and len(array):
        wrong(f"for {length} layers your list has {len(array)} entries. One True or False for each layer is wanted.")
    return array


def _booleans(answer: Any) -> bool:
    if isinstance(answer, (list, tuple)):
        return bool(answer) and all(isinstance(one, (bool, np.bool_)) for one in answer)
    return getattr(answer, "dtype", None) == "bool"


def _learning_mistakes(kinds: list[str], first: int) -> dict[str, np.ndarray]:
    late, normal = np.arange(len(kinds)) >= first, np.array(kinds) == NORMALIZATION
    table = {
        "normalization may learn in yours. Its means and variances are ImageNet's; a few images would spoil them.": (
            late
        ),
        "the early layers may learn in yours, too. Those before index `first` stay frozen.": ~normal,
        "it is the other way round: you have True for the layers that stay frozen.": ~(late & ~normal),
        "in yours the layers *before* `first` learn. The early ones stay as they are.": ~late & ~normal,
        "the layer at index `first` itself stays frozen in yours. It is the first one that learns.": (
            (np.arange(len(kinds)) > first) & ~normal
        ),
        "one layer too many learns in yours: the one before index `first`.": (
            (np.arange(len(kinds)) >= first - 1) & ~normal
        ),
        "only normalization learns in yours. It is the one kind that stays frozen.": late & normal,
        "nothing learns in yours.": late & False,
        "everything learns in yours.": late | True,
        "only ordinary convolutions learn in yours. All kinds but normalization may.": (
            late & (np.array(kinds) == "Conv2D")
        ),
    }
    return {sentence: np.asarray(flags, int) for sentence, flags in table.items()}
