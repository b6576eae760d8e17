"""The engine of studies: what is run, what is stored, what is taken over, and what a crash leaves behind."""

import dataclasses
import json

import made_up
import pytest
from made_up import RECIPE, once

from helpers.records import schema
from tools import executor
from tools.studies import engine, trained
from tools.studies.engine import Study, Trial, conduct, together
from tools.studies.search import best

TWO_EPOCHS = dataclasses.replace(RECIPE, epochs=2)


@pytest.fixture
def payloads(monkeypatch):
    """In place of training: a record in which a training of many epochs is better. The payloads are listed."""
    asked = []

    def train(payload, folder):
        asked.append(payload)
        return made_up.record(payload, [0.1 * payload["recipe"]["epochs"]], run=len(asked))

    monkeypatch.setattr(trained, "train", train)
    return asked


@pytest.fixture
def register(monkeypatch):
    """A function that registers a study for this test."""

    def register(name, ask, timed=False):
        monkeypatch.setitem(engine.STUDIES, name, Study(name, ask, timed))

    return register


@pytest.fixture
def three(register):
    """A study of three trials, of which the first two decide on the last one."""

    def ask():
        epochs = best((yield [Trial(RECIPE), Trial(TWO_EPOCHS, label="Longer, by one epoch!")]), (1, 2))
        yield [Trial(dataclasses.replace(RECIPE, epochs=epochs), seed=1, final=True)]

    register("three", ask)
    return [Trial(RECIPE), Trial(TWO_EPOCHS), Trial(TWO_EPOCHS, seed=1, final=True)]


@pytest.fixture
def conducted(tmp_path):
    """A function that conducts studies in this process; ``folder`` is where it stores them."""

    def run(*names, **options):
        return conduct(names, executor.connect(None, 0), "cifar10", tmp_path, **options)

    run.folder = tmp_path
    return run


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.json"))}


def test_every_trial_is_a_file_named_by_its_position_its_label_its_seed_and_its_key(three, conducted, payloads):
    records = conducted("three")["three"]
    keys = [trial.key("cifar10") for trial in three]
    assert list(files(conducted.folder / "three")) == [
        f"000-plain-cnn-seed-0-{keys[0]}.json",
        f"001-longer-by-one-epoch-seed-0-{keys[1]}.json",
        f"002-plain-cnn-seed-1-{keys[2]}.json",
    ]
    assert [schema.read(path) for path in sorted(conducted.folder.glob("*/*"))] == records
    assert [record["recipe"].epochs for record in records] == [1, 2, 2]
    assert [record.get("label") for record in records] == [None, "Longer, by one epoch!", None]
    assert ["test_accuracy" in record for record in records] == [False, False, True]
    assert [payload["final"] for payload in payloads] == [False, False, True]


def test_nothing_that_is_stored_is_run_again(three, conducted, payloads):
    first = conducted("three")
    before = files(conducted.folder / "three")
    assert conducted("three") == first
    assert len(payloads) == 3
    assert files(conducted.folder / "three") == before


def test_replace_runs_all_again_once(register, three, conducted, payloads):
    def asks_again():
        yield [Trial(RECIPE)]
        yield [Trial(RECIPE), Trial(TWO_EPOCHS)]

    register("again", asks_again)
    conducted("three", "again")
    before = [files(conducted.folder / name) for name in ("three", "again")]
    del payloads[:]
    records = conducted("three", "again", replace=True)
    assert len(payloads) == 3 + 2
    assert sorted(record["run"] for some in records.values() for record in some) == [1, 2, 3, 4, 5]
    after = [files(conducted.folder / name) for name in ("three", "again")]
    assert [list(some) for some in after] == [list(some) for some in before]


def test_what_is_finished_survives_a_crash(three, conducted, payloads, monkeypatch):
    train = trained.train

    def second_crashes(payload, folder):
        record = train(payload, folder)
        if len(payloads) == 2:
            raise KeyboardInterrupt
        return record

    monkeypatch.setattr(trained, "train", second_crashes)
    with pytest.raises(KeyboardInterrupt):
        conducted("three")
    before = files(conducted.folder / "three")
    assert [name[:3] for name in before] == ["000"]
    conducted("three")
    assert [payload["recipe"]["epochs"] for payload in payloads] == [1, 2, 2, 2]
    after = files(conducted.folder / "three")
    assert [name[:3] for name in after] == ["000", "001", "002"]
    assert before.items() <= after.items()


