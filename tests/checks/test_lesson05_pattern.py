"""Exercise 5.1: every model of the pattern passes, and the first part that departs from it is named."""

import functools

import keras
import numpy as np
import pytest
import tensorflow
from keras import layers
from pattern_models import (
    built_late,
    compiled,
    conv,
    functional,
    nested,
    of_operations,
    sequence,
    sequential,
    softmax_as_an_operation,
    used_twice,
)

from checks import lesson05 as check
from checks.grading import NotFilledIn, NotRight, calls
from helpers import models


def looks_at(model):
    check.exercise_5_1(lambda: model)


def raises(message):
    return pytest.raises(NotRight, match=message)


def by_names():
    model = functional(input=keras.Input((32, 32, 3), name="image"))
    return keras.Model({"image": model.input}, {"class": model.output})


class Ends(keras.Model):
    def __init__(self):
        model = functional()
        super().__init__(model.inputs, model.outputs)


RIGHT = {
    "the reference": models.deeper_cnn,
    "source W's model is of the pattern too": models.guide_cnn,
    "small": sequential,
    "functional": functional,
    "nested": nested,
    "built after the layers": built_late,
    "softmax as an operation": softmax_as_an_operation,
    "a convolution, a dropout and a pooling used twice": used_twice,
    "operations of functions": of_operations,
    "any kernels, paddings and filters": lambda: sequential(
        conv1=layers.Conv2D(3, (1, 7), padding="same"),
        conv2=layers.Conv2D(40, 4, padding="same", activation="elu"),
        conv3=layers.Conv2D(1, 5, activation="tanh"),
        conv4=layers.Conv2D(2, 1, activation=keras.ops.relu),
    ),
    "pooling of three": lambda: sequential(
        pool1=layers.MaxPooling2D(3, padding="same"), pool2=layers.MaxPooling2D(3, 2)
    ),
    "activations as layers": lambda: sequential(
        conv1=[layers.Conv2D(4, 3), layers.ReLU()],
        conv2=[layers.Conv2D(4, 3), layers.LeakyReLU()],
        conv3=[layers.Conv2D(4, 3), layers.Activation("gelu")],
        conv4=[layers.Conv2D(4, 3), layers.PReLU()],
        dense=[layers.Dense(9), layers.Activation("relu")],
        classes=[layers.Dense(10), layers.Softmax()],
    ),
    "softmax by Activation": lambda: sequential(classes=[layers.Dense(10), layers.Activation("softmax")]),
    "dropouts everywhere": lambda: functional(
        conv1=[layers.Conv2D(4, 3), layers.SpatialDropout2D(0.1)],
        pool1=[layers.MaxPooling2D(2), layers.Dropout(0.5)],
        flatten=[layers.Flatten(), layers.Dropout(0.2)],
        dense=[layers.Dense(9, activation="relu"), layers.GaussianDropout(0.2)],
    ),
    "normalised": lambda: sequential(
        input=[keras.Input((32, 32, 3)), layers.Rescaling(1 / 255), layers.RandomFlip("horizontal")],
        conv1=[layers.Conv2D(4, 3, use_bias=False), layers.BatchNormalization(), layers.ReLU()],
        pool2=[layers.MaxPooling2D(2), layers.LayerNormalization()],
    ),
    "padded by a layer": lambda: sequential(conv1=[layers.ZeroPadding2D(1), layers.Conv2D(4, 3, activation="relu")]),
    "flattened by Reshape": lambda: sequential(flatten=layers.Reshape((-1,))),
    "logits": lambda: sequential(classes=layers.Dense(10)),
    "logits, compiled": lambda: compiled(
        sequential(classes=layers.Dense(10)), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ),
    "logits, one-hot": lambda: compiled(
        sequential(classes=layers.Dense(10)), keras.losses.CategoricalCrossentropy(from_logits=True)
    ),
    "compiled by name": lambda: compiled(sequential(), "sparse_categorical_crossentropy"),
    "compiled for one-hot": lambda: compiled(sequential(), "categorical_crossentropy"),
    "compiled with smoothed labels": lambda: compiled(
        sequential(), keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    ),
    "activations as objects": lambda: sequential(
        conv1=layers.Conv2D(4, 3, activation=layers.ReLU()),
        conv2=layers.Conv2D(4, 3, activation=layers.LeakyReLU()),
        conv3=layers.Conv2D(6, 3, activation=layers.ELU()),
        dense=layers.Dense(9, activation=functools.partial(keras.activations.relu, negative_slope=0.1)),
        classes=layers.Dense(10, activation=layers.Softmax()),
    ),
    "softmax of one's own": lambda: sequential(classes=layers.Dense(10, activation=lambda x: keras.ops.softmax(x))),
    "TensorFlow's softmax": lambda: sequential(classes=layers.Dense(10, activation=tensorflow.nn.softmax)),
    "logits through a function that does nothing": lambda: sequential(classes=layers.Dense(10, activation=lambda x: x)),
    "logarithms of probabilities": lambda: sequential(classes=layers.Dense(10, activation="log_softmax")),
    "half precision": lambda: sequential(classes=layers.Dense(10, activation="softmax", dtype="bfloat16")),
    "a fixed batch": lambda: sequential(input=keras.Input(batch_shape=(8, 32, 32, 3))),
    "whole numbers go in": lambda: sequential(
        input=[keras.Input((32, 32, 3), dtype="uint8"), layers.Rescaling(1 / 255)]
    ),
    "inputs and outputs with names": by_names,
    "a subclass that names its ends": Ends,
    "compiled with a list": lambda: compiled(sequential(), ["sparse_categorical_crossentropy"]),
    "compiled with a dictionary": lambda: compiled(
        sequential(classes=layers.Dense(10, activation="softmax", name="classes")),
        {"classes": "sparse_categorical_crossentropy"},
    ),
    "compiled with a loss of one's own": lambda: compiled(
        sequential(classes=layers.Dense(10)),
        lambda y, z: keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True),
    ),
}


