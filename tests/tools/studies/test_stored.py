"""Protocol and records belong together: the code asks for exactly the trials that are stored, in their order."""

import pytest

from helpers import models, places
from helpers.records import schema
from tools.studies import engine, lesson05, lesson13, lesson16
from tools.studies.command import STUDIES

FOLDER = places.TRAINED / "studies"
TRAININGS = places.TRAINED / "trainings"


@pytest.fixture
def chains(monkeypatch):
    """Studies of several chains ask for one after the other; the list has the trials of each finished chain."""
    finished = []

    def one_after_the_other(*asks):
        for asked in asks:
            trials, chain = next(asked), []
            while trials:
                chain += trials
                try:
                    trials = asked.send((yield trials))
                except StopIteration:
                    trials = []
            finished.append(chain)

    for lesson in (lesson05, lesson13, lesson16):
        monkeypatch.setattr(lesson, "together", one_after_the_other)
    return finished


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_asks_for_exactly_the_trials_that_are_stored(name, chains):
    paths = {path.stem.rpartition("-")[2]: path for path in sorted((FOLDER / name).glob("*.json"))}
    assert [int(path.name[:3]) for path in paths.values()] == list(range(len(paths)))
    asks, asked, records = STUDIES[name].ask(), [], None
    while True:
        try:
            trials = asks.send(records)
        except StopIteration:
            break
        asked += trials
        for trial in trials:
            assert trial.key("cifar10") in paths, f"{name} would run anew: {trial}"
        records = [schema.read(paths[trial.key("cifar10")]) for trial in trials]
        for trial, record in zip(trials, records):
            assert (record.get("label", ""), record["seed"]) == (trial.label, trial.seed)
            timed = trial.function == "tools.bench.epochs:timed"
            assert record["dataset"] == ("noise" if timed else "cifar10")
            assert record["training_images"] == (trial.images or (45_000 if trial.validation else 50_000))
            if timed:
                assert record["timed_recipe"] == trial.recipe.as_dict()
            elif trial.function in ("tools.studies.transfer:from_scratch", "tools.studies.cheaper_epochs:trained"):
                assert record["trained_by"] == trial.recipe.as_dict()
            elif trial.recipe:
                assert record["recipe"] == trial.recipe
                assert len(record["history"]["loss"]) in (0, trial.recipe.epochs)
                assert ("test_accuracy" in record) == (trial.final and bool(record["history"]["loss"]))
            stem = paths[trial.key("cifar10")].stem
            assert f"-seed-{trial.seed}-" in stem
    positions = list(paths)
    for chain in chains or [asked]:
        first_asked = list(dict.fromkeys(positions.index(trial.key("cifar10")) for trial in chain))
        assert first_asked == sorted(first_asked), "the order of the files is that of the questions"
    assert {trial.key("cifar10") for trial in asked} == set(paths), "no file that nobody asks for"


def test_every_stored_study_is_registered():
    assert {path.name for path in FOLDER.iterdir()} == set(STUDIES)


@pytest.mark.parametrize("name", STUDIES)
def test_a_second_conduct_runs_nothing_and_writes_nothing(name, monkeypatch):
    def refused(*_):
        pytest.fail("a stored record was to be written")

    monkeypatch.setattr(engine, "write_json", refused)
    records = engine.conduct([name], Refusing(), folder=FOLDER)[name]
    assert len(records) == len(list((FOLDER / name).glob("*.json")))


class Refusing:
    """An executor that has no job to run."""

    def run(self, jobs, label, dataset):
        assert not jobs
        return []


@pytest.mark.parametrize("name", [folder.name for folder in sorted(TRAININGS.iterdir())])
def test_every_stored_training_has_the_recipe_of_its_name(name):
    recipe = models.RECIPES[name.removesuffix("_50000")]
    paths = sorted((TRAININGS / name).iterdir())
    owners = []
    for seed, path in enumerate(paths):
        record = schema.read(path)
        assert (path.name, record["seed"]) == (f"seed-{seed}.json", seed)
        assert record["recipe"] == recipe
        assert len(record["history"]["loss"]) == recipe.epochs
        whole = name.endswith("_50000") or name in models.FAST
        assert record["training_images"] == (50_000 if whole else 45_000)
        assert "test_accuracy" in record
        owners += [seed] * ("weights_sha256" in record)
    assert len(owners) == (not name.endswith("_50000")), "weights belong to exactly one seed"
