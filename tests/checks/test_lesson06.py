"""Checks of lesson 06: right answers in several ways, planted wrong ones named, hostile ones survived."""

import itertools

import numpy as np
import pytest
from answers import HOSTILE, fails, passes

from checks import grading
from checks import lesson06 as check
from helpers import plots

# 6.1


def smooth(values, weight):
    smoothed = [float(values[0])]
    for value in values[1:]:
        smoothed.append(weight * smoothed[-1] + (1 - weight) * value)
    return smoothed


def smooth_in_place_of_a_copy(values, weight):
    values = np.array(values, dtype="float32")
    for index in range(1, len(values)):
        values[index] = weight * values[index - 1] + (1 - weight) * values[index]
    return values


def smooth_in_an_array_of_the_input_s_kind(values, weight):
    values = np.array(values)
    for index in range(1, len(values)):
        values[index] = weight * values[index - 1] + (1 - weight) * values[index]
    return values


def smooth_by_tensorflow(values, weight):
    import tensorflow as tf

    return tf.constant(smooth(values, weight))


@pytest.mark.parametrize(
    "answer", [smooth, smooth_in_place_of_a_copy, smooth_by_tensorflow, lambda v, w: tuple(smooth(v, w))]
)
def test_6_1_accepts(answer):
    passes(check.exercise_6_1, answer)


def from_zero(values, weight):
    return smooth([0, *values], weight)[1:]


def corrected(values, weight):
    return np.array(from_zero(values, weight)) / (1 - weight ** np.arange(1, len(values) + 1))


def with_raw_neighbour(values, weight):
    return [values[0], *(weight * a + (1 - weight) * b for a, b in itertools.pairwise(values))]


def late(values, weight):
    return [*smooth(values, weight)[:3], *values[3:]]


def in_place(values, weight):
    for index in range(1, len(values)):
        values[index] = weight * values[index - 1] + (1 - weight) * values[index]
    return values


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (from_zero, "starts from 0"),
        (lambda v, w: smooth(v, 1 - w), "swapped"),
        (with_raw_neighbour, "raw"),
        (corrected, "as Adam does"),
        (lambda v, w: v.copy(), "nothing is smoothed"),
        (lambda v, w: np.cumsum(v) / np.arange(1, len(v) + 1), "mean of all values"),
        (lambda v, w: smooth(v, w)[-1], "one number came back"),
        (lambda v, w: smooth(v, w)[1:], r"shape \(6,\), yours has \(5,\)"),
        (lambda v, w: np.array(smooth(v, w)) + 0.1, "stays as it is"),
        (smooth_in_an_array_of_the_input_s_kind, "decimals"),
        (late, "up to index 2 and not at index 3"),
        (in_place, "changed its input"),
    ],
)
def test_6_1_names_the_mistake(answer, sentence):
    fails(check.exercise_6_1, answer, match=sentence)


# 6.2


def band(curves):
    return curves.mean(axis=0), curves.min(axis=0), curves.max(axis=0)


def band_by_lists(curves):
    epochs = list(zip(*np.asarray(curves).tolist()))
    return [[sum(e) / len(e) for e in epochs], [min(e) for e in epochs], [max(e) for e in epochs]]


@pytest.mark.parametrize("answer", [band, band_by_lists, lambda c: np.stack(band(c)).astype("float32")])
def test_6_2_accepts(answer):
    passes(check.exercise_6_2, answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda c: (c.mean(axis=1), c.min(axis=1), c.max(axis=1)), "one number per seed"),
        (lambda c: (c.mean(), c.min(), c.max()), "the mean is a single number"),
        (lambda c: (c.mean(0), c.max(0), c.min(0)), "changed places"),
        (lambda c: (c.min(0), c.mean(0), c.max(0)), "lowest comes first"),
        (lambda c: (c.min(0), c.max(0), c.mean(0)), "mean comes last"),
        (lambda c: (np.median(c, 0), c.min(0), c.max(0)), "median"),
        (lambda c: (c.mean(0), c.mean(0) - c.std(0), c.mean(0) + c.std(0)), "standard deviation"),
        (lambda c: (c.mean(0), c.mean(0) - c.std(0, ddof=1), c.mean(0) + c.std(0, ddof=1)), "standard deviation"),
        (lambda c: (c.mean(0), c[c[:, -1].argmin()], c[c[:, -1].argmax()]), "the lowest in yours is one seed's whole"),
        (lambda c: (c.mean(0), c[0], c[-1]), "one seed's whole curve"),
        (lambda c: (c.mean(0), c.min(0), c[c.mean(1).argmax()]), "the highest in yours is one seed's whole"),
        (lambda c: (c.mean(0), c.min(0)), "2 came back"),
        (lambda c: c.mean(), "three arrays are wanted"),
        (lambda c: (c.mean(0), c.min(0), c.max(0) + 0.1), "the highest is not right"),
        (lambda c: (c.mean(0)[1:], c.min(0)[1:], c.max(0)[1:]), "one number per epoch is wanted"),
    ],
)
def test_6_2_names_the_mistake(answer, sentence):
    fails(check.exercise_6_2, answer, match=sentence)


# 6.3

