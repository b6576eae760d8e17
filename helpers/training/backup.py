"""The state of a training after its last finished epoch, on disk, so that a killed one goes on."""

import contextlib
import hashlib
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
        self.failed = False

    def restore(self, model: keras.Model, lookahead: Lookahead | None = None) -> dict[str, list[float]] | None:
        """Load the state into the model and return the history; None, and put aside, when it cannot be read."""
        if not os.path.exists(self.record):
            return {key: [] for key in HISTORY_KEYS}
        try:
            record = json.loads(self.record.read_text(encoding="utf-8"))
            history = record["history"]
            epoch = len(history["loss"])
            if record["sha256"] != self._digest(history, record["random_states"]):
                raise ValueError("Somebody has changed it, or it is of another training.")
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
            with contextlib.suppress(OSError):
                self.folder.rename(aside)
            kept = f"It is kept as {aside.name}; the" if aside.exists() else "The"
            problem = f"The backup of this training cannot be read ({type(error).__name__})"
            print(f"{problem}. {kept} training begins anew.", flush=True)
            return None

    def save(self, model: keras.Model, history: dict[str, list[float]], lookahead: Lookahead | None = None) -> None:
        """Write the state after the last epoch of the history, then drop the one before; a full disk is told once."""
        epoch, part = len(history["loss"]), self.record.with_name(f"{self.record.name}.{os.getpid()}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            model.save_weights(self.folder / f"{epoch}.weights.h5")
            if lookahead:
                np.savez(self.folder / f"{epoch}.npz", *[slow.numpy() for slow in lookahead.slow])
            states = [keras.ops.convert_to_numpy(state).tolist() for state in _random_states(model)]
            record = {"history": history, "random_states": states, "sha256": self._digest(history, states)}
            part.write_text(json.dumps(record), encoding="utf-8")
            os.replace(part, self.record)
            gone = epoch - 1
        except Exception as error:  # the training is worth more than its backup
            if not self.failed:
                print(f"No backup after epoch {epoch} ({error}): the training goes on without.", flush=True)
            self.failed, gone = True, epoch
        for name in (f"{gone}.weights.h5", f"{gone}.npz", part.name):
            with contextlib.suppress(OSError):
                (self.folder / name).unlink()

    def remove(self) -> None:
        """Forget the training: it is finished."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _digest(self, history: dict[str, list[float]], states: list) -> str:
        """The SHA-256 of everything that is kept, and of the folder's name: whose training it is."""
        whole = hashlib.sha256(json.dumps([self.folder.name, history, states]).encode())
        for kind in ("weights.h5", "npz"):
            if (path := self.folder / f"{len(history['loss'])}.{kind}").is_file():
                whole.update(path.read_bytes())
        return whole.hexdigest()


def _random_states(model: keras.Model) -> list:
    """The random states of dropout and other layers that draw, which Keras does not write into a weights file."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]
