"""Answers to the exercises of lesson 07, written from their cards."""

import itertools
from collections import Counter

import numpy as np
from sklearn.metrics import confusion_matrix


def by_counter(true, predicted, classes):
    counts = Counter(zip(map(int, true), map(int, predicted)))
    return [[counts[row, column] for column in range(classes)] for row in range(classes)]


def by_bincount(true, predicted, classes):
    return np.bincount(np.asarray(true) * classes + predicted, minlength=classes**2).reshape(classes, classes)


def by_one_hot(true, predicted, classes):
    return np.eye(classes)[true].T @ np.eye(classes)[predicted]


def by_add_at(true, predicted, classes):
    matrix = np.zeros((classes, classes), "float32")
    np.add.at(matrix, (true, predicted), 1)
    return matrix


def plus_equals_with_arrays(true, predicted, classes):
    matrix = np.zeros((classes, classes), int)
    matrix[true, predicted] += 1
    return matrix


def classes_that_occur(true, predicted, classes):
    return confusion_matrix(true, predicted)


def only_the_right_ones(true, predicted, classes):
    return np.diag(np.bincount(true[true == predicted], minlength=classes))


def only_the_wrong_ones(true, predicted, classes):
    matrix = by_bincount(true, predicted, classes)
    return matrix - np.diag(np.diag(matrix))


def one_too_many(true, predicted, classes):
    return by_bincount(true, predicted, classes + 1)


def share_of_hits(matrix, label):
    row = list(matrix[label])
    return row[label] / sum(row)


def pairs(matrix, both=True, diagonal=False, lowest=False):
    n = len(matrix)
    sums = {
        (a, b): int(matrix[a][b]) + (int(matrix[b][a]) if both else 0)
        for a in range(n)
        for b in range(n)
        if diagonal or a != b
    }
    return (min if lowest else max)(sums, key=sums.get)


def by_combinations(matrix):
    best = max(
        itertools.combinations(range(len(matrix)), 2),
        key=lambda pair: matrix[pair[0], pair[1]] + matrix[pair[1], pair[0]],
    )
    return list(best)


def by_upper_triangle(matrix):
    sums = np.triu(matrix + matrix.T, k=1)
    return np.argwhere(sums == sums.max())[0]


def as_a_set(matrix):
    return set(pairs(matrix))


def clears_the_matrix_itself(matrix):
    np.fill_diagonal(matrix, 0)
    sums = matrix + matrix.T
    return np.unravel_index(sums.argmax(), sums.shape)


def error(confidence, right, bins, weighted=True, absolute=True, last=True, empty=False, power=1):
    where = (np.asarray(confidence) * bins).astype(int)
    if last:
        where = np.minimum(where, bins - 1)
    total, used = 0.0, 0
    for k in range(bins + (not last)):
        members = where == k
        if not members.any():
            continue
        used += 1
        gap = np.mean(np.asarray(right)[members]) - np.mean(np.asarray(confidence)[members])
        gap = abs(gap) ** power if absolute else gap
        total += gap * (members.mean() if weighted else 1)
    return total if weighted else total / (bins if empty else used)


def by_histograms(confidence, right, bins):
    edges = np.linspace(0, 1, bins + 1)
    sums, _ = np.histogram(confidence, edges, weights=confidence)
    hits, _ = np.histogram(confidence, edges, weights=np.asarray(right, dtype=float))
    return np.abs(hits - sums).sum() / len(confidence)


def by_dictionaries(confidence, right, bins):
    groups = {}
    for one, hit in zip(confidence, right):
        groups.setdefault(min(int(one * bins), bins - 1), []).append(float(hit) - float(one))
    return sum(abs(sum(group)) for group in groups.values()) / len(confidence)


def by_bincounts(confidence, right, bins):
    where = np.clip(np.floor(confidence * bins).astype(int), 0, bins - 1)
    gaps = np.bincount(where, weights=right - confidence, minlength=bins)
    return np.float32(np.abs(gaps / len(right)).sum())


def by_a_list_of_bins(confidence, right, bins):
    return error(list(confidence), list(right), bins)


def largest_gap(confidence, right, bins):
    where = np.minimum((confidence * bins).astype(int), bins - 1)
    return max(abs(right[where == k].mean() - confidence[where == k].mean()) for k in np.unique(where))


