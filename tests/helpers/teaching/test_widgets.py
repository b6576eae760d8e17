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
