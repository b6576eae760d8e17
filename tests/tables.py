"""What tests ask of the table of usual mistakes behind an exercise: that its cases keep them apart."""

import inspect
import itertools

import numpy as np

from checks import grading
from checks.grading.answers import like


def stages(exercise, monkeypatch):
    """What an exercise gives to ``by_rules``: a list of (cases, expected, mistakes, shapes, tolerance)."""
    found = []

    def record(function, cases, expected, mistakes, words, *rest, tolerance=1e-5, shapes=None, **more):
        found.append((cases, expected, mistakes, shapes, tolerance))

    monkeypatch.setattr(inspect.getmodule(inspect.unwrap(exercise)), "by_rules", record)
    exercise(lambda *_: 0)
    return found


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
        return all(itertools.starmap(lambda a, b: like(a, b, tolerance), zip(one, other)))

    pairs = [pair for pair in itertools.combinations(results, 2) if same(*(results[each] for each in pair))]
    return pairs + [pair for pair in itertools.combinations(forms, 2) if forms[pair[0]] == forms[pair[1]]]


def sentence(exercise, *answers):
    """What a wrong answer is told; its check has read it, so no error of the check itself is behind the sentence."""
    try:
        exercise(*answers)
    except grading.NotRight as error:
        assert str(error).startswith(f"Exercise {exercise.number}"), error
        assert error.__cause__ is None, repr(error.__cause__)
        return str(error)
    raise AssertionError(f"Exercise {exercise.number} takes this for right: {answers}")
