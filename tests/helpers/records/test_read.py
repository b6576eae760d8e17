"""Stored trials as one record, studies, benchmarks, and the seconds to an accuracy."""

import copy
import dataclasses

import pytest
import small_training

from helpers import places, records
from helpers.records import read


def test_what_was_never_stored_is_empty(folder):
    assert records.result("small") is None
    assert records.histories("small") == {}
    assert records.seconds_to("small", 100) == {}
    assert not list(folder.iterdir())


def test_what_a_lesson_needs_and_is_not_there_is_named(folder):
    """Most of what lessons read is stored; they look into it without asking whether it is there."""
    with pytest.raises(ValueError, match=r"trained holds no trial of the study depth\. Put the stored file back"):
        records.study("depth")
    with pytest.raises(ValueError, match=r"training\.json cannot be read: No such file.*Put the stored file back"):
        records.benchmark("training")
    (folder / "small.weights.h5").touch()
    for ask in (records.result, records.histories, lambda name: records.seconds_to(name, 100)):
        with pytest.raises(ValueError, match=r"has weights of small, and no trainings/small to go with\. Put the"):
            ask("small")
    (folder / "small.weights.h5").unlink()
    folder.rmdir()
    for ask in (records.result, records.histories, records.study):
        with pytest.raises(ValueError, match="trained is missing, and with it all that was measured before"):
            ask("small")


@pytest.fixture
def three(store, record):
    """Seeds 10, 2 and 0, written in this order by two machines; "seed-10" comes before "seed-2" in the alphabet."""
    for seed, machine, version in (
        (10, "Abacus, 2 cores", "3.15.1"),
        (2, "Zuse, 4 cores", "3.13.2"),
        (0, "Abacus", "3"),
    ):
        history = copy.deepcopy(record()["history"])
        history["accuracy"][-1], history["val_accuracy"][-1] = 0.6 + seed / 100, 0.5 + seed / 100
        history["seconds"] = [2.0 + seed, 4.06 + seed]
        store(
            seed=seed,
            history=history,
            machine=machine,
            versions={"keras": version},
            precision="mixed_bfloat16" if seed == 2 else "float32",
            test_accuracy=round(0.4 + seed / 100, 2),
            weights_sha256="abc" if seed == 2 else None,
        )


def test_seeds_are_merged_in_their_order_whoever_trained_them(three):
    assert records.result("small") == {
        "dataset": "drawn",
        "training_images": 100,
        "parameters": 1234,
        "recipe": small_training.TUTORIAL,
        "epochs": 2,
        "seeds": [0, 2, 10],
        "train_accuracy": [0.6, 0.62, 0.7],
        "validation_accuracy": [0.5, 0.52, 0.6],
        "test_accuracy": [0.4, 0.42, 0.5],
        "seconds_per_epoch": [3.0, 5.0, 13.0],
        "machine": ["Abacus", "Zuse, 4 cores", "Abacus, 2 cores"],
        "precision": ["float32", "mixed_bfloat16", "float32"],
        "versions": [{"keras": "3"}, {"keras": "3.13.2"}, {"keras": "3.15.1"}],
        "weights_seed": 2,
        "weights_sha256": "abc",
    }


def test_histories_belong_to_seeds(three):
    found = records.histories("small")
    assert list(found) == [0, 2, 10]
    assert {seed: history["val_accuracy"][-1] for seed, history in found.items()} == {0: 0.5, 2: 0.52, 10: 0.6}
    assert all(history["loss"] == [1.5, 1.2] for history in found.values())


