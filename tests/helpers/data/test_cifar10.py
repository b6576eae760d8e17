"""The reader of CIFAR-10's binary files, the split, and the dataset itself."""

import hashlib
import json
import os

import numpy as np
import pytest
from fake_cifar10 import (
    ARCHIVE,
    FOLDER,
    TRAINING,
    assert_is_the_fake,
)

from helpers import data, places
from helpers.data import cifar10


def read_batch(path):
    records = cifar10._records([path])
    return cifar10._images(records), cifar10._labels(records)


def test_reads_the_binary_format(fake, tmp_path):
    path = tmp_path / "batch.bin"
    path.write_bytes(fake.files["data_batch_4.bin"])
    images, labels = read_batch(path)
    assert images.dtype == np.uint8
    assert labels.dtype == np.int64
    assert np.array_equal(images, fake.images["data_batch_4.bin"])
    assert np.array_equal(labels, fake.labels["data_batch_4.bin"])


def test_many_images_are_transposed(tmp_path):
    records = np.random.default_rng(3).integers(0, 256, (1234, 3073), np.uint8)
    path = tmp_path / "batch.bin"
    records.tofile(path)
    images, labels = read_batch(path)
    assert np.array_equal(
        images, np.stack([records[:, 1 + 1024 * c : 1025 + 1024 * c] for c in range(3)], -1).reshape(-1, 32, 32, 3)
    )
    assert np.array_equal(labels, records[:, 0])


def test_all_training_images_in_their_original_order(data_folder, fake):
    fake.write_folder(data_folder)
    dataset = data.load("cifar10", validation=False)
    assert np.array_equal(dataset.x_train, np.concatenate([fake.images[name] for name in TRAINING]))
    assert np.array_equal(dataset.y_train, np.concatenate([fake.labels[name] for name in TRAINING]))
    assert dataset.x_val.shape == (0, 32, 32, 3)
    assert dataset.y_val.shape == (0,)
    assert_is_the_fake(dataset, fake)


@pytest.mark.parametrize("seed", range(5))
def test_the_split_takes_the_same_share_of_every_class(seed):
    generator = np.random.default_rng(seed)
    classes = int(generator.integers(2, 12))
    labels = generator.permutation(np.repeat(np.arange(classes), generator.integers(20, 50, classes)))
    kept, held_out = data.stratified_split(labels, 7 * classes, seed)
    assert np.bincount(labels[held_out]).tolist() == [7] * classes
    assert sorted([*kept, *held_out]) == list(range(len(labels)))
    assert (np.diff(kept) > 0).all()
    assert (np.diff(held_out) > 0).all()
    again = data.stratified_split(labels, 7 * classes, seed)[1]
    assert np.array_equal(held_out, again)
    assert not np.array_equal(held_out, data.stratified_split(labels, 7 * classes, seed + 1)[1])
    with pytest.raises(ValueError, match="do not divide evenly"):
        data.stratified_split(labels, 7 * classes + 1)


def test_the_split_that_stored_weights_were_trained_with():
    """If this fails, the validation images have changed, and stored figures no longer belong to them."""
    held_out = data.stratified_split(np.arange(50_000) * 7 % 10, 5_000)[1]
    assert (
        hashlib.sha256(held_out.astype("<i8").tobytes()).hexdigest()
        == "9fddc4878d33ec0a4daf75791c2718291332caf490e8ae08525f1d3ffda4ec10"
    )


def test_the_manifest_is_complete():
    source = json.loads(places.MANIFEST.read_text())["cifar10"]
    assert len(source["addresses"]) > 1
    assert all(address.startswith("https://") and address.endswith(ARCHIVE) for address in source["addresses"])
    assert list(source["training"]) == TRAINING
    assert list(source["test"]) == ["test_batch.bin"]
    for published in [source, *source["training"].values(), *source["test"].values()]:
        assert len(bytes.fromhex(published["sha256"])) == 32
    assert {record["bytes"] for record in [*source["training"].values(), *source["test"].values()]} == {10_000 * 3_073}


@pytest.mark.skipif(
    not (places.DATA / FOLDER).is_dir() and not os.environ.get("CIFAR10_PATH"), reason="CIFAR-10 is not on this machine"
)
def test_cifar10_itself():
    whole = data.load("cifar10", validation=False)
    assert whole.x_train.shape == (50_000, 32, 32, 3)
    assert whole.x_test.shape == (10_000, 32, 32, 3)
    assert np.bincount(whole.y_train).tolist() == [5_000] * 10
    assert np.bincount(whole.y_test).tolist() == [1_000] * 10
    assert whole.class_names[whole.y_train[444]] == "truck"
    assert whole.masks_train is None
    # The published means of the channels, of 0..1.
    assert whole.x_train.mean((0, 1, 2)) / 255 == pytest.approx([0.49140, 0.48216, 0.44653], abs=1e-5)

    split = data.load("cifar10")
    kept, held_out = data.stratified_split(whole.y_train, 5_000)
    assert len(split.x_train) == 45_000
    assert np.array_equal(split.x_val, whole.x_train[held_out])
    assert np.array_equal(split.x_train[::1000], whole.x_train[kept[::1000]])
    assert np.array_equal(split.y_train, whole.y_train[kept])
