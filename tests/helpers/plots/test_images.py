"""Arrays as colours: which array is drawn where, on which scale, under which name."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import plots

GENERATOR = np.random.default_rng(8)
SIGNED_VALUES = GENERATOR.normal(size=(12, 10))


def array(axes):
    (image,) = axes.images
    return np.asarray(image.get_array())


def look(axes):
    (image,) = axes.images
    return image.get_cmap().name, image.get_clim()


def texts(axes):
    return [text.get_text() for text in axes.texts]


def count_windows(tiled, values):
    """How many windows of an array hold exactly these values."""
    windows = np.lib.stride_tricks.sliding_window_view(tiled, values.shape)
    return (windows == values).all(axis=tuple(range(-values.ndim, 0))).sum()


# One image, one map


def test_gallery_shows_every_image_under_its_title():
    images = GENERATOR.integers(0, 256, (7, 4, 6, 3), np.uint8)
    figure = plots.gallery(images, list("abcdefg"), columns=3, size=2)
    assert len(figure.axes) == 7
    for axes, image, title in zip(figure.axes, images, "abcdefg"):
        np.testing.assert_array_equal(array(axes), image)
        assert axes.get_title("center") == title
        assert not len(axes.get_xticks())
    assert figure.axes[0].get_subplotspec().get_gridspec().get_geometry() == (3, 3)
    assert figure.get_figwidth() == 6


def test_gallery_shows_grey_images_of_different_sizes_in_grey():
    figure = plots.gallery([np.zeros((9, 9)), np.ones((3, 3))], ["large", "small"])
    assert [array(axes).shape for axes in figure.axes] == [(9, 9), (3, 3)]
    assert {axes.images[0].get_cmap().name for axes in figure.axes} == {"gray"}
    assert figure.axes[0].get_subplotspec().get_gridspec().ncols == 2


def test_numbers_stand_in_the_middle_of_their_squares():
    grid = np.array([[0, 255, 10], [200, 3, 100]])
    axes = plots.numbers(grid, "pixels")
    np.testing.assert_array_equal(array(axes), grid)
    assert look(axes) == ("gray", (0, 255))
    assert {(*text.get_position()[::-1], text.get_text()) for text in axes.texts} == {
        (row, column, str(value)) for (row, column), value in np.ndenumerate(grid)
    }
    colours = dict(zip(texts(axes), (text.get_color() for text in axes.texts)))
    assert (colours["0"], colours["255"]) == ("white", "black")
    assert axes.get_title("left") == "pixels"
    assert all(spine.get_visible() for spine in axes.spines.values())


def test_numbers_with_a_sign_are_diverging_and_written_as_asked():
    _, given = plt.subplots()
    axes = plots.numbers([[0.5, -0.001], [0.25, 0]], "", given, signed=True, form="z.2f")
    assert axes is given
    assert look(axes) == (plots.SIGNED, (-0.5, 0.5))
    assert texts(axes) == ["0.50", "0.00", "0.25", "0.00"]


def test_numbers_of_zeros_are_drawn():
    assert look(plots.numbers(np.zeros((2, 2)), "zeros", signed=True)) == (plots.SIGNED, (-1, 1))


def test_a_signed_map_is_symmetric_around_zero_and_has_a_colour_bar():
    axes = plots.signed_map(SIGNED_VALUES + 1, "edges")
    np.testing.assert_array_equal(array(axes), SIGNED_VALUES + 1)
    limit = pytest.approx(np.percentile(np.abs(SIGNED_VALUES + 1), 99))
    assert look(axes) == (plots.SIGNED, (pytest.approx(-axes.images[0].norm.vmax), limit))
    assert axes.get_title("left") == "edges"
    assert axes.images[0].colorbar is not None
    assert not len(axes.get_xticks())


def test_a_signed_map_without_negative_values_is_diverging_all_the_same():
    _, given = plt.subplots()
    axes = plots.signed_map(np.abs(SIGNED_VALUES), "after ReLU", given, limit=2)
    assert axes is given
    assert look(axes) == (plots.SIGNED, (-2, 2))


# Many side by side


def test_map_grid_holds_every_map_on_one_scale():
    maps = GENERATOR.normal(size=(10, 5, 6)).astype(np.float32)
    axes = plots.map_grid(maps, columns=4, title="maps")
    tiled = axes.images[0].get_array().filled(np.nan)
    assert all(count_windows(tiled, values) == 1 for values in maps)
    name, (low, high) = look(axes)
    assert name == plots.SIGNED
    assert high == -low == pytest.approx(np.percentile(np.abs(maps), 99))
    assert texts(axes) == [str(n) for n in range(10)]
    assert axes.get_title("left") == "maps"
    assert axes.images[0].colorbar is not None
    # Each label stands over the upper left corner of its map, in the order of the maps.
    for text, values in zip(axes.texts, maps):
        left, top = np.round(np.add(text.get_position(), (0.5, 0.6))).astype(int)
        np.testing.assert_array_equal(tiled[top : top + 5, left : left + 6], values)


def test_map_grid_without_a_sign_is_sequential_and_takes_labels():
    axes = plots.map_grid(np.abs(SIGNED_VALUES)[None], labels=["a"])
    assert look(axes)[0] == plots.UNSIGNED
    assert look(axes)[1][0] == 0
    axes = plots.map_grid(np.zeros((2, 5, 6)), labels=["a", "b"])
    assert look(axes)[1] == (0, 1)
    assert texts(axes) == ["a", "b"]


def test_image_grid_holds_every_image_at_its_names():
    grid = GENERATOR.integers(0, 256, (2, 3, 5, 6, 3), np.uint8)
    axes = plots.image_grid(grid.astype(float), ["up", "down"], ["a", "b", "c"], "six images")
    tiled = array(axes)
    for row, column in np.ndindex(2, 3):
        image = grid[row, column]
        assert count_windows(tiled, image) == 1
        top, left = round(axes.get_yticks()[row] - 2), round(axes.get_xticks()[column] - 2.5)
        np.testing.assert_array_equal(tiled[top : top + 5, left : left + 6], image)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["up", "down"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c"]
    assert axes.get_title("left") == "six images"


def test_image_grid_clips_and_needs_no_names():
    axes = plots.image_grid(np.full((1, 1, 2, 2, 3), [-20, 300, 7]))
    assert (array(axes) == [0, 255, 7]).all(axis=-1).sum() == 4
    assert not len(axes.get_xticks())
    assert not len(axes.get_yticks())


def test_explanations_put_every_map_beside_its_image_on_one_scale_a_column():
    images = GENERATOR.integers(0, 256, (3, 8, 8, 3), np.uint8)
    maps = {
        "signed": GENERATOR.normal(size=(3, 5, 5)),
        "unsigned": GENERATOR.random((3, 8, 8)),
        "empty": np.zeros((3, 2, 2)),
    }
    figure = plots.explanations(images, maps, ["a", "b", "c"])
    drawn = np.array(figure.axes).reshape(4, 4)[:3]
    for row, image in enumerate(images):
        assert drawn[row, 0].get_ylabel() == "abc"[row]
        np.testing.assert_array_equal(array(drawn[row, 0]), image)
        for axes, values in zip(drawn[row, 1:], maps.values()):
            np.testing.assert_array_equal(array(axes), values[row])
    looks = [{look(axes) for axes in column} for column in drawn.T[1:]]
    limit = np.percentile(np.abs(maps["signed"]), 99)
    high = np.percentile(maps["unsigned"], 99)
    assert looks == [{(plots.SIGNED, (-limit, limit))}, {(plots.UNSIGNED, (0, high))}, {(plots.UNSIGNED, (0, 1))}]
    assert [axes.get_title() for axes in drawn[0, 1:]] == list(maps)


def test_explanations_keep_the_numbers_of_neighbouring_columns_apart():
    values = np.array([[[-0.0071, 0.0071]]])
    maps = {"a": values, "b": values, "c": np.abs(values), "d": values}
    figure = plots.explanations(np.zeros((1, 2, 2, 3)), maps, ["one"])
    figure.canvas.draw()
    bars = figure.axes[-4:]
    boxes = [label.get_window_extent() for bar in bars for label in bar.get_xticklabels()]
    numbers = [[label.get_text() for label in bar.get_xticklabels()] for bar in bars]
    assert numbers == [["-0.007", "0", "0.007"]] * 2 + [["0", "0.007"], ["-0.007", "0", "0.007"]]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))
    for bar in bars:
        frame, ends = bar.get_window_extent(), bar.get_xticklabels()
        assert ends[0].get_window_extent().x0 > frame.x0 - 3
        assert ends[-1].get_window_extent().x1 < frame.x1 + 3


# Windows


def test_windows_frame_whole_pixels_and_stay_visible_where_they_coincide():
    image = np.zeros((32, 32, 3), np.uint8)
    boxes = {"conv 1": (15, 5), "conv 2": (11, 13), "pool": (7, 17)}
    axes = plots.windows(image, boxes, "What one number sees")
    np.testing.assert_array_equal(array(axes), image)
    frames = {frame.get_label(): frame for frame in axes.patches}
    assert frames.keys() == boxes.keys()
    for label, (start, side) in boxes.items():
        # Pixel 15 reaches from 14.5 to 15.5.
        assert frames[label].get_xy() == (start - 0.5, start - 0.5)
        assert (frames[label].get_width(), frames[label].get_height()) == (side, side)
        assert not frames[label].get_fill()
    assert list(frames) == ["pool", "conv 2", "conv 1"], "the largest is drawn first"
    assert len({frame.get_edgecolor() for frame in axes.patches}) == 3
    styles = [frame.get_linestyle() for frame in axes.patches]
    assert styles[0] in ("-", "solid")
    assert len({str(style) for style in styles}) == 3
    assert {text.get_text() for text in axes.get_legend().get_texts()} == boxes.keys()
    assert axes.get_title("left") == "What one number sees"
