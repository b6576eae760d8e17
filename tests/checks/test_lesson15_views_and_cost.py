"""Checks of exercises 15.3 and 15.4: right answers in several ways, planted wrong ones named, hostile ones survived."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from answers import HOSTILE, HOSTILE_RESULTS, fails, passes
from keras import layers
from mistake_tables import distinguishable

from checks import lesson15_views_and_cost as check
from helpers import training

# 15.3


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
def test_15_3_accepts(answer):
    passes(check.exercise_15_3, answer)


def test_15_3_agrees_with_the_helper():
    images = np.random.default_rng(1).integers(0, 256, (5, 9, 9, 3), dtype=np.uint8)
    model = keras.Sequential([layers.Input((9, 9, 3)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(4)])
    got = six(lambda x: model.predict(x, verbose=0), images)
    np.testing.assert_allclose(got, training.view_logits(model, images, 6), atol=0.02)


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


def six_views(images):
    """The windows and their flipped copies, one after the other."""
    seen = []
    six(lambda view: seen.append(view) or 0, images)
    return seen


def of_views(*weights):
    """Sums of the predictions, each view with a weight of its own."""
    return lambda answer, images: sum(w * answer(view) for w, view in zip(weights, six_views(images)) if w)


def mean_image(answer, images):
    return answer(of_views(1 / 4, 1 / 4, 1 / 8, 1 / 8, 1 / 8, 1 / 8)(lambda view: view.astype(float), images))


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
        (variant(flip=3), "axis of the colours"),
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
        (lambda a, x: six(a, x).argmax(axis=1), "one number for each image"),
        (lambda a, x: a(x[0]), "predict wants images of shape"),
        (lambda a, x: six(a, x).T, "rows and columns of your result are swapped"),
        (variant(flip=(2, 3)), "colours of your flipped views"),
        (variant(flip=(1, 2)), "rotated by 180 degrees"),
        (of_views(*[1 / 4] * 6), "weights add up to 1.5"),
        (of_views(1 / 8, 1 / 8, *[1 / 4] * 4), "weights are swapped"),
        (of_views(*[1 / 8] * 6), "each view counts an eighth"),
        (of_views(0, 1), "one view, the flipped copy"),
        (of_views(*[1 / 4] * 4), "lower right window is missing"),
        (of_views(1 / 4, 1 / 4, 0, 0, 1 / 4, 1 / 4), "upper left window is missing"),
        (of_views(0, 1 / 2, 0, 1 / 4, 0, 1 / 4), "flipped copies alone"),
        (mean_image, r"average the \*images\*"),
        (lambda a, x: np.log(probabilities(lambda images: six(a, images))(x)), "logarithms of probabilities"),
        (lambda a, x: six(a, x).mean(axis=0), "one row for all images"),
        (lambda a, x: six(a, x) * (1 + 1e-3), "numbers are not"),
        (lambda a, x: six(a, x) + 1, "always 1 too large"),
        (lambda a, x: six(a, x) + x.shape[1], "weights add up to 1"),
    ],
)
def test_15_3_names_the_mistake(answer, sentence):
    fails(check.exercise_15_3, answer, match=sentence)


# 15.4


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
def test_15_4_accepts(answer):
    passes(check.exercise_15_4, answer)


def test_15_4_counts_what_is_published_for_airbench94():
    sides = [961, 961, 225, 225, 49, 49, 9]
    kernels = [12 * 24, *(9 * a * b for a, b in zip((24, 64, 64, 256, 256, 256), (64, 64, 256, 256, 256, 256)))]
    stack = [(positions, weights, index > 0) for index, (positions, weights) in enumerate(zip(sides, kernels))]
    assert round(check._step_flops([*stack, (1, 2560, True)]) / 1e6) == 681


def per_layer(rule):
    def answer(stack):
        total, before = 0, False
        for index, (positions, weights, trained) in enumerate(stack):
            total += rule(positions * weights, trained, before, index)
            before = before or trained
        return total

    return answer


def of_layer(stack, which):
    """What one layer costs in a stack, alone."""
    return per_layer(lambda m, t, b, i: 2 * m * (1 + t + b) * (i == which % len(stack)))(stack)


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
        (lambda s: flops([(positions, 1, trained) for positions, _, trained in s]), "weights are left out"),
        (lambda s: flops(s) - of_layer(s, -1), "the last layer is missing"),
        (lambda s: flops(s) - of_layer(s, 0), "the first layer is missing"),
        (per_layer(lambda m, t, b, i: 4 * m), "twice the forward pass for every layer"),
        (per_layer(lambda m, t, b, i: 2 * m * (2 + t + b)), "count the forward pass twice"),
        (per_layer(lambda m, t, b, i: 2 * m * (2 * t + b)), "frozen layer's outputs are left out"),
        (lambda s: flops(s) + 2, "Go layer by layer"),
        (lambda s: 7, r"for the stack \[\(12, 34, True\)\] you have 7, .* layer by layer"),
        (lambda s: flops(s) + 0.5, "a whole number"),
    ],
)
def test_15_4_names_the_mistake(answer, sentence):
    fails(check.exercise_15_4, answer, match=sentence)


# Both functions


def test_mistakes_of_15_3_and_15_4_are_distinguishable(monkeypatch):
    distinguishable(check.exercise_15_3, monkeypatch, six)
    distinguishable(check.exercise_15_4, monkeypatch, flops)


@pytest.mark.parametrize("exercise", [check.exercise_15_3, check.exercise_15_4])
@pytest.mark.parametrize(("answer", "sentence"), HOSTILE + HOSTILE_RESULTS)
def test_hostile_answers(exercise, answer, sentence):
    fails(exercise, answer, match=sentence)


def test_an_input_that_was_changed():
    fails(check.exercise_15_3, lambda a, x: x.fill(0) or a(x), match="changed its input")
    fails(check.exercise_15_4, lambda stack: flops(stack) + 0 * len(stack.pop()), match="changed its input")
