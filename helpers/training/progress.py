"""How a training gets on."""

import time

import keras
from IPython import get_ipython
from IPython.display import DisplayHandle


class Progress(keras.callbacks.Callback):
    """One line per epoch, with the time left while it runs; a notebook's finished output keeps the figures alone.

    A notebook also sees how much of an epoch is done, about once a second.
    """

    def __init__(self, epochs: int | None = None, done: dict[str, list[float]] | None = None):
        super().__init__()
        self.epochs = epochs
        self.lines = [_line(epoch, done) for epoch in range(len(done["loss"]))] if done else []
        self.resumed_after = len(self.lines)
        self.handle = None
        self.began = self.updated = None

    def on_train_begin(self, logs=None):
        if self.began is None:
            self.began = time.perf_counter()
            self.epochs = self.epochs or self.params["epochs"]
            if getattr(get_ipython(), "kernel", None):
                self.handle = DisplayHandle()
                self.updated = self.began
                self.handle.display(self._text(f"epoch {len(self.lines) + 1} of {self.epochs} is running"), raw=True)
            elif self.lines:
                print(f"going on after epoch {len(self.lines)}", flush=True)

    def on_train_batch_end(self, batch, logs=None):
        steps = self.params.get("steps")  # None where the length of a dataset is not known
        if self.handle is None or not steps or time.perf_counter() - self.updated < 1:
            return
        self.updated = time.perf_counter()
        share = (batch + 1) / steps
        done = len(self.lines) - self.resumed_after + share
        left = (self.updated - self.began) / done * (self.epochs - len(self.lines) - share)
        running = f"epoch {len(self.lines) + 1} of {self.epochs}: {share:.0%}, about {_clock(left)} left"
        self.handle.update(self._text(running), raw=True)

    def on_epoch_end(self, epoch, logs=None):
        # The epoch that Keras counts starts anew in each call of fit, so the lines are counted here.
        number = len(self.lines)
        self.lines.append(_line(number, {key: {number: value} for key, value in (logs or {}).items()}))
        done = len(self.lines) - self.resumed_after
        left = (time.perf_counter() - self.began) / done * (self.epochs - len(self.lines))
        if self.handle is None:
            print(f"{self.lines[-1]}   {_clock(left)} left", flush=True)
        else:
            self.handle.update(self._text(f"about {_clock(left)} left"), raw=True)

    def on_train_end(self, logs=None):
        # Also a training that stops early (early stopping, an interrupt) must not keep its "time left".
        if self.handle is not None and self.lines:
            self.handle.update(self._text(), raw=True)

    def _text(self, *last: str) -> dict[str, str]:
        return {"text/plain": "\n".join([*self.lines, *last])}


def _line(epoch: int, history: dict) -> str:
    shown = {"loss": "loss", "accuracy": "accuracy", "val_loss": "val loss", "val_accuracy": "val accuracy"}
    figures = "   ".join(f"{label} {history[key][epoch]:.3f}" for key, label in shown.items() if key in history)
    return f"epoch {epoch + 1:2d}   {figures}"


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
