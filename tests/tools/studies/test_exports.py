"""A trial of ``exported``: each form is measured, and int8 is the smaller one."""

import keras
import made_up
import numpy as np
import pytest
import small_models

from helpers import export
from tools.studies import exports
from tools.studies.engine import Trial


@pytest.mark.parametrize(
    "form", [form for form in exports.FORMS if "ONNX" not in form or not export.missing_for_onnx()]
)
def test_a_form_is_measured(form, loaded, tmp_path, monkeypatch):
    loaded(made_up.dataset())
    model = small_models.with_random_weights(small_models.sequential(32), scale=0.1)
    monkeypatch.setattr(exports, "NETWORKS", {"small": lambda dataset: model})
    trial = next(trial for trial in next(exports.exported()) if trial.label == form)
    record = exports.measured(trial.payload("made up", dry=True), tmp_path)
    assert (record["network"], record["form"], record["parameters"]) == ("small", form, model.count_params())
    assert record["same_class_as_keras"] >= 0.9
    assert record["largest_difference"] < (0.2 if "int8" in form else 1e-4)
    assert record["bytes"] > model.count_params()
    assert len(record["milliseconds_one_by_one"]) == len(record["milliseconds_in_batches"]) == 1
    assert min(record["milliseconds_one_by_one"]) >= 0
    assert {"machine", "versions", "seconds", "training_images", "dataset"} <= set(record)
    assert list(tmp_path.iterdir()) == []


def test_the_transferred_network_predicts_what_features_and_head_say(monkeypatch):
    inputs = keras.Input((8, 8, 3))
    body = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(inputs)))
    monkeypatch.setattr(exports, "SIDE", 8)
    monkeypatch.setattr(exports, "PENALTY", 100.0)
    monkeypatch.setattr(exports.records, "pretrained", lambda side: body)
    made = made_up.dataset(400)
    model = exports.transferred(made)
    predicted = model.predict(made.x_test, verbose=0)
    assert predicted.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (predicted.argmax(axis=1) == made.y_test).mean() > 0.5


def test_accuracy_is_of_the_form_and_not_of_keras(loaded, tmp_path, monkeypatch):
    made = made_up.dataset()
    loaded(made)
    monkeypatch.setattr(exports, "NETWORKS", {"small": lambda dataset: small_models.sequential(32)})
    right = np.eye(10, dtype=np.float32)[made.y_test]
    monkeypatch.setattr(exports, "_written", lambda *_: (lambda batch: right[: len(batch)], tmp_path))
    payload = Trial(None, facts={"network": "small", "form": "LiteRT int8"}).payload("made up", dry=True)
    monkeypatch.setattr(exports.keras.Model, "predict", lambda self, x, **_: np.roll(right, 1, axis=1))
    record = exports.measured(payload, tmp_path)
    assert (record["test_accuracy"], record["same_class_as_keras"]) == (1, 0)
