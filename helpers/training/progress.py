"""One line per epoch, with the time left while a training runs."""

import time

import keras


class Progress(keras.callbacks.Callback):
    """One line per epoch, with the time left while it runs.

    In a notebook the finished output keeps the figures and drops the times, so that two runs store the
    same text. Pass it to ``fit(..., verbose=0, callbacks=[Progress()])``.
    """

    def __init__(self, epochs: int | None = None, done: dict[str, list[float]] | None = None):
        super().__init__()
        self.epochs = epochs
        self.lines = [_line(epoch, done) for epoch in range(len(done["loss"]))] if done else []
        self.resumed_after = len(self.lines)
        self.handle = None
        self.began = None

    def on_train_begin(self, logs=None):
        if self.began is None:
            self.began = time.perf_counter()
            self.epochs = self.epochs or self.params["epochs"]
            if _in_notebook():
                from IPython.display import display

                running = f"epoch {len(self.lines) + 1} of {self.epochs} is running"
                self.handle = display(_Text("\n".join([*self.lines, running])), display_id=True)
            elif self.lines:
                print(f"going on after epoch {len(self.lines)}", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        # The epoch that Keras counts starts anew in each call of fit, so the lines are counted here.
        number = len(self.lines)
        self.lines.append(_line(number, {key: {number: value} for key, value in (logs or {}).items()}))
        done = len(self.lines) - self.resumed_after
        left = (time.perf_counter() - self.began) / done * (self.epochs - len(self.lines))
        if self.handle is None:
            print(f"{self.lines[-1]}   {_clock(left)} left", flush=True)
        elif len(self.lines) < self.epochs:
            self.handle.update(_Text("\n".join([*self.lines, f"about {_clock(left)} left"])))
        else:
            self.handle.update(_Text("\n".join(self.lines)))

    def on_train_end(self, logs=None):
        # A training that stops early (early stopping, an interrupt) must not keep its "time left".
        if self.handle is not None and self.lines:
            self.handle.update(_Text("\n".join(self.lines)))


class _Text:
    """Text that IPython shows as it is, without quotes."""

    def __init__(self, text: str):
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _line(epoch: int, history: dict) -> str:
    shown = {"loss": "loss", "accuracy": "accuracy", "val_loss": "val loss", "val_accuracy": "val accuracy"}
    figures = "   ".join(f"{label} {history[key][epoch]:.3f}" for key, label in shown.items() if key in history)
    return f"epoch {epoch + 1:2d}   {figures}"


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _in_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None
