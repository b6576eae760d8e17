"""The drawing of a network says what its layers say."""

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers

from helpers import anatomy, models, plots
from helpers.plots.architecture import _cuboid


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("name", models.TUTORIALS)
def test_every_layer_that_changes_the_shape_is_drawn_with_its_figures(name):
    model = models.build(name)
    written = texts(plots.architecture(anatomy.layers(model), title=name))
    assert ("input" in written) == any(isinstance(layer, layers.Rescaling) for layer in model.layers)
    for layer in model.layers:
        if isinstance(layer, (layers.Conv2D, layers.MaxPooling2D, layers.Flatten, layers.Dense)):
            assert "×".join(f"{size:,}" for size in layer.output.shape[1:]) in written
            assert not layer.count_params() or f"{layer.count_params():,}" in written
        if isinstance(layer, layers.Dropout):
            assert any(f"dropout {layer.rate:g}" in text for text in written)


@pytest.mark.parametrize("name", models.TUTORIALS)
def test_labels_do_not_overlap(name):
    axes = plots.architecture(anatomy.layers(models.build(name)), name)
    axes.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
    frame = axes.figure.bbox
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)


def test_larger_maps_are_higher_and_more_channels_wider():
    def size(output):
        _, axes = plt.subplots()
        _cuboid(axes, 0, output, "C0")
        corners = axes.patches[0].get_xy()
        return np.ptp(corners[:, 0]), np.ptp(corners[:, 1])

    assert size((32, 32, 16))[1] > size((16, 16, 16))[1] > size((1, 1, 16))[1]
    assert size((8, 8, 256))[0] > size((8, 8, 32))[0] > size((8, 8, 3))[0]
    assert size((8_192,))[1] > size((10,))[1]


def test_a_model_without_rescaling_and_with_pooling_over_the_whole_map():
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(2, 3, strides=2), layers.GlobalAveragePooling2D(), layers.Dense(3)]
    )
    axes = plots.architecture(anatomy.layers(model), "small")
    assert axes.get_title("left") == "small"
    at = {text.get_text(): text.get_position() for text in axes.texts}
    names = ["conv 3×3\nstride 2", "global\nmean", "dense 3"]
    assert [at[name][0] for name in names] == [0, 1, 2]
    assert [at[shape][0] for shape in ("3×3×2", "2", "3")] == [0, 1, 2]
    # Six polygons a box: its name stands above it, its shape below.
    boxes = np.split(np.array([patch.get_xy()[:4] for patch in axes.patches]), 3)
    assert all(at[name][1] > box[..., 1].max() for name, box in zip(names, boxes))
    assert all(at[shape][1] < box[..., 1].min() for shape, box in zip(("3×3×2", "2", "3"), boxes))
    assert len({patch.get_facecolor()[:3] for patch in axes.patches[::6]}) == 3


def test_areas_of_costs_are_in_proportion_on_one_scale():
    networks = {name: anatomy.layers(models.build(name)) for name in ("strided_cnn", "deeper_cnn")}
    figure = plots.costs(networks, "two")
    rows = [row for own in networks.values() for row in own if row.parameters]
    squares = [patch for axes in figure.axes for patch in axes.patches]
    for kind, sign in (("parameters", 1), ("macs", -1)):
        own = [patch for patch in squares if (patch.get_y() >= 0) == (sign > 0)]
        areas = sorted(patch.get_width() * patch.get_height() for patch in own)
        figures = sorted(getattr(row, kind) for row in rows)
        assert np.allclose(areas, np.array(figures) / figures[-1])
    words = [text for axes in figure.axes for text in texts(axes)]
    assert "82%" in words
    assert "81%" in words
    assert "conv 5×5\n28×28×32" in words
    assert figure.get_suptitle() == "two"


def test_words_of_costs_do_not_overlap():
    figure = plots.costs({name: anatomy.layers(models.build(name)) for name in models.TUTORIALS[:6]}, "six")
    figure.canvas.draw()
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.texts]
        assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
