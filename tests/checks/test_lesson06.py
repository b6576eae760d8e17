"""Checks of lesson 06: right answers in several ways, planted wrong ones named, hostile ones survived."""

import functools
import itertools

import keras
import numpy as np
import pandas as pd
import pytest
from answers import HOSTILE, fails, passes
from mistake_tables import distinguishable

from checks import lesson06 as check

# 6.1

CURVES = {
    "A": {"loss": [2.3, 2.29], "val_loss": [2.3, 2.31]},
    "B": {"loss": [2.0, 0.5], "val_loss": [2.0, 1.1]},
    "C": {"loss": [2.0, 0.4], "val_loss": [1.5, 1.8]},
    "D": {"loss": [9.0, 2.31], "val_loss": [2.4, 2.31]},
    "E": {"loss": [2.0, 0.1], "val_loss": [1.7, 1.8]},
}


@pytest.mark.parametrize("answer", ["C", "c", " C "])
def test_6_1_accepts(answer, capsys):
    passes(check.exercise_6_1, answer, CURVES)
    assert "lowest in epoch 1, 1.50, and rose to 1.80, while its training loss fell to 0.40" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("A", "has not learnt its training images"),
        ("D", "what guessing gives"),
        ("B", "fits its training images, but its validation loss was lowest in epoch 2, 1.10, and ends at 1.10"),
        ("E", "largest .gap.*a gap alone is not overfitting.*lowest in epoch 1, 1.70, and ends at 1.80"),
        ("F", "one of A, B, C, D, E"),
        (3, "3 .int"),
        (["C"], "a letter is wanted"),
        (b"C", "a letter is wanted"),
        ("run C", "a letter is wanted"),
        (np.array("C"), "a letter is wanted"),
    ],
)
def test_6_1_names_the_mistake(answer, sentence):
    fails(check.exercise_6_1, answer, CURVES, match=sentence)


@pytest.mark.parametrize("curves", [None, 3, "ABCD", [CURVES], {"A": 1}, {1: {}}, {"A": {"loss": [1.0]}}])
def test_6_1_curves_that_are_gone(curves):
    fails(check.exercise_6_1, "A", curves, match="not filled in yet" if curves is None else "run its cell again")


@pytest.mark.parametrize("where", ["loss", "val_loss"])
def test_6_1_a_run_that_broke_down(where):
    curves = CURVES | {"D": CURVES["D"] | {where: [9.0, np.nan]}}
    passes(check.exercise_6_1, "C", curves)
    fails(check.exercise_6_1, "D", curves, match="broke down")
    fails(check.exercise_6_1, "B", curves, match="rises further")


# 6.2


def band(curves):
    return curves.mean(axis=0), curves.min(axis=0), curves.max(axis=0)


def band_by_lists(curves):
    epochs = list(zip(*np.asarray(curves).tolist()))
    return [[sum(e) / len(e) for e in epochs], [min(e) for e in epochs], [max(e) for e in epochs]]


@pytest.mark.parametrize(
    "answer",
    [
        band,
        band_by_lists,
        lambda c: np.stack(band(c)).astype("float32"),
        lambda c: pd.DataFrame(c).agg(["mean", "min", "max"]),
        lambda c: [keras.ops.mean(c, 0), keras.ops.min(c, 0), keras.ops.max(c, 0)],
        lambda c: (np.add.reduce(c) / len(c), np.minimum.reduce(c), np.maximum.reduce(c)),
    ],
)
def test_6_2_accepts(answer):
    passes(check.exercise_6_2, answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda c: (c.mean(axis=1), c.min(axis=1), c.max(axis=1)), "one number per seed"),
        (lambda c: (c.mean(), c.min(), c.max()), "the mean is a single number, and so are the others"),
        (lambda c: (c.mean(0), c.min(), c.max()), "the lowest is a single number"),
        (
            lambda c: (c.mean(1), c.min(0), c.max(0)),
            r"for 4 seeds and 4 epochs, the mean is not right: column",
        ),
        (lambda c: (c.sum(0), c.min(0), c.max(0)), "Divide it by the number of seeds"),
        (lambda c: (c.max(0), c.mean(0), c.min(0)), "highest comes first"),
        (lambda c: (c.max(0), c.min(0), c.mean(0)), "highest, lowest, mean"),
        (lambda c: (c.mean(0), c.argmin(0), c.argmax(0)), "instead of `argmin`"),
        (lambda c: (c.mean(0), *np.quantile(c, (0.25, 0.75), axis=0)), "quartiles"),
        (lambda c: np.stack(band(c), axis=1), "rows and columns of your result are swapped"),
        (lambda c: np.round(band(c), 2), "rounded to 2 decimals"),
        (lambda c: dict(enumerate(band(c))), "a dictionary came back"),
        (lambda c: [c.mean(0).tolist(), [1], [2, 3]], "the lowest for .* one number per epoch"),
        (lambda c: (c.mean(0), c[c.max(1).argmin()], c.max(0)), "the lowest in yours.*by its highest value"),
        (lambda c: (c.mean(0), c.max(0), c.min(0)), "swapped"),
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
        (lambda c: (c.mean(0), c.min(0), c.max(0) + 0.1), r"the highest is not right: column \d of `curves` is \["),
        (lambda c: (c.mean(0)[1:], c.min(0)[1:], c.max(0)[1:]), "one number per epoch is wanted"),
    ],
)
def test_6_2_names_the_mistake(answer, sentence):
    fails(check.exercise_6_2, answer, match=sentence)


