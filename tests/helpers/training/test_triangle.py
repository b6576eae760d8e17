"""The learning rate that rises and falls in straight lines."""

import sys

import keras
import numpy as np
import pytest

from helpers import training

TRIANGLE = sys.modules["helpers.training.triangle"]


@pytest.mark.parametrize("steps", [100, 7, 1])
@pytest.mark.parametrize(("start", "peak", "end"), [(0.2, 0.23, 0.07), (0.0, 0.5, 1.0), (1, 0.1, 0)])
def test_the_learning_rate_rises_and_falls_in_straight_lines(steps, start, peak, end, monkeypatch):
    for name, value in (("START", start), ("PEAK", peak), ("END", end)):
        monkeypatch.setattr(TRIANGLE, name, value)
    schedule = training.Triangle(0.4, steps)
    asked = np.arange(steps + 3)
    expected = 0.4 * np.interp(asked, [0, peak * steps, steps], [start, 1, end])
    np.testing.assert_allclose([schedule(step) for step in asked], expected, rtol=1e-5, atol=1e-7)
    again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(schedule))
    assert again.get_config() == schedule.get_config() == {"peak_rate": 0.4, "steps": steps}


def test_the_shares_are_those_of_the_stored_trainings():
    assert (TRIANGLE.START, TRIANGLE.PEAK, TRIANGLE.END) == (0.2, 0.23, 0.07)


@pytest.mark.parametrize("steps", [0, -3])
def test_a_schedule_without_steps_is_refused(steps):
    with pytest.raises(ValueError, match=f"steps is {steps}: a training has one step at least"):
        training.Triangle(0.4, steps)
