"""The checks of lesson 05: every model of the pattern passes, and the first part that departs from it is named."""

import keras
import numpy as np
import pytest
from keras import layers

from checks import lesson05 as check
from checks.grading import NotFilledIn, NotRight
from helpers import anatomy, models


def raises(message):
    return pytest.raises(NotRight, match=message)


def sequence(**changes):
    """The layers of a small model of the pattern by name; ``changes`` replace one, or leave it out (None)."""
    parts = {
        "input": keras.Input((32, 32, 3)),
        "conv1": layers.Conv2D(4, 3, activation="relu"),
        "conv2": layers.Conv2D(4, 3, activation="relu"),
        "pool1": layers.MaxPooling2D(2),
        "conv3": layers.Conv2D(6, 3, activation="relu"),
        "conv4": layers.Conv2D(6, 3, activation="relu"),
        "pool2": layers.MaxPooling2D(2),
        "flatten": layers.Flatten(),
        "dense": layers.Dense(12, activation="relu"),
        "classes": layers.Dense(10, activation="softmax"),
    }
    assert changes.keys() <= parts.keys()
    stack = []
    for part in (parts | changes).values():
        stack += part if isinstance(part, list) else [] if part is None else [part]
    return stack


def sequential(**changes):
    return keras.Sequential(sequence(**changes))


def functional(**changes):
    first, *others = sequence(**changes)
    x = first
    for layer in others:
        x = layer(x)
    return keras.Model(first, x)


def compiled(model, loss):
    model.compile("adam", loss=loss)
    return model


def nested():
    stack = sequence()
    features = keras.Sequential([keras.Input((32, 32, 3)), *stack[1:7]])
    return keras.Sequential([keras.Input((32, 32, 3)), features, keras.Sequential(stack[7:])])


def built_late():
    model = keras.Sequential(sequence(input=None))
    model.build((None, 32, 32, 3))
    return model


def softmax_as_an_operation():
    model = functional(classes=layers.Dense(10))
    return keras.Model(model.input, keras.ops.softmax(model.output))


def used_twice(build=None):
    """The same layer at two places: it stands in the pattern twice, and in ``model.layers`` once or twice."""
    drop, pool, conv = layers.Dropout(0.5), layers.MaxPooling2D(2), layers.Conv2D(4, 3, activation="relu")
    return (build or functional)(conv2=conv, pool1=[pool, drop], conv3=conv, conv4=conv, pool2=[pool, drop])


def of_operations():
    first = keras.Input((32, 32, 3))
    x = first / 255
    for filters in (4, 6):
        x = keras.activations.relu(layers.Conv2D(filters, 3)(x))
        x = keras.ops.relu(layers.Conv2D(filters, 3)(x))
        x = layers.MaxPooling2D(2)(x)
    x = keras.ops.reshape(x, (-1, 5 * 5 * 6))
    x = keras.ops.gelu(layers.Dense(9)(x))
    return keras.Model(first, keras.ops.softmax(layers.Dense(10)(x)))


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
    "compiled with a loss of one's own": lambda: compiled(
        sequential(classes=layers.Dense(10)),
        lambda y, z: keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True),
    ),
}


