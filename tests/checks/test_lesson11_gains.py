"""Check of exercise 11.3: right answers in several ways, planted wrong ones named."""

from types import SimpleNamespace

import numpy as np
import pytest
from answers import fails, passes

from checks import lesson11_gains as check


def trial(epochs, label, seed, last):
    history = {
        "accuracy": [0.1, last + 0.12 if label == check.WITHOUT else last],
        "val_accuracy": [0.2 if label == check.WITH else 0.25, last + (0.004 if label == check.WITH else 0.013), last],
        "val_loss": [1.0, 0.9 if label == check.WITH else 0.5],
    }
    return {"label": label, "seed": seed, "recipe": SimpleNamespace(epochs=epochs), "history": history}


ROWS = {
    (5, check.WITH): (0.701, 0.712, 0.698),
    (5, check.WITHOUT): (0.715, 0.724, 0.700),
    (50, check.WITH): (0.861, 0.858, 0.866),
    (50, check.WITHOUT): (0.831, 0.838, 0.829),
}
TRIALS = [trial(*key, seed, last) for key, row in ROWS.items() for seed, last in enumerate(row)]
GAINS = {n: 100 * (np.mean(ROWS[n, check.WITH]) - np.mean(ROWS[n, check.WITHOUT])) for n in (5, 50)}
VERDICTS = {5: "not distinguishable", 50: "helps"}


@pytest.mark.parametrize("gains", [GAINS, {n: round(gain, 1) for n, gain in GAINS.items()}, {**GAINS, 7: None}])
@pytest.mark.parametrize("verdicts", [VERDICTS, {5: "Not distinguishable ", 50: "HELPS"}])
def test_11_3_accepts(gains, verdicts):
    passes(check.exercise_11_3, gains, verdicts, TRIALS)
    passes(check.exercise_11_3, gains, verdicts, TRIALS[::-1])


def test_11_3_names_a_gain_that_was_read_from_rounded_means():
    rows = {check.WITH: (0.6356, 0.6350, 0.6360), check.WITHOUT: (0.6290, 0.6274, 0.6256)}
    trials = [trial(5, label, seed, last) for label, row in rows.items() for seed, last in enumerate(row)]
    passes(check.exercise_11_3, {5: 0.8}, {5: "helps"}, trials)
    fails(check.exercise_11_3, {5: 0.9}, {5: "helps"}, trials, match="rounded means.*round only at the end")


def test_11_3_knows_all_three_verdicts():
    swapped = {check.WITH: check.WITHOUT, check.WITHOUT: check.WITH}
    hurt = [dict(one, label=swapped[one["label"]]) for one in TRIALS]
    gains = {n: -gain for n, gain in GAINS.items()}
    passes(check.exercise_11_3, gains, {5: "not distinguishable", 50: "hurts"}, hurt)
    fails(check.exercise_11_3, gains, VERDICTS, hurt, match="after 50 epochs `noise.difference` gives -2.9 points")


@pytest.mark.parametrize(("gap", "verdict"), [(0.0088, "not distinguishable"), (0.0094, "helps")])
def test_11_3_asks_whether_the_interval_excludes_0(gap, verdict):
    """Three seeds a side with standard deviations of 0.004: the half width is 2.776 * 0.004 * sqrt(2 / 3) = 0.00907."""
    row = np.array([0.636, 0.640, 0.644])
    rows = {check.WITH: row + gap, check.WITHOUT: row}
    trials = [trial(5, label, seed, last) for label, row in rows.items() for seed, last in enumerate(row)]
    passes(check.exercise_11_3, {5: 100 * gap}, {5: verdict}, trials)
    swapped = {check.WITH: check.WITHOUT, check.WITHOUT: check.WITH}
    trials = [dict(one, label=swapped[one["label"]]) for one in trials]
    passes(check.exercise_11_3, {5: -100 * gap}, {5: verdict.replace("helps", "hurts")}, trials)
    other = "hurts" if verdict != "helps" else "not distinguishable"
    fails(
        check.exercise_11_3, {5: -100 * gap}, {5: other}, trials, match="after 5 epochs `noise.difference` gives -0.9"
    )


