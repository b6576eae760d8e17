"""Widgets: controls where somebody can move them, a still figure where nobody can."""

import sys
from types import SimpleNamespace

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest

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
    assert {"edges", "blur", "stride 1, valid: 18×22", "stride 4, same: 5×6"} <= set(found)


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
