"""The port of EfficientNet-Lite0: its logits are those of the original network in PyTorch, on photos."""

from pathlib import Path

import keras
import numpy as np
import pytest

from helpers import places, records
from helpers.models import efficientnet_lite
from helpers.records import schema

ORACLE = np.load(Path(__file__).with_name("efficientnet_lite0.npz"))


@pytest.fixture(scope="module")
def network():
    return records.pretrained(top=True)


def test_its_logits_are_those_of_the_original(network):
    """``tools/pretrained.py`` has computed the others, with PyTorch: with rounded weights, and with its own."""
    logits = np.asarray(network(ORACLE["images"].astype(np.float32), training=False))
    np.testing.assert_allclose(logits, ORACLE["rounded"], atol=1e-3)
    rounding = np.abs(logits - ORACLE["logits"])
    assert rounding.max() < 0.02
    assert rounding.mean() < 0.005
    best = [records.imagenet_classes()[index] for index in logits.argmax(axis=1)]
    assert best == ["palace", "daisy", "badger"]


def test_the_features_are_what_the_top_reads(network):
    body = records.pretrained()
    assert body.count_params() == 3_413_024
    assert network.count_params() == 4_694_024
    images = ORACLE["images"][:1].astype(np.float32)
    features = body(images, training=False)
    assert features.shape == (1, efficientnet_lite.FEATURES)
    np.testing.assert_allclose(network.layers[-1](features), network(images, training=False), atol=1e-4)


def test_other_sides_have_the_same_weights(network):
    small = efficientnet_lite.efficientnet_lite0(32, top=True)
    small.set_weights(network.get_weights())
    assert small.output_shape == (None, 1000)
    with pytest.raises(ValueError, match=r"^side is 31: .* 32 pixels"):
        efficientnet_lite.efficientnet_lite0(31)


def test_its_record_says_whose_it_is():
    record = schema.read_json(places.TRAINED / "pretrained.json")
    assert record["licence"].startswith("Apache 2.0")
    assert len(set(records.imagenet_classes())) == efficientnet_lite.IMAGENET_CLASSES
    assert all((places.TRAINED / name).stat().st_size < 8_000_000 for name in record["sha256"])


def test_other_weights_are_refused(monkeypatch, tmp_path):
    whole = places.TRAINED / "pretrained.json"
    (tmp_path / whole.name).write_bytes(whole.read_bytes())
    monkeypatch.setattr(places, "TRAINED", tmp_path)
    monkeypatch.setattr(efficientnet_lite, "efficientnet_lite0", lambda side, top: tiny())
    with pytest.raises(ValueError, match=r"efficientnet_lite0\.weights\.h5 is missing"):
        records.pretrained()
    records.save_weights(tiny(), tmp_path / "efficientnet_lite0.weights.h5")
    with pytest.raises(ValueError, match=r"its SHA-256 is not what pretrained\.json says"):
        records.pretrained()


def tiny():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="features")])
