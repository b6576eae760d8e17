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
def test_run_all_gets_through(browser, lab, name, axe, record_testsuite_property):
    with jupyter.opened(browser, lab, name) as lesson:
        seconds = lesson.run_all()
        record_testsuite_property(name, round(seconds))
        lesson.has_run()
        axe(lesson.page, ".jp-Notebook", rules=("image-alt",))
