"""The speed of epochs: what is put together from the measurements, and that each kind of model can be measured."""

import dataclasses
import importlib.util
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from helpers import models, places, start, training
from tools.bench import epochs
from tools.studies import lesson12, lesson15
from tools.studies.lesson15 import FAST_IDEAS, FAST_PARTS


@pytest.fixture
def bfloat16(monkeypatch):
    """A processor that multiplies bfloat16, and no PyTorch."""
    monkeypatch.setattr(start, "bfloat16_products", lambda: True)
    monkeypatch.setattr(epochs.tf.config, "list_physical_devices", lambda kind: [])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.fixture
def trainings(monkeypatch):
    """In place of training: the recipes are listed, and the seconds are those of ``seconds``."""

    class Trainings(list):
        seconds = (9.0, 0.5, 9.0, 0.5)

    seen = Trainings()

    def train(recipe, dataset, progress, backups):
        assert not progress
        assert not len(dataset.x_val)
        seen.append(recipe)
        return None, {"seconds": list(seen.seconds[: recipe.epochs])}

    monkeypatch.setattr(epochs.training, "train", train)
    return seen


def test_the_record_is_put_together_from_what_the_processes_say(bfloat16, monkeypatch, capsys):
    asked = []

    def said(what, precision, images):
        asked.append((what, precision))
        assert images == 700
        if what == epochs.CEILING:
            return 300.0 if precision == "float32" else 500.0
        return {"deeper_cnn": 40.0, "fast90": 20.0}.get(what, 10.0) + len(asked) * 1e-6

    monkeypatch.setattr(epochs, "_in_own_process", said)
    record = epochs.training_part(rounds=2, images=700)
    assert set(record["epochs"]) == set(models.RECIPES)
    assert record["images"] == 700
    assert record["ceiling_gflops"] == {"float32": 300.0, "mixed_bfloat16": 500.0}
    assert record["epochs"]["deeper_cnn"]["units"] == 1
    ours = record["epochs"]["fast90"]
    assert ours["units"] == 0.5
    assert ours["precision"] == "mixed_bfloat16"
    # 50,000 images in 20 seconds.
    assert ours["gflops"] == pytest.approx(epochs.flops("fast90") * 50_000 / 20 / 1e9, abs=0.1)
    assert ours["share_of_ceiling"] == pytest.approx(ours["gflops"] / 500, abs=0.001)
    assert {precision for what, precision in asked if what in models.TUTORIALS} == {"float32"}
    names = [what for what, _ in asked if what != epochs.CEILING]
    assert names[: len(names) // 2] == names[len(names) // 2 :] == list(models.RECIPES), "they take turns"
    assert [what for what, _ in asked[::2]] == [epochs.CEILING] * len(names), "the ceiling before every name"
    assert "fast90" in capsys.readouterr().out
    json.dumps(record)


def test_pytorch_is_measured_beside_whole_images_where_it_is_there(bfloat16, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "torch" or None)
    assert list(epochs.names()) == [*models.RECIPES, epochs.WHOLE, epochs.PYTORCH]
    commands = []

    def ran(command, **_):
        commands.append(command[1:])
        return subprocess.CompletedProcess(command, 0, "a line before\n12.5\n", "")

    monkeypatch.setattr(subprocess, "run", ran)
    asked = ("fast90", epochs.PYTORCH, epochs.COMPILED, epochs.AIRBENCH)
    assert [epochs._in_own_process(name, "float32", 10) for name in asked] == [12.5] * 4
    assert commands == [
        ["-m", "tools.bench.epochs", "fast90", "float32", "10"],
        ["-m", "tools.bench.pytorch", "10"],
        ["-m", "tools.bench.pytorch", "10", "compiled"],
        ["-m", "tools.bench.pytorch", "10", "airbench"],
    ]


@pytest.fixture
def turns(bfloat16, monkeypatch):
    """As if PyTorch were there: a function that gives names their seconds, and returns the list of those asked."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "torch" or None)
    monkeypatch.setattr(epochs, "provenance", lambda *names: {"versions": dict.fromkeys(names, "2.0")})

    def given(seconds):
        asked = []
        monkeypatch.setattr(epochs, "_in_own_process", lambda what, *_: asked.append(what) or seconds[what])
        return asked

    return given


@pytest.mark.parametrize("part", [epochs.peer_part, epochs.airbench_part])
def test_without_pytorch_there_is_no_peer(part, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="PyTorch is not installed here"):
        part(rounds=1)


def test_the_peer_takes_turns_with_ours_and_the_quicker_of_its_ways_counts(turns, capsys):
    asked = turns({epochs.WHOLE: 18.0, epochs.PYTORCH: 24.0, epochs.COMPILED: 20.0})
    record = epochs.peer_part(rounds=2)
    assert asked == 2 * [epochs.WHOLE, epochs.PYTORCH, epochs.COMPILED]
    assert (record["ratio"], record["torch"]) == (0.9, "2.0")
    assert "0.90 of the quicker" in capsys.readouterr().out


def test_airbench_takes_turns_with_all_of_fast94(turns, capsys):
    asked = turns({"fast94": 40.0, epochs.AIRBENCH: 600.0})
    record = epochs.airbench_part(rounds=2)
    assert asked == 2 * ["fast94", epochs.AIRBENCH]
    ours, theirs = record["seconds"].values()
    # Ten epochs, and views that take less than one.
    assert all(400 < seconds < 440 for seconds in ours)
    assert theirs == [600, 600]
    assert record["ratio"] == pytest.approx(ours[0] / 600, abs=1e-3)
    assert f"ours takes {record['ratio']:.2f}" in capsys.readouterr().out


def test_parts_are_measured_in_turns_under_the_labels_of_their_studies(monkeypatch, capsys):
    asked = []

    def said(what, precision, images):
        asked.append(what)
        return 30.0 + len(asked)

    monkeypatch.setattr(epochs, "_in_own_process", said)
    record = epochs.fast_parts(rounds=2)
    labels = list(FAST_PARTS | FAST_IDEAS)
    assert asked == 2 * labels
    assert list(record["epochs"]) == labels
    assert record["epochs"]["all parts"] == [31.0, 31.0 + len(labels)]
    assert "Muon" in capsys.readouterr().out


def test_a_step_counts_the_gradients_that_somebody_needs():
    # Source C: 30 x 30 x 27 x 32, 13 x 13 x 288 x 64, 4 x 4 x 576 x 64, 1024 x 64, 64 x 10; the first has no inputs
    # whose gradients are needed.
    macs = [900 * 27 * 32, 169 * 288 * 64, 16 * 576 * 64, 1024 * 64, 640]
    assert epochs.flops("plain_cnn") == 6 * sum(macs) - 2 * macs[0]


def test_small_images_cost_their_share_of_flops(monkeypatch):
    whole = epochs.flops(epochs.WHOLE)
    assert epochs.flops(epochs.PYTORCH) == whole
    recipe = dataclasses.replace(models.RECIPES["fast90"], epochs=4, small_epochs=1, small_side=16)
    monkeypatch.setitem(models.RECIPES, "fast90", recipe)
    assert 0.75 * whole < epochs.flops("fast90") < (0.75 + 0.25 / 4) * whole, "a quarter of the positions, and less"


def test_small_epochs_count_by_their_share(trainings, monkeypatch):
    trainings.seconds = (9.0, 0.2, 9.0, 0.7)
    recipe = dataclasses.replace(models.RECIPES["fast90"], epochs=5, small_epochs=2)
    monkeypatch.setitem(models.RECIPES, "fast90", recipe)
    # Two of five epochs are small.
    assert epochs.measure("fast90", "", 500) == pytest.approx((0.4 * 0.2 + 0.6 * 0.7) * 100)
    assert trainings == [dataclasses.replace(recipe, epochs=4, small_epochs=2)]


@pytest.mark.parametrize("label", [*FAST_PARTS, *FAST_IDEAS])
def test_every_row_of_the_studies_can_be_timed(label, trainings):
    assert epochs.measure(label, "", 500) == pytest.approx(0.5 * 100)
    (trained,) = trainings
    small = 2 if lesson15.changed_fast90(label).small_epochs else 0
    assert trained == dataclasses.replace(lesson15.changed_fast90(label), epochs=small + 2, small_epochs=small)


@pytest.mark.parametrize("name", ["strided_cnn", "fast90"])
def test_an_epoch_of_few_images_is_stretched_to_all(name, trainings):
    assert epochs.measure(name, "", 500) == pytest.approx(0.5 * 100)
    assert trainings[0].model == models.RECIPES[name].model


def test_a_small_training_is_really_timed():
    assert epochs.measure("strided_cnn", "", 64) > 0


def test_without_bfloat16_everything_is_float32(monkeypatch):
    monkeypatch.setattr(start, "bfloat16_products", lambda: False)
    assert set(epochs.names().values()) == {"float32"}


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_the_ceiling_is_that_of_the_quickest_product(precision, clock, monkeypatch):
    seconds, dtypes, multiply = iter([4.0, 0.5, 2.0]), set(), epochs.tf.matmul

    def matmul(a, b):
        assert a.shape == b.shape == (64, 64)
        dtypes.add(a.dtype.name)
        clock[0] += next(seconds)
        return multiply(a, b)

    monkeypatch.setattr(epochs.tf, "matmul", matmul)
    # 64 multiplications and as many additions for each of 64 times 64 numbers.
    assert epochs.ceiling(precision, side=64, repeats=3) == pytest.approx(64 * 64 * (64 + 64) / 0.5 / 1e9)
    assert dtypes == {"float32" if precision == "float32" else "bfloat16"}


def test_the_ceiling_is_measured_by_its_name(monkeypatch):
    monkeypatch.setattr(epochs, "ceiling", lambda precision: (precision, 7.0))
    assert epochs.measure(epochs.CEILING, "float32", 10) == ("float32", 7.0)


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match=r"Measuring no_such_model failed:[\s\S]*no_such_model"):
        epochs._in_own_process("no_such_model", "float32", 10)


# PyTorch is optional, and never imported here: together with TensorFlow it can crash.

STUB = "class nn:\n    Sequential = Module = None\n"


def in_a_process(code, path=""):
    folders = [str(path), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, folders))}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=places.ROOT, capture_output=True, text=True, env=environment
    )
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


def test_pytorch_is_measured_without_tensorflow(tmp_path):
    if not importlib.util.find_spec("torch"):
        (tmp_path / "torch.py").write_text(STUB)
    code = "import json, sys, tools.bench.pytorch; print(json.dumps(sorted(sys.modules)))"
    modules = in_a_process(code, tmp_path)
    assert "torch" in modules
    assert "tools.bench.pytorch" in modules
    assert not {"tensorflow", "keras"} & set(modules)


@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="PyTorch is optional")
@pytest.mark.parametrize(("name", "work"), [("fast90", "FAST90"), ("fast94", "AIRBENCH")])
def test_the_network_in_pytorch_trains_as_many_weights(name, work):
    code = "import json; from tools.bench import pytorch; "
    code += f"weights = list(pytorch.network(pytorch.{work}.widths).parameters()); kernels = [w for w in weights "
    code += "if w.dim() > 1]; print(json.dumps([[w.numel() for w in kernels], "
    code += "sum(w.numel() for w in weights if w.requires_grad)]))"
    model = models.build(name)
    kernels = [int(np.prod(weight.shape)) for weight in model.weights if len(weight.shape) > 1]
    assert in_a_process(code) == [kernels, sum(int(np.prod(w.shape)) for w in model.trainable_weights)]


def test_a_timed_trial_names_its_recipe_and_keeps_nothing_of_the_training(trainings, tmp_path):
    (first, *others) = next(lesson12.residual_seconds())
    record = epochs.timed(first.payload("cifar10", dry=False), tmp_path)
    assert record["timed_recipe"] == first.recipe.as_dict()
    assert [recipe.model for recipe in trainings] == ["improved_cnn"]
    # The second of two whole epochs, half a second for 10,000 images.
    assert (record["epoch_seconds"], record["training_images"], record["dataset"]) == (2.5, 10_000, "noise")
    assert "history" not in record
    assert not list(tmp_path.iterdir())
    assert len({(trial.seed, trial.label) for trial in (first, *others)}) == 3 * 4


@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="PyTorch is optional")
def test_muon_in_pytorch_takes_the_step_of_ours():
    code = "import json, torch; from tools.bench import pytorch; torch.manual_seed(0); "
    code += "k, g = (torch.randn(6, 4, 3, 3, dtype=torch.float32) for _ in range(2)); before = k.clone(); k.grad = g; "
    code += (
        "pytorch.muon_step([k], [torch.zeros_like(k)], 0.1); print(json.dumps([v.tolist() for v in (before, g, k)]))"
    )
    before, gradient, after = (np.array(each, np.float32).transpose(2, 3, 1, 0) for each in in_a_process(code))
    kernel = keras.Variable(before)
    muon = training.Muon(0.1, kernel_gain=1.0, momentum=0.85, nesterov=True)
    muon.apply([gradient], [kernel])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(kernel), after, atol=1e-5)