RIGHT = {
    "7.1": [
        ("Counter", by_counter),
        ("bincount", by_bincount),
        ("one-hot", by_one_hot),
        ("add.at", by_add_at),
        ("scikit-learn", lambda t, p, classes: confusion_matrix(t, p, labels=range(classes))),
    ],
    "7.2": [
        ("lists", share_of_hits),
        ("diagonal", lambda m, k: np.diag(m)[k] / m.sum(axis=1)[k]),
        ("float32", lambda m, k: np.float32(m[k][k]) / np.float32(np.sum(m[k]))),
        ("an array of one number", lambda m, k: np.asarray(m[k, k] / np.sum(m, 1)[k])),
    ],
    "7.3": [
        ("by hand", pairs),
        ("combinations", by_combinations),
        ("triangle", by_upper_triangle),
        ("a set", as_a_set),
        ("the larger one first", lambda m: sorted(pairs(m), reverse=True)),
    ],
    "7.4": [
        ("histograms", by_histograms),
        ("dictionaries", by_dictionaries),
        ("bincount", by_bincounts),
        ("lists", by_a_list_of_bins),
    ],
}
WRONG = {
    "7.1": [
        ("transposed", "swapped|transposed|rows", lambda t, p, classes: by_bincount(t, p, classes).T),
        ("+= with arrays", "once|repeat|twice", plus_equals_with_arrays),
        ("classes that occur", "occur|zeros|shape", classes_that_occur),
        ("shares", "share|count|divid", lambda t, p, classes: by_bincount(t, p, classes) / len(t)),
        ("the diagonal alone", "diagonal|right|wrong", only_the_right_ones),
        ("no diagonal", "diagonal|right", only_the_wrong_ones),
        ("one class too many", "shape|class", one_too_many),
        ("flat", "shape", lambda t, p, classes: by_bincount(t, p, classes).ravel()),
        (
            "shares of each row",
            "share|row|count",
            lambda t, p, c: by_bincount(t, p, c) / np.maximum(by_bincount(t, p, c).sum(1, keepdims=True), 1),
        ),
        ("twice", "twice", lambda t, p, classes: 2 * by_bincount(t, p, classes)),
        ("predictions against themselves", "", lambda t, p, classes: by_bincount(p, p, classes)),
    ],
    "7.2": [
        ("precision", "precision|column", lambda m, k: m[k, k] / m[:, k].sum()),
        ("of all images", "all images|accuracy|whole|row", lambda m, k: m[k, k] / m.sum()),
        ("per cent", "per cent", lambda m, k: 100 * m[k, k] / m[k].sum()),
        ("missed", "1 minus|miss", lambda m, k: 1 - m[k, k] / m[k].sum()),
        ("whole numbers", "fraction|whole|//", lambda m, k: m[k, k] // m[k].sum()),
        ("rounded", "rounded", lambda m, k: round(m[k, k] / m[k].sum(), 1)),
        ("the count", "count|divide|row", lambda m, k: m[k, k]),
        ("accuracy", "accuracy|all", lambda m, k: np.trace(m) / m.sum()),
        ("every class", "one number|every class|each class", lambda m, k: np.diag(m) / m.sum(axis=1)),
        ("against the others", "others|row|rest", lambda m, k: m[k, k] / (m[k].sum() - m[k, k])),
    ],
    "7.3": [
        ("the diagonal", "diagonal|same class|itself", lambda m: pairs(m, diagonal=True)),
        ("one direction", "direction", lambda m: pairs(m, both=False)),
        ("changes the matrix", "changed its input", clears_the_matrix_itself),
        ("the least", "", lambda m: pairs(m, lowest=True)),
        ("the count", "two class|two", lambda m: (m + m.T)[pairs(m)]),
        ("a flat index", "flat|unravel|two", lambda m: int(np.argmax(np.triu(m + m.T, 1)))),
        ("from 1", "from 0|from 1|count", lambda m: [index + 1 for index in pairs(m)]),
        ("three numbers", "two", lambda m: (*pairs(m), int((m + m.T)[pairs(m)]))),
        ("names", "numbers|text", lambda m: ("cat", "dog")),
    ],
    "7.4": [
        ("not weighted", "weight|share", lambda c, r, bins: error(c, r, bins, weighted=False)),
        ("signed", "absolute|sign|cancel", lambda c, r, bins: error(c, r, bins, absolute=False)),
        ("bin of its own for 1", "exactly 1|last", lambda c, r, bins: error(c, r, bins, last=False)),
        ("largest gap", "largest|maximum", largest_gap),
        ("all bins count", "empty|weight|share", lambda c, r, bins: error(c, r, bins, weighted=False, empty=True)),
        ("squared", "square", lambda c, r, bins: error(c, r, bins, power=2)),
        ("one bin", "one bin|all images|bins", lambda c, r, bins: error(c, r, 1)),
        ("ten bins always", "ten|10|bins", lambda c, r, bins: error(c, r, 10)),
        ("per cent", "per cent", lambda c, r, bins: 100 * error(c, r, bins)),
        ("rounded", "rounded", lambda c, r, bins: round(float(error(c, r, bins)), 2)),
        ("each image", "each image|image by image|bin", lambda c, r, bins: np.abs(r - c).mean()),
    ],
}
