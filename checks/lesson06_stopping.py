"""Check of lesson 06, exercise 6.3: what early stopping does, epoch by epoch."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np

from checks.grading import by_rules, describe, exercise, seeded, shape_of, whole, wrong

WANTED = "two whole numbers are wanted, epochs trained and best epoch"


@exercise("6.3")
def exercise_6_3(epoch_to_stop: Callable) -> str:
    """``epoch_to_stop(losses, patience)`` gives (epochs trained, best epoch), counted from 1, as Keras stops early."""
    by_rules(epoch_to_stop, _stop_cases(), reference_stop, _stop_mistakes, _in_words, look=_look_at_both)
    return "The same as `keras.callbacks.EarlyStopping`, in every case."


def _stop_cases() -> list[tuple[list[float], int]]:
    """From plain to nasty: ties, a new low at the last moment, no stop at all, losses far above 1."""
    generator = seeded("6.3")
    fixed = [
        ([0.9, 0.8, 0.7, 0.75, 0.72, 0.78, 0.79, 0.6], 3),
        ([0.9, 0.8, 0.85, 0.7, 0.75, 0.65, 0.7, 0.8, 0.9], 2),
        ([0.9, 0.8, 0.8, 0.8, 0.8], 2),
        ([0.9, 0.8, 0.7], 1),
        ([0.5, 0.6, 0.7, 0.8], 1),
        ([0.9], 2),
        ([3.0, 2.0, 2.4, 2.2, 2.5, 1.9], 3),
        ([4000.0, 2500.0, 2600.0, 2700.0], 2),
    ]
    random = [
        (
            np.round(1 / (1 + np.arange(n)) ** 0.3 + generator.normal(0, 0.1, n), 2).tolist(),
            int(generator.integers(1, 5)),
        )
        for n in generator.integers(5, 15, 17)
    ]
    return fixed + random


def _in_words(losses: list[float], patience: int) -> str:
    return f"losses {', '.join(f'{loss:g}' for loss in losses)} and patience {patience}"


def reference_stop(losses: list[float], patience: int) -> tuple[int, int]:
    """What Keras' own callback does with these losses: (epochs trained, best epoch), counted from 1."""
    callback = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=patience)
    callback.set_model(SimpleNamespace(stop_training=False))
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if callback.model.stop_training:
            break
    return epoch + 1, callback.best_epoch + 1


def _slip(
    losses: list[float],
    patience: int,
    start: float = np.inf,
    best: int = 1,
    waited: int = 0,
    equal: bool = False,
    resets: bool = True,
    neighbour: bool = False,
) -> tuple[int, int]:
    """Early stopping with one thing done wrong: what a student's function gives who made that slip."""
    lowest = start
    for epoch, loss in enumerate(losses, start=1):
        if loss < lowest or (equal and loss == lowest):
            lowest, best = loss, epoch
            waited = 0 if resets else waited
        else:
            waited += 1
        if neighbour:
            lowest = loss
        if waited >= patience:
            return epoch, best
    return len(losses), best


def _stop_mistakes(losses: list[float], patience: int) -> dict[str, Any]:
    trained, best = reference_stop(losses, patience)
    lowest, highest = (int(pick(losses)) + 1 for pick in (np.argmin, np.argmax))
    seen = losses[:trained]
    last_of_equals = trained - seen[::-1].index(min(seen))
    against_neighbour = _slip(losses, patience, neighbour=True)
    you = "for {case} you have {value}"
    return {
        f"{you}: both are one too low. Epochs count from 1 here.": (trained - 1, best - 1),
        f"{you}: the number of epochs trained is one too low. Epochs count from 1 here.": (trained - 1, best),
        f"{you}: the best epoch is one too low. Epochs count from 1 here.": (trained, best - 1),
        f"{you}: the order is epochs trained, then best epoch.": (best, trained),
        f"{you}: the second is the lowest loss. The *epoch* that it came from is wanted.": (trained, min(seen)),
        f"{you}. Equal is not better: only a *strictly* lower loss counts.": _slip(losses, patience, equal=True),
        f"{you}. Of two epochs with the same loss the earlier one is the best: equal is not *strictly* lower.": (
            trained,
            last_of_equals,
        ),
        f"{you}: you never stop early. Where does `patience` come in?": (len(losses), lowest),
        f"{you}: the best epoch is right, but you count all epochs of the list. Training stops before.": (
            len(losses),
            best,
        ),
        f"{you}: the best is that of the whole list. Nobody sees the losses after training has stopped.": (
            trained,
            lowest,
        ),
        f"{you}. Only epochs *in a row* count: a new lowest loss starts the count again.": (
            _slip(losses, patience, resets=False)
        ),
        f"{you}, one epoch of training too many. After `patience` epochs without a new lowest loss it is over: is it "
        "`>` or `>=`?": _slip(losses, patience + 1),
        f"{you}, one epoch of training too few. The best epoch itself is none of those that were not better.": (
            _slip(losses, patience - 1)
        ),
        f"{you}, one epoch of training too few where the patience is above 1. The best epoch itself is none of those "
        "that were not better.": _slip(losses, max(patience - 1, 1)),
        f"{you}: the best epoch is not the last one, but the one with the lowest loss.": (trained, trained),
        f"{you}: you take for the best what lies `patience` epochs before the end. That holds only where training "
        "stopped early.": (trained, trained - patience),
        f"{you}: your best is where the loss is highest. Lower is better.": (trained, highest),
        f"{you}. Compare each epoch with the lowest loss so far, not with the epoch before it.": against_neighbour,
        f"{you}. Count by comparing with the lowest loss so far, not with the epoch before it.": (
            against_neighbour[0],
            int(np.argmin(losses[: against_neighbour[0]])) + 1,
        ),
        **dict(_wrong_starts(losses, patience, you)),
    }


def _wrong_starts(losses: list[float], patience: int, you: str) -> Iterator[tuple[str, tuple[int, int]]]:
    # Who counts by "epoch - best" from best = 1 waits one epoch longer for the first lowest loss.
    for start, (first, waited) in itertools.product((0.0, 1.0, 10.0), ((0, 0), (1, 0), (1, -1))):
        longer = ", and the best epoch from 1" * bool(first) + ", and you count by `epoch - best`" * bool(waited)
        yield (
            f"{you}. Your lowest loss seems to start from {start:g} or some such number{longer}. Not every loss lies "
            "below it: start from the first loss, or from infinity.",
            _slip(losses, patience, start=start, best=first, waited=waited),
        )


def _look_at_both(answer: Any, text: str, losses: list[float], patience: int) -> None:
    """Say what is off with the form of the answer, or which of its two numbers is not right."""
    if not isinstance(answer, (list, tuple, np.ndarray)) or shape_of(answer) == ():
        wrong(f"{WANTED}; this is {describe(answer)}.")
    if len(answer) != 2:
        wrong(f"{WANTED}; {len(answer)} came back.")
    got = whole(answer[0], "epochs trained"), whole(answer[1], "the best epoch")
    trained, _ = reference_stop(losses, patience)
    if got[0] != trained:
        words = "too few" if got[0] < trained else "too many"
        wrong(
            f"for {text} you train {got[0]:,} epoch{'s' * (got[0] != 1)}, {words}. Go through the list on paper: note "
            "the lowest loss so far, and how many epochs in a row were not below it."
        )
    wrong(
        f"for {text} the number of epochs is right, and your best epoch is {got[1]:,}. Which epoch of those "
        "that were trained has the lowest loss?"
    )
