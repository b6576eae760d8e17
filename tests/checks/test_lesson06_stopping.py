"""Check of exercise 6.3: right answers in several ways, and planted wrong ones named."""

import keras
import numpy as np
import pytest
from answers import fails, passes

from checks import grading
from checks.lesson06_stopping import exercise_6_3


def epoch_to_stop(val_losses, patience):
    waited, best = 0, 0
    for epoch in range(len(val_losses)):
        if epoch == 0 or val_losses[epoch] < val_losses[best]:
            waited, best = 0, epoch
        else:
            waited += 1
        if waited == patience:
            break
    return epoch + 1, best + 1


def started_from(lowest, best=0, by_difference=False):
    """The lowest loss so far begins with a number instead of the first loss."""

    def answer(val_losses, patience):
        smallest, best_epoch, waited = lowest, best, 0
        for epoch, loss in enumerate(val_losses, start=1):
            if loss < smallest:
                smallest, best_epoch, waited = loss, epoch, 0
                continue
            waited += 1
            if (epoch - best_epoch if by_difference else waited) >= patience:
                return epoch, best_epoch
        return len(val_losses), best_epoch

    return answer


def variant(strict=True, against_best=True, in_a_row=True, patience_plus=0, best_of_all=False):
    """Early stopping with one thing done wrong."""

    def answer(val_losses, patience):
        waited, best, before = 0, 0, np.inf
        for epoch, loss in enumerate(val_losses):
            reference = val_losses[best] if against_best else before
            better = epoch == 0 or loss < reference or (not strict and loss == reference)
            before = loss
            if better:
                best = epoch if loss <= val_losses[best] else best
                waited = 0 if in_a_row else waited
            else:
                waited += 1
            if waited >= patience + patience_plus:
                break
        if best_of_all:
            best = int(np.argmin(val_losses))
        return epoch + 1, best + 1

    return answer


def last_of_equals(val_losses, patience):
    trained, best = epoch_to_stop(val_losses, patience)
    return trained, max(epoch for epoch in range(1, trained + 1) if val_losses[epoch - 1] == val_losses[best - 1])


def looks_while_waiting(val_losses, patience):
    waited, best = 0, 0
    for epoch, loss in enumerate(val_losses):
        if epoch and loss >= val_losses[best]:
            waited += 1
            if waited >= patience - 1:
                break
        else:
            waited, best = 0, epoch
    return epoch + 1, best + 1


def by_recursion(val_losses, patience, epoch=1, best=1):
    if epoch - best == patience or epoch == len(val_losses):
        return np.int8(epoch), np.float32(best)
    better = val_losses[epoch] < val_losses[best - 1]
    return by_recursion(val_losses, patience, epoch + 1, epoch + 1 if better else best)


@pytest.mark.parametrize(
    "answer",
    [
        epoch_to_stop,
        by_recursion,
        lambda v, p: keras.ops.convert_to_tensor(epoch_to_stop(v, p)),
        variant(),
        lambda v, p: np.array(epoch_to_stop(v, p)),
        lambda v, p: [float(n) for n in epoch_to_stop(v, p)],
    ],
)
def test_6_3_accepts(answer):
    passes(exercise_6_3, answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda v, p: tuple(n - 1 for n in epoch_to_stop(v, p)), "Epochs count from 1"),
        (lambda v, p: epoch_to_stop(v, p)[::-1], "the order is epochs trained, then best"),
        (lambda v, p: (epoch_to_stop(v, p)[0],) * 2, "not the last one"),
        (variant(patience_plus=1), "one epoch of training too many"),
        (variant(patience_plus=-1), "one epoch of training too few\\. The best epoch itself"),
        (variant(in_a_row=False), "in a row"),
        (variant(against_best=False), "lowest loss so far, not with the epoch before"),
        (variant(strict=False), "Equal is not better"),
        (variant(best_of_all=True), "the best is that of the whole list"),
        (started_from(1), "start from 1 or some"),
        (started_from(1, best=1, by_difference=True), "start from 1 or some"),
        (started_from(0, best=1), "start from 0 or some"),
        (started_from(100, best=1), "start from 10 or some"),
        (lambda v, p: (epoch_to_stop(v, p)[0], int(np.argmax(v)) + 1), "Lower is better"),
        (lambda v, p: (len(v), int(np.argmin(v)) + 1), "never stop early"),
        (lambda v, p: (epoch_to_stop(v, p)[0] - 1, epoch_to_stop(v, p)[1]), "trained is one too low"),
        (lambda v, p: (epoch_to_stop(v, p)[0], epoch_to_stop(v, p)[1] - 1), "best epoch is one too low"),
        (lambda v, p: (epoch_to_stop(v, p)[0], min(v[: epoch_to_stop(v, p)[0]])), "the second is the lowest loss"),
        (lambda v, p: (epoch_to_stop(v, p)[0], epoch_to_stop(v, p)[0] - p), "`patience` epochs before the end"),
        (lambda v, p: (len(v), epoch_to_stop(v, p)[1]), "you count all epochs of the list"),
        (last_of_equals, "Of two epochs with the same loss the earlier one"),
        (looks_while_waiting, "too few where the patience is above 1"),
        (
            variant(strict=False, in_a_row=False),
            "losses 0.9, 0.8, 0.8, 0.8, 0.8 and patience 2 you train 5 epochs, too many",
        ),
        (variant(in_a_row=False, patience_plus=-1), "too few. Go through the list on paper"),
        (lambda v, p: (epoch_to_stop(v, p)[0], 1), "number of epochs is right, and your best epoch is 1"),
        (started_from(1, by_difference=True), "for losses .* patience .* you"),
        (lambda v, p: epoch_to_stop(v, p)[0], "two whole numbers are wanted"),
        (lambda v, p: {"trained": 1, "best": 1}, "two whole numbers are wanted"),
        (lambda v, p: [epoch_to_stop(v, p)], "1 came back"),
        (lambda v, p: (epoch_to_stop(v, p)[0], np.inf), "best epoch holds infinity"),
        (lambda v, p: (*epoch_to_stop(v, p), 0), "3 came back"),
        (lambda v, p: (epoch_to_stop(v, p)[0] + 0.5, 1), "whole number"),
        (lambda v, p: (v.sort(), (1, 1))[1], "changed its input"),
    ],
)
def test_6_3_names_the_mistake(answer, sentence):
    fails(exercise_6_3, answer, match=sentence)


@pytest.mark.parametrize("answer", [started_from(1), lambda v, p: (1, 1), variant(in_a_row=False)])
def test_6_3_never_says_1_epochs(answer):
    with pytest.raises(grading.NotRight) as caught:
        exercise_6_3(answer)
    assert " 1 epochs" not in str(caught.value)


def test_6_3_is_not_passed_by_a_single_small_slip():
    for slip in ({"strict": False}, {"against_best": False}, {"in_a_row": False}, {"patience_plus": 1}):
        fails(exercise_6_3, variant(**slip), match="for losses")
