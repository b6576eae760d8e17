"""Exported networks predict what Keras predicts; int8 nearly."""

import importlib.util

import keras
import numpy as np
import pytest
import small_models
from keras import layers

from helpers import export, models

ONNX = pytest.mark.skipif(bool(export.missing_for_onnx()), reason=export.missing_for_onnx() or "all there")
IMAGES = small_models.images(n=230, side=8, seed=1)


def without_normalisation():
    return keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


BUILDERS = {
    "a small CNN": without_normalisation,
    "with BatchNormalization": small_models.sequential,
}


@pytest.fixture(scope="module", params=[pytest.param("a small CNN", marks=pytest.mark.long), "with BatchNormalization"])
def model(request):
    keras.utils.set_random_seed(3)
    return small_models.with_random_weights(BUILDERS[request.param](), scale=0.3)


@pytest.fixture(scope="module")
def predictions(model):
    return model.predict(IMAGES, verbose=0)


def nearly(found, wanted):
    """int8: the same class nine times in ten, and probabilities 0.05 off in the mean at most."""
    assert found.shape == wanted.shape
    assert found.dtype == np.float32
    assert (found.argmax(axis=1) == wanted.argmax(axis=1)).mean() >= 0.9
    assert np.abs(found - wanted).mean() < 0.05


def test_litert_predicts_what_keras_predicts(model, predictions, tmp_path, capfd):
    path = export.litert(model, tmp_path / "network.tflite")
    assert path == tmp_path / "network.tflite"
    np.testing.assert_allclose(export.predict_litert(path, IMAGES), predictions, atol=1e-4)
    np.testing.assert_allclose(export.predict_litert(str(path), IMAGES[:1]), predictions[:1], atol=1e-4)
    assert capfd.readouterr() == ("", "")
    assert [each.name for each in tmp_path.iterdir()] == ["network.tflite"]


def test_litert_in_int8_predicts_nearly_the_same(model, predictions, tmp_path):
    nearly(export.predict_litert(export.litert(model, tmp_path / "int8.tflite", IMAGES), IMAGES), predictions)


@ONNX
def test_onnx_predicts_what_keras_predicts(model, predictions, tmp_path, capfd):
    path = export.onnx(model, tmp_path / "network.onnx")
    np.testing.assert_allclose(export.predict_onnx(path, IMAGES), predictions, atol=1e-4)
    assert capfd.readouterr() == ("", "")
    assert [each.name for each in tmp_path.iterdir()] == ["network.onnx"]


@ONNX
def test_onnx_in_int8_predicts_nearly_the_same(model, predictions, tmp_path):
    nearly(export.predict_onnx(export.onnx(model, tmp_path / "int8.onnx", IMAGES), IMAGES), predictions)


@pytest.mark.long
def test_int8_takes_a_byte_a_weight(tmp_path):
    model = models.build("improved_cnn")
    size = export.litert(model, tmp_path / "int8.tflite", small_models.images(n=20, side=32)).stat().st_size
    assert 0.9 * model.count_params() < size < 1.2 * model.count_params()


def test_errors_are_sentences(tmp_path):
    model = without_normalisation()
    for write, suffix in ((export.litert, ".tflite"), (export.onnx, ".onnx")):
        with pytest.raises(ValueError, match=f"called 'network.pb': its name must end in {suffix}"):
            write(model, tmp_path / "network.pb")
    with pytest.raises(ValueError, match=r"the shape \(0, 8, 8, 3\): \(n, 8, 8, 3\) with n from 1 on"):
        export.litert(model, tmp_path / "network.tflite", IMAGES[:0])
    path = export.litert(model, tmp_path / "network.tflite")
    with pytest.raises(ValueError, match=r"the shape \(8, 8, 3\): \(n, 8, 8, 3\)"):
        export.predict_litert(path, IMAGES[0])
    with pytest.raises(ValueError, match=r"the shape \(1, 9, 9, 3\): \(n, 8, 8, 3\)"):
        export.predict_litert(path, np.zeros((1, 9, 9, 3)))
    with pytest.raises(FileNotFoundError, match=r"none\.tflite does not exist"):
        export.predict_litert(tmp_path / "none.tflite", IMAGES)
    (tmp_path / "text.tflite").write_text("no network", encoding="utf-8")
    with pytest.raises(ValueError, match=r"text\.tflite is no LiteRT file"):
        export.predict_litert(tmp_path / "text.tflite", IMAGES)


@ONNX
def test_errors_of_onnx_are_sentences(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.onnx does not exist"):
        export.predict_onnx(tmp_path / "none.onnx", IMAGES)
    (tmp_path / "text.onnx").write_text("no network", encoding="utf-8")
    with pytest.raises(ValueError, match=r"text\.onnx is no ONNX file"):
        export.predict_onnx(tmp_path / "text.onnx", IMAGES)


def test_without_the_packages_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in export.ONNX_PACKAGES else find(name))
    says = "ONNX needs packages that are not installed here: pip install tf2onnx onnx onnxruntime"
    assert export.missing_for_onnx() == says
    with pytest.raises(ModuleNotFoundError, match=says):
        export.onnx(without_normalisation(), tmp_path / "network.onnx")
    with pytest.raises(ModuleNotFoundError, match=r"pip install onnxruntime$"):
        export.predict_onnx(tmp_path / "network.onnx", IMAGES)
