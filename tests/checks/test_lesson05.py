"""Exercise 5.4, small models; and stubs that are not filled in."""

import functools

import keras
import numpy as np
import pytest
from keras import layers
from pattern_models import compiled, conv, functional, nested, of_operations, sequence, sequential

from checks import lesson05 as check
from checks.grading import NotFilledIn, NotRight
from helpers import models


def raises(message):
    return pytest.raises(NotRight, match=message)


def test_small_models_pass(capsys):
    for build in (sequential, functional, nested, models.plain_cnn, of_operations):
        check.exercise_5_4(build)
    assert capsys.readouterr().out.count("right") == 5


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (models.plain_cnn, ["from_logits=True"]),
        (sequential, ["no Rescaling"]),
        (nested, ["no Rescaling", "from_logits=False"]),
        (lambda: sequential(conv1=[layers.Rescaling(1 / 255), conv()]), []),
    ],
)
def test_small_models_are_told_what_they_need(build, words, capsys):
    check.exercise_5_4(build)
    out = capsys.readouterr().out
    for sentence in ("from_logits=True", "from_logits=False", "no Rescaling"):
        assert (sentence in out) == (sentence in words)


def test_a_small_model_is_new_at_each_call():
    model, stack = sequential(), sequence()[1:]
    before = model.get_weights()
    for build in (lambda: model, lambda: keras.Sequential([keras.Input((32, 32, 3)), *stack])):
        with raises("same weights"):
            check.exercise_5_4(build)
    assert all(np.array_equal(old, new) for old, new in zip(before, model.get_weights()))


def frozen():
    model = sequential()
    model.trainable = False
    return model


def without_gradient():
    return sequential(dense=[layers.Dense(10), layers.Lambda(keras.ops.stop_gradient)], classes=layers.Softmax())


def never_a_number():
    # In the last layer: a ReLU after it may turn NaN into 0, on some processors.
    broken = keras.initializers.Constant(float("nan"))
    return sequential(classes=layers.Dense(10, activation="softmax", kernel_initializer=broken))


class Small(keras.Model):
    """A subclass, which has weights only after it was called."""

    def __init__(self, classes=10, activation=None):
        super().__init__()
        self.stack = [layers.Conv2D(4, 3, strides=2), layers.Flatten(), layers.Dense(classes, activation=activation)]

    def call(self, images):
        made = keras.ops.cast(images, "float32") / 255
        for layer in self.stack:
            made = layer(made)
        return made


class TwoOutputs(Small):
    def call(self, images):
        return super().call(images), super().call(images)


def two_outputs():
    model = functional()
    return keras.Model(model.input, [model.output, model.layers[-2].output])


def saturated():
    """Its softmax is 0 or 1 for images of 0 to 255, where it has no gradient."""
    wide = keras.initializers.RandomNormal(stddev=5.0)
    return sequential(classes=layers.Dense(10, activation="softmax", kernel_initializer=wide))


class Builder:
    def __call__(self):
        return sequential()

    def build(self, width=4):
        return sequential(conv1=layers.Conv2D(width, 3))


def attends():
    stack = [layers.Conv2D(8, 4, strides=4), layers.Reshape((64, 8)), layers.LSTM(8), layers.Dense(10)]
    return keras.Sequential([keras.Input((32, 32, 3)), *stack])


@pytest.mark.parametrize(
    "build",
    [
        Small,
        lambda: Small(activation="softmax"),
        lambda: sequential(input=None),
        saturated,
        Builder(),
        Builder().build,
        functools.partial(Small, classes=10),
        attends,
        lambda: sequential(input=[keras.Input((32, 32, 3), dtype="uint8"), layers.Rescaling(1 / 255)]),
        lambda: sequential(classes=layers.Dense(10, activation="log_softmax")),
        lambda: compiled(sequential(), "mse"),
    ],
)
def test_small_models_of_any_kind_pass(build, capsys):
    check.exercise_5_4(build)
    out = capsys.readouterr().out
    assert "right" in out
    assert ("Begin it with keras.Input" in out) == (isinstance(build(), keras.Sequential) and not build().built)
    if isinstance(build(), Small):
        assert "no Rescaling" not in out


def ends_the_program():
    raise SystemExit


def fails():
    raise RuntimeError("no idea")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (models.deeper_cnn, "252,378 parameters. At most 126,189"),
        (models.strided_cnn, "181,162 parameters"),
        (sequential(), "Hand over the function"),
        (lambda: sequential(classes=layers.Dense(9, activation="softmax")), r"\(8, 9\)"),
        (lambda: sequential(flatten=None), r"\(8, 5, 5, 10\)"),
        (lambda: sequential(flatten=layers.Reshape((5, 30))), r"\(8, 5, 10\)"),
        (lambda: Small(9), r"\(8, 9\)"),
        (lambda: Small(activation="sigmoid"), "ends in sigmoid"),
        (lambda: sequential(input=None, classes=layers.Dense(10, activation="relu")), "ends in relu"),
        (lambda: sequential(classes=layers.Dense(10, activation=keras.ops.tanh)), "ends in tanh"),
        (lambda: sequential(classes=[layers.Dense(10), layers.Softmax(axis=0)]), "leave its axis out"),
        (two_outputs, "1 inputs and 2 outputs. One of each is wanted"),
        (TwoOutputs, "has 2 outputs"),
        (keras.Model, "your model stopped .* NotImplementedError"),
        (keras.Sequential, "no layers yet"),
        (lambda: sequential, "Did you mean what it returns"),
        (lambda: Small, "class Small itself"),
        (lambda width: sequential(), "TypeError.*width"),
        (lambda: (sequential(), 7), "tuple of 2 things"),
        (
            lambda: sequential(flatten=[layers.Flatten(), layers.Dense(1000)]),
            r"parameters. At most 126,189 are allowed",
        ),
        (ends_the_program, "your function ends the whole program"),
        (lambda: sequential(input=keras.Input((28, 28, 1))), r"\(28, 28, 1\)"),
        (lambda: sequential(classes=layers.Dense(10, activation="sigmoid")), "ends in sigmoid"),
        (lambda: sequential(conv1=[layers.Rescaling(255), conv()]), "turns 0 to 255 into 0 to 65,025"),
        (lambda: sequential(pool1=[layers.Rescaling(1 / 255), layers.MaxPooling2D(2)]), "after the first layer that"),
        (frozen, "nothing to train"),
        (lambda: sequential(flatten=[layers.Flatten(), layers.Dropout(1.0)]), "strikes out every number"),
        (without_gradient, "no gradient|changed no weight|No gradients"),
        (never_a_number, "NaN"),
        (lambda: sequence(), "list of 10 things"),
        (lambda: None, "returned None"),
        (fails, "RuntimeError: no idea"),
        (7, "a function was expected"),
    ],
)
def test_small_model_mistakes_are_named(answer, message):
    with raises(message):
        check.exercise_5_4(answer)


def unfilled(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize("exercise", [check.exercise_5_1, check.exercise_5_2, check.exercise_5_4])
@pytest.mark.parametrize("answer", [None, unfilled])
def test_stubs_are_not_filled_in(exercise, answer):
    with pytest.raises(NotFilledIn, match="not filled in yet"):
        exercise(answer)


def test_the_references_are_what_the_cards_ask_for(capsys):
    check.exercise_5_1(check.reference_deeper)
    check.exercise_5_2(check.reference_parameters)
    check.exercise_5_4(check.reference_small)
    assert "38,890 parameters" in capsys.readouterr().out
