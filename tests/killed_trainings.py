"""A training in a process of its own, for the campaign that kills it at random moments."""

import contextlib
import io
from pathlib import Path

import numpy as np

from helpers import start

with start.quiet():
    import small_training


def train(kind, folder, result):
    """Train a kind of recipe with backups in a folder; figures, weights and the first line go to a file ``result``."""
    start.lesson()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        model, history = small_training.train(folder, small_training.RECIPES[kind], progress=True)
    part = Path(result).with_suffix(".part")
    with part.open("wb") as file:
        figures = [history[name] for name in small_training.FIGURES]
        np.savez(file, *model.get_weights(), figures=figures, said=said.getvalue().splitlines()[0])
    part.replace(result)
