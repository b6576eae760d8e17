"""Drawings of architectures and rows of dots say what their data say."""

from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers

from helpers import anatomy, models, plots


@pytest.fixture(autouse=True)
def lesson_style():
    with plt.style.context(Path(plots.__file__).with_name("lesson.mplstyle")):
        yield
    plt.close("all")


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("name", list(models.BUILDERS))
def test_every_layer_that_changes_the_shape_is_drawn_with_its_figures(name):
    model = models.build(name)
    written = texts(plots.architecture(anatomy.layers(model), title=name))
    for layer in model.layers:
        if isinstance(layer, (layers.Conv2D, layers.MaxPooling2D, layers.Flatten, layers.Dense)):
            assert "×".join(f"{size:,}" for size in layer.output.shape[1:]) in written
            assert not layer.count_params() or f"{layer.count_params():,}" in written
        if isinstance(layer, layers.Dropout):
            assert any(f"dropout {layer.rate:g}" in text for text in written)


@pytest.mark.parametrize("name", list(models.BUILDERS))
def test_labels_do_not_overlap(name):
    axes = plots.architecture(anatomy.layers(models.build(name)))
    axes.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
    frame = axes.figure.bbox
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)


def test_larger_maps_are_higher_and_more_channels_wider():
    def size(output):
        _, axes = plt.subplots()
        plots._cuboid(axes, 0, output, "C0")
        corners = axes.patches[0].get_xy()
        return np.ptp(corners[:, 0]), np.ptp(corners[:, 1])

    assert size((32, 32, 16))[1] > size((16, 16, 16))[1] > size((1, 1, 16))[1]
    assert size((8, 8, 256))[0] > size((8, 8, 32))[0] > size((8, 8, 3))[0]
    assert size((8_192,))[1] > size((10,))[1]


def test_a_model_without_rescaling_and_with_pooling_over_the_whole_map():
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(2, 3, strides=2), layers.GlobalAveragePooling2D(), layers.Dense(3)]
    )
    written = texts(plots.architecture(anatomy.layers(model)))
    assert "conv 3×3\nstride 2" in written
    assert "mean of map" in written


def test_dots_show_every_value_and_the_mean():
    axes = plots.dots({"one": [0.5, 0.6, 0.7], "two": [0.1]}, xlabel="accuracy")
    drawn = [line.get_xdata() for line in axes.lines if line.get_marker() == "o"]
    assert [list(values) for values in drawn] == [[0.5, 0.6, 0.7], [0.1]]
    assert texts(axes) == ["60.0%", "10.0%"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
