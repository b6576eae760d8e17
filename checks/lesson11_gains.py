"""Check of exercise 11.3: when augmentation helps, by gains and their intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from checks.grading import NotFilledIn, describe, exercise, number, numbers, wrong
from helpers.teaching import noise

WITH, WITHOUT = "with flip and shift", "without"
WORDS = ("helps", "hurts", "not distinguishable")
TENTH = 0.06  # points that a gain may lie off, because it is wanted to one decimal


@exercise("11.3")
def exercise_11_3(gains: Any, verdicts: Any, trials: Any) -> str:
    """Gains in points, {epochs: number}, and verdicts, {epochs: one of WORDS}, for the stored trials."""
    runs = _runs(trials)
    gains, verdicts = (
        _by_epochs(answer, name, list(runs)) for answer, name in ((gains, "gains"), (verdicts, "verdicts"))
    )
    got = np.array([number(gains[epochs], f"the gain after {epochs} epochs") for epochs in runs])
    right = _gains(runs, np.mean)
    off = np.abs(got - right) > TENTH
    if off.any():
        _name_gains(got, runs)
        epochs, gain = next((epochs, gain) for epochs, gain, one in zip(runs, got, off) if one)
        wrong(
            f"for {epochs} epochs you have a gain of {gain:.4g}. It is the mean accuracy of the last epoch with "
            "augmentation, minus the mean without, times 100."
        )
    for epochs, pair in runs.items():
        said = verdicts[epochs]
        said = said.strip().lower() if isinstance(said, str) else ""
        if said not in WORDS:
            wrong(
                f"for {epochs} epochs the verdict is one of {', '.join(map(repr, WORDS))}; yours is "
                f"{describe(verdicts[epochs])}."
            )
        gain = noise.difference(*([run["val_accuracy"][-1] for run in pair[label]] for label in (WITHOUT, WITH)))
        if said != (("helps" if gain.value > 0 else "hurts") if gain.counts() else "not distinguishable"):
            wrong(
                f"after {epochs} epochs `noise.difference` gives {gain.points()}. Does the interval exclude 0, and on "
                "which side of 0 does it lie?"
            )
    return "Augmentation is worth far more after 50 epochs than after 5."


def _runs(trials: Any) -> dict[int, dict[str, list[dict]]]:
    """{epochs: {label: histories by seed}}."""
    try:
        runs = {epochs: {WITH: [], WITHOUT: []} for epochs in sorted({trial["recipe"].epochs for trial in trials})}
        for trial in sorted(trials, key=lambda trial: trial["seed"]):
            runs[trial["recipe"].epochs][trial["label"]].append(trial["history"])
        for pair in runs.values():
            for history in (*pair[WITH], *pair[WITHOUT]):
                numbers([history[name][-1] for name in ("accuracy", "val_accuracy", "val_loss")])
        complete = bool(runs) and all(min(map(len, pair.values())) > 1 for pair in runs.values())
    except Exception:  # whatever stands instead of the trials
        complete = False
    if not complete:
        wrong("the third answer should be the stored trials. Run the cell again that reads `time_study`.")
    return runs


def _by_epochs(answer: Any, name: str, lengths: list[int]) -> dict:
    if not isinstance(answer, Mapping):
        wrong(f"`{name}` should be a dictionary with the keys {_row(lengths, '')}; this is {describe(answer)}.")
    for epochs in lengths:
        if epochs not in answer:
            wrong(f"`{name}` has no entry for {epochs} epochs. Its keys are the numbers {_row(lengths, '')}.")
        if answer[epochs] is None or answer[epochs] is Ellipsis:
            raise NotFilledIn
    return dict(answer)


def _gains(runs: dict, middle: Callable, figure: Callable = lambda run: run["val_accuracy"][-1]) -> np.ndarray:
    """In points, for each number of epochs; ``middle`` makes one number of the seeds'."""
    rows = [[[figure(run) for run in pair[label]] for label in (WITH, WITHOUT)] for pair in runs.values()]
    return np.array([100 * (middle(high) - middle(low)) for high, low in rows])


def _name_gains(got: np.ndarray, runs: dict) -> None:
    """Name a mistake that all gains agree with."""
    right = _gains(runs, np.mean)
    high, low = (
        np.array([np.mean([run["val_accuracy"][-1] for run in pair[label]]) for pair in runs.values()])
        for label in (WITH, WITHOUT)
    )
    seeds = min(len(pair[label]) for pair in runs.values() for label in (WITH, WITHOUT))
    mistakes = {
        "the sign of your gains is reversed. A gain is *with* minus *without*.": -right,
        "your gains are fractions between 0 and 1. Points are wanted, 100 times as many.": right / 100,
        "the gains of the two lengths of training are swapped.": right[::-1],
        "your gains compare *training* accuracies. Validation counts.": _gains(
            runs, np.mean, lambda run: run["accuracy"][-1]
        ),
        "your gains compare the *best* epochs. The last one counts: nobody knows the best beforehand.": _gains(
            runs, np.mean, lambda run: max(run["val_accuracy"])
        ),
        "your gains compare the *first* epochs. The last one counts.": _gains(
            runs, np.mean, lambda run: run["val_accuracy"][0]
        ),
        "your gains compare losses. Accuracies are wanted.": _gains(runs, np.mean, lambda run: run["val_loss"][-1]),
        "your gains are differences of two rounded means. Take the seeds, and round only at the end.": (
            np.round(100 * high, 1) - np.round(100 * low, 1)
        ),
        "your gains are rounded to whole points. One decimal is wanted.": np.round(right),
        "your gains are in per cent of the accuracy without augmentation. The difference in points is wanted.": (
            100 * (high / low - 1)
        ),
        "your gains compare the best seeds. Take the mean over the seeds.": _gains(runs, max),
        "your gains compare the worst seeds. Take the mean over the seeds.": _gains(runs, min),
        "your gains compare medians. Take the mean over the seeds.": _gains(runs, np.median),
        "your gains are sums over the seeds. Take the mean.": _gains(runs, sum),
        "your gains are the distance from the worst seed of one row to the best of the other. A gain compares "
        "means.": np.array([_distance(pair) for pair in runs.values()]),
    }
    for seed in range(seeds):
        mistakes[f"your gains are those of seed {seed} alone. Take the mean over the seeds."] = _gains(
            runs, lambda row, seed=seed: row[seed]
        )
    for epochs, gain in zip(runs, right):
        mistakes[f"both gains are that for {epochs} epochs."] = np.full(len(runs), gain)
    for sentence, values in mistakes.items():
        # As close as a right answer has to be; fractions are a hundred times smaller.
        if (np.abs(got - values) <= (TENTH / 100 if "fractions" in sentence else TENTH)).all():
            wrong(sentence)


def _distance(pair: dict) -> float:
    high, low = ([run["val_accuracy"][-1] for run in pair[label]] for label in (WITH, WITHOUT))
    return 100 * (min(high) - max(low))


def _row(values: list, form: str = ".1%") -> str:
    *first, last = (format(value, form) for value in values)
    return f"{', '.join(first)} and {last}" if first else last
