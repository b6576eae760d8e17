"""The studies of lesson 09 that are no single training: what is kept, drawn, frozen, and equal for all ways."""

import json

import keras
import numpy as np
import pytest

from helpers import data, training
from tools import experiments, studies


def made_up(images, seed=0):
    generator = np.random.default_rng(seed)

    def part(count):
        return generator.integers(0, 256, (count, 32, 32, 3), np.uint8), np.arange(count) % 10

    (x, y), (x_val, y_val), (x_test, y_test) = part(images), part(20), part(20)
    return data.Dataset("made up", data.CIFAR10_CLASSES, x, y, x_val, y_val, x_test, y_test)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "BACKUPS", tmp_path / "backups")
    return {"runs": tmp_path / "runs", "file": tmp_path / "experiments.json"}


def test_a_record_is_kept_and_not_computed_twice(folders, monkeypatch):
    computed = []

    def two(dataset, keep, dry):
        for seed in (0, 1):
            keep({"label": "a", "seed": seed}, lambda seed=seed: computed.append(seed) or {"value": seed / 3})

    monkeypatch.setitem(studies.STUDIES, "two", two)
    folders["file"].write_text(json.dumps({"another": [1]}))
    records = studies.conduct("two", made_up(20), **folders)
    assert [record["value"] for record in records] == [0, 1 / 3]
    assert {"label", "seed", "seconds", "dataset", "training_images", "machine", "versions"} <= set(records[0])
    assert json.loads(folders["file"].read_text()) == {"another": [1], "two": records}
    assert studies.conduct("two", made_up(20), **folders) == records
    assert computed == [0, 1]
    # Other images, and a dry run, are other records.
    studies.conduct("two", made_up(30), **folders)
    studies.conduct("two", made_up(20), **folders, dry=True)
    assert computed == [0, 1] * 3


def test_what_is_finished_survives_a_crash(folders, monkeypatch):
    computed = []

    def second_fails(dataset, keep, dry):
        for seed in (0, 1):
            keep({"seed": seed}, lambda seed=seed: compute(seed))

    def compute(seed):
        computed.append(seed)
        if len(computed) == 2:
            raise KeyboardInterrupt
        return {}

    monkeypatch.setitem(studies.STUDIES, "two", second_fails)
    with pytest.raises(KeyboardInterrupt):
        studies.conduct("two", made_up(20), **folders)
    assert len(json.loads(folders["file"].read_text())["two"]) == 1
    studies.conduct("two", made_up(20), **folders)
    assert computed == [0, 1, 1]


def test_sparse_coding_on_a_few_images(folders):
    records = studies.conduct("sparse_coding", data.load("shapes10"), **folders, dry=True)
    assert [(record["label"], record["seed"]) for record in records] == [
        (label, seed) for seed in (0, 1) for label in studies.DICTIONARIES
    ]
    for record in records:
        assert list(record["validation_by_images"]) == ["50", "100"]
        assert all(0 <= accuracy <= 1 for accuracy in record["validation_by_images"].values())
    # Eight atoms and a hundred labels already beat guessing.
    assert np.mean([record["validation_by_images"]["100"] for record in records]) > 0.13


@pytest.fixture
def not_trained(monkeypatch):
    """In place of training: the freshly built network, and an accuracy that follows from rate and number of steps."""
    trainings = []

    def train(name, dataset, seed, recipe, build, backups):
        model = build()
        trainings.append({"seed": seed, "recipe": recipe, "images": len(dataset.x_train), "backups": backups})
        return model, {"val_accuracy": [0.5 - abs(recipe.learning_rate - 0.003)]}

    monkeypatch.setattr(training, "train", train)
    return trainings


def test_transfer_gives_all_ways_the_same(folders, not_trained):
    records = studies.conduct("transfer", made_up(4_000), **folders)
    searched, final = ([record for record in records if record["search"] is search] for search in (True, False))
    for way in studies.WAYS:
        assert sorted(record["rate"] for record in searched if record["label"] == way) == list(studies.TRANSFER_RATES)
        of_way = [record for record in final if record["label"] == way]
        assert {(r["seed"], r["labels"]) for r in of_way} == {(s, n) for s in (0, 1, 2) for n in studies.LABELS}
        assert {record["rate"] for record in of_way} == {0.003}
    assert {record["seed"] for record in searched} == {studies.SEARCH_SEED}
    trainable = {record["label"]: record["trainable"] for record in records}
    assert trainable[studies.FROZEN] == 64 * 5 + 5
    assert trainable[studies.TUNED] == trainable[studies.SCRATCH] > 60_000
    # One network for each seed learns the known classes, and all others take the same number of steps.
    known = [one for one in not_trained if one["recipe"].epochs == experiments.LADDER_EPOCHS]
    assert sorted(one["seed"] for one in known) == [0, 1, 2, 3]
    small = [one for one in not_trained if one not in known]
    assert {(one["images"], one["recipe"].epochs) for one in small} == {(1_250, studies.TRANSFER_EPOCHS)}
    # Fine-tuned and from scratch look alike from outside, so their backups lie apart.
    assert len({one["backups"] for one in not_trained}) == 4


def test_transfer_trains_on_a_few_images(folders, monkeypatch):
    monkeypatch.setattr(studies, "WAYS", (studies.FROZEN,))
    monkeypatch.setattr(studies, "TRANSFER_WIDTHS", (4, 4))
    monkeypatch.setattr(studies, "TRANSFER_RATES", (0.0, 0.001, 0.001))
    records = studies.conduct("transfer", made_up(60), **folders, dry=True)
    assert all(0 <= record["validation_accuracy"] <= 1 for record in records)
    assert {record["trainable"] for record in records} == {4 * 5 + 5}


def test_other_classes_are_numbered_from_zero_and_drawn_by_the_seed():
    dataset = made_up(200)
    known = studies.some_classes(dataset, 0, 5)
    assert known.class_names == data.CIFAR10_CLASSES[:5]
    assert len(known.x_train) == 100
    assert set(known.y_train) == set(known.y_val) == set(known.y_test) == set(range(5))

    drawn = [studies.some_classes(dataset, 5, 10, few=3, seed=seed, most=10) for seed in (0, 0, 1)]
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
        studies.some_classes(made_up(200), 5, 10, few=30)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_network_takes_over_all_but_the_head(frozen):
    known = studies.some_classes(made_up(50), 0, 5)
    keras.utils.set_random_seed(1)
    learnt = studies._network(known)
    weights = [layer.get_weights() for layer in learnt.layers]
    keras.utils.set_random_seed(2)
    network = studies._network(known, weights, frozen)
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
    assert all(same) if frozen else not any(same)


def test_an_unknown_study_is_named(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["studies", "tranfer"])
    with pytest.raises(SystemExit):
        studies.main()
    assert "no study 'tranfer'" in capsys.readouterr().err


def test_studies_have_names_of_their_own():
    assert not set(studies.STUDIES) & set(experiments.STUDIES)