def test_without_held_out_images_there_is_no_validation_accuracy(store, record):
    history = record()["history"] | {"val_loss": [], "val_accuracy": []}
    for seed in (0, 1):
        store(seed=seed, history=history, test_by_views={"1": 0.4, "2": 0.5}, views_seconds=1.5 + seed)
    merged = records.result("small")
    assert merged["validation_accuracy"] == []
    assert merged["views_seconds"] == [1.5, 2.5]
    assert merged["test_by_views"] == [{"1": 0.4, "2": 0.5}] * 2
    assert "weights_seed" not in merged


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"dataset": "others"}, "dataset of seed 0 is drawn, of seed 5 others"),
        ({"training_images": 200}, "training_images of seed 0 is 100, of seed 5 200"),
        ({"parameters": 9}, "parameters of seed 0 is 1234, of seed 5 9"),
        (
            {"recipe": dataclasses.replace(small_training.TUTORIAL, learning_rate=0.5).as_dict()},
            r"recipe of seed 0 is Recipe\(.*learning_rate=0\.01.*, of seed 5 Recipe\(.*learning_rate=0\.5",
        ),
    ],
)
def test_seeds_that_do_not_belong_together_are_refused(store, change, sentence):
    store(seed=0)
    store(seed=3)
    store(seed=5, **change)
    with pytest.raises(ValueError, match=rf"Stored trainings of small do not belong together: {sentence}.*Put the"):
        records.result("small")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"recipe": None, "history": None}, "history, recipe"),
        ({"parameters": None}, "parameters"),
        ({"test_accuracy": None}, "test_accuracy"),
        ({"precision": None}, "precision"),
    ],
)
@pytest.mark.parametrize("seed", [0, 2])
def test_a_seed_that_lacks_what_the_others_have_is_named(store, change, field, seed):
    store(seed=1)
    store(seed=seed, **change)
    for ask in (records.result, records.histories):
        with pytest.raises(
            ValueError, match=rf"Stored training of small, seed {seed}, has no {field}\. Put the stored"
        ):
            ask("small")


@pytest.mark.parametrize("change", ["fewer epochs", "no validation"])
def test_seeds_with_other_epochs_are_refused(store, record, change):
    store(seed=0)
    history = record()["history"]
    if change == "fewer epochs":
        history = {name: values[:1] for name, values in history.items()}
    else:
        history = history | {"val_loss": [], "val_accuracy": []}
    store(seed=1, history=history)
    for ask in (records.result, records.histories):
        with pytest.raises(ValueError, match=r"Stored trainings of small do not belong.*seeds \[0, 1\] have"):
            ask("small")


def test_a_stored_training_has_an_epoch(store, record):
    store(seed=1, history={name: [] for name in record()["history"]})
    for ask in (records.result, records.histories):
        with pytest.raises(ValueError, match=r"Stored training of small, seed 1, has no epoch"):
            ask("small")


def test_one_damaged_seed_is_named(store):
    store(seed=0)
    store(seed=1).write_text('{"seed": 1,')
    for ask in (records.result, records.histories):
        with pytest.raises(ValueError, match=r"seed-1\.json is damaged"):
            ask("small")


def test_other_files_are_no_trials(store):
    store(seed=0)
    for name in ("seed-1.json.123.part", "notes.txt"):
        (places.TRAINED / "trainings" / "small" / name).write_text("{")
    assert records.result("small")["seeds"] == [0]


def test_a_study_comes_back_in_its_order(store):
    for number, label in ((2, "c"), (0, "a"), (10, "d"), (1, "b")):
        store("studies/depth", f"{number:03d}-{label}-seed-{number}.json", seed=number, label=label)
    trials = records.study("depth")
    assert [trial["label"] for trial in trials] == ["a", "b", "c", "d"]
    assert all(trial["recipe"] == small_training.TUTORIAL for trial in trials)


def test_a_benchmark_is_one_file_a_part(folder):
    measured = {"epochs": {"small": {"seconds": [3, 4.5], "units": 0.5, "share_of_ceiling": 0.25}, "one": [2.5]}}
    records.write_json(folder / "benchmarks" / "training.json", measured)
    assert records.benchmark("training") == measured
    with pytest.raises(ValueError, match=r"training\.json is not whole: it has no 'large'\. Put the stored"):
        records.benchmark("training")["epochs"]["large"]
    records.write_json(folder / "benchmarks" / "parts.json", {"ratio": 1.5})
    assert records.benchmark("parts") == {"ratio": 1.5}
    with pytest.raises(ValueError, match=r"parts\.json is not whole: it has no 'epochs'"):
        records.benchmark("parts")["epochs"]
    (folder / "benchmarks" / "training.json").write_text("[]")
    with pytest.raises(ValueError, match=r"training\.json holds a list"):
        records.benchmark("training")


