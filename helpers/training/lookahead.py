"""Lookahead: slow weights that follow the fast ones, and call them back every few steps."""

import keras
import numpy as np
import tensorflow as tf

EVERY = 5  # steps
DECAY, POWER = 0.95, 3.0


class Lookahead(keras.callbacks.Callback):
    """A moving average of the weights, to which the training returns every few steps.

    After every ``EVERY`` steps, and after the last one, ``slow = share * slow + (1 - share) * fast``, moving
    statistics included, and the fast weights go on from there. ``share`` is ``DECAY ** EVERY * (step / steps) **
    POWER``: free at first, a long mean at the end. ``steps`` are those of the whole training; the optimizer counts
    them, so that one callback may go through several calls of ``fit``. Raises ValueError for less than one step.

    Zhang et al. 2019, arXiv:1907.08610; with a growing share in tysam-code/hlb-CIFAR10, 2023.
    """

    def __init__(self, steps: int):
        super().__init__()
        if steps < 1:
            raise ValueError(f"steps is {steps}: a training has one step at least.")
        self.steps = steps
        self.fast: list[keras.Variable] = []
        self.slow: list[tf.Tensor] = []

    def on_train_begin(self, logs=None):
        self.fast = [weight for weight in self.model.weights if keras.backend.is_float_dtype(weight.dtype)]
        # A model whose optimizer has made no step yet begins a training, another call of fit goes on with it.
        if not self.slow or not int(self.model.optimizer.iterations):
            self.slow = [tf.identity(weight) for weight in self.fast]

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.optimizer.iterations)
        if step % EVERY and step != self.steps:
            return
        share = DECAY**EVERY * min(step / self.steps, 1.0) ** POWER
        for index, (fast, slow) in enumerate(zip(self.fast, self.slow)):
            # In this form a frozen weight stays what it is to the last bit.
            self.slow[index] = slow + (1 - share) * (fast - slow)
            fast.assign(self.slow[index])

    def state(self) -> list[np.ndarray]:
        """The slow weights, for a training that is to go on later."""
        return [slow.numpy() for slow in self.slow]

    def restore(self, state: list[np.ndarray]) -> None:
        """Go on with the slow weights of ``state``."""
        self.slow = [tf.constant(slow) for slow in state]