@pytest.mark.parametrize("build", RIGHT.values(), ids=RIGHT)
def test_models_of_the_pattern_pass(build, capsys):
    model = build()
    before = model.get_weights()
    looks_at(model)
    out = capsys.readouterr().out
    assert "right" in out
    assert f"{model.count_params():,} parameters" in out
    assert all(np.array_equal(old, new) for old, new in zip(before, model.get_weights()))


def test_random_models_of_the_pattern_pass(capsys):
    generator = np.random.default_rng(0)

    def convolution():
        return layers.Conv2D(
            int(generator.integers(1, 9)),
            int(generator.integers(1, 4)),
            padding=str(generator.choice(["same", "valid"])),
            activation=generator.choice(["relu", "elu", "tanh", None]),
        )

    for _ in range(8):
        drop = layers.Dropout(float(generator.uniform(0, 0.6)))
        build = sequential if generator.random() < 0.5 else functional
        looks_at(
            build(
                conv1=convolution(),
                conv2=convolution(),
                conv3=convolution(),
                conv4=[convolution(), drop],
                dense=layers.Dense(int(generator.integers(1, 30))),
            )
        )
    assert capsys.readouterr().out.count("right") == 8


def test_praise_says_what_a_model_needs(capsys):
    looks_at(sequential(classes=layers.Dense(10)))
    assert "from_logits=True" in capsys.readouterr().out
    looks_at(sequential())
    assert "no Rescaling" in capsys.readouterr().out
    looks_at(sequential(conv1=layers.Conv2D(4, 3)))
    assert "no activation between them" in capsys.readouterr().out
    looks_at(sequential(dense=[layers.Dense(12), layers.Dropout(0.5)]))
    assert "hidden Dense layer has no activation" in capsys.readouterr().out
    for part in ({"conv2": layers.Conv2D(4, 3, activation="softmax")}, {"dense": [layers.Dense(9), layers.Softmax()]}):
        looks_at(sequential(**part))
        assert "softmax before the last layer" in capsys.readouterr().out