@pytest.mark.parametrize(
    ("epochs", "sentence"),
    [
        ([3.5], r"epochs is \[3\.5\], a dict is expected"),
        ({"small": []}, r"epochs\['small'\] is \[\], a list is expected"),
        ({"small": 3}, r"epochs\['small'\] is 3, a list"),
        ({"small": ["3"]}, r"epochs\['small'\]\[0\] is '3', a float is expected"),
        ({"small": [2, -3]}, r"epochs\['small'\]\[1\] is -3, 0 or more is expected"),
        ({"small": {"units": 1.0}}, "it has no 'seconds'"),
        ({"small": {"seconds": [1.0]}}, "it has no 'units'"),
        ({"small": {"seconds": [1.0], "units": "2", "share_of_ceiling": 0.5}}, "units of 'small' is '2', a float"),
    ],
)
def test_a_damaged_benchmark_is_named(folder, epochs, sentence):
    records.write_json(folder / "benchmarks" / "training.json", {"epochs": epochs})
    with pytest.raises(ValueError, match=rf"training\.json.*{sentence}.*Put the stored file back"):
        records.benchmark("training")


def test_what_was_read_is_remembered(three, monkeypatch):
    monkeypatch.setattr(read, "READ", set())
    records.result("small")
    for ask in (records.study, records.benchmark):
        with pytest.raises(ValueError, match="Put the stored"):
            ask("training")
    assert {"trainings/small", "studies/training", "benchmarks/training.json"} == read.READ


def test_seconds_to_an_accuracy_are_epochs_times_seconds(store):
    def history(validation, seconds=20.0):
        figures = {key: [0.5, 0.5, 0.5] for key in ("loss", "accuracy", "val_loss")}
        if not validation:
            figures["val_loss"] = []
        return figures | {"val_accuracy": validation, "seconds": [seconds] * 3}

    for seed, validation in enumerate(([0.5, 0.79, 0.81], [0.6, 0.61, 0.83])):
        store("trainings/plain_cnn", seed=seed, training_images=45_000, history=history(validation), test_accuracy=0.99)
    for seed, (accuracy, views) in enumerate(((0.90, 10.0), (0.91, 30.0))):
        store(
            "trainings/fast90",
            seed=seed,
            training_images=50_000,
            history=history([], seconds=20.0 * (1 + seed)),
            test_accuracy=accuracy,
            views_seconds=views,
        )
    # Mean over seeds: 0.55, 0.70, 0.82; an epoch has nine tenths of all images.
    assert records.seconds_to("plain_cnn", 100) == {"70%": 180, "80%": 270}
    # Three epochs, and views that took 10 / 20 and 30 / 40 of one.
    assert records.seconds_to("fast90", 100) == dict.fromkeys(("70%", "80%", "85%", "90%"), 362)
    assert records.seconds_to("fast94", 100) == {}
    paused = history([]) | {"seconds": [10.0, 10.0, 500.0, 30.0, 30.0]}
    paused |= {key: [0.5] * 5 for key in ("loss", "accuracy")}
    recipe = dataclasses.replace(small_training.TUTORIAL, epochs=5, small_epochs=3, small_side=16).as_dict()
    facts = {"training_images": 50_000, "history": paused, "test_accuracy": 0.8, "recipe": recipe}
    store("trainings/stood", views_seconds=9.0, **facts)
    # An epoch took 18 s: three small ones of 10 s, whatever stood still in one of them, and two whole ones of 30 s.
    assert records.seconds_to("stood", 100) == {"70%": 550, "80%": 550}
    store("trainings/whole", training_images=50_000, history=history([]), test_accuracy=0.8)
    assert records.seconds_to("whole", 100) == {"70%": 300, "80%": 300}, "without views"
    assert records.MARKS == {"70%": 0.7, "80%": 0.8, "85%": 0.85, "90%": 0.9, "92%": 0.92, "94%": 0.94}
