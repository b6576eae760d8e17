"""Processes that write lessons without an end, for campaigns that kill them: each edition has another count in it."""

import contextlib
import io
import itertools
from argparse import Namespace
from pathlib import Path

import nbformat

from tools.lessons import execute, files, find, regenerate, student, workspace

LONG = " and more" * 20_000


def begin(folder: Path) -> Path:
    """Let the folder be that of all lessons, of which it has one; returns it."""
    find.NOTEBOOKS, find.STUDENT, find.WORK = folder, folder / "student", folder / "work"
    return folder / "01_first.ipynb"


def edition(path: Path, text: str) -> dict:
    made = files.read(path)
    made["cells"][0]["source"] = text + LONG
    files.sign(made)
    return made


def lab(folder: Path, begin_at: int) -> None:
    """New editions, and what ``lab`` makes of them."""
    path = begin(folder)
    for count in itertools.count(begin_at):
        files.write(find.STUDENT / path.name, files.text(edition(path, f"edition {count}")))
        with contextlib.redirect_stdout(io.StringIO()):
            workspace.prepare()
        (folder / "ready").touch()


def answers(folder: Path, begin_at: int) -> None:
    """Somebody types an answer into the student edition and saves it, then it is made anew."""
    path = begin(folder)
    lessons = find.find()
    for count in itertools.count(begin_at):
        new = nbformat.from_dict(edition(path, f"edition {count}"))
        student.generate = lambda paths, new=new: {path.name: new}
        made = edition(path, "")
        made["cells"][0]["source"] = f"answer {count}"
        files.write(find.STUDENT / path.name, files.text(made))
        (folder / f"saved-{count}").touch()
        with contextlib.redirect_stdout(io.StringIO()):
            student.write(lessons)
        (folder / "ready").touch()


def outputs(folder: Path, begin_at: int) -> None:
    """``regenerate``, with a kernel that needs no time."""
    begin(folder)
    regenerate.DATASET = "shapes10"
    regenerate.BUILD = folder / "build"
    regenerate.derive = lambda lessons, tables: None
    regenerate.prepared = lambda path: (path.read_bytes(), path.read_text(encoding="utf-8"))
    arguments = Namespace(lesson=[], jobs=1, all=True, list=False, trust_stored=False)
    for count in itertools.count(begin_at):

        def at_once(paths, dataset, timeout, jobs, done, count=count, **others):
            made = files.read(paths[0])
            made["cells"][0]["outputs"][0]["text"] = [f"new {count}{LONG}"]
            done(paths[0], {"notebook": files.text(made), "seconds": 1.0, "cells": {}, "problem": ""})

        execute.execute_lessons = at_once
        with contextlib.redirect_stdout(io.StringIO()):
            regenerate.main(arguments)
        (folder / "ready").touch()
