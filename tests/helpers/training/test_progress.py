"""One line an epoch, on a terminal and in a notebook."""

import os
import subprocess
import sys
import time

import nbformat
import pytest
import small_training
from nbclient import NotebookClient

from helpers import places, training


@pytest.mark.parametrize("name", small_training.RECIPES)
def test_a_terminal_gets_one_line_per_epoch(tmp_path, capsys, eagerly, name):
    small_training.train(tmp_path, small_training.RECIPES[name], progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:8] for line in lines] == ["epoch  1", "epoch  2", "epoch  3", "epoch  4"]
    assert all("val accuracy" in line and line.endswith("s left") for line in lines)


class Handle:
    """What a notebook shows, one text after the other."""

    def __init__(self):
        self.texts = []

    def update(self, data, raw):
        self.texts.append(data["text/plain"])


def test_a_notebook_sees_once_a_second_how_much_of_an_epoch_is_done(monkeypatch):
    shown, seconds = training.Progress(epochs=2), 0.0
    monkeypatch.setattr(time, "perf_counter", lambda: seconds)
    shown.set_params({"epochs": 2, "steps": 10})
    shown.on_train_begin()
    shown.handle, shown.updated = Handle(), shown.began
    for batch in range(10):
        seconds += 0.4
        shown.on_train_batch_end(batch)
    assert [text.partition(":")[2].split(",")[0] for text in shown.handle.texts] == [" 30%", " 60%", " 90%"]
    assert all(text.startswith("epoch 1 of 2") and text.endswith("s left") for text in shown.handle.texts)
    shown.on_epoch_end(0, {"loss": 1.0})
    shown.on_train_end()
    assert shown.handle.texts[-1] == "epoch  1   loss 1.000"


NOTEBOOK = (
    "from helpers import start\nstart.lesson()",
    """import numpy as np
import keras
from helpers.training import Progress
keras.utils.set_random_seed(0)
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2)])
model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
x, y = np.eye(4, dtype="float32"), np.array([0, 1, 0, 1])
history = model.fit(x, y, epochs=3, verbose=0, validation_data=(x, y), callbacks=[Progress()])""",
    """stopped = model.fit(x, y, epochs=5, verbose=0, callbacks=[Progress(),
    keras.callbacks.EarlyStopping("loss", mode="max", patience=1)])""",
)


@pytest.mark.long
def test_a_notebook_keeps_the_lines_and_drops_the_times(tmp_path):
    """Executed as `make regenerate` does, then run again as `make test` does."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in NOTEBOOK])
    client = NotebookClient(
        notebook, timeout=300, coalesce_streams=True, record_timing=False, resources={"metadata": {"path": tmp_path}}
    )
    path = os.pathsep.join([str(places.ROOT), *sys.path])
    client.execute(env=os.environ | {"PYTHONPATH": path})
    for cell, epochs in ((notebook.cells[1], 3), (notebook.cells[2], 2)):
        (output,) = cell.outputs
        assert output.output_type == "display_data"
        lines = output.data["text/plain"].splitlines()
        assert [line[:8] for line in lines] == [f"epoch {number:2d}" for number in range(1, epochs + 1)]
        assert "left" not in output.data["text/plain"]
        assert "loss" in lines[0]
    nbformat.write(notebook, tmp_path / "small.ipynb")
    again = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env", "."],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert again.returncode == 0, again.stdout
