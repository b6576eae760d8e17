"""Records and weights are written whole or not at all."""

import json
import os

import h5py
import numpy as np
import pytest
import small_training

from helpers import records


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
