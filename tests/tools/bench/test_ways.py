"""Ways of a layer against each other: in turns, with all gradients, and with what the ratio is of."""

import pytest
import tensorflow as tf

from tools.bench import ways


def test_every_layer_for_speed_is_held_against_the_usual_one(capsys):
    record = ways.ways_part(rounds=2, batch=2, convolutions=((5, 3, 4), (2, 4, 3)))
    assert list(record["ways"]) == [
        "convolution, 5 × 5 maps",
        "convolution, 2 × 2 maps",
        "SiLU",
        "batch normalization",
    ]
    for row in record["ways"].values():
        assert len(row["ours"]) == len(row["usual"]) == 2
        assert row["ratio"] > 0
    assert "SiLU" in capsys.readouterr().out


def test_the_ratio_is_ours_to_the_usual_and_both_compute_all_gradients(monkeypatch):
    clock, took = [0.0], {"ours": 3.0, "usual": 12.0}
    monkeypatch.setattr(ways.time, "perf_counter", lambda: clock[0])
    wanted, kernel = [], tf.constant(2.0)

    def with_gradients(way, weights):
        assert weights == [kernel]

        def compute(x, upstream):
            clock[0] += took[way(None)]
            wanted.append(way(None))
            return [x]

        return compute

    monkeypatch.setattr(ways, "_with_gradients", with_gradients)
    row = ways.in_turns(lambda _: "ours", lambda _: "usual", tf.constant([1.0]), [kernel], rounds=2)
    assert row == {"ours": [3.0, 3.0], "usual": [12.0, 12.0], "ratio": 0.25}
    assert wanted[2:] == 2 * (["ours"] * ways.REPEATS + ["usual"] * ways.REPEATS)


@pytest.mark.parametrize("learnt", [False, True])
def test_gradients_are_those_of_the_inputs_and_of_all_weights(learnt):
    factor = tf.constant(3.0)
    weights = [factor] if learnt else []
    found = ways._with_gradients(lambda x: factor * x, weights)(tf.constant([1.0, 2.0]), tf.constant([2.0, 2.0]))
    assert [each.numpy().tolist() for each in found] == [[3.0, 6.0], [6.0, 6.0], 6.0][: 2 + learnt]