CURVES = {
    "A": {"loss": [2.3, 2.29], "val_loss": [2.3, 2.31]},
    "B": {"loss": [2.0, 0.5], "val_loss": [2.0, 1.1]},
    "C": {"loss": [2.0, 0.2], "val_loss": [1.5, 1.8]},
    "D": {"loss": [9.0, 2.31], "val_loss": [2.4, 2.31]},
}


@pytest.mark.parametrize("answer", ["C", "c", " C "])
def test_6_3_accepts(answer, capsys):
    passes(check.exercise_6_3, answer, CURVES)
    assert "down to 0.20" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("A", "has not learnt its training images"),
        ("D", "what guessing gives"),
        ("B", "0.50 and a validation loss of 1.10.*further apart"),
        ("E", "one of A, B, C, D"),
        (3, "3 .int"),
        (["C"], "a letter is wanted"),
    ],
)
def test_6_3_names_the_mistake(answer, sentence):
    fails(check.exercise_6_3, answer, CURVES, match=sentence)


@pytest.mark.parametrize("where", ["loss", "val_loss"])
def test_6_3_a_run_that_broke_down(where):
    curves = CURVES | {"D": CURVES["D"] | {where: [9.0, np.nan]}}
    passes(check.exercise_6_3, "C", curves)
    fails(check.exercise_6_3, "D", curves, match="broke down")
    fails(check.exercise_6_3, "B", curves, match="further apart")


# 6.4


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


@pytest.mark.parametrize(
    "answer",
    [
        epoch_to_stop,
        variant(),
        lambda v, p: np.array(epoch_to_stop(v, p)),
        lambda v, p: [float(n) for n in epoch_to_stop(v, p)],
    ],
)
def test_6_4_accepts(answer):
    passes(check.exercise_6_4, answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda v, p: tuple(n - 1 for n in epoch_to_stop(v, p)), "Epochs count from 1"),
        (lambda v, p: epoch_to_stop(v, p)[::-1], "the order is epochs trained, then best"),
        (lambda v, p: (epoch_to_stop(v, p)[0],) * 2, "not the last one"),
        (variant(patience_plus=1), "one too many"),
        (variant(patience_plus=-1), "one too early"),
        (variant(in_a_row=False), "in a row"),
        (variant(against_best=False), "lowest loss so far, not with the epoch before"),
        (variant(strict=False), "Equal is not better"),
        (variant(best_of_all=True), "Training had stopped before it"),
        (started_from(1), "start from 1 or some"),
        (started_from(1, best=1, by_difference=True), "start from 1 or some"),
        (started_from(0, best=1), "start from 0 or some"),
        (started_from(100, best=1), "start from 10 or some"),
        (lambda v, p: (epoch_to_stop(v, p)[0], int(np.argmax(v)) + 1), "Lower is better"),
        (lambda v, p: (len(v), int(np.argmin(v)) + 1), "never stop early"),
        (lambda v, p: epoch_to_stop(v, p)[0], "two whole numbers are wanted"),
        (lambda v, p: (*epoch_to_stop(v, p), 0), "3 came back"),
        (lambda v, p: (epoch_to_stop(v, p)[0] + 0.5, 1), "whole number"),
        (lambda v, p: (v.sort(), (1, 1))[1], "changed its input"),
    ],
)
def test_6_4_names_the_mistake(answer, sentence):
    fails(check.exercise_6_4, answer, match=sentence)


@pytest.mark.parametrize("answer", [started_from(1), lambda v, p: (1, 1), variant(in_a_row=False)])
def test_6_4_never_says_1_epochs(answer):
    with pytest.raises(grading.NotRight) as caught:
        check.exercise_6_4(answer)
    assert " 1 epochs" not in str(caught.value)


def test_6_4_is_not_passed_by_a_single_small_slip():
    for slip in ({"strict": False}, {"against_best": False}, {"in_a_row": False}, {"patience_plus": 1}):
        fails(check.exercise_6_4, variant(**slip), match="for losses")


# All functions


FUNCTIONS = [check.exercise_6_1, check.exercise_6_2, check.exercise_6_4]


@pytest.mark.parametrize("exercise", FUNCTIONS)
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        *HOSTILE,
        (lambda *_: "text", "text|wanted|came back"),
        (lambda *_: (np.nan, np.nan), "NaN|shape|came back"),
        (lambda first, *_: first.__setitem__(0, 5) or first, "changed its input"),
    ],
)
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)


def test_an_unfilled_letter():
    fails(check.exercise_6_3, None, CURVES, match="not filled in yet")


def test_the_lesson_s_band_is_what_plots_bands_draws():
    curves = np.random.default_rng(0).uniform(0.3, 0.8, (4, 6))
    axes = plots.bands({"one": curves, "two": curves + 1}, "accuracy")
    mean, low, high = band(curves)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), mean)
    np.testing.assert_array_equal(axes.lines[1].get_xdata(), np.arange(1, 7))
    corners = axes.collections[0].get_paths()[0].vertices
    for epoch in range(6):
        heights = corners[corners[:, 0] == epoch + 1, 1]
        np.testing.assert_allclose([heights.min(), heights.max()], [low[epoch], high[epoch]])
    assert axes.lines[0].get_linestyle() != axes.lines[1].get_linestyle()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "two"]
    assert axes.get_ylabel() == "accuracy"
