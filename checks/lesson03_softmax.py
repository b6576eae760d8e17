"""Check of lesson 03, exercise 3.1: softmax of usual logits, then of large ones, stage by stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.grading import NotRight, blows_up, by_rules, exercise, seeded, wrong


def written(values: Any) -> str:
    """Numbers in one line."""
    text = np.array2string(np.asarray(values), precision=4, suppress_small=True, separator=", ", max_line_width=200)
    return " ".join(text.split())


def finite(sentence: str) -> Callable[..., None]:
    """Refuse an answer that holds NaN or infinity, with a sentence in which {case} stands for the case."""

    def look(answer: Any, said: str, *_) -> None:
        if blows_up(answer):
            wrong(sentence.replace("{case}", said))

    return look


def reference_softmax(logits: np.ndarray) -> np.ndarray:
    """p_i = 1 / sum_j exp(z_j - z_i): another way to the same numbers, safe because 1 / infinity is 0."""
    with np.errstate(over="ignore"):
        return 1 / np.exp(logits[:, None, :] - logits[:, :, None]).sum(axis=2)


@exercise("3.1")
def exercise_3_1(softmax: Callable) -> str:
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
    if logits.size > 9:
        return f"{logits.shape[0]} images and {logits.shape[1]} classes"
    return f"the logits {written(logits if len(logits) > 1 else logits[0])}"


def _softmax_of_usual_logits(softmax: Callable) -> None:
    refuse = finite(
        "{case} already give NaN or infinity. If you subtract a fixed number, such as 1000: then exp(-1000) is rounded "
        "to 0 here, and 0 is divided by 0. Which number of its own does each row offer?"
    )

    def shapes(logits: np.ndarray) -> dict[str, tuple[int, ...]]:
        told = "for {case} you return {value}: "
        return {
            told + "one row. Each image of the batch gets its own.": logits.shape[1:],
            told + "one number. Each logit gets a probability.": (),
            told + "one number for each row. Each logit gets a probability.": logits.shape[:1],
            told + "all numbers stand in one row. Give the result the shape of the logits.": (logits.size,),
        }

    def advice(got: np.ndarray, logits: np.ndarray) -> str:
        row = int(np.abs(got - reference_softmax(logits)).max(axis=1).argmax())
        return f"Row {row} of yours is {written(got[row])}, whose sum is {got[row].sum():.4f}."

    generator = seeded("3.1")
    cases = [(generator.normal(scale=2.0, size=shape),) for shape in ((2, 3), (1, 10), (4, 3), (6, 2))]
    by_rules(softmax, cases, reference_softmax, _softmax_mistakes, _logits, advice, refuse, shapes=shapes)


def _softmax_mistakes(logits: np.ndarray) -> dict[str, np.ndarray]:
    exponentials, right = np.exp(logits), reference_softmax(logits)
    return {
        "your columns add up to 1. Each row is one image: sum over its classes, which is axis 1.": (
            exponentials / exponentials.sum(axis=0)
        ),
        "a minus has got into the exponent: the largest logit gets the smallest share.": (reference_softmax(-logits)),
        "you divide each row by its largest exponential. Divide it by the sum of its exponentials.": (
            exponentials / exponentials.max(axis=1, keepdims=True)
        ),
        "you divide by the number of classes. Divide each row by the sum of its exponentials.": (
            exponentials / logits.shape[1]
        ),
        "these are the logits as they came. Take the exponential and divide by the sum.": logits,
        "these are the logits minus the largest of their row. Take the exponential and divide by the sum.": (
            logits - logits.max(axis=1, keepdims=True)
        ),
        "you apply softmax twice.": reference_softmax(right),
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
        by_rules(softmax, cases, reference_softmax, mistakes, _logits, advice, finite(overflow))

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
    stage([LARGE_AND_SMALL], _shifted_together, "Each row by itself is right.", f"one row at a time works. {TWO_ROWS}")


LARGE_AND_SMALL = [[1000.0, 999.0, 998.0], [-1000.0, -1001.0, -999.0]]
TWO_ROWS = "Logits of 1000 in one row and of -1000 in the next do not: does each row lose its own largest logit?"
WHOLE_BATCH = (
    "Logits of 1000 in one row and of -1000 in the next do not work. You take the same number from the whole batch: "
    "each row needs its own."
)


def _shifted_together(logits: np.ndarray) -> dict[str, np.ndarray]:
    exponentials = np.exp(logits - logits.max())
    return {WHOLE_BATCH: exponentials / exponentials.sum(axis=1, keepdims=True)}
