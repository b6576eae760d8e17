"""Enlarged maps, the pointing game and the mass inside, by hand."""

import numpy as np
import pytest

from helpers import explain


def test_pixels_get_the_position_whose_window_lies_nearest():
    maps = np.arange(30, dtype=float).reshape(1, 5, 6)
    window = explain.Window(start=(1, -2), size=(4, 3), step=(2, 3))
    got = explain.enlarge(maps, (12, 17), window)
    for row, column in np.ndindex(12, 17):
        down = np.abs(1 + 1.5 + 2 * np.arange(5) - row)
        across = np.abs(-2 + 1 + 3 * np.arange(6) - column)
        nearest = maps[0][np.ix_(down == down.min(), across == across.min())]
        assert got[0, row, column] in nearest
    np.testing.assert_array_equal(
        explain.enlarge(maps[:, :2, :2], (4, 6))[0], np.kron(maps[0, :2, :2], np.ones((2, 3)))
    )


def test_pointing_and_mass_by_hand():
    masks = np.zeros((5, 3, 4), bool)
    masks[:, :2, :2] = True
    maps = np.zeros((5, 3, 4))
    maps[0, 1, 1], maps[0, 2, 2], maps[0, 0, 3] = 3, 1, -10  # inside, 3 of 4; what is negative has no mass
    maps[1, 2, 2], maps[1, 0, 0] = 2, 1  # outside, 1 of 3
    maps[2, 0, 0] = maps[2, 2, 3] = 5  # two peaks, half of them inside
    maps[3] = -1
    maps[3, 0, 1] = -0.5  # the highest of negative values is a peak, but there is no mass; map 4 is all zero
    np.testing.assert_array_equal(explain.pointing(maps, masks), [True, False, True, True, False])
    np.testing.assert_allclose(explain.mass_inside(maps, masks), [3 / 4, 1 / 3, 1 / 2, 0, 0])
    assert not explain.pointing(np.ones((1, 3, 4)), np.ones((1, 3, 4), bool))[0]


@pytest.mark.parametrize(
    ("maps", "masks", "sentence"),
    [
        (np.zeros((2, 10, 10)), np.ones((2, 32, 32), bool), r"\(2, 10, 10\).*\(2, 32, 32\).*enlarge"),
        (np.zeros((2, 4, 4, 3)), np.ones((2, 4, 4, 3), bool), "one number a pixel"),
        (np.zeros((0, 4, 4)), np.ones((0, 4, 4), bool), "one map at least"),
        (np.full((1, 4, 4), np.nan), np.ones((1, 4, 4), bool), "NaN"),
        (np.zeros((1, 4, 4)), np.ones((1, 4, 4)), "True or False.*float64"),
    ],
)
def test_scores_refuse_what_they_cannot_compare(maps, masks, sentence):
    for score in (explain.pointing, explain.mass_inside):
        with pytest.raises(ValueError, match=sentence):
            score(maps, masks)
