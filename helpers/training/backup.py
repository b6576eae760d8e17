"""The state of a training after its last finished epoch, on disk, so that a killed one goes on."""

import json
import os
import shutil
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from helpers.training.lookahead import Lookahead

HISTORY_KEYS = ("loss", "accuracy", "val_loss", "val_accuracy", "seconds")


class Backup:
    """Weights and optimizer, the slow weights of Lookahead, the history, and what dropout draws next.

    The history is renamed last, so that a kill at any moment leaves either the old state or the new one.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.record = folder / "state.json"

    def restore(self, model: keras.Model, lookahead: Lookahead | None = None) -> dict[str, list[float]] | None:
        """Load the state into the model and return the history; None, and put aside, when it cannot be read."""
        if not self.record.is_file():
            return {key: [] for key in HISTORY_KEYS}
        try:
            record = json.loads(self.record.read_text(encoding="utf-8"))
            history = {key: list(record["history"][key]) for key in HISTORY_KEYS}
            epoch = len(history["loss"])
            model.optimizer.build(model.trainable_variables)
            model.load_weights(self.folder / f"{epoch}.weights.h5")
            for state, value in zip(_random_states(model), record["random_states"], strict=True):
                state.assign(value)
            if lookahead:
                with np.load(self.folder / f"{epoch}.npz") as slow:
                    lookahead.slow = [tf.constant(slow[name]) for name in slow.files]
            return history
        except Exception as error:  # h5py, NumPy, Keras and json each have their own errors for a damaged file
            number = 1
            while (aside := self.folder.with_name(f"{self.folder.name}-damaged-{number}")).exists():
                number += 1
            self.folder.rename(aside)
            kept = f"It is kept as {aside.name}; the training begins anew."
            print(f"The backup of this training cannot be read ({type(error).__name__}). {kept}", flush=True)
            return None

    def save(self, model: keras.Model, history: dict[str, list[float]], lookahead: Lookahead | None = None) -> None:
        """Write the state after the last epoch of the history, then drop the one before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        epoch = len(history["loss"])
        model.save_weights(self.folder / f"{epoch}.weights.h5")
        if lookahead:
            np.savez(self.folder / f"{epoch}.npz", *[slow.numpy() for slow in lookahead.slow])
        states = [keras.ops.convert_to_numpy(state).tolist() for state in _random_states(model)]
        part = self.record.with_name(self.record.name + ".part")
        part.write_text(json.dumps({"history": history, "random_states": states}), encoding="utf-8")
        os.replace(part, self.record)
        for old in (f"{epoch - 1}.weights.h5", f"{epoch - 1}.npz"):
            (self.folder / old).unlink(missing_ok=True)

    def remove(self) -> None:
        """Forget the training: it is finished."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _random_states(model: keras.Model) -> list:
    """The random states of dropout and other layers that draw, which Keras does not write into a weights file."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]
