"""Checks of lesson 07: right answers in several ways, planted wrong ones named, hostile ones survived."""

from collections import Counter
from fractions import Fraction

import keras
import numpy as np
import pandas as pd
import pytest
from answers import fails, passes
from mistake_tables import distinguishable
from mlxtend.evaluate import mcnemar
from sklearn.metrics import confusion_matrix, recall_score

from checks import lesson07 as check

# 7.1


def count(true, predicted, classes):
    matrix = np.zeros((classes, classes), dtype=int)
    np.add.at(matrix, (true, predicted), 1)
    return matrix


def count_by_lists(true, predicted, classes):
    matrix = [[0] * classes for _ in range(classes)]
    for row, column in zip(true, predicted):
        matrix[row][column] += 1
    return matrix


def count_by_sklearn(true, predicted, classes):
    return confusion_matrix(true, predicted, labels=range(classes))


def count_by_tensorflow(true, predicted, classes):
    import tensorflow as tf

    return tf.math.confusion_matrix(true, predicted, classes)


def by_pandas(true, predicted, classes):
    table = pd.crosstab(true, predicted)
    return table.reindex(index=range(classes), columns=range(classes), fill_value=0)


def by_one_hot(true, predicted, classes):
    return keras.ops.transpose(keras.ops.one_hot(true, classes)) @ keras.ops.one_hot(predicted, classes)


@pytest.mark.parametrize(
    "answer",
    [
        count,
        count_by_lists,
        count_by_sklearn,
        count_by_tensorflow,
        check.reference_matrix,
        lambda *a: count(*a).astype("float32"),
        by_pandas,
        by_one_hot,
    ],
)
def test_7_1_accepts(answer):
    passes(check.exercise_7_1, answer)


def each_entry_once(true, predicted, classes):
    matrix = np.zeros((classes, classes))
    matrix[true, predicted] += 1
    return matrix


def only_right(true, predicted, classes):
    return np.diag(np.diag(count(true, predicted, classes)))


def off_by_one(true, predicted, classes):
    matrix = count(true, predicted, classes)
    matrix[0, 0] -= 1
    matrix[1, 0] += 1
    return matrix


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda t, p, c: count(p, t, c), "swapped"),
        (each_entry_once, "counts each entry once"),
        (lambda t, p, c: count(t, p, c) / count(t, p, c).sum(axis=1, keepdims=True).clip(1), "shares of each row"),
        (lambda t, p, c: count(t, p, c) / len(t), "shares of all images"),
        (only_right, "only the diagonal is counted"),
        (lambda t, p, c: count(t, p, c) - only_right(t, p, c), "diagonal is missing"),
        (lambda t, p, c: confusion_matrix(t, p), "a class that never occurs are missing.*third argument"),
        (lambda t, p, c: np.zeros((c, c)), "add up to 0"),
        (
            off_by_one,
            r"\[0, 0\] is 1 in yours. Row 0, column 0 stands for images of class 0 that were predicted as class 0",
        ),
        (lambda *a: count(*a).astype("uint8"), "above 255 .* uint8"),
        (lambda *a: count(*a).astype("int8"), "above 127 .* int8"),
        (lambda t, p, c: count(t, p, c)[0], r"true labels \[0, 1, .* should have the shape \(2, 2\), yours has \(2,\)"),
        (lambda t, p, c: confusion_matrix(t, p, labels=range(max(*t, *p) + 1)), "ends with the largest label"),
        (
            lambda t, p, c: 100 * count(t, p, c) / count(t, p, c).sum(axis=1, keepdims=True).clip(1),
            "per cent of each row",
        ),
        (lambda t, p, c: count(t, p, c) / count(t, p, c).sum(axis=0).clip(1), "shares of each column"),
        (lambda t, p, c: np.diag(count(t, p, c)), "how many of its images were predicted correctly"),
        (lambda t, p, c: np.bincount(t, minlength=c), "how many images it has"),
        (lambda t, p, c: count(t, p, c) > 0, "True and False"),
        (lambda t, p, c: count(t, p, c) + 1, "always 1 too large"),
        (lambda t, p, c: count(t, p, c) + count(t, p, c).T, "add up to 18 for 9 images"),
        (lambda t, p, c: Counter(zip(t, p)), "numbers"),
    ],
)
def test_7_1_names_the_mistake(answer, sentence):
    fails(check.exercise_7_1, answer, match=sentence)


