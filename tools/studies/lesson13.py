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
LABELS = (10, 50, 250)
SIDE = 96
TUNED_RATES = (0.00003, 0.0003, 0.003)
SCRATCH_RATES = (0.001, 0.003, 0.01)
# So many passes over the images; from scratch: epochs, and how many images one has (repeated).
TUNED_EPOCHS = {10: 10, 50: 6, 250: 3}
SCRATCH_EPOCHS = {10: (10, 1_000), 50: (10, 2_000), 250: (12, 2_500)}


@study()
def few_labels() -> Asks:
    """Ten classes with few labels: a network that has seen ImageNet, frozen or fine-tuned, against one from scratch.

    Each way has one hyperparameter (penalty of the head, or learning rate), chosen for each number of labels on 2,000
    validation images with seed 3; then three seeds, each with images of its own, and the test set once. Features are
    those of images enlarged to 96 pixels, by ``input_sizes``. Fine-tuning starts from the linear head of the frozen
    features and moves the last blocks. From scratch: half of ``improved_cnn``, with flips and shifts. With all 4,500
    labels the features are the same for every seed, so there is one trial; ``improved_cnn`` is its counterpart.
    """
    asks = [_few(labels, way) for labels in LABELS for way in ("frozen features", "from scratch")]
    yield from together(*asks, _few_tuned(10), _few_tuned(50), _few_tuned(250), _all_labels())


def _few(labels: int, way: str) -> Asks:
    """Choose by the search, then three seeds."""

    def trial(facts: dict, seed: int, search: bool) -> Trial:
        facts = {"labels": labels, "search": search} | facts
        name = "frozen" if way == WAYS[0] else "from_scratch"
        return Trial(None, seed, way, final=not search, function=f"{_HERE}:{name}", facts=facts)

    if way == WAYS[0]:
        (best,) = yield [trial({"side": SIDE, "penalties": list(PENALTIES)}, SEARCH_SEED, True)]
        yield [trial({"side": SIDE, "penalties": [best["penalty"]]}, seed, False) for seed in SEEDS]
        return
    epochs, images = SCRATCH_EPOCHS[labels]
    recipe = dataclasses.replace(top_of_the_ladder(), batch_size=50, epochs=epochs).as_dict()
    fixed = {"recipe": recipe, "images": images}
    searched = yield [trial({"rate": rate} | fixed, SEARCH_SEED, True) for rate in SCRATCH_RATES]
    best = max(searched, key=lambda record: record["validation_accuracy"])
    yield [trial({"rate": best["rate"]} | fixed, seed, False) for seed in SEEDS]


def _few_tuned(labels: int) -> Asks:
    def trial(penalty: float, rate: float, seed: int, search: bool) -> Trial:
        facts = {"labels": labels, "side": SIDE, "search": search, "penalty": penalty}
        facts |= {"rate": rate, "epochs": TUNED_EPOCHS[labels]}
        return Trial(None, seed, WAYS[1], final=not search, function=f"{_HERE}:fine_tuned", facts=facts)

    facts = {"labels": labels, "search": True, "side": SIDE, "penalties": list(PENALTIES)}
    (head,) = yield [Trial(None, SEARCH_SEED, WAYS[0], function=f"{_HERE}:frozen", facts=facts)]
    searched = yield [trial(head["penalty"], rate, SEARCH_SEED, True) for rate in TUNED_RATES]
    best = max(searched, key=lambda record: record["validation_accuracy"])
    yield [trial(head["penalty"], best["rate"], seed, False) for seed in SEEDS]


def _all_labels() -> Asks:
    facts = {"labels": 4_500, "side": SIDE, "penalties": list(PENALTIES), "search": False}
    yield [Trial(None, 0, WAYS[0], final=True, function=f"{_HERE}:frozen", facts=facts)]
