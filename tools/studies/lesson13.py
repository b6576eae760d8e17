"""Lesson 13: features that were learnt elsewhere, how large an image they need, and few labels."""

from __future__ import annotations

import dataclasses

from tools.studies.engine import Asks, Trial, study, together
from tools.studies.lesson11 import top_of_the_ladder

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
TUNED_RATES = (0.00003, 0.0003, 0.003)
SCRATCH_RATES = (0.001, 0.003, 0.01)
# So many passes over the images; from scratch: epochs, and how many images one has (repeated).
TUNED_EPOCHS = {10: 10, 50: 6, 250: 3}
SCRATCH_EPOCHS = {10: (10, 1_000), 50: (10, 2_000), 250: (12, 2_500)}


@study()
def few_labels() -> Asks:
    """Ten classes with few labels: a network that has seen ImageNet, frozen or fine-tuned, against one from scratch.

    Choices are made on 2,000 validation images with seed 3: the penalty of the linear head for each number of labels,
    the learning rates of the other two ways with 50 labels a class, three rates each. Then three seeds, each with
    images of its own, and the test set once. Features are those of images enlarged to 96 pixels (``input_sizes``).
    Fine-tuning starts from the linear head of the frozen features and moves the last blocks. From scratch: half of
    ``improved_cnn``, with flips and shifts. With all 4,500 labels the features are the same for every seed, so there
    is one trial; ``improved_cnn`` itself is its counterpart.
    """
    yield from together(*map(_frozen, LABELS), _fine_tuned(), _from_scratch(), _all_labels())


def _head(labels: int, seed: int, search: bool, penalties: list[float]) -> Trial:
    facts = {"labels": labels, "search": search, "side": SIDE, "penalties": penalties}
    return Trial(None, seed, WAYS[0], final=not search, function=f"{_HERE}:frozen", facts=facts)


def _frozen(labels: int) -> Asks:
    (best,) = yield [_head(labels, SEARCH_SEED, True, list(PENALTIES))]
    yield [_head(labels, seed, False, [best["penalty"]]) for seed in SEEDS]


def _fine_tuned() -> Asks:
    heads = yield [_head(labels, SEARCH_SEED, True, list(PENALTIES)) for labels in LABELS]
    penalties = {head["labels"]: head["penalty"] for head in heads}

    def trial(labels: int, rate: float, seed: int, search: bool) -> Trial:
        facts = {"labels": labels, "side": SIDE, "search": search, "penalty": penalties[labels]}
        facts |= {"rate": rate, "epochs": TUNED_EPOCHS[labels]}
        return Trial(None, seed, WAYS[1], final=not search, function=f"{_HERE}:fine_tuned", facts=facts)

    searched = yield [trial(SEARCH_LABELS, rate, SEARCH_SEED, True) for rate in TUNED_RATES]
    yield [trial(labels, _best(searched), seed, False) for labels in LABELS for seed in SEEDS]


def _from_scratch() -> Asks:
    def trial(labels: int, rate: float, seed: int, search: bool) -> Trial:
        epochs, images = SCRATCH_EPOCHS[labels]
        recipe = dataclasses.replace(top_of_the_ladder(), batch_size=50, epochs=epochs).as_dict()
        facts = {"labels": labels, "search": search, "rate": rate, "recipe": recipe, "images": images}
        return Trial(None, seed, WAYS[2], final=not search, function=f"{_HERE}:from_scratch", facts=facts)

    searched = yield [trial(SEARCH_LABELS, rate, SEARCH_SEED, True) for rate in SCRATCH_RATES]
    yield [trial(labels, _best(searched), seed, False) for labels in LABELS for seed in SEEDS]


def _best(searched: list[dict]) -> float:
    return max(searched, key=lambda record: record["validation_accuracy"])["rate"]


def _all_labels() -> Asks:
    yield [_head(4_500, 0, False, [0.001, 0.01])]


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
