"""Layers that are ideas (whitening, a frozen convolution, filters that begin as the identity) or for speed alone."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.lib.stride_tricks import sliding_window_view

from helpers import augmentation

# Added to the variances of patches, so that noise is not amplified without bound.
EPSILON = 5e-4


def whitening_kernel(images: np.ndarray, size: int = 2) -> np.ndarray:
    """A kernel of filters that whiten: (size, size, channels, 2 * size² * channels).

    The first half are the eigenvectors of the covariance of all patches, the largest eigenvalue first, each divided by
    sqrt(eigenvalue + EPSILON): their outputs are uncorrelated and have variance 1. The second half are their negatives,
    so that a ReLU after it loses nothing. ``images`` (n, rows, columns, channels) are normalised.

    Page 2019, "How to train your ResNet", myrtle.ai; with negatives in tysam-code/hlb-CIFAR10, 2023.
    """
    images = np.asarray(images)
    augmentation.check_images(images)
    channels = images.shape[-1]
    patches = sliding_window_view(images, (size, size), axis=(1, 2))  # n, row, column, channel, and position in it
    patches = np.moveaxis(patches, 3, -1).reshape(-1, size * size * channels).astype(np.float64)
    patches -= patches.mean(axis=0)
    values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
    # Rounding can bring an eigenvalue of 0 below 0.
    scaled = (vectors / np.sqrt(np.maximum(values, 0) + EPSILON))[:, ::-1]
    return np.concatenate([scaled, -scaled], axis=1).reshape(size, size, channels, -1).astype(np.float32)


@keras.saving.register_keras_serializable("helpers")
class FrozenConv2D(layers.Conv2D):
    """A convolution whose kernel is never trained; its bias is, where it has one."""

    def add_weight(self, *arguments, **settings):
        return super().add_weight(*arguments, **settings | {"trainable": settings.get("name") == "bias"})


@keras.saving.register_keras_serializable("helpers")
class Dirac(keras.initializers.VarianceScaling):
    """Identity initialisation: the first filters copy one input channel each, the others are random.

    For kernels (rows, columns, channels, filters) and padding "same": output channel k is input channel k for
    k < min(channels, filters). The rest is uniform within ± 1 / sqrt(rows * columns * channels), as in PyTorch.
    Zagoruyko and Komodakis 2017, arXiv:1706.00388.
    """

    def __init__(self, seed: int | None = None):
        super().__init__(1 / 3, "fan_in", "uniform", seed)

    def __call__(self, shape, dtype=None):
        rows, columns, channels, filters = shape
        copies = np.zeros((rows, columns, channels, min(channels, filters)), np.float32)
        # The position that padding "same" lays on the pixel itself.
        copies[(rows - 1) // 2, (columns - 1) // 2] = np.eye(channels, copies.shape[-1])
        others = super().__call__(shape, dtype)[..., copies.shape[-1] :]
        return keras.ops.concatenate([keras.ops.cast(copies, others.dtype), others], axis=-1)

    def get_config(self):
        return {"seed": super().get_config()["seed"]}


# For speed alone: each computes what Keras' own layer does, in less time on a processor.


@keras.saving.register_keras_serializable("helpers")
class QuickConv2D(layers.Conv2D):
    """Keras' convolution; with padding "same" and stride 1, on small maps and in bfloat16, its gradients are quicker.

    The gradient of a kernel is a convolution too: of the maps, with the gradients of the outputs as filters and the
    images of the batch as channels. oneDNN is quicker at this one: 2.4 times on 7 × 7 maps, not on 15 × 15 (Zen 4).
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

    def gradients(of_output):
        of_x = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.shape(x), filter=kernel, out_backprop=of_output, strides=[1, 1, 1, 1], padding="SAME"
        )
        maps, filters = tf.transpose(x, (3, 1, 2, 0)), tf.transpose(of_output, (1, 2, 0, 3))
        paddings = ((0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0))
        return of_x, tf.transpose(tf.nn.conv2d(maps, filters, 1, paddings), (1, 2, 0, 3))

    return tf.nn.conv2d(x, kernel, 1, "SAME"), gradients


@keras.saving.register_keras_serializable("helpers")
def silu(x: tf.Tensor) -> tf.Tensor:
    """x * sigmoid(x), with a gradient computed in float32: TensorFlow's own in bfloat16 takes half as long again."""
    return _silu(x)


@tf.custom_gradient
def _silu(x):
    def gradients(of_output):
        wide = tf.cast(x, tf.float32)
        share = tf.sigmoid(wide)
        return of_output * tf.cast(share * (1 + wide * (1 - share)), of_output.dtype)

    return tf.nn.silu(x), gradients


@keras.saving.register_keras_serializable("helpers")
class FusedBatchNormalization(layers.BatchNormalization):
    """Keras' batch normalisation of maps (n, rows, columns, channels), computed by one operation of TensorFlow.

    Only the last axis of maps; no ``renorm``, no ``synchronized``. Ioffe and Szegedy 2015, arXiv:1502.03167.

    The layer adds ``bias_gain * beta``, so that the gradient of ``beta`` and what its step moves are both ``bias_gain``
    times as large: SGD learns the bias ``bias_gain``² times faster, with 8 that is 64 times, as in arXiv:2404.00498.
    """

    def __init__(self, bias_gain: float = 1.0, **settings):
        super().__init__(**settings)
        self.bias_gain = float(bias_gain)

    def call(self, inputs, training=None, mask=None):
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
