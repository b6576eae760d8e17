"""Records and weights are written whole or not at all."""

import importlib.metadata
import json
import os

import h5py
import keras
import numpy as np
import pytest
import small_training

from helpers import models, records


class Stop(BaseException):
    """As a kill."""


def test_json_is_written_with_the_folders_it_needs(tmp_path):
    path = tmp_path / "a" / "b.json"
    records.write_json(path, {"first": 1, "second": [0.5, None]})
    assert json.loads(path.read_text()) == {"first": 1, "second": [0.5, None]}
    assert path.read_text().endswith("}\n")
    assert os.listdir(path.parent) == ["b.json"]


@pytest.mark.parametrize("moment", ["write_text", "replace", "content"])
def test_nobody_sees_half_a_file(tmp_path, monkeypatch, moment):
    path = tmp_path / "seed-0.json"
    records.write_json(path, {"old": 1})

    def half(self, text, **settings):
        self.write_bytes(text[: len(text) // 2].encode())
        raise Stop

    def stop(*_):
        raise Stop

    with monkeypatch.context() as patch:
        if moment == "write_text":
            patch.setattr(type(path), "write_text", half)
        elif moment == "replace":
            patch.setattr(os, "replace", stop)
        with pytest.raises((Stop, TypeError)):
            records.write_json(path, {"new": object() if moment == "content" else 2})
    assert json.loads(path.read_text()) == {"old": 1}
    assert [file.name for file in tmp_path.glob("*.json")] == ["seed-0.json"], "what is left is no record"
    records.write_json(path, {"new": 2})
    assert json.loads(path.read_text()) == {"new": 2}


def test_saved_weights_hold_the_weights_alone_and_nothing_half_written(tmp_path, monkeypatch):
    model, _ = small_training.train(tmp_path / "backups")
    path = tmp_path / "kept" / "small.weights.h5"
    records.save_weights(model, path)
    again = small_training.small_cnn()
    again.load_weights(path)
    images = small_training.drawn().x_test
    np.testing.assert_array_equal(again(images), model(images))
    model.save_weights(tmp_path / "with_optimizer.weights.h5")
    groups = [set(h5py.File(file)) for file in (path, tmp_path / "with_optimizer.weights.h5")]
    assert groups[1] - groups[0] == {"optimizer"}
    assert model.optimizer is not None
    assert os.listdir(path.parent) == [path.name]
    before = path.read_bytes()

    def stop(*_):
        raise Stop

    monkeypatch.setattr(os, "replace", stop)
    model.set_weights([weight + 1 for weight in model.get_weights()])
    with pytest.raises(Stop):
        records.save_weights(model, path)
    assert path.read_bytes() == before


def fast_network():
    x = small_training.drawn(60, side=12).x_train
    model = models.fast_cnn((12, 12, 3), 4, widths=(16, 32, 32))
    models.adapt(model, x)
    return model


def normalised_network():
    model = keras.Sequential([small_training.small_cnn(), keras.layers.Dense(4000), keras.layers.BatchNormalization()])
    model.build((None, 8, 8, 3))
    generator = np.random.default_rng(2)
    model.set_weights([generator.uniform(0.1, 3, weight.shape) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize("build", [fast_network, normalised_network])
def test_half_a_file_holds_the_weights_in_float16(tmp_path, build):
    model = build()
    whole, half = tmp_path / "whole.weights.h5", tmp_path / "half.weights.h5"
    records.save_weights(model, whole)
    records.save_weights(model, half, half=True)
    weights = 4 * model.count_params()
    assert whole.stat().st_size - half.stat().st_size == pytest.approx(weights / 2, rel=0.02)
    assert half.stat().st_size < 0.7 * whole.stat().st_size
    assert sorted(os.listdir(tmp_path)) == ["half.weights.h5", "whole.weights.h5"]
    again = build()
    again.set_weights([0 * weight for weight in again.get_weights()])
    again.load_weights(half)
    assert {weight.dtype for weight in again.weights} == {"float32"}
    for got, wanted in zip(again.get_weights(), model.get_weights(), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, wanted.astype(np.float16).astype(np.float32))
    for got, wanted in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-3, atol=1e-6)


def test_a_record_says_where_its_numbers_come_from():
    said = records.provenance("keras", "numpy")
    assert said == {
        "machine": records.machine(),
        "versions": {"keras": keras.__version__, "numpy": importlib.metadata.version("numpy")},
    }
    assert "cores" in said["machine"]
    assert records.provenance()["versions"] == {}
