"""Exercise 12.1: every right block passes, whatever it is made of, and each usual mistake meets its sentence."""

import answers
import keras
import numpy as np
import pytest
from keras import layers
from mistake_tables import sentence

from checks import lesson12 as check
from helpers import models


def conv(x, filters, size=3, **settings):
    return layers.Conv2D(filters, size, **({"padding": "same"} | settings))(x)


def norm(x):
    return layers.BatchNormalization()(x)


def relu(x):
    return layers.ReLU()(x)


def fit(x, filters):
    """The shortcut."""
    return x if x.shape[-1] == filters else conv(x, filters, 1)


def f(x, filters, start=lambda x: relu(norm(x)), end=norm, second=None):
    """The two convolutions, with what stands after each of them."""
    return end((second or conv)(start(conv(x, filters)), filters))


def block(x, filters):
    return relu(fit(x, filters) + f(x, filters))


# --- right ones


def of_sequential(x, filters):
    inner = keras.Sequential(
        [
            layers.Conv2D(filters, 3, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(filters, 3, padding="same"),
            layers.BatchNormalization(),
        ]
    )
    return relu(layers.add([inner(x), fit(x, filters)]))


def of_operations(x, filters):
    inner = f(x, filters, lambda maps: keras.ops.relu(norm(maps)))
    return keras.ops.maximum(keras.ops.add(inner, fit(x, filters)), 0)


def of_activations(x, filters):
    inner = f(x, filters, lambda maps: layers.Activation("relu")(norm(maps)))
    return keras.activations.relu(layers.Add()([inner, fit(x, filters)]))


def with_padding_by_a_layer(x, filters):
    def padded(maps, count):
        return conv(layers.ZeroPadding2D(1)(maps), count, padding="valid")

    return relu(fit(x, filters) + norm(padded(relu(norm(padded(x, filters))), filters)))


class Block(layers.Layer):
    def __init__(self, filters):
        super().__init__()
        self.one, self.other = (layers.Conv2D(filters, 3, padding="same", use_bias=False) for _ in range(2))
        self.norms = [layers.BatchNormalization() for _ in range(2)]
        self.filters = filters

    def build(self, shape):
        self.change = layers.Conv2D(self.filters, 1) if shape[-1] != self.filters else None

    def call(self, x):
        inner = self.norms[1](self.other(keras.ops.relu(self.norms[0](self.one(x)))))
        return keras.ops.relu(inner + (self.change(x) if self.change else x))


RIGHT = {
    "the reference": check.reference_residual_block,
    "plus": block,
    "the other way round": lambda x, n: relu(f(x, n) + fit(x, n)),
    "Sequential": of_sequential,
    "operations": of_operations,
    "activations": of_activations,
    "a normalized shortcut": lambda x, n: relu(f(x, n) + (x if x.shape[-1] == n else norm(conv(x, n, 1)))),
    "a normalized shortcut first": lambda x, n: relu((x if x.shape[-1] == n else norm(conv(x, n, 1))) + f(x, n)),
    "a dense shortcut": lambda x, n: relu(f(x, n) + (x if x.shape[-1] == n else layers.Dense(n)(x))),
    "no bias": lambda x, n: relu(fit(x, n) + f(x, n, second=lambda y, n: conv(y, n, use_bias=False))),
    "initialisers": lambda x, n: relu(
        fit(x, n)
        + layers.BatchNormalization(gamma_initializer="zeros")(
            conv(relu(norm(conv(x, n, kernel_initializer="he_normal"))), n, kernel_initializer="zeros")
        )
    ),
    "other settings of the norm": lambda x, n: relu(
        fit(x, n) + f(x, n, end=layers.BatchNormalization(momentum=0.5, epsilon=1e-5, scale=False, center=False))
    ),
    "activation inside the norm's successor": lambda x, n: layers.Activation(keras.ops.relu)(fit(x, n) + f(x, n)),
    "the project's layers": lambda x, n: relu(
        fit(x, n)
        + models.FusedBatchNormalization()(
            models.QuickConv2D(n, 3, padding="same")(relu(models.FusedBatchNormalization()(conv(x, n))))
        )
    ),
    "names": lambda x, n: relu(fit(x, n) + f(x, n, second=lambda y, n: conv(y, n, name="kernel"))),
    "dropout inside": lambda x, n: relu(fit(x, n) + layers.Dropout(0.2)(f(x, n))),
    "padding by a layer": with_padding_by_a_layer,
    "a layer of one's own": lambda x, n: Block(n)(x),
}


@pytest.mark.parametrize("answer", RIGHT.values(), ids=RIGHT)
def test_right_blocks_pass(answer, capsys):
    answers.passes(check.exercise_12_1, answer)
    assert "wherever that is not negative" in capsys.readouterr().out


@pytest.mark.parametrize("shape", [(4, 6, 3), (5, 5, 2)])
def test_what_the_check_says_of_zero_weights_is_true(shape):
    x = keras.Input(shape)
    model = keras.Model(x, check.reference_residual_block(x, shape[-1]))
    for weight in model.trainable_weights:
        weight.assign(0 * weight)
    image = np.random.default_rng(0).normal(size=(1, *shape)).astype(np.float32)
    assert np.array_equal(model(image).numpy(), np.maximum(image, 0))


@pytest.mark.parametrize(("answer", "told"), answers.HOSTILE)
def test_hostile_answers_get_a_sentence(answer, told):
    answers.fails(check.exercise_12_1, answer, match=told)


# --- wrong ones


def shared(x, filters, end=norm):
    layer = layers.Conv2D(filters, 3, padding="same")
    return relu(x + end(layer(relu(norm(layer(x))))))


def shared_norm(x, filters):
    one = layers.BatchNormalization()
    return relu(fit(x, filters) + one(conv(relu(one(conv(x, filters))), filters)))


def norm_shared_with_the_shortcut(x, filters):
    if x.shape[-1] == filters:
        return block(x, filters)
    one = layers.BatchNormalization()
    return relu(one(conv(x, filters, 1)) + f(x, filters, end=one))


def after_the_first(keep):
    def answer(x, filters):
        start = conv(x, filters)
        normed = norm(start)
        hidden = relu(normed)
        return relu({"start": start, "normed": normed, "hidden": hidden}[keep] + norm(conv(hidden, filters)))

    return answer


def shortcut_of_the_middle(x, filters):
    if x.shape[-1] == filters:
        return block(x, filters)
    hidden = relu(norm(conv(x, filters)))
    return relu(conv(hidden, filters, 1) + norm(conv(hidden, filters)))


def preactivated(x, filters):
    return fit(x, filters) + conv(relu(norm(conv(relu(norm(x)), filters))), filters)


def only_where_equal(other):
    """Right where x has the filters already."""
    return lambda x, filters: (block if x.shape[-1] == filters else other)(x, filters)


def strided(x, filters):
    return relu(f(x, filters, second=lambda y, n: conv(y, n, strides=2)))


def unpadded(y, filters):
    return conv(y, filters, padding="valid")


MERGES = {
    "x and f(x) are put side by side": layers.concatenate,
    "f(x) is subtracted from x": layers.subtract,
    "x is subtracted from f(x)": lambda pair: layers.subtract(pair[::-1]),
    "x and f(x) are multiplied": layers.multiply,
    "the mean of x and f(x)": layers.average,
    "the larger one of x and f(x)": layers.maximum,
}
WRONG = [
    # What is returned.
    (lambda x, n: layers.ReLU(), "you return a layer (ReLU). Call it on its input"),
    (lambda x, n: keras.Model(x, block(x, n)), "you return a model (Functional). Call it on its input"),
    (lambda x, n: [block(x, n)], "a Keras tensor is wanted"),
    (lambda x, n: x, "returns x itself"),
    (lambda x, n: block(keras.Input(x.shape[1:]), n), "does not depend on x"),
    # Its shape.
    *((lambda x, n, merge=merge: relu(merge([fit(x, n), f(x, n)])), told) for told, merge in MERGES.items()),
    (lambda x, n: block(x, x.shape[-1]), "(7, 5, 3). Its number of channels is `filters`"),
    (lambda x, n: block(x, 16), "and 4 filters your block returns the shape (6, 7, 16)"),
    (lambda x, n: layers.MaxPooling2D()(block(x, n)), "Rows and columns stay as they are"),
    (strided, "strides (2, 2)"),
    (lambda x, n: relu(f(x, n, second=unpadded)), "without padding"),
    # Maps that shrink, so that the sum fails.
    (lambda x, n: relu(x + f(x, n, second=lambda y, n: conv(y, n, strides=2))), "strides (2, 2)"),
    (lambda x, n: relu(x + norm(conv(relu(norm(conv(x, n, strides=2))), n, strides=2))), "strides (2, 2)"),
    (lambda x, n: relu(layers.add([x, f(x, n, second=unpadded)])), "padding='same'"),
    (lambda x, n: relu(x + norm(unpadded(relu(norm(unpadded(x, n))), n))), "padding='same'"),
    (lambda x, n: relu(x + keras.Sequential([layers.Conv2D(n, 3)])(x)), "padding='same'"),
    (lambda x, n: relu(x + conv(x, 16)), "stopped"),
    (lambda x, n: relu(x + f(x, n)), "not with 3 channels and 5 filters"),
    (only_where_equal(lambda x, n: conv(x, "many")), "stopped in line"),
    # The layers.
    (lambda x, n: relu(x + f(x, n, second=lambda y, n: conv(y, n, 5))), "kernels of 5 × 5"),
    (lambda x, n: relu(x + f(x, n, second=lambda y, n: conv(y, n, (1, 3)))), "kernels of 1 × 3"),
    (lambda x, n: relu(x + f(x, n, end=layers.LayerNormalization())), "layer_normalization"),
    (lambda x, n: relu(x + f(x, n, end=layers.PReLU())), "p_re_lu"),
    (lambda x, n: relu(x + norm(conv(x, n))), "1 convolution of 3 × 3, and f has two"),
    (only_where_equal(lambda x, n: relu(conv(x, n, 1) + norm(conv(x, n)))), "1 convolution of 3 × 3, and f has two"),
    (lambda x, n: relu(x), "0 convolutions of 3 × 3"),
    (lambda x, n: relu(x + f(f(x, n), n)), "4 convolutions of 3 × 3"),
    (lambda x, n: relu(x + f(conv(x, n), n)), "3 convolutions of 3 × 3"),
    (only_where_equal(lambda x, n: relu(conv(x, n) + f(x, n))), "take 1 × 1 for it"),
    (lambda x, n: relu(conv(x, n, 1) + f(x, n)), "a 1 × 1 convolution although x has 4 channels"),
    (only_where_equal(lambda x, n: relu(conv(x, n, 1) + conv(f(x, n), n, 1))), "2 convolutions of 1 × 1"),
    (shortcut_of_the_middle, "gets another tensor than x"),
    (only_where_equal(lambda x, n: relu(conv(x, n, 1) + norm(conv(norm(conv(x, 2 * n)), n)))), "and both have all"),
    (lambda x, n: relu(x + f(x, n, end=layers.BatchNormalization(axis=1))), "other axes than the filters"),
    (lambda x, n: relu(norm(x + f(x, n))), "3 batch normalizations"),
    (shared, "share their weights"),
    (lambda x, n: shared(x, n, end=lambda y: y), "share their weights"),
    (shared_norm, "used twice"),
    (norm_shared_with_the_shortcut, "used twice"),
    (lambda x, n: relu(x + f(x, n, start=relu)), "missing after the first convolution"),
    (lambda x, n: relu(x + f(x, n, end=lambda y: y)), "missing after the second convolution"),
    (lambda x, n: relu(x + f(x, n, start=relu, end=lambda y: y)), "missing after the first and the second convolution"),
    (only_where_equal(lambda x, n: relu(norm(conv(x, n, 1)) + f(x, n, end=lambda y: y))), "missing after the second"),
    # What they compute.
    (lambda x, n: relu(f(x, n)), "this is a plain block. Add x to f(x), then take the ReLU."),
    (only_where_equal(lambda x, n: relu(f(x, n))), "this is a plain block"),
    (f, "which is missing, too"),
    *((after_the_first(keep), "begins after the first convolution") for keep in ("start", "normed", "hidden")),
    (lambda x, n: relu(fit(x, n) + relu(f(x, n))), "can only add to x, never subtract. Leave it out"),
    (lambda x, n: fit(x, n) + relu(f(x, n)), "Take it after the sum"),
    (lambda x, n: fit(x, n) + f(x, n), "missing at the end"),
    (lambda x, n: relu(fit(x, n) + f(x, n, start=norm)), "missing between the two convolutions"),
    (lambda x, n: fit(x, n) + f(x, n, start=norm), "both ReLUs are missing"),
    (lambda x, n: relu(x + f(x, n, end=lambda y: norm(relu(y)))), "activation stands between"),
    (lambda x, n: relu(x + f(x, n, start=lambda y: norm(relu(y)))), "The order: convolution, normalization, ReLU."),
    (
        lambda x, n: relu(x + f(x, n, start=lambda y: norm(relu(y)), end=lambda y: norm(relu(y)))),
        "The second convolution has no activation",
    ),
    (
        lambda x, n: relu(x + f(x, n, start=lambda y: relu(norm(relu(y))), end=lambda y: norm(relu(y)))),
        "both convolutions have an activation",
    ),
    (lambda x, n: relu(x + f(x, n, start=lambda y: relu(norm(relu(y))))), "the first convolution has an activation"),
    (lambda x, n: relu(relu(x) + f(x, n)), "a ReLU on the shortcut"),
    (only_where_equal(lambda x, n: relu(relu(norm(conv(x, n, 1))) + f(x, n))), "a ReLU on the shortcut"),
    (lambda x, n: relu(norm(x + f(x, n, end=lambda y: y))), "comes after the sum. It belongs to f"),
    (preactivated, "come before each convolution"),
    (lambda x, n: relu(preactivated(x, n)), "come before each convolution"),
    (lambda x, n: relu(x + 2 * f(x, n)), "all parts are there, but the output is not"),
    (lambda x, n: relu(x + layers.UnitNormalization()(f(x, n))), "all parts are there"),
    (only_where_equal(lambda x, n: relu(2 * f(x, n))), "no 1 × 1 convolution brings x to the filters"),
    # A layer that fails when the model is called, and not before.
    (lambda x, n: layers.Lambda(lambda y: fails(y), output_shape=(6, 7, 4))(block(x, n)), "stopped"),
]


def fails(maps):
    if isinstance(maps, keras.KerasTensor):
        return maps
    raise RuntimeError("no")


@pytest.mark.parametrize(("answer", "told"), WRONG, ids=[told for _, told in WRONG])
def test_wrong_blocks_meet_their_sentence(answer, told):
    assert told in sentence(check.exercise_12_1, answer)


def test_a_stub_of_the_second_case_is_not_filled_in():
    answers.fails(check.exercise_12_1, only_where_equal(answers.unfilled), match="is not filled in yet")
