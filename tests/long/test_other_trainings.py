"""Lessons on Shapes-10 with other random weights at the start: what they assert of a network trained there holds too.

Another processor rounds other sums, and the same seed gives another network. So a lesson may assert of it only what
any training gives, and the rest of the stored networks alone.
"""

import subprocess
import sys

import pytest

from tools.commands import CELL_TIMEOUT
from tools.lessons import find

STARTUP = """
from pathlib import Path
from helpers import places, start

places.BUILD = Path({build!r})  # nothing that was trained with the usual seeds
lesson = start.lesson

def with_other_seeds():
    lesson()
    import keras
    usual = keras.utils.set_random_seed
    if usual.__module__.startswith("keras"):
        keras.utils.set_random_seed = lambda seed: usual(seed + {shift})

start.lesson = with_other_seeds
"""


@pytest.mark.parametrize("shift", [100, 200, 300])
def test_lessons_hold_for_other_trainings(tmp_path, shift):
    startup = tmp_path / "ipython" / "profile_default" / "startup" / "00-seeds.py"
    startup.parent.mkdir(parents=True)
    startup.write_text(STARTUP.format(build=str(tmp_path / "build"), shift=shift))
    nbval = ["--nbval-lax", "--nbval-current-env", f"--nbval-cell-timeout={CELL_TIMEOUT}", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--dist",
            "loadfile",
            "-n",
            "2",
            *nbval,
            *(str(lesson.path) for lesson in find.find()),
        ],
        env=find.variables(CNN_DATASET="shapes10", IPYTHONDIR=str(tmp_path / "ipython")),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-20_000:]
    assert list((tmp_path / "build" / "trained").glob("*.weights.h5")), "the startup file was not run"
