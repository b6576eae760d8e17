"""The speed of epochs: what is put together from the measurements, and that each kind of model can be measured."""

import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest

from helpers import fast, models
from tools import speed


def test_the_record_is_put_together_from_what_the_processes_say(monkeypatch, capsys):
    monkeypatch.setattr(speed.start, "bfloat16_products", lambda: True)
    monkeypatch.setattr(speed.importlib.util, "find_spec", lambda _: None)
    asked = []

    def said(what, bfloat16, pictures):
        asked.append((what, bfloat16))
        if what == speed.CEILING:
            return 500.0 if bfloat16 else 300.0
        return {"deeper_cnn": 40.0, "fast90": 20.0}.get(what, 10.0) + len(asked) * 1e-6

    monkeypatch.setattr(speed, "_in_own_process", said)
    record = speed.measured(rounds=2)
    assert set(record["epochs"]) == set(models.BUILDERS) | set(fast.FAST_RECIPES)
    assert record["ceiling_gflops"] == {"float32": 300.0, "bfloat16": 500.0}
    assert record["epochs"]["deeper_cnn"]["units"] == 1
    ours = record["epochs"]["fast90"]
    assert ours["units"] == 0.5
    assert ours["precision"] == "bfloat16"
    # 6 operations for each product on the way forward, 50,000 pictures in 20 seconds.
    assert ours["gflops"] == pytest.approx(6 * speed.macs("fast90") * 50_000 / 20 / 1e9, abs=0.1)
    assert ours["share_of_ceiling"] == pytest.approx(ours["gflops"] / 500, abs=0.001)
    assert all(not bfloat16 for what, bfloat16 in asked if what == "guide_cnn")
    names = [what for what, _ in asked if what != speed.CEILING]
    assert names[: len(names) // 2] == names[len(names) // 2 :], "they take turns"
    assert "fast90" in capsys.readouterr().out
    json.dumps(record)


def test_without_bfloat16_everything_is_float32(monkeypatch):
    monkeypatch.setattr(speed.start, "bfloat16_products", lambda: False)
    assert not any(speed.names().values())


@pytest.mark.parametrize("name", ["strided_cnn", "fast90"])
def test_an_epoch_of_few_pictures_is_stretched_to_all(name, monkeypatch):
    clock = {"strided_cnn": (speed.training, "train"), "fast90": (speed.fast, "train_fast")}
    monkeypatch.setattr(*clock[name], lambda *_, **__: (None, {"seconds": [9.0, 0.5]}))
    assert speed.measure(name, 500) == pytest.approx(0.5 * 100)


def test_the_ceiling_is_a_rate():
    assert speed.ceiling(side=64, repeats=2) > 0


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match=r"Measuring no_such_model failed:[\s\S]*no_such_model"):
        speed._in_own_process("no_such_model", False, 10)


def test_the_network_in_pytorch_has_kernels_of_the_same_size():
    # Not imported here: together with TensorFlow it can crash.
    if not importlib.util.find_spec("torch"):
        pytest.skip("PyTorch is optional")
    code = "from tools import speed_pytorch as s; print([w.numel() for w in s.network().parameters() if w.dim() > 1])"
    done = subprocess.run([sys.executable, "-c", code], cwd=speed.training.ROOT, capture_output=True, text=True)
    ours = [weight for weight in fast.FAST_RECIPES["fast90"].build(None).weights if len(weight.shape) > 1]
    assert json.loads(done.stdout) == [int(np.prod(weight.shape)) for weight in ours]
