"""Formgrader in JupyterLab, started in the course's folder: rubrics beside free text, marks that stick, no scripts."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import datetime

import pytest
import tiny_course
from tiny_course import NAME

from tools.grading import feedback, gradebook
from tools.grading.collect import Submission
from tools.lessons import files

HOSTILE = (
    "Because <script>document.title = 'mine'</script><img src=x onerror=\"document.title = 'mine'\"> it is so, "
    r"$\frac{1}{2}$ and $\href{javascript:document.title='mine'}{x}$."
)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with a submission whose free text waits, and whose text and outputs hold scripts."""
    made = tiny_course.handed_out(tmp_path_factory.mktemp("formgrader"))
    notebook = tiny_course.filled(files.read(made.release(NAME)), ex1_5=HOSTILE)
    script = "<script>document.title = 'mine'</script>"
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [
                {"output_type": "display_data", "data": {"text/html": script, "text/plain": script}, "metadata": {}},
                {"output_type": "stream", "name": "stdout", "text": script},
            ]
    extra = {"cell_type": "markdown", "id": "extra", "metadata": {"tags": ['"><script>']}, "source": script}
    notebook["cells"].append(extra)
    text = json.dumps(notebook)
    given = Submission("ann", NAME, text, datetime(2026, 12, 1), ("x.ipynb",), ("Two files.",))
    gradebook.store(made, given, {"points": {"test_ex1_1": 2}, "odd": []}, text)
    return made


@pytest.fixture(scope="module")
def lab(course):
    """JupyterLab in the course's folder, as INSTRUCTORS.md says; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--no-browser", f"--port={port}", "--ServerApp.token=", "--ServerApp.password="]
    if os.geteuid() == 0:
        words.append("--allow-root")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *words],
        cwd=course.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=5)
                break
            except OSError:
                assert server.poll() is None, "JupyterLab has ended"
                time.sleep(0.2)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def test_free_text_is_marked_beside_its_rubric_and_nothing_of_a_student_runs(course, lab, visit):
    page = visit("screen").page
    page.goto(f"{lab}/formgrader/gradebook/{NAME}/{NAME}")
    page.get_by_text("Submission #1").click()
    page.wait_for_selector(".nbgrader_cell")
    rubric = page.locator("blockquote", has_text="Model answer")
    assert tiny_course.ANSWER in rubric.inner_text()
    assert "The products cancel." in rubric.inner_text()
    assert "One point for the sum." in rubric.inner_text()
    answer = page.locator(".nbgrader_cell", has=page.locator("[id=ex1_5]"))
    gap = rubric.bounding_box()["y"] - answer.bounding_box()["y"] - answer.bounding_box()["height"]
    assert 0 <= gap < 100  # CSS pixels: on the screen together
    assert "<img src=x" in answer.inner_text()
    assert page.get_by_text("Two files.").is_visible()
    page.wait_for_load_state("networkidle")
    answer.locator("mjx-container svg").first.wait_for()  # formulas, without another host
    assert answer.locator("a").count() == 0
    assert page.title() == NAME
    with page.expect_response(lambda response: "/api/grade/" in response.url and response.request.method == "PUT"):
        page.fill("[id=ex1_5]", "1.5")
        page.press("[id=ex1_5]", "Tab")
    with page.expect_response(lambda response: "/api/comment/" in response.url and response.request.method == "PUT"):
        page.fill("[id=ex1_5-comment]", "And the padding?")
        page.press("[id=ex1_5-comment]", "Tab")
    (mark,) = gradebook.marks(course)
    assert (mark.points, mark.possible, mark.by_hand) == (3.5, 5, False)
    feedback.write(course, [NAME])
    assert "And the padding?" in course.feedback("ann", NAME).read_text(encoding="utf-8")


@pytest.mark.parametrize("size", ["screen", "phone"])
def test_a_student_s_page_is_readable_and_asks_no_other_host(course, visit, served, axe, size):
    feedback.write(course, [NAME])
    path = course.feedback("ann", NAME)
    screen = visit(size)
    screen.page.goto(f"{served(path.parent)}/{path.name}")
    assert screen.sideways() <= 0
    assert "of 5 points" in screen.page.inner_text("main")
    assert "<script>" in screen.page.inner_text("main")
    assert screen.page.title() == "01 · Tiny"
    axe(screen.page)
