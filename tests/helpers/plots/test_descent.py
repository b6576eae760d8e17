"""A descent of two weights over lines of equal loss."""

import numpy as np

from helpers import plots


def test_a_valley_holds_the_paths_and_the_minimum():
    def loss(weights):
        return float(weights[0] ** 2 + 10 * (weights[1] - 1) ** 2)

    paths = {"one": np.array([[2.0, 2.0], [1.0, 0.5]]), "other": np.array([[2.0, 2.0], [0.0, 1.0]])}
    axes = plots.valley(loss, paths, np.array([0.0, 1.0]), "a valley")
    assert [line.get_label() for line in axes.lines] == ["one", "other", "minimum"]
    assert axes.lines[0].get_xydata().tolist() == paths["one"].tolist()
    assert axes.get_xlim()[0] < 0 < 2 < axes.get_xlim()[1]
    assert axes.get_aspect() == 1
