"""The network of the fast recipes, after airbench (Jordan 2024, arXiv:2404.00498)."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from helpers.models.speed_layers import FusedBatchNormalization, QuickConv2D, silu
from helpers.models.whitening import FrozenConv2D, whitening_kernel

# As many images are enough to know the colours and the edges of a dataset.
LOOKED_AT = 5_000


@keras.saving.register_keras_serializable("helpers")
class Dirac(keras.initializers.VarianceScaling):
    """Identity initialisation: the first filters copy one input channel each, the others are random.

    With padding "same", output channel k is input channel k while there are both. The others are uniform within
    ± 1 / sqrt(rows * columns * channels), as in PyTorch. Zagoruyko and Komodakis 2017, arXiv:1706.00388.
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


def fast_cnn(
    input_shape: tuple[int, int, int] = (32, 32, 3),
    classes: int = 10,
    widths: Sequence[int] = (64, 256, 256),
    activation: str = "silu",
    whitening: bool = True,
    whitening_bias: bool = False,
    identity: bool = True,
    early_pooling: bool = False,
    bias_gain: float = 8.0,
    policy: str = "float32",
) -> keras.Sequential:
    """Normalisation, whitening, blocks of two 3x3 convolutions, global max pooling, a dense layer; logits out.

    ``adapt`` must show it images before a training, or weights be loaded. ``whitening=False`` has a trained
    convolution and batch normalisation in place of the frozen one; ``whitening_bias`` trains a bias after it;
    ``identity=False`` draws all filters; ``early_pooling`` pools before the first 3x3 convolution; ``policy`` is Keras'
    dtype policy of all layers but the first two and the last two, which stay in float32, as all weights do. The
    source's network has GELU; SiLU is cheaper on a processor.
    """

    def normalisation():
        return FusedBatchNormalization(bias_gain, momentum=0.6, scale=False, dtype=policy)

    def active():
        return layers.Activation(silu if activation == "silu" else activation, dtype=policy)

    def convolution(filters, size, kernel, **settings):
        return QuickConv2D(filters, size, kernel_initializer=kernel, use_bias=False, dtype=policy, **settings)

    filters = 2 * 2 * 2 * input_shape[-1]
    if whitening:
        # In float32: it stretches fine differences up to forty times, and their rounding with them.
        first = [FrozenConv2D(filters, 2, kernel_initializer="zeros", use_bias=whitening_bias, name="whitening")]
    else:
        first = [convolution(filters, 2, _drawn()), normalisation()]
    blocks = []
    for width in widths:
        widening = convolution(width, 3, Dirac() if identity else _drawn(), padding="same")
        pooling = layers.MaxPooling2D(2, dtype=policy)
        blocks += [
            *([pooling, widening] if early_pooling and not blocks else [widening, pooling]),
            normalisation(),
            active(),
            convolution(width, 3, Dirac() if identity else _drawn(), padding="same"),
            normalisation(),
            active(),
        ]
    return keras.Sequential(
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


def _drawn() -> keras.initializers.Initializer:
    """What PyTorch draws, and Dirac for the filters that copy nothing."""
    return keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")


def adapt(model: keras.Sequential, images: np.ndarray) -> None:
    """Set mean, variance and whitening kernel to those of the first training images (n, rows, columns, channels)."""
    images = images[:LOOKED_AT].astype(np.float32)
    normalisation = model.get_layer("normalisation")
    normalisation.set_weights([images.mean(axis=(0, 1, 2)), images.var(axis=(0, 1, 2))])
    for layer in model.layers:
        if isinstance(layer, FrozenConv2D):
            normalised = keras.ops.convert_to_numpy(normalisation(images))
            layer.kernel.assign(whitening_kernel(normalised, layer.kernel_size[0]))
