"""Checks of lesson 03, Loss and gradient descent: the losses here, the gradients beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import NotRight, blows_up, by_rules, exercise, seeded, shape_of, wrong
from checks.lesson03_gradients import exercise_3_4, exercise_3_5

__all__ = ["exercise_3_1", "exercise_3_2", "exercise_3_3", "exercise_3_4", "exercise_3_5"]


def _written(values: Any) -> str:
    return np.array2string(np.asarray(values), precision=4, suppress_small=True, separator=", ")


def _finite(sentence: str) -> Callable[..., None]:
    """Refuse an answer that holds NaN or infinity, with a sentence in which {case} stands for the case."""

    def look(answer: Any, said: str, *_) -> None:
        if blows_up(answer):
            wrong(sentence.replace("{case}", said))

    return look


@exercise("3.1")
def exercise_3_1(mean_squared_error: Callable) -> str:
    """``mean_squared_error(predictions, targets)``, two arrays of one shape, any shape, gives one number."""
    generator = seeded("3.1")
    cases = [(generator.normal(2.0, 3.0, shape), generator.normal(size=shape)) for shape in ((7,), (1,), (4, 5))]
    by_rules(
        mean_squared_error,
        cases,
        lambda predictions, targets: _sum_of_squares(predictions - targets) / targets.size,
        _squared_error_mistakes,
        lambda predictions, targets: f"arrays of shape {targets.shape}",
        "Try errors 0, +1, -1 on paper: 2/3 should come out.",
    )
    return "It is the same for one number, a row of them, or a whole table."


def _sum_of_squares(errors: np.ndarray) -> float:
    return math.fsum(error * error for error in errors.ravel().tolist())


def _squared_error_mistakes(predictions: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    errors, count = predictions - targets, targets.size
    total = _sum_of_squares(errors)
    return {
        "these are the errors themselves, averaged: -1 and +1 cancel. Square each error first.": errors.mean(),
        "these are absolute errors, averaged. An error of 3 should cost 9, not 3.": np.abs(errors).mean(),
        "this is the sum of the squares. Divide by their number, or a larger batch looks worse.": total,
        "this is half of it. Some textbooks halve the square so that its derivative is tidier; Keras does not.": (
            total / count / 2
        ),
        "this is the square root of the mean squared error. Leave the last step away.": math.sqrt(total / count),
        "you average first and square the average. Square each error, then average.": errors.mean() ** 2,
        "you divide by the number of rows. A table has rows × columns elements.": total / len(predictions),
        "you divide by one less than the number of errors, as for a variance. This is a plain mean.": (
            total / max(count - 1, 1)
        ),
        "this is minus the mean squared error. A loss grows as the predictions get worse.": -total / count,
    }


def _probabilities(logits: np.ndarray) -> np.ndarray:
    """p_i = 1 / sum_j exp(z_j - z_i): another way to the same numbers, safe because 1 / infinity is 0."""
    with np.errstate(over="ignore"):
        return 1 / np.exp(logits[:, None, :] - logits[:, :, None]).sum(axis=2)


@exercise("3.2")
def exercise_3_2(softmax: Callable) -> str:
    """``softmax(logits)``, (images, classes), gives probabilities of the same shape; logits may be as large as 1000."""
    try:
        with np.errstate(all="ignore"):
            _softmax_of_usual_logits(softmax)
            _softmax_of_large_logits(softmax)
    except NotRight as error:
        if "broadcast" in str(error) or "Incompatible shapes" in str(error):
            wrong(
                f"{error} One number for each row seems to have lost its axis: keepdims=True keeps maxima and sums a "
                "column, which fits beside the rows."
            )
        raise
    return "Logits of 1000 and of -1000 come through, each row by itself."


def _logits(logits: np.ndarray) -> str:
    return f"the logits {_written(logits[0])}"


def _softmax_of_usual_logits(softmax: Callable) -> None:
    finite = _finite(
        "{case} already give NaN or infinity. If you subtract a fixed number, such as 1000: then exp(-1000) is rounded "
        "to 0 here, and 0 is divided by 0. Which number of its own does each row offer?"
    )

    def look(answer: Any, said: str, logits: np.ndarray) -> None:
        finite(answer, said)
        if shape_of(answer) == logits.shape[::-1]:
            wrong(f"the result should have the shape {logits.shape}, yours is transposed: {logits.shape[::-1]}.")

    def advice(got: np.ndarray, _) -> str:
        return f"You have {_written(got[0])}, whose sum is {got[0].sum():.4f}."

    generator = seeded("3.2")
    cases = [(generator.normal(scale=2.0, size=shape),) for shape in ((4, 3), (1, 10), (6, 2))]
    by_rules(softmax, cases, _probabilities, _softmax_mistakes, _logits, advice, look)


def _softmax_mistakes(logits: np.ndarray) -> dict[str, np.ndarray]:
    exponentials, right = np.exp(logits), _probabilities(logits)
    return {
        "your columns add up to 1. Each row is one image: sum over its classes, which is axis 1.": (
            exponentials / exponentials.sum(axis=0)
        ),
        "you divide by the sum over the whole batch. Each image has its own sum: keep the rows apart.": (
            exponentials / exponentials.sum()
        ),
        "these are the exponentials. Divide each row by its sum, so that it adds up to 1.": exponentials,
        "you divide the logits themselves by their sum. Take the exponential first: it is positive.": (
            logits / logits.sum(axis=1, keepdims=True)
        ),
        "these are the logarithms of the probabilities. Take the exponential of what you have.": np.log(right),
        "this is the sigmoid of every logit by itself. Probabilities of one image share a total of 1.": (
            1 / (1 + np.exp(-logits))
        ),
        "you raise 2 to the logits. Softmax raises e: np.exp.": (
            np.exp2(logits) / np.exp2(logits).sum(axis=1, keepdims=True)
        ),
        "you give all to the largest logit. Softmax is softer: the others keep a share.": (
            (logits == logits.max(axis=1, keepdims=True)).astype(float)
        ),
    }


def _softmax_of_large_logits(softmax: Callable) -> None:
    def stage(rows: list, mistakes: Callable | None, advice: str, overflow: str) -> None:
        cases = [(np.array(logits),) for logits in rows]
        by_rules(softmax, cases, _probabilities, mistakes, _logits, advice, _finite(overflow))

    stage(
        [[[1000.0, 998.0, 999.0]], [[-1000.0, -1001.0, -1003.0]]],
        lambda logits: {
            "{case} come out equal. Clipping them loses their differences; shifting them keeps those.": (
                np.full_like(logits, 1 / 3)
            )
        },
        "Only their differences count.",
        "right for small logits, but {case} give NaN: exp(1000) is larger than any float64, and exp(-1000) is rounded "
        "to 0. What may you take away from all logits of a row without changing the result?",
    )
    stage(
        [[[0.0, 1000.0, -1000.0]], [[-1000.0, 1000.0, 0.0]]],
        None,
        "Only their differences count.",
        "it still overflows where one row holds both large and small logits, such as {case}: what is left after your "
        "subtraction is too large for exp. Which number must you take away so that nothing above 0 is left?",
    )
    stage([LARGE_AND_SMALL], None, WHOLE_BATCH, f"one row at a time works. {WHOLE_BATCH}")


LARGE_AND_SMALL = [[1000.0, 999.0, 998.0], [-1000.0, -1001.0, -999.0]]
WHOLE_BATCH = (
    "Logits of 1000 in one row and of -1000 in the next do not work. You take the same number from the whole batch: "
    "each row needs its own."
)


@exercise("3.3")
def exercise_3_3(cross_entropy: Callable) -> str:
    """``cross_entropy(logits, labels)``, (images, classes) and (images,) integers, gives the mean loss, one number."""
    with np.errstate(all="ignore"):
        _cross_entropy_of_usual_logits(cross_entropy)
        _cross_entropy_of_large_logits(cross_entropy)
    return "A mistake made with full confidence costs 1000 here, not infinity."


def _losses(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(labels)), labels]


def _mean_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    return _losses(logits, labels).mean()


def _cross_entropy_of_usual_logits(cross_entropy: Callable) -> None:
    def look(answer: Any, _, logits: np.ndarray, labels: np.ndarray) -> None:
        images = len(logits)
        if images > 1 and shape_of(answer) in ((images,), (images, 1)):
            wrong(f"you return {images} losses, one for each image. Their mean is the loss of the batch.")

    generator, cases = seeded("3.3"), []
    for images, classes in ((6, 4), (1, 10), (30, 3)):
        cases.append((generator.normal(scale=2.0, size=(images, classes)), generator.integers(classes, size=images)))
    by_rules(
        cross_entropy,
        cases,
        _mean_loss,
        _cross_entropy_mistakes,
        lambda logits, labels: f"{logits.shape[0]} images and {logits.shape[1]} classes",
        "Check one case on paper: equal logits for 10 classes should cost log 10 = 2.303.",
        look,
    )


def _cross_entropy_mistakes(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    images, classes = logits.shape
    rows, losses = np.arange(images), _losses(logits, labels)
    probabilities = _probabilities(logits)
    of_label = probabilities[rows, labels]
    whole_batch = np.exp(logits) / np.exp(logits).sum()
    columns = np.exp(logits) / np.exp(logits).sum(axis=0)
    # What Keras computes from logits that it takes for probabilities: clipped, then divided by their sum.
    clipped = np.clip(logits, 1e-7, 1 - 1e-7)
    return {
        "this is the sum over the batch. Take the mean, or the loss grows with the batch size.": losses.sum(),
        "this is in bits: you used log2. Keras, and the 2.303 above, use the natural logarithm, np.log.": (
            losses.mean() / math.log(2)
        ),
        "you used log10. The natural logarithm is np.log.": losses.mean() / math.log(10),
        "the sign is reversed: the logarithm of a probability is negative, its cost is minus that.": -losses.mean(),
        "you divide by images × classes. Only one number for each image counts: divide by the images.": (
            losses.mean() / classes
        ),
        "this is the mean over all classes, the wrong ones too. Only the probability of the label counts.": (
            -np.log(probabilities).mean()
        ),
        "logits[:, labels] picks every label's column for every image. Pair each row with its own label.": (
            -np.log(probabilities)[:, labels].mean()
        ),
        "your softmax runs over the columns. The classes of an image lie along axis 1.": (
            -np.log(columns[rows, labels]).mean()
        ),
        "your softmax adds up the whole batch. Each image has its own sum.": -np.log(whole_batch[rows, labels]).mean(),
        "you apply softmax twice.": -np.log(_probabilities(probabilities)[rows, labels]).mean(),
        "these are the logits of the labels, without softmax.": -logits[rows, labels].mean(),
        "you average the probabilities and then take the logarithm. Each image has its own logarithm.": (
            -math.log(of_label.mean())
        ),
        "the logarithm is missing: this is 1 - p.": (1 - of_label).mean(),
        "this is the squared error of the probabilities, not the cross-entropy.": (
            ((probabilities - np.eye(classes)[labels]) ** 2).mean()
        ),
        "Keras takes these for probabilities. Tell it that they are logits: from_logits=True.": (
            -np.log((clipped / clipped.sum(axis=1, keepdims=True))[rows, labels]).mean()
        ),
    }


def _cross_entropy_of_large_logits(cross_entropy: Callable) -> None:
    def stage(cases: list, advice: str | Callable, overflow: str) -> None:
        cases = [(np.array(logits), np.array(labels)) for logits, labels in cases]
        by_rules(cross_entropy, cases, _mean_loss, None, _with_label, advice, _finite(overflow))

    def clipped(got: float, *_) -> str:
        if 0 < got < 1000:
            return (
                "It should cost 1000: a probability was clipped, or a small number added. From the logits no such help "
                "is needed."
            )
        return "It should cost 1000."

    stage(
        [([[0.0, 1000.0, 0.0]], [1])],
        "It should cost 0.",
        "right for small logits, but {case} gives NaN or infinity: exp(1000) in your sum overflows. What did exercise "
        "3.2 do about that?",
    )
    stage(
        [([[0.0, 1000.0, 0.0]], [2])],
        clipped,
        "right for small logits, but {case} gives NaN or infinity: the probability is rounded to 0, and log 0 is minus "
        "infinity. On paper, write the logarithm of the quotient as a difference first.",
    )
    stage(
        [([[0.0, 2000.0, 0.0]], [2]), ([[-1000.0, 1000.0, 0.0]], [0]), ([[1000.0, -1000.0, 1000.0, 0.0]], [1])],
        lambda got, logits, labels: (
            f"It should cost {_mean_loss(logits, labels):.1f}. No limit and no substitute for infinity is needed when "
            "the logarithm of the quotient is written as a difference."
        ),
        "[0, 1000, 0] works, but {case} gives NaN or infinity: after your subtraction, exp still overflows. Which "
        "number must you take away so that nothing above 0 is left?",
    )
    stage([(LARGE_AND_SMALL, [1, 0])], WHOLE_BATCH, f"one image at a time works. {WHOLE_BATCH}")


def _with_label(logits: np.ndarray, labels: np.ndarray) -> str:
    return f"{_written(logits[0])} with label {labels[0]}"
