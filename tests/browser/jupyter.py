"""JupyterLab as ``python -m tools lab`` starts it, with a lesson that is open in a browser.

What a person does is done with mouse and keyboard; what came out is read from JupyterLab's own model of the notebook,
which its setting ``expose_app_in_browser`` shows to scripts.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from browser.visits import SIZES, Visit
from playwright.sync_api import Browser, Locator

from tools.lessons import find

# The command, with a folder of its own instead of work/.
PROGRAM = (
    "import argparse, pathlib, sys; from tools.lessons import find, lab; find.WORK = pathlib.Path(sys.argv[1]);"
    "lab.main(argparse.Namespace(complete=False, rest=sys.argv[2:]))"
)
START = 90  # seconds that the server and the page may take on a busy machine
RUN = 600  # and a lesson
NOTEBOOK = "jupyterapp.shell.currentWidget"
CELLS = f"""() => [...{NOTEBOOK}.content.model.cells].map(cell => ({{
    id: cell.id, kind: cell.type, source: cell.sharedModel.source, tags: cell.getMetadata("tags") ?? [],
    count: cell.executionCount ?? null, running: cell.executionState === "running",
    outputs: cell.outputs ? cell.outputs.toJSON() : []}}))"""


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of a JupyterLab whose folder ``work`` is there, with a token; ``{}`` in it stands for the path."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = folder / "home"
    home.mkdir()
    options = [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=of-a-test"]
    options += ["--no-browser", "--LabApp.expose_app_in_browser=True"]
    # Nothing that the user of this machine has set changes what is tested.
    own = {"HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "jupyter"), "CNN_DATASET": "shapes10"}
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder / "work"), *options],
            cwd=find.ROOT,
            env=find.variables(**own),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}{{}}?token=of-a-test"
            _wait_for(process, address.format("/api/status"))
            yield address
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def _wait_for(process: subprocess.Popen, address: str) -> None:
    end = time.monotonic() + START
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            assert process.poll() is None, "JupyterLab has ended"
            assert time.monotonic() < end, f"no JupyterLab after {START} s"
            time.sleep(0.2)


@dataclass
class Cell:
    """What JupyterLab knows of one cell; ``number`` counts from 0."""

    number: int
    id: str
    kind: str
    source: str
    tags: list[str]
    count: int | None
    running: bool
    outputs: list[dict]

    def text(self) -> str:
        """Everything that its outputs show as text."""
        parts = []
        for output in self.outputs:
            found = output.get("text", output.get("traceback", output.get("data", {}).get("text/plain", "")))
            parts.append(found if isinstance(found, str) else "\n".join(found))
        return "\n".join(parts)

    def errors(self) -> list[str]:
        return [f"{each['ename']}: {each['evalue']}" for each in self.outputs if each["output_type"] == "error"]


@contextmanager
def opened(browser: Browser, address: str, name: str, size: str | tuple[int, int] = "screen") -> Iterator[Lesson]:
    """A lesson in JupyterLab; its page must have no fault at the end."""
    visit = Visit(browser, SIZES.get(size, size))
    try:
        lesson = Lesson(visit, address, name)
        yield lesson
        assert not visit.faults(), "\n".join(visit.faults())
        lesson.end_kernel()
    finally:
        visit.close()


class Lesson:
    """A lesson that is open in JupyterLab."""

    def __init__(self, visit: Visit, address: str, name: str):
        self.visit, self.page = visit, visit.page
        # A workspace for each lesson: two pages with the same one would take each other's tabs.
        self.page.goto(address.format(f"/lab/workspaces/{name[:2]}/tree/{name}"))
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=START * 1000)
        self._wait_until("session?.kernel?.status === 'idle'", START)

    def cells(self) -> list[Cell]:
        return [Cell(number, **facts) for number, facts in enumerate(self.page.evaluate(CELLS))]

    def cell(self, name: str) -> Cell:
        return next(cell for cell in self.cells() if cell.id == name)

    def run_all(self) -> float:
        """Run > Run All Cells; the seconds until the kernel had nothing more to do."""
        begin = time.monotonic()
        self.menu("Run", "Run All Cells")
        self._wait_for_results(RUN, settled=2.0)
        return time.monotonic() - begin - 2.0

    def menu(self, *names: str) -> None:
        for name in names:
            with_shortcut = re.compile(rf"^{re.escape(name)}(\s+(\w, \w|Ctrl|Shift).*)?$")
            self.page.get_by_role("menuitem", name=with_shortcut).click()

    def show(self, name: str) -> Locator:
        """The element of a cell, where a reader has scrolled to it, whatever was folded."""
        number = self.cell(name).number
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:expand-all-headings')")
        self.page.evaluate(f"async () => {{ await {NOTEBOOK}.content.scrollToItem({number}, 'start'); }}")
        element = self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{number}"]')
        element.scroll_into_view_if_needed()
        return element

    def write(self, name: str, source: str) -> Cell:
        """Replace what stands in a code cell, and run it by Shift+Enter."""
        self.show(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        return self.run(name)

    def run(self, name: str) -> Cell:
        """Click into a code cell and press Shift+Enter."""
        self.show(name).locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        self._wait_for_results(START)
        return self.cell(name)

    def restart(self) -> None:
        """Kernel > Restart Kernel..., and Restart in the dialog."""
        before = self.page.evaluate(f"() => {NOTEBOOK}.sessionContext.session.kernel.id")
        self.page.evaluate(
            f"""() => {{ window.restarted = false; {NOTEBOOK}.sessionContext.statusChanged.connect(
                (_, status) => {{ if (status.includes("restarting")) window.restarted = true; }}); }}"""
        )
        self.menu("Kernel", "Restart Kernel…")
        self.page.locator(".jp-Dialog").get_by_role("button", name="Confirm Kernel Restart").click()
        self.page.wait_for_function("() => window.restarted", timeout=START * 1000)
        self._wait_until("session?.kernel?.status === 'idle'", START)
        assert self.page.evaluate(f"() => {NOTEBOOK}.sessionContext.session.kernel.id") == before

    def end_kernel(self) -> None:
        """So that the next lesson has the memory."""
        self.page.evaluate(f"async () => {{ await {NOTEBOOK}.sessionContext.shutdown(); }}")

    def has_run(self) -> None:
        """Assert that every cell was executed, and that none failed but those that may."""
        for cell in self.cells():
            if cell.kind == "code":
                assert cell.count, f"{cell.id} was not executed"
                assert "raises-exception" in cell.tags or not cell.errors(), f"{cell.id}: {cell.errors()}"
                assert not any(each.get("name") == "stderr" for each in cell.outputs), f"{cell.id}: {cell.text()}"

    def control(self, name: str, description: str) -> Locator:
        """The handle of a slider, or a list to choose from, by the word before it, in the output of a cell."""
        row = self.show(name).locator(f'.widget-inline-hbox:has(> label:text-is("{description}"))')
        return row.locator(".noUi-handle, select")

    def figure(self, name: str) -> str:
        """The words of the figure that the controls of a cell have drawn."""
        return self._image(name).get_attribute("alt")

    @contextmanager
    def redraws(self, name: str) -> Iterator[None]:
        """What is done inside changes the figure of a cell's controls."""
        before = self._image(name).get_attribute("src")
        yield
        end = time.monotonic() + START
        while self._image(name).get_attribute("src") == before:
            assert time.monotonic() < end, f"the figure of {name} has not changed"
            self.page.wait_for_timeout(50)
        self._wait_for_results(START)

    def _image(self, name: str) -> Locator:
        return self.show(name).locator(".widget-output img")

    def _wait_for_results(self, seconds: float, settled: float = 0.5) -> None:
        """Until the kernel has had nothing to do for a while: between two cells it is idle for a moment.

        After an error that a lesson allows, JupyterLab no longer marks those cells that still wait.
        """
        self.page.evaluate("() => { window.busy = performance.now(); }")
        self._wait_until(
            "(session?.kernel?.status !== 'idle' || [...notebook.content.model.cells].some("
            "cell => cell.executionState === 'running')) ? (window.busy = performance.now(), false)"
            f" : performance.now() - window.busy > {settled * 1000}",
            seconds,
        )

    def _wait_until(self, condition: str, seconds: float) -> None:
        self.page.wait_for_function(
            f"() => {{ const notebook = {NOTEBOOK}, session = notebook?.sessionContext?.session;"
            f" return {condition}; }}",
            timeout=seconds * 1000,
            polling=200,
        )
