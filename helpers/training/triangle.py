"""A learning rate that rises and falls in straight lines."""

import keras
import tensorflow as tf

# Shares: of the peak rate at the start, of the steps at the peak, of the peak rate at the end.
START, PEAK, END = 0.2, 0.23, 0.07


@keras.saving.register_keras_serializable("helpers")
class Triangle(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises in a straight line from a fifth of its peak, and falls in another one.

    ``START * peak_rate`` at step 0, ``peak_rate`` at step ``PEAK * steps``, ``END * peak_rate`` at step ``steps`` and
    after it. Smith and Topin 2017, arXiv:1708.07120. Raises ValueError for less than one step.
    """

    def __init__(self, peak_rate: float, steps: int):
        if steps < 1:
            raise ValueError(f"steps is {steps}: a training has one step at least.")
        self.peak_rate, self.steps = peak_rate, steps

    def __call__(self, step):
        done = tf.minimum(tf.cast(step, tf.float32) / self.steps, 1.0)
        rise = START + (1 - START) * done / PEAK
        fall = END + (1 - END) * (1 - done) / (1 - PEAK)
        return self.peak_rate * tf.where(done < PEAK, rise, fall)

    def get_config(self):
        return {"peak_rate": self.peak_rate, "steps": self.steps}
