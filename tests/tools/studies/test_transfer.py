"""A trial of transfer: what is drawn, what is frozen, what is learnt once, and equal steps for any number of labels."""

import dataclasses

import keras
import made_up
import numpy as np
import pytest

from helpers import data, training
from helpers.records import schema
from tools.studies import lesson11, transfer
from tools.studies.engine import Trial

TUNED, FROZEN, SCRATCH = "fine-tuned", "frozen features", "from scratch"


@pytest.fixture
def ended(build, tmp_path):
    """A function that gives the record of one trial."""

    def ended(way, labels=10, seed=0, dry=False):
        known = lesson11.top_of_the_ladder().as_dict()
        facts = {"way": way, "labels": labels, "rate": 0.003, "search": False, "known": known}
        return transfer.transferred(Trial(None, seed, facts=facts).payload("made up", dry), tmp_path)

    return ended


@pytest.fixture
def not_trained(monkeypatch):
    """In place of training: the freshly built network."""
    trainings = []

    def train(recipe, dataset, seed, build, backups=None):
        trainings.append({"recipe": recipe, "seed": seed, "images": len(dataset.x_train), "backups": backups})
        return build(), {"val_accuracy": [0.25, 0.5]}

    monkeypatch.setattr(training, "train", train)
    return trainings


def test_the_ways_differ_in_what_is_trained_alone(ended, not_trained, loaded, monkeypatch):
    monkeypatch.setattr(transfer, "WIDTHS", [8, 16])
    loaded(made_up.dataset(4_000))
    trials = [(TUNED, 10, 0), (FROZEN, 10, 0), (SCRATCH, 10, 0), (TUNED, 250, 0), (FROZEN, 10, 1)]
    records = {trial: ended(*trial) for trial in trials}
    trainable = {
        way: {record["trainable"] for (one, *_), record in records.items() if one == way} for way, *_ in records
    }
    assert trainable[FROZEN] == {16 * 5 + 5}
    assert trainable[TUNED] == trainable[SCRATCH]
    assert min(trainable[TUNED]) > 3_000
    assert len({record["parameters"] for record in records.values()}) == 1
    for (_, labels, seed), record in records.items():
        assert (record["labels"], record["seed"], record["rate"], record["search"]) == (labels, seed, 0.003, False)
        assert record["validation_accuracy"] == 0.5, "after the last epoch"
        assert (record["dataset"], record["training_images"]) == ("made up", 4_000)
        assert {"machine", "versions", "seconds"} <= set(record)
    # One network for each seed learns the known classes, and all others take the same number of steps.
    known = [one for one in not_trained if one["recipe"].epochs == lesson11.LADDER_EPOCHS]
    assert sorted((one["seed"], one["images"]) for one in known) == [(0, 2_000), (1, 2_000)]
    new = [one for one in not_trained if one not in known]
    assert {(one["images"], one["recipe"].epochs) for one in new} == {(1_250, transfer.EPOCHS)}
    assert {one["recipe"].learning_rate for one in new} == {0.003}
    # Fine-tuned and from scratch look alike from outside, so their backups lie apart.
    assert len({one["backups"] for one in new}) == 3


def test_another_recipe_or_other_images_are_another_known_network(build, not_trained):
    recipe = lesson11.top_of_the_ladder()
    for changed, images in ((recipe, 100), (recipe, 100), (dataclasses.replace(recipe, epochs=1), 100), (recipe, 50)):
        transfer.learnt(made_up.dataset(images), changed, 0)
    assert len(not_trained) == 3


def test_what_was_learnt_comes_back_the_same(build, not_trained):
    recipe, dataset = lesson11.top_of_the_ladder(), made_up.dataset(50)
    first, again = (transfer.learnt(dataset, recipe, 0) for _ in range(2))
    assert len(not_trained) == 1
    for one, other in zip(first, again, strict=True):
        for values, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(values, same)


