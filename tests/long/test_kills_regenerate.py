"""SIGKILL at random moments of what writes lessons: every notebook is whole, old or new, and nobody's work is gone."""

import itertools
import json
import multiprocessing
import os
import random
import signal
import sys
import time

import lesson_writers
import nbformat
import pytest
from tools_notebooks import notebook_with, printed, start, wait_for

from tools.lessons import files

KILLS = 50
WHOLE = """
import argparse, pathlib, sys
from tools.lessons import find, regenerate

if __name__ == "__main__":
    find.NOTEBOOKS = pathlib.Path(sys.argv[1])
    regenerate.DATASET = "shapes10"
    regenerate.BUILD = find.NOTEBOOKS / "build"
    regenerate.derive = lambda lessons, tables: None
    parser = argparse.ArgumentParser()
    regenerate.add_arguments(parser)
    regenerate.main(parser.parse_args([]))
"""


@pytest.fixture
def folder(tmp_path):
    notebook_with(tmp_path / "01_first.ipynb", "print('new')")
    return tmp_path


def killings(write, folder, seconds):
    """Start a process that writes, kill it at a random moment, and hand over, fifty times."""
    # The server that forks imports once what all of these processes need.
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["lesson_writers"])
    chance, ready = random.Random(0), folder / "ready"
    for kill in range(KILLS):
        ready.unlink(missing_ok=True)
        process = context.Process(target=write, args=(folder, 1_000_000 * kill))
        process.start()
        wait_for(lambda: ready.exists() or not process.is_alive())  # noqa: B023
        time.sleep(chance.uniform(0, seconds))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        yield kill


def whole(folder):
    """The notebooks of a folder, each of which is one."""
    found = {path: files.notebook(path.read_bytes()) for path in folder.glob("*.ipynb")}
    assert all(found.values()), [path for path, made in found.items() if not made]
    return found


def test_lab_copies_whole_lessons_and_keeps_the_students(folder):
    mine, noted = folder / "work" / "01_first.ipynb", folder / "work" / ".editions.json"
    for kill in killings(lesson_writers.lab, folder, 0.3):
        if kill:
            assert mine.read_bytes() == b"my own words"
        mine.write_bytes(b"my own words")
        offered = [path for path in (folder / "work").glob("*.ipynb") if path != mine]
        assert offered or not kill
        for path in offered:
            nbformat.validate(nbformat.read(path, as_version=4))
            path.unlink()
        whole(folder / "student")
        assert not noted.exists() or json.loads(noted.read_bytes())


def test_student_keeps_every_answer(folder):
    for _ in killings(lesson_writers.answers, folder, 0.3):
        there = [*whole(folder / "student").values(), *whole(folder / "work").values()]
        sources = {files.source(made["cells"][0]) for made in there}
        saved = [path.name.removeprefix("saved-") for path in folder.glob("saved-*")]
        assert saved
        assert {f"answer {count}" for count in saved} <= sources
        for path in itertools.chain((folder / "work").glob("*"), folder.glob("saved-*")):
            path.unlink()
        (folder / "student" / "01_first.ipynb").unlink()


def test_regenerate_leaves_the_old_lesson_or_a_new_one(folder):
    seen = set()
    for _ in killings(lesson_writers.outputs, folder, 0.3):
        whole(folder)
        text = printed(folder / "01_first.ipynb")
        assert text.startswith("new ")
        assert text.endswith(lesson_writers.LONG)
        seen.add(text[:20])
    assert len(seen) == KILLS


def test_regenerate_with_its_kernel_is_killed_at_any_moment(folder):
    """A whole process each time, from its start to after its end; what its kernel needs is measured once."""
    began = time.monotonic()
    assert start(WHOLE, folder).wait() == 0
    seconds, chance, ends = time.monotonic() - began, random.Random(0), {"old\n": 0, "new\n": 0}
    for _ in range(KILLS):
        notebook_with(folder / "01_first.ipynb", "print('new')")
        process = start(WHOLE, folder)
        time.sleep(chance.uniform(0, 1.2 * seconds))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert len(whole(folder)) == 1
        ends[printed(folder / "01_first.ipynb")] += 1
    assert ends["old\n"], ends
