"""Exercises 5.2 and 5.4: predictions and functions that pass, and the mistakes that are named."""

import itertools
import types

import keras
import numpy as np
import pytest
from keras import layers
from pattern_models import conv, sequential

from checks import lesson05_parameters as check
from checks.grading import NotFilledIn, NotRight
from helpers import anatomy, models


def raises(message):
    return pytest.raises(NotRight, match=message)


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
        COUNTS | {"max_pooling": 0},
        types.MappingProxyType(COUNTS),
        {name: np.array(count) for name, count in COUNTS.items()},
        np.array([list(COUNTS.values())]).T,
        keras.ops.convert_to_tensor(list(COUNTS.values())),
    ],
)
def test_predictions_pass(answer, capsys):
    check.exercise_5_2(answer)
    assert "252,378" in capsys.readouterr().out


# Numbers that somebody may take for those of Flatten, and words of what they are told.
INPUTS = {
    288: "second pooling",
    16: "every position",
    25: "positions alone",
    256: "keeps 32",
    1600: "before the second pooling",
    800: "last convolution",
    1024: "8×8×16",
    784: "7×7×16",
    576: "6×6×16",
    12544: "without any pooling",
}


def test_no_two_mistakes_have_the_same_count():
    for name, right in COUNTS.items():
        mistakes = check._count_mistakes(name, 0)
        counts = [count for text, count in mistakes.items() if "belongs to" not in text and count != right]
        assert len(set(counts)) == len(counts), name


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
        ({"conv1": 2_457_600}, "2,457,600 is the work"),
        ({"conv2": 20_070_400}, "20,070,400 is the work"),
        ({"conv3": 1_327_104}, "1,327,104 is the work"),
        ({"conv4": 460_800}, "460,800 is the work"),
        ({"conv1": 32_768}, "32,768 counts the numbers that come out"),
        ({"conv2": 25_088}, "25,088 counts the numbers that come out"),
        ({"conv3": 4_608}, "4,608 counts the numbers that come out"),
        ({"conv4": 1_600}, "1,600 counts the numbers that come out"),
        ({"conv3": 9}, "9 is the kernel of one filter in one channel"),
        ({"conv1": 3_200}, "adds a whole kernel to each filter"),
        ({"conv1": 512}, "multiplies with 5 once"),
        ({"conv2": 25_601}, "single bias"),
        ({"conv4": 4_609}, "single bias"),
        ({"conv3": 9_216}, "without biases"),
        ({"conv3": 320}, "leaves the input's 32 channels out"),
        ({"conv4": 160}, "leaves the input's 32 channels out"),
        ({"conv3": 10_240}, "a bias for every channel"),
        ({"conv4": 289}, "one filter's share"),
        ({"conv4": 448}, "count for 3 channels"),
        ({"conv4": 12_816}, "count for 5×5 kernels"),
        ({"conv1": 1_216}, "count for 16 filters"),
        ({"dense1": 204_801}, "single bias"),
        ({"dense1": 205_200}, "one bias for each input"),
        ({"dense2": 5_632}, "one bias for each input"),
        ({"dense2": 5_121}, "single bias"),
        ({"dense1": 5_130, "dense2": 205_312}, "dense1: 5,130 belongs to dense2"),
        ({"conv4": -4_624}, "conv4: -4,624 is not it.*one of the 16 hold"),
        ({"conv4": [4_624]}, "conv4 should be one number"),
        ({"conv4": 10**5000}, "conv4 holds an integer that is far too large"),
        ({"conv4": True}, "conv4 should be made of numbers"),
        *(
            ({"dense1": inputs * 512 + biases}, f"dense1: {inputs:,} .*{words}")
            for inputs, words in INPUTS.items()
            for biases, words in ((512, words), (0, "The biases are missing, too"))
        ),
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
        (True, "made of numbers"),
        pytest.param(10**5000, "far too large", id="huge"),
        (float("nan"), "NaN"),
        (np.float64(252_378), "252,378 is one number"),
        (list(COUNTS.items()), "text"),
        (set(COUNTS.values()), "made of numbers"),
        (list(COUNTS.values())[::-1], "conv1: 5,130 belongs to dense2"),
        (models.deeper_cnn, "made of numbers"),
        ({"conv2": 3}, "no 'conv1'"),
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


class Heaviest:
    def __call__(self, rows):
        return sorted(rows, key=parameters)[-1].layer, keras.ops.max(shares(rows))

    def method(self, rows, key=lambda row: row.parameters):
        return max(rows, key=key).name, np.array(max(shares(rows)))


def shares(rows):
    return [row.parameters / sum(row.parameters for row in rows) for row in rows]


