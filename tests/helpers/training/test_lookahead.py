"""The slow weights of Lookahead, against the formula applied to recorded weights."""

import sys

import keras
import numpy as np
import pytest
import small_training
from keras import layers

from helpers import models, training

LOOKAHEAD = sys.modules["helpers.training.lookahead"]
pytestmark = pytest.mark.usefixtures("eagerly")


class Recorder(keras.callbacks.Callback):
    """Keeps all weights as they are after each step, before Lookahead changes them."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(self.model.get_weights())


def small_model():
    keras.utils.set_random_seed(4)
    model = keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            models.FrozenConv2D(3, 2),
            models.FusedBatchNormalization(),
            layers.Flatten(),
            layers.Dense(4),
        ]
    )
    model.compile(keras.optimizers.SGD(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def images(n):
    dataset = small_training.drawn(n)
    return dataset.x_train, dataset.y_train


@pytest.fixture
def settings(monkeypatch):
    def change(**values):
        for name, value in values.items():
            monkeypatch.setattr(LOOKAHEAD, name, value)

    return change


def slow_after(start, seen, steps, total, every=5, decay=0.95, power=3.0):
    """The definition: slow = share * slow + (1 - share) * fast, the share growing with the step."""
    for step in steps:
        share = decay**every * (step / total) ** power
        start = [share * old + (1 - share) * new for old, new in zip(start, seen[step - 1])]
    return start


def assert_close(got, wanted):
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_all_weights_are_called_back_to_the_slow_ones(settings):
    settings(EVERY=3, DECAY=0.9, POWER=2.0)
    x, y = images(28)
    lookahead, recorder, model = training.Lookahead(steps=7), Recorder(), small_model()
    start, frozen = model.get_weights(), model.layers[0].kernel.numpy()
    for _ in range(2):  # the same training through two calls of fit, the second with three steps
        batches = slice(0, 16) if not recorder.seen else slice(16, 28)
        model.fit(x[batches], y[batches], 4, shuffle=False, verbose=0, callbacks=[recorder, lookahead])
        if len(recorder.seen) == 4:
            assert not np.array_equal(model.get_weights()[-1], start[-1])
    assert_close(model.get_weights(), slow_after(start, recorder.seen, (3, 6, 7), 7, every=3, decay=0.9, power=2.0))
    np.testing.assert_array_equal(model.layers[0].kernel, frozen)


def test_the_settings_are_those_of_the_stored_trainings():
    x, y = images(28)
    lookahead, recorder, model = training.Lookahead(steps=7), Recorder(), small_model()
    start = model.get_weights()
    model.fit(x, y, 4, shuffle=False, verbose=0, callbacks=[recorder, lookahead])
    assert_close(model.get_weights(), slow_after(start, recorder.seen, (5, 7), 7))


def test_another_training_begins_anew(settings):
    settings(EVERY=1, DECAY=1.0, POWER=0.0)
    x, y = images(12)
    lookahead, ends = training.Lookahead(steps=3), []
    for _ in range(2):
        model = small_model()
        start = model.get_weights()
        model.fit(x, y, 4, shuffle=False, verbose=0, callbacks=[lookahead])
        ends.append(model.get_weights())
    for first, second, wanted in zip(*ends, start, strict=True):
        np.testing.assert_allclose(first, wanted, atol=1e-6)  # a share of 1 never lets go
        np.testing.assert_array_equal(second, first)


def test_the_state_goes_on_in_another_callback():
    """Two steps in one, five in the other: as seven in one."""
    x, y = images(28)
    whole = small_model()
    whole.fit(x, y, 4, shuffle=False, verbose=0, callbacks=[training.Lookahead(steps=7)])
    first, model = training.Lookahead(steps=7), small_model()
    model.fit(x[:8], y[:8], 4, shuffle=False, verbose=0, callbacks=[first])
    second = training.Lookahead(steps=7)
    second.slow = first.slow
    model.fit(x[8:], y[8:], 4, shuffle=False, verbose=0, callbacks=[second])
    for got, wanted in zip(model.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)
    forgotten = small_model()
    for part in (slice(0, 8), slice(8, 28)):
        callbacks = [training.Lookahead(steps=7)]
        forgotten.fit(x[part], y[part], 4, shuffle=False, verbose=0, callbacks=callbacks)
    assert not np.array_equal(forgotten.get_weights()[-1], whole.get_weights()[-1]), "the state matters"
