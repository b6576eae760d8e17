"""Exercises 5.2 and 5.4: predictions and functions that pass, and the mistakes that are named."""

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
