"""Figures of lesson 08: what is drawn where, on which scale."""

import itertools

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_explanations_put_every_map_beside_its_image_on_one_scale_a_column():
    generator = np.random.default_rng(8)
    images = generator.integers(0, 256, (3, 8, 8, 3), np.uint8)
    maps = {
        "signed": generator.normal(size=(3, 5, 5)),
        "unsigned": generator.random((3, 8, 8)),
        "empty": np.zeros((3, 2, 2)),
    }
    figure = plots.explanations(images, maps, ["a", "b", "c"])
    drawn = np.array(figure.axes).reshape(4, 4)[:3]
    for row, image in enumerate(images):
        assert drawn[row, 0].get_ylabel() == "abc"[row]
        assert np.array_equal(drawn[row, 0].images[0].get_array(), image)
        for column, values in enumerate(maps.values(), start=1):
            assert np.array_equal(drawn[row, column].images[0].get_array(), values[row])
    limits = [[axes.images[0].get_clim() for axes in column] for column in drawn.T[1:]]
    assert all(len(set(column)) == 1 for column in limits)
    low, high = limits[0][0]
    assert low == -high < 0
    assert np.mean(np.abs(maps["signed"]) <= high) == pytest.approx(0.99, abs=0.02)
    assert limits[1][0][0] == 0
    assert limits[2][0] == (0, 1)
    assert [axes.get_title() for axes in drawn[0, 1:]] == list(maps)


def test_explanations_keep_the_numbers_of_neighbouring_columns_apart():
    values = np.array([[[-0.0071, 0.0071]]])
    figure = plots.explanations(np.zeros((1, 2, 2, 3)), {"a": values, "b": values, "c": np.abs(values), "d": values})
    figure.canvas.draw()
    bars = figure.axes[-4:]
    boxes = [label.get_window_extent() for bar in bars for label in bar.get_xticklabels()]
    assert [bar.get_xticklabels()[-1].get_text() for bar in bars] == ["0.007"] * 4
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_scatter_shows_every_point_once_and_tells_the_classes_apart():
    points, labels = np.random.default_rng(8).normal(size=(40, 2)), np.arange(40) % 10
    axes = plots.scatter(points, labels, list("abcdefghij"))
    for label, drawn in enumerate(axes.collections):
        assert np.array_equal(drawn.get_offsets(), points[labels == label])
    looks = {(tuple(drawn.get_facecolor()[0]), drawn.get_paths()[0].vertices.tobytes()) for drawn in axes.collections}
    assert len(looks) == 10


def test_intervals_draw_each_kind_from_lowest_to_highest():
    values = {"one": {"a": (0.5, 0.4, 0.7), "b": (0.2, 0.1, 0.3)}, "two": {"b": (0.9, 0.8, 1.0)}}
    axes = plots.intervals(values, {"chance": 0.17})
    kinds = {bar.get_label(): bar for bar in axes.containers}
    assert list(kinds) == ["a", "b"]
    segments = kinds["b"].lines[2][0].get_segments()
    assert [segment[:, 0].tolist() for segment in segments] == [pytest.approx([0.1, 0.3]), pytest.approx([0.8, 1.0])]
    heights = [bar.lines[0].get_ydata() for bar in kinds.values()]
    assert heights[0][0] < 0 < heights[1][0]
    assert heights[1][1] == 1
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
