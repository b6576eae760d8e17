"""Figures are tested in the style of the lessons, and closed after each test."""

from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import helpers

STYLE = Path(helpers.__file__).with_name("lesson.mplstyle")


@pytest.fixture(autouse=True)
def lesson_style():
    with plt.style.context(STYLE):
        yield
    plt.close("all")