# 7.2


def recall(matrix, label):
    return matrix[label, label] / matrix[label].sum()


def recall_by_sklearn(matrix, label):
    rows, columns = np.indices(matrix.shape)
    true, predicted = np.repeat(rows.ravel(), matrix.ravel()), np.repeat(columns.ravel(), matrix.ravel())
    return recall_score(true, predicted, labels=[label], average=None)[0]


@pytest.mark.parametrize(
    "answer",
    [
        recall,
        recall_by_sklearn,
        lambda m, k: float(m[k][k]) / sum(m[k]),
        lambda m, k: np.float32(recall(m, k)),
        lambda m, k: Fraction(int(m[k, k]), int(m[k].sum())),
        lambda m, k: keras.ops.sum(m[k, k] / np.sum(m[k])),
    ],
)
def test_7_2_accepts(answer):
    passes(check.exercise_7_2, answer)


def precision(matrix, label):
    return matrix[label, label] / matrix[:, label].sum()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (precision, "That is the precision"),
        (lambda m, k: 100 * recall(m, k), "per cent"),
        (lambda m, k: 1 - recall(m, k), "missed"),
        (lambda m, k: 2 / (1 / recall(m, k) + 1 / precision(m, k)), "F1"),
        (lambda m, k: m[k, k], "By what do you divide"),
        (lambda m, k: m[k, k] / m.sum(), "divides by all images"),
        (lambda m, k: np.trace(m) / m.sum(), "accuracy over all classes"),
        (lambda m, k: m[k, k] / (m[k].sum() - m[k, k]), "other entries of the row"),
        (lambda m, k: 0.5, "images of this class"),
        (lambda m, k: m.diagonal() / m.sum(axis=1), "recalls of every class"),
        (lambda m, k: np.mean(m.diagonal() / m.sum(axis=1)), "mean recall"),
        (lambda m, k: recall(m, 0), "class 0, whatever"),
        (lambda m, k: m[k, k] / (m[k].sum() + m[:, k].sum() - m[k, k]), "or were \\*called\\* so"),
        (lambda m, k: 1 - (m[k].sum() + m[:, k].sum() - 2 * m[k, k]) / m.sum(), "right about this one class"),
        (lambda m, k: 1 - (m[:, k].sum() - m[k, k]) / (m.sum() - m[k].sum()), "specificity"),
        (lambda m, k: np.round(recall(m, k), 2), "rounded to 2 decimals"),
        (lambda m, k: m[k, k] // m[k].sum(), "lost its fractions"),
        (lambda m, k: m[k] / m[k].sum(), "one number"),
        (lambda m, k: recall(m, k) + 5e-4, "Of 173 images of this class, 87 were found"),
    ],
)
def test_7_2_names_the_mistake(answer, sentence):
    fails(check.exercise_7_2, answer, match=sentence)


# 7.3


def most_confused(matrix):
    sums = matrix + matrix.T
    np.fill_diagonal(sums, 0)
    return np.unravel_index(sums.argmax(), sums.shape)


def most_confused_by_loops(matrix):
    pairs = [(matrix[a][b] + matrix[b][a], a, b) for a in range(len(matrix)) for b in range(a)]
    return max(pairs)[1:]


@pytest.mark.parametrize(
    "answer",
    [
        most_confused,
        most_confused_by_loops,
        lambda m: most_confused(m)[::-1],
        check.reference_pair,
        lambda m: set(most_confused(m)),
        lambda m: np.array(most_confused(m), dtype=float),
        lambda m: frozenset(most_confused(m)),
        lambda m: divmod(int(np.tril(m + m.T, -1).argmax()), len(m)),
        lambda m: np.argwhere(np.triu(m + m.T, 1) == np.triu(m + m.T, 1).max())[0],
    ],
)
def test_7_3_accepts(answer):
    passes(check.exercise_7_3, answer)


def with_diagonal(matrix):
    return np.unravel_index(matrix.argmax(), matrix.shape)


def one_direction(matrix):
    others = matrix - np.diag(np.diag(matrix))
    return np.unravel_index(others.argmax(), others.shape)


def upper_half(matrix):
    upper = np.triu(matrix, 1)
    return np.unravel_index(upper.argmax(), upper.shape)


def product(matrix):
    products = matrix * matrix.T
    np.fill_diagonal(products, 0)
    return np.unravel_index(products.argmax(), products.shape)


