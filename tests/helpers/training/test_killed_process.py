"""A training whose process is killed goes on, in another process, to the same end."""

import os
import signal
import subprocess
import sys

import pytest
from small_training import RECIPES, assert_same_end, figures, train

from helpers import places

KILLED = """
import os, signal, sys
from pathlib import Path
from helpers import start
start.lesson()
import small_training
from helpers.training import loop

kind, epoch, folder = sys.argv[1:]

class Kill(small_training.StopInEpoch):
    epoch = int(epoch)

    def stop(self):
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

loop.Progress = Kill
small_training.train(folder, small_training.RECIPES[kind], progress=True)
print("not killed")
"""


def killed_in(kind, epoch, folder):
    """The lines that a training printed before it was killed in the middle of that epoch."""
    path = os.pathsep.join([str(places.ROOT), str(places.ROOT / "tests")])
    child = subprocess.run(
        [sys.executable, "-c", KILLED, kind, str(epoch), str(folder)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert child.returncode != 0, child.stdout
    if hasattr(signal, "SIGKILL"):
        assert child.returncode == -signal.SIGKILL, child.stderr[-999:]
    return child.stdout.splitlines()


# Every day, lesson 06 kills a training and goes on, and test_resume.py stops one inside its process.
# The fast recipe sees small images in its first two epochs, whole ones in the other two.
@pytest.mark.long
@pytest.mark.parametrize(("kind", "epochs"), [("fast", (3,)), ("fast", (2, 4)), ("tutorial", (3,))])
def test_a_killed_process_goes_on_to_the_same_end(tmp_path, compiled, capsys, kind, epochs):
    folder, done = tmp_path / "killed", 0
    for epoch in epochs:
        said = killed_in(kind, epoch, folder)
        resumed = [f"going on after epoch {done}"] if done else []
        whole = [f"epoch {number:2d}" for number in range(done + 1, epoch)]
        assert [line[: len(begin)] for line, begin in zip(said, resumed + whole, strict=True)] == resumed + whole
        done = epoch - 1
    model, history = train(folder, RECIPES[kind], progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"going on after epoch {done}"
    assert [line[:8] for line in lines[1:]] == [f"epoch {number:2d}" for number in range(done + 1, 5)]
    assert not any(folder.iterdir()), "a finished training leaves no backup"
    untouched, expected = train(tmp_path / "undisturbed", RECIPES[kind])
    assert_same_end(model, history, untouched.get_weights(), figures(expected))
