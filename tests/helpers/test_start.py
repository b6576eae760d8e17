"""The first cell of a lesson."""

import importlib.metadata

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import places, start


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 sha_ni\n", True),
        ("model name : x\nflags : fpu amx_tile amx_bf16\nbugs : none\n", True),
        ("flags\t\t: fpu avx512f avx2\n", False),
        ("flags\t\t: fpu avx512_bf16x\nmodel name : avx512_bf16\n", False),
        ("Features\t: fp asimd bf16\n", False),
        ("", False),
    ],
)
def test_bfloat16_only_where_the_processor_names_it(tmp_path, lines, expected):
    (tmp_path / "cpuinfo").write_text(lines)
    assert start.bfloat16_products(tmp_path / "cpuinfo") is expected
    assert start.bfloat16_products(tmp_path / "nothing") is False
    assert start.bfloat16_products(tmp_path) is False


def test_pipelines_are_not_tuned_whatever_else_is_set(monkeypatch):
    monkeypatch.setattr(tf.data, "Options", type(tf.data.Dataset.range(1).options()))
    assert tf.data.Options().autotune.enabled is None
    start.no_pauses()
    start.no_pauses()
    assert tf.data.Options.__mro__[1] is type(tf.data.Dataset.range(1).options())
    options = tf.data.Options()
    options.deterministic = True
    dataset = tf.data.Dataset.range(3).with_options(options).with_options(tf.data.Options()).prefetch(tf.data.AUTOTUNE)
    assert dataset.options().autotune.enabled is False
    assert dataset.options().deterministic is True
    assert list(dataset.as_numpy_iterator()) == [0, 1, 2]


def test_keras_takes_its_options_from_where_they_were_changed(monkeypatch):
    seen = []

    class Watched(tf.data.Options):
        def __init__(self):
            super().__init__()
            seen.append(self)

    monkeypatch.setattr(tf.data, "Options", Watched)
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.zeros((4, 2)), np.zeros((4, 1)), verbose=0)
    assert seen
    del seen[:]
    model.predict(np.zeros((4, 2)), verbose=0)
    assert seen


BOUNDS = ["keras>=3.13.2", "numpy>=2.1,<3", "jupyterlab>=4.4", 'ruff>=0.14; extra == "instructor"']


def test_old_versions_are_named_and_new_ones_are_not():
    newest = dict.fromkeys(start.WATCHED, "99.1rc2")
    assert start.old_versions(newest.__getitem__) == []
    (sentence,) = start.old_versions((newest | {"keras": "3.9.10"}).__getitem__)
    assert sentence.startswith("keras 3.9.10 is older")
    assert "pip install 'keras>=" in sentence


def test_every_watched_package_has_a_bound():
    assert len(start.old_versions(dict.fromkeys(start.WATCHED, "0.1").__getitem__)) == len(start.WATCHED)


def test_a_package_by_another_name_gets_no_sentence():
    def installed(name):
        raise importlib.metadata.PackageNotFoundError(name)

    assert start.old_versions(installed) == []


def test_in_a_checkout_the_bounds_are_those_of_its_file(monkeypatch, tmp_path):
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.setattr(importlib.metadata, "requires", {"cnn-on-cifar10": BOUNDS}.__getitem__)
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["keras>=4"]')
    assert start.old_versions({"keras": "3.15"}.__getitem__) == [
        "keras 3.15 is older than what these lessons were tried with. If a cell fails, install a newer one: "
        "pip install 'keras>=4'"
    ]


def test_elsewhere_the_bounds_are_those_of_what_was_installed(monkeypatch, tmp_path):
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.setattr(importlib.metadata, "requires", {"cnn-on-cifar10": BOUNDS}.__getitem__)
    assert start.requirements() == BOUNDS[:3]
    assert start.old_versions({"keras": "3.13.2", "numpy": "2.1"}.__getitem__) == []
    (sentence,) = start.old_versions({"keras": "3.13.2+local", "numpy": "2.0.9"}.__getitem__)
    assert sentence.startswith("numpy 2.0.9 is older")
