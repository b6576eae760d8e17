"""How cost grows: the exponents, one change at a time, and that each kind of case can be measured."""

import os

import pytest

from tools.bench import epochs, growth


def test_one_thing_changes_at_a_time_and_the_exponent_is_that_of_the_seconds(monkeypatch, capsys):
    asked = []

    def said(case):
        asked.append(case)
        return 3.0 * case["images"] / 10_000 * case["width"] ** 1.5 * (case["side"] / 32) ** 2 / case["cores"] ** 0.5

    monkeypatch.setattr(growth, "_in_own_process", said)
    record = growth.growth_part(rounds=2, values=growth.VALUES)
    assert record["exponents"] == {"images": 1.0, "width": 1.5, "side": 2.0, "cores": -0.5}
    assert record["seconds"]["images"] == {
        "5000": [1.06] * 2,
        "10000": [2.12] * 2,
        "20000": [4.24] * 2,
        "50000": [10.61] * 2,
    }
    assert all(sum(case[name] != usual for name, usual in growth.USUAL.items()) <= 1 for case in asked)
    assert asked[: len(asked) // 2] == asked[len(asked) // 2 :]
    assert "exponent 1.50" in capsys.readouterr().out


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not give a process its cores")
def test_the_process_of_a_case_may_use_so_many_cores(monkeypatch):
    ran = {}

    def run(command, **settings):
        ran.update(settings)
        raise KeyboardInterrupt

    monkeypatch.setattr(growth.subprocess, "run", run)
    monkeypatch.setattr(growth.os, "sched_getaffinity", lambda process: {4, 6})
    for cores, chosen in ((1, [4]), (2, [4, 6])):
        with pytest.raises(KeyboardInterrupt):
            growth._in_own_process(growth.USUAL | {"cores": cores})
        assert ran["preexec_fn"].args == (0, chosen)


def test_a_case_is_an_epoch_of_its_images_pixels_and_filters(monkeypatch):
    trained = {}

    def train(recipe, dataset, progress, backups):
        trained.update(recipe=recipe, shape=dataset.x_train.shape)
        return None, {"seconds": [9.0, 0.5]}

    monkeypatch.setattr(epochs.training, "train", train)
    case = {"images": 500, "width": 2.0, "side": 16, "cores": 2}
    assert growth.measure(case) == pytest.approx(0.5)
    assert trained["shape"] == (500, 16, 16, 3)
    assert trained["recipe"].options["widths"] == [64, 256, 256]
    assert trained["recipe"].small_epochs == 0