def in_place(matrix):
    np.fill_diagonal(matrix, 0)
    return most_confused(matrix)


def least(matrix):
    pairs = [(matrix[a][b] + matrix[b][a], a, b) for a in range(len(matrix)) for b in range(a)]
    return min(pairs)[1:]


def right_on_small_ones(matrix):
    return most_confused(matrix) if len(matrix) < 5 else (1, 0)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (with_diagonal, "with itself"),
        (one_direction, "largest entry beside the diagonal"),
        (upper_half, "you have 0 and 1.*half above the diagonal"),
        (lambda m: upper_half(m.T), "you have 0 and 1.*half below the diagonal"),
        (product, "largest \\*product\\*"),
        (least, "confused \\*least\\*"),
        (lambda m: (m + m.T).argmax(), "two class numbers"),
        (lambda m: (3, 10), "run from 0 to"),
        (lambda m: (0.5, 1), "whole numbers; you have 0.5 and 1"),
        (lambda m: (0, 1), r"0 and 1, with 4 \+ 3 = 7 confusions. There is a pair with 38"),
        (lambda m: (-1, 0), "run from 0 to 2"),
        (lambda m: (len(m) - 1, len(m)), "run from 0 to 2"),
        (lambda m: (1e300, 1), "run from 0 to 2"),
        (lambda m: [label + 1 for label in most_confused(m)], "one too high: classes are counted from 0"),
        (lambda m: most_confused(abs(m - m.T) / 2), "two directions \\*differ\\* most"),
        (lambda m: most_confused(np.minimum(m, m.T)), "\\*smaller\\* direction"),
        (lambda m: most_confused(m / m.sum(axis=1, keepdims=True)), "shares of the rows"),
        (lambda m: np.argsort((m - np.diag(m.diagonal())).sum(axis=1))[-2:], "most confusions each"),
        (lambda m: np.argsort((m - np.diag(m.diagonal())).sum(axis=0))[-2:], "others are taken for most"),
        (lambda m: np.where(m + m.T == (m + m.T)[most_confused(m)]), "found the pair twice"),
        (right_on_small_ones, "for a matrix of 10 classes you have 0 and 1, with"),
        (lambda m: ("cat", "dog"), "text"),
        (lambda m: {1, "a"}, "numbers"),
        (in_place, "changed its input"),
    ],
)
def test_7_3_names_the_mistake(answer, sentence):
    fails(check.exercise_7_3, answer, match=sentence)


# All of them


def raising(*arguments):
    raise KeyError("no")


def mutating(array, *rest):
    array[:] = 0
    return array


@pytest.mark.parametrize(
    "exercise", [check.exercise_7_1, check.exercise_7_2, check.exercise_7_3, check.exercise_7_4], ids=lambda e: e.number
)
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (None, "not filled in"),
        (lambda *a: None, "returned None"),
        ("text", "a function was expected"),
        (lambda *a: "text", "numbers"),
        (lambda *a: np.nan, r"NaN|yours has \(\)"),
        (lambda *a: [[1], [2, 3]], "numbers"),
        (lambda *a: object(), "numbers"),
        (raising, "KeyError"),
        (mutating, "changed its input"),
    ],
)
def test_hostile_answers_get_a_sentence(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)


@pytest.mark.parametrize(
    "exercise", [check.exercise_7_1, check.exercise_7_2, check.exercise_7_4], ids=lambda exercise: exercise.number
)
def test_cases_distinguish_all_mistakes(exercise, monkeypatch):
    distinguishable(exercise, monkeypatch)


def test_7_3_cases_distinguish_all_mistakes():
    cases = check._pair_cases()
    rules = [lambda matrix: check._most(matrix + matrix.T), *check.PAIR_MISTAKES.values()]
    results = [tuple(rule(matrix) for matrix in cases) for rule in rules]
    assert len(set(results)) == len(rules)
    for matrix in cases:
        sums = np.triu(matrix + matrix.T, 1)
        assert (sums == sums.max()).sum() == 1


def test_the_figures_in_the_model_answer_of_7_5():
    for only_a, only_b, statistic, p_value in ((620, 680, 2.7, 0.10), (140, 200, 10.2, 0.001)):
        chi_squared, p = mcnemar(np.array([[0, only_a], [only_b, 0]]), corrected=True)
        assert chi_squared == pytest.approx(statistic, abs=0.05)
        assert p == pytest.approx(p_value, rel=0.5)
