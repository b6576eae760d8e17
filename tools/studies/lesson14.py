"""Lesson 14: the stored networks outside the test set."""

from __future__ import annotations

from tools.studies.engine import Asks, Trial, study

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
