"""The course's folder: a real one of nbgrader, with one assignment a lesson, named like its file.

It lies beside ``notebooks``, git ignores it, and nothing in it but ``release`` is for students.
"""

from __future__ import annotations

import argparse
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from helpers.places import ROOT
from tools.lessons import files, student

FOLDER = ROOT / "course"
CONFIG = f'''\
"""Settings of nbgrader for this course. Written by python -m tools handout where there were none; yours to change."""

c = get_config()  # noqa: F821
c.ClearSolutions.code_stub = {{"python": "{student.STUB}"}}
c.ClearSolutions.text_stub = "{student.ANSWER}"
c.Execute.timeout = 90  # seconds a cell; its own limit is 30
try:
    from tools.grading import formgrader
except ImportError:  # in another environment than the project's
    pass
else:
    formgrader.settle(c)  # formulas in formgrader, without a network
'''


@dataclass(frozen=True)
class Course:
    """Where everything of one course lies. ``lesson`` is a file's name without its end, such as ``04_first_cnn``."""

    folder: Path = FOLDER

    @property
    def gradebook(self) -> Path:
        """nbgrader's database of marks."""
        return self.folder / "gradebook.db"

    @property
    def records(self) -> Path:
        """What grading one submission gave, kept so that an interruption loses nothing."""
        return self.folder / "records"

    @property
    def lessons(self) -> list[str]:
        """The lessons that were handed out, in order."""
        return sorted(path.stem for path in (self.folder / "source").glob("*/[0-9][0-9]_*.ipynb"))

    @property
    def secret(self) -> str:
        """What the hidden cases of this course are drawn from: made once, never handed out."""
        return self.kept("secret.txt", secrets.token_hex(16))

    def source(self, lesson: str) -> Path:
        """The lesson with solutions and hidden tests, without notes for the instructor."""
        return self.folder / "source" / lesson / f"{lesson}.ipynb"

    def release(self, lesson: str) -> Path:
        """What students get: the student edition."""
        return self.folder / "release" / lesson / f"{lesson}.ipynb"

    def rubric(self, lesson: str) -> Path:
        """For each free text what to look for: JSON, grade_id -> Markdown."""
        return self.folder / "rubrics" / f"{lesson}.json"

    def submitted(self, student: str, lesson: str) -> Path:
        """What a student handed in."""
        return self.folder / "submitted" / student / lesson / f"{lesson}.ipynb"

    def autograded(self, student: str, lesson: str) -> Path:
        """The same, executed and graded, with rubrics: what formgrader shows."""
        return self.folder / "autograded" / student / lesson / f"{lesson}.ipynb"

    def feedback(self, student: str, lesson: str) -> Path:
        """The page that a student gets back."""
        return self.folder / "feedback" / student / lesson / f"{lesson}.html"

    def prepared(self) -> Course:
        """The course, with its folder and nbgrader's settings in it. Raises SystemExit where they cannot be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SystemExit(f"{self.folder} cannot be the course's folder: {error.strerror}.") from None
        self.kept("nbgrader_config.py", CONFIG)
        assert self.secret
        return self

    def kept(self, name: str, new: str) -> str:
        """What a file of the course holds; ``new`` is written where there is none.

        Raises SystemExit where it cannot be.
        """
        path = self.folder / name
        try:
            if files.swap(path, None, new):
                os.chmod(path, 0o600)
            return path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise SystemExit(f"{path} cannot be read or written: {error}.") from None

    def settings(self):
        """nbgrader's settings for this course, those of its ``nbgrader_config.py`` included."""
        from traitlets.config import Config, PyFileConfigLoader

        config = Config(PyFileConfigLoader("nbgrader_config.py", path=str(self.folder)).load_config())
        config.CourseDirectory.root = str(self.folder)
        config.CourseDirectory.db_url = f"sqlite:///{self.gradebook}"
        return config

    def handed_out(self, lesson: str) -> None:
        """Raise SystemExit with a sentence where this lesson was never handed out in this course."""
        if not self.source(lesson).is_file():
            known = ", ".join(self.lessons) or "none"
            raise SystemExit(
                f"{lesson} was not handed out from {self.folder} (handed out: {known}). "
                f"Call python -m tools handout --lesson {lesson[:2]} first."
            )


def add_course_argument(parser: argparse.ArgumentParser) -> None:
    """``--course``: another folder than ``course``."""
    parser.add_argument(
        "--course", type=Path, default=FOLDER, metavar="FOLDER", help="the course's folder; course/ when left out"
    )