@pytest.mark.parametrize("build", RIGHT.values(), ids=RIGHT)
def test_models_of_the_pattern_pass(build, capsys):
    model = build()
    before = model.get_weights()
    check.exercise_5_1(model)
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
        check.exercise_5_1(
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
    check.exercise_5_1(sequential(classes=layers.Dense(10)))
    assert "from_logits=True" in capsys.readouterr().out
    check.exercise_5_1(sequential())
    assert "no Rescaling" in capsys.readouterr().out
    check.exercise_5_1(sequential(conv1=layers.Conv2D(4, 3)))
    assert "no activation between them" in capsys.readouterr().out
    check.exercise_5_1(sequential(dense=[layers.Dense(12), layers.Dropout(0.5)]))
    assert "hidden Dense layer has no activation" in capsys.readouterr().out
    for part in ({"conv2": layers.Conv2D(4, 3, activation="softmax")}, {"dense": [layers.Dense(9), layers.Softmax()]}):
        check.exercise_5_1(sequential(**part))
        assert "softmax before the last layer" in capsys.readouterr().out


@pytest.mark.parametrize(
    "build",
    [models.deeper_cnn, of_operations, lambda: used_twice(), lambda: used_twice(sequential), RIGHT["logits, compiled"]],
)
def test_praise_says_nothing_that_is_not_so(build, capsys):
    check.exercise_5_1(build())
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


def two_outputs():
    model = functional()
    return keras.Model(model.input, [model.output, model.layers[-2].output])


def conv(strides=1, filters=4):
    return layers.Conv2D(filters, 3, strides=strides, activation="relu")


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
    # compiled with a loss that does not fit
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
def test_the_first_part_that_departs_is_named(build, message):
    with raises(message):
        check.exercise_5_1(build())


@pytest.mark.parametrize("build", [sequential, functional])
def test_the_first_of_several_faults_is_named(build):
    with raises("second convolution of the first block has strides"):
        check.exercise_5_1(build(conv2=conv(2), pool2=layers.AveragePooling2D(2), classes=layers.Dense(7)))


def test_a_model_is_not_filled_in():
    with pytest.raises(NotFilledIn, match=r"Exercise 5\.1 is not filled in"):
        check.exercise_5_1(None)


# --- 5.2

COUNTS = {
    layer: sum(weight.size for weight in variables)
    for layer, variables in zip(
        ("conv1", "conv2", "conv3", "conv4", "dense1", "dense2"),
        ([np.asarray(w) for w in layer.weights] for layer in models.deeper_cnn().layers if layer.weights),
    )
}


@pytest.mark.parametrize(
    "answer",
    [
        COUNTS,
        dict(reversed(COUNTS.items())),
        list(COUNTS.values()),
        tuple(float(count) for count in COUNTS.values()),
        np.array(list(COUNTS.values()), dtype="float32"),
        {name: np.int64(count) for name, count in COUNTS.items()},
    ],
)
def test_predictions_pass(answer, capsys):
    check.exercise_5_2(answer)
    assert "252,378" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"conv1": 2_400}, "conv1: 2,400 is the answer without biases. Each of the 32 filters"),
        ({"conv1": 832}, "leaves the input's 3 channels out"),
        ({"conv1": 2_496}, "a bias for every channel"),
        ({"conv1": 76}, "one filter's share"),
        ({"conv1": 896}, "count for 3×3 kernels"),
        ({"conv2": 25_600}, "conv2: 25,600 is the answer without biases"),
        ({"conv2": 2_432}, "count for 3 channels"),
        ({"conv2": 832}, "leaves the input's 32 channels out"),
        ({"conv3": 25_632}, "count for 5×5 kernels"),
        ({"conv3": 9_217}, "single bias"),
        ({"conv4": 9_248}, "count for 32 filters"),
        ({"conv4": 4_640}, "Who owns a bias"),
        ({"dense1": 204_800}, "dense1: 204,800 is the answer without biases. Each of the 512 units"),
        ({"dense1": 147_968}, "288 inputs, 3×3×32, are those of the first model"),
        ({"dense1": 147_456}, "288 inputs.*biases are missing"),
        ({"dense1": 8_704}, "one per channel"),
        ({"dense1": 131_584}, "256 inputs are 4×4×16: conv1 has same padding and keeps 32"),
        ({"dense1": 819_712}, "before the second pooling"),
        ({"dense1": 524_800}, "same padding"),
        ({"dense2": 5_120}, "without biases. Each of the 10 units"),
        ({"dense2": 4_010}, "Dense 512 stands between"),
        ({"dense2": 7}, "dense2: 7 is not it"),
        ({"conv2": 25_632.5}, "whole number"),
        ({"conv2": float("nan")}, "NaN"),
        ({"conv2": "25,632"}, "made of numbers"),
    ],
)
def test_usual_mistakes_are_named_by_layer(changes, message):
    with raises(message):
        check.exercise_5_2(COUNTS | changes)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (252_378, "252,378 is one number"),
        ({"conv1": 2_432}, "no 'conv2'"),
        ([2_432, 25_632], "you have 2 numbers"),
        ([0, *COUNTS.values(), 0], "you have 8 numbers"),
        ("252378", "made of numbers"),
    ],
)
def test_predictions_of_another_form(answer, message):
    with raises(message):
        check.exercise_5_2(answer)


@pytest.mark.parametrize("answer", [None, COUNTS | {"conv4": None}, COUNTS | {"conv4": ...}, [None] * 6])
def test_predictions_not_filled_in(answer):
    with pytest.raises(NotFilledIn):
        check.exercise_5_2(answer)


# --- 5.4


def heaviest(rows):
    row = max(rows, key=lambda row: row.parameters)
    return row.layer, row.parameters / sum(row.parameters for row in rows)


def heaviest_by_numpy(rows):
    counts = np.array([row.parameters for row in rows], dtype="float32")
    return [rows[counts.argmax()].name, (counts / counts.sum()).max()]


def heaviest_row(rows):
    return max(rows, key=lambda row: row.parameters), heaviest(rows)[1]


