"""The parts of a recipe for CIFAR-10 that is meant for minutes on two cores.

The recipe is that of airbench (Jordan 2024, arXiv:2404.00498), which gathers what a line of speed records found.
Every part stands alone, so that one can be looked at, or left out:

* the network (``fast_cnn``): frozen whitening, identity initialisation, fused batch normalisation, small logits;
* the steps (``Triangle``, ``Lookahead``, ``Muon``): how far to go, and where to;
* the images (``helpers/augmentation.py``), a whole epoch at once;
* the answer (``view_logits``): the mean over several views of an image.

``FastRecipe`` says which parts are used, ``train_fast`` puts them together.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.lib.stride_tricks import sliding_window_view

from helpers import augmentation, start, training

ACTIVATIONS = ("relu", "silu", "gelu", "elu", "leaky_relu", "tanh")
SCHEDULES = ("triangle", "constant")
VIEWS = (1, 2, 6, 18)
HISTORY_KEYS = (*training.HISTORY_KEYS, "elapsed")
# As many images are enough to know the colours and the edges of a dataset.
LOOKED_AT = 5_000


# The network.


def whitening_kernel(images: np.ndarray, size: int = 2, epsilon: float = 5e-4) -> np.ndarray:
    """A kernel of filters that whiten: (size, size, channels, 2 * size² * channels).

    The outputs of the first half do not go together and have variance 1, or less where the variance of the patches is
    not large against ``epsilon``. They are the eigenvectors of the covariance of all patches of ``size`` × ``size``,
    the largest eigenvalue first, each divided by sqrt(eigenvalue + epsilon). The second half are their negatives, so
    that a ReLU behind it loses nothing. ``images`` (n, rows, columns, channels) are as they arrive at the layer:
    normalised. Raises ValueError for another shape, NaN, too few patches, or images of one colour.

    Page 2019, "How to train your ResNet", myrtle.ai; with negatives in tysam-code/hlb-CIFAR10, 2023.
    """
    images = np.asarray(images)
    augmentation.check_images(images)
    if not 1 <= size <= min(images.shape[1:3]):
        raise ValueError(f"size is {size}: a patch has from 1 to {min(images.shape[1:3])} pixels a side here.")
    if not np.isfinite(images).all():
        raise ValueError("The images hold NaN or infinity: they have no covariance.")
    channels = images.shape[-1]
    patches = sliding_window_view(images, (size, size), axis=(1, 2))  # n, row, column, channel, and place in it
    patches = np.moveaxis(patches, 3, -1).reshape(-1, size * size * channels).astype(np.float64)
    if len(patches) <= patches.shape[1]:
        raise ValueError(f"{len(patches)} patches of {patches.shape[1]} numbers: more patches than numbers are needed.")
    patches -= patches.mean(axis=0)
    values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
    if values[-1] <= 0:
        raise ValueError("All patches are the same: there is nothing that could be whitened.")
    # Rounding can bring an eigenvalue of 0 below 0.
    scaled = (vectors / np.sqrt(np.maximum(values, 0) + epsilon))[:, ::-1]
    return np.concatenate([scaled, -scaled], axis=1).reshape(size, size, channels, -1).astype(np.float32)


@keras.saving.register_keras_serializable("helpers")
class FrozenConv2D(layers.Conv2D):
    """A convolution whose kernel is never trained; its bias is, where it has one."""

    def add_weight(self, *arguments, **settings):
        return super().add_weight(*arguments, **settings | {"trainable": settings.get("name") == "bias"})


@keras.saving.register_keras_serializable("helpers")
class QuickConv2D(layers.Conv2D):
    """Keras' convolution; with padding "same" and stride 1, on small maps and in bfloat16, its slopes take less time.

    The slope of a kernel's weight is a sum of products over images and places. That is a convolution too: the maps
    are its images, the slopes of the outputs its filters, and the images of the batch its channels. oneDNN has a
    quick way for this one in bfloat16, and none for its own slopes of a kernel: 2.4 times as fast on 7 × 7 maps, five
    times slower on 15 × 15 (Zen 4, oneDNN 3.7).
    """

    LARGEST = 8

    def convolution_op(self, inputs, kernel):
        plain = (self.padding, self.groups, *self.strides, *self.dilation_rate) == ("same", 1, 1, 1, 1, 1)
        if not plain or self.compute_dtype != "bfloat16" or max(inputs.shape[1:3]) > self.LARGEST:
            return super().convolution_op(inputs, kernel)
        return _same_convolution(inputs, keras.ops.cast(kernel, self.compute_dtype))


@tf.custom_gradient
def _same_convolution(x, kernel):
    rows, columns = kernel.shape[:2]
    before, after = ((rows - 1) // 2, (columns - 1) // 2), (rows // 2, columns // 2)

    def slopes(of_output):
        of_x = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.shape(x), filter=kernel, out_backprop=of_output, strides=[1, 1, 1, 1], padding="SAME"
        )
        maps, filters = tf.transpose(x, (3, 1, 2, 0)), tf.transpose(of_output, (1, 2, 0, 3))
        paddings = ((0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0))
        return of_x, tf.transpose(tf.nn.conv2d(maps, filters, 1, paddings), (1, 2, 0, 3))

    return tf.nn.conv2d(x, kernel, 1, "SAME"), slopes


@keras.saving.register_keras_serializable("helpers")
def silu(x: tf.Tensor) -> tf.Tensor:
    """x * sigmoid(x), with a slope computed in float32: TensorFlow's own in bfloat16 takes half as long again."""
    return _silu(x)


