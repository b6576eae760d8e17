"""Lesson 13: features that were learnt elsewhere, how large an image they need, and few labels."""

from __future__ import annotations

import dataclasses

from tools.studies.engine import Asks, Trial, study, together
from tools.studies.lesson11 import top_of_the_ladder

SEEDS = (0, 1, 2)
# Every choice is made with a seed, and so with images, that no reported figure uses.
SEARCH_SEED = 3
SIDES = (32, 64, 96, 128, 160, 224)
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
