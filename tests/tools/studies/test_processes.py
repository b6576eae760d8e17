"""A real study, small, in processes of their own: the same records as in this one."""

import pytest
from made_up import RECIPE

from tools import executor
from tools.studies import engine
from tools.studies.engine import Study, Trial, conduct


def test_two_processes_give_the_records_of_one(monkeypatch, build, tmp_path):
    def two_seeds():
        yield [Trial(RECIPE, seed, final=True) for seed in (1, 2)]

    monkeypatch.setitem(engine.STUDIES, "two_seeds", Study("two_seeds", two_seeds, False))
    found = []
    for workers in (0, 2):
        with executor.connect(None, workers) as one:
            folder = tmp_path / str(workers)
            found.append(conduct(["two_seeds"], one, "shapes10", folder, dry=True)["two_seeds"])
            assert len(list((folder / "two_seeds").iterdir())) == 2
    for here, there in zip(*found, strict=True):
        for record in (here, there):
            assert record.pop("seconds") > 0
            assert record["history"].pop("seconds")[0] > 0
            assert record.pop("machine")
        assert here.keys() == there.keys()
        histories = [record.pop("history") for record in (here, there)]
        for name, values in histories[0].items():
            # Sums in another order round to another last digit.
            assert histories[1][name] == pytest.approx(values, abs=1e-3), name
        assert here == there
    assert [record["training_images"] for record in found[0]] == [500, 500]
    assert found[0][0] != found[0][1]
