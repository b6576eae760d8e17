"""The window of the middle position, against the pixels that its gradient reaches."""

import numpy as np
import tensorflow as tf
from small_models import before_activation, functional, sequential, with_random_weights

from helpers import explain


def test_the_middle_position_sees_what_the_gradient_reaches():
    for build, name in ((sequential, "second"), (functional, "second"), (sequential, "hidden")):
        model = with_random_weights(build(16))
        model.get_layer("first").set_weights([np.abs(w) for w in model.get_layer("first").get_weights()])
        respond = before_activation(model, name)
        given = tf.Variable(np.random.default_rng(0).uniform(1, 255, (40, 16, 16, 3)), dtype=tf.float32)
        with tf.GradientTape() as tape:
            values = respond(given)
            if values.ndim == 4:
                values = values[:, values.shape[1] // 2, values.shape[2] // 2]
            total = tf.reduce_sum(values)
        # Over forty images, so that max-pooling lets every pixel of the window through at least once.
        touched = np.abs(tape.gradient(total, given)).sum(axis=(0, 3)) > 0
        rows, columns = (np.flatnonzero(touched.any(axis=axis)) for axis in (1, 0))
        assert explain.middle(model, name) == (
            slice(rows[0], rows[-1] + 1),
            slice(columns[0], columns[-1] + 1),
        )