@pytest.mark.parametrize(
    ("gains", "verdicts", "sentence"),
    [
        ({5: -GAINS[5], 50: -GAINS[50]}, VERDICTS, "sign of your gains is reversed"),
        ({5: GAINS[5] / 100, 50: GAINS[50] / 100}, VERDICTS, "Points are wanted"),
        ({5: GAINS[50], 50: GAINS[5]}, VERDICTS, "swapped"),
        ({5: GAINS[5], 50: GAINS[5]}, VERDICTS, "both gains are that for 5 epochs"),
        ({n: gain - 12 for n, gain in GAINS.items()}, VERDICTS, r"\*training\*"),
        ({n: gain - 0.9 for n, gain in GAINS.items()}, VERDICTS, r"\*best\* epochs"),
        ({5: -5, 50: -5.0}, VERDICTS, r"\*first\* epochs"),
        ({5: 40.0, 50: 40}, VERDICTS, "losses"),
        ({5: -1.2, 50: 2.0}, VERDICTS, "seed 1 alone"),
        ({5: -0.2, 50: np.float32(3.7)}, VERDICTS, "seed 2 alone"),
        ({5: GAINS[50], 50: GAINS[50]}, VERDICTS, "both gains are that for 50 epochs"),
        ({5: GAINS[5], 50: GAINS[50] - 0.08}, VERDICTS, "for 50 epochs you have a gain of 2.8"),
        ({5: GAINS[5] / 100, 50: GAINS[50] / 100 + 0.01}, VERDICTS, "for 5 epochs you have a gain of -0.0093"),
        ({5: ..., 50: GAINS[50]}, VERDICTS, "not filled in yet"),
        ({n: 3 * gain for n, gain in GAINS.items()}, VERDICTS, "sums over the seeds"),
        ({5: -1, 50: 3}, VERDICTS, "rounded to whole points"),
        ({5: -1.3, 50: 3.5}, VERDICTS, "in per cent of the accuracy"),
        ({5: -1.2, 50: 2.8}, VERDICTS, "best seeds"),
        ({5: -0.2, 50: 2.9}, VERDICTS, "worst seeds"),
        ({5: -1.4, 50: 3.0}, VERDICTS, "medians"),
        ({5: -2.6, 50: 2.0}, VERDICTS, "A gain compares means"),
        # What explains one of them is no explanation.
        ({5: GAINS[5] - 12, 50: GAINS[50]}, VERDICTS, "for 5 epochs you have .* minus the mean without"),
        ({5: GAINS[5], 50: 40}, VERDICTS, "for 50 epochs you have a gain of 40"),
        ({5: GAINS[5] + 0.1, 50: GAINS[50]}, VERDICTS, "for 5 epochs you have"),
        ({5: GAINS[5], 50: 10**400}, VERDICTS, "too large"),
        ({"5": 1, "50": 2}, VERDICTS, "Its keys are the numbers 5 and 50"),
        ({5: GAINS[5], 50: np.nan}, VERDICTS, "NaN"),
        ({5: GAINS[5]}, VERDICTS, "`gains` has no entry for 50"),
        ({5: None, 50: None}, VERDICTS, "not filled in yet"),
        (GAINS, {5: "not distinguishable", 50: None}, "not filled in yet"),
        (None, None, "not filled in yet"),
        (2.0, VERDICTS, "a dictionary with the keys 5 and 50"),
        (GAINS, "helps", "`verdicts` should be a dictionary"),
        (GAINS, {5: "hurts", 50: "helps"}, "after 5 epochs `noise.difference`"),
        (GAINS, {5: "not distinguishable", 50: "not distinguishable"}, "after 50 epochs `noise.difference`"),
        (GAINS, {5: "no", 50: "yes"}, "the verdict is one of 'helps'"),
        (GAINS, {5: True, 50: False}, "the verdict is one of"),
    ],
)
def test_11_3_names_the_mistake(gains, verdicts, sentence):
    fails(check.exercise_11_3, gains, verdicts, TRIALS, match=sentence)


@pytest.mark.parametrize(
    "trials",
    [
        None,
        [],
        "text",
        3,
        [{}],
        TRIALS[:3],
        TRIALS[::3],
        [{**one, "label": "other"} for one in TRIALS],
        [*TRIALS, None],
    ],
)
def test_11_3_says_where_the_trials_come_from(trials):
    fails(check.exercise_11_3, GAINS, VERDICTS, trials, match="`time_study`|not filled in")