@tf.custom_gradient
def _silu(x):
    def slopes(of_output):
        wide = tf.cast(x, tf.float32)
        share = tf.sigmoid(wide)
        return of_output * tf.cast(share * (1 + wide * (1 - share)), of_output.dtype)

    return tf.nn.silu(x), slopes


@keras.saving.register_keras_serializable("helpers")
class Dirac(keras.initializers.VarianceScaling):
    """Identity initialisation: the first filters copy one input channel each, the others are random.

    For kernels (rows, columns, channels, filters) and padding "same": output channel k is input channel k for
    k < min(channels, filters). The rest is uniform within ± 1 / sqrt(rows * columns * channels), as in PyTorch.
    Zagoruyko and Komodakis 2017, arXiv:1706.00388. Raises ValueError for a shape of other than four numbers.
    """

    def __init__(self, seed: int | None = None):
        super().__init__(1 / 3, "fan_in", "uniform", seed)

    def __call__(self, shape, dtype=None):
        if len(shape) != 4:
            raise ValueError(f"A kernel (rows, columns, channels, filters) has four numbers; this shape is {shape}.")
        rows, columns, channels, filters = shape
        copies = np.zeros((rows, columns, channels, min(channels, filters)), np.float32)
        # The place that padding "same" lays on the pixel itself.
        copies[(rows - 1) // 2, (columns - 1) // 2] = np.eye(channels, copies.shape[-1])
        others = super().__call__(shape, dtype)[..., copies.shape[-1] :]
        return keras.ops.concatenate([keras.ops.cast(copies, others.dtype), others], axis=-1)

    def get_config(self):
        return {"seed": super().get_config()["seed"]}


@keras.saving.register_keras_serializable("helpers")
class FusedBatchNormalization(layers.BatchNormalization):
    """Keras' batch normalisation of maps (n, rows, columns, channels), computed by one operation of TensorFlow.

    The same results, moving statistics, weights and settings as ``layers.BatchNormalization``, in less time: Keras
    builds it from a mean, a variance and a product, which each pass over all numbers again.

    The layer adds ``bias_gain * beta``. A slope with respect to ``beta`` is ``bias_gain`` times that with respect to
    the bias, and a step of ``beta`` moves the bias by ``bias_gain`` times itself: SGD learns the bias
    ``bias_gain``² times faster than other weights. With 8 that is 64 times, as in arXiv:2404.00498.

    Ioffe and Szegedy 2015, arXiv:1502.03167. Raises ValueError for what the operation cannot do: inputs that are no
    maps, another axis than the last, epsilon below 1.001e-5 (a limit of GPUs), ``renorm`` and ``synchronized``.
    """

    def __init__(self, bias_gain: float = 1.0, **settings):
        super().__init__(**settings)
        if not (bias_gain > 0 and math.isfinite(bias_gain)):
            raise ValueError(f"bias_gain is {bias_gain}: choose a number above 0; 1 is what Keras does.")
        if self.epsilon < 1.001e-5:
            raise ValueError(f"epsilon is {self.epsilon}: GPUs take none below 1.001e-5 here.")
        if self.renorm or self.synchronized:
            raise ValueError("renorm and synchronized are not for this layer: use layers.BatchNormalization.")
        self.bias_gain = float(bias_gain)

    def build(self, input_shape):
        if len(input_shape) != 4 or self.axis not in (-1, 3):
            raise ValueError(
                f"This layer normalises the last axis of maps (n, rows, columns, channels); the input is "
                f"{tuple(input_shape)} and axis {self.axis}. layers.BatchNormalization takes others."
            )
        super().build(input_shape)

    def call(self, inputs, training=None, mask=None):
        if inputs.dtype == tf.float64:
            inputs = tf.cast(inputs, tf.float32)
        channels = inputs.shape[-1]
        from_batch = bool(training and self.trainable)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma) if self.scale else tf.ones(channels),
            offset=self.bias_gain * self.beta if self.center else tf.zeros(channels),
            # The operation computes those of the batch when it gets none.
            mean=tf.zeros(0) if from_batch else tf.convert_to_tensor(self.moving_mean),
            variance=tf.zeros(0) if from_batch else tf.convert_to_tensor(self.moving_variance),
            epsilon=self.epsilon,
            is_training=from_batch,
        )
        if from_batch:
            # It divides by count - 1 where Keras divides by count.
            count = tf.cast(tf.size(inputs) // channels, tf.float32)
            variance *= (count - 1) / count
            for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
                moving.assign(self.momentum * moving + (1 - self.momentum) * new)
        return tf.cast(outputs, self.compute_dtype)

    def get_config(self):
        return super().get_config() | {"bias_gain": self.bias_gain}


def fast_cnn(
    images: np.ndarray | None = None,
    widths: tuple[int, int, int] = (64, 256, 256),
    activation: str = "silu",
    input_shape: tuple[int, int, int] = (32, 32, 3),
    classes: int = 10,
    whitening: bool = True,
    whitening_bias: bool = False,
    identity: bool = True,
    bias_gain: float = 8.0,
    policy: str = "float32",
) -> keras.Sequential:
    """Normalisation, whitening, three blocks of two 3x3 convolutions, global max pooling, a dense layer; logits out.

    ``images`` (n, rows, columns, channels), 0 to 255, are training images; the first 5,000 give the mean and the
    variance of each channel and the whitening kernel. All three are stored with the weights: leave the images out
    only where weights are loaded afterwards.

    ``whitening=False`` has a trained convolution of the same shape and batch normalisation in its place;
    ``whitening_bias`` trains a bias behind the frozen kernel; ``identity=False`` draws all filters;
    ``bias_gain`` is that of ``FusedBatchNormalization``; ``policy`` is Keras' dtype policy of all layers but the first
    and the last two, which stay in float32, as all weights do. Raises ValueError for an activation that is not in
    ``ACTIVATIONS``, images of another shape than ``input_shape``, sides below 9 pixels, other than three widths.

    Jordan 2024, arXiv:2404.00498; its network has GELU, SiLU is cheaper on a processor.
    """
    _check_choice("activation", activation, ACTIVATIONS)
    if len(widths) != 3 or min(widths) < 1:
        raise ValueError(f"widths are {tuple(widths)}: one number of filters for each of three blocks is needed.")
    if len(input_shape) != 3 or min(input_shape[:2]) < 9:
        raise ValueError(
            f"input_shape is {tuple(input_shape)}: (rows, columns, channels) with 9 pixels a side at least, which are "
            "halved three times."
        )

    def initializer():
        return Dirac() if identity else _drawn()

    def normalisation():
        return FusedBatchNormalization(bias_gain, momentum=0.6, scale=False, dtype=policy)

    def active():
        return layers.Activation(silu if activation == "silu" else activation, dtype=policy)

    def convolution(filters, size, kernel, **settings):
        return QuickConv2D(filters, size, kernel_initializer=kernel, use_bias=False, dtype=policy, **settings)

    filters = 2 * 2 * 2 * input_shape[-1]
    if whitening:
        # In float32: it stretches fine differences up to forty times, and their rounding with them.
        settings = {"kernel_initializer": "zeros", "use_bias": whitening_bias, "name": "whitening"}
        first = [FrozenConv2D(filters, 2, **settings)]
    else:
        first = [convolution(filters, 2, _drawn()), normalisation()]
    blocks = []
    for width in widths:
        blocks += [
            convolution(width, 3, initializer(), padding="same"),
            layers.MaxPooling2D(2, dtype=policy),
            normalisation(),
            active(),
            convolution(width, 3, initializer(), padding="same"),
            normalisation(),
            active(),
        ]
    model = keras.Sequential(
        [
            layers.Input(input_shape),
            # Frozen, with the statistics of the images: unlike those of layers.Normalization, they are weights.
            layers.BatchNormalization(center=False, scale=False, trainable=False, name="normalisation"),
            *first,
            active(),
            *blocks,
            layers.GlobalMaxPooling2D(dtype=policy),
            layers.Dense(classes, use_bias=False, kernel_initializer=_drawn()),
            layers.Rescaling(1 / 9),
        ],
        name="fast_cnn",
    )
    if images is not None:
        _look_at(model, images)
    return model


def _drawn() -> keras.initializers.Initializer:
    """What PyTorch draws, and Dirac for the filters that copy nothing."""
    return keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")


def _look_at(model: keras.Sequential, images: np.ndarray) -> None:
    """Set mean, variance and whitening kernel to those of the images."""
    augmentation.check_images(images)
    if images.shape[1:] != model.input_shape[1:]:
        raise ValueError(f"The images have the shape {images.shape[1:]}; input_shape is {model.input_shape[1:]}.")
    images = images[:LOOKED_AT].astype(np.float32)
    normalisation = model.get_layer("normalisation")
    normalisation.set_weights([images.mean(axis=(0, 1, 2)), images.var(axis=(0, 1, 2))])
    for layer in model.layers:
        if isinstance(layer, FrozenConv2D):
            normalised = keras.ops.convert_to_numpy(normalisation(images))
            layer.kernel.assign(whitening_kernel(normalised, layer.kernel_size[0]))


# The steps.


@keras.saving.register_keras_serializable("helpers")
class Triangle(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises in a straight line from a share of its peak, and falls in another one.

    ``start * peak_rate`` at step 0, ``peak_rate`` at step ``peak * steps``, ``end * peak_rate`` at step ``steps`` and
    after it. Smith and Topin 2017, arXiv:1708.07120. Raises ValueError for a peak that is not between 0 and 1.
    """

    def __init__(self, peak_rate: float, steps: int, start: float = 0.2, peak: float = 0.23, end: float = 0.07):
        if steps < 1 or not 0 < peak < 1:
            raise ValueError(f"steps is {steps} and peak {peak}: one step or more, and a share between 0 and 1.")
        self.peak_rate, self.steps, self.start, self.peak, self.end = peak_rate, steps, start, peak, end

    def __call__(self, step):
        done = tf.minimum(tf.cast(step, tf.float32) / self.steps, 1.0)
        rise = self.start + (1 - self.start) * done / self.peak
        fall = self.end + (1 - self.end) * (1 - done) / (1 - self.peak)
        return self.peak_rate * tf.where(done < self.peak, rise, fall)

    def get_config(self):
        return {name: getattr(self, name) for name in ("peak_rate", "steps", "start", "peak", "end")}


class Lookahead(keras.callbacks.Callback):
    """Slow weights that follow the fast ones, and call them back every few steps.

    After every ``every`` steps, and after the last one, ``slow = share * slow + (1 - share) * fast``, moving
    statistics included, and the fast weights go on from there. ``share`` is ``decay ** every * (step / steps) **
    power``: free at first, a long mean at the end. ``steps`` are those of the whole training; the optimizer counts
    them, so that one callback may go through several calls of ``fit``.

    Zhang et al. 2019, arXiv:1907.08610; with a growing share in tysam-code/hlb-CIFAR10, 2023.
    """

    def __init__(self, steps: int, every: int = 5, decay: float = 0.95, power: float = 3.0):
        super().__init__()
        if steps < 1 or every < 1 or not 0 <= decay <= 1:
            raise ValueError(f"steps is {steps}, every {every}, decay {decay}: 1 or more, 1 or more, from 0 to 1.")
        self.steps, self.every, self.decay, self.power = steps, every, decay, power
        self.fast: list[keras.Variable] = []
        self.slow: list[tf.Tensor] = []

    def on_train_begin(self, logs=None):
        # A model whose optimizer has made no step yet begins a training, another call of fit goes on with it.
        if not self.slow or not int(self.model.optimizer.iterations):
            self.fast = [weight for weight in self.model.weights if keras.backend.is_float_dtype(weight.dtype)]
            self.slow = [tf.identity(weight) for weight in self.fast]

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.optimizer.iterations)
        if step % self.every and step != self.steps:
            return
        share = self.decay**self.every * min(step / self.steps, 1.0) ** self.power
        for index, (fast, slow) in enumerate(zip(self.fast, self.slow)):
            # In this form a frozen weight stays what it is to the last bit.
            self.slow[index] = slow + (1 - share) * (fast - slow)
            fast.assign(self.slow[index])


def orthogonalised(matrix: tf.Tensor, steps: int = 5) -> tf.Tensor:
    """The matrix with its singular values brought near 1, between about 0.7 and 1.2: U S V' -> about U V'.

    Newton-Schulz iteration, a polynomial of the matrix instead of a decomposition. Values that are tiny beside the
    largest take more steps. Jordan et al. 2024, kellerjordan.github.io/posts/muon.
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

    A kernel is read as a matrix (rows * columns * channels, filters) and moves by
    ``kernel_gain * learning_rate`` times the orthogonalised step; before that it is scaled to the length
    sqrt(filters), as the layer behind it takes any scale. Other weights move as in SGD. Keras' own Muon sends
    kernels of convolutions to AdamW. Jordan et al. 2024, kellerjordan.github.io/posts/muon.
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


# The answer.


def view_logits(
    model: keras.Model,
    x: np.ndarray,
    views: int = 6,
    reach: int = 1,
    batch_size: int = 500,
    margin: float | None = None,
) -> np.ndarray:
    """The model's answer to several views of each image, averaged: (n, classes).

    1: the image. 2: and its mirror image. 6: both also shifted by ``reach`` pixels up and left, and down and
    right, with half the weight of the others, which is the mean over a coin for the mirror and a coin for a shift.
    18: both in all nine places at most ``reach`` pixels from their own, up or down and left or right; for either
    direction no shift has the weight 1/2, and one each way 1/4.

    With a ``margin``, two views are asked first, and all of them only for images whose two highest logits then lie
    less than ``margin`` apart. Raises ValueError for another number of views, and a reach or a margin that asks none.
    Jordan 2024, arXiv:2404.00498, has the first three.
    """
    _check_choice("views", views, VIEWS)
    if views > 2 and reach < 1:
        raise ValueError(f"reach is {reach}: {views} views shift the image by 1 pixel at least.")
    if margin is not None:
        _check_margin(views, margin)
        answers = view_logits(model, x, 2, reach, batch_size)
        second, first = np.sort(answers, axis=1)[:, -2:].T
        close = first - second < margin
        if close.any():
            answers[close] = view_logits(model, x[close], views, reach, batch_size)
        return answers
    padded = augmentation.mirrored_edges(x, reach)
    rows, columns = x.shape[1:3]
    # The window that begins at ``reach`` is the image itself.
    windows, places = {(reach, reach): 1.0}, {0: 0.25, reach: 0.5, 2 * reach: 0.25}
    if views == 6:
        windows = {(corner, corner): weight for corner, weight in places.items()}
    elif views == 18:
        windows = {(row, column): places[row] * places[column] for row in places for column in places}
    total = 0.0
    for (row, column), weight in windows.items():
        view = padded[:, row : row + rows, column : column + columns]
        answer = model.predict(view, batch_size, verbose=0)
        if views > 1:
            answer = (answer + model.predict(view[:, :, ::-1], batch_size, verbose=0)) / 2
        total = total + weight * answer
    return total


def accuracy_by_views(
    model: keras.Model, x: np.ndarray, y: np.ndarray, numbers: tuple[int, ...] = (1, 2, 6)
) -> dict[str, float]:
    """The share of right answers to images (n, rows, columns, channels) by the number of views, four decimals."""
    return {str(views): round(float(np.mean(view_logits(model, x, views).argmax(axis=1) == y)), 4) for views in numbers}


# What is handed over.


def _check_choice(name: str, value: object, choices: tuple) -> None:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}: choose one of {', '.join(map(repr, choices))}.")


def _check_margin(views: int, margin: float) -> None:
    if views <= 2 or not margin > 0:
        raise ValueError(
            f"views is {views} and margin {margin}: a margin above 0 tells which images get more than two views."
        )


def _one_hot(x: np.ndarray, y: np.ndarray, classes: int) -> np.ndarray:
    """Labels (n,) -> (n, classes), 1 where the label is, once images and labels agree; ValueError when not."""
    augmentation.check_images(x)
    y = np.asarray(y)
    if y.shape != (len(x),) or y.dtype.kind not in "iu":
        raise ValueError(
            f"{len(x)} images need {len(x)} whole numbers as labels; these are {y.dtype} of shape {y.shape}."
        )
    if y.min() < 0 or y.max() >= classes:
        raise ValueError(
            f"{classes} classes have labels from 0 to {classes - 1}; they run from {y.min()} to {y.max()}."
        )
    return keras.utils.to_categorical(y, classes)


# All of it together.


@dataclass(frozen=True)
class FastRecipe:
    """Which parts are used and how: plain data. Changing one field leaves one part out.

    Without: ``whitening=False``, ``identity=False``, ``bias_gain=1.0``, ``lookahead=False``, ``muon_rate=0.0``,
    ``flip="random"`` or ``"none"``, ``reach=0`` (crops), ``small_epochs=0``, ``label_smoothing=0.0``,
    ``schedule="constant"``, ``views=1``.

    The first ``small_epochs`` see the images shrunk to ``small_side`` pixels (progressive resizing: Howard 2018,
    fast.ai, for DAWNBench).

    ``rate_per_image`` times the batch size is the learning rate at its peak. ``weight_decay`` times the rate of a
    step is the share that every trained weight loses in it (decoupled: Loshchilov and Hutter, arXiv:1711.05101).
    ``muon_rate`` is the rate of ``Muon`` for kernels at the peak, 0 stands for SGD. ``views`` and ``margin`` are for
    ``view_logits``. Raises ValueError for an unknown name, and for numbers that leave nothing to do.
    """

    widths: tuple[int, int, int] = (64, 256, 256)
    activation: str = "silu"
    epochs: int = 10
    batch_size: int = 500
    # 11.5 a thousand, and 0.0153, in airbench: 11.5 / 1024 / (1 + 1 / (1 - 0.85)) and 0.0153 / 11.5 / (1 - 0.85).
    rate_per_image: float = 1.465e-3
    weight_decay: float = 8.87e-3
    momentum: float = 0.85
    schedule: str = "triangle"
    label_smoothing: float = 0.2
    whitening: bool = True
    whitening_bias: bool = False
    identity: bool = True
    bias_gain: float = 8.0
    lookahead: bool = True
    muon_rate: float = 0.0
    flip: str = "alternating"
    reach: int = 2
    small_epochs: int = 0
    small_side: int = 24
    views: int = 6
    margin: float | None = None

    def __post_init__(self):
        for name, choices in (
            ("activation", ACTIVATIONS),
            ("schedule", SCHEDULES),
            ("flip", augmentation.FLIPS),
            ("views", VIEWS),
        ):
            _check_choice(name, getattr(self, name), choices)
        if self.epochs < 1 or self.batch_size < 1:
            raise ValueError(f"epochs is {self.epochs} and batch_size {self.batch_size}: one of each at least.")
        if not 0 <= self.small_epochs < self.epochs or self.small_side < 9:
            raise ValueError(
                f"small_epochs is {self.small_epochs} of {self.epochs} and small_side {self.small_side}: one epoch at "
                "least must see whole images, and the network needs 9 pixels a side."
            )
        if self.margin is not None:
            _check_margin(self.views, self.margin)

    def as_dict(self) -> dict:
        """The recipe as JSON-ready data."""
        return asdict(self) | {"widths": list(self.widths)}

    @property
    def learning_rate(self) -> float:
        """The rate at its peak, for the mean loss of a batch."""
        return self.rate_per_image * self.batch_size

    def build(
        self, images: np.ndarray | None, input_shape=(32, 32, 3), classes: int = 10, policy: str = "float32"
    ) -> keras.Sequential:
        """The network of this recipe, as ``fast_cnn`` builds it."""
        parts = {name: getattr(self, name) for name in ("whitening", "whitening_bias", "identity", "bias_gain")}
        return fast_cnn(images, self.widths, self.activation, input_shape, classes, policy=policy, **parts)

    def make_optimizer(self, steps: int) -> keras.Optimizer:
        """A fresh optimizer for a training of that many steps."""
        rate = Triangle(self.learning_rate, steps) if self.schedule == "triangle" else self.learning_rate
        settings = {"momentum": self.momentum, "nesterov": True, "weight_decay": self.weight_decay or None}
        if self.muon_rate:
            return Muon(rate, self.muon_rate / self.learning_rate, **settings)
        return keras.optimizers.SGD(rate, **settings)

    def answer(self, model: keras.Model, x: np.ndarray) -> np.ndarray:
        """The logits (n, classes) of a trained network for images, from the views that this recipe asks."""
        return view_logits(model, x, self.views, margin=self.margin)


FAST_RECIPES = {
    "fast90": FastRecipe(
        (32, 128, 128), "silu", epochs=5, batch_size=250, muon_rate=0.08, reach=1, small_epochs=3, small_side=22
    ),
    "fast94": FastRecipe(
        (64, 256, 256), "silu", epochs=10, batch_size=250, muon_rate=0.05, small_epochs=6, views=18, margin=1.0
    ),
}


def precision() -> str:
    """The dtype policy of a training: "mixed_bfloat16" where the processor multiplies bfloat16, else "float32".

    Weights, their steps and all statistics are float32 in both. A GPU rounds float32 products by itself.
    """
    rounded = start.bfloat16_products() and not tf.config.list_physical_devices("GPU")
    return "mixed_bfloat16" if rounded else "float32"


def train_fast(
    x: np.ndarray,
    y: np.ndarray,
    recipe: FastRecipe,
    seed: int = 0,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    classes: int = 10,
    progress: bool = True,
) -> tuple[keras.Sequential, dict[str, list[float]]]:
    """Train the recipe's network on images (n, rows, columns, channels), 0 to 255, with integer labels (n,).

    Batches are all of one size: where it does not divide the number of images, every epoch leaves out a few,
    others each time. Returns the model and its history, one entry an epoch: losses with label smoothing, accuracies,
    the seconds of each epoch with its augmentation and validation, and those elapsed since the call.
    Raises ValueError for images and labels that do not fit one another, FloatingPointError when the loss is no
    longer a number.
    """
    began = time.perf_counter()
    targets = _one_hot(x, y, classes)
    steps = len(x) // recipe.batch_size
    if not steps:
        raise ValueError(f"{len(x)} images do not fill a batch of {recipe.batch_size}: choose a smaller batch_size.")
    if validation is not None:
        validation = (validation[0], _one_hot(*validation, classes))
    keras.utils.set_random_seed(seed)
    model = recipe.build(x, x.shape[1:], classes, precision())
    settings = {
        "optimizer": recipe.make_optimizer(steps * recipe.epochs),
        "loss": keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing),
        "metrics": ["accuracy"],
    }
    model.compile(**settings)
    small_model = small_validation = None
    if recipe.small_epochs:
        # The same layers and the same optimizer behind a smaller entrance.
        small_model = keras.Sequential([layers.Input((recipe.small_side,) * 2 + x.shape[3:]), *model.layers])
        small_model.compile(**settings)
        if validation is not None:
            small_validation = (augmentation.shrunk(validation[0], recipe.small_side), validation[1])
    callbacks = [Lookahead(steps * recipe.epochs)] if recipe.lookahead else []
    callbacks += [training.Progress(recipe.epochs)] if progress else []
    history: dict[str, list[float]] = {key: [] for key in HISTORY_KEYS}
    for epoch in range(recipe.epochs):
        epoch_began = time.perf_counter()
        order = np.random.default_rng((seed, 3, epoch)).permutation(len(x))[: steps * recipe.batch_size]
        images, labels = augmentation.augmented(x, epoch, seed, recipe.flip, recipe.reach)[order], targets[order]
        network, held_out = model, validation
        if epoch < recipe.small_epochs:
            network, held_out = small_model, small_validation
            images = augmentation.shrunk(images, recipe.small_side)
        loss_name = f"The loss of epoch {epoch + 1}"
        advice = f"a lower rate_per_image (it is {recipe.rate_per_image})"
        epoch_history = training.fit_epoch(
            network, images, labels, recipe.batch_size, held_out, callbacks, loss_name, advice
        )
        now = time.perf_counter()
        for key, values in (epoch_history | {"seconds": [now - epoch_began], "elapsed": [now - began]}).items():
            history[key] += values
    return model, history


def stored(name: str, folder: Path = training.TRAINED) -> tuple[keras.Sequential, dict[str, list[float]], dict]:
    """The network of ``FAST_RECIPES[name]`` with its stored weights, their history, and the record of all seeds.

    It was trained on CIFAR-10, all 50,000 images. Raises ValueError for an unknown name, and for files that are
    missing, damaged, or of another recipe.
    """
    if name not in FAST_RECIPES:
        raise ValueError(f"There is no recipe {name!r}. The names are: {', '.join(FAST_RECIPES)}.")
    record, histories = training.stored_result(name, folder), training.stored_histories(name, folder)
    if not record or record["seeds"][0] not in histories:
        raise ValueError(f"{folder} holds no results of {name}. Train it: python -m tools.train {name}")
    model = FAST_RECIPES[name].build(None, policy=precision())
    training.load_checked(model, record, FAST_RECIPES[name], folder / f"{name}.weights.h5")
    return model, histories[record["seeds"][0]], record
