"""The learning rate that rises and falls in straight lines."""

import sys

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import training

TRIANGLE = sys.modules["helpers.training.optimizers"]


share = st.floats(0, 1)


@given(st.floats(0.001, 10), st.integers(1, 500), share, st.floats(0.01, 0.99), share)
def test_the_learning_rate_rises_and_falls_in_straight_lines(highest, steps, start, peak, end):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("START", start), ("PEAK", peak), ("END", end)):
            patch.setattr(TRIANGLE, name, value)
        schedule = training.Triangle(highest, steps)
        asked = np.unique(np.linspace(0, steps + 3, 12).astype(int))
        expected = highest * np.interp(asked, [0, peak * steps, steps], [start, 1, end])
        np.testing.assert_allclose([schedule(step) for step in asked], expected, rtol=1e-4, atol=1e-5 * highest)
    again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(schedule))
    assert again.get_config() == schedule.get_config() == {"peak_rate": highest, "steps": steps}


def test_the_shares_are_those_of_the_stored_trainings():
    assert (TRIANGLE.START, TRIANGLE.PEAK, TRIANGLE.END) == (0.2, 0.23, 0.07)
