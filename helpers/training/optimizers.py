"""From a recipe to what ``compile`` takes, and the parts of it that Keras lacks: Triangle, Lookahead, Muon."""

import keras
import tensorflow as tf

from helpers import models
from helpers.recipe import Recipe

# Of Triangle: the share of the peak rate at the start, of the steps at the peak, of the peak rate at the end.
START, PEAK, END = 0.2, 0.23, 0.07
# Of Lookahead: every so many steps, with this share of the slow weights.
EVERY, DECAY, POWER = 5, 0.95, 3.0


def steps_per_epoch(recipe: Recipe, images: int) -> int:
    """Batches in one epoch; with ``equal_batches`` whole ones only, and ValueError where images fill none."""
    if not recipe.equal_batches:
        return -(-images // recipe.batch_size)
    if images < recipe.batch_size:
        raise ValueError(f"{images} images do not fill one batch of {recipe.batch_size}: choose a smaller batch_size.")
    return images // recipe.batch_size


def optimizer(recipe: Recipe, steps: int) -> keras.Optimizer:
    """A fresh optimizer for a training of so many steps."""
    rate: float | keras.optimizers.schedules.LearningRateSchedule = recipe.learning_rate
    if recipe.schedule == "inverse_time":
        rate = keras.optimizers.schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=recipe.decay)
    elif recipe.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, steps)
    elif recipe.schedule == "triangle":
        rate = Triangle(rate, steps)
    extra = {name: getattr(recipe, name) for name in ("momentum", "nesterov", "weight_decay")}
    config = {"learning_rate": rate} | {name: value for name, value in extra.items() if value}
    if recipe.optimizer == "Muon":
        return Muon(kernel_gain=recipe.kernel_rate / recipe.learning_rate, **config)
    return keras.optimizers.get({"class_name": recipe.optimizer, "config": config})


def loss(recipe: Recipe, model: keras.Model) -> keras.losses.Loss:
    """The cross-entropy that fits the model's last layer; with label smoothing the labels must be one-hot."""
    from_logits = models.outputs_logits(model)
    if recipe.label_smoothing:
        return keras.losses.CategoricalCrossentropy(from_logits, recipe.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy(from_logits)


def compile_by(recipe: Recipe, model: keras.Model, images: int) -> None:
    """Compile the model for a training of the recipe on so many images."""
    steps = steps_per_epoch(recipe, images) * recipe.epochs
    model.compile(optimizer=optimizer(recipe, steps), loss=loss(recipe, model), metrics=["accuracy"])


@keras.saving.register_keras_serializable("helpers")
class Triangle(keras.optimizers.schedules.LearningRateSchedule):
    """``START * peak_rate`` at step 0, ``peak_rate`` at ``PEAK * steps``, ``END * peak_rate`` from ``steps`` on.

    Straight lines in between. Smith and Topin 2017, arXiv:1708.07120.
    """

    def __init__(self, peak_rate: float, steps: int):
        self.peak_rate, self.steps = peak_rate, steps

    def __call__(self, step):
        done = tf.minimum(tf.cast(step, tf.float32) / self.steps, 1.0)
        rise = START + (1 - START) * done / PEAK
        fall = END + (1 - END) * (1 - done) / (1 - PEAK)
        return self.peak_rate * tf.where(done < PEAK, rise, fall)

    def get_config(self):
        return {"peak_rate": self.peak_rate, "steps": self.steps}


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


def orthogonalised(matrix: tf.Tensor, steps: int = 5) -> tf.Tensor:
    """The matrix with its singular values brought near 1, between about 0.7 and 1.2: U S V' -> about U V'.

    Newton-Schulz iteration, a polynomial of the matrix: Jordan et al. 2024, kellerjordan.github.io/posts/muon.
    """
    upright = matrix.shape[0] > matrix.shape[1]
    matrix /= tf.norm(matrix) + 1e-7
    # The same polynomial in the products of rows (or columns, where these are fewer): small matrices all the way.
    square = tf.matmul(matrix, matrix, transpose_a=upright, transpose_b=not upright)
    product = identity = tf.eye(square.shape[0], dtype=matrix.dtype)
    for _ in range(steps):
        factor = 3.4445 * identity - 4.7750 * square + 2.0315 * square @ square
        product, square = factor @ product, factor @ square @ factor
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

    def update_step(self, gradient, variable, learning_rate):
        if len(variable.shape) != 4:
            return super().update_step(gradient, variable, learning_rate)
        velocity = self.momentums[self._get_variable_index(variable)]
        velocity.assign(self.momentum * velocity + gradient)
        step = gradient + self.momentum * velocity if self.nesterov else tf.convert_to_tensor(velocity)
        filters = variable.shape[-1]
        step = tf.reshape(orthogonalised(tf.reshape(step, (-1, filters))), variable.shape)
        scale = filters**0.5 / (tf.norm(tf.convert_to_tensor(variable)) + 1e-7)
        variable.assign(scale * variable - self.kernel_gain * learning_rate * step)

    def get_config(self):
        return super().get_config() | {"kernel_gain": self.kernel_gain}
