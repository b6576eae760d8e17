"""Widgets: controls where somebody can move them, a still figure where nobody can."""

import sys
from types import SimpleNamespace

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import anatomy, models
from helpers.teaching import widgets

IMAGE = np.random.default_rng(0).random((20, 24))
KERNELS = {"edges": np.array([[1, 0, -1]] * 3), "blur": np.ones((3, 3)) / 9}


@pytest.fixture(autouse=True)
def nobody_there(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    yield
    plt.close("all")


def titles(figure):
    # The style of the lessons puts titles on the left.
    return [axes.get_title("left") or axes.get_title() for axes in figure.axes]


def test_without_a_front_end_a_still_figure_shows_kernels_and_responses():
    assert not widgets.front_end()
    found = titles(widgets.kernels(IMAGE, KERNELS))
    assert {"edges", "blur", "stride 1: 18×22", "stride 4: 5×6"} <= set(found)


def test_what_keeps_the_brightness_is_grey_and_what_finds_edges_has_a_sign():
    edges, blur = widgets.kernels(IMAGE, KERNELS).axes[2:4]
    assert edges.images[0].get_cmap().name == widgets.plots.SIGNED
    assert blur.images[0].get_cmap().name == "gray"
    assert blur.images[0].get_clim() == (IMAGE.min(), IMAGE.max())


def test_with_a_front_end_controls_redraw_the_response(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    drawn = []
    monkeypatch.setattr(widgets.plt, "show", lambda figure=None: drawn.append(titles(figure)))
    made = []

    monkeypatch.setattr(ipywidgets, "interact", lambda draw, **controls: made.append((draw, controls)))
    assert widgets.kernels(IMAGE, KERNELS) is None
    ((draw, controls),) = made
    assert controls["kernel"] == ["edges", "blur"]
    for stride in (controls["stride"].min, controls["stride"].max):
        for padding in controls["padding"]:
            draw(kernel="blur", stride=stride, padding=padding)
    assert "stride 8, same: 3×3" in drawn[-1]
    assert "image 20×24" in drawn[-1]


SMALL = np.arange(20).reshape(4, 5)


def test_the_still_window_shows_sums_up_to_its_moment():
    figure = widgets.window(SMALL, KERNELS["edges"])
    assert "window 1 of 6" in titles(figure)
    assert titles(figure)[4:] == ["its sum is -6"] * 4
    assert [len(axes.texts) for axes in figure.axes[4:]] == [1, 2, 4, 6]
    assert "window 6 gives -6" in widgets.plots.alternative_text(figure)


def test_a_window_as_large_as_the_image_has_one_moment():
    assert len(widgets.window(SMALL[:3, :3], KERNELS["edges"]).axes) == 2


def test_the_window_moves_by_its_controls_and_never_leaves_the_image(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    drawn, made, shown = [], [], []
    monkeypatch.setattr(widgets.plt, "show", lambda figure=None: drawn.append(titles(figure)))
    monkeypatch.setattr(ipywidgets, "interact", lambda draw, **controls: made.append((draw, controls)))
    monkeypatch.setattr("IPython.display.display", shown.append)
    assert widgets.window(SMALL, KERNELS["edges"]) is None
    ((draw, controls),), (button,) = made, shown
    position, stride, padding = controls["position"], controls["stride"], controls["padding"]
    assert position.max == button.max == 5
    position.value = 5
    padding.value = 1
    assert position.max == button.max == 19
    stride.value = 2
    assert position.max == button.max == 5
    draw(position=19, stride=2, padding=1)
    assert drawn[-1] == ["image", "products, sum 39", "responses 2×3"]
    draw(position=1, stride=1, padding=0)
    assert drawn[-1][1:] == ["products, sum -6", "responses 2×3"]


@pytest.mark.parametrize(
    ("parent", "live"),
    [({"metadata": {"cellId": "abc"}}, True), ({"metadata": {}}, False), ({}, False), (None, False)],
)
def test_a_cell_id_in_the_request_tells_a_person_from_a_program(monkeypatch, parent, live):
    shell = SimpleNamespace(get_parent=lambda: parent)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert widgets.front_end() is live


def test_plain_ipython_has_no_front_end(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace()))
    assert not widgets.front_end()


PHOTO = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def rows():
    return anatomy.layers(models.strided_cnn())


def frame(axes):
    """First row and column, rows and columns of the window that is drawn."""
    (patch,) = axes.patches
    return patch.get_y() + 0.5, patch.get_x() + 0.5, patch.get_height(), patch.get_width()


def test_receptive_fields_stand_still_without_a_front_end(rows):
    figure = widgets.receptive_field(PHOTO, rows)
    assert titles(figure) == [
        "1: Conv2D 5×5×32\nsees 5×5 pixels",
        "2: Conv2D 5×5×32\nsees 13×13 pixels",
        "3: MaxPooling2D 2×2\nsees 17×17 pixels",
    ]
    # The window of position i starts at i times the step, minus the one row of padding that lies before the image.
    assert [frame(axes) for axes in figure.axes] == [(13, 13, 5, 5), (11, 11, 13, 13), (7, 7, 17, 17)]
    assert "the number at (3, 3) sees rows 11 to 23" in figure.alternative_text


def test_sliders_choose_layer_and_pixel(rows, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    drawn, made = [], []
    monkeypatch.setattr(widgets.plt, "show", drawn.append)
    monkeypatch.setattr(ipywidgets, "interact", lambda draw, **controls: made.append((draw, controls)))
    assert widgets.receptive_field(PHOTO, rows) is None
    ((draw, controls),) = made
    assert controls["layer"] == ["1: Conv2D 5×5×32", "2: Conv2D 5×5×32", "3: MaxPooling2D 2×2"]
    assert (controls["row"].min, controls["row"].max) == (0, 31)
    for layer in controls["layer"]:
        draw(layer, row=0, column=31)
    first, _, last = drawn
    assert titles(first) == ["sees 5×5 pixels", "its output: 16×16"]
    assert frame(first.axes[0]) == (-1, 29, 5, 5)
    assert frame(last.axes[0]) == (-1, 15, 17, 17)
    assert np.argwhere(last.axes[1].images[0].get_array()).tolist() == [[0, 2]]
    # The part of a window that lies on padding is inside the axes.
    assert first.axes[0].get_xlim()[1] >= 33.5
    assert first.axes[0].get_ylim()[1] <= -1.5


@pytest.mark.parametrize("pixel", range(32))
def test_no_window_lies_nearer_to_a_pixel(rows, pixel):
    for row in rows[1:4]:
        (chosen, _) = widgets._nearest(row, (pixel, 0))
        middles = row.start[0] + np.arange(row.output[0]) * row.step[0] + (row.receptive_field[0] - 1) / 2
        assert abs(middles[chosen] - pixel) == np.abs(middles - pixel).min()


def test_a_network_without_windows_has_no_receptive_fields():
    with pytest.raises(ValueError, match="No layer of this network has windows"):
        widgets.receptive_field(PHOTO, [])


def live(monkeypatch):
    """Controls that record instead of drawing: what was given to them."""
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    drawn, made = [], []
    monkeypatch.setattr(widgets.plt, "show", lambda figure=None: drawn.append(figure))
    monkeypatch.setattr(ipywidgets, "interact", lambda draw, **controls: made.append((draw, controls)))
    return drawn, made


def heights(axes):
    return [patch.get_height() for patch in axes.patches]


def test_softmax_shows_three_temperatures_and_says_the_probabilities():
    figure = widgets.softmax([2, 1, -1], ["boat", "car", "cat"])
    assert titles(figure) == ["temperature 0.25", "temperature 1", "temperature 4"]
    for axes in figure.axes:
        assert sum(heights(axes)) == pytest.approx(1)
    assert heights(figure.axes[1]) == pytest.approx([0.7054, 0.2595, 0.0351], abs=1e-4)
    assert "0.71, 0.26, 0.04 at temperature 1" in figure.alternative_text


def test_softmax_has_a_slider_for_the_temperature(monkeypatch):
    drawn, made = live(monkeypatch)
    assert widgets.softmax([2, 1, -1], ["boat", "car", "cat"]) is None
    ((draw, controls),) = made
    draw(temperature=controls["temperature"].value)
    assert titles(drawn[0]) == ["temperature 1"]


def loss(weight):
    return 2 * (weight - 2) ** 2


def derivative(weight):
    return 4 * (weight - 2)


def test_descent_shows_a_panel_for_each_rate_and_says_where_it_ends():
    figure = widgets.descent(loss, derivative, start=0.0, rates=[0.25, 0.5], steps=3)
    assert titles(figure) == ["learning rate 0.25", "learning rate 0.5"]
    assert figure.axes[0].lines[1].get_xdata() == pytest.approx([0, 2, 2, 2])
    assert figure.axes[1].lines[1].get_xdata() == pytest.approx([0, 4, 0, 4])
    assert "at the learning rate 0.25 the loss is 0" in figure.alternative_text


def test_descent_has_a_slider_that_reaches_beyond_the_largest_rate(monkeypatch):
    drawn, made = live(monkeypatch)
    assert widgets.descent(loss, derivative, start=0.0, rates=[0.02, 0.5]) is None
    ((draw, controls),) = made
    assert controls["rate"].value == 0.02
    assert controls["rate"].max > 0.5
    draw(rate=controls["rate"].max)
    assert drawn[0].axes[0].get_xlim()[1] < 6
