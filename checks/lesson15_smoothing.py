"""Check of lesson 15, exercise 15.5: smoothed labels and their loss."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from checks.grading import blows_up, by_rules, exercise, seeded, values, wrong


def reference_smoothed_loss(logits: np.ndarray, targets: np.ndarray) -> float:
    """The mean cross-entropy of logits and targets, both (images, classes)."""
    log_sums = np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return -(targets * (logits - log_sums)).sum(axis=1).mean()


def reference_smoothed_targets(y: np.ndarray, classes: int, smoothing: float) -> np.ndarray:
    """One-hot labels (images, classes) of which a share is spread evenly over all classes."""
    return (1 - smoothing) * np.eye(classes)[y] + smoothing / classes


@exercise("15.5")
def exercise_15_5(smoothed_targets: Callable, smoothed_loss: Callable) -> str:
    """``smoothed_targets(y, classes, smoothing)`` (n, classes) and the mean loss ``smoothed_loss(logits, targets)``."""
    generator = seeded("15.5")
    settings = ((3, 4, 0.2), (6, 10, 0.25), (5, 3, 0.5), (4, 10, 0.0), (1, 2, 0.1))
    cases = [(_labels(generator, images, classes), classes, smoothing) for images, classes, smoothing in settings]
    by_rules(
        smoothed_targets,
        cases,
        _targets,
        _target_mistakes,
        lambda y, classes, smoothing: f"the labels {y.tolist()}, {classes} classes and a smoothing of {smoothing}",
        _advise_on_targets,
    )
    cases = []
    for images, classes, size in ((3, 4, 2.0), (6, 10, 3.0), (1, 3, 1.0), (5, 10, 1000.0)):
        y = _labels(generator, images, classes)
        cases.append((generator.normal(0, size, (images, classes)), _targets(y, classes, 0.2)))
    # Any targets, not only smoothed labels: no two classes of an image have the same share.
    cases.insert(2, (generator.normal(0, 2, (5, 3)), generator.dirichlet((1, 2, 3), 5)))
    with np.errstate(all="ignore"):
        # What overflows is said in a sentence; NumPy's warning would stand before it.
        by_rules(smoothed_loss, cases[:4], _loss, _loss_mistakes, _said, _first_image, tolerance=1e-4)
        by_rules(
            smoothed_loss,
            cases[4:],
            _loss,
            None,
            lambda logits, _: f"logits up to {np.abs(logits).max():,.0f}",
            "A probability that is 0 for the computer has a logarithm all the same: do not clip it, but subtract "
            "each row's largest logit first, and take the logarithm of the *sum*.",
            _no_overflow,
            1e-4,
        )
    return "With 0.2 and ten classes the loss is lowest at 82 %, and is 0.87 there, not 0."


def _labels(generator: np.random.Generator, images: int, classes: int) -> np.ndarray:
    y = generator.integers(0, classes, images)
    y[0] = classes - 1
    return y


def _targets(y: np.ndarray, classes: int, smoothing: float) -> np.ndarray:
    """Class by class: what all get, and what the true one keeps."""
    return np.array(
        [
            [smoothing / classes + (1 - smoothing if label == true else 0) for label in range(classes)]
            for true in y.tolist()
        ]
    )


def _target_mistakes(y: np.ndarray, classes: int, smoothing: float) -> dict[str, np.ndarray]:
    hot, rest = np.eye(classes)[y], 1 - np.eye(classes)[y]
    stays, share = 1 - smoothing, smoothing / classes
    return {
        "all targets are whole numbers. An array of integers cuts off the decimals of what you write into it: begin "
        "with floats.": np.floor(_targets(y, classes, smoothing)),
        "the share is spread over the *other* classes only. Spread it over all of them, the true one included.": (
            stays * hot + smoothing / (classes - 1) * rest
        ),
        "the true class has 1 − smoothing. It gets its part of the smoothing, too: each row has the sum 1.": (
            stays * hot + share * rest
        ),
        "the true class still has 1, so each row adds up to more than 1. What is spread has to be taken from "
        "somewhere.": hot + share * rest,
        "the true class has more than 1. Take the share away from it before you spread it.": hot + share,
        "the share is taken away and given to nobody. Spread it evenly over all classes.": stays * hot,
        "every class gets the whole share. It is to be divided by the number of classes.": stays * hot + smoothing,
        "these are one-hot labels. Where does `smoothing` come in?": hot,
        "`smoothing` and 1 − smoothing are swapped: `smoothing` is the share for all classes.": (
            smoothing * hot + stays / classes
        ),
        "the true class is to have more than the others: 1 − smoothing, and its part of the smoothing.": (
            stays * rest / (classes - 1) + smoothing * hot
        ),
        "the share of each class depends on the number of *images* in yours. Divide by the number of classes.": (
            stays * hot + smoothing / len(y)
        ),
        "the share is divided by classes − 1. It goes to all classes, the true one included.": (
            stays * hot + smoothing / (classes - 1)
        ),
        "every class gets the same. The true one keeps 1 − smoothing besides.": np.full(hot.shape, 1 / classes),
        "the smoothing is always 0.2 in yours, as in the lesson. It comes as an argument.": (0.8 * hot + 0.2 / classes),
        "there are always ten classes in yours, as in the lesson. Their number comes as an argument.": (
            stays * np.eye(10)[y] + smoothing / 10
        ),
    }


def _advise_on_targets(got: np.ndarray, y: np.ndarray, classes: int, smoothing: float) -> str:
    if not smoothing:
        return "Nothing is to be taken away: one-hot labels are wanted."
    if abs(got[0].sum() - 1) > 1e-5:
        return f"The first row adds up to {got[0].sum():.3f}. Targets are a distribution: each row has the sum 1."
    return f"The first row is {np.round(got[0], 3).tolist()}. How much should the true class have, and the rest?"


def _said(logits: np.ndarray, _) -> str:
    images, classes = logits.shape
    return f"{images} image{'s' if images > 1 else ''} and {classes} classes"


def _no_overflow(answer, said: str, *_) -> None:
    if blows_up(answer):
        kind = "NaN" if np.isnan(values(answer)).any() else "infinity"
        wrong(
            f"with {said} your loss is {kind}: an exponential is too large, or a probability is 0. Subtract each row's "
            "largest logit first, and take the logarithm of the *sum*."
        )


def _loss_parts(logits: np.ndarray, targets: np.ndarray) -> list[float]:
    """The loss of each image, number by number."""
    losses = []
    for row, shares in zip(logits.tolist(), targets.tolist()):
        top = max(row)
        log_sum = top + math.log(math.fsum(math.exp(logit - top) for logit in row))
        losses.append(math.fsum(share * (log_sum - logit) for share, logit in zip(shares, row)))
    return losses


def _loss(logits: np.ndarray, targets: np.ndarray) -> float:
    return math.fsum(_loss_parts(logits, targets)) / len(logits)


def _first_image(_, logits: np.ndarray, targets: np.ndarray) -> str:
    powers = np.exp(logits[0])
    return (
        f"In the first image the largest logit, {logits[0].max():.3g}, becomes the probability "
        f"{powers.max() / powers.sum():.4f}. Is it the same in yours? Minus its logarithm, times its target, is one "
        "part of that image's loss."
    )


def _loss_mistakes(logits: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    images, classes = logits.shape
    loss = _loss(logits, targets)
    one_hot = np.eye(classes)[targets.argmax(axis=1)]
    over_images = np.logaddexp.reduce(logits, axis=0)
    powers = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    return {
        "for {case} you have the sum over the images. Their mean is wanted.": loss * images,
        "for {case} you have the mean over images *and* classes. Add up the classes of an image, then take the mean "
        "over the images.": loss / classes,
        "for {case} you have {value}: the sign is reversed. Logarithms of probabilities are negative.": -loss,
        "one number for each image came back. One number is wanted: their mean.": _loss_parts(logits, targets),
        "for {case} you have {value}: the sum over the images, divided by the number of classes. The mean over the "
        "images is wanted.": loss * images / classes,
        "for {case} you have {value}: no softmax was taken. Logits become probabilities first.": (
            -(targets * logits).sum() / images
        ),
        "for {case} you have {value}: no logarithm was taken of the probabilities.": -(targets * powers).sum() / images,
        "for {case} you have {value}: the softmax was taken twice. The logits go through it once.": (
            _loss(powers, targets)
        ),
        "for {case} you have {value}: targets and probabilities are swapped. The logarithm is of the probabilities.": -(
            powers * np.log(targets)
        ).sum()
        / images,
        "for {case} you have {value}: your log-probabilities are those of a sigmoid for each class. The classes share "
        "one softmax.": (targets * np.logaddexp(0, -logits)).sum() / images,
        "for {case} you have {value}: the binary cross-entropy. With a softmax the part for 1 − target is left out.": (
            -(targets * np.log(powers) + (1 - targets) * np.log(1 - powers)).sum() / images
        ),
        "for {case} you have {value}: the sum of exponentials has lost its logarithm.": (
            -(targets * (logits - np.exp(logits).sum(axis=1, keepdims=True))).sum() / images
        ),
        "for {case} you have {value}: one sum of exponentials for the whole batch. Each image has its own.": (
            -(targets * (logits - np.log(np.exp(logits).sum()))).sum() / images
        ),
        "for {case} you have {value}, the mean squared difference of probabilities and targets.": (
            ((powers - targets) ** 2).mean()
        ),
        "for {case} you have {value}: the largest logit was subtracted from the logits, and not from those in the sum "
        "of exponentials.": loss + logits.max(axis=1).mean(),
        "for {case} you have {value}: the largest logit was subtracted in the sum of exponentials, and not from the "
        "logits themselves.": loss - logits.max(axis=1).mean(),
        "for {case} you have {value}: the sum of exponentials runs over the images. Each image has its own, over its "
        "classes.": -(targets * (logits - over_images)).sum() / images,
        "for {case} you have {value}: only the true class counts in it. Every class counts, with its target.": (
            _loss(logits, one_hot)
        ),
        "for {case} you have {value}, the distance above the lowest possible loss. The loss itself is wanted.": (
            loss + (targets * np.log(targets)).sum() / images
        ),
        "for {case} you have {value}: that is the logarithm to the base 2. The natural one is wanted.": (
            loss / math.log(2)
        ),
        "for {case} you have {value}: that is the logarithm to the base 10. The natural one is wanted.": (
            loss / math.log(10)
        ),
    }
