"""Each student lesson in JupyterLab: it opens, Run All gets through, every figure has words."""

import pytest
from browser import jupyter

from tools.lessons import find

# Lessons 01, 03 and 04 are run in test_lab_exercises.py, where more is done with them.
LESSONS = [path.name for path in sorted(find.STUDENT.glob("*.ipynb")) if path.name[:2] not in ("01", "03", "04")]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with jupyter.server(tmp_path_factory.mktemp("lab")) as address:
        yield address


@pytest.mark.parametrize("name", LESSONS)
def test_run_all_gets_through(browser, lab, name, axe):
    with jupyter.opened(browser, lab, name) as lesson:
        print(f"{name}: Run All takes {lesson.run_all():.0f} s")
        lesson.has_run()
        axe(lesson.page, ".jp-Notebook", rules=("image-alt",))


def test_on_a_projector_at_150_per_cent_no_code_is_cut_and_no_toast_lies_over_it(browser, lab):
    """853×533 CSS pixels, file browser open: 52 characters are to be seen of a line."""
    with jupyter.opened(browser, lab, "04_first_cnn.ipynb", (853, 533)) as lesson:
        lesson.show("conv")
        lesson.page.wait_for_timeout(500)
        widths = lesson.page.evaluate(
            "() => [...document.querySelectorAll('.jp-CodeCell .cm-scroller')]"
            ".map(each => [each.clientWidth, each.scrollWidth])"
        )
        seen = [(width, needed) for width, needed in widths if width]
        assert len(seen) > 5
        assert all(needed <= width + 1 for width, needed in seen)
        assert not lesson.page.locator(".Toastify__toast").count()