def test_a_dry_trial_trains_on_a_few_images(ended, loaded, eagerly, monkeypatch):
    monkeypatch.setattr(transfer, "WIDTHS", [4, 4])
    loaded(made_up.dataset(60))
    record = ended(FROZEN, dry=True)
    assert 0 <= record["validation_accuracy"] <= 1
    assert record["trainable"] == 4 * 5 + 5


def test_other_classes_are_numbered_from_zero_and_drawn_by_the_seed():
    dataset = made_up.dataset(200)
    known = transfer.some_classes(dataset, 0, 5)
    assert known.class_names == data.CIFAR10_CLASSES[:5]
    assert len(known.x_train) == 100
    assert set(known.y_train) == set(known.y_val) == set(known.y_test) == set(range(5))

    drawn = [transfer.some_classes(dataset, 5, 10, few=3, seed=seed, most=10) for seed in (0, 0, 1)]
    assert [len(some.x_train) for some in drawn] == [3 * 4 * 5] * 3
    np.testing.assert_array_equal(drawn[0].x_train, drawn[1].x_train)
    assert not np.array_equal(drawn[0].x_train, drawn[2].x_train)
    # Three different images of each class, four times each, with their own labels and never of another class.
    originals = {image.tobytes(): label for image, label in zip(dataset.x_train, dataset.y_train)}
    counts = {}
    for image, label in zip(drawn[0].x_train, drawn[0].y_train):
        assert originals[image.tobytes()] == label + 5
        counts[image.tobytes()] = counts.get(image.tobytes(), 0) + 1
    assert sorted(counts.values()) == [4] * 15
    # All validation images of these classes, whatever is drawn for training.
    assert len(drawn[0].x_val) == 10


def test_too_few_images_of_a_class_are_named():
    with pytest.raises(ValueError, match=r"30 images of each class.*5: 20"):
        transfer.some_classes(made_up.dataset(200), 5, 10, few=30)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_network_takes_over_all_but_the_head(frozen):
    known = transfer.some_classes(made_up.dataset(50), 0, 5)
    keras.utils.set_random_seed(1)
    learnt = transfer._network(known)
    weights = [layer.get_weights() for layer in learnt.layers]
    keras.utils.set_random_seed(2)
    network = transfer._network(known, weights, frozen)
    features = [keras.Model(model.inputs, model.layers[-2].output) for model in (learnt, network)]
    np.testing.assert_allclose(*(model.predict(known.x_val, verbose=0) for model in features), rtol=1e-5)
    assert not np.allclose(network.layers[-1].get_weights()[0], weights[-1][0])
    network.compile("sgd", "sparse_categorical_crossentropy")
    network.fit(known.x_train, known.y_train, verbose=0)
    same = [
        np.array_equal(new, old)
        for layer, before in zip(network.layers[:-1], weights)
        for new, old in zip(layer.get_weights(), before)
    ]
    assert same
    assert all(same) if frozen else not any(same)


def test_from_scratch_trains_on_few_images_repeated(build, loaded, tmp_path, monkeypatch):
    loaded(made_up.dataset(1_000))
    seen = []

    def train(recipe, dataset, seed):
        seen.append((recipe, seed, dataset))
        model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3)])
        return model, {"val_accuracy": [0.25, 0.5], "seconds": [1.0, 2.0]}

    monkeypatch.setattr(training, "train", train)
    trial = Trial(lesson11.top_of_the_ladder(), 2, facts={"labels": 4, "most": 12})
    record = transfer.from_scratch(trial.payload("made up", dry=False), tmp_path)
    schema.write_json(tmp_path / "one.json", record)
    assert schema.read(tmp_path / "one.json") == record, "a lesson can read it"
    ((recipe, seed, few),) = seen
    assert (recipe, seed) == (lesson11.top_of_the_ladder(), 2)
    assert len(few.x_train) == 12 * 10
    assert len(np.unique(few.x_train, axis=0)) == 4 * 10
    assert (np.bincount(few.y_train) == 12).all()
    assert (record["validation_accuracy"], record["labels"], record["parameters"]) == (0.5, 4, 9)
