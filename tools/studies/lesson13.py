"""Lesson 13: features that were learnt elsewhere, how large an image they need, and few labels."""

from __future__ import annotations

import dataclasses

from tools.studies.engine import Asks, Trial, study, together
from tools.studies.lesson11 import LADDER_EPOCHS, top_of_the_ladder

SEEDS = (0, 1, 2)
# Every choice is made with a seed, and so with images, that no reported figure uses.
SEARCH_SEED = 3
SIDES = (32, 64, 96, 128, 224)
PENALTIES = (0.0001, 0.001, 0.01, 0.1, 1.0)
_HERE = "tools.studies.pretrained_features"


@study()
def input_sizes() -> Asks:
    """To how many pixels must an image be enlarged for the frozen features? 50 labels a class, three seeds.

    The penalty of each side's linear head is chosen with seed 3; accuracies are those of 2,000 validation images. The
    side of the other studies is chosen from these figures and from what a side costs.
    """
    yield from together(*map(_sized, SIDES))


def _sized(side: int) -> Asks:
    def trial(seed: int, penalties: list[float], search: bool) -> Trial:
        facts = {"side": side, "labels": 50, "penalties": penalties, "search": search}
        return Trial(None, seed, f"{side} pixels", function=f"{_HERE}:sized", facts=facts)

    (searched,) = yield [trial(SEARCH_SEED, list(PENALTIES), True)]
    yield [trial(seed, [searched["penalty"]], False) for seed in SEEDS]


WAYS = ("frozen features", "fine-tuned", "from scratch")
LABELS, SEARCH_LABELS = (10, 50, 250), 50
SIDE = 96
# As many as ``data_amount`` trains on, from scratch.
IMAGES = (5_000, 15_000, 45_000)


@study()
def few_labels() -> Asks:
    """A linear head on the frozen features of a network that has seen ImageNet, with few labels and with many.

    Features are those of images enlarged to 96 pixels (``input_sizes``). The penalty is chosen on 2,000 validation
    images: with 10, 50 and 250 labels a class by a search with seed 3, then three seeds follow, each with images of its
    own; with the first 5,000, 15,000 and all 45,000 images, the same for every seed, in the one trial itself. The test
    set is used once for each. What training from scratch reaches with 5,000 images and more, ``data_amount`` has.
    """
    yield from together(*map(_few, LABELS), _many())


def _few(labels: int) -> Asks:
    (best,) = yield [_head(labels, SEARCH_SEED, list(PENALTIES), search=True)]
    yield [_head(labels, seed, [best["penalty"]]) for seed in SEEDS]


def _many() -> Asks:
    yield [_head(images // 10, 0, [0.0001, 0.001, 0.01], images) for images in IMAGES]


def _head(labels: int, seed: int, penalties: list[float], images: int | None = None, search: bool = False) -> Trial:
    facts = {"labels": labels, "search": search, "side": SIDE, "penalties": penalties}
    function = f"{_HERE}:frozen"
    return Trial(None, seed, WAYS[0], images, final=not search, function=function, facts=facts)


@study()
def scratch_few_labels() -> Asks:
    """Training from scratch with 10, 50 and 250 labels a class, the same images as ``few_labels``; three seeds.

    The recipe is that of ``data_amount`` with 5,000 images, rate and all; the few images are repeated until an epoch
    has 5,000, so that every number of labels gets equally many steps. Nothing is chosen.
    """
    recipe = dataclasses.replace(top_of_the_ladder(), epochs=LADDER_EPOCHS * 45_000 // 5_000)
    function = "tools.studies.transfer:from_scratch"
    yield [
        Trial(recipe, seed, WAYS[2], function=function, facts={"labels": labels, "most": 500})
        for labels in LABELS
        for seed in SEEDS
    ]


TRANSFER_RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)


@study()
def transfer() -> Asks:
    """Five classes with few labels, by a network that has learnt the other five, three seeds.

    The recipe is that of the top of ``ladder``. Every way gets the same number of steps and its own learning rate,
    searched in the same way. The range ended at 0.01 at first and was widened twice, for all ways, when frozen features
    chose its end; the figures for the old rates were known by then. They still choose the end, 0.3, by 0.0004 against
    0.1. A record has ``labels`` (a class), ``search`` and ``validation_accuracy``.
    """
    yield from together(*map(_transferred, WAYS))


def _transferred(way: str) -> Asks:
    def trial(labels: int, rate: float, seed: int, search: bool) -> Trial:
        facts = {"way": way, "labels": labels, "rate": rate, "search": search, "known": top_of_the_ladder().as_dict()}
        return Trial(None, seed, way, function="tools.studies.transfer:transferred", facts=facts)

    searched = yield [trial(SEARCH_LABELS, rate, SEARCH_SEED, True) for rate in TRANSFER_RATES]
    rate = max(searched, key=lambda record: record["validation_accuracy"])["rate"]
    yield [trial(labels, rate, seed, False) for seed in (0, 1, 2) for labels in LABELS]
