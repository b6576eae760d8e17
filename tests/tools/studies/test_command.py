"""The command: what it refuses, where it stores, and what a person sees of it."""

import argparse
import dataclasses

import made_up
import pytest
from made_up import RECIPE, once

from helpers import data, places
from tools import executor
from tools.studies import command, engine, trained
from tools.studies.engine import Study, Trial


def arguments(*names, **options):
    usual = {"list": False, "dry_run": False, "replace": False, "scheduler": None, "workers": 1}
    return argparse.Namespace(names=list(names), **usual | options)


@pytest.fixture
def here(monkeypatch, tmp_path):
    """Two small studies and no others, run in this process, in folders of their own; the payloads are listed."""
    payloads, connected = [], []

    def one():
        """What one epoch gives."""
        yield [Trial(RECIPE)]

    def two_seeds():
        """What another seed gives.

        And more that the list does not say.
        """
        yield [Trial(RECIPE, seed=1), Trial(RECIPE, seed=2)]

    def train(payload, folder):
        payloads.append(payload)
        return made_up.record(payload)

    def connect(scheduler, workers):
        connected.append((scheduler, workers))
        return executor.Inline()

    monkeypatch.setattr(
        command, "STUDIES", studies := {ask.__name__: Study(ask.__name__, ask, False) for ask in (one, two_seeds)}
    )
    monkeypatch.setattr(engine, "STUDIES", studies)
    monkeypatch.setattr(trained, "train", train)
    monkeypatch.setattr(executor, "connect", connect)
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.setattr(places, "TRAINED", tmp_path / "data" / "trained")
    monkeypatch.setattr(command, "DRY_FOLDER", tmp_path / "build" / "dry_runs")
    return argparse.Namespace(payloads=payloads, connected=connected, folder=tmp_path)


def test_the_list_has_a_line_for_each_study_and_loads_nothing(here, capsys, monkeypatch):
    monkeypatch.setattr(data, "load", None)
    assert command.main(arguments(list=True)) == 0
    assert capsys.readouterr().out == "one        What one epoch gives.\ntwo_seeds  What another seed gives.\n"


def test_every_study_says_in_one_line_what_it_asks():
    for study in command.STUDIES.values():
        assert study.first_line[-1:] in (".", "?"), study.name
        assert len(study.first_line) < 120


def test_an_unknown_study_is_refused_before_anything_is_loaded(here, monkeypatch):
    monkeypatch.setattr(data, "load", None)
    with pytest.raises(SystemExit, match=r"no study 'tow'\. The names are: one, two_seeds\."):
        command.main(arguments("one", "tow"))
    assert not here.connected


def test_data_that_cannot_be_had_are_a_sentence(here, monkeypatch):
    def load(name):
        raise data.DatasetError("CIFAR-10 cannot be had.")

    monkeypatch.setattr(data, "load", load)
    with pytest.raises(SystemExit, match=r"^CIFAR-10 cannot be had\.$"):
        command.main(arguments("one"))
    assert not here.payloads


def test_named_studies_are_stored_and_told(here, loaded, capsys):
    calls = loaded(None)
    assert command.main(arguments("two_seeds", scheduler="tcp://there:8786", workers=3)) == 0
    assert calls == [("cifar10", True)]
    assert here.connected == [("tcp://there:8786", 3)]
    assert [(payload["dataset"], payload["seed"], payload["dry"]) for payload in here.payloads] == [
        ("cifar10", 1, False),
        ("cifar10", 2, False),
    ]
    assert len(list((here.folder / "data" / "trained" / "studies" / "two_seeds").iterdir())) == 2
    assert "two_seeds: 2 records in data/trained/studies/two_seeds" in capsys.readouterr().out
    # Again nothing, with --replace all of it.
    command.main(arguments("two_seeds"))
    assert len(here.payloads) == 2
    command.main(arguments("two_seeds", replace=True))
    assert len(here.payloads) == 4
    assert here.connected[1:] == [(None, 1)] * 2


def test_without_names_all_studies_are_run(here, loaded):
    loaded(None)
    command.main(arguments())
    assert [payload["seed"] for payload in here.payloads] == [0, 1, 2]


def test_a_dry_run_takes_shapes_and_goes_elsewhere(here, loaded, monkeypatch, capsys):
    longer = dataclasses.replace(RECIPE, epochs=7)
    monkeypatch.setitem(engine.STUDIES, "one", Study("one", lambda: once([Trial(longer)]), False))
    calls = loaded(None)
    command.main(arguments("one", dry_run=True))
    assert calls == [("shapes10", True)]
    (payload,) = here.payloads
    assert (payload["dataset"], payload["images"], payload["recipe"]["epochs"]) == ("shapes10", 500, 1)
    assert payload["dry"]
    assert not (here.folder / "data").exists()
    assert len(list((here.folder / "build" / "dry_runs" / "one").iterdir())) == 1
    assert "one: 1 records in build/dry_runs/one" in capsys.readouterr().out


def test_a_trial_that_fails_ends_with_its_sentence(here, loaded, monkeypatch):
    def fails(payload, folder):
        raise ValueError("no memory")

    loaded(None)
    monkeypatch.setattr(trained, "train", fails)
    with pytest.raises(SystemExit, match=r"^Not all trials[^\n]*is stored\.\none: .*no memory"):
        command.main(arguments("one"))
