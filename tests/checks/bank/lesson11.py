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


def shift_zeros(x, down, right, fill=0):
    result = np.full_like(x, fill)
    rows, columns = x.shape[1:3]
    result[:, max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)] = x[
        :, max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)
    ]
    return result


def shift_reflected(x, down, right):
    rows = np.abs(np.arange(x.shape[1]) - down)
    columns = np.abs(np.arange(x.shape[2]) - right)
    rows = np.where(rows >= x.shape[1], 2 * (x.shape[1] - 1) - rows, rows)
    columns = np.where(columns >= x.shape[2], 2 * (x.shape[2] - 1) - columns, columns)
    return x[:, rows][:, :, columns]


def shift_by_scipy(x, down, right):
    from scipy.ndimage import shift

    return shift(x, (0, down, right, 0), order=0, mode="constant", cval=0)


def shift_by_symmetric(x, down, right):
    padding = max(abs(down), abs(right))
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)), mode="symmetric")
    return padded[:, padding - down : padding - down + x.shape[1], padding - right : padding - right + x.shape[2]]


def shift_by_tensors(x, down, right):
    import tensorflow as tf

    return tf.constant(shift_zeros(x, down, right))


def rolled(x, down, right):
    return np.roll(x, (down, right), axis=(1, 2))


def smaller(x, down, right):
    return x[:, max(-down, 0) : x.shape[1] - max(down, 0), max(-right, 0) : x.shape[2] - max(right, 0)]


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
        ("zeros", shift_zeros),
        ("reflected by index", shift_reflected),
        ("SciPy", shift_by_scipy),
        ("tensors", shift_by_tensors),
        ("lists", lambda x, down, right: shift_zeros(x, down, right).tolist()),
    ],
    "11.4": [
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
        ("rolled", "other side|roll|opposite|comes back|again", rolled),
        ("the other way", "other way", lambda x, d, r: shift_zeros(x, -d, -r)),
        ("swapped", "swapped|other way round|down", lambda x, d, r: shift_zeros(x, r, d)),
        ("down alone", "right|column|both", lambda x, d, r: shift_zeros(x, d, 0)),
        ("right alone", "down|row|both", lambda x, d, r: shift_zeros(x, 0, r)),
        ("smaller", "shape", smaller),
        ("absolute values", "negative|sign", lambda x, d, r: shift_zeros(x, abs(d), abs(r))),
        ("white", "gap|fill|0|edge", lambda x, d, r: shift_zeros(x, d, r, 255)),
        ("nothing", "unchanged|nothing|moved|move", lambda x, d, r: x.copy()),
        ("one too far", "one|pixel|far", lambda x, d, r: shift_zeros(x, d + 1, r + 1)),
    ],
    "11.4": [
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
