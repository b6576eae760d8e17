"""Lookahead: slow weights that follow the fast ones, and call them back."""

import keras
import tensorflow as tf

# Every so many steps, with this share of the slow weights.
EVERY, DECAY, POWER = 5, 0.95, 3.0


class Lookahead(keras.callbacks.Callback):
    """A moving average of the weights, to which the training returns every few steps.

    After every ``EVERY`` steps, and after the last one, ``slow = share * slow + (1 - share) * fast``, moving
    statistics included, and the fast weights go on from there. ``share`` is ``DECAY ** EVERY * (step / steps) **
    POWER``; ``steps`` are those of the whole training, which may be several calls of ``fit``.
    Zhang et al. 2019, arXiv:1907.08610; with a growing share in tysam-code/hlb-CIFAR10, 2023.
    """

    def __init__(self, steps: int):
        super().__init__()
        self.steps = steps
        self.fast: list[tf.Variable] = []
        self.slow: list[tf.Tensor] = []

    def on_train_begin(self, logs=None):
        self.fast = [weight.value for weight in self.model.weights if keras.backend.is_float_dtype(weight.dtype)]
        # A model whose optimizer has made no step yet begins a training, another call of fit goes on with it.
        if not self.slow or not int(self.model.optimizer.iterations):
            self.slow = [tf.identity(weight) for weight in self.fast]

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.optimizer.iterations)
        if step % EVERY and step != self.steps:
            return
        share = DECAY**EVERY * min(step / self.steps, 1.0) ** POWER
        self.slow = _called_back(self.fast, self.slow, tf.constant(1 - share))


@tf.function
def _called_back(fast: list[tf.Variable], slow: list[tf.Tensor], share: tf.Tensor) -> list[tf.Tensor]:
    """The slow weights after they took a share of the fast ones, which become the same: one call for all of them."""
    with tf.name_scope("lookahead"):  # as a profile calls it
        # In this form a frozen weight stays what it is to the last bit.
        slow = [old + tf.cast(share, old.dtype) * (new - old) for new, old in zip(fast, slow)]
        for weight, value in zip(fast, slow):
            weight.assign(value)
    return slow
