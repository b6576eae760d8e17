"""Checks of lesson 07: right answers in several ways, planted wrong ones named, hostile ones survived."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from answers import fails, passes
from mlxtend.evaluate import mcnemar
from sklearn.metrics import confusion_matrix, recall_score

from checks import lesson07 as check
from helpers import plots

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


@pytest.mark.parametrize(
    "answer", [count, count_by_lists, count_by_sklearn, count_by_tensorflow, lambda *a: count(*a).astype("float32")]
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
        (lambda t, p, c: count(p, t, c), "changed places"),
        (each_entry_once, "counts each entry once"),
        (lambda t, p, c: count(t, p, c) / count(t, p, c).sum(axis=1, keepdims=True).clip(1), "shares of each row"),
        (lambda t, p, c: count(t, p, c) / len(t), "shares of all images"),
        (only_right, "only the correct predictions"),
        (lambda t, p, c: count(t, p, c) - only_right(t, p, c), "diagonal is missing"),
        (lambda t, p, c: confusion_matrix(t, p), "one never occurs.*third argument"),
        (lambda t, p, c: np.zeros((c, c)), "add up to 0"),
        (off_by_one, r"Row 0, column 0 is .* and should be"),
        (lambda *a: count(*a).astype("uint8"), "above 255 .* uint8"),
        (lambda *a: count(*a).astype("int8"), "above 127 .* int8"),
        (lambda t, p, c: count(t, p, c)[0], r"should have the shape \(3, 3\)"),
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
    [recall, recall_by_sklearn, lambda m, k: float(m[k][k]) / sum(m[k]), lambda m, k: np.float32(recall(m, k))],
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
        (lambda m, k: m[k, k] / (m[k].sum() - m[k, k]), "mistakes alone"),
        (lambda m, k: 0.5, "images of this class"),
        (lambda m, k: m.diagonal() / m.sum(axis=1), "one number"),
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
        lambda m: set(most_confused(m)),
        lambda m: np.array(most_confused(m), dtype=float),
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


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (with_diagonal, "with itself"),
        (one_direction, "largest entry beside the diagonal"),
        (upper_half, "one half|both directions added"),
        (lambda m: upper_half(m.T), "one half|both directions added"),
        (product, "largest \\*product\\*"),
        (least, "confused \\*least\\*"),
        (lambda m: (m + m.T).argmax(), "two class numbers"),
        (lambda m: (3, 10), "run from 0 to"),
        (lambda m: (0.5, 1), "run from 0 to"),
        (lambda m: (0, 1), "There is a pair with|confusions"),
        (lambda m: ("cat", "dog"), "text"),
        (lambda m: {1, "a"}, "numbers"),
        (in_place, "changed its input"),
    ],
)
def test_7_3_names_the_mistake(answer, sentence):
    fails(check.exercise_7_3, answer, match=sentence)


# 7.4


def calibration_error(confidence, right, bins):
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    members = [index == k for k in np.unique(index)]
    return sum(m.mean() * abs(right[m].mean() - confidence[m].mean()) for m in members)


def upper_edges_included(confidence, right, bins):
    edges = np.linspace(0, 1, bins + 1)
    error = 0
    for low, high in itertools.pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += abs(right[inside].sum() - confidence[inside].sum())
    return error / len(right)


def by_histograms(confidence, right, bins):
    count, sure, hit = (
        np.histogram(confidence, bins, (0, 1), weights=w)[0] for w in (None, confidence, right.astype(int))
    )
    return np.float32(np.abs(sure - hit).sum() / count.sum())


@pytest.mark.parametrize("answer", [calibration_error, upper_edges_included, by_histograms])
def test_7_4_accepts(answer):
    passes(check.exercise_7_4, answer)


def parts(confidence, right, bins):
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    return [(np.mean(index == k), confidence[index == k].mean(), right[index == k].mean(), k) for k in np.unique(index)]


def without_ones(confidence, right, bins):
    inside = confidence < 1
    return calibration_error(confidence[inside], right[inside], bins) * inside.mean()


def with_bin_of_their_own(confidence, right, bins):
    index = np.digitize(confidence, np.linspace(0, 1, bins + 1))
    members = [index == k for k in np.unique(index)]
    return sum(m.mean() * abs(right[m].mean() - confidence[m].mean()) for m in members)


def with_empty_bins(confidence, right, bins):
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    with np.errstate(all="ignore"):
        sums = [np.bincount(index, w, minlength=bins) for w in (right, confidence)]
        return float(np.mean(np.abs(sums[0] - sums[1]) / np.bincount(index, minlength=bins)))


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda *a: np.mean([abs(acc - conf) for _, conf, acc, _ in parts(*a)]), "every bin weighs the same"),
        (lambda c, r, b: sum(abs(acc - conf) for _, conf, acc, _ in parts(c, r, b)) / b, "empty ones included"),
        (lambda c, r, b: abs(r.mean() - c.mean()), "must not cancel"),
        (lambda c, r, b: c.mean() - r.mean(), "must not cancel"),
        (lambda *a: max(abs(acc - conf) for _, conf, acc, _ in parts(*a)), "largest gap"),
        (lambda *a: sum(abs(acc - conf) for _, conf, acc, _ in parts(*a)), "not weighted"),
        (lambda *a: sum(w * (acc - conf) ** 2 for w, conf, acc, _ in parts(*a)), "squared"),
        (lambda c, r, b: sum(w * abs(acc - (k + 0.5) / b) for w, _, acc, k in parts(c, r, b)), "middle of each bin"),
        (without_ones, "fallen out"),
        (lambda c, r, b: calibration_error(c[c < 1], r[c < 1], b), "missing"),
        (with_bin_of_their_own, "bin of their own"),
        (with_empty_bins, "Some bins hold no image"),
        (lambda *a: 100 * calibration_error(*a), "per cent"),
        (lambda c, r, b: len(c) * calibration_error(c, r, b), "sum over the images"),
        (lambda c, r, b: calibration_error(c, r, 10), "always use ten bins"),
        (lambda *a: 0.5, "Work out the fullest bin"),
        (lambda *a: [0.1, 0.2], "one number"),
    ],
)
def test_7_4_names_the_mistake(answer, sentence):
    fails(check.exercise_7_4, answer, match=sentence)


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
        (lambda *a: np.nan, "NaN"),
        (lambda *a: [[1], [2, 3]], "numbers"),
        (lambda *a: object(), "numbers"),
        (raising, "KeyError"),
        (mutating, "changed its input"),
    ],
)
def test_hostile_answers_get_a_sentence(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)


def test_the_figures_in_the_model_answer_of_7_5():
    for only_a, only_b, statistic, p_value in ((620, 680, 2.7, 0.10), (140, 200, 10.2, 0.001)):
        chi_squared, p = mcnemar(np.array([[0, only_a], [only_b, 0]]), corrected=True)
        assert chi_squared == pytest.approx(statistic, abs=0.05)
        assert p == pytest.approx(p_value, rel=0.5)


# The two figures


def test_predictions_mark_what_is_wrong():
    images = np.zeros((3, 8, 8, 3), np.uint8)
    figure = plots.predictions(images, np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]]), [0, 1, 0], ("cat", "dog"))
    titles = [axes.get_title("center") for axes in figure.axes[:3]]
    assert [title.strip() for title in titles] == ["✓ cat 90%", "✓ dog 80%", "✗ dog 60%\ntrue: cat"]
    colours = [axes.title.get_color() for axes in figure.axes[:3]]
    assert colours[0] == colours[1] != colours[2]
    plt.close(figure)


def test_predictions_tell_nearly_sure_from_sure():
    chances = np.array([[0.994, 0.006], [0.9961, 0.0039], [0.99971, 0.00029], [1, 0]])
    figure = plots.predictions(np.zeros((4, 8, 8, 3), np.uint8), chances, [0] * 4, ("cat", "dog"))
    titles = [axes.get_title("center").strip() for axes in figure.axes[:4]]
    assert titles == ["✓ cat 99%", "✓ cat 99.6%", "✓ cat >99.9%", "✓ cat >99.9%"]
    plt.close(figure)


def test_reliability_draws_a_point_for_every_bin_it_is_given():
    bins = tuple(np.array(values) for values in ([0.45, 0.95], [0.3, 0.9], [0.25, 0.75]))
    figure = plots.reliability({"one": bins, "two": tuple(part[:1] for part in bins)})
    above, below = figure.axes
    assert [len(line.get_xdata()) for line in above.lines] == [2, 2, 1]  # the diagonal first
    assert np.array_equal(above.lines[1].get_xydata(), np.stack(bins[:2], axis=1))
    assert sorted(bar.get_height() for bar in below.patches) == [0.25, 0.25, 0.75]
    plt.close(figure)
