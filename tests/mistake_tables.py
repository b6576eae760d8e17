"""What a check's table of mistakes has to be, so that a named mistake is the one that was made."""

import contextlib
import itertools

import numpy as np

from checks.grading.answers import NotRight, like, values


def told_apart(monkeypatch, module, check, *answers):
    """Every mistake in the tables of ``check`` differs from the right result and from every other one in some case.

    ``answers`` are handed to the check, and are never compared: its ``by_rules``, in ``module``, is replaced.
    """
    tables = []

    def judge(function, cases, expected, mistakes, *_, tolerance=1e-5, **__):
        if mistakes:
            with np.errstate(all="ignore"):
                tables.append(([mistakes(*case) for case in cases], [expected(*case) for case in cases], tolerance))

    monkeypatch.setattr(module, "by_rules", judge)
    with contextlib.suppress(NotRight):
        check(*answers)
    assert tables
    for results, right, tolerance in tables:
        for name in results[0]:
            assert all(name in table for table in results), name
            assert any(not like(table[name], true, tolerance) for table, true in zip(results, right)), name
            assert any(np.isfinite(values(table[name])).all() for table in results), f"{name} explains any NaN"
        for one, other in itertools.combinations(results[0], 2):
            assert any(not like(table[one], table[other], tolerance) for table in results), f"{one} = {other}"