# 6.4


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
    "answer",
    [
        smooth,
        smooth_in_place_of_a_copy,
        smooth_by_tensorflow,
        lambda v, w: tuple(smooth(v, w)),
        lambda v, w: pd.Series(v).ewm(alpha=1 - w, adjust=False).mean(),
        lambda v, w: [np.float32(value) for value in smooth(v, w)],
        functools.partial(lambda v, w, start: smooth(v, w), start=1),
    ],
)
def test_6_4_accepts(answer):
    passes(check.exercise_6_4, answer)


def from_zero(values, weight):
    return smooth([0, *values], weight)[1:]


def corrected(values, weight):
    return np.array(from_zero(values, weight)) / (1 - weight ** np.arange(1, len(values) + 1))


def with_raw_neighbour(values, weight):
    return [values[0], *(weight * a + (1 - weight) * b for a, b in itertools.pairwise(values))]


def late(values, weight):
    return [*smooth(values, weight)[:3], *values[3:]]


def in_whole_numbers(values, weight):
    smoothed = np.zeros(len(values), dtype=int)
    smoothed[0] = values[0]
    for index in range(1, len(values)):
        smoothed[index] = weight * smoothed[index - 1] + (1 - weight) * values[index]
    return smoothed


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
        (lambda v, w: smooth(v, w)[-1], "last smoothed value alone"),
        (lambda v, w: np.mean(v), "one number came back"),
        (lambda v, w: smooth(v, w)[1:], "first value is missing"),
        (lambda v, w: smooth(v, w)[:-1], r"\[0.75, 0.78, 0.22\] and the weight 0.5 you return 2 values.*: 3\."),
        (lambda v, w: [v[0], *smooth(v, w)], "begins twice"),
        (lambda v, w: smooth(v[::-1], w)[::-1], "from the last value to the first"),
        (lambda v, w: smooth(v, 0.5), "half and half"),
        (lambda v, w: list(itertools.accumulate(v, lambda last, new: w * last + new)), "not weighted by `1 - weight`"),
        (in_whole_numbers, "stored as whole numbers"),
        (lambda v, w: np.round(smooth(v, w), 2), "rounded to 2 decimals"),
        (lambda v, w: 100 * np.array(smooth(v, w)), "per cent"),
        (lambda v, w: [smooth(v, w)], r"shape \(3,\), yours has \(1, 3\)"),
        (
            lambda v, w: [*smooth(v, w)[:-1], smooth(v, w)[-1] + 1e-3],
            "not at index 2.*before it is 0.7650, the new value 0.22",
        ),
        (lambda v, w: np.array(smooth(v, w)) + 0.1, "stays as it is"),
        (smooth_in_an_array_of_the_input_s_kind, "decimals"),
        (late, "up to index 2 and not at index 3"),
        (in_place, "changed its input"),
    ],
)
def test_6_4_names_the_mistake(answer, sentence):
    fails(check.exercise_6_4, answer, match=sentence)


@pytest.mark.parametrize(
    ("reference", "exercise"),
    [
        (check.reference_band, check.exercise_6_2),
        (check.reference_stop, check.exercise_6_3),
        (check.reference_smooth, check.exercise_6_4),
    ],
)
def test_what_runs_on_without_an_answer_passes_the_check_and_takes_lists(reference, exercise):
    passes(exercise, reference)
    values = [[0.5, 0.4, 0.6]] if exercise is check.exercise_6_2 else [0.5, 0.4, 0.6]
    assert len(reference(*([values] if exercise is check.exercise_6_2 else [values, 1]))) > 1


# All functions


FUNCTIONS = [check.exercise_6_2, check.exercise_6_3, check.exercise_6_4]


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda exercise: exercise.number)
def test_cases_distinguish_all_mistakes(exercise, monkeypatch):
    distinguishable(exercise, monkeypatch)


@pytest.mark.parametrize("exercise", FUNCTIONS)
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        *HOSTILE,
        (lambda *_: "text", "text|wanted|came back"),
        (lambda *_: (np.nan, np.nan), "NaN|shape|came back|you return 2 values"),
        (lambda first, *_: first.__setitem__(0, 5) or first, "changed its input"),
    ],
)
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)


def test_an_unfilled_letter():
    fails(check.exercise_6_1, None, CURVES, match="not filled in yet")
