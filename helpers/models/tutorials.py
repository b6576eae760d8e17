"""The networks of the five tutorials, and the better one that grows out of them.

Every builder returns an uncompiled ``keras.Sequential`` that takes values from 0 to 255. The letters S, C, R, G, W name
the tutorials whose architecture a model follows (see the README); ``dropout_scale`` multiplies all rates of dropout.
"""

import keras
from keras import layers


def _scaled(name: str, input_shape: tuple, *others: keras.Layer) -> keras.Sequential:
    return keras.Sequential([layers.Input(input_shape), layers.Rescaling(1 / 255), *others], name=name)


def strided_cnn(input_shape=(32, 32, 3), classes: int = 10, dropout_scale: float = 1.0) -> keras.Sequential:
    """Source S, model 1: two strided 5x5 convolutions and a dense head; 181,162 parameters."""
    return _scaled(
        "strided_cnn",
        input_shape,
        layers.Conv2D(32, 5, strides=2, padding="same", activation="relu"),
        layers.Conv2D(32, 5, strides=2, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.25 * dropout_scale),
        layers.Flatten(),
        layers.Dense(512, activation="relu"),
        layers.Dropout(0.5 * dropout_scale),
        layers.Dense(classes, activation="softmax"),
    )


def deeper_cnn(input_shape=(32, 32, 3), classes: int = 10, dropout_scale: float = 1.0) -> keras.Sequential:
    """Source S, model 2, the exercise: four convolutions of stride 1; 252,378 parameters."""
    return _scaled(
        "deeper_cnn",
        input_shape,
        layers.Conv2D(32, 5, padding="same", activation="relu"),
        layers.Conv2D(32, 5, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.5 * dropout_scale),
        layers.Conv2D(32, 3, activation="relu"),
        layers.Conv2D(16, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.5 * dropout_scale),
        layers.Flatten(),
        layers.Dense(512, activation="relu"),
        layers.Dropout(0.5 * dropout_scale),
        layers.Dense(classes, activation="softmax"),
    )


def plain_cnn(input_shape=(32, 32, 3), classes: int = 10, activation: str = "relu") -> keras.Sequential:
    """Source C: three 3x3 convolutions, no dropout, logits out; 122,570 parameters; any ``activation`` in between."""
    return _scaled(
        "plain_cnn",
        input_shape,
        layers.Conv2D(32, 3, activation=activation),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation=activation),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation=activation),
        layers.Flatten(),
        layers.Dense(64, activation=activation),
        layers.Dense(classes),
    )


def dense_head_cnn(input_shape=(32, 32, 3), classes: int = 10) -> keras.Sequential:
    """Source R: two convolutions and a large dense layer; 1,060,138 parameters.

    The source names a dropout layer but not its rate, asks for ten epochs and prints the log of three. The rate of 0.5
    and eight epochs are ours.
    """
    return _scaled(
        "dense_head_cnn",
        input_shape,
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.5),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(classes, activation="softmax"),
    )


def batchnorm_cnn(input_shape=(32, 32, 3), classes: int = 10) -> keras.Sequential:
    """Source G: same padding, pooling, batch normalisation, dropout. Sizes are ours: the source gives none."""
    blocks = []
    for filters in (64, 128, 256):
        blocks += [
            layers.Conv2D(filters, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.BatchNormalization(),
            layers.Dropout(0.1),
        ]
    return _scaled(
        "batchnorm_cnn",
        input_shape,
        *blocks,
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.25),
        layers.Dense(classes, activation="softmax"),
    )


def guide_cnn(input_shape=(32, 32, 3), classes: int = 10) -> keras.Sequential:
    """Source W: two pairs of 3x3 convolutions and a dense layer; 477,994 parameters, which the source does not count.

    The source trains for 200 epochs with Adam. The falling rate, the weight decay, the flips and 40 epochs are ours.
    """
    return _scaled(
        "guide_cnn",
        input_shape,
        layers.Conv2D(32, 3, activation="relu"),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.25),
        layers.Conv2D(64, 3, activation="relu"),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(256, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(classes, activation="softmax"),
    )


def improved_cnn(
    input_shape=(32, 32, 3),
    classes: int = 10,
    widths: tuple[int, ...] = (32, 64, 128),
    padding: str = "same",
    pooled: int = 1,
    batch_normalization: bool = True,
    dense: int = 0,
    dropout: float = 0.1,
) -> keras.Sequential:
    """Ours, from ``guide_cnn`` upwards: three pairs of 3x3 convolutions, each normalised; 289,642 parameters.

    ``widths`` are the filters of each pair, ``pooled`` says which of its two convolutions is pooled. At the end
    comes a dense layer of ``dense`` units, or, where that is 0, the mean of each map.
    """
    blocks = []
    for width in widths:
        for number in (1, 2):
            # Normalisation takes away what a bias would add.
            blocks.append(layers.Conv2D(width, 3, padding=padding, use_bias=not batch_normalization))
            if number == pooled:
                # Here, a quarter of the numbers is left to be normalised, and to go through ReLU.
                blocks.append(layers.MaxPooling2D(2))
            if batch_normalization:
                blocks.append(layers.BatchNormalization(momentum=0.9))
            blocks.append(layers.Activation("relu"))
        blocks.append(layers.Dropout(dropout))
    if dense:
        blocks += [layers.Flatten(), layers.Dense(dense, activation="relu"), layers.Dropout(2 * dropout)]
    else:
        blocks.append(layers.GlobalAveragePooling2D())
    return _scaled("improved_cnn", input_shape, *blocks, layers.Dense(classes, activation="softmax"))