def test_a_trial_that_fails_is_told_and_the_others_are_stored(three, conducted, payloads, monkeypatch):
    train, faults = trained.train, [ValueError("no memory")]

    def first_fails(payload, folder):
        record = train(payload, folder)
        if faults and payload["recipe"]["epochs"] == 1:
            raise faults.pop()
        return record

    monkeypatch.setattr(trained, "train", first_fails)
    key = three[0].key("cifar10")
    sentence = rf"what was finished is stored\.\nthree: plain_cnn, seed 0 \({key}\): ValueError: no memory$"
    with pytest.raises(RuntimeError, match=sentence):
        conducted("three")
    assert [name[:3] for name in files(conducted.folder / "three")] == ["001"], "nor was the last one asked for"
    records = conducted("three")["three"]
    assert [payload["recipe"]["epochs"] for payload in payloads] == [1, 2, 1, 2]
    assert [record["recipe"].epochs for record in records] == [1, 2, 2]
    assert [name[:3] for name in files(conducted.folder / "three")] == ["000", "001", "002"]


def test_a_failure_of_one_study_does_not_hold_up_the_other(register, three, conducted, payloads, monkeypatch):
    train = trained.train

    def long_ones_fail(payload, folder):
        if payload["recipe"]["epochs"] == 3:
            raise ValueError("too long")
        return train(payload, folder)

    monkeypatch.setattr(trained, "train", long_ones_fail)
    register("fails", lambda: once([Trial(dataclasses.replace(RECIPE, epochs=3))]))
    with pytest.raises(RuntimeError, match=r"fails: .*too long"):
        conducted("fails", "three")
    assert len(files(conducted.folder / "three")) == 3


def test_chains_run_side_by_side_and_each_gets_its_own_records():
    def chain(name, rounds):
        got = []
        for number, count in enumerate(rounds):
            got += yield [Trial(RECIPE, label=f"{name} {number} {index}") for index in range(count)]
        finished.append((name, [record["label"] for record in got]))

    finished = []
    asks = together(chain("a", [1, 2]), chain("b", []), chain("c", [2, 1, 1]))
    rounds, _ = made_up.walk(asks, lambda trial: {"label": trial.label})
    assert [[trial.label for trial in asked] for asked in rounds] == [
        ["a 0 0", "c 0 0", "c 0 1"],
        ["a 1 0", "a 1 1", "c 1 0"],
        ["c 2 0"],
    ]
    assert finished == [
        ("b", []),
        ("a", ["a 0 0", "a 1 0", "a 1 1"]),
        ("c", ["c 0 0", "c 0 1", "c 1 0", "c 2 0"]),
    ]


class Listening(executor.Inline):
    """Keeps the jobs that it was given."""

    def __init__(self):
        super().__init__()
        self.jobs = []

    def _start(self, job, worker):
        self.jobs.append(job)
        return super()._start(job, worker)


def test_the_trials_of_a_timed_study_are_a_group_of_timed_jobs(register, three, payloads, tmp_path):
    register("timed", lambda: once([Trial(RECIPE, 5), Trial(RECIPE, 6)]), timed=True)
    listening = Listening()
    conduct(["timed", "three"], listening, "cifar10", tmp_path)
    groups = {job.key: job.group for job in listening.jobs}
    assert len(groups) == 5
    assert all(group == ("timed" if key.startswith("timed:") else "") for key, group in groups.items())


def test_what_another_study_has_found_is_taken_over_under_a_label_of_its_own(register, three, conducted, payloads):
    conducted("three")
    before = files(conducted.folder / "three")
    register("other", lambda: once([Trial(RECIPE, seed=9), Trial(TWO_EPOCHS, label="the best"), Trial(RECIPE)]))
    records = conducted("other")["other"]
    assert [payload["seed"] for payload in payloads[3:]] == [9]
    assert [record.get("label") for record in records] == [None, "the best", None]
    assert [record["run"] for record in records] == [4, 2, 1]
    assert [name[:-14] for name in files(conducted.folder / "other")] == [
        "000-plain-cnn-seed-9",
        "001-the-best-seed-0",
        "002-plain-cnn-seed-0",
    ]
    assert files(conducted.folder / "three") == before


