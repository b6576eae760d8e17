"""Lessons 01, 03 and 04 in JupyterLab, as a student goes through them: answers, wrong and right, and the controls."""

import pytest
from browser import jupyter

from helpers import stubs

POSITIONS = """def positions_along(size, kernel_size, stride, padding):
    return (size + {} - kernel_size) // stride + 1
"""
PARAMETERS = """def conv_parameters(kernel_size, channels, filters):
    return filters * ({})
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with jupyter.server(tmp_path_factory.mktemp("lab")) as address:
        yield address


def run(browser, lab, name):
    with jupyter.opened(browser, lab, name) as lesson:
        print(f"{name}: Run All takes {lesson.run_all():.0f} s")
        yield lesson


@pytest.fixture(scope="module")
def lesson01(browser, lab):
    yield from run(browser, lab, "01_convolution_math.ipynb")


@pytest.fixture(scope="module")
def lesson03(browser, lab):
    yield from run(browser, lab, "03_loss_and_gradient_descent.ipynb")


@pytest.fixture(scope="module")
def lesson04(browser, lab):
    yield from run(browser, lab, "04_first_cnn.ipynb")


def drag(lesson, handle, pixels):
    """Take the handle of a slider with the mouse, and move it to the right."""
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    lesson.page.mouse.move(x, y)
    lesson.page.mouse.down()
    lesson.page.mouse.move(x + pixels, y, steps=5)
    lesson.page.mouse.up()


# Lesson 01


def test_run_all_gets_through_lesson_01(lesson01, axe):
    lesson01.has_run()
    axe(lesson01.page, ".jp-Notebook", rules=("image-alt",))


def test_what_is_not_filled_in_shows_one_sentence(lesson01):
    untouched = [cell for cell in lesson01.cells() if cell.errors()]
    assert len(untouched) == 7
    for cell in untouched:
        assert cell.text() == stubs.NOT_YET or cell.text().endswith("is not filled in yet."), cell.id
    assert lesson01.show("ex-1-6").locator(".jp-OutputArea").inner_text().strip() == stubs.NOT_YET


def test_an_answer_to_1_1_is_judged_and_the_right_one_runs_on(lesson01):
    lesson01.write("ex-1-1", POSITIONS.format("padding"))
    assert "padding lies on both ends" in lesson01.run("check-1-1").text()
    assert "the course's own positions_along is used" in lesson01.run("sizes").text()
    lesson01.write("ex-1-1", POSITIONS.format("2 * padding"))
    checked = lesson01.run("check-1-1")
    assert not checked.errors()
    assert checked.text().startswith("Exercise 1.1: right.")
    assert "From here on, your own positions_along is used." in lesson01.run("sizes").text()


def test_the_window_slides_by_keyboard_mouse_and_by_itself(lesson01):
    cell = "convolve-loops"
    assert "row 0, column 0" in lesson01.figure(cell)
    with lesson01.redraws(cell):
        lesson01.control(cell, "position").press("ArrowRight")
    assert "row 0, column 1" in lesson01.figure(cell)
    with lesson01.redraws(cell):
        drag(lesson01, lesson01.control(cell, "stride"), 60)
    with lesson01.redraws(cell):
        drag(lesson01, lesson01.control(cell, "position"), 300)
    assert "row 2, column 2" in lesson01.figure(cell)
    with lesson01.redraws(cell):
        lesson01.control(cell, "position").press("Home")
    with lesson01.redraws(cell):
        lesson01.show(cell).locator(".widget-play button").first.click()
    lesson01.show(cell).locator(".widget-play button").nth(1).click()


def test_kernels_can_be_chosen_and_slid(lesson01):
    cell = "explore"
    assert "stride 1 and padding valid" in lesson01.figure(cell)
    with lesson01.redraws(cell):
        lesson01.control(cell, "stride").press("ArrowRight")
    assert "stride 2 and padding valid" in lesson01.figure(cell)
    with lesson01.redraws(cell):
        lesson01.control(cell, "padding").select_option("same")
    assert "stride 2 and padding same" in lesson01.figure(cell)
    kernels = lesson01.control(cell, "kernel")
    name = kernels.locator("option").last.inner_text()
    with lesson01.redraws(cell):
        kernels.select_option(name)
    assert f"the kernel {name}," in lesson01.figure(cell)


def test_the_kernel_restarts_and_the_lesson_begins_again(lesson01):
    lesson01.restart()
    assert "NameError" in lesson01.run("sizes").errors()[0]
    assert not lesson01.run("imports").errors()


# Lesson 03


def test_run_all_gets_through_lesson_03(lesson03, axe):
    lesson03.has_run()
    axe(lesson03.page, ".jp-Notebook", rules=("image-alt",))


def test_a_temperature_makes_softmax_sharper(lesson03):
    cell = "softmax-widget"
    assert "temperature 1 (probability): boat logit 2 0.705" in lesson03.figure(cell)
    with lesson03.redraws(cell):
        lesson03.control(cell, "temperature").press("Home")
    assert "temperature 0.1 " in lesson03.figure(cell)
    with lesson03.redraws(cell):
        drag(lesson03, lesson03.control(cell, "temperature"), 400)
    assert "temperature 10 " in lesson03.figure(cell)


def test_a_learning_rate_can_be_slid(lesson03):
    cell = "rates-numbers"
    assert "learning rate 0.02" in lesson03.figure(cell)
    with lesson03.redraws(cell):
        lesson03.control(cell, "rate").press("ArrowRight")
    assert "learning rate 0.03" in lesson03.figure(cell)
    with lesson03.redraws(cell):
        drag(lesson03, lesson03.control(cell, "rate"), 60)


# Lesson 04


def test_run_all_gets_through_lesson_04(lesson04, axe):
    lesson04.has_run()
    axe(lesson04.page, ".jp-Notebook", rules=("image-alt",))


def test_an_answer_to_4_1_is_judged_and_the_right_one_runs_on(lesson04):
    lesson04.write("ex41-code", PARAMETERS.format("kernel_size * kernel_size * channels"))
    assert "Each filter also has one" in lesson04.run("ex41-check").text()
    lesson04.write("ex41-code", PARAMETERS.format("kernel_size * kernel_size * channels + 1"))
    assert lesson04.run("ex41-check").text().startswith("Exercise 4.1: right.")
    assert "From here on, your own conv_parameters is used." in lesson04.run("conv").text()


def test_the_receptive_field_follows_layer_and_pixel(lesson04):
    cell = "field-draw"
    first = lesson04.figure(cell)
    with lesson04.redraws(cell):
        lesson04.control(cell, "layer").select_option(index=1)
    second = lesson04.figure(cell)
    assert second.startswith("2: ")
    assert second != first
    with lesson04.redraws(cell):
        drag(lesson04, lesson04.control(cell, "column"), 100)
    with lesson04.redraws(cell):
        lesson04.control(cell, "row").press("Home")
    assert "sees rows 0 to" in lesson04.figure(cell) or "sees rows -" in lesson04.figure(cell)
