"""What tests ask of the table of usual mistakes behind an exercise: that its cases distinguish them."""

import contextlib
import inspect
import itertools

import numpy as np
import pytest

from checks import grading
from checks.grading.answers import like


def stages(exercise, monkeypatch, *answers):
    """What an exercise gives to ``by_rules``, when asked about any answer: (cases, expected, mistakes, ...) each."""
    found = []

    def record(function, cases, expected, mistakes, words, *rest, tolerance=1e-5, shapes=None, **more):
        found.append((cases, expected, mistakes, shapes, tolerance))

    monkeypatch.setattr(inspect.getmodule(inspect.unwrap(exercise)), "by_rules", record)
    with contextlib.suppress(grading.NotRight):
        exercise(*(answers or [lambda *_: 0]))
    return found


def distinguishable(exercise, monkeypatch, *answers):
    """Every mistake of an exercise differs from the right result, and from every other mistake, in some case."""
    found = stages(exercise, monkeypatch, *answers)
    assert found
    for stage in found:
        assert agreeing(*stage) == []


def agreeing(cases, expected, mistakes, shapes, tolerance):
    """Pairs of mistakes that give the same results on every case, the right results among them."""
    with np.errstate(all="ignore"):
        right = [expected(*case) for case in cases]
        tables = [mistakes(*case) if mistakes else {} for case in cases]
        outlines = [shapes(*case) if shapes else {} for case in cases]
    results = {"right": right} | {each: [table[each] for table in tables] for each in tables[0]}
    forms = {"right": [np.shape(each) for each in right]}
    forms |= {each: [tuple(table[each]) for table in outlines] for each in outlines[0]}

    def same(one, other):
        return all(map(lambda a, b: like(a, b, tolerance), one, other))

    pairs = [pair for pair in itertools.combinations(results, 2) if same(*(results[each] for each in pair))]
    return pairs + [pair for pair in itertools.combinations(forms, 2) if forms[pair[0]] == forms[pair[1]]]


def sentence(exercise, *answers):
    """What a wrong answer is told; its check has read it, so no error of the check itself is behind the sentence."""
    with np.errstate(all="ignore"), pytest.raises(grading.NotRight) as caught:
        exercise(*answers)
    assert str(caught.value).startswith(f"Exercise {exercise.number}")
    assert caught.value.__cause__ is None, repr(caught.value.__cause__)
    return str(caught.value)
