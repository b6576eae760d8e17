"""Muon: steps of convolution kernels with all singular values near 1."""

import keras
import tensorflow as tf


def orthogonalised(matrix: tf.Tensor, steps: int = 5) -> tf.Tensor:
    """The matrix with its singular values brought near 1, between about 0.7 and 1.2: U S V' -> about U V'.

    Newton-Schulz iteration, a polynomial of the matrix: Jordan et al. 2024, kellerjordan.github.io/posts/muon.
    """
    upright = matrix.shape[0] > matrix.shape[1]
    matrix /= tf.norm(matrix) + 1e-7
    # The same polynomial in the products of rows (or columns, where these are fewer): small matrices all the way. They
    # have the squares of the singular values, so that bfloat16 would lose the small ones (measured: up to 400 for 1).
    square = tf.matmul(matrix, matrix, transpose_a=upright, transpose_b=not upright)
    product = identity = tf.eye(square.shape[0], dtype=matrix.dtype)
    for step in range(steps):
        factor = 3.4445 * identity - 4.7750 * square + 2.0315 * square @ square
        product = factor @ product if step else factor
        square = factor @ square @ factor
    return matrix @ product if upright else product @ matrix


@keras.saving.register_keras_serializable("helpers")
class Muon(keras.optimizers.SGD):
    """SGD that turns the step of every convolution kernel into an orthogonal matrix, so that no direction dominates.

    A kernel is read as a matrix (rows * columns * channels, filters), scaled to the norm sqrt(filters), as the
    normalisation after it takes any scale, and moves by ``kernel_gain * learning_rate`` times the orthogonalised step.
    Keras' own Muon sends kernels to AdamW. Jordan et al. 2024, kellerjordan.github.io/posts/muon.
    """

    def __init__(self, learning_rate=0.01, kernel_gain: float = 1.0, momentum: float = 0.85, **settings):
        super().__init__(learning_rate, momentum, **settings)
        self.kernel_gain = kernel_gain

    def build(self, variables):
        # What a decay takes from a kernel, the scaling gives back.
        self.exclude_from_weight_decay([variable for variable in variables if len(variable.shape) == 4])
        super().build(variables)

    def update_step(self, gradient, variable, learning_rate):
        if len(variable.shape) != 4:
            return super().update_step(gradient, variable, learning_rate)
        velocity = self.momentums[self._get_variable_index(variable)]
        velocity.assign(self.momentum * velocity + gradient)
        step = gradient + self.momentum * velocity if self.nesterov else tf.convert_to_tensor(velocity)
        filters = variable.shape[-1]
        step = orthogonalised(tf.reshape(step, (-1, filters)))
        kernel = tf.convert_to_tensor(variable)
        scale = filters**0.5 / (tf.norm(kernel) + 1e-7)
        variable.assign(scale * kernel - self.kernel_gain * learning_rate * tf.reshape(step, kernel.shape))

    def get_config(self):
        return super().get_config() | {"kernel_gain": self.kernel_gain}