@pytest.mark.parametrize("answer", [heaviest, heaviest_by_numpy, heaviest_row])
def test_heaviest_passes(answer, capsys):
    check.exercise_5_4(answer)
    out = capsys.readouterr().out
    assert "85.7%" in out
    assert "Row(" not in out


def by(key, share=lambda row, rows: row.parameters / sum(row.parameters for row in rows)):
    def answer(rows):
        row = max(rows, key=key)
        return row.layer, share(row, rows)

    return answer


def parameters(row):
    return row.parameters


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (by(lambda row: row.macs), "has the most MACs"),
        (lambda rows: (max(rows, key=lambda row: row.memory).name, 0.5), "has the largest output"),
        (lambda rows: (rows[-1].layer, 0.5), "is the last layer"),
        (by(lambda row: -row.parameters), "not the layer with the most"),
        (lambda rows: (heaviest(rows)[0], 100 * heaviest(rows)[1]), "per cent"),
        (by(parameters, lambda row, rows: row.parameters), "Divide it by that of all layers"),
        (by(parameters, lambda row, rows: row.macs / sum(row.macs for row in rows)), "share of the MACs"),
        (
            by(parameters, lambda row, rows: row.parameters / sum(r.parameters for r in rows if r is not row)),
            "itself included",
        ),
        (by(parameters, lambda row, rows: 0.5), "share is not 0.5"),
        (lambda rows: ("Dense 256", heaviest(rows)[1]), "in strided_cnn, 'Dense 256' is not the layer"),
        (lambda rows: (heaviest(rows)[0], 0.857448), "in strided_cnn, the layer is right; its share is not 0.8574"),
        (lambda rows: heaviest(rows)[0], "two things were expected"),
        (lambda rows: (7, heaviest(rows)[1]), "looks like a position"),
        (lambda rows: (heaviest(rows)[0], float("nan")), "NaN"),
        (lambda rows: (heaviest(rows)[0], "86 %"), "made of numbers"),
        (lambda rows: None, "returned None"),
        (lambda rows: rows[99], "stopped with IndexError"),
        (lambda rows: (rows.sort(key=parameters), heaviest(rows))[1], "changed its input"),
        ("Dense 256", "a function was expected"),
    ],
)
def test_heaviest_mistakes_are_named(answer, message):
    with raises(message):
        check.exercise_5_4(answer)


def test_heaviest_in_a_random_model_is_what_keras_counts():
    generator = np.random.default_rng(1)
    for _ in range(5):
        model = sequential(conv2=conv(filters=int(generator.integers(1, 90))), dense=layers.Dense(3))
        counts = {layer.name: layer.count_params() for layer in model.layers}
        name = max(counts, key=counts.get)
        rows = anatomy.layers(model)
        check._heaviest_is_right(rows, name, counts[name] / model.count_params(), model.name)
        with raises("not 0"):
            check._heaviest_is_right(rows, name, 0.9 * counts[name] / model.count_params(), model.name)


# --- 5.5


def test_small_models_pass(capsys):
    for build in (sequential, functional, nested, models.plain_cnn, of_operations):
        check.exercise_5_5(build)
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
    check.exercise_5_5(build)
    out = capsys.readouterr().out
    for sentence in ("from_logits=True", "from_logits=False", "no Rescaling"):
        assert (sentence in out) == (sentence in words)


def test_a_small_model_is_new_at_each_call():
    model, stack = sequential(), sequence()[1:]
    before = model.get_weights()
    for build in (lambda: model, lambda: keras.Sequential([keras.Input((32, 32, 3)), *stack])):
        with raises("same weights"):
            check.exercise_5_5(build)
    assert all(np.array_equal(old, new) for old, new in zip(before, model.get_weights()))


def frozen():
    model = sequential()
    model.trainable = False
    return model


def without_gradient():
    return sequential(dense=[layers.Dense(10), layers.Lambda(keras.ops.stop_gradient)], classes=layers.Softmax())


def never_a_number():
    # In the last layer: a ReLU behind it may turn NaN into 0, on some processors.
    broken = keras.initializers.Constant(float("nan"))
    return sequential(classes=layers.Dense(10, activation="softmax", kernel_initializer=broken))


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
        (lambda: sequential(input=None), "does not know the shape"),
        (lambda: sequential(input=keras.Input((28, 28, 1))), r"\(28, 28, 1\)"),
        (lambda: sequential(classes=layers.Dense(10, activation="sigmoid")), "ends in sigmoid"),
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
        check.exercise_5_5(answer)


def unfilled(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize("exercise", [check.exercise_5_4, check.exercise_5_5])
@pytest.mark.parametrize("answer", [None, unfilled])
def test_stubs_are_not_filled_in(exercise, answer):
    with pytest.raises(NotFilledIn, match="not filled in yet"):
        exercise(answer)
