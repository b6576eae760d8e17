"""The speed of epochs: what is put together from the measurements, and that each kind of model can be measured."""

import dataclasses
import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest

from helpers import fast, models
from tools import experiments, speed


def test_the_record_is_put_together_from_what_the_processes_say(monkeypatch, capsys):
    monkeypatch.setattr(speed.fast, "precision", lambda: "mixed_bfloat16")
    monkeypatch.setattr(speed.importlib.util, "find_spec", lambda _: None)
    asked = []

    def said(what, precision, images):
        asked.append((what, precision))
        if what == speed.CEILING:
            return 300.0 if precision == "float32" else 500.0
        return {"deeper_cnn": 40.0, "fast90": 20.0}.get(what, 10.0) + len(asked) * 1e-6

    monkeypatch.setattr(speed, "_in_own_process", said)
    record = speed.measured(rounds=2)
    assert set(record["epochs"]) == set(models.BUILDERS) | set(fast.FAST_RECIPES)
    assert record["ceiling_gflops"] == {"float32": 300.0, "mixed_bfloat16": 500.0}
    assert record["epochs"]["deeper_cnn"]["units"] == 1
    ours = record["epochs"]["fast90"]
    assert ours["units"] == 0.5
    assert ours["precision"] == "mixed_bfloat16"
    # 50,000 images in 20 seconds.
    assert ours["gflops"] == pytest.approx(speed.flops("fast90") * 50_000 / 20 / 1e9, abs=0.1)
    assert ours["share_of_ceiling"] == pytest.approx(ours["gflops"] / 500, abs=0.001)
    assert {precision for what, precision in asked if what in models.BUILDERS} == {"float32"}
    names = [what for what, _ in asked if what != speed.CEILING]
    assert names[: len(names) // 2] == names[len(names) // 2 :], "they take turns"
    assert "fast90" in capsys.readouterr().out
    json.dumps(record)


def test_parts_are_measured_in_turns_under_the_labels_of_their_studies(monkeypatch, capsys):
    asked = []

    def said(what, precision, images):
        asked.append(what)
        return 30.0 + len(asked)

    monkeypatch.setattr(speed, "_in_own_process", said)
    record = speed.parts(rounds=2)
    labels = list(experiments.FAST_PARTS | experiments.FAST_IDEAS)
    assert asked == 2 * labels
    assert list(record["epochs"]) == labels
    assert record["epochs"]["all parts"] == [31.0, 31.0 + len(labels)]
    assert "Muon" in capsys.readouterr().out


def test_a_step_counts_the_slopes_that_somebody_needs():
    # Source C: 30 x 30 x 27 x 32, 13 x 13 x 288 x 64, 4 x 4 x 576 x 64, 1024 x 64, 64 x 10; the first has no inputs
    # whose slopes are needed.
    products = [900 * 27 * 32, 169 * 288 * 64, 16 * 576 * 64, 1024 * 64, 640]
    assert speed.flops("plain_cnn") == 6 * sum(products) - 2 * products[0]


def test_small_images_cost_their_share_of_flops(monkeypatch):
    whole = speed.flops(speed.WHOLE)
    assert speed.flops(speed.PYTORCH) == whole
    recipe = dataclasses.replace(fast.FAST_RECIPES["fast90"], epochs=4, small_epochs=1, small_side=16)
    monkeypatch.setitem(fast.FAST_RECIPES, "fast90", recipe)
    assert 0.75 * whole < speed.flops("fast90") < (0.75 + 0.25 / 4) * whole, "a quarter of the places, and less"


def test_small_epochs_count_by_their_share(monkeypatch):
    asked = []

    def train_fast(x, y, recipe, progress):
        asked.append((recipe.epochs, recipe.small_epochs))
        return None, {"seconds": [9.0, 0.2, 9.0, 0.7][: recipe.epochs]}

    monkeypatch.setattr(speed.fast, "train_fast", train_fast)
    recipe = dataclasses.replace(fast.FAST_RECIPES["fast90"], epochs=5, small_epochs=2)
    monkeypatch.setitem(fast.FAST_RECIPES, "fast90", recipe)
    # Two of five epochs are small.
    assert speed.measure("fast90", "", 500) == pytest.approx((0.4 * 0.2 + 0.6 * 0.7) * 100)
    assert asked == [(4, 2)]


@pytest.mark.parametrize("label", [*experiments.FAST_PARTS, *experiments.FAST_IDEAS])
def test_every_row_of_the_studies_can_be_timed(label, monkeypatch):
    monkeypatch.setattr(speed.fast, "train_fast", lambda *_, **__: (None, {"seconds": [1.0, 1.0, 1.0, 1.0]}))
    assert speed.measure(label, "", 500) == pytest.approx(100)


def test_a_changed_part_is_trained_changed(monkeypatch):
    seen = []

    def train_fast(x, y, recipe, progress):
        seen.append(recipe)
        return None, {"seconds": [9.0, 0.5, 9.0, 0.5]}

    monkeypatch.setattr(speed.fast, "train_fast", train_fast)
    assert speed.measure("without Lookahead", "", 500) == pytest.approx(0.5 * 100)
    assert seen == [dataclasses.replace(experiments.BEFORE["fast90"], lookahead=False, epochs=4, small_epochs=2)]


def test_without_bfloat16_everything_is_float32(monkeypatch):
    monkeypatch.setattr(speed.fast.start, "bfloat16_products", lambda: False)
    assert set(speed.names().values()) == {"float32"}


@pytest.mark.parametrize("name", ["strided_cnn", "fast90"])
def test_an_epoch_of_few_images_is_stretched_to_all(name, monkeypatch):
    clock = {"strided_cnn": (speed.training, "train"), "fast90": (speed.fast, "train_fast")}
    monkeypatch.setattr(*clock[name], lambda *_, **__: (None, {"seconds": [9.0, 0.5, 9.0, 0.5]}))
    assert speed.measure(name, "", 500) == pytest.approx(0.5 * 100)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_the_ceiling_is_a_rate(precision):
    assert speed.ceiling(precision, side=64, repeats=2) > 0


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match=r"Measuring no_such_model failed:[\s\S]*no_such_model"):
        speed._in_own_process("no_such_model", "float32", 10)


def test_the_network_in_pytorch_has_kernels_of_the_same_size():
    # Not imported here: together with TensorFlow it can crash.
    if not importlib.util.find_spec("torch"):
        pytest.skip("PyTorch is optional")
    code = "from tools import speed_pytorch as s; print([w.numel() for w in s.network().parameters() if w.dim() > 1])"
    done = subprocess.run([sys.executable, "-c", code], cwd=speed.training.ROOT, capture_output=True, text=True)
    ours = [weight for weight in fast.FAST_RECIPES["fast90"].build(None).weights if len(weight.shape) > 1]
    assert json.loads(done.stdout) == [int(np.prod(weight.shape)) for weight in ours]
