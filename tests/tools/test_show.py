"""Figures of a network in a folder: which are written, of which network, and what is refused."""

import argparse
import functools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from helpers import data, models, places, records
from helpers.data import shapes10
from tools import own_training, show


@functools.cache
def shapes():
    """A hundred images of Shapes-10, and a network that has seen none: it is wrong about some, and right about some."""
    x, y, masks = shapes10.draw(100, 5)
    return data.Dataset("shapes10", shapes10.CLASS_NAMES, x, y, x, y, x, y, masks, masks, masks)


@functools.cache
def model():
    return models.build("strided_cnn")


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setattr(places, "BUILD", tmp_path / "build")
    monkeypatch.setattr(data, "load", lambda name="auto", validation=True: shapes())
    monkeypatch.setattr(records, "trained", lambda name, dataset: (model(), {}))
    return tmp_path


def drawn(what, capsys, **more):
    """The names of the files whose paths are printed, and everything that is printed."""
    usual = {"model": "strided_cnn", "source": None, "image": None, "number": 0, "out": None}
    assert show.main(argparse.Namespace(what=what, **(usual | more))) == 0
    told = capsys.readouterr().out
    paths = [line for line in told.splitlines() if line.endswith(".png")]
    for path in paths:
        with Image.open(path) as image:
            assert min(image.size) > 40
            assert len(image.text["Description"].split()) > 1
    return [path.rpartition("/")[2] for path in paths], told


def test_results(home, capsys):
    names, told = drawn("results", capsys)
    assert names == ["predictions.png", "wrong.png", "by_class.png", "confusion_matrix.png"]
    right = show.probabilities(model(), shapes().x_test).argmax(axis=1) == shapes().y_test
    assert f"test accuracy {right.mean():.2%}: {right.sum()} of 100 images" in told
    assert str(home / "build" / "show" / "strided_cnn" / "wrong.png") in told


def test_a_network_without_a_wrong_prediction_has_no_figure_of_them(home, monkeypatch):
    monkeypatch.setattr(show, "probabilities", lambda model, images: np.eye(10)[shapes().y_test[: len(images)]])
    monkeypatch.setattr(show, "save", lambda figure, path: plt.close(figure) or path.name)
    assert show.results(model(), shapes(), home) == ["predictions.png", "by_class.png", "confusion_matrix.png"]


@pytest.mark.parametrize("stored_on", ["shapes10", "cifar10", None])
def test_stored_weights_are_taken_where_they_are_of_this_dataset(capsys, monkeypatch, stored_on):
    taken = []
    monkeypatch.setattr(records, "result", lambda name: stored_on and {"dataset": stored_on})
    monkeypatch.setattr(records, "stored_model", lambda name: taken.append(name) or (model(), {}))
    assert show.network("fast90", None) == (model(), shapes(), "fast90")
    assert taken == ["fast90"] * (stored_on == "shapes10")


def test_importance(capsys):
    assert drawn("importance", capsys)[0] == ["importance.png"]


def test_importance_without_a_right_prediction_is_told(capsys, monkeypatch):
    monkeypatch.setattr(show, "probabilities", lambda model, images: np.eye(10)[shapes().y_test[: len(images)] - 1])
    with pytest.raises(SystemExit, match="None of the first 500"):
        drawn("importance", capsys)


def test_activations_of_convolutions_and_of_every_dense_layer(capsys):
    layers = [layer.name for layer in model().layers if layer.name.startswith(("conv", "dense"))]
    assert drawn("activations", capsys)[0] == [f"activations_{name}.png" for name in layers]


def test_outputs_of_every_layer(home, capsys):
    names, told = drawn("outputs", capsys, out=str(home / "elsewhere"), number=7)
    layers = [layer.name for layer in model().layers]
    assert names[0] == "outputs_00_image.png"
    assert names[1:-1] == [f"outputs_{index:02}_{name}.png" for index, name in enumerate(layers, 1)]
    assert names[-1] == "outputs_probabilities.png"
    assert str(home / "elsewhere") in told
    expected = show.probabilities(model(), shapes().x_test[7:8])[0]
    assert f"predicted: {shapes().class_names[expected.argmax()]}, {expected.max():.1%}" in told


def test_outputs_of_a_photo(home, capsys, monkeypatch):
    Image.new("RGB", (90, 60), (200, 40, 40)).save(home / "red.png")
    seen = []
    monkeypatch.setattr(show, "outputs", lambda model, image, folder, dataset: seen.append(image) or [])
    drawn("outputs", capsys, image=str(home / "red.png"))
    assert seen[0].shape == (32, 32, 3)
    assert (seen[0] == [200, 40, 40]).all()


def test_a_network_of_ones_own(home, capsys, monkeypatch):
    record = {"name": "guide_cnn", "recipe": {"epochs": 3}}
    monkeypatch.setattr(own_training, "load", lambda folder: (model(), shapes(), record))
    _, told = drawn("importance", capsys, model=None, source=str(home / "mine"))
    assert "guide_cnn, 3 epochs of shapes10, from" in told
    assert str(home / "build" / "show" / "mine" / "importance.png") in told


@pytest.mark.parametrize(
    ("what", "more", "sentence"),
    [
        ("results", {"model": "guide"}, "There is no model 'guide'"),
        ("results", {"source": "nowhere"}, "holds no training"),
        ("results", {"image": "photo.png"}, "--image is for outputs"),
        ("outputs", {"image": "photo.png"}, "photo.png does not exist"),
        ("outputs", {"number": 100}, "no test image 100: they run from 0 to 99"),
        ("outputs", {"number": -1}, "no test image -1"),
    ],
)
def test_what_cannot_be_shown_is_told(capsys, what, more, sentence):
    with pytest.raises(SystemExit, match=sentence):
        drawn(what, capsys, **more)


def test_probabilities_of_a_network_with_and_without_softmax():
    for name in ("strided_cnn", "plain_cnn"):
        network = models.build(name)
        assert show.probabilities(network, shapes().x_test[:4]).sum(axis=1) == pytest.approx(1)
    expected = model().predict(shapes().x_test[:4], verbose=0)
    assert show.probabilities(model(), shapes().x_test[:4]) == pytest.approx(expected, abs=1e-4)
