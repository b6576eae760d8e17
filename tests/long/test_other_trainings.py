"""Lessons on Shapes-10 with weights that are changed by a millionth: what they assert of a training holds there too.

Another processor rounds other sums, and the same seed ends in another network. So a lesson may assert of what it trains
only what any such training gives, and the rest of the stored networks alone.
"""

import subprocess
import sys

import pytest

from tools.commands import NBVAL
from tools.lessons import find

STARTUP = """
from pathlib import Path
from helpers import places, start

places.BUILD = Path({build!r})  # nothing that was trained as usual
lesson = start.lesson

def with_other_rounding():
    lesson()
    import keras
    import numpy as np
    fit = keras.Model.fit

    def perturbed(model, *given, **settings):
        if not int(model.optimizer.iterations):
            generator = np.random.default_rng({number})
            for weight in model.trainable_weights:
                share = 1 + 1e-6 * generator.standard_normal(weight.shape)
                weight.assign(weight.numpy() * share.astype("float32"))
        return fit(model, *given, **settings)

    if fit.__name__ != perturbed.__name__:
        keras.Model.fit = perturbed

start.lesson = with_other_rounding
"""


@pytest.mark.parametrize("number", [1, 2, 3])
def test_lessons_hold_for_other_trainings(tmp_path, number):
    startup = tmp_path / "ipython" / "profile_default" / "startup" / "00-rounding.py"
    startup.parent.mkdir(parents=True)
    startup.write_text(STARTUP.format(build=str(tmp_path / "build"), number=number))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--dist", "loadfile", "-n", "2", "-p", "no:cacheprovider", *NBVAL]
        + [str(lesson.path) for lesson in find.find()],
        env=find.variables(CNN_DATASET="shapes10", IPYTHONDIR=str(tmp_path / "ipython")),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-20_000:]
    assert list((tmp_path / "build" / "trained").glob("*.weights.h5")), "the startup file was not run"
