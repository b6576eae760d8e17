"""Check of lesson 03, exercise 3.3: the cross-entropy of usual logits, then of large ones, stage by stage."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from checks.grading import by_rules, exercise, seeded
from checks.lesson03_softmax import LARGE_AND_SMALL, TWO_ROWS, WHOLE_BATCH, finite, reference_softmax, written


@exercise("3.3")
def exercise_3_3(cross_entropy: Callable) -> str:
    """``cross_entropy(logits, labels)``, (images, classes) and (images,) integers, gives the mean loss, one number."""
    with np.errstate(all="ignore"):
        _cross_entropy_of_usual_logits(cross_entropy)
        _cross_entropy_of_large_logits(cross_entropy)
    return "A mistake made with full confidence costs 1000 here, not infinity."


def _losses(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(labels)), labels]


def reference_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean of -log p(label), without computing a probability."""
    return _losses(logits, labels).mean()


def _cross_entropy_of_usual_logits(cross_entropy: Callable) -> None:
    def shapes(logits: np.ndarray, labels: np.ndarray) -> dict[str, tuple[int, ...]]:
        images, classes = logits.shape
        several = "for {case} you return one number for each image. Their mean is the loss of the batch."
        return {
            several: (images,),
            several.replace("one number", "a column with one number"): (images, 1),
            "for {case} you return one number for each image and class. Only the label's class counts, and then the "
            "mean over the images.": (images, classes),
        }

    generator, cases = seeded("3.3"), []
    for images, classes in ((6, 4), (1, 10), (30, 3)):
        cases.append((generator.normal(scale=2.0, size=(images, classes)), generator.integers(classes, size=images)))
    by_rules(
        cross_entropy,
        cases,
        reference_cross_entropy,
        _cross_entropy_mistakes,
        lambda logits, labels: f"{logits.shape[0]} images and {logits.shape[1]} classes",
        "Check one case on paper: equal logits for 10 classes should cost log 10 = 2.303.",
        shapes=shapes,
    )


def _cross_entropy_mistakes(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    images, classes = logits.shape
    rows, losses = np.arange(images), _losses(logits, labels)
    shares = reference_softmax(logits)
    of_label = shares[rows, labels]
    whole_batch = np.exp(logits) / np.exp(logits).sum()
    columns = np.exp(logits) / np.exp(logits).sum(axis=0)
    # What Keras computes from logits that it takes for probabilities: clipped, then divided by their sum.
    clipped = np.clip(logits, 1e-7, 1 - 1e-7)
    return {
        "these are the losses, one for each image. Their mean is the loss of the batch.": losses,
        "this is the sum over the batch. Take the mean, or the loss grows with the batch size.": losses.sum(),
        "this is the loss of the first image. The batch has more of them: take the mean.": losses[0],
        "this is the loss of the last image. The batch has more of them: take the mean.": losses[-1],
        "this is the mean probability of the labels. The cost of an image is minus its logarithm.": of_label.mean(),
        "you pick the column before the label's. Classes are counted from 0, as columns are.": (
            _losses(logits, labels - 1).mean()
        ),
        "this is the cost of the largest logit. The label says which class counts.": (
            _losses(logits, logits.argmax(axis=1)).mean()
        ),
        "the logits of the labels are missing: this is the logarithm of the sum of exponentials.": (
            np.logaddexp.reduce(logits, axis=1).mean()
        ),
        "you weigh each logarithm with its probability, as for the entropy. Only the label's probability counts.": (
            -(shares * np.log(shares)).sum(axis=1).mean()
        ),
        "this is in bits: you used log2. Keras, and the 2.303 above, use the natural logarithm, np.log.": (
            losses.mean() / math.log(2)
        ),
        "you used log10. The natural logarithm is np.log.": losses.mean() / math.log(10),
        "the sign is reversed: the logarithm of a probability is negative, its cost is minus that.": -losses.mean(),
        "you divide by images × classes. Only one number for each image counts: divide by the images.": (
            losses.mean() / classes
        ),
        "this is the mean over all classes, the wrong ones too. Only the probability of the label counts.": (
            -np.log(shares).mean()
        ),
        "logits[:, labels] picks every label's column for every image. Pair each row with its own label.": (
            -np.log(shares)[:, labels].mean()
        ),
        "your softmax runs over the columns. The classes of an image lie along axis 1.": (
            -np.log(columns[rows, labels]).mean()
        ),
        "your softmax adds up the whole batch. Each image has its own sum.": -np.log(whole_batch[rows, labels]).mean(),
        "you apply softmax twice.": -np.log(reference_softmax(shares)[rows, labels]).mean(),
        "these are the logits of the labels, without softmax.": -logits[rows, labels].mean(),
        "you average the probabilities and then take the logarithm. Each image has its own logarithm.": (
            -math.log(of_label.mean())
        ),
        "the logarithm is missing: this is 1 - p.": (1 - of_label).mean(),
        "this is the squared error of the probabilities, not the cross-entropy.": (
            ((shares - np.eye(classes)[labels]) ** 2).mean()
        ),
        "Keras takes these for probabilities. Tell it that they are logits: from_logits=True.": (
            -np.log((clipped / clipped.sum(axis=1, keepdims=True))[rows, labels]).mean()
        ),
    }


def _cross_entropy_of_large_logits(cross_entropy: Callable) -> None:
    def stage(cases: list, advice: str | Callable, overflow: str, mistakes: Callable | None = None) -> None:
        cases = [(np.array(logits), np.array(labels)) for logits, labels in cases]
        by_rules(cross_entropy, cases, reference_cross_entropy, mistakes, _with_label, advice, finite(overflow))

    def clipped(got: float, *_) -> str:
        if 0 < got < 700:
            return (
                f"It should cost 1000. {got:.4g} is -log({math.exp(-got):.2g}): was a probability clipped there, or a "
                "small number added? From the logits no such help is needed."
            )
        return "It should cost 1000."

    stage(
        [([[0.0, 1000.0, 0.0]], [1])],
        "It should cost 0.",
        "right for small logits, but {case} gives NaN or infinity. Does exp(1000) in your sum overflow, as in exercise "
        "3.1? Or do you take the logarithm of a probability that is rounded to 0?",
    )
    stage(
        [([[0.0, 1000.0, 0.0]], [2])],
        clipped,
        "right for small logits, but {case} gives NaN or infinity. A probability is rounded to 0 there, and log 0 is "
        "minus infinity. On paper, write the logarithm of the quotient as a difference first.",
    )
    stage(
        [([[0.0, 2000.0, 0.0]], [2]), ([[-1000.0, 1000.0, 0.0]], [0]), ([[1000.0, -1000.0, 1000.0, 0.0]], [1])],
        lambda got, logits, labels: (
            f"It should cost {reference_cross_entropy(logits, labels):.1f}. No limit and no substitute for infinity is "
            "needed when the logarithm of the quotient is written as a difference."
        ),
        "[0, 1000, 0] works, but {case} gives NaN or infinity. Is exp still too large after your subtraction? Which "
        "number must you take away so that nothing above 0 is left?",
    )
    stage(
        [(LARGE_AND_SMALL, [1, 0])],
        "Each image by itself is right.",
        f"one image at a time works. {TWO_ROWS}",
        lambda logits, labels: {WHOLE_BATCH: np.mean(np.log(np.exp(logits - logits.max()).sum(axis=1))) + 1000.0},
    )


def _with_label(logits: np.ndarray, labels: np.ndarray) -> str:
    return f"{written(logits[0])} with label {labels[0]}"