@pytest.mark.parametrize(
    "build",
    [models.deeper_cnn, of_operations, lambda: used_twice(), lambda: used_twice(sequential), RIGHT["logits, compiled"]],
)
def test_praise_says_nothing_that_is_not_so(build, capsys):
    looks_at(build())
    out = capsys.readouterr().out
    for words in ("no activation", "softmax before", "from_logits"):
        assert words not in out
    assert ("no Rescaling" in out) == (build not in (models.deeper_cnn, of_operations))


def branched():
    first = keras.Input((32, 32, 3))
    a, b = layers.Conv2D(4, 3)(first), layers.Conv2D(4, 3)(first)
    stack = sequence()[3:]
    x = layers.Add()([a, b])
    for layer in stack:
        x = layer(x)
    return keras.Model(first, x)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.inside = sequential()

    def call(self, x):
        return self.inside(x)


def subclassed_inside():
    return keras.Sequential([keras.Input((32, 32, 3)), Subclassed()])


def two_outputs():
    model = functional()
    return keras.Model(model.input, [model.output, model.layers[-2].output])


class Broken(layers.Layer):
    """It builds, and fails as soon as there are images."""

    def call(self, x):
        if tensorflow.executing_eagerly():
            raise RuntimeError("no idea")
        return x


def broken(shape, dtype=None):
    return keras.ops.full(shape, float("nan"), dtype)


def endless(true, predicted):
    while True:
        pass