@pytest.mark.parametrize("timed", ["first", "second"])
def test_a_timed_study_takes_no_record_over_and_gives_none_away(register, conducted, payloads, timed):
    for name in ("first", "second"):
        register(name, lambda: once([Trial(RECIPE)]), timed=name == timed)
        conducted(name)
    assert len(payloads) == 2


def test_two_studies_at_once_keep_apart(register, three, conducted, payloads):
    def other():
        epochs = best((yield [Trial(RECIPE), Trial(dataclasses.replace(RECIPE, epochs=3))]), (1, 3))
        yield [Trial(dataclasses.replace(RECIPE, epochs=epochs), seed=2)]

    register("other", other)
    found = conducted("three", "other")
    assert {name: [(r["recipe"].epochs, r["seed"]) for r in records] for name, records in found.items()} == {
        "three": [(1, 0), (2, 0), (2, 1)],
        "other": [(1, 0), (3, 0), (3, 2)],
    }
    assert [len(files(conducted.folder / name)) for name in ("three", "other")] == [3, 3]


@pytest.mark.parametrize("content", ['{"seed": 0', "[]", '{"seed": 0}'])
def test_a_damaged_file_is_named_and_not_overwritten(three, conducted, payloads, content):
    conducted("three")
    path = next(conducted.folder.glob("three/001-*"))
    path.write_text(content)
    with pytest.raises(ValueError, match=path.name):
        conducted("three")
    assert path.read_text() == content
    assert len(payloads) == 3


def test_a_dry_run_is_small(register, conducted, payloads):
    recipe = dataclasses.replace(RECIPE, epochs=5, small_epochs=3, small_side=16)
    register("dry", lambda: once([Trial(recipe, images=images) for images in (None, 15_000, 100)]))
    conducted("dry", dry=True)
    assert [payload["images"] for payload in payloads] == [500, 500, 100]
    assert {payload["dry"] for payload in payloads} == {True}
    for payload in payloads:
        assert payload["recipe"] == dataclasses.replace(recipe, epochs=1, small_epochs=0).as_dict()


# Keys

TRIAL = Trial(RECIPE, facts={"a": 1, "b": 2})


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": TWO_EPOCHS},
        {"recipe": dataclasses.replace(RECIPE, options={"activation": "tanh"})},
        {"recipe": None},
        {"seed": 1},
        {"images": 500},
        {"final": True},
        {"validation": False},
        {"function": "tools.studies.transfer:transferred"},
        {"facts": {"a": 1, "b": 3}},
    ],
)
def test_whatever_decides_the_result_changes_the_key(change):
    assert dataclasses.replace(TRIAL, **change).key("cifar10") != TRIAL.key("cifar10")


@pytest.mark.parametrize(
    "change",
    [
        {"label": "the top"},
        {"weights": True},
        {"facts": {"b": 2, "a": 1}},
        {"recipe": dataclasses.replace(RECIPE, options={}, momentum=0.0)},
    ],
)
def test_what_decides_nothing_leaves_the_key_alone(change):
    assert dataclasses.replace(TRIAL, **change).key("cifar10") == TRIAL.key("cifar10")


def test_another_dataset_is_another_key_of_eight_letters():
    keys = [TRIAL.key(dataset) for dataset in ("cifar10", "shapes10")]
    assert keys[0] != keys[1]
    assert all(len(key) == 8 and set(key) <= set("0123456789abcdef") for key in keys)


def test_a_study_is_registered_under_the_name_of_its_function(monkeypatch):
    monkeypatch.setattr(engine, "STUDIES", {})

    @engine.study(timed=True)
    def which_is_quicker():
        """The question in a line.

        And more.
        """
        yield []

    assert {"which_is_quicker": Study("which_is_quicker", which_is_quicker, True)} == engine.STUDIES
    assert engine.STUDIES["which_is_quicker"].first_line == "The question in a line."


def test_a_payload_is_plain_data():
    payload = TRIAL.payload("cifar10", dry=False)
    assert json.loads(json.dumps(payload)) == payload
    assert payload["recipe"] == RECIPE.as_dict()
