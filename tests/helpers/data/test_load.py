"""Which dataset a name means, and what is in it."""

import numpy as np
import pytest
from fake_cifar10 import assert_is_the_fake

from helpers import data
from helpers.data import shapes10


def test_auto_without_cifar10_says_so_once_and_goes_on_with_shapes10(data_folder, server, capfd):
    dataset = data.load()
    assert dataset.name == "shapes10"
    out, err = capfd.readouterr()
    assert err == ""
    assert server.address("missing") in out
    assert out.count("CIFAR-10 could not be fetched") == 1
    assert "CIFAR10_PATH" in out
    assert "Shapes-10" in out


def test_auto_takes_cifar10_where_it_is(data_folder, fake, capfd):
    fake.write_folder(data_folder)
    assert_is_the_fake(data.load(), fake)
    assert capfd.readouterr() == ("", "")


def test_a_dataset_that_was_asked_for_is_never_replaced(data_folder, monkeypatch):
    monkeypatch.setenv("CNN_DATASET", "cifar10")
    with pytest.raises(data.DatasetError):
        data.load("auto")
    monkeypatch.setenv("CNN_DATASET", "shapes10")
    with pytest.raises(data.DatasetError):
        data.load("cifar10")


def test_the_switch_chooses_shapes10_without_a_word(data_folder, fake, server, monkeypatch, capfd):
    fake.write_folder(data_folder)
    monkeypatch.setenv("CNN_DATASET", "shapes10")
    assert data.load("auto").name == "shapes10"
    assert data.load("cifar10").name == "cifar10"
    assert capfd.readouterr() == ("", "")
    assert server.requests == []


def test_unknown_names_are_answered_with_the_known_ones(data_folder, monkeypatch):
    with pytest.raises(ValueError, match=r"'mnist': choose one of 'cifar10', 'shapes10' or 'auto'"):
        data.load("mnist")
    monkeypatch.setenv("CNN_DATASET", "CIFAR-10")
    with pytest.raises(ValueError, match="CNN_DATASET is 'CIFAR-10': set it to one of 'cifar10', 'shapes10', or"):
        data.load("auto")


def test_another_dataset_is_one_more_entry(data_folder, monkeypatch):
    digits = {f"{column}_{part}": np.zeros(1) for column in "xy" for part in ("train", "val", "test")}
    monkeypatch.setitem(data.DATASETS, "digits", lambda validation: {"class_names": ("zero",), **digits})
    assert data.load("digits").name == "digits"
    monkeypatch.setenv("CNN_DATASET", "digits")
    assert data.load().class_names == ("zero",)
    monkeypatch.setenv("CNN_DATASET", "numbers")
    for name in ("auto", "numbers"):
        with pytest.raises(ValueError, match="'shapes10', 'digits'"):
            data.load(name)


def test_shapes10(monkeypatch):
    dataset = data.load("shapes10")
    assert dataset.class_names == shapes10.CLASS_NAMES
    for part, size in (("train", 5_000), ("val", 500), ("test", 1_000)):
        x, y, masks = (getattr(dataset, f"{column}_{part}") for column in ("x", "y", "masks"))
        assert x.shape == (size, 32, 32, 3)
        assert x.dtype == np.uint8
        assert np.bincount(y).tolist() == [size // 10] * 10
        assert y.dtype == np.int64
        assert masks.shape == (size, 32, 32)
        assert masks.dtype == bool
    seen = {image.tobytes() for x in (dataset.x_train, dataset.x_val, dataset.x_test) for image in x}
    assert len(seen) == 6_500


def test_shapes10_without_validation(data_folder):
    split, whole = data.load("shapes10"), data.load("shapes10", validation=False)
    for column in ("x", "y", "masks"):
        both = [getattr(split, f"{column}_train"), getattr(split, f"{column}_val")]
        assert np.array_equal(getattr(whole, f"{column}_train"), np.concatenate(both))
        assert len(getattr(whole, f"{column}_val")) == 0
        assert np.array_equal(getattr(whole, f"{column}_test"), getattr(split, f"{column}_test"))
    assert whole.x_val.shape == (0, 32, 32, 3)