WRONG = [
    # not a model, or not one yet
    (lambda: keras.Sequential, "class Sequential itself"),
    (sequence, "list of 10 things"),
    (lambda: sequential, "Did you mean what it returns"),
    (lambda: layers.Conv2D(32, 3), r"one layer \(Conv2D\)"),
    (lambda: functional().output, "output of a layer"),
    (lambda: "model", "a model was expected"),
    (lambda: 252_378, "a model was expected"),
    (lambda: np.zeros(3), "a model was expected"),
    (keras.Sequential, "no layers yet"),
    (lambda: sequential(input=None), "does not know the shape of its input"),
    (Subclassed, "hides its layers"),
    (subclassed_inside, "hides its layers"),
    (two_outputs, "1 inputs and 2 outputs"),
    (branched, "joins branches"),
    (lambda: sequential(input=keras.Input((28, 28, 1))), r"\(28, 28, 1\)"),
    (lambda: keras.Sequential([keras.Input((32, 32, 3)), layers.Rescaling(1 / 255)]), "none of the pattern's layers"),
    # convolutions
    (models.strided_cnn, r"first convolution of the first block has strides \(2, 2\)"),
    (lambda: sequential(conv2=conv(2)), "second convolution of the first block has strides"),
    (lambda: sequential(conv3=conv((1, 2))), r"first convolution of the second block has strides \(1, 2\)"),
    (lambda: sequential(conv2=None), "first block pools after a single convolution"),
    (models.plain_cnn, "first block pools after a single convolution"),
    (lambda: sequential(conv4=None), "second block pools after a single convolution"),
    (lambda: sequential(conv2=[conv(), conv()]), "first block has a third convolution"),
    (lambda: sequential(conv4=[conv(), conv()]), "second block has a third convolution"),
    (lambda: sequential(conv1=layers.SeparableConv2D(4, 3)), "SeparableConv2D is another kind"),
    (lambda: sequential(conv3=None, conv4=None, pool2=None), "second block is missing"),
    (models.dense_head_cnn, "second block is missing"),
    (lambda: sequential(conv1=layers.Dense(8)), "Dense 8 stands where the first convolution of the first block"),
    # pooling
    (lambda: sequential(pool1=None), "first block has a third convolution where its MaxPooling2D belongs"),
    (lambda: sequential(pool2=None), "second block ends without MaxPooling2D"),
    (lambda: sequential(input=[keras.Input((32, 32, 3)), layers.MaxPooling2D(2)]), "too early"),
    (lambda: sequential(pool1=[layers.MaxPooling2D(2)] * 1 + [layers.MaxPooling2D(2)]), "two poolings follow"),
    (lambda: sequential(pool1=layers.AveragePooling2D(2)), "takes the mean of each window"),
    (lambda: sequential(pool2=layers.MaxPooling2D(2, strides=1)), "hardly shrinks: 10×10×6 becomes 9×9×6"),
    (lambda: sequential(pool2=[layers.MaxPooling2D(2), layers.MaxPooling2D(2)]), "pooled once more"),
    (lambda: sequential(pool2=[layers.MaxPooling2D(2), conv()]), "third block begins"),
    # flatten and dense
    (lambda: sequential(flatten=None), "from 5×5×6 it makes 5×5×12, .* 150 numbers"),
    (lambda: sequential(flatten=layers.GlobalAveragePooling2D()), "one number of each channel, 6 in all; .* 150"),
    (lambda: sequential(flatten=layers.GlobalMaxPooling2D()), "GlobalMaxPooling2D stands where Flatten"),
    (lambda: sequential(flatten=layers.Reshape((25, 6))), "changes the shape from 5×5×6 to 25×6"),
    (lambda: sequential(dense=None), "straight to the classes"),
    (lambda: sequential(dense=[layers.Dense(9), layers.Dense(8)]), "2 Dense layers"),
    (lambda: sequential(dense=[layers.Dense(9), layers.Dense(8), layers.Dense(7)]), "3 Dense layers"),
    (lambda: sequential(classes=None), "one more Dense layer, with a unit for each class"),
    (lambda: sequential(dense=None, classes=None), "ends after Flatten. Next would come the hidden Dense"),
    # the end
    (lambda: sequential(classes=layers.Dense(9, activation="softmax")), "last layer has 9 units. There are 10"),
    (lambda: sequential(classes=layers.Dense(1, activation="sigmoid")), "last layer has 1 unit. There are 10"),
    (lambda: sequential(classes=layers.Dense(10, activation="sigmoid")), "sigmoid.*do not add up to 1"),
    (lambda: sequential(classes=[layers.Dense(10), layers.Activation("sigmoid")]), "ends in sigmoid"),
    (lambda: sequential(classes=layers.Dense(10, activation="relu")), "ends in relu"),
    (lambda: sequential(classes=layers.Dense(10, activation="tanh")), "ends in tanh"),
    (lambda: sequential(classes=[layers.Dense(10, activation="softmax"), layers.Softmax()]), "applied twice"),
    (lambda: sequential(classes=[layers.Dense(10, activation="softmax"), layers.Dropout(0.5)]), "dropout after"),
    (lambda: sequential(classes=[layers.Dense(10), layers.Dense(10)]), "Dense 10 comes after"),
    (lambda: sequential(pool1=[layers.MaxPooling2D(2), layers.Dropout(1.0)]), r"Dropout\(1.0\) strikes out every"),
    (lambda: sequential(classes=layers.Dense(10, activation=layers.Activation("sigmoid"))), "ends in sigmoid"),
    (lambda: sequential(classes=layers.Dense(10, activation=lambda x: keras.ops.tanh(x))), "ends in tanh"),
    (lambda: sequential(classes=layers.Dense(10, activation=lambda x: x**2)), "ends in a function of your own"),
    (lambda: sequential(classes=[layers.Dense(10), layers.LeakyReLU()]), "ends in leaky_relu"),
    (
        lambda: sequential(classes=[layers.Dense(10, activation=tensorflow.nn.softmax), layers.Softmax()]),
        "applied twice",
    ),
    (lambda: sequential(classes=[layers.Dense(10), layers.Softmax(axis=0)]), "softmax at the end.*do not add up to 1"),
    (lambda: sequential(classes=[layers.Dense(10, activation="softmax"), layers.Rescaling(5)]), "nothing comes after"),
    (
        lambda: sequential(classes=[layers.Dense(10), layers.Reshape((10, 1))]),
        "from 10 to 10×1 .* the end was expected",
    ),
    (lambda: sequential(classes=[layers.Dense(10), layers.AlphaDropout(0.1)]), "dropout after"),
    (lambda: sequential(classes=layers.Dense(10, bias_initializer=broken)), "hold NaN or infinity"),
    (
        lambda: sequential(classes=[layers.Dense(10), Broken()]),
        r"your model stopped in line \d+ .*RuntimeError: .*no idea",
    ),
    (lambda: sequential(pool1=layers.MaxPooling2D(1)), r"has windows of \(1, 1\)"),
    (lambda: sequential(pool2=layers.MaxPooling2D(2, strides=(2, 1))), r"moves by \(2, 1\)"),
    (
        lambda: sequential(conv1=layers.Conv2D(32, 3, padding="same", data_format="channels_first")),
        "first convolution of the first block says channels_first",
    ),
    # scaling
    (lambda: sequential(conv1=[layers.Rescaling(255), conv()]), "turns 0 to 255 into 0 to 65,025"),
    (lambda: sequential(conv1=[layers.Rescaling(1 / 225), conv()]), "divides by 225"),
    (lambda: sequential(conv1=[layers.Rescaling(1 / 255), layers.Rescaling(1 / 255), conv()]), "scale twice"),
    (
        lambda: sequential(pool1=[layers.MaxPooling2D(2), layers.Rescaling(1 / 255)]),
        "after the first layer",
    ),
    # compiled with a loss that does not fit
    (lambda: compiled(sequential(), ["mse"]), "mean_squared_error is for quantities"),
    (lambda: compiled(sequential(), "huber"), "huber is for quantities"),
    (lambda: compiled(sequential(), endless), r"your loss has run for 0.5 s in line \d+"),
    (lambda: compiled(sequential(classes=layers.Dense(10)), ["sparse_categorical_crossentropy"]), "does not know it"),
    (lambda: compiled(sequential(classes=layers.Dense(10)), "sparse_categorical_crossentropy"), "does not know it"),
    (lambda: compiled(sequential(classes=layers.Dense(10)), "categorical_crossentropy"), "does not know it"),
    (
        lambda: compiled(sequential(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        "softmax would be applied twice",
    ),
    (lambda: compiled(sequential(), "mse"), "for quantities"),
    (lambda: compiled(sequential(), keras.losses.MeanAbsoluteError()), "for quantities"),
    (lambda: compiled(sequential(), "binary_crossentropy"), "question of its own"),
    (lambda: compiled(sequential(), None), "without a loss"),
]


@pytest.mark.parametrize(("build", "message"), WRONG)
def test_the_first_part_that_departs_is_named(build, message, monkeypatch):
    monkeypatch.setattr(calls, "SECONDS", 0.5 if message.startswith("your loss") else 10)
    with raises(message):
        looks_at(build())


@pytest.mark.parametrize("build", [sequential, functional])
def test_the_first_of_several_faults_is_named(build):
    with raises("second convolution of the first block has strides"):
        looks_at(build(conv2=conv(2), pool2=layers.AveragePooling2D(2), classes=layers.Dense(7)))


def test_a_model_instead_of_its_builder_is_named():
    with raises("Hand over the function that builds it"):
        check.exercise_5_1(sequential())


@pytest.mark.parametrize("scaling", [layers.Rescaling(1 / 127.5, offset=-1), layers.Rescaling([1 / 255] * 3)])
def test_other_scalings_pass(scaling):
    looks_at(sequential(conv1=[layers.RandomFlip(), scaling, conv()]))


def test_a_model_is_not_filled_in():
    with pytest.raises(NotFilledIn, match=r"Exercise 5\.1 is not filled in"):
        check.exercise_5_1(None)
