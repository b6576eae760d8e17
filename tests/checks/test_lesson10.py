"""Checks of lesson 10: right answers in several ways, planted wrong ones named, hostile ones survived."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from answers import HOSTILE, fails, passes
from keras import layers

from checks import lesson10 as check
from checks import lesson10_views_and_cost as views_and_cost
from helpers import fast

# 10.1


def targets(y, classes, smoothing):
    return (1 - smoothing) * np.eye(classes)[y] + smoothing / classes


def targets_by_loops(y, classes, smoothing):
    rows = [[smoothing / classes] * classes for _ in y]
    for row, label in zip(rows, y):
        row[label] += 1 - smoothing
    return rows


def targets_by_keras(y, classes, smoothing):
    one_hot = keras.utils.to_categorical(y, classes)
    return one_hot * (1 - smoothing) + smoothing / classes


def loss(logits, targets):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return -(targets * (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))).sum(axis=1).mean()


def loss_by_tensorflow(logits, targets):
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, logits))


def loss_by_logaddexp(logits, targets):
    return np.mean(np.logaddexp.reduce(logits, axis=1) - np.sum(targets * logits, axis=1))


@pytest.mark.parametrize("first", [targets, targets_by_loops, targets_by_keras])
@pytest.mark.parametrize("second", [loss, loss_by_tensorflow, loss_by_logaddexp])
def test_10_1_accepts(first, second):
    passes(check.exercise_10_1, first, second)


def of_integers(y, classes, smoothing):
    rows = np.eye(classes, dtype=int)[y]
    rows[:] = rows * (1 - smoothing) + smoothing / classes
    return rows


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda y, k, s: np.where(np.eye(k)[y], 1 - s, s / (k - 1)), r"the \*other\* classes only"),
        (lambda y, k, s: np.where(np.eye(k)[y], 1 - s, s / k), "the true class has 1 − smoothing. It gets its part"),
        (lambda y, k, s: np.where(np.eye(k)[y], 1, s / k), "still has 1"),
        (lambda y, k, s: np.eye(k)[y] + s / k, "more than 1. Take the share away"),
        (lambda y, k, s: np.eye(k)[y] * (1 - s), "given to nobody"),
        (lambda y, k, s: np.eye(k)[y] * (1 - s) + s, "divided by the number of classes"),
        (lambda y, k, s: np.eye(k)[y], "Where does `smoothing` come in"),
        (lambda y, k, s: np.eye(k)[y] * s + (1 - s) / k, "changed places"),
        (of_integers, "whole numbers"),
        (lambda y, k, s: targets(y, k, s / 2), "How much should the true class have"),
        (lambda y, k, s: targets(y, k, s) + 0.05, "adds up to 1.2"),
        (lambda y, k, s: targets(y, k, s).T, r"should have the shape \(6, 10\)|should have the shape \(3, 4\)"),
        (lambda y, k, s: targets(y, k, s) if s else targets(y, k, 0.1), "one-hot labels are wanted"),
    ],
)
def test_10_1_names_the_mistake_in_the_targets(answer, sentence):
    fails(check.exercise_10_1, answer, loss, match=sentence)


def log_of_softmax(logits, targets):
    powers = np.exp(logits)
    return -(targets * np.log(powers / powers.sum(axis=1, keepdims=True))).sum(axis=1).mean()


def log_of_stable_softmax(logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return -(targets * np.log(powers / powers.sum(axis=1, keepdims=True))).sum(axis=1).mean()


def cut_off(logits, targets):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return -(targets * np.log((powers / powers.sum(axis=1, keepdims=True)).clip(1e-7))).sum(axis=1).mean()


def over_images(logits, targets):
    return -(targets * (logits - np.log(np.exp(logits).sum(axis=0)))).sum(axis=1).mean()


def true_class_alone(logits, targets):
    return loss(logits, np.eye(targets.shape[1])[targets.argmax(axis=1)])


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda z, t: loss(z, t) * len(z), "sum over the images"),
        (lambda z, t: loss(z, t) / z.shape[1], r"images \*and\* classes"),
        (lambda z, t: -loss(z, t), "sign is reversed"),
        (lambda z, t: -(t * z).sum(axis=1).mean(), "no softmax"),
        (over_images, "runs over the images"),
        (true_class_alone, "only the true class counts"),
        (lambda z, t: loss(z, t) + (t * np.log(t)).sum() / len(t), "above the lowest possible"),
        (lambda z, t: loss(z, t) / np.log(2), "base 2"),
        (lambda z, t: loss(z, t) / np.log(10), "base 10"),
        (lambda z, t: [loss(z[i : i + 1], t[i : i + 1]) for i in range(len(z))], "one number for each image"),
        (log_of_softmax, r"your loss is (nan|inf): an exponential is too large"),
        (log_of_stable_softmax, "your loss is (nan|inf)"),
        (cut_off, "do not cut it off"),
        (lambda z, t: loss(z, t) + 0.3, "The first image alone should give"),
        (lambda z, t: z * t, "one number"),
    ],
)
def test_10_1_names_the_mistake_in_the_loss(answer, sentence):
    fails(check.exercise_10_1, targets, answer, match=sentence)


def test_10_1_agrees_with_keras():
    logits, y = np.random.default_rng(0).normal(size=(9, 10)), np.arange(9)
    keras_loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)
    one_hot = keras.utils.to_categorical(y, 10)
    parts = check._loss_parts(logits, check._targets(y, 10, 0.2))
    assert np.mean(parts) == pytest.approx(float(keras_loss(one_hot, logits)), rel=1e-5)


# 10.2


def triangle(done, start, peak, end):
    if done < peak:
        return start + (1 - start) * done / peak
    return 1 + (end - 1) * (done - peak) / (1 - peak)


@pytest.mark.parametrize(
    "answer",
    [
        triangle,
        lambda d, s, p, e: np.interp(d, [0, p, 1], [s, 1, e]),
        lambda d, s, p, e: min(s + (1 - s) * d / p, e + (1 - e) * (1 - d) / (1 - p)),
        lambda d, s, p, e: fast.Triangle(1.0, 1_000_000, s, p, e)(round(1_000_000 * d)),
        lambda d, s, p, e: np.array([triangle(d, s, p, e)], "float32")[0],
    ],
)
def test_10_2_accepts(answer):
    passes(check.exercise_10_2, answer)


def rise(rule):
    return lambda d, s, p, e: rule(d, s, p, e) if d < p else triangle(d, s, p, e)


def cosine(done, start, peak, end):
    return end + (1 - end) * (1 + math.cos(math.pi * (done - peak) / (1 - peak))) / 2


def fall(rule):
    return lambda d, s, p, e: triangle(d, s, p, e) if d < p else rule(d, s, p, e)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda d, s, p, e: d / p if d <= p else triangle(d, s, p, e), "begins at 0"),
        (lambda d, s, p, e: s + d / p, r"ends at 1 \+ start"),
        (lambda d, s, p, e: s + (1 - s) * d, "climbs too slowly"),
        (lambda d, s, p, e: triangle(d, e, p, s), "rise the rate begins at `end`"),
        (lambda d, s, p, e: s + (p - s) * d / p, r"`peak` says \*when\*"),
        (lambda d, s, p, e: 1, "at its top all the time"),
        (lambda d, s, p, e: s, "stays at `start`"),
        (lambda d, s, p, e: triangle(d, s, 0.5, e), "half of the training"),
        (rise(lambda d, s, p, e: s + (1 - s) * (1 - math.cos(math.pi * d / p)) / 2), "rise the rate follows a cosine"),
        (lambda d, s, p, e: s ** (1 - d / p) if d <= p else 1.0, r"same \*factor\*"),
        (fall(lambda d, s, p, e: (1 - d) / (1 - p)), "fall the rate falls to 0"),
        (fall(lambda d, s, p, e: e + (1 - d) / (1 - p)), r"fall from 1 \+ end"),
        (fall(lambda d, s, p, e: 1 - (1 - e) * d), "counted from the beginning of the training"),
        (fall(lambda d, s, p, e: e + (1 - e) * (1 - d)), "counted from the beginning of the training"),
        (fall(lambda d, s, p, e: s + (1 - s) * (1 - d) / (1 - p)), "falls to `start`"),
        (fall(lambda d, s, p, e: p + (e - p) * (d - p) / (1 - p)), "falls from `peak`"),
        (fall(lambda d, s, p, e: triangle(d, s, 0.5, e)), "falls too late"),
        (lambda d, s, p, e: 0.0 if d == p else triangle(d, s, p, e), "the peak itself"),
        (fall(lambda d, s, p, e: 1.0), "stays at its top"),
        (lambda d, s, p, e: s + (1 - s) * d / p, "goes on climbing"),
        (fall(lambda d, s, p, e: 1 - (1 - e) * (d - p) / p), "as if it lasted the share `peak`"),
        (fall(cosine), "fall the rate follows a cosine"),
        (fall(lambda d, s, p, e: e ** ((d - p) / (1 - p))), r"falls by the same \*factor\*"),
        (lambda d, s, p, e: triangle(d, 0.2, 0.23, 0.07), "only knows the lesson's"),
        (lambda d, s, p, e: triangle(d, s, p, e) + 0.1, "the rise, with 0 done"),
        (lambda d, s, p, e: [d, s], "one number"),
    ],
)
def test_10_2_names_the_mistake(answer, sentence):
    fails(check.exercise_10_2, answer, match=sentence)


# 10.3


def six(answer, images):
    rows, columns = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    total = 0
    for corner, weight in ((1, 1 / 4), (0, 1 / 8), (2, 1 / 8)):
        window = padded[:, corner : corner + rows, corner : corner + columns]
        total = total + weight * (answer(window) + answer(window[:, :, ::-1]))
    return total


def six_in_one_call(answer, images):
    rows, columns = images.shape[1:3]
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    windows = [padded[:, c : c + rows, c : c + columns] for c in (1, 0, 2)]
    together = np.concatenate([view for w in windows for view in (w, tf.image.flip_left_right(w))])
    return np.tensordot([0.25, 0.25, 0.125, 0.125, 0.125, 0.125], answer(together).reshape(6, len(images), -1), 1)


@pytest.mark.parametrize(
    "answer", [six, six_in_one_call, lambda *a: six(*a).astype("float32"), lambda *a: six(*a).tolist()]
)
def test_10_3_accepts(answer):
    passes(check.exercise_10_3, answer)


def test_10_3_agrees_with_the_helper():
    images = np.random.default_rng(1).integers(0, 256, (5, 9, 9, 3), dtype=np.uint8)
    model = keras.Sequential([layers.Input((9, 9, 3)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(4)])
    got = six(lambda x: model.predict(x, verbose=0), images)
    np.testing.assert_allclose(got, fast.view_logits(model, images, 6), atol=0.02)


def variant(corners=((1, 1), (0, 0), (2, 2)), weights=(1 / 4, 1 / 8, 1 / 8), mode="reflect", flip=2, padding=1):
    def answer_to(answer, images):
        rows, columns = images.shape[1:3]
        padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)), mode=mode)
        total = 0
        for (top, left), weight in zip(corners, weights):
            window = padded[:, top : top + rows, left : left + columns]
            total = total + weight * (answer(window) + (answer(np.flip(window, flip)) if flip else 0))
        return total

    return answer_to


def flipped_first(answer, images):
    return (variant(flip=None)(answer, images) + variant(flip=None)(answer, images[:, :, ::-1])).astype(float)


def rolled(answer, images):
    moved = [(np.roll(images, step, axis=(1, 2)), w) for step, w in ((0, 1 / 4), (1, 1 / 8), (-1, 1 / 8))]
    return sum(weight * (answer(one) + answer(one[:, :, ::-1])) for one, weight in moved)


def probabilities(answer):
    return lambda images: np.array(tf.nn.softmax(answer(images)))


def one_flip(answer, images):
    windows = variant(flip=None, weights=(1 / 4, 1 / 4, 1 / 4))(answer, images)
    return windows + answer(images[:, :, ::-1]) / 4


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (variant(weights=[1 / 6] * 3), "all six views count the same"),
        (lambda a, x: a(x), "the image alone"),
        (lambda a, x: (a(x) + a(x[:, :, ::-1])) / 2, "mean over two views"),
        (variant(flip=None, weights=(1 / 2, 1 / 4, 1 / 4)), "flipped copies are missing: this is"),
        (variant(flip=None, weights=[1 / 3] * 3), "all three windows count the same"),
        (one_flip, "only the image itself is flipped"),
        (variant(flip=1), "upside down"),
        (variant(flip=3), "colours is reversed"),
        (variant(mode="constant"), "padding is zeros"),
        (variant(mode="edge"), "repeats the outermost"),
        (variant(mode="symmetric"), "repeats the outermost"),
        (variant(mode="wrap"), "comes back on the other"),
        (rolled, "comes back on the other"),
        (variant(corners=((1, 1), (0, 2), (2, 0))), "other diagonal"),
        (flipped_first, "flip first and crop then"),
        (variant(corners=((2, 2), (0, 0), (4, 4)), padding=2), "shifted by two pixels"),
        (variant(corners=((0, 0), (2, 2)), weights=(1 / 4, 1 / 4)), "the image itself is missing"),
        (variant(weights=(1, 1, 1)), "sum over the six"),
        (variant(weights=(1 / 2, 1 / 4, 1 / 4)), "weights add up to 2"),
        (lambda a, x: six(probabilities(a), x), "average probabilities"),
        (lambda a, x: probabilities(lambda images: six(a, images))(x), "but return probabilities"),
        (lambda a, x: np.array([a(x)] * 6), "came back side by side"),
        (lambda a, x: six(a, x).argmax(axis=1), "one class for each image"),
        (lambda a, x: a(x[0]), "predict wants images of shape"),
        (lambda a, x: six(a, x).T, r"should have the shape"),
        (lambda a, x: six(a, x) + 1, "weights add up to 1"),
    ],
)
def test_10_3_names_the_mistake(answer, sentence):
    fails(check.exercise_10_3, answer, match=sentence)


# 10.4


def flops(stack):
    total, before = 0, False
    for positions, weights, trained in stack:
        total += 2 * positions * weights * (1 + trained + before)
        before = before or trained
    return total


def flops_backwards(stack):
    total = sum(2 * positions * weights for positions, weights, _ in stack)
    total += sum(2 * positions * weights for positions, weights, trained in stack if trained)
    first = next((index for index, layer in enumerate(stack) if layer[2]), len(stack))
    return float(total + sum(2 * layer[0] * layer[1] for layer in stack[first + 1 :]))


@pytest.mark.parametrize("answer", [flops, flops_backwards, lambda s: np.int64(flops(s))])
def test_10_4_accepts(answer):
    passes(check.exercise_10_4, answer)


def test_10_4_counts_what_is_published_for_airbench94():
    sides = [961, 961, 225, 225, 49, 49, 9]
    kernels = [12 * 24, *(9 * a * b for a, b in zip((24, 64, 64, 256, 256, 256), (64, 64, 256, 256, 256, 256)))]
    stack = [(positions, weights, index > 0) for index, (positions, weights) in enumerate(zip(sides, kernels))]
    assert round(views_and_cost._step_flops([*stack, (1, 2560, True)]) / 1e6) == 681


def per_layer(rule):
    def answer(stack):
        total, before = 0, False
        for index, (positions, weights, trained) in enumerate(stack):
            total += rule(positions * weights, trained, before, index)
            before = before or trained
        return total

    return answer


def after(stack):
    return sum(
        2 * positions * weights * (1 + trained + any(later[2] for later in stack[index + 1 :]))
        for index, (positions, weights, trained) in enumerate(stack)
    )


def directly_before(stack):
    return sum(
        2 * positions * weights * (1 + trained + (index > 0 and stack[index - 1][2]))
        for index, (positions, weights, trained) in enumerate(stack)
    )


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda s: flops(s) // 2, "these are MACs"),
        (lambda s: 2 * flops(s), "four FLOPs for a MAC"),
        (per_layer(lambda m, t, b, i: 2 * m), "forward pass alone"),
        (per_layer(lambda m, t, b, i: 2 * m * (1 + t)), "gradients of the inputs are missing"),
        (per_layer(lambda m, t, b, i: 2 * m * (1 + b)), "gradients of the weights are missing"),
        (per_layer(lambda m, t, b, i: 2 * m * (t + b)), "outputs are missing"),
        (per_layer(lambda m, t, b, i: 2 * m * (2 + t)), "gradients of the inputs in every layer"),
        (per_layer(lambda m, t, b, i: 2 * m * (1 + t + (t or b))), "before itself"),
        (per_layer(lambda m, t, b, i: 6 * m), "three times the forward pass for every layer"),
        (per_layer(lambda m, t, b, i: 2 * m * (3 if t else 1)), "first trained one has nobody before it"),
        (per_layer(lambda m, t, b, i: 2 * m * (2 + b)), "gradients of the weights of frozen layers"),
        (per_layer(lambda m, t, b, i: 2 * m * (1 + t + b) * t), "frozen layers cost something"),
        (per_layer(lambda m, t, b, i: 2 * m * (1 + t + (b and t))), "hands the gradients of its inputs on"),
        (per_layer(lambda m, t, b, i: 2 * m * (1 + t + (i > 0))), "first layer of the list only"),
        (after, r"layers \*after\*"),
        (directly_before, "only the layer directly before"),
        (lambda s: flops([(1, weights, trained) for _, weights, trained in s]), "positions are left out"),
        (lambda s: flops(s) - flops(s[:-1]), "last layer alone"),
        (lambda s: 7, r"for the stack \[\(4, 10, True\).* you have 7"),
        (lambda s: flops(s) + 0.5, "a whole number"),
    ],
)
def test_10_4_names_the_mistake(answer, sentence):
    fails(check.exercise_10_4, answer, match=sentence)


# All functions


ALL_HOSTILE = [
    *HOSTILE,
    (lambda *_: "text", "text"),
    (lambda *_: np.nan, "NaN|shape"),
    (lambda *_: object(), "numbers"),
    (lambda *_: 10**400, "too large"),
]


@pytest.mark.parametrize("exercise", [check.exercise_10_2, check.exercise_10_3, check.exercise_10_4])
@pytest.mark.parametrize(("answer", "sentence"), ALL_HOSTILE)
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)


@pytest.mark.parametrize(("answer", "sentence"), ALL_HOSTILE)
def test_10_1_hostile_answers(answer, sentence):
    fails(check.exercise_10_1, answer, loss, match=sentence)
    fails(check.exercise_10_1, targets, answer, match=sentence)


def changes_logits(logits, targets):
    result = loss(logits, targets)
    logits -= 1
    return result


def test_an_input_that_was_changed():
    fails(check.exercise_10_1, targets, changes_logits, match="changed its input")
    fails(check.exercise_10_3, lambda a, x: x.fill(0) or a(x), match="changed its input")
    fails(check.exercise_10_4, lambda stack: flops(stack) + 0 * len(stack.pop()), match="changed its input")
