"""Colours of numbers, bare axes, and the style sheet of all lessons."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import plots

# Okabe and Ito, Color Universal Design, 2008, without their yellow, which is too light for lines.
OKABE_ITO = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"}


def test_values_with_a_sign_get_diverging_colours_around_zero():
    values = np.random.default_rng(0).normal(3, 2, (5, 20, 20))
    limit = np.percentile(np.abs(values), 99)
    assert plots.scale(values) == {"cmap": "RdBu_r", "vmin": pytest.approx(-limit), "vmax": pytest.approx(limit)}


def test_values_without_a_sign_get_sequential_colours_from_zero():
    values = np.random.default_rng(0).uniform(2, 5, (20, 20))
    expected = {"cmap": "cividis", "vmin": 0, "vmax": pytest.approx(np.percentile(values, 99))}
    assert plots.scale(values) == expected


@pytest.mark.parametrize(("hot", "limit"), [(0.0, 1.0), (7.0, 7.0)])
def test_maps_of_zeros_and_of_one_hot_pixel_have_a_scale(hot, limit):
    values = np.zeros((40, 40))
    values[3, 4] = hot
    assert plots.scale(values)["vmax"] == limit


def test_bare_axes_have_no_ticks_grid_or_frame():
    _, axes = plt.subplots()
    assert plots.bare(axes) is axes
    assert not len(axes.get_xticks())
    assert not len(axes.get_yticks())
    assert not any(spine.get_visible() for spine in axes.spines.values())
    # A label at a row of images brings its tick back, but no line across them.
    axes.set_yticks([0.5], ["flip"])
    axes.figure.canvas.draw()
    assert not any(line.get_visible() for line in axes.get_ygridlines())


def test_the_style_is_legible_and_safe_for_colour_blind_readers():
    colours = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    assert {colour.removeprefix("#").upper() for colour in colours} == {colour[1:] for colour in OKABE_ITO}
    for name in ("font.size", "axes.titlesize", "axes.labelsize", "figure.titlesize"):
        assert plt.rcParams[name] >= 14
    for name in ("xtick.labelsize", "ytick.labelsize"):
        assert plt.rcParams[name] >= 13
