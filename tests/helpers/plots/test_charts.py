"""Lines, bars and dots: what is drawn, where, in which style, and what stands beside it."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import plots

HISTORY = {"accuracy": [0.3, 0.5, 0.6], "val_accuracy": [0.25, 0.45, 0.5], "loss": [2.0, 1.5, 1.1]}


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def look(line):
    return line.get_color(), line.get_linestyle()


def overlapping(artists):
    """The pairs among drawn artists that overlap."""
    next(iter(artists)).figure.canvas.draw()
    boxes = [artist.get_window_extent() for artist in artists]
    return [(a, b) for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]


# Training and validation


def test_curves_draw_training_dashed_and_validation_solid_from_epoch_1():
    axes = plots.curves(HISTORY, title="a network")
    training, validation = axes.lines
    np.testing.assert_array_equal(training.get_xydata(), [[1, 0.3], [2, 0.5], [3, 0.6]])
    np.testing.assert_array_equal(validation.get_xydata(), [[1, 0.25], [2, 0.45], [3, 0.5]])
    assert (training.get_linestyle(), validation.get_linestyle()) == ("--", "-")
    assert training.get_color() != validation.get_color()
    assert legend(axes) == ["training", "validation"]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title("left")) == ("epoch", "accuracy", "a network")
    axes.figure.canvas.draw()
    assert all(tick == round(tick) for tick in axes.get_xticks())


def test_curves_of_a_training_without_validation_are_one_dashed_line():
    _, given = plt.subplots()
    axes = plots.curves(HISTORY, "loss", given)
    assert axes is given
    (training,) = axes.lines
    assert list(training.get_ydata()) == HISTORY["loss"]
    assert training.get_linestyle() == "--"
    assert (axes.get_ylabel(), legend(axes)) == ("loss", ["training"])


@pytest.mark.parametrize("names", [("training",), ("validation", "training"), ("training", "validation")])
def test_training_and_validation_look_alike_in_every_chart(names):
    curve = {
        line.get_label(): look(line)
        for line in plots.curves({"accuracy": [0.1, 0.2], "val_accuracy": [0.1, 0.2]}).lines
    }
    for axes in (
        plots.bands({name: np.ones((2, 3)) for name in names}, "accuracy"),
        plots.lines([1, 2, 3], {name: [1, 2, 3] for name in names}, "epoch", "accuracy"),
    ):
        assert [look(line) for line in axes.lines] == [curve[name] for name in names]


def test_bands_reach_from_the_lowest_to_the_highest_run():
    runs = np.random.default_rng(0).uniform(0.3, 0.8, (4, 6))
    axes = plots.bands({"one": runs, "two": runs + 1}, "accuracy")
    for line, band, values in zip(axes.lines, axes.collections, (runs, runs + 1)):
        np.testing.assert_allclose(line.get_ydata(), values.mean(axis=0))
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 7))
        corners = band.get_paths()[0].vertices
        for epoch in range(6):
            heights = corners[corners[:, 0] == epoch + 1, 1]
            np.testing.assert_allclose([heights.min(), heights.max()], [values[:, epoch].min(), values[:, epoch].max()])
        assert plt.matplotlib.colors.same_color(band.get_facecolor()[0, :3], line.get_color())
    assert axes.lines[0].get_linestyle() != axes.lines[1].get_linestyle()
    assert legend(axes) == ["one", "two"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "accuracy")


@pytest.mark.parametrize(
    ("label", "tick"),
    [("accuracy", "62.5%"), ("validation accuracy", "62.5%"), ("loss", "0.625"), ("validation accuracy, %", "0.625")],
)
def test_accuracies_stand_in_per_cent_on_the_axis_of_every_chart(label, tick):
    for axes in (
        plots.lines([1, 2], {"a": [0.6, 0.7]}, "epoch", label),
        plots.bands({"a": np.array([[0.6, 0.7]])}, label),
    ):
        axes.set_yticks([0.625])
        axes.figure.canvas.draw()
        assert [text.get_text() for text in axes.get_yticklabels()] == [tick]
    axes = plots.curves({"accuracy": [0.6, 0.7]})
    axes.set_yticks([0.625])
    axes.figure.canvas.draw()
    assert [text.get_text() for text in axes.get_yticklabels()] == ["62.5%"]


# Several lines


def test_lines_differ_by_colour_and_by_style():
    x, values = np.linspace(0, 1, 5), {name: np.arange(5.0) + index for index, name in enumerate("abcd")}
    axes = plots.lines(x, values, "rate", "loss")
    for line, expected in zip(axes.lines, values.values()):
        np.testing.assert_array_equal(line.get_xydata(), np.stack([x, expected], axis=1))
    assert len({line.get_color() for line in axes.lines}) == 4
    assert len({line.get_linestyle() for line in axes.lines}) == 4
    assert legend(axes) == list("abcd")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("rate", "loss")


def test_lines_leave_none_out():
    axes = plots.lines([0, 1], {str(index): [index, index] for index in range(7)}, "x", "y")
    assert [line.get_ydata()[0] for line in axes.lines] == list(range(7))
    assert len({look(line) for line in axes.lines}) == 7


def test_lines_draw_into_given_axes():
    _, (left, right) = plt.subplots(1, 2)
    assert plots.lines([0, 1], {"a": [1, 2]}, "x", "y", right) is right
    assert not left.lines


# Counts and shares


def test_histogram_counts_each_value_in_a_bin_around_it():
    values = np.array([0.10, 0.12, 0.12, 0.16])
    axes = plots.histogram(values, {"mean": 0.125, "best": 0.16}, 0.02, "accuracy", "classifiers")
    assert [bar.get_height() for bar in axes.patches] == [1, 2, 0, 1]
    np.testing.assert_allclose([bar.get_x() + bar.get_width() / 2 for bar in axes.patches], [0.10, 0.12, 0.14, 0.16])
    assert [line.get_xdata()[0] for line in axes.lines] == [0.125, 0.16]
    assert len({look(line) for line in axes.lines}) == 2
    assert legend(axes) == ["mean", "best"]
    axes.figure.canvas.draw()
    above = axes.get_legend().get_texts()
    assert above[0].get_window_extent().y0 == pytest.approx(above[1].get_window_extent().y0, abs=3), "one row"
    assert above[0].get_window_extent().y0 > axes.get_window_extent().y1, "above the bars"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("accuracy", "classifiers")


def test_share_bars_put_the_bars_of_a_label_side_by_side_with_their_shares():
    shares = {"parameters": [0.25, 0.75], "MACs": [0.9, 0.1]}
    axes = plots.share_bars(["conv", "dense"], shares, "Two prices")
    for container, (name, values) in zip(axes.containers, shares.items()):
        assert container.get_label() == name
        assert [bar.get_width() for bar in container] == values
    middles = np.array([[bar.get_y() + bar.get_height() / 2 for bar in group] for group in axes.containers])
    np.testing.assert_allclose(middles.mean(axis=0), [0, 1])
    np.testing.assert_allclose(middles[1] - middles[0], axes.patches[0].get_height())
    assert texts(axes) == ["25.0%", "75.0%", "90.0%", "10.0%"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["conv", "dense"]
    bottom, top = axes.get_ylim()
    assert bottom > top, "the first label stands at the top"
    assert (axes.get_xlim(), axes.get_title("left"), legend(axes)) == ((0, 1), "Two prices", list(shares))
    axes.figure.canvas.draw()
    assert axes.get_xticklabels()[-1].get_text() == "100%"
    # Distinguished in grey print, too.
    assert len({bar.get_hatch() for bar in axes.patches}) == 2
    assert not overlapping(axes.texts)


def test_dots_show_every_value_and_the_mean():
    values = {"one": [0.5, 0.6, 0.73], "two": [0.1], "three": [0.6, 0.625]}
    axes = plots.dots(values, "accuracy, one dot per seed")
    points = [line for line in axes.lines if line.get_marker() == "o"]
    assert [list(line.get_xdata()) for line in points] == list(values.values())
    assert [set(line.get_ydata()) for line in points] == [{0}, {1}, {2}]
    means = [line.get_xdata()[0] for line in axes.lines if line.get_marker() != "o"]
    np.testing.assert_allclose(means, [0.61, 0.1, 0.6125])
    assert texts(axes) == ["61.0%", "10.0%", "61.3%"]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(values)
    bottom, top = axes.get_ylim()
    assert bottom > top, "the first row stands at the top"
    assert axes.get_xlabel() == "accuracy, one dot per seed"
    assert axes.xaxis.get_major_formatter()(0.625, None) == "62.5%"
    assert not overlapping(axes.texts)