@pytest.mark.parametrize("answer", [heaviest, heaviest_by_numpy, heaviest_row, Heaviest(), Heaviest().method])
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
        (by(lambda row: -row.parameters), "'Rescaling' has no parameters at all"),
        (by(lambda row: -row.parameters if row.parameters else -(10**9)), "fewest parameters of those that learn"),
        (by(lambda row: row.layer.startswith("D") * len(row.layer)), "not the layer with the most|longest"),
        (by(lambda row: row), "in guide_cnn, 'Rescaling' comes last in the alphabet"),
        (by(lambda row: len(row.layer)), "has the longest text"),
        (lambda rows: (rows[0], 0.5), "is the first layer"),
        (lambda rows: (next(row for row in rows if row.parameters), 0.5), "first layer that learns"),
        (lambda rows: ([row for row in rows if "Conv" in row.layer][-1], 0.5), "is the last convolution"),
        (lambda rows: (sorted(rows, key=parameters)[-2], 0.5), "second most parameters"),
        (lambda rows: (["Dense 256", "Dense 512", "Conv2D 9×9"][len(rows) % 3], 0.5), "not the layer with the most"),
        (lambda rows: heaviest(rows)[::-1], "The layer comes first"),
        (lambda rows: (np.argmax([row.parameters for row in rows]), 0.5), "looks like an index"),
        (lambda rows: max(rows, key=parameters), "two things were expected"),
        (lambda rows: dict(zip("ab", heaviest(rows))), "two things were expected"),
        (lambda rows: np.array(heaviest(rows)), "two things were expected"),
        (lambda rows: (heaviest(rows)[0], round(heaviest(rows)[1], 2)), "rounded to 2 decimals"),
        (lambda rows: (heaviest(rows)[0], round(heaviest(rows)[1], 3)), "rounded to 3 decimals"),
        (lambda rows: (heaviest(rows)[0], int(heaviest(rows)[1])), "lost its fractions"),
        (lambda rows: (heaviest(rows)[0], 1 - heaviest(rows)[1]), "1 minus"),
        (lambda rows: (heaviest(rows)[0], 1.001 * heaviest(rows)[1]), "in guide_cnn, the layer is right; its share is"),
        (by(parameters, lambda row, rows: 1 / shares([row, *rows])[0]), "in guide_cnn, the layer is right"),
        (by(parameters, lambda row, rows: sum(map(parameters, rows))), "number of all parameters"),
        (by(parameters, lambda row, rows: sum(map(parameters, rows)) / row.parameters), "Turn the fraction over"),
        (by(parameters, lambda row, rows: row.parameters / np.mean([*map(parameters, rows)])), "mean of all rows"),
        (
            by(parameters, lambda row, rows: row.parameters / np.mean([n for n in map(parameters, rows) if n])),
            "mean of the layers that learn",
        ),
        (by(parameters, lambda row, rows: row.parameters / len(rows)), "divides by the number of rows"),
        (by(parameters, lambda row, rows: row.parameters / sorted(map(parameters, rows))[-2]), "second most. Divide"),
        (by(parameters, lambda row, rows: row.memory / sum(row.memory for row in rows)), "share of the memory"),
        (by(parameters, lambda row, rows: 1 / len(rows)), "part of the number of layers"),
        (lambda rows: (heaviest(rows)[0], 100 * heaviest(rows)[1]), "in guide_cnn, 85.745 is the share in per cent"),
        (by(parameters, lambda row, rows: row.parameters), "Divide it by that of all layers"),
        (by(parameters, lambda row, rows: row.macs / sum(row.macs for row in rows)), "share of the MACs"),
        (
            by(parameters, lambda row, rows: row.parameters / sum(r.parameters for r in rows if r is not row)),
            "itself included",
        ),
        (by(parameters, lambda row, rows: 0.5), "share is not 0.5"),
        (lambda rows: ("Dense 256", heaviest(rows)[1]), "returns 'Dense 256' .str. for every model"),
        (
            lambda rows: (heaviest(rows)[0], heaviest(rows)[1] if len(rows) > 12 else 0.857),
            "in strided_cnn, the layer is right; its share is not 0.857",
        ),
        (lambda rows: heaviest(rows)[0], "two things were expected"),
        (lambda rows: (7, heaviest(rows)[1]), "looks like an index"),
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


def test_models_of_5_4_keep_all_mistakes_apart():
    tables = [anatomy.layers(model) for model in check._models_to_weigh()]
    layers = [[pick(rows).layer for rows in tables] for pick in (check._heaviest, *check.PICKS.values())]
    assert len(set(map(tuple, layers))) == len(layers)
    right = [heaviest(rows)[1] for rows in tables]
    shares = [right, *zip(*(check._share_mistakes(rows).values() for rows in tables))]
    assert not any(np.allclose(*pair, rtol=0, atol=1e-4) for pair in itertools.combinations(shares, 2))


def test_heaviest_in_a_random_model_is_what_keras_counts(monkeypatch):
    generator = np.random.default_rng(1)
    built = [sequential(conv2=conv(filters=int(generator.integers(1, 90))), dense=layers.Dense(3)) for _ in range(5)]
    built[0].name = "guide_cnn"
    monkeypatch.setattr(check, "_models_to_weigh", lambda: iter(built))
    counts = [{layer.name: layer.count_params() for layer in model.layers} for model in built]
    names_of = {tuple(count): max(count, key=count.get) for count in counts}
    totals = {tuple(count): max(count.values()) / sum(count.values()) for count in counts}

    def by_keras(rows):
        names = tuple(row.name for row in rows)
        return names_of[names], totals[names]

    check.exercise_5_4(by_keras)
    with raises("its share is not"):
        check.exercise_5_4(lambda rows: (by_keras(rows)[0], 0.9 * by_keras(rows)[1]))
