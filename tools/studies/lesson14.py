"""Lesson 14: the stored networks outside the test set, and what training with noise is worth there."""

from __future__ import annotations

import dataclasses

from tools.studies.engine import Asks, Trial, study
from tools.studies.lesson11 import top_of_the_ladder

NETWORKS = (
    "strided_cnn",
    "deeper_cnn",
    "plain_cnn",
    "dense_head_cnn",
    "batchnorm_cnn",
    "guide_cnn",
    "improved_cnn",
    "fast90",
    "fast94",
)
REMEDY_NOISE = 20.0


@study()
def outside() -> Asks:
    """Is a better model a more robust one? Nine stored networks on corrupted and on attacked test images.

    The protocol, fixed before the first run. Images: the first 1,000 of the test set, the first 200 for attacks; one
    view of each. Corruptions: all of helpers/corruptions.py at all five strengths, seed 0. Attacks: FGSM, and PGD of
    ten steps, with bounds of 1, 2 and 4 grey values, in float32. The claim is tried at strength 3, for each corruption
    and each of the 36 pairs of networks that differ on clean images: the better one keeps its lead, loses it, or the
    interval of the paired difference includes 0; all intervals are at 95 % together, by Bonferroni's rule for 216 of
    them. The claim fails for a corruption when one pair or more changes places. Seen before the protocol was written:
    accuracies on clean images, with noise and with shifts of 4 pixels, at the same strengths, in a timing run.
    One training of each network is stored: the verdict is on these nine, not on their recipes. A record says of each
    condition ``accuracy``, ``confidence`` (the mean), ``calibration_error`` (15 bins) and ``right``, image by image
    (helpers/records/bits.py).
    """
    yield [
        Trial(None, 0, f"{name}, {part}", function=f"tools.studies.outside:{part}", facts={"network": name})
        for part in ("corrupted", "attacked")
        for name in NETWORKS
    ]


@study()
def noise_as_remedy() -> Asks:
    """Does training with noise help against noise, and against what it has not seen? Three seeds.

    The protocol, fixed before the first run: the recipe at the top of ``ladder``, eight epochs,
    without noise and with noise of 20 grey values on every image. The last epoch counts; nothing is chosen. Judged on
    the first 1,000 test images, clean and at strength 3 of each corruption, by the 95 % interval of the difference.
    """
    recipe = top_of_the_ladder()
    function = "tools.studies.outside:trained"
    yield [
        Trial(dataclasses.replace(recipe, noise=noise), seed, label, final=True, function=function)
        for seed in (0, 1, 2)
        for label, noise in (("without noise", 0.0), ("with noise", REMEDY_NOISE))
    ]
