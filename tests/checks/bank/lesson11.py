"""Answers to the exercises of lesson 11, written from their cards."""

import statistics

import numpy as np
from scipy import stats

from helpers import records


def flip_where(x, chosen):
    return np.where(np.asarray(chosen)[:, None, None, None], np.flip(x, axis=2), x)


def flip_by_loop(x, chosen):
    return [image[:, ::-1] if yes else image for image, yes in zip(x, chosen)]


def flip_by_tensors(x, chosen):
    import tensorflow as tf

    return tf.where(tf.reshape(chosen, (-1, 1, 1, 1)), tf.image.flip_left_right(x), x)


def flip_by_index(x, chosen):
    columns = np.arange(x.shape[2])[None, :].repeat(len(x), 0)
    columns[np.asarray(chosen)] = columns[0, ::-1]
    return np.take_along_axis(x, columns[:, None, :, None], axis=2)


def flip_chosen(x, chosen, change):
    result = x.copy()
    result[chosen] = change(x[chosen])
    return result


def flip_in_place(x, chosen):
    x[chosen] = x[chosen, :, ::-1].copy()
    return x


def pooled_with_numpy(rows):
    squares = [((np.array(row) - np.mean(row)) ** 2).sum() for row in rows]
    return np.sqrt(np.sum(squares) / (sum(map(len, rows)) - len(rows)))


def pooled_by_variances(rows):
    total = weights = 0
    for row in rows:
        total += (len(row) - 1) * statistics.variance(map(float, row))
        weights += len(row) - 1
    return (total / weights) ** 0.5


def pooled_by_labels(rows):
    labels = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    values = np.concatenate(rows)
    means = np.bincount(labels, values) / np.bincount(labels)
    return float(np.sqrt(((values - means[labels]) ** 2).sum() / (len(values) - len(rows))))


def pooled_by_stats(rows):
    tests = [stats.tvar(row) * (len(row) - 1) for row in rows]
    return np.float32(np.sqrt(sum(tests) / sum(len(row) - 1 for row in rows)))


TRIALS = records.study("augmentation_and_time")


def seeds(epochs, label):
    return [
        trial["history"]["val_accuracy"][-1]
        for trial in TRIALS
        if trial["label"] == label and trial["recipe"].epochs == epochs
    ]


GAINS = {
    epochs: round(100 * float(np.mean(seeds(epochs, "with flip and shift")) - np.mean(seeds(epochs, "without"))), 1)
    for epochs in (5, 50)
}


def verdict(epochs):
    high, low = seeds(epochs, "with flip and shift"), seeds(epochs, "without")
    test = stats.ttest_ind(high, low)
    return "not distinguishable" if test.pvalue >= 0.05 else "helps" if test.statistic > 0 else "hurts"


VERDICTS = {epochs: verdict(epochs) for epochs in (5, 50)}


def best_gain(epochs):
    return round(100 * (max(seeds(epochs, "with flip and shift")) - max(seeds(epochs, "without"))), 1)


RIGHT = {
    "11.1": [
        ("NumPy", pooled_with_numpy),
        ("variances", pooled_by_variances),
        ("labels", pooled_by_labels),
        ("SciPy, single precision", pooled_by_stats),
    ],
    "11.2": [
        ("where", flip_where),
        ("a loop", flip_by_loop),
        ("tensors", flip_by_tensors),
        ("index", flip_by_index),
    ],
    "11.3": [
        ("rounded", GAINS, VERDICTS, TRIALS),
        ("not rounded", {epochs: gain + 0.01 for epochs, gain in GAINS.items()}, VERDICTS, TRIALS),
        ("capitals", GAINS, {epochs: word.capitalize() for epochs, word in VERDICTS.items()}, TRIALS),
        ("another order", dict(reversed(GAINS.items())), dict(reversed(VERDICTS.items())), TRIALS),
    ],
}
WRONG = {
    "11.1": [
        ("one row", "one row|mean of its own", lambda rows: np.std(np.concatenate(rows), ddof=1)),
        ("mean of deviations", "average|squares", lambda rows: np.mean([np.std(row, ddof=1) for row in rows])),
        (
            "divided by n",
            "n − 1|number",
            lambda rows: np.sqrt(np.mean(np.concatenate([r - r.mean() for r in rows]) ** 2)),
        ),
        ("no root", "root|variance", lambda rows: pooled_with_numpy(rows) ** 2),
        ("unweighted", "same|sum of n", lambda rows: np.sqrt(np.mean([np.var(row, ddof=1) for row in rows]))),
        ("of the means", "means", lambda rows: np.std([row.mean() for row in rows], ddof=1)),
        ("one number a row", "", lambda rows: [np.std(row, ddof=1) for row in rows]),
        ("in per cent", "100", lambda rows: 100 * pooled_with_numpy(rows)),
        ("the range", "", lambda rows: np.mean([np.ptp(row) for row in rows])),
    ],
    "11.2": [
        ("upside down", "top|upside|row|columns", lambda x, chosen: flip_chosen(x, chosen, lambda y: y[:, ::-1])),
        ("channels", "channel|colour", lambda x, chosen: flip_chosen(x, chosen, lambda y: y[..., ::-1])),
        ("all of them", "all|chosen|others", lambda x, chosen: x[:, :, ::-1]),
        (
            "the others",
            "other|not chosen",
            lambda x, chosen: flip_chosen(x, ~np.asarray(chosen), lambda y: y[:, :, ::-1]),
        ),
        ("in place", "changed its input", flip_in_place),
        ("turned", "both|turn|rotat|row", lambda x, chosen: flip_chosen(x, chosen, lambda y: y[:, ::-1, ::-1])),
        (
            "transposed",
            "",
            lambda x, chosen: flip_chosen(x, chosen, lambda y: np.resize(y.transpose(0, 2, 1, 3), y.shape)),
        ),
        ("the chosen ones alone", "chosen|others|shape", lambda x, chosen: x[chosen][:, :, ::-1]),
        ("nothing", "unchanged|nothing|input itself|as it was|flip", lambda x, chosen: x.copy()),
        ("order of the images", "order|images|batch", lambda x, chosen: flip_chosen(x, chosen, lambda y: y[::-1])),
    ],
    "11.3": [
        ("fractions", "points|100|fraction", {e: g / 100 for e, g in GAINS.items()}, VERDICTS, TRIALS),
        ("sign", "sign|minus|with", {e: -g for e, g in GAINS.items()}, VERDICTS, TRIALS),
        ("swapped", "swapped", {5: GAINS[50], 50: GAINS[5]}, VERDICTS, TRIALS),
        ("best seeds", "best|mean", {e: best_gain(e) for e in GAINS}, VERDICTS, TRIALS),
        ("other verdicts", "interval", GAINS, {5: "hurts", 50: "hurts"}, TRIALS),
        ("another word", "one of", GAINS, {5: "yes", 50: "no"}, TRIALS),
        ("one missing", "50|filled", {5: GAINS[5]}, VERDICTS, TRIALS),
        ("a list", "dictionary", list(GAINS.values()), VERDICTS, TRIALS),
    ],
}
