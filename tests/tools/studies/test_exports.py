"""A trial of ``exported``: each form is measured, and int8 is the smaller one."""

import made_up
import numpy as np
import pytest
import small_models

from helpers import export
from tools.studies import exports
from tools.studies.engine import Trial

FORMS = [form for form in exports.FORMS if "ONNX" not in form or not export.missing_for_onnx()]


@pytest.mark.parametrize(
    "form", [pytest.param(form, marks=[] if form == "LiteRT int8" else pytest.mark.long) for form in FORMS]
)
def test_a_form_is_measured(form, loaded, tmp_path, monkeypatch):
    loaded(made_up.dataset())
    model = small_models.with_random_weights(small_models.sequential(32), scale=0.1)
    monkeypatch.setattr(exports, "NETWORKS", {"small": lambda: model})
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


def test_accuracy_is_of_the_form_and_not_of_keras(loaded, tmp_path, monkeypatch):
    made = made_up.dataset()
    loaded(made)
    monkeypatch.setattr(exports, "NETWORKS", {"small": lambda: small_models.sequential(32)})
    right = np.eye(10, dtype=np.float32)[made.y_test]
    monkeypatch.setattr(exports, "_written", lambda *_: (lambda batch: right[: len(batch)], tmp_path))
    payload = Trial(None, facts={"network": "small", "form": "LiteRT int8"}).payload("made up", dry=True)
    monkeypatch.setattr(exports.keras.Model, "predict", lambda self, x, **_: np.roll(right, 1, axis=1))
    record = exports.measured(payload, tmp_path)
    assert (record["test_accuracy"], record["same_class_as_keras"]) == (1, 0)
